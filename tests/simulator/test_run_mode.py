"""The VM behind the serial line: file system, REPL, resets, with unmodified tools."""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import serial
from firmware_files import real_firmware

from devtoolkit.simulator.board import VirtualBoard
from devtoolkit.simulator.firmware import virtual_firmware
from devtoolkit.transports.serial_repl import SerialRepl

FIRMWARE_OFFSET = 0x1000
FS_OFFSET = 0x200000
OpenBoard = Callable[..., VirtualBoard]

pytestmark = pytest.mark.vm


def read_until(line: serial.Serial, end: bytes) -> bytes:
    line.timeout = 10
    data = line.read_until(end)
    assert data.endswith(end), data
    return data


def enter_raw(line: serial.Serial) -> None:
    line.write(b"\r\x03\x03\x01")
    read_until(line, b"raw REPL; CTRL-B to exit\r\n>")


def test_the_vm_boots_from_exactly_the_image_that_was_flashed(
    empty_board: VirtualBoard, run_with_files: Callable[..., None]
) -> None:
    main = b"import os\nprint('files', sorted(os.listdir()), os.statvfs('/')[2])\n"
    run_with_files(empty_board, {"main.py": main, "other.txt": b"x"})
    assert empty_board.wait_console(5, "files ['main.py', 'other.txt'] 512")


@pytest.mark.parametrize("size", [0x400000, 0x800000])
def test_the_file_system_reaches_to_the_end_of_the_detected_flash(
    open_board: OpenBoard, size: int, fs_image: Callable[..., bytes]
) -> None:
    board = open_board(flash_size=size)
    blocks = (size - FS_OFFSET) // 4096
    main = b"import os\nprint('blocks', os.statvfs('/')[2])\n"
    board.load_flash({FIRMWARE_OFFSET: virtual_firmware(), FS_OFFSET: fs_image({"main.py": main}, blocks)})
    assert board.wait_console(5, f"blocks {blocks}")


def test_a_blank_file_system_is_formatted(board: VirtualBoard, mpremote: Callable[..., str]) -> None:
    assert board.wait_console(10, "Performing initial setup")
    assert mpremote(board, "fs", "ls").split()[-1] == "boot.py"


def test_an_image_with_a_wrong_block_count_is_called_corrupted_and_left_alone(
    empty_board: VirtualBoard, fs_image: Callable[..., bytes]
) -> None:
    image = fs_image({"main.py": b"print('must not run')\n"}, blocks=256)
    empty_board.load_flash({FIRMWARE_OFFSET: virtual_firmware(), FS_OFFSET: image})
    assert empty_board.wait_console(5, "The filesystem appears to be corrupted.", times=2), "it says so again and again"
    with serial.Serial(empty_board.port, timeout=5) as line:
        line.write(b"\x03")
        assert b"KeyboardInterrupt" in line.read_until(b">>> ")
        line.write(b"open('x', 'w')\r\n")
        assert b"OSError" in line.read_until(b"\n>>> "), "nothing is mounted"
    assert "must not run" not in empty_board.console
    flash = (empty_board.folder / "flash.bin").read_bytes()
    assert flash[FS_OFFSET : FS_OFFSET + len(image)] == image


def test_an_empty_flash_offers_no_repl(empty_board: VirtualBoard) -> None:
    assert empty_board.state == "no_firmware"
    with serial.Serial(empty_board.port, timeout=0.3) as line:
        line.write(b"\r\x03\x01")
        assert line.read(1) == b""
    assert empty_board.vm_pid is None


def test_boot_py_runs_before_main_and_its_names_are_in_the_repl(
    empty_board: VirtualBoard, run_with_files: Callable[..., None]
) -> None:
    run_with_files(empty_board, {"boot.py": b"answer = 42\nprint('boot')\n", "main.py": b"print('main')\n"})
    assert empty_board.wait_console(5, "boot\r\nmain\r\n")
    with serial.Serial(empty_board.port) as line:
        line.write(b"\r\nprint(answer + 1)\r\n")
        read_until(line, b"43\r\n>>> ")


def test_an_error_in_main_leaves_a_repl(empty_board: VirtualBoard, run_with_files: Callable[..., None]) -> None:
    run_with_files(empty_board, {"main.py": b"raise ValueError('broken on purpose')\n"})
    assert empty_board.wait_console(5, "ValueError: broken on purpose\r\n")
    assert empty_board.wait_console(5, ">>> ")
    with serial.Serial(empty_board.port) as line:
        line.write(b"print(6 * 7)\r\n")
        read_until(line, b"42\r\n>>> ")


