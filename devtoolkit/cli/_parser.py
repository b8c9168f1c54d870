"""The command line as text: help and conversion by argparse, after the guard has looked at every word."""

import argparse
from collections.abc import Sequence
from typing import NoReturn

from devtoolkit.cli._guard import canonical
from devtoolkit.cli._options import COMMON, Command, Option
from devtoolkit.cli._registry import all_options
from devtoolkit.errors import UsageError

DESCRIPTION = "Deploys, finds, commands and monitors micrOS nodes. Without an option the window opens."


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(message, hint="See --help.")


def parse(argv: Sequence[str], known: tuple[Command, ...]) -> argparse.Namespace:
    """The parsed arguments. Raises UsageError; nothing has been done then."""
    words = _config_action(canonical(argv, all_options(known)), known)
    return build_parser(known).parse_args(words)


def _config_action(words: list[str], known: tuple[Command, ...]) -> list[str]:
    """`--config get` without a command for a board means `--node_config get`; with one, `get` is a file's name."""
    if any(command.option.long in words for command in known if command.changes_board):
        return words
    actions = next((command.option.choices for command in known if command.name == "node_config"), ())
    readings = {f"--config={action}": f"--node_config={action}" for action in actions}
    return [readings.get(word, word) for word in words]


def build_parser(known: tuple[Command, ...]) -> argparse.ArgumentParser:
    """argparse with all commands in their groups; it makes `--help` and converts what the guard let pass."""
    parser = _Parser(prog="devToolKit.py", description=DESCRIPTION, allow_abbrev=False, add_help=False)
    groups: dict[str, argparse._ArgumentGroup] = {}
    for command in known:
        group = groups.setdefault(command.group, parser.add_argument_group(command.group))
        _add(group, command.option)
    own = {command.option.long for command in known}  # of these, --wifi is a modifier too
    modifiers = {one.long: one for command in known for one in command.modifiers if one.long not in own}
    details = parser.add_argument_group("Details for the commands above")
    for modifier in modifiers.values():
        _add(details, modifier)
    common = parser.add_argument_group("For every command")
    for option in COMMON:
        _add(common, option)
    return parser


def _add(group: "argparse._ArgumentGroup", option: Option) -> None:
    text = option.help.replace("%", "%%")
    if option.takes == "none":
        group.add_argument(*option.spellings, dest=option.dest, action="store_true", help=text)
        return
    group.add_argument(
        *option.spellings,
        dest=option.dest,
        action="append" if option.repeat else "store",
        nargs="?" if option.takes == "optional" else None,
        metavar=option.metavar,
        choices=option.choices or None,
        help=text,
    )
