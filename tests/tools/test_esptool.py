"""Real esptool against an independent mock of the ROM bootloader, through our worker process."""

import os
import random
import socket
import threading
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Protocol

import pytest
import serial

from devtoolkit.codecs import esp_image
from devtoolkit.codecs.esp_image import Segment
from devtoolkit.errors import BoardError, CancelledByUser, InstallError, PortError, PortMissingError, ToolError
from devtoolkit.tools.esptool import EspTool

MB = 1 << 20
IMAGE = esp_image.build([Segment(0x3FFB0000, random.Random(1).randbytes(150_000))], 0x40080000, 0)
FILES = b"\x55" * 4096 + b"\xff" * (MB - 8192) + random.Random(2).randbytes(4096)
REGIONS = ((0x1000, IMAGE), (0x200000, FILES))


class Mock(Protocol):
    port: str

    def unplug(self) -> None: ...


def run(work: Iterator[tuple[int, int]], when_under_way: Callable[[], object]) -> None:
    """Let it work; call `when_under_way` after the first bytes arrived."""
    for done, _total in work:
        if done > 0:
            when_under_way()


def test_a_chip_says_its_name_mac_and_flash_size(esp32_socket: str) -> None:
    with EspTool(esp32_socket, bauds=(460800, 115200)) as tool:
        chip = tool.detect()
    assert (chip.name, chip.chip_id, chip.flash_size) == ("ESP32", 0, 4 * MB)
    assert len(bytes.fromhex(chip.mac.replace(":", ""))) == 6
    assert chip.features


def test_erase_write_and_verify_report_bytes_of_flash_up_to_the_end(esp32_socket: str) -> None:
    with EspTool(esp32_socket) as tool:
        tool.detect()
        erased = list(tool.erase())
        written = list(tool.write(REGIONS))
        verified = list(tool.verify(REGIONS))
    total = len(IMAGE) + len(FILES)
    assert erased[-1] == (4 * MB, 4 * MB)
    assert written[0] == (0, total)
    assert written[-1] == verified[-1] == (total, total)
    assert all(one[0] <= two[0] for one, two in pairwise(written))
    steps = [done for done, _ in written if done <= len(IMAGE)]
    assert len(steps) >= len(IMAGE) // 16384  # one report per block on the wire, none of them a guess


def test_a_blank_part_is_erased_when_this_connection_did_not_do_so_before(esp32_socket: str) -> None:
    with EspTool(esp32_socket) as tool:
        tool.detect()
        list(tool.write([(0x200000, bytes(MB))]))
        list(tool.write([(0x200000, FILES)]))
        assert list(tool.verify([(0x200000, FILES)]))[-1] == (MB, MB)


def test_other_bytes_in_flash_than_written_are_an_install_error(esp32_socket: str) -> None:
    with EspTool(esp32_socket) as tool:
        tool.detect()
        list(tool.write(REGIONS))
        with pytest.raises(InstallError, match="0x1000"):
            list(tool.verify([(0x1000, IMAGE[:-1] + b"?")]))


def test_an_erased_region_reads_blank_and_its_neighbour_does_not(esp32_socket: str) -> None:
    with EspTool(esp32_socket) as tool:
        tool.detect()
        list(tool.write([(0x200000, bytes(0x4000))]))
        assert list(tool.erase(0x201000, 0x1000))[-1] == (0x1000, 0x1000)
        list(tool.verify([(0x200000, bytes(0x1000)), (0x201000, b"\xff" * 0x1000), (0x202000, bytes(0x2000))]))


@pytest.mark.skipif(os.name == "nt", reason="Windows has no ptys")
def test_a_pty_is_detected_written_reset_and_free_again(esp32s3_pty: str) -> None:
    with EspTool(esp32s3_pty, bauds=(460800, 115200)) as tool:
        chip = tool.detect()
        assert (chip.chip_id, chip.baud) == (9, 460800)
        assert list(tool.write([(0x0, FILES)]))[-1] == (MB, MB)
        tool.reset()
        serial.Serial(esp32s3_pty, exclusive=True).close()  # fails while anybody has the lock that esptool takes


def test_cancel_in_the_middle_ends_the_child_and_frees_the_port(esp32_socket: str) -> None:
    with EspTool(esp32_socket) as tool:
        tool.detect()
        for done, _total in tool.write(REGIONS):
            if done > 0:
                break
        with pytest.raises(ToolError, match="no connection"):
            tool.reset()
        assert tool.detect().chip_id == 0  # the mock takes one client: the first connection is really gone


def test_cancel_from_another_thread_ends_a_running_write(esp32_socket: str) -> None:
    with EspTool(esp32_socket) as tool:
        tool.detect()
        reached = threading.Event()
        canceller = threading.Thread(target=lambda: (reached.wait(10), tool.cancel()))
        canceller.start()
        with pytest.raises(CancelledByUser, match="was stopped"):
            run(tool.write([(0x200000, random.Random(3).randbytes(MB))]), reached.set)
        canceller.join()


def test_a_missing_port_is_named() -> None:
    with pytest.raises(PortMissingError, match="/dev/ttyNONE9"), EspTool("/dev/ttyNONE9") as tool:
        tool.detect()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no ptys")
def test_a_silent_board_is_a_board_error_that_says_what_to_press() -> None:
    master, slave = os.openpty()
    port = os.ttyname(slave)
    os.close(slave)
    try:
        with pytest.raises(BoardError, match=f"{port} does not answer") as caught, EspTool(port) as tool:
            tool.detect()
    finally:
        os.close(master)
    assert "Hold BOOT" in caught.value.hint
    assert caught.value.facts["esptool"]


def test_a_refused_socket_is_a_port_error() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"socket://127.0.0.1:{unused.getsockname()[1]}"
        with pytest.raises(PortError, match=r"127\.0\.0\.1"), EspTool(url) as tool:
            tool.detect()


def test_a_board_that_stops_answering_is_given_up_after_the_stall_limit() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"socket://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(PortError, match=r"no answer for 0\.5 seconds"), EspTool(url, stall_s=0.5) as tool:
            tool.detect()


def test_a_connection_lost_in_the_middle_says_how_far_it_came(esp32: Mock) -> None:
    with EspTool(esp32.port, stall_s=5) as tool:
        tool.detect()
        with pytest.raises(PortError, match=r"lost after \d+ of 2097152 bytes") as caught:
            run(tool.write([(0x200000, random.Random(4).randbytes(2 * MB))]), esp32.unplug)
        done = caught.value.facts["done"]
        assert isinstance(done, int)
        assert 0 < done < 2 * MB
        assert "starts over" in caught.value.hint


def test_work_without_a_connection_is_refused() -> None:
    with EspTool("/dev/null") as tool, pytest.raises(ToolError, match="no connection"):
        list(tool.erase())


def test_a_given_baud_comes_first_and_only_slower_ones_follow() -> None:
    assert EspTool("p", baud=230400, bauds=(460800, 230400, 115200))._bauds == [230400, 115200]
    assert EspTool("p", bauds=(460800, 115200))._bauds == [460800, 115200]


def test_nothing_esptool_says_reaches_our_output(esp32_socket: str, capfd: pytest.CaptureFixture[str]) -> None:
    with EspTool(esp32_socket) as tool:
        tool.detect()
        list(tool.write([(0x200000, FILES)]))
    assert capfd.readouterr() == ("", "")


def test_the_worker_is_found_from_any_folder(
    esp32_socket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "serial.py").write_text("raise SystemExit('a file of the user was imported')")
    monkeypatch.chdir(tmp_path)
    with EspTool(esp32_socket) as tool:
        assert tool.detect().name == "ESP32"
