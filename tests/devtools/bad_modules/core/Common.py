"""Stands for the core's module of this name."""


def typed_help(entries, widgets=False):
    return entries if widgets else ()
