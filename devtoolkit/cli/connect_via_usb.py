"""`--connect_via_usb`: the interactive MicroPython REPL of a board, by mpremote."""

import subprocess
import sys
from dataclasses import dataclass

from devtoolkit.cli._app import Session
from devtoolkit.cli._console import Console
from devtoolkit.cli._options import PORT, Command, Option
from devtoolkit.cli._usb_files import GROUP, chosen_port
from devtoolkit.errors import PortError, UsageError


@dataclass(frozen=True, slots=True)
class ReplResult:
    """The port whose REPL was used."""

    port: str


def run(session: Session) -> object:
    from devtoolkit.services.ports import open_port
    from devtoolkit.tools.serial_ports import check_port

    if not session.console.can_ask:
        raise UsageError(
            "There is no terminal to type on.", hint="Run it from a terminal; for files see -ls, --get, --put."
        )
    address = chosen_port(session)
    with open_port(address) as port:
        if port.virtual is None:
            check_port(port.device)
        session.console.note(f"MicroPython on {address}. Ctrl-] leaves, Ctrl-C interrupts, Ctrl-D restarts.")
        done = subprocess.run([sys.executable, "-m", "mpremote", "connect", port.device, "repl"], check=False)
    if done.returncode:
        raise PortError(
            f"The REPL on {address} ended with an error.", hint="Check the cable and try again.", port=address
        )
    return ReplResult(address)


def show(console: Console, result: ReplResult) -> None:
    console.note(f"Left {result.port}.")


COMMAND = Command(
    option=Option("--connect_via_usb", "interactive MicroPython REPL of a board on USB", short="-u"),
    order=67,
    group=GROUP,
    result="devtoolkit.cli.connect_via_usb:ReplResult",
    run=run,
    show=show,
    modifiers=(PORT,),
)
