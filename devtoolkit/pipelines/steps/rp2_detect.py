"""Step: is an RP2 board there, as a drive or as a running MicroPython?"""

import time
from collections.abc import Generator

from devtoolkit.errors import BoardError, PortBusyError, PortError, ToolkitError
from devtoolkit.pipelines.base import Progress, Report
from devtoolkit.pipelines.deploy_context import DeployContext
from devtoolkit.pipelines.port_return import HINT_AFTER_S, wait_for_port
from devtoolkit.tools.boot_drive import BootDrive, not_mounted_hint
from devtoolkit.tools.esptool import ChipInfo
from devtoolkit.tools.serial_ports import is_url
from devtoolkit.transports.serial_repl import Identity, SerialRepl, hard_reset, identity

_POLL_S = 0.1
_CRYSTAL_MHZ = 12  # of every RP2 board that MicroPython supports


class DetectRp2:
    """A boot drive that is there wins; else the REPL on the port is asked. Nothing is written."""

    name = "detect"
    title = "Detect the board"

    def run(self, context: DeployContext) -> Report:
        yield Progress(0, 0, context.port)
        context.drive = only_drive(context)
        if context.drive:
            check_drive(context, context.drive)
            context.chip = _chip(context, "", context.drive.model)
            yield Progress(1, 1, f"boot drive {context.drive.folder}")
            return
        if not context.port:
            raise _nothing(context)
        found = yield from _running(context)
        context.chip = _chip(context, found.unique_id, _words(found))
        context.micropython = found.micropython
        yield Progress(1, 1, f"{context.plan.board.chip}, {found.unique_id}, MicroPython {found.micropython}")


def only_drive(context: DeployContext) -> BootDrive | None:
    """The boot drive, None while there is none. Raises BoardError when there are several to choose from."""
    drives = context.plan.drives()
    if len(drives) > 1:
        folders = ", ".join(str(drive.folder) for drive in drives)
        raise BoardError(
            f"There are several boot drives: {folders}.", hint="Choose one with --boot-drive FOLDER.", folders=folders
        )
    return drives[0] if drives else None


def check_drive(context: DeployContext, drive: BootDrive) -> None:
    """Raises BoardError when the boot ROM behind the drive is another chip's."""
    board = context.plan.board
    if drive.chip != board.chip:
        raise BoardError(
            f"The boot drive {drive.folder} belongs to a {drive.model or drive.chip} ({drive.board_id}), "
            f"but the chosen board {board.id} has {board.chip}.",
            hint="Choose the board that matches with --board.",
            board=board.id,
            chip=drive.chip,
        )


def _running(context: DeployContext) -> Generator[Progress, None, Identity]:
    """Asks the board; again when its port vanishes: it may have been reset just before, and its USB is the chip's own.

    Raises BoardError, PortError.
    """
    deadline = time.monotonic() + HINT_AFTER_S
    while True:
        try:
            return _ask(context)
        except PortError as error:
            context.close_repl()
            lasting = isinstance(error, PortBusyError) or is_url(context.plan.device)
            if lasting or time.monotonic() > deadline:
                raise
        except BoardError:  # silent, for the port that was opened was just going
            old = context.port
            context.close_repl()
            yield from wait_for_port(context)
            if context.port == old:
                raise
        yield Progress(0, 0, "the port vanished, waiting for it")
        time.sleep(_POLL_S)
        yield from wait_for_port(context)


def _ask(context: DeployContext) -> Identity:
    board = context.plan.board
    try:
        context.repl = context.resources.enter_context(SerialRepl(context.port))
        context.repl.enter()
        context.repl.restart()  # an interrupted program may leave timers and half a line of output behind
    except ToolkitError as error:
        error.hint = f"{error.hint} {board.notes}".strip()
        raise
    found = identity(context.repl)
    if board.chip not in _words(found).lower():
        hard_reset(context.repl)  # it goes on with what it did before
        context.close_repl()
        raise BoardError(
            f"The board on {context.port} is {_words(found)}, but the chosen board {board.id} has {board.chip}.",
            hint="Choose the board that matches with --board.",
            board=board.id,
        )
    return found


def _words(found: Identity) -> str:
    """What the board calls itself; `uname` ends with it, where there is one."""
    return found.uname or found.machine


def _chip(context: DeployContext, unique_id: str, description: str) -> ChipInfo:
    board = context.plan.board
    end = board.fs_offset + board.fs_size
    return ChipInfo(board.chip.upper(), -1, description, "", unique_id, end, _CRYSTAL_MHZ, (), 0)


def _nothing(context: DeployContext) -> BoardError:
    return BoardError(
        "There is neither a boot drive nor a port of the board.",
        hint=not_mounted_hint() or context.plan.board.notes,
        board=context.plan.board.id,
    )
