"""No board is "busy": whatever its program does, the ladder gets the REPL, or says plainly what a person has to do."""

import os
import pty
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pty_board import MICROPYTHON, PtyBoard

from devtoolkit import paths
from devtoolkit.boards.loader import board as find_board
from devtoolkit.errors import BoardError, PortBusyError
from devtoolkit.services import board_session as board_sessions
from devtoolkit.services import usb_files
from devtoolkit.services.board_session import board_session
from devtoolkit.simulator.board import VirtualBoard
from devtoolkit.simulator.firmware import virtual_firmware
from devtoolkit.tools.littlefs_image import build_image
from devtoolkit.transports import serial_repl
from devtoolkit.transports.board_files import BoardFiles
from devtoolkit.transports.serial_link import SerialLink
from devtoolkit.transports.serial_repl import SerialRepl

pytestmark = [
    pytest.mark.vm,
    pytest.mark.skipif(not MICROPYTHON.exists(), reason="the MicroPython unix port is not installed"),
    pytest.mark.filterwarnings("ignore:.*preexec_fn.*:DeprecationWarning"),
]
PRINTS = "while True:\n    print('busy busy busy busy busy busy busy busy')\n"


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fewer tries before the next rung, so that these tests take seconds."""
    monkeypatch.setattr(serial_repl, "_FIRST_TRIES_S", (0.2, 0.3, 0.5))
    monkeypatch.setattr(board_sessions, "_ENTER_S", 3.0)


STUBBORN = """
import time
time.sleep(0.4)
open('ready', 'w').close()
print('ready')
def stay(levels):
    while True:
        try:
            while True:
                if levels:
                    stay(levels - 1)
                time.sleep(0.01)
        except KeyboardInterrupt:  # a second one may come while the first is handled: then the level above goes on
            print('never')
stay(12)
"""
WATCHDOG = "from machine import WDT\nWDT(timeout=700)"  # nobody feeds it: the board restarts after 0.7 s


def wait_until_ready(folder: Path) -> None:
    deadline = time.monotonic() + 20
    while not (folder / "ready").exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_program_that_prints_for_ever_is_stopped(tmp_path: Path) -> None:
    with PtyBoard(tmp_path, main=PRINTS) as board, SerialRepl(board.port) as repl:
        repl.enter(10)
        assert repl.run("print('free')") == "free\n"


def test_without_a_reset_line_the_error_says_which_button_to_press(tmp_path: Path) -> None:
    with PtyBoard(tmp_path, main=STUBBORN) as board, SerialRepl(board.port) as repl:
        wait_until_ready(tmp_path)
        with pytest.raises(BoardError) as caught:
            repl.enter(2)
    assert "no reset line" in caught.value.hint
    assert "reset button" in caught.value.hint


def with_program(name: str, main: str) -> VirtualBoard:
    """A virtual board with MicroPython and this main.py."""
    kind = find_board("esp32")
    image = build_image({"main.py": main.encode(), "data.txt": b"x" * 9000}, 0x200000, kind.littlefs)
    board = VirtualBoard.open(name, root=paths.simulator())
    board.load_flash({kind.firmware_offset: virtual_firmware("esp32"), 0x200000: image})
    return board


@pytest.fixture
def watched() -> Iterator[VirtualBoard]:
    """Its program has started a watchdog: a real one goes on when its program is interrupted."""
    with with_program("watched", "import time\nwhile True:\n    time.sleep(0.05)\n") as board:
        yield board


def test_a_program_that_ignores_ctrl_c_is_caught_at_its_start_by_the_reset_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with with_program("lined", STUBBORN) as board:
        pulses = []

        def pulse(_link: SerialLink) -> bool:
            pulses.append(1)
            board.reset()
            return True

        monkeypatch.setattr(SerialLink, "pulse_reset", pulse)
        assert board.wait_console(20, "ready")
        with SerialRepl(board.port) as repl:
            repl.enter(20)
            assert repl.run("print('free')") == "free\n"
    assert pulses == [1]


def test_a_program_that_ignores_ctrl_c_is_caught_through_the_boot_rom_where_there_is_no_reset_line() -> None:
    with with_program("stubborn", STUBBORN) as board:
        assert board.wait_console(20, "ready")
        found = usb_files.list_files(f"virtual:{board.name}")
    assert [entry.path for entry in found.files] == ["data.txt", "main.py", "ready"]


def test_a_watchdog_that_bites_in_the_middle_does_not_end_the_work(watched: VirtualBoard) -> None:
    with board_session(f"virtual:{watched.name}") as session:
        session.repl.run(WATCHDOG)
        while "TG1WDT_SYS_RESET" not in watched.console:
            assert session.files.read("data.txt") == b"x" * 9000
        session.files.write("new.txt", b"written\n" * 3000)
        assert session.files.read("new.txt") == b"written\n" * 3000
        assert session.repl.run("print('alive')") == "alive\n"


def test_a_file_is_written_whole_when_the_board_restarts_in_the_middle(watched: VirtualBoard) -> None:
    with SerialRepl(watched.port) as repl:
        repl.enter()
        repl.restart()
        files, bites = BoardFiles(repl), []

        def report(done: int) -> None:
            if done > 8000 and not bites:
                bites.append(done)
                watched.reset()

        files.write("big.bin", bytes(range(256)) * 128, report)
        assert files.read("big.bin") == bytes(range(256)) * 128
    assert bites


def test_of_many_files_only_those_that_were_not_in_place_are_sent_again_after_a_restart(watched: VirtualBoard) -> None:
    contents = {f"{number}.bin": random.Random(number).randbytes(4096) for number in range(5)}
    with SerialRepl(watched.port) as repl:
        repl.enter()
        repl.restart()
        files = BoardFiles(repl)
        sending = files.send(contents)
        told = [next(sending), next(sending)]
        watched.reset()
        told += list(sending)
        assert told == [(name, 4096) for name in contents]
        assert {name: files.read(name) for name in contents} == contents
        assert not [entry for entry in files.listing().files if entry.path.endswith(".part")]


def test_a_port_that_another_program_holds_is_named_with_that_program() -> None:
    master, client = pty.openpty()
    port = os.ttyname(client)
    os.close(client)
    code = f"import sys; f = open({port!r}, 'r+b', buffering=0); print('open', flush=True); sys.stdin.read()"
    holder = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline().strip() == b"open"
        with pytest.raises(PortBusyError, match=rf"held by python.*process {holder.pid}"):
            usb_files.list_files(port)
    finally:
        holder.communicate()
        os.close(master)
