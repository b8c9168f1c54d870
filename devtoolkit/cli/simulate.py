"""`--simulate [NAME|N]`: power on virtual nodes until Ctrl-C."""

import signal
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from devtoolkit.cli._app import Session
from devtoolkit.cli._console import Console
from devtoolkit.cli._options import FRESH, Command, Option

if TYPE_CHECKING:
    from devtoolkit.services.simulation import SimulateResult, VirtualNode


def run(session: Session) -> object:
    from devtoolkit.services.simulation import SimulateResult, fleet_names, power_on

    console = session.console
    with power_on(fleet_names(session.args.simulate), fresh=session.args.fresh, on_ready=_announcer(console)) as nodes:
        console.note("Press Ctrl-C to power off.")
        _wait_for_stop()
    return SimulateResult(nodes)


def _announcer(console: Console) -> "Callable[[VirtualNode], None]":
    def ready(node: "VirtualNode") -> None:
        made = " (micrOS was put on it)" if node.installed else ""
        device = node.device
        console.note(f"{node.name}: {device.uid} at {device.ip}:{device.port}, serial line {node.port}{made}")

    return ready


def _wait_for_stop() -> None:
    """Until SIGINT or SIGTERM. A shell starts background jobs with SIGINT ignored, so both are set here."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: stop.set())
    stop.wait()


def show(console: Console, result: "SimulateResult") -> None:
    console.line(f"Powered off: {', '.join(node.name for node in result.nodes)}.")


COMMAND = Command(
    option=Option(
        "--simulate",
        "power on a virtual node, that one, or N of them, until Ctrl-C",
        short="-sim",
        takes="optional",
        metavar="NAME|N",
    ),
    order=200,
    group="Development",
    result="devtoolkit.services.simulation:SimulateResult",
    run=run,
    show=show,
    modifiers=(FRESH,),
)
