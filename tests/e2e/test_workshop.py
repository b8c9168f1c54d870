"""Many boards at once, by the command a teacher types; and with the network off once the store is filled."""

import csv
import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from firmware_files import real_firmware
from firmware_server import firmware_server
from toolkit_process import Toolkit

from devtoolkit.boards.loader import board as find_board
from devtoolkit.services import firmware
from devtoolkit.simulator.board import VirtualBoard
from devtoolkit.simulator.firmware import virtual_firmware

CLASS = "Name;Class\nZoë Bäcker;5a\nLi Wei;5a\nMax Müller;5a\nOne More;5a\n"


@pytest.fixture(scope="module")
def done(toolkit: Toolkit) -> dict[str, Any]:
    """What `--make` said about two good boards and one that is not there."""
    toolkit.user_data.mkdir(parents=True)
    file = toolkit.user_data / "class.csv"
    file.write_text(CLASS, encoding="utf-8")
    ports = [word for port in ("virtual:one", "/dev/ttyNOTHERE", "virtual:two") for word in ("--port", port)]
    image = toolkit.user_data / "firmware.bin"
    image.write_bytes(virtual_firmware("esp32"))
    words = ("--make", "--board", "esp32", "--firmware", str(image), "--class-list", str(file), "--yes")
    return toolkit.json(*words, *ports)


def test_one_board_that_fails_stops_no_other(done: dict[str, Any]) -> None:
    assert done["ok"] is False
    assert done["error"]["facts"]["failed"] == ["/dev/ttyNOTHERE"]
    boards = done["result"]["boards"]
    assert [(one["port"], one["name"], one["title"]) for one in boards] == [
        ("virtual:one", "zoe-backer", "Zoë Bäcker"),
        ("/dev/ttyNOTHERE", "li-wei", "Li Wei"),
        ("virtual:two", "max-muller", "Max Müller"),
    ]
    assert [bool(one["failure"]) for one in boards] == [False, True, False]
    assert boards[1]["failure"]["type"] == "PortMissingError"
    assert [one["report"]["device"]["fuid"] for one in boards if one["report"]] == ["zoe-backer", "max-muller"]
    assert done["result"]["left"] == ["One More"]


def test_the_report_and_the_labels_hold_each_board_and_only_the_labels_its_password(
    toolkit: Toolkit, done: dict[str, Any]
) -> None:
    result = done["result"]
    rows = list(csv.DictReader(Path(result["table"]).read_text(encoding="utf-8").splitlines()))
    assert [(row["name"], row["state"]) for row in rows] == [
        ("zoe-backer", "done"),
        ("li-wei", "failed"),
        ("max-muller", "done"),
    ]
    report = json.loads(Path(result["report"]).read_text(encoding="utf-8"))
    assert [one["name"] for one in report["boards"]] == [row["name"] for row in rows]
    passwords = json.loads((toolkit.user_data / "secrets.json").read_text())["appwd"]
    labels = Path(result["labels"])
    page = labels.read_text(encoding="utf-8")
    assert len(passwords) == len(set(passwords.values())) == 2
    assert labels.stat().st_mode & 0o077 == 0
    for password in passwords.values():
        assert password in page
        assert password not in Path(result["report"]).read_text() + Path(result["table"]).read_text()
    assert "Zoë Bäcker" in page
    assert "Li Wei" not in page


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--erase", "--port", "virtual:a", "--port", "virtual:b"), "Only --make takes several"),
        (("-r", "--port", "virtual:a", "--port", "virtual:b"), "Only --make takes several"),
        (("--make", "--port", "virtual:a", "--port", "virtual:a"), "named twice"),
        (("--make", "--port", "virtual:a", "--class-list", "/nowhere.csv"), "No such file"),
    ],
)
def test_what_several_ports_cannot_do_is_refused_before_anything_is_done(
    toolkit: Toolkit, words: tuple[str, ...], said: str
) -> None:
    answer = toolkit(*words, "--board", "esp32", "--yes")
    assert answer.returncode != 0
    assert said in answer.stderr
    assert not (toolkit.user_data / "simulator" / "a").exists()


@pytest.fixture
def wired(toolkit: Toolkit) -> Iterator[list[VirtualBoard]]:
    """Two boards on ports like any others: the toolkit needs a real MicroPython for them."""
    with ExitStack() as stack:
        root = toolkit.user_data / "simulator"
        yield [stack.enter_context(VirtualBoard.open(name, root=root)) for name in ("off-1", "off-2")]


@pytest.mark.firmware
def test_with_the_network_off_and_the_store_filled_once_make_and_update_work(
    toolkit: Toolkit, wired: list[VirtualBoard], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = real_firmware(find_board("esp32").firmware.file)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.delenv(firmware.FOLDER_VARIABLE, raising=False)
    with firmware_server() as server:
        monkeypatch.setenv(firmware.URL_VARIABLE, server.url)
        server.files[file.name] = file.read_bytes()
        fetched = toolkit.json("--firmware-fetch", "esp32", "--yes")
        assert fetched["ok"], fetched["error"]
    # From here on nobody answers at that address, and every other one is behind a proxy that is not there.
    monkeypatch.delenv("no_proxy")
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    ports = [word for one in wired for word in ("--port", one.port)]
    made = toolkit.json("--make", "--board", "esp32", "--name", "off", "--yes", *ports)
    assert made["ok"], made["error"]
    assert [one["report"]["firmware"] for one in made["result"]["boards"]] == [file.name] * 2
    again = toolkit.json("-r", "--board", "esp32", "--firmware", file.name, "--port", wired[0].port, "--yes")
    assert again["ok"], again["error"]
    assert again["result"]["reflashed"] is True
    assert toolkit.json("-r", "--port", wired[1].port, "--yes")["result"]["sent"] == []
