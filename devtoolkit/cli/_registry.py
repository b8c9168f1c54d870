"""Finds the commands: every module of this folder whose name has no leading underscore and that has a COMMAND."""

import importlib
import pkgutil

from devtoolkit.cli._options import COMMON, Command, Option


def commands() -> tuple[Command, ...]:
    """All commands in the order in which a combined call runs them."""
    from devtoolkit import cli

    found: list[Command] = []
    for module in pkgutil.iter_modules(cli.__path__):
        if not module.name.startswith("_"):
            found.append(importlib.import_module(f"devtoolkit.cli.{module.name}").COMMAND)
    return tuple(sorted(found, key=lambda command: (command.order, command.name)))


def all_options(known: tuple[Command, ...]) -> tuple[Option, ...]:
    """Every option once: the common ones, the commands, and the modifiers the commands use."""
    options = {option.long: option for option in COMMON}
    for command in known:
        options[command.option.long] = command.option
        options.update({modifier.long: modifier for modifier in command.modifiers})
    return tuple(options.values())
