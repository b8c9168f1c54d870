"""Imports of the core."""

import asyncio
from time import sleep_ms

import Tasks  # planted: module_imports_core
from Common import *  # planted: star_import


def later():
    """Late imports count too."""
    core = __import__("Tasks")
    return core, Tasks, asyncio, sleep_ms
