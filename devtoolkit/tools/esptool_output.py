"""What esptool says: its lines and progress without anything printed, its errors and pyserial's as one kind of ours."""

import contextlib
import re
from collections import deque
from collections.abc import Callable, Iterator

import serial
from esptool.logger import TemplateLogger
from esptool.util import FatalError

_TAIL_LINES = 20
_BUSY = re.compile(r"exclusively lock|Resource (temporarily unavailable|busy)|Access is denied|Errno 1[16]\b", re.I)
_MISSING = re.compile(r"No such file|FileNotFoundError|Errno 2\b|could not open port.*not.*found", re.I)
_FORBIDDEN = re.compile(r"Permission denied|Errno 13\b", re.I)
_NOISE = re.compile(r"noise|Invalid head|Invalid SLIP|transfer stopped|stream stopped|[Cc]hecksum|No serial data", re.I)
_WRONG_CHIP = re.compile(r"This chip is|Unexpected chip", re.I)
_WRONG_BYTES = re.compile(r"MD5 of file does not match|written flash region is empty", re.I)


class Failure(Exception):
    """`kind` names the error the parent raises; `message` is esptool's own text, on one line."""

    def __init__(self, kind: str, error: object) -> None:
        self.kind = kind
        self.message = " ".join(str(error).split())
        super().__init__(self.message)


class QuietLogger(TemplateLogger):  # type: ignore[misc]  # esptool has no types
    """Keeps the last lines for error facts and hands progress on; prints nothing."""

    def __init__(self) -> None:
        self.lines: deque[str] = deque(maxlen=_TAIL_LINES)
        self.on_progress: Callable[[int, int, str], None] | None = None
        self._open_line = False

    def print(self, *args: object, **kwargs: object) -> None:
        text = " ".join(str(arg) for arg in args)
        if self._open_line and self.lines:
            text = self.lines.pop() + text
        self.lines.append(text)
        self._open_line = kwargs.get("end", "\n") != "\n"

    def note(self, message: str) -> None:
        self.print(f"Note: {message}")

    def warning(self, message: str) -> None:
        self.print(f"Warning: {message}")

    def error(self, message: str) -> None:
        self.print(f"Error: {message}")

    def stage(self, finish: bool = False) -> None:
        pass

    def progress_bar(
        self, cur_iter: int, total_iters: int, prefix: str = "", *_look: object, **_more_look: object
    ) -> None:
        if self.on_progress:
            self.on_progress(cur_iter, total_iters, prefix)

    def set_verbosity(self, verbosity: str) -> None:
        pass


@contextlib.contextmanager
def translated(kind: str) -> Iterator[None]:
    """esptool's and pyserial's errors become Failure; `kind` is what it is when the text says nothing better."""
    try:
        yield
    except (FatalError, serial.SerialException, OSError) as error:
        raise Failure(kind_of(error, kind), error) from error


def kind_of(error: Exception, otherwise: str) -> str:
    """The kind of Failure that an error is; `otherwise` when its text says nothing better."""
    text = str(error)
    if "Could not open" in text or isinstance(error, FileNotFoundError):
        opening = (("missing", _MISSING), ("forbidden", _FORBIDDEN), ("busy", _BUSY))
        return next((kind for kind, pattern in opening if pattern.search(text)), "port")
    if isinstance(error, OSError):  # SerialException is one
        return "lost"
    if _WRONG_CHIP.search(text):
        return "board"
    if otherwise == "board" and _WRONG_BYTES.search(text):
        return "content"
    if otherwise == "board" and _NOISE.search(text):
        return "noise"
    return otherwise
