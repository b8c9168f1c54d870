"""Wi-Fi of a node against a simulated radio world: which network it takes, and what it does when one goes."""

import json
import re
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from powercut_node import CutNode, files_of

pytestmark = pytest.mark.vm

HOME = {"ssid": "home", "password": "home-secret", "rssi": -61}
OPEN = {"ssid": "cafe", "password": None, "rssi": -40}
Make = Callable[..., CutNode]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    """Makes a node of these settings in a world of these networks."""
    made: list[CutNode] = []

    def one(networks: list[dict[str, object]], settings: dict[str, object], **cfg: object) -> CutNode:
        content = json.dumps({"devfid": "lamp", **settings}).encode()
        made.append(CutNode(tmp_path, {"node_config.json": content}, wifi=networks, **cfg))
        return made[-1]

    yield one
    for node in made:
        node.close()


def wifi(node: CutNode) -> dict[str, dict[str, object]]:
    view: dict[str, dict[str, object]] = node.board.vm({"op": "get"})["wifi"]
    return view


def world(node: CutNode, **change: object) -> None:
    assert node.board.vm({"op": "wifi", **change})["ok"]


def joined(node: CutNode, name: str | None) -> None:
    """Waits until the station is in that network."""
    deadline = time.monotonic() + 20
    while wifi(node)["sta"]["joined"] != name:
        assert time.monotonic() < deadline, wifi(node)
        node.board.wait_console(0.02)


def boots(node: CutNode) -> int:
    return node.board.console.count("rst:0x") + node.board.console.count("MPY: soft reboot")


def test_a_network_that_refuses_is_left_for_the_next_and_an_open_one_needs_no_password(make: Make) -> None:
    node = make([HOME, OPEN], {"staessid": "nowhere;home;cafe", "stapwd": "x;wrong-secret"})
    view = wifi(node)
    assert (view["sta"]["joined"], view["hostname"], view["ap"]["active"]) == ("cafe", "lamp", False)
    assert node.ask("system rssi") == [" Amazing: -40\n"]
    assert "[nw] home: no connection" in node.board.console


@pytest.mark.parametrize("reason", ["assoc_fail", "handshake"])
def test_other_refusals_are_left_too(make: Make, reason: str) -> None:
    node = make([{**HOME, "reject": reason}, OPEN], {"staessid": "home;cafe", "stapwd": "home-secret;n/a"})
    assert wifi(node)["sta"]["joined"] == "cafe"


def test_stored_order_decides_between_networks_in_reach(make: Make) -> None:
    node = make([OPEN, HOME], {"staessid": "home;cafe", "stapwd": "home-secret;"})
    assert wifi(node)["sta"]["joined"] == "home"


def test_a_network_that_hides_its_name_is_tried(make: Make) -> None:
    node = make([{**HOME, "hidden": True}], {"staessid": "nowhere;home", "stapwd": "x;home-secret"})
    assert wifi(node)["sta"]["joined"] == "home"


def test_without_any_network_the_access_point_has_name_and_password_of_the_node(make: Make) -> None:
    node = make([HOME], {"staessid": "home", "stapwd": "wrong-secret", "appwd": "Sesam7xyz"})
    ap = wifi(node)["ap"]
    assert (ap["active"], ap["ssid"], ap["password"], ap["auth"]) == (True, "lamp", "Sesam7xyz", 3)
    assert node.ask("system ifconfig")[0].startswith("('AP', ('192.168.4.1'")
    assert node.ask("conf", "stapwd home-secret", "noconf", "system ha_sta")[1::2] == [
        "Saved\n",
        "STA lost, reconnect started\n",
    ]
    joined(node, "home")
    assert node.ask("system ha_sta") == ["STA connected\n"]
    assert not wifi(node)["ap"]["active"], "nobody uses the access point any more"


def test_a_password_too_short_for_wpa2_gives_an_open_access_point_and_an_error_line(make: Make) -> None:
    node = make([], {"staessid": "home", "appwd": "short"})
    ap = wifi(node)["ap"]
    assert (ap["active"], ap["ssid"], ap["auth"]) == (True, "lamp", 0)
    assert "password too short, open network" in node.ask("system alarms")[0]


