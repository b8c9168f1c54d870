"""Runs the command line: parse, do the asked commands in their fixed order, show or print JSON, give the exit code."""

import sys
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from devtoolkit.cli._console import Console, plain
from devtoolkit.cli._options import SITES, Command, Option
from devtoolkit.cli._parser import build_parser, parse
from devtoolkit.cli._registry import commands
from devtoolkit.errors import CancelledByUser, ToolkitError, UsageError

SCHEMA = 1  # version of the --json object


@dataclass(frozen=True, slots=True)
class Session:
    """What a command gets: the parsed arguments and the console."""

    args: Namespace
    console: Console


def main(argv: Sequence[str] | None = None) -> int:
    """The exit code: 0 only when everything asked for was done."""
    words = list(sys.argv[1:] if argv is None else argv)
    console = Console(json_mode="--json" in words, yes=bool({"--yes", "-y"} & set(words)))
    known = commands()
    asked: tuple[Command, ...] = ()
    try:
        args = parse(words, known)
        if args.help:
            build_parser(known).print_help()
            return 0
        if args.user_data:
            from devtoolkit import paths

            paths.choose_user_data(Path(args.user_data))
        asked = _asked(args, known)
        _refuse_stray(args, asked, known)
        results = {command.name: _run(command, Session(args, console)) for command in asked}
    except (ToolkitError, KeyboardInterrupt) as problem:
        error = problem if isinstance(problem, ToolkitError) else CancelledByUser("Stopped by the user.")
        return _failed(console, asked, error)
    except OSError as problem:
        from devtoolkit.services.datafile import of_the_machine  # late: seldom needed

        told = of_the_machine(problem)
        if told is None:
            raise
        return _failed(console, asked, told)
    except Exception as problem:
        if not console.json_mode:
            raise
        _failed(console, asked, ToolkitError(f"internal error: {problem!r}", hint="Please report it."))
        raise
    partly = next(filter(None, map(_error_in, results.values())), None)
    if console.json_mode:
        console.json_object(_envelope(asked, results[asked[0].name] if len(asked) == 1 else results, partly))
    elif partly:
        console.error(partly)
    return partly.exit_code if partly else 0


def _error_in(result: object) -> ToolkitError | None:
    """A result for several nodes may hold failures: then it is shown, and the command has failed all the same."""
    error = getattr(result, "error", None)
    return error if isinstance(error, ToolkitError) else None


def _run(command: Command, session: Session) -> object:
    result = command.run(session)
    if not session.console.json_mode:
        command.show(session.console, result)
    return result


def _asked(args: Namespace, known: tuple[Command, ...]) -> tuple[Command, ...]:
    named = tuple(command for command in known if getattr(args, command.name) not in (None, False))
    # --wifi is a command of its own, and with --make a modifier of it; so is --sites, with -stat for example.
    details = {
        modifier.long
        for command in named
        for modifier in command.modifiers
        if command.changes_board or modifier is SITES
    }
    asked = tuple(command for command in named if command.option.long not in details)
    if not asked:
        given = _modifiers_given(args, known)
        raise UsageError("no command given.", hint=_belongs(given[0], known) if given else "See --help.")
    writing = [command.option.long for command in asked if command.changes_board]
    if len(writing) > 1:
        raise UsageError(f"only one of {' and '.join(writing)} at a time.", hint="Nothing was done.")
    return asked


def _refuse_stray(args: Namespace, asked: tuple[Command, ...], known: tuple[Command, ...]) -> None:
    """A modifier that would do nothing is a mistake: who writes `--erase --dry-run` does not want an erased board."""
    of_them = {modifier.long for command in asked for modifier in command.modifiers}
    for one in _modifiers_given(args, known):
        if one.long not in of_them:
            names = " and ".join(command.option.long for command in asked)
            hint = f"{_belongs(one, known)} Nothing was done."
            raise UsageError(f"{one.long} does nothing with {names}.", hint=hint)


def _modifiers_given(args: Namespace, known: tuple[Command, ...]) -> tuple[Option, ...]:
    """In the order of `--help`; not those that are commands too."""
    own = {command.option.long for command in known}
    modifiers = {one.long: one for command in known for one in command.modifiers if one.long not in own}
    return tuple(one for one in modifiers.values() if getattr(args, one.dest) not in (None, False))


def _belongs(modifier: Option, known: tuple[Command, ...]) -> str:
    with_it = [command.option.spellings[0] for command in known if modifier in command.modifiers]
    return f"{modifier.long} goes with {', '.join(with_it)}."


def _failed(console: Console, asked: tuple[Command, ...], error: ToolkitError) -> int:
    if console.json_mode:
        console.json_object(_envelope(asked, None, error))
    else:
        console.error(error)
    return error.exit_code


def _envelope(asked: tuple[Command, ...], result: object, error: ToolkitError | None = None) -> dict[str, Any]:
    shown = None
    if error:
        shown = {"type": error.type, "message": error.message, "hint": error.hint, "facts": plain(error.facts)}
    return {
        "schema": SCHEMA,
        "ok": error is None,
        "command": " ".join(command.name for command in asked),
        "result": plain(result),
        "error": shown,
    }
