"""The REPL over a serial line: the real MicroPython VM behind a pty."""

import os
import pty
import threading
import time
from pathlib import Path

import pytest
import serial
from pty_board import MICROPYTHON, PtyBoard

from devtoolkit.errors import BoardError, PortBusyError, PortError, PortMissingError
from devtoolkit.transports.serial_repl import SerialRepl, file_system, hard_reset, identity

pytestmark = [
    pytest.mark.vm,
    pytest.mark.skipif(not MICROPYTHON.exists(), reason="the MicroPython unix port is not installed"),
    # The VM needs the pty as its controlling terminal; nothing else of this process forks meanwhile.
    pytest.mark.filterwarnings("ignore:.*preexec_fn.*:DeprecationWarning"),
]


def test_code_runs_and_its_output_comes_back(repl: SerialRepl) -> None:
    assert repl.run("print(1 + 1)\nprint('é😀')") == "2\né😀\n"
    assert repl.run("x = 5") == ""
    assert repl.run("print(x)") == "5\n"


def test_code_longer_than_the_raw_paste_window_arrives_whole(repl: SerialRepl) -> None:
    text = "".join(f"a{number} = {number}\n" for number in range(800))
    assert repl.run(text + "print(a0 + a799)") == "799\n"


def test_an_exception_on_the_board_is_told_in_its_own_words(repl: SerialRepl) -> None:
    with pytest.raises(BoardError, match="ZeroDivisionError") as caught:
        repl.run("1/0")
    assert "Traceback" in str(caught.value.facts["traceback"])
    assert repl.run("print('still there')") == "still there\n"


def test_a_running_program_is_interrupted(tmp_path: Path) -> None:
    with (
        PtyBoard(tmp_path, main="import time\nwhile True:\n    time.sleep(0.01)\n") as board,
        SerialRepl(board.port) as repl,
    ):
        repl.enter(8)
        assert repl.run("print('free')") == "free\n"


def test_a_program_that_catches_one_interrupt_is_interrupted_again(tmp_path: Path) -> None:
    main = """
import time
for _ in range(3):
    try:
        while True:
            time.sleep(0.01)
    except KeyboardInterrupt:
        print('not me')
"""
    with PtyBoard(tmp_path, main=main) as board, SerialRepl(board.port) as repl:
        repl.enter(8)
        assert repl.run("print('free')") == "free\n"


def test_the_repl_can_be_entered_twice_and_left(board: PtyBoard) -> None:
    for _ in range(2):
        with SerialRepl(board.port) as repl:
            repl.enter(8)
            repl.enter(8)
            assert repl.run("print(3)") == "3\n"


def test_the_identity_gives_the_uid_of_the_node(repl: SerialRepl) -> None:
    found = identity(repl)
    assert found.unique_id == "240ac4f679e8"
    assert found.uid == "micr240ac4f679e8OS"
    assert found.implementation == "micropython"
    assert tuple(map(int, found.micropython.split("."))) >= (1, 21, 0)
    assert found.mpy.startswith("6.")


def test_the_size_of_the_file_system_is_told(board: PtyBoard, repl: SerialRepl) -> None:
    found = file_system(repl, f"{board.folder}")
    host = os.statvfs(board.folder)
    assert (found.block_size, found.blocks) == (host.f_bsize, host.f_blocks)
    assert 0 < found.free_blocks <= found.blocks


def test_a_hard_reset_starts_the_board_anew(board: PtyBoard, repl: SerialRepl) -> None:
    repl.run("x = 5")
    hard_reset(repl)
    assert board.wait_boot(2)
    with pytest.raises(BoardError, match="was not entered"):
        repl.run("print(x)")
    repl.enter(8)
    with pytest.raises(BoardError, match="NameError"):
        repl.run("print(x)")


def test_code_that_falls_silent_ends_at_the_stall_limit(board: PtyBoard) -> None:
    with SerialRepl(board.port, stall_s=0.5) as repl:
        repl.enter(8)
        with pytest.raises(PortError, match="stopped answering"):
            repl.run("import time\ntime.sleep(1.5)")  # raw code of the unix port takes no Ctrl-C
        repl.enter(8)
        assert repl.run("print('back')") == "back\n"


def test_a_silent_board_is_named_after_the_time_given(tmp_path: Path) -> None:
    with PtyBoard(tmp_path, silent=True) as board, SerialRepl(board.port) as repl:
        started = time.monotonic()
        with pytest.raises(BoardError, match="no MicroPython REPL within 1 s") as caught:
            repl.enter(1)
        assert time.monotonic() - started < 4
        assert board.port in str(caught.value)


def test_a_missing_port_is_named(tmp_path: Path) -> None:
    with pytest.raises(PortMissingError, match="no-such-port"):
        SerialRepl(str(tmp_path / "no-such-port"), wait_s=0)


def test_a_port_that_comes_back_within_the_wait_is_taken(tmp_path: Path, board: PtyBoard) -> None:
    link = tmp_path / "port"
    timer = threading.Timer(0.3, lambda: link.symlink_to(board.port))
    timer.start()
    with SerialRepl(str(link), wait_s=5) as repl:
        repl.enter(8)
    timer.join()


def test_a_port_in_use_is_called_busy() -> None:
    master, other_end = pty.openpty()
    try:
        with (
            serial.Serial(os.ttyname(other_end), exclusive=True),
            pytest.raises(PortBusyError, match="another program"),
        ):
            SerialRepl(os.ttyname(other_end), wait_s=0)
    finally:
        os.close(master)
        os.close(other_end)


def test_a_port_that_breaks_is_an_error_of_the_port() -> None:
    master, other_end = pty.openpty()
    repl = SerialRepl(os.ttyname(other_end), wait_s=0)
    os.close(other_end)
    os.close(master)
    with pytest.raises(PortError):
        repl.enter(2)
    repl.close()
    with pytest.raises(PortError, match="closed"):
        repl.run("1")


def test_running_code_before_entering_is_refused(board: PtyBoard) -> None:
    with SerialRepl(board.port) as repl, pytest.raises(BoardError, match="was not entered"):
        repl.run("print(1)")
