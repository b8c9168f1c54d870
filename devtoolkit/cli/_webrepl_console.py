"""A terminal as a node's console: keys go there one by one, its output comes back, Ctrl-X ends it."""

import asyncio
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from devtoolkit.errors import UsageError
from devtoolkit.transports.webrepl import WebRepl

_LEAVE = b"\x18"  # Ctrl-X


async def talk(repl: WebRepl) -> None:
    """Until Ctrl-X is typed or the node closes. Raises UsageError where a terminal cannot be read key by key."""
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    keyboard = sys.stdin.fileno()

    def typed() -> None:
        keys = os.read(keyboard, 256)
        if not keys or _LEAVE in keys:
            ended.set()
        before, _, _ = keys.partition(_LEAVE)
        if before:
            repl.type(before.replace(b"\n", b"\r"))

    def heard(text: bytes) -> None:
        sys.stdout.buffer.write(text)
        sys.stdout.buffer.flush()

    with _raw(keyboard):
        loop.add_reader(keyboard, typed)
        listening = asyncio.ensure_future(repl.listen(heard))
        leaving = asyncio.ensure_future(ended.wait())
        try:
            repl.type(b"\r")  # shows the prompt, if there is one
            await asyncio.wait({listening, leaving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            loop.remove_reader(keyboard)
            for task in (listening, leaving):
                task.cancel()
            await asyncio.gather(listening, leaving, return_exceptions=True)


@contextmanager
def _raw(keyboard: int) -> Iterator[None]:
    """The terminal without echo and without signals, as it was afterwards."""
    try:
        import termios
        import tty
    except ImportError as error:
        raise UsageError(
            "A console over WebREPL needs a POSIX terminal.", hint="Use the page micropython.org/webrepl."
        ) from error
    before = termios.tcgetattr(keyboard)
    tty.setraw(keyboard)
    try:
        yield
    finally:
        termios.tcsetattr(keyboard, termios.TCSADRAIN, before)
