"""`--pin-check [MODULES]`: who uses which pin on a board, what clashes, what a pin cannot do."""

from pathlib import Path
from typing import TYPE_CHECKING

from devtoolkit.cli._app import Session
from devtoolkit.cli._console import Console
from devtoolkit.cli._options import BOARD, CONFIG, DEVICE, Command, Option

if TYPE_CHECKING:
    from devtoolkit.services.devtools.pins import PinReport


def run(session: Session) -> "PinReport":
    from devtoolkit.services.devtools import pins

    args = session.args
    modules = args.pin_check.replace(",", " ").split()
    return pins.check(args.board or "esp32", modules, _config(session))


def _config(session: Session) -> dict[str, object]:
    """A file's, a node's, or none."""
    args = session.args
    if args.config:
        from devtoolkit.services.node_setup import read_config

        return read_config(Path(args.config).expanduser())
    if not args.dev:
        return {}
    from devtoolkit import paths
    from devtoolkit.services import config_jobs
    from devtoolkit.services.cache import DeviceCache

    console = session.console
    ask = console.node_password if console.can_ask else None
    result = config_jobs.run("get", args.dev, DeviceCache(paths.device_cache()), ask=ask)
    node = result.nodes[0].config
    return dict(node.values) if node else {}


def show(console: Console, report: "PinReport") -> None:
    console.line(f"{report.board}, pin map {report.map}")
    for use in sorted(report.uses, key=lambda one: (one.gpio is None, one.gpio or 0, one.name)):
        gpio = "-" if use.gpio is None else str(use.gpio)
        console.line(f"  {gpio:>4}  {use.name:<12}  {use.owner}")
    for finding in report.findings:
        console.line(f"{finding.level}: {finding}")
    if not report.findings:
        console.line("No clash, and every pin can do what is wanted.")
    console.line(f"The chip's pins: {report.source}.")


COMMAND = Command(
    option=Option(
        "--pin-check",
        "pins of these modules, and of those a configuration (--config FILE, or --dev NODE) names, on --board",
        takes="optional",
        metavar="MODULES",
    ),
    order=93,
    group="Development",
    result="devtoolkit.services.devtools.pins:PinReport",
    run=run,
    show=show,
    modifiers=(BOARD, CONFIG, DEVICE),
)
