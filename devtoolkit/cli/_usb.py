"""What the USB commands (make, erase, deploy, install) have in common."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from devtoolkit.cli import _options as options
from devtoolkit.cli._app import Session
from devtoolkit.cli._config_choice import choose_config
from devtoolkit.cli._console import Console
from devtoolkit.cli._drivers import first_use_help
from devtoolkit.cli._wifi import KEEP_WIFI_PASSWORD, wifi_password
from devtoolkit.errors import UsageError

if TYPE_CHECKING:
    from devtoolkit.services.deploy import Deployer, DeployReport, DeployRequest

_GROUP = "USB: put a system on a board"
_NODE_STEP = "node"  # the step that is skipped for a node without Wi-Fi
_MODIFIERS = (
    options.BOARD,
    options.PORT,
    options.BAUD,
    options.FIRMWARE,
    options.CONFIG,
    options.NAME,
    options.WIFI,
    options.WIFI_PASSWORD_FILE,
    options.DEFAULT_PASSWORD,
    options.BOOT_DRIVE,
    options.ACCEPT_UNVERIFIED,
    KEEP_WIFI_PASSWORD,
)
Recipe = Callable[["Deployer"], "DeployReport"]


def usb_command(option: options.Option, order: int, question: str, recipe: Recipe) -> options.Command:
    """A command that asks `question` (with {board} and {port}), then runs `recipe` with progress bars."""

    def run(session: Session) -> "DeployReport":
        return _run(session, question, recipe)

    return options.Command(
        option=option,
        order=order,
        group=_GROUP,
        result="devtoolkit.services.deploy:DeployReport",
        run=run,
        show=show,
        modifiers=_MODIFIERS,
        changes_board=True,
    )


def _run(session: Session, question: str, recipe: Recipe) -> "DeployReport":
    """Ctrl-C stops it at the next report of a step."""
    from devtoolkit.boards.loader import board
    from devtoolkit.cli._progress import progress_bars
    from devtoolkit.services.deploy import Deployer
    from devtoolkit.settings import chosen_interfaces

    ports = named_ports(session)
    if len(ports) > 1:
        raise UsageError("Several ports are named.", hint="Only --make takes several; nothing was done.")
    request = request_for(session, ports[0])
    board(request.board)
    session.console.confirm(question.format(port=request.port or request.boot_drive, board=request.board))
    with progress_bars(session.console) as listener:
        return recipe(Deployer(request, listener, interfaces=chosen_interfaces()))


def request_for(session: Session, port: str) -> "DeployRequest":
    """What the options say about a board on this port; on a terminal the configuration is asked for."""
    from devtoolkit.services.deploy import DeployRequest

    args, console = session.args, session.console
    board = args.board or console.ask("Board (for example esp32): ", "--board ID")
    chosen = choose_config(session)
    return DeployRequest(
        board=board,
        port=port,
        name=args.name or chosen.name,
        firmware=Path(args.firmware) if args.firmware else None,
        config=chosen.file,
        wifi=_wifi(session) or chosen.wifi,
        default_password=args.default_password,
        baud=chosen_baud(args.baud),
        boot_drive=Path(args.boot_drive) if args.boot_drive else None,
        accept_unverified=args.accept_unverified,
    )


def named_ports(session: Session) -> tuple[str, ...]:
    """At least one, asked for where none is named; the empty one stands for an RP2 board with its boot drive open."""
    if session.args.boot_drive and not session.args.port:
        return ("",)
    question = "Port (for example /dev/ttyUSB0 or virtual:demo): "
    ports = tuple(session.args.port or (session.console.ask(question, "--port PORT"),))
    first_use_help(session, ports[0])
    return ports


def chosen_baud(text: str | None) -> int:
    """The speed that was named, 0 for the board's own. Raises UsageError."""
    if text is None:
        return 0
    if not text.isdigit() or not 9600 <= int(text) <= 5_000_000:
        raise UsageError(f"--baud {text}: not a speed.", hint="For example 460800 or 115200.")
    return int(text)


def _wifi(session: Session) -> tuple[str, str] | None:
    args = session.args
    if args.wifi is None:
        return None
    name = args.wifi or session.console.ask("Wi-Fi name: ", "--wifi NAME")
    return name, wifi_password(session, name)


def show(console: Console, report: "DeployReport") -> None:
    """The result as a table; for a node with a network of its own, where its password is found."""
    from devtoolkit.cli._table import plain_table
    from devtoolkit.services import secrets

    table = plain_table("", "", header=False)
    rows = [("Board", f"{report.board} ({report.chip}, {report.flash_size / 2**20:g} MB) on {report.port}")]
    rows += [
        ("Node", f"{report.name}, uid {report.uid}") if report.versions.micropython else ("Board's id", report.uid)
    ]
    if report.bytes:
        rows += [("Written", f"{report.bytes:,} bytes in {report.seconds:.1f} s")]
    if report.versions.micropython:
        rows += [("System", f"micrOS {report.versions.micros} on MicroPython {report.versions.micropython}")]
    if report.device:
        rows += [("Address", f"{report.device.ip}:{report.device.port}")]
    elif any(step.step == _NODE_STEP and step.state == "skipped" for step in report.steps):
        rows += [("Network", f"its own, {report.name}; its password is in {secrets.place()}")]
    for title, text in rows:
        table.add_row(title, text)
    console.rich().print(table)
    for warning in report.warnings:
        console.line(f"Pins: {warning}")
