"""The same code deploys through a pyserial URL: a board on another machine's port."""

import os
import selectors
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import serial.rfc2217

from devtoolkit import paths
from devtoolkit.services.deploy import Deployer, DeployRequest
from devtoolkit.simulator.board import VirtualBoard
from devtoolkit.simulator.firmware import virtual_firmware
from devtoolkit.transports.serial_repl import SerialRepl, identity


class Bridge:
    """Carries bytes between one TCP client at a time and a serial line; the line is open while the client is."""

    def __init__(self, device: str, *, rfc2217: bool) -> None:
        self._device, self._rfc2217 = device, rfc2217
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._stop_read, self._stop_write = os.pipe()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    def close(self) -> None:
        os.write(self._stop_write, b"x")
        self._thread.join()
        self._listener.close()
        os.close(self._stop_read)
        os.close(self._stop_write)

    def _serve(self) -> None:
        while self._wait(self._listener.fileno()) == self._listener.fileno():
            client, _ = self._listener.accept()
            with client, serial.Serial(self._device, timeout=0) as line:
                self._carry(client, line)

    def _carry(self, client: socket.socket, line: serial.Serial) -> None:
        manager = _Manager(line, client) if self._rfc2217 else None
        while True:
            ready = self._wait(client.fileno(), line.fileno())
            if ready == self._stop_read:
                return
            if ready == client.fileno():
                try:
                    data = client.recv(65536)
                except ConnectionResetError:
                    return
                if not data:
                    return
                line.write(b"".join(manager.filter(data)) if manager else data)
            else:
                data = line.read(65536)
                client.sendall(b"".join(manager.escape(data)) if manager else data)

    def _wait(self, *files: int) -> int:
        with selectors.DefaultSelector() as selector:
            for file in (self._stop_read, *files):
                selector.register(file, selectors.EVENT_READ)
            return int(selector.select()[0][0].fd)


class _Manager(serial.rfc2217.PortManager):
    """A pty has no control lines to set; everything else is pyserial's own."""

    def __init__(self, line: serial.Serial, client: socket.socket) -> None:
        self._client = client
        super().__init__(_NoLines(line), self)

    def write(self, data: bytes) -> None:
        self._client.sendall(data)


class _NoLines:
    """The port's settings as the manager reads and writes them; lines that a pty does not have stay as they are."""

    def __init__(self, line: serial.Serial) -> None:
        self.__dict__.update(_line=line, dtr=False, rts=False, break_condition=False)
        self.__dict__.update(cts=False, dsr=False, ri=False, cd=False)

    def __getattr__(self, name: str) -> object:
        return getattr(self._line, name)


@contextmanager
def bridged(board: VirtualBoard, scheme: str) -> Iterator[str]:
    bridge = Bridge(board.port, rfc2217=scheme == "rfc2217")
    try:
        yield f"{scheme}://127.0.0.1:{bridge.port}"
    finally:
        bridge.close()


def test_a_board_behind_a_socket_url_is_deployed_and_found(tmp_path: Path) -> None:
    firmware = tmp_path / "firmware.bin"
    firmware.write_bytes(virtual_firmware("esp32"))
    with VirtualBoard.open("far", root=paths.simulator()) as board, bridged(board, "socket") as url:
        request = DeployRequest(
            board="esp32", port=url, name="far", firmware=firmware, wifi=("micrOS-virtual", "virtual-wifi")
        )
        report = Deployer(request, interfaces=("127.0.0.1",)).make()
    assert report.device is not None
    assert report.device.uid == board.uid
    assert [step.state for step in report.steps] == ["done"] * len(report.steps)


@pytest.mark.filterwarnings("ignore:set(Daemon|Name):DeprecationWarning")  # pyserial's own
def test_the_repl_of_a_board_behind_an_rfc2217_url_answers() -> None:
    """A whole deploy that way takes 40 s, nearly all of it pyserial's negotiation, so the tests leave it out."""
    with VirtualBoard.open("farther", root=paths.simulator()) as board:
        board.load_flash({0x1000: virtual_firmware("esp32")})
        with bridged(board, "rfc2217") as url, SerialRepl(url) as repl:
            repl.enter()
            assert identity(repl).uid == board.uid
