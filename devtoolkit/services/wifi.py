"""Give a node its Wi-Fi: with the board on USB (it can scan, and tries the network first), or over its own network."""

import asyncio
import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass

from devtoolkit import paths
from devtoolkit.errors import BoardError, ConfigError, NodeError, NodeUnreachableError
from devtoolkit.model.device import Device
from devtoolkit.model.node_config import Value
from devtoolkit.services import configs, discovery
from devtoolkit.services.board_session import MPREMOTE, BoardSession, board_session
from devtoolkit.services.cache import DeviceCache
from devtoolkit.services.config_archive import ConfigArchive
from devtoolkit.services.node_backup import CONFIG, name_of, read_config
from devtoolkit.services.node_setup import check_config
from devtoolkit.services.ports import open_port
from devtoolkit.services.shell import AskPassword, Visit, run_async
from devtoolkit.settings import LOOPBACK
from devtoolkit.transports.tcp_shell import TcpShell

NODE_WAIT_S = 60.0  # three rounds of a node that looks for its networks, with two scans of 2 s each
_LOOK_S = 3.0
_JOIN_TENTHS = 200  # 20 s: a slow router with DHCP; the radio's own verdict comes within 3 to 10 s
_NOT_THERE, _WRONG_PASSWORD = 201, (202, 204)  # status of the ESP32's radio; negative on RP2
_RP2_WRONG, _RP2_NOT_THERE = -3, -2
_AUTH = {0: "open", 1: "WEP", 2: "WPA", 3: "WPA2", 4: "WPA/WPA2", 5: "WPA2 enterprise", 6: "WPA3", 7: "WPA2/WPA3"}

_SCAN = """
import network,binascii
w=network.WLAN(network.STA_IF)
w.active(True)
for _ in range(2):
    for e in w.scan():print('#W',binascii.hexlify(bytes(e[0])).decode(),e[2],e[3],e[4])
"""
_JOIN = """
import network,time
w=network.WLAN(network.STA_IF)
w.active(True)
try:w.disconnect()
except OSError:pass
try:w.config(reconnects=2)
except (OSError,ValueError):pass
w.connect({name!r},*{keys!r})
for i in range({tenths}):
    time.sleep_ms(100)
    s=w.status()
    if w.isconnected() or s<0 or 200<=s<300:break
    if not i%10:print()
print('#J',int(w.isconnected()),w.status(),w.ifconfig()[0])
try:w.disconnect()
except OSError:pass
"""


@dataclass(frozen=True, slots=True)
class Network:
    """A Wi-Fi in the air. `rssi` in dBm; `security` as people write it."""

    name: str
    channel: int
    rssi: int
    security: str


@dataclass(frozen=True, slots=True)
class WifiResult:
    """What was seen and set. `joined` is empty when only a scan was asked for; `before`: what was stored until now.

    `tried`: the board has joined it before it was stored. `device` is the node as it answers in its new network.
    """

    node: str
    uid: str
    networks: tuple[Network, ...]
    joined: str = ""
    before: str = ""
    tried: bool = False
    device: Device | None = None


Choose = Callable[[tuple[Network, ...]], tuple[str, str]]
"""Which network, and its password, given what is in the air."""


def scan(address: str, transport: str = MPREMOTE) -> WifiResult:
    """The networks that the board on this port sees, the strongest first. Raises BoardError, PortError."""
    with board_session(address, transport) as session:
        return WifiResult(_name(session), session.identity.uid, _scan(session))


def join(
    address: str,
    choose: Choose,
    transport: str = MPREMOTE,
    *,
    force: bool = False,
    wait_s: float = NODE_WAIT_S,
    interfaces: tuple[str, ...] | None = None,
) -> WifiResult:
    """Let the board on this port try the network, store it, restart, and wait for the node in it.

    `choose` is asked with the networks in the air. `force` stores a network that cannot be joined from here.
    Raises BoardError, PortError, ConfigError (also: no micrOS on the board), NodeUnreachableError.
    """
    with open_port(address) as port:
        with board_session(address, transport) as session:
            networks = _scan(session)
            config = read_config(session)
            name, password = choose(networks)
            before = str(config.get("staessid", ""))
            config |= {"staessid": name, "stapwd": password or "n/a", "nwmd": "STA"}
            check_config(config, where="The Wi-Fi")
            if not force:
                _try(session, name, password, networks)
            session.files.write(CONFIG, json.dumps(config, ensure_ascii=False).encode())
            uid, node = session.identity.uid, name_of(config, session.identity.uid)
        ConfigArchive().put(uid, config)
        where = (LOOPBACK,) if port.virtual else interfaces
        device = discovery.wait_for(uid, _cache(), seconds=wait_s, interfaces=where)
        if device is None and not force:
            raise _not_found(node, name, wait_s)
    return WifiResult(node, uid, networks, name, before, not force, device)


