"""Opening, closing, addresses, other processes, and that nothing is left behind."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import serial

from devtoolkit.errors import DataFileError, SimulatorError
from devtoolkit.simulator.board import VirtualBoard, check_name, list_boards, running
from devtoolkit.simulator.control import ControlClient
from devtoolkit.simulator.firmware import virtual_firmware

FIRMWARE_OFFSET = 0x1000
OpenBoard = Callable[..., VirtualBoard]

OWNER = """
import sys, time
from pathlib import Path
from devtoolkit.simulator.board import VirtualBoard
from devtoolkit.simulator.firmware import virtual_firmware
board = VirtualBoard.open("owned", root=Path(sys.argv[1]))
board.load_flash({0x1000: virtual_firmware()})
board.wait_state("running")
sys.stdout.write(str(board.vm_pid) + chr(10))
sys.stdout.flush()
sys.stdin.read()
"""


def open_fds() -> int:
    return len(list(Path("/dev/fd").iterdir()))


def alive(pid: int) -> bool:
    """Whether the process runs; one that is dead, but not yet reaped by its new parent, does not."""
    if sys.platform != "linux":
        done = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False)
        return bool(done.stdout.strip()) and not done.stdout.startswith("Z")
    try:  # a small Debian has no ps
        return not Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].startswith("Z")
    except (FileNotFoundError, ProcessLookupError):
        return False


def wait_until(reached: Callable[[], bool], timeout: float = 5.0) -> bool:
    end = time.monotonic() + timeout
    while not reached():
        if time.monotonic() > end:
            return False
        time.sleep(0.005)
    return True


@pytest.mark.vm
def test_twenty_resets_leak_no_file_descriptor_and_no_process(board: VirtualBoard) -> None:
    pids = set()
    before = open_fds()
    for _ in range(20):
        board.reset()
        pids.add(board.vm_pid)
        board.wait_state("running")
    assert wait_until(lambda: open_fds() <= before)
    assert len(pids) == 20
    assert [pid for pid in pids if pid and alive(pid)] == [board.vm_pid]


@pytest.mark.vm
def test_close_gives_back_process_thread_port_and_descriptors(root: Path) -> None:
    before = open_fds(), threading.active_count()
    with VirtualBoard.open("one", root=root) as board:
        board.load_flash({FIRMWARE_OFFSET: virtual_firmware()})
        board.wait_state("running")
        pid, port, folder = board.vm_pid, board.port, board.folder
        live = running("one", root)
        assert live is not None
        assert (folder / "tty").resolve() == Path(port)
    assert pid is not None
    assert not alive(pid)
    assert (open_fds(), threading.active_count()) == before
    assert not (folder / "board.json").exists()
    assert not (folder / "tty").is_symlink()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(live.control, 1)


@pytest.mark.vm
@pytest.mark.parametrize("program", ["", "while True: pass\r\n\r\n"])
def test_killing_the_owner_leaves_no_vm_and_a_stale_board_is_recognised(root: Path, program: str) -> None:
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER, str(root)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert owner.stdout
        pid = int(owner.stdout.readline())
        live = running("owned", root)
        assert live is not None
        assert live.pid == owner.pid
        with serial.Serial(live.port, timeout=5) as line:
            line.write(b"\r\n" + program.encode())
            line.read_until(program[:5].encode() or b">>> ")
            assert alive(pid)
            owner.send_signal(signal.SIGKILL)
            owner.wait(5)
        assert wait_until(lambda: not alive(pid))
        assert (root / "owned" / "board.json").exists()
        assert running("owned", root) is None
    finally:
        owner.kill()
        owner.communicate()
    with VirtualBoard.open("owned", root=root) as board:
        board.wait_state("running")


def test_a_running_board_cannot_be_opened_twice(open_board: OpenBoard) -> None:
    open_board("one")
    with pytest.raises(SimulatorError, match="already running"):
        open_board("one")


def test_boards_have_their_own_addresses_and_local_macs(open_board: OpenBoard, root: Path) -> None:
    boards = [open_board(f"node{number}") for number in range(4)]
    assert len({(board.ip, board.shell_port) for board in boards}) == 4
    assert len({board.mac for board in boards}) == 4
    assert all(int(board.mac[:2], 16) & 3 == 2 for board in boards)
    assert boards[0].uid == f"micr{boards[0].mac.replace(':', '')}OS"
    assert list_boards(root) == ("node0", "node1", "node2", "node3")


def test_an_address_that_someone_else_uses_is_left_out(open_board: OpenBoard) -> None:
    first = open_board("first")
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind((first.ip, first.shell_port))
        other.listen(1)
        first.close()
        again = open_board("first")
        assert (again.ip, again.shell_port) != (first.ip, first.shell_port)
        assert again.mac == first.mac


def test_names_that_are_no_folder_names_are_refused(root: Path) -> None:
    assert check_name("node-01_a")
    for name in ("", "../x", "a/b", ".hidden", "x" * 40, "a b"):
        assert not check_name(name)
        with pytest.raises(SimulatorError, match="not a virtual board's name"):
            VirtualBoard.open(name, root=root)


@pytest.mark.parametrize(
    ("option", "value"), [("chip", "esp8266"), ("flash_size", 3_000_000), ("flash_size", 0x2000000)]
)
def test_impossible_boards_are_refused_and_leave_no_lock(root: Path, option: str, value: object) -> None:
    with pytest.raises(SimulatorError):
        VirtualBoard.open("odd", root=root, **{option: value})
    VirtualBoard.open("odd", root=root).close()


def test_a_damaged_identity_is_reported_and_fresh_repairs_it(root: Path) -> None:
    VirtualBoard.open("one", root=root).close()
    (root / "one" / "identity.json").write_text('{"version": 1, "mac": "no"}')
    with pytest.raises(DataFileError, match="damaged"):
        VirtualBoard.open("one", root=root)
    VirtualBoard.open("one", root=root, fresh=True).close()


def test_other_systems_get_a_clear_error(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("devtoolkit.simulator.board.sys.platform", "win32")
    with pytest.raises(SimulatorError, match="pseudo-terminals"):
        VirtualBoard.open("one", root=root)


def test_a_missing_vm_gets_a_clear_error(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MICROPYTHON", str(root / "nowhere"))
    before = threading.active_count()
    with pytest.raises(SimulatorError, match="MICROPYTHON names"):
        VirtualBoard.open("one", root=root)
    assert threading.active_count() == before


@pytest.mark.vm
def test_a_vm_that_cannot_start_is_said_to_have_crashed(
    root: Path, open_board: OpenBoard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MICROPYTHON", "false")
    board = open_board()
    board.load_flash({FIRMWARE_OFFSET: virtual_firmware()})
    board.wait_state("crashed")
    assert "did not start (status 1)" in board.console


@pytest.mark.vm
def test_another_process_can_drive_the_board_over_its_control_socket(board: VirtualBoard, root: Path) -> None:
    live = running(board.name, root)
    assert live is not None
    assert json.loads((board.folder / "board.json").read_text())["token"] == live.token
    assert (board.folder / "board.json").stat().st_mode & 0o077 == 0
    with ControlClient(live.control, live.token) as control:
        assert control.request("state")["state"] == "running"
        assert control.request("state")["vm"] == board.vm_pid
        assert board.wait_console(5, ">>> ")
        assert "MicroPython" in control.request("console")["text"]
        assert control.request("ops_count")["count"] == board.operations
        control.request("events")
        control.request("power_off")
        assert board.state == "off"
        control.request("download")
        assert board.state == "download"
        control.request("power_on")
        board.wait_state("running")
        with pytest.raises(SimulatorError, match="unknown op"):
            control.request("explode")
        with pytest.raises(SimulatorError, match="'operations' is a number"):
            control.request("cut_after", operations="many")


def test_the_control_socket_answers_nobody_without_the_token(empty_board: VirtualBoard, root: Path) -> None:
    live = running(empty_board.name, root)
    assert live is not None
    with ControlClient(live.control, "wrong") as control, pytest.raises(SimulatorError, match="closed the connection"):
        control.request("state")


@pytest.mark.vm
def test_simulated_hardware_is_reached_through_the_board(
    empty_board: VirtualBoard, run_with_files: Callable[..., None]
) -> None:
    main = b"import time\nfrom machine import ADC, Pin\nadc = ADC(Pin(34))\n"
    main += b"while adc.read_u16() < 40000:\n    time.sleep_ms(5)\nprint('level reached')\n"
    run_with_files(empty_board, {"main.py": main})
    assert empty_board.vm({"op": "adc", "pin": 34, "value": 50000})["ok"]
    assert empty_board.wait_console(5, "level reached")


def test_a_throttled_line_is_as_slow_as_its_wire(empty_board: VirtualBoard, esptool: Callable[..., str]) -> None:
    esptool(empty_board, "write-flash", "0x100000", __file__)
    empty_board.throttle(115200)
    start = time.monotonic()
    size = 0x2000
    esptool(empty_board, "read-flash", "0x100000", hex(size), os.devnull)
    wire = size / 11520
    assert wire < time.monotonic() - start < 4 * wire + 5
