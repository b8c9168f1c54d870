"""The one place of the command line that writes: results to stdout, everything else to stderr."""

import json
import os
import sys
from collections.abc import Callable
from dataclasses import asdict, is_dataclass
from typing import TYPE_CHECKING, Any, TextIO

from devtoolkit.errors import CancelledByUser, ToolkitError, UsageError

_PIPE_WIDTH = 4000  # columns of a result in a file or a pipe: one line stays one line

if TYPE_CHECKING:
    from rich.console import Console as RichConsole


class Console:
    """Writes for people, or with `json_mode` exactly one object to stdout and progress to stderr."""

    def __init__(self, *, json_mode: bool = False, yes: bool = False) -> None:
        self.json_mode = json_mode
        self.yes = yes

    def line(self, text: str = "") -> None:
        """A line of the result."""
        if not self.json_mode:
            _write(text)

    def note(self, text: str) -> None:
        """A line that is not part of the result."""
        try:
            print(text, file=sys.stderr, flush=True)
        except BrokenPipeError:  # nobody listens any more; the work goes on
            _to_nowhere(sys.stderr)

    def rich(self, *, stderr: bool = False) -> "RichConsole":
        """A rich console on stdout (results) or stderr (progress; always there with `--json`).

        What a node says is shown as it is: `[x]` is no style and the `:cd:` of a MAC no picture.
        """
        from rich.console import Console as RichConsole

        console = RichConsole(stderr=stderr or self.json_mode, highlight=False, markup=False, emoji=False)
        if not console.is_terminal:
            console.width = _PIPE_WIDTH
        return console

    def error(self, error: ToolkitError) -> None:
        """One line: what, and what to try."""
        self.note(f"error: {error}")

    @property
    def can_ask(self) -> bool:
        """Whether there is a person at a terminal (a program started without a console has no stdin at all)."""
        return not self.json_mode and sys.stdin is not None and sys.stdin.isatty()

    def confirm(self, question: str) -> None:
        """Raises UsageError unless the answer is yes; asks only on a terminal."""
        if self.yes:
            return
        if not self.can_ask:
            raise UsageError(f"{question} There is no terminal to ask on.", hint="Add --yes to go ahead.")
        if self._typed(f"{question} [y/N] ", input).strip().lower() not in ("y", "yes"):
            raise UsageError("Not confirmed; nothing was done.", hint="Answer y, or add --yes.")

    def ask(self, question: str, option: str, *, secret: bool = False) -> str:
        """An answer from the terminal; without one a UsageError that names the option to give instead."""
        if not self.can_ask:
            raise UsageError(f"{question.rstrip(': ')} is missing.", hint=f"Give it with {option}.")
        if secret:
            import getpass

            return self._typed(question, getpass.getpass)
        return self._typed(question, input).strip()

    def _typed(self, question: str, read: Callable[[str], str]) -> str:
        """What was typed; Ctrl-C and Ctrl-D mean that nobody wants to answer."""
        try:
            return read(question)
        except (EOFError, KeyboardInterrupt):
            self.note("")  # the cursor stands behind the question
            raise CancelledByUser("Stopped by the user.") from None

    def node_password(self, name: str) -> str | None:
        """The password of a locked node, typed without being shown; None when nothing was typed."""
        return self.ask(f"Password of {name}: ", "a kept password", secret=True) or None

    def json_object(self, value: dict[str, Any]) -> None:
        """The one object of `--json`, to stdout."""
        _write(json.dumps(value, ensure_ascii=False, default=str))


def _write(text: str) -> None:
    """To stdout. Who reads it may have had enough (`| head`): then this program ends, without a word, as rich does."""
    try:
        print(text, flush=True)
    except BrokenPipeError:
        _to_nowhere(sys.stdout)
        raise SystemExit(1) from None


def _to_nowhere(stream: TextIO) -> None:
    """What is still in the stream's buffer must go somewhere when Python ends."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def plain(value: Any) -> Any:
    """`value` as JSON types: dataclasses become objects, tuples lists."""
    if is_dataclass(value) and not isinstance(value, type):
        return {key: plain(item) for key, item in asdict(value).items()}
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value
