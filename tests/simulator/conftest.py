"""Virtual boards in a temporary folder, LittleFS images as the deploy builds them, and the real tools."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from littlefs import LittleFS, UserContext

from devtoolkit.simulator.board import VirtualBoard
from devtoolkit.simulator.firmware import virtual_firmware

FIRMWARE_OFFSET = 0x1000
FS_OFFSET = 0x200000
FS_BLOCKS = 512
_TOOL_S = 30

OpenBoard = Callable[..., VirtualBoard]


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the boards, inside a user data folder of the test's own."""
    monkeypatch.setenv("MICROS_USER_DATA", str(tmp_path))
    return tmp_path / "simulator"


@pytest.fixture
def open_board(root: Path) -> Iterator[OpenBoard]:
    """Opens boards and closes them when the test ends."""
    boards: list[VirtualBoard] = []

    def open_one(name: str = "demo", **options: object) -> VirtualBoard:
        boards.append(VirtualBoard.open(name, root=root, **options))
        return boards[-1]

    yield open_one
    for board in boards:
        board.close()


@pytest.fixture
def empty_board(open_board: OpenBoard) -> VirtualBoard:
    """A board with an empty flash."""
    return open_board()


@pytest.fixture
def board(open_board: OpenBoard) -> VirtualBoard:
    """A board with MicroPython and an empty file system, running."""
    board = open_board()
    board.load_flash({FIRMWARE_OFFSET: virtual_firmware()})
    board.wait_state("running")
    return board


def _fs_image(files: dict[str, bytes], blocks: int = FS_BLOCKS) -> bytes:
    """A LittleFS image with the parameters of the design page."""
    context = UserContext(blocks * 4096)
    fs = LittleFS(
        context=context,
        block_size=4096,
        block_count=blocks,
        read_size=32,
        prog_size=32,
        cache_size=128,
        lookahead_size=32,
        disk_version=0x00020000,
    )
    for name, data in files.items():
        with fs.open(name, "wb") as file:
            file.write(data)
    fs.unmount()
    return bytes(context.buffer)


def _run_with_files(board: VirtualBoard, files: dict[str, bytes]) -> None:
    """Put firmware and files into the flash; returns when device code runs."""
    board.load_flash({FIRMWARE_OFFSET: virtual_firmware(), FS_OFFSET: _fs_image(files)})
    board.wait_state("running")


def _tool(name: str, *arguments: str) -> str:
    """Run an installed tool; returns what it printed. The test fails when the tool does."""
    path = Path(sys.executable).with_name(name)
    done = subprocess.run([path, *arguments], capture_output=True, text=True, timeout=_TOOL_S, check=False)
    assert done.returncode == 0, f"{name} {arguments} failed:\n{done.stdout}\n{done.stderr}"
    return done.stdout


def _esptool(board: VirtualBoard, *arguments: str) -> str:
    """Run esptool on the board's port."""
    return _tool("esptool", "--port", board.port, *arguments)


def _mpremote(board: VirtualBoard, *arguments: str) -> str:
    """Run mpremote on the board's port."""
    return _tool("mpremote", "connect", board.port, *arguments)


@pytest.fixture
def fs_image() -> Callable[..., bytes]:
    return _fs_image


@pytest.fixture
def run_with_files() -> Callable[..., None]:
    return _run_with_files


@pytest.fixture
def tool() -> Callable[..., str]:
    return _tool


@pytest.fixture
def esptool() -> Callable[..., str]:
    return _esptool


@pytest.fixture
def mpremote() -> Callable[..., str]:
    return _mpremote