def test_ctrl_c_stops_main_and_what_was_typed_behind_it_is_not_lost(
    empty_board: VirtualBoard, run_with_files: Callable[..., None]
) -> None:
    run_with_files(empty_board, {"main.py": b"import time\nprint('go')\nwhile True:\n    time.sleep_ms(5)\n"})
    assert empty_board.wait_console(5, "go")
    with serial.Serial(empty_board.port) as line:
        line.write(b"\r\x03\x03\x03print(6 * 7)\r\n")
        assert b"KeyboardInterrupt" in read_until(line, b"\r\n42\r\n>>> ")


def test_ctrl_c_stops_a_main_that_never_waits(
    empty_board: VirtualBoard, run_with_files: Callable[..., None], mpremote: Callable[..., str]
) -> None:
    run_with_files(empty_board, {"main.py": b"print('go')\nwhile True:\n    pass\n"})
    assert empty_board.wait_console(5, "go")
    assert mpremote(empty_board, "exec", "print(6 * 7)").strip() == "42"


def test_soft_reset_in_the_friendly_repl_runs_main_again(
    empty_board: VirtualBoard, run_with_files: Callable[..., None]
) -> None:
    run_with_files(empty_board, {"main.py": b"import machine\nprint('cause', machine.reset_cause())\n"})
    assert empty_board.wait_console(5, ">>> ")
    with serial.Serial(empty_board.port) as line:
        line.write(b"\x04")
        text = read_until(line, b">>> ")
    assert b"MPY: soft reboot\r\n" in text
    assert text.index(b"soft reboot") < text.index(b"cause 5")


def test_soft_reset_in_the_raw_repl_skips_main_and_stays_raw(
    empty_board: VirtualBoard, run_with_files: Callable[..., None]
) -> None:
    run_with_files(empty_board, {"boot.py": b"print('boot')\n", "main.py": b"print('main')\n"})
    with serial.Serial(empty_board.port) as line:
        enter_raw(line)
        line.write(b"\x04")
        text = read_until(line, b"raw REPL; CTRL-B to exit\r\n>")
        assert b"MPY: soft reboot\r\n" in text
        assert b"boot\r\n" in text
        assert b"main" not in text
        assert b">>>" not in text
        line.write(b"print(6 * 7)\x04")
        assert read_until(line, b"\x04>") == b"OK42\n\x04\x04>"
        line.write(b"\x02")
        read_until(line, b">>> ")


def test_system_exit_in_main_is_a_soft_reset(empty_board: VirtualBoard, run_with_files: Callable[..., None]) -> None:
    main = b"import os, sys\nprint('run')\nif 'once' in os.listdir():\n    print('second')\nelse:\n"
    main += b"    open('once', 'w').close()\n    sys.exit()\n"
    run_with_files(empty_board, {"main.py": main})
    assert empty_board.wait_console(5, "run\r\nMPY: soft reboot\r\nrun\r\nsecond\r\n")


def test_machine_reset_restarts_hard_and_keeps_the_cause(
    empty_board: VirtualBoard, run_with_files: Callable[..., None]
) -> None:
    main = b"import machine\nprint('cause', machine.reset_cause())\n"
    run_with_files(empty_board, {"main.py": main})
    assert empty_board.wait_console(5, "cause 1\r\n")
    first = empty_board.vm_pid
    with serial.Serial(empty_board.port) as line:
        line.write(b"\r\nimport machine; machine.reset()\r\n")
        text = read_until(line, b"cause 2\r\n")
    assert b"rst:0xc (SW_CPU_RESET)" in text
    assert empty_board.vm_pid not in (None, first)


def test_a_crash_of_the_vm_is_a_hard_reset(board: VirtualBoard) -> None:
    first = board.vm_pid
    assert first
    os.kill(first, signal.SIGSEGV)
    assert board.wait_console(5, f"ended by signal {int(signal.SIGSEGV)}")
    board.wait_state("running")
    assert board.vm_pid != first


def test_mpremote_copies_files_both_ways(board: VirtualBoard, tmp_path: Path, mpremote: Callable[..., str]) -> None:
    data = bytes(range(256)) * 40
    (tmp_path / "data.bin").write_bytes(data)
    mpremote(board, "fs", "cp", str(tmp_path / "data.bin"), ":data.bin")
    mpremote(board, "fs", "cp", ":data.bin", str(tmp_path / "back.bin"))
    assert (tmp_path / "back.bin").read_bytes() == data
    assert "10240 data.bin" in mpremote(board, "fs", "ls")


