"""Waits for a board's port after a reset: a chip with USB of its own vanishes, and may come back under another name."""

import time
from collections.abc import Iterator
from pathlib import Path

from devtoolkit.errors import BoardError, PortError
from devtoolkit.pipelines.base import Progress
from devtoolkit.pipelines.deploy_context import DeployContext
from devtoolkit.tools.returning_port import choose
from devtoolkit.tools.serial_ports import is_url
from devtoolkit.transports.serial_repl import SerialRepl

HINT_AFTER_S = 10.0  # a port returns within a second or two; now a hand is needed
GIVE_UP_S = 90.0  # time enough to read the hint and to press a button
_POLL_S = 0.1


def wait_for_port(context: DeployContext, *, hint_after_s: float = HINT_AFTER_S) -> Iterator[Progress]:
    """Set `context.port` to where the board is now; at once for a board whose port does not vanish.

    After `hint_after_s` the note says what to do by hand. Raises BoardError when the board has not come back.
    """
    plan = context.plan
    if not plan.board.native_usb or is_url(plan.device):
        return
    started = time.monotonic()
    while True:
        found = _now(context)
        if found:
            context.port = found
            return
        waited = time.monotonic() - started
        if waited > GIVE_UP_S:
            raise BoardError(
                f"The board did not come back within {GIVE_UP_S:.0f} s after its reset.",
                hint=f"Press its reset button, or plug it in again; then run the command again. {plan.board.notes}",
                port=plan.device,
            )
        yield Progress(0, 0, f"press the board's reset button: {plan.board.notes}" if waited > hint_after_s else "")
        time.sleep(_POLL_S)


def open_repl(context: DeployContext) -> Iterator[Progress]:
    """Set `context.repl` to the board's fresh raw REPL, nothing of an interrupted program left.

    A port that vanishes while it is opened, or is silent once (it was still there from before the reset), is waited for
    again.
    """
    deadline, silent = time.monotonic() + GIVE_UP_S, False
    while True:
        yield from wait_for_port(context)
        try:
            context.repl = context.resources.enter_context(SerialRepl(context.port))
            context.repl.enter(booting=True)
            context.repl.restart()  # what was interrupted may have been anything, also MicroPython's own start
            return
        except (PortError, BoardError) as error:
            context.close_repl()
            lasting = time.monotonic() > deadline or (silent and isinstance(error, BoardError))
            if lasting or not context.plan.board.native_usb:
                raise
            silent = isinstance(error, BoardError)
        yield Progress(0, 0, "the port vanished, waiting for it")


def _now(context: DeployContext) -> str | None:
    ports, board = context.plan.ports(), context.plan.board
    unique_id = context.chip.mac if context.chip else ""
    found = choose(context.memory, ports, board.usb_ids + board.boot_usb_ids, unique_id)
    if found:
        return found
    memory = context.memory
    return memory.device if memory.device and not memory.listed and Path(memory.device).exists() else None
