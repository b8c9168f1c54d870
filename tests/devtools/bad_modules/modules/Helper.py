"""A helper of several modules keeps the same rules."""

import Tasks  # planted: module_imports_core


def work():
    print(Tasks)  # planted: prints
