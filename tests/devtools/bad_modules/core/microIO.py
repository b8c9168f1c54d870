"""Stands for the core's module of this name."""


def physical_pin(name):
    return len(name)


def pinmap_dump(names):
    return {name: 1 for name in names}
