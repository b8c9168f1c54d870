"""Planted defects of the core: what a comment at the end of a line names must be found there, and nothing else."""

import os

import LM_pins  # planted: core_imports_module


class Queue:
    size = 3


def run(text):
    eval(text)  # planted: evaluates_text
    return os.getcwd(), LM_pins


def length():
    return Queue().length  # planted: no-member


def start():
    try:
        return length()
    except:  # planted: bare_except
        return undefined_name  # planted: undefined-variable
