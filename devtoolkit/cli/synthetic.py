"""`--synthetic N`: light-weight nodes for trying and measuring clients, until Ctrl-C."""

import signal
import threading
from dataclasses import dataclass

from devtoolkit.cli._app import Session
from devtoolkit.cli._console import Console
from devtoolkit.cli._options import Command, Option
from devtoolkit.errors import UsageError
from devtoolkit.model.device import Device

_MOST = 5000
_LATENCY = Option("--latency", "with --synthetic: milliseconds before each answer", takes="one", metavar="MS")
_LOSS = Option("--loss", "with --synthetic: percent of the answers that never come", takes="one", metavar="PERCENT")


@dataclass(frozen=True, slots=True)
class SyntheticResult:
    """The synthetic nodes that answered until they were stopped; they are in the cache."""

    devices: tuple[Device, ...]


def run(session: Session) -> object:
    from devtoolkit import paths
    from devtoolkit.services.cache import DeviceCache
    from devtoolkit.simulator.synthetic_process import numbered, running

    args = session.args
    count = int(_number("--synthetic", args.synthetic, 1, _MOST))
    latency, loss = _number("--latency", args.latency or "0", 0, 60000), _number("--loss", args.loss or "0", 0, 100)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: stop.set())
    with running(numbered(count, latency_s=latency / 1000, loss=loss / 100)) as nodes:
        devices = tuple(Device(node.uid, node.name, node.ip, node.port, "ONLINE", node.version) for node in nodes)
        DeviceCache(paths.device_cache()).put(*devices)
        session.console.note(f"{count} synthetic nodes answer and are in the cache. Press Ctrl-C to end them.")
        stop.wait()
    return SyntheticResult(devices)


def _number(option: str, text: str, low: float, high: float) -> float:
    try:
        value = float(text)
    except ValueError:
        value = low - 1
    if not low <= value <= high:
        raise UsageError(f"{option} {text}: not possible.", hint=f"Give {low:g} to {high:g}.")
    return value


def show(console: Console, result: SyntheticResult) -> None:
    console.line(f"{len(result.devices)} synthetic nodes ended.")


COMMAND = Command(
    option=Option("--synthetic", "start N light-weight nodes on loopback, until Ctrl-C", takes="one", metavar="N"),
    order=201,
    group="Development",
    result="devtoolkit.cli.synthetic:SyntheticResult",
    run=run,
    show=show,
    modifiers=(_LATENCY, _LOSS),
)
