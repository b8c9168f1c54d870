"""From a new board to a node in the home network, by the commands a user types."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from toolkit_process import Toolkit

from devtoolkit.simulator.board import VirtualBoard
from devtoolkit.simulator.firmware import virtual_firmware

HOME, HOME_PASSWORD = "home-net", "a home secret"
FURTHER = {"ssid": "other", "password": "other-secret", "rssi": -80, "channel": 11}


@pytest.fixture(scope="module")
def powered(toolkit: Toolkit) -> Iterator[VirtualBoard]:
    """A board on a wire, as any: without a network that it knows by itself."""
    with VirtualBoard.open("newbie", root=toolkit.user_data / "simulator") as board:
        board.configure(wifi=[{"ssid": HOME, "password": HOME_PASSWORD, "rssi": -51, "channel": 6}, FURTHER])
        yield board


@pytest.fixture(scope="module")
def board(powered: VirtualBoard, toolkit: Toolkit) -> VirtualBoard:
    """Deployed without Wi-Fi, with its own network open."""
    (toolkit.user_data / "pw").write_text(HOME_PASSWORD + "\n")
    (toolkit.user_data / "wrong").write_text("not this one\n")
    firmware = toolkit.user_data / "firmware.bin"
    firmware.write_bytes(virtual_firmware("esp32"))
    made = toolkit.json(
        "--make", "--board", "esp32", "--port", powered.port, "--firmware", str(firmware), "--name", "newbie", "--yes"
    )
    assert made["ok"], made["error"]
    assert made["result"]["device"] is None
    assert "its own network newbie" in made["result"]["steps"][-1]["note"]
    assert powered.wait_console(30, "[nw] AP:")
    return powered


def wifi(toolkit: Toolkit, *words: str) -> dict[str, Any]:
    return toolkit.json("--wifi", *words, "--yes")


def test_a_new_node_comes_home_through_its_own_access_point(board: VirtualBoard, toolkit: Toolkit) -> None:
    hello = toolkit("-c", "-p", "--dev __device_on_AP__ hello")
    assert hello.stdout.startswith(f"hello:newbie:{board.uid}"), hello.stderr
    joined = wifi(toolkit, HOME, "--wifi-password-file", str(toolkit.user_data / "pw"))
    assert joined["ok"], joined["error"]
    result = joined["result"]
    assert (result["node"], result["uid"], result["joined"]) == ("newbie", board.uid, HOME)
    assert result["device"]["status"] == "ONLINE"
    assert board.vm({"op": "get"})["wifi"]["sta"]["joined"] == HOME
    found = toolkit.json("-s", "--seconds", "10")["result"]["devices"]
    assert "newbie" in [device["fuid"] for device in found if device["status"] == "ONLINE"]


def test_over_usb_the_networks_are_listed_the_strongest_first(board: VirtualBoard, toolkit: Toolkit) -> None:
    seen = wifi(toolkit, "--port", board.port)["result"]["networks"]
    assert [(one["name"], one["rssi"], one["security"]) for one in seen] == [
        (HOME, -51, "WPA2"),
        ("other", -80, "WPA2"),
    ]


@pytest.mark.parametrize(
    ("name", "file", "said"), [(HOME, "wrong", "refuses the password"), ("nobody", "pw", "does not find the Wi-Fi")]
)
def test_a_network_that_cannot_be_joined_is_told_before_it_is_stored(
    board: VirtualBoard, toolkit: Toolkit, name: str, file: str, said: str
) -> None:
    answer = wifi(toolkit, name, "--port", board.port, "--wifi-password-file", str(toolkit.user_data / file))
    assert said in answer["error"]["message"]
    assert "Nothing was changed" in answer["error"]["hint"]
    got = toolkit.json("--get", "node_config.json", "--to", str(toolkit.user_data / "got"), "--port", board.port)
    assert got["ok"], got["error"]
    assert f'"{HOME}"' in (toolkit.user_data / "got/node_config.json").read_text()


def test_the_password_of_a_wifi_stands_in_no_argument_list(toolkit: Toolkit, tmp_path: Path) -> None:
    done = toolkit("--wifi", HOME, "--port", "/dev/ttyNOTHERE", "--yes")
    assert done.returncode != 0
    asked = toolkit("--wifi", HOME, "--yes")
    assert "--wifi-password-file" in asked.stderr
