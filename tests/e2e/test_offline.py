"""With the store filled once, deploying works without any network."""

import shutil
from pathlib import Path

import pytest
from firmware_files import real_firmware
from firmware_server import firmware_server
from toolkit_process import Toolkit

from devtoolkit import paths
from devtoolkit.boards.loader import board
from devtoolkit.services import firmware
from devtoolkit.services.deploy import Deployer, DeployRequest
from devtoolkit.simulator.board import VirtualBoard

BOARDS = ("esp32", "rp2")


@pytest.mark.firmware
def test_a_store_that_was_filled_once_is_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {name: real_firmware(board(name).firmware.file) for name in BOARDS}
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.delenv(firmware.FOLDER_VARIABLE, raising=False)
    toolkit = Toolkit(paths.user_data())
    with firmware_server() as server:
        monkeypatch.setenv(firmware.URL_VARIABLE, server.url)
        server.files.update({file.name: file.read_bytes() for file in files.values()})
        for name in BOARDS:
            fetched = toolkit.json("--firmware-fetch", name, "--yes")
            assert fetched["ok"], fetched["error"]
            assert fetched["result"]["files"][0]["verified"] is True
    with VirtualBoard.open("offline", root=paths.simulator()) as virtual:  # its port, used as any serial port
        report = Deployer(DeployRequest("esp32", virtual.port, name="offline"), interfaces=("127.0.0.1",)).make()
        assert (report.firmware, report.uid) == (files["esp32"].name, virtual.uid)
        virtual.wait_state("running")
    pico = DeployRequest("rp2", "virtual:offpico", name="offpico", firmware=Path(files["rp2"].name))
    assert Deployer(pico, interfaces=("127.0.0.1",)).make().firmware == files["rp2"].name
    shutil.rmtree(paths.firmware_store())
    missing = toolkit.json("--make", "--board", "esp32", "--port", "/dev/ttyNOTHERE", "--yes")
    assert missing["error"]["type"] == "FirmwareError"
    assert files["esp32"].name in missing["error"]["hint"]
