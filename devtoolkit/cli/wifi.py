"""`--wifi [NAME]`: scan, and join a Wi-Fi, with a board on USB (`--port`) or a node on its own network."""

from typing import TYPE_CHECKING

from devtoolkit.cli import _options as options
from devtoolkit.cli._app import Session
from devtoolkit.cli._console import Console
from devtoolkit.cli._usb_files import TRANSPORT, chosen_port, chosen_transport
from devtoolkit.cli._wifi import KEEP_WIFI_PASSWORD, wifi_password
from devtoolkit.errors import UsageError

if TYPE_CHECKING:
    from devtoolkit.services.wifi import Network, WifiResult


def run(session: Session) -> "WifiResult":
    from devtoolkit.services import wifi
    from devtoolkit.settings import chosen_interfaces

    args, console = session.args, session.console
    if args.port and args.dev:
        raise UsageError("--port and --dev name two boards.", hint="Give one of them.")
    if not args.port:
        return _over_network(session)
    port, transport = chosen_port(session), chosen_transport(session)
    if not args.wifi and not console.can_ask:
        return wifi.scan(port, transport)
    if args.wifi:
        console.confirm(f"The node at {port} will be told to join {args.wifi}. Go ahead?")

    def choose(networks: "tuple[Network, ...]") -> tuple[str, str]:
        name = args.wifi or _chosen(console, networks)
        return name, wifi_password(session, name)

    return wifi.join(port, choose, transport, force=args.force_update, interfaces=chosen_interfaces())


def _over_network(session: Session) -> "WifiResult":
    from devtoolkit.services import access_point, wifi
    from devtoolkit.settings import chosen_interfaces

    args, console = session.args, session.console
    node = args.dev or access_point.NAME
    if not args.wifi:
        hint = "Give --port PORT to scan with a board on USB; a node on the network needs --wifi NAME."
        raise UsageError("--wifi: neither a network nor a port is named.", hint=hint)
    console.confirm(f"The node {node} will be told to join {args.wifi}, and restarted. Go ahead?")
    password = wifi_password(session, args.wifi)
    ask = console.node_password if console.can_ask else None
    return wifi.join_over_network(node, args.wifi, password, ask=ask, interfaces=chosen_interfaces())


def _chosen(console: Console, networks: "tuple[Network, ...]") -> str:
    """The network whose number or name is typed."""
    for number, network in enumerate(networks):
        console.note(f"[{number}] {network.name}  {network.rssi} dBm  {network.security}")
    answer = console.ask("Network (number or name): ", "--wifi NAME")
    if answer.isdigit() and int(answer) < len(networks):
        return networks[int(answer)].name
    if not answer:
        raise UsageError("No network was chosen; nothing was changed.", hint="Name one with --wifi NAME.")
    return answer


def show(console: Console, result: "WifiResult") -> None:
    from rich.text import Text

    from devtoolkit.cli._table import plain_table

    if not result.joined:
        table = plain_table("WI-FI", "CHANNEL", "SIGNAL", "SECURITY")
        for network in result.networks:
            table.add_row(Text(network.name), str(network.channel), f"{network.rssi} dBm", network.security)
        console.rich().print(table if result.networks else "The board sees no Wi-Fi (it can only see 2.4 GHz).")
        return
    console.line(f"{result.node} ({result.uid}) joined {result.joined}.")
    if result.device:
        console.line(f"It answers at {result.device.ip}:{result.device.port}.")


COMMAND = options.Command(
    option=options.WIFI,
    order=55,
    group="Network",
    result="devtoolkit.services.wifi:WifiResult",
    run=run,
    show=show,
    modifiers=(options.PORT, options.DEVICE, options.WIFI_PASSWORD_FILE, KEEP_WIFI_PASSWORD, TRANSPORT),
)