def test_mpremote_soft_resets_and_main_runs_after_it(
    empty_board: VirtualBoard, run_with_files: Callable[..., None], mpremote: Callable[..., str]
) -> None:
    run_with_files(empty_board, {"main.py": b"print('main runs')\n"})
    assert empty_board.wait_console(5, ">>> ")
    mpremote(empty_board, "soft-reset")
    assert empty_board.state == "running"
    assert "MPY: soft reboot" in empty_board.console


def test_ampy_lists_puts_and_gets(board: VirtualBoard, tmp_path: Path, tool: Callable[..., str]) -> None:
    (tmp_path / "note.py").write_text("print('note')\n")
    tool("ampy", "--port", board.port, "put", str(tmp_path / "note.py"))
    assert tool("ampy", "--port", board.port, "ls").split() == ["/boot.py", "/note.py"]
    assert tool("ampy", "--port", board.port, "get", "note.py").strip() == "print('note')"


def test_files_survive_power_off_and_a_new_process_of_the_board(
    root: Path, run_with_files: Callable[..., None]
) -> None:
    with VirtualBoard.open("keep", root=root) as board:
        run_with_files(board, {"main.py": b"print('kept')\n"})
        first = (board.mac, board.uid, board.ip)
    with VirtualBoard.open("keep", root=root) as board:
        assert board.wait_console(5, "kept")
        assert (board.mac, board.uid, board.ip) == first
    with VirtualBoard.open("keep", root=root, fresh=True) as board:
        assert board.state == "no_firmware"
        assert board.mac != first[0]


def test_a_forgotten_file_is_closed_by_the_garbage_collector_without_a_crash(board: VirtualBoard) -> None:
    first = board.vm_pid
    code = "import gc\nfor n in range(50):\n f = open('f%d' % (n % 5), 'w')\n f.write('x' * 700)\n f = None\n"
    code += " gc.collect()\nprint('done')\n"
    with serial.Serial(board.port) as line:
        enter_raw(line)
        line.write(code.encode() + b"\x04")
        assert read_until(line, b"\x04>") == b"OKdone\n\x04\x04>"
    assert board.vm_pid == first


def test_ctrl_c_in_the_middle_of_writing_leaves_the_file_system_whole(board: VirtualBoard) -> None:
    """After a reset: the unix port raises Ctrl-C wherever it is, so the VM itself may be unsound until then."""
    code = b"n = 0\nwhile True:\n n += 1\n f = open('log', 'w')\n f.write('line %d\\n' % n * 200)\n f.close()\n"
    for _ in range(10):
        with serial.Serial(board.port) as line:
            enter_raw(line)
            line.write(code + b"\x04")
            read_until(line, b"OK")
            done = board.operations
            while board.operations < done + 20:
                pass
            line.write(b"\x03")
        board.reset()
        with SerialRepl(board.port) as repl:
            repl.enter()
            repl.restart()
            assert repl.run("import os\nprint(os.listdir())") == "['boot.py', 'log']\n"
        assert "Performing initial setup" not in board.console.rpartition("rst:")[2]


def test_another_unix_port_is_used_when_micropython_names_it(
    open_board: OpenBoard, monkeypatch: pytest.MonkeyPatch, run_with_files: Callable[..., None]
) -> None:
    monkeypatch.setenv("MICROPYTHON", str(Path(sys.executable).with_name("micropython")))
    board = open_board()
    run_with_files(board, {"main.py": b"print('another')\n"})
    assert board.wait_console(5, "another")


@pytest.mark.firmware
@pytest.mark.parametrize(
    ("chip", "suffix", "offset"), [("esp32", "", 0x1000), ("esp32s3", "_S3", 0), ("esp32c3", "_C3", 0)]
)
def test_a_real_micropython_firmware_boots_with_the_file_system_where_it_puts_it(
    open_board: OpenBoard, chip: str, suffix: str, offset: int
) -> None:
    firmware = real_firmware(f"ESP32_GENERIC{suffix}-20251209-v1.27.0.bin")
    board = open_board(chip=chip, flash_size=0x800000)
    board.load_flash({offset: firmware.read_bytes()})
    board.wait_state("running")
    with serial.Serial(board.port) as line:
        line.write(b"\r\nimport os; print(os.statvfs('/')[2])\r\n")
        read_until(line, b"1536\r\n>>> ")
