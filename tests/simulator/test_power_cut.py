"""Power cuts in the middle of flash operations."""

from collections.abc import Callable

import pytest
import serial

from devtoolkit.simulator.board import VirtualBoard

pytestmark = pytest.mark.vm

# Writes one file in place of another, again and again, as an update does.
WRITER = b"""
import os
print('content', open('data').read() if 'data' in os.listdir() else 'none')
def work():
    for number in range(1000):
        with open('new', 'w') as file:
            file.write('version %d ' % number * 40)
        os.rename('new', 'data')
"""


def start_work(board: VirtualBoard) -> None:
    with serial.Serial(board.port) as line:
        line.write(b"\r\nfrom main import work; work()\r\n")
        board.wait_state("off")


@pytest.mark.parametrize("torn", ["none", "half"])
@pytest.mark.parametrize("operations", [1, 2, 7, 40])
def test_power_fails_in_the_chosen_operation_and_the_file_system_survives(
    empty_board: VirtualBoard, operations: int, torn: str, run_with_files: Callable[..., None]
) -> None:
    run_with_files(empty_board, {"main.py": WRITER, "data": b"old"})
    assert empty_board.wait_console(5, ">>> ")
    before = empty_board.operations
    empty_board.cut_after(operations, torn)
    start_work(empty_board)
    assert empty_board.operations == before + operations
    assert empty_board.vm_pid is None
    empty_board.power_on()
    assert empty_board.wait_console(5, ">>> ", times=empty_board.console.count(">>> ") + 1)
    console = empty_board.console
    content = console[console.rindex("content ") :].splitlines()[0].removeprefix("content ")
    assert content == "old" or content == content[: len(content) // 40] * 40
    assert console.count("content ") == 2
    assert "Performing initial setup" not in console


def test_the_failing_operation_does_not_reach_the_flash(
    empty_board: VirtualBoard, run_with_files: Callable[..., None]
) -> None:
    run_with_files(empty_board, {"main.py": WRITER, "data": b"old"})
    assert empty_board.wait_console(5, ">>> ")
    before = (empty_board.folder / "flash.bin").read_bytes()
    empty_board.cut_after(1)
    start_work(empty_board)
    assert (empty_board.folder / "flash.bin").read_bytes() == before


def test_a_planned_cut_can_be_taken_back(empty_board: VirtualBoard, run_with_files: Callable[..., None]) -> None:
    run_with_files(empty_board, {"main.py": WRITER})
    assert empty_board.wait_console(5, ">>> ")
    empty_board.cut_after(3)
    empty_board.cut_after(None)
    with serial.Serial(empty_board.port, timeout=10) as line:
        line.write(b"open('x', 'w').write('y' * 9000)\r\n")
        assert line.read_until(b"9000\r\n>>> ").endswith(b"9000\r\n>>> ")
    assert empty_board.state == "running"
    assert empty_board.operations > 3