def test_access_point_mode_joins_nothing(make: Make) -> None:
    node = make([HOME], {"staessid": "home", "stapwd": "home-secret", "nwmd": "ap"})
    view = wifi(node)
    assert (view["sta"]["joined"], view["ap"]["active"]) == (None, True)
    assert node.ask("system ha_sta") == ["AP mode\n"]


def test_a_lost_network_comes_back_without_a_restart_and_the_client_goes_on(make: Make) -> None:
    node = make([HOME], {"staessid": "home", "stapwd": "home-secret"})
    before = boots(node)
    with socket.create_connection((node.board.ip, node.board.shell_port), timeout=10) as line:
        assert line.recv(100) == b"lamp $ "
        world(node, set={"ssid": "home", "present": False})
        joined(node, None)
        world(node, set={"ssid": "home", "present": True})
        joined(node, "home")
        line.sendall(b"system heartbeat")
        assert line.recv(100) == b"<3 heartbeat <3\nlamp $ "
    assert boots(node) == before


def test_the_node_itself_finds_another_known_network_within_half_a_minute(make: Make) -> None:
    node = make([HOME], {"staessid": "home;cafe", "stapwd": "home-secret;"})
    before = boots(node)
    world(node, networks=[OPEN])
    joined(node, None)
    turns = 0
    while "[nw] connect: cafe" not in node.board.console:
        assert node.board.vm({"op": "leap", "ms": 300})["ok"]
        turns += 1
        assert turns < 150, "the idle task looks every hundred turns of 300 ms"
    joined(node, "cafe")
    assert node.ask("system ha_sta") == ["STA connected\n"]
    assert boots(node) == before
    assert json.loads(files_of(node.flash.read_bytes())["node_config.json"])["devip"] == node.board.ip


def clock_seconds(text: str) -> int:
    """Seconds since 1970 that `system clock` shows."""
    numbers = [int(n) for n in re.findall(r"\d+", text)[:6]]
    return int(time.mktime((*numbers, 0, 0, -1)) - time.timezone)


def test_the_clock_is_set_from_the_network_with_the_offset_of_utc(make: Make) -> None:
    node = make([HOME], {"staessid": "home", "stapwd": "home-secret", "utc": 345})
    deadline = time.monotonic() + 10
    while node.ask("system clock")[0].startswith("2000."):
        assert time.monotonic() < deadline
    assert abs(clock_seconds(node.ask("system clock")[0]) - (time.time() + 345 * 60)) < 5
    node.board.vm({"op": "ntp", "offset_ms": 3_600_000})
    assert node.ask("system ntp")[0].startswith("(True, (")
    assert abs(clock_seconds(node.ask("system clock")[0]) - (time.time() + 405 * 60)) < 5
    assert node.ask("system info")[0].split("uptime: ")[1].startswith("0 0:0:")


def test_a_silent_time_server_delays_nothing_and_is_logged(make: Make) -> None:
    node = make([HOME], {"staessid": "home", "stapwd": "home-secret"}, ntp={"up": False})
    task = node.ask("task list")[0]
    assert "Yes       ntp\n" in task, "it still waits while the shell serves"
    node.board.vm({"op": "leap", "ms": 2500})
    node.board.vm({"op": "leap", "ms": 2500})
    deadline = time.monotonic() + 10
    while "[ERR][ntp] " not in node.ask("system alarms")[0]:
        assert time.monotonic() < deadline
    assert "Yes       ntp\n" in node.ask("task list")[0], "it goes on asking"
    node.board.vm({"op": "leap", "ms": 65_000})
    node.board.vm({"op": "ntp", "up": True})
    assert node.ask("system ntp")[0].startswith("(True, (")
    deadline = time.monotonic() + 10
    while "No        ntp\n" not in node.ask("task list")[0]:
        assert time.monotonic() < deadline
        node.board.vm({"op": "leap", "ms": 300_000})
    assert node.ask("system alarms")[0].count("[ERR][ntp] ") == 1