def join_over_network(
    node: str,
    name: str,
    password: str,
    *,
    ask: AskPassword | None = None,
    wait_s: float = NODE_WAIT_S,
    interfaces: tuple[str, ...] | None = None,
) -> WifiResult:
    """Tell a node on the network (usually its own, `__device_on_AP__`) its new Wi-Fi, restart it, and find it there.

    When it does not join, it opens its own network again. Raises ConfigError, NodeError and its kinds.
    """
    values: dict[str, Value] = {"staessid": name, "stapwd": password or "n/a", "nwmd": "STA"}
    check_config(values, where="The Wi-Fi")
    visit = Visit(node, _cache(), ask=ask, interfaces=interfaces)
    done = asyncio.run(_set_and_restart(visit, values))
    before = next((str(change.old) for change in done.changes if change.key == "staessid"), name)
    device = _in_its_network(done.device, name, wait_s, interfaces)
    return WifiResult(done.device.fuid, done.device.uid, (), name, before, False, device)


async def _set_and_restart(visit: Visit, values: dict[str, Value]) -> configs.NodeConfig:
    done = await configs.set_values(visit, values)
    where = Visit(visit.name, visit.cache, ask=visit.ask, device=done.device, repair=False)
    await run_async(("reboot",), where)
    return done


def _in_its_network(node: Device, name: str, wait_s: float, interfaces: tuple[str, ...] | None) -> Device:
    """The node as soon as it answers as a station; until it restarts it still answers from its own network."""
    deadline = time.monotonic() + wait_s
    while (left := deadline - time.monotonic()) > 0:
        found = discovery.wait_for(node.uid, _cache(), seconds=min(_LOOK_S, left), interfaces=interfaces)
        if found and _is_station(found):
            return found
    raise _not_found(node.fuid, name, wait_s)


def _is_station(device: Device) -> bool:
    said: list[str] = []

    async def work(shell: TcpShell) -> None:
        said.extend(await shell.command("system ifconfig"))

    try:
        asyncio.run(Visit(device.uid, _cache(), device=device, repair=False).run(work))
    except NodeError:
        return False  # it is just restarting
    return "'STA'" in " ".join(said)


def _scan(session: BoardSession) -> tuple[Network, ...]:
    strongest: dict[str, Network] = {}
    for line in session.repl.run(_SCAN).splitlines():
        found = re.fullmatch(r"#W ([0-9a-f]*) (\d+) (-?\d+) (\d+)", line)
        name = bytes.fromhex(found[1]).rstrip(b"\0").decode("utf-8", "replace") if found else ""
        if found and name:
            one = Network(name, int(found[2]), int(found[3]), _AUTH.get(int(found[4]), "protected"))
            if name not in strongest or strongest[name].rssi < one.rssi:
                strongest[name] = one
    return tuple(sorted(strongest.values(), key=lambda network: -network.rssi))


def _try(session: BoardSession, name: str, password: str, networks: tuple[Network, ...]) -> None:
    """Raises ConfigError that says why the network cannot be joined."""
    keys = (password,) if password else ()
    said = session.repl.run(_JOIN.format(name=name, keys=keys, tenths=_JOIN_TENTHS))
    found = re.search(r"^#J (\d) (-?\d+) ", said, re.MULTILINE)
    if not found:
        raise BoardError(f"The board at {session.repl.port} does not say whether it joined {name}.", hint="Try again.")
    if found[1] == "1":
        return
    status = int(found[2])
    there = ", ".join(network.name for network in networks[:6]) or "none"
    if status in (_NOT_THERE, _RP2_NOT_THERE) or (status < 0 and name not in {one.name for one in networks}):
        raise ConfigError(
            f"The board does not find the Wi-Fi {name}.",
            hint=f"It sees: {there} (2.4 GHz only). Nothing was changed; -f stores it all the same.",
        )
    if status in _WRONG_PASSWORD or status == _RP2_WRONG:
        raise ConfigError(
            f"The Wi-Fi {name} refuses the password.", hint="Nothing was changed; try again.", status=status
        )
    raise ConfigError(
        f"The board did not join the Wi-Fi {name} (status {status}).",
        hint="Bring it nearer to the router, or store it all the same with -f. Nothing was changed.",
        status=status,
    )


def _name(session: BoardSession) -> str:
    try:
        return name_of(read_config(session), session.identity.uid)
    except ConfigError:
        return session.identity.uid


def _not_found(node: str, name: str, seconds: float) -> NodeUnreachableError:
    return NodeUnreachableError(
        f"{node} has its new Wi-Fi {name}, but did not answer in it within {seconds:.0f} s.",
        hint=f"Is this computer in {name} as well? If the node cannot join it, it opens its own network {node} again.",
    )


def _cache() -> DeviceCache:
    return DeviceCache(paths.device_cache())
