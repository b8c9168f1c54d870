"""What the worker does with esptool's answers: fall back on a noisy line, count flash bytes, name the error."""

from collections.abc import Iterator
from typing import Any

import pytest
import serial
from esptool import cmds
from esptool.loader import ESPLoader
from esptool.logger import log
from esptool.util import FatalError

from devtoolkit.tools.esptool_output import Failure, kind_of
from devtoolkit.tools.esptool_session import Session, _flash_bytes

Reports = list[tuple[int, int]]


@pytest.fixture
def reports() -> Reports:
    return []


@pytest.fixture
def session(reports: Reports, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    from esp_pylib.logger import EspLog

    monkeypatch.setattr(EspLog, "instance", EspLog.instance)  # the session installs its own; put the old one back
    one = Session(lambda done, total: reports.append((done, total)))
    yield one
    one.close()


def open_it(session: Session, port: str) -> dict[str, Any]:
    return session.open(port=port, chip="auto", bauds=[460800, 230400, 115200], before="default-reset")


def test_a_baud_that_does_not_work_is_followed_by_the_next_lower_one(
    esp32s3_pty: str, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = ESPLoader.change_baud

    def change_baud(self: ESPLoader, baud: int) -> None:
        if baud == 460800:
            raise FatalError("Invalid head of packet (0x00): Possible serial noise or corruption.")
        real(self, baud)

    monkeypatch.setattr(ESPLoader, "change_baud", change_baud)
    assert open_it(session, esp32s3_pty)["baud"] == 230400


def test_without_a_slower_baud_left_the_rom_s_own_is_used(
    esp32s3_pty: str, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(_self: ESPLoader, _baud: int) -> None:
        raise FatalError("No serial data received.")

    monkeypatch.setattr(ESPLoader, "change_baud", never)
    assert open_it(session, esp32s3_pty)["baud"] == 115200


def test_noise_during_a_write_is_answered_with_a_slower_second_try(
    esp32s3_pty: str, session: Session, reports: Reports, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, tries = cmds.write_flash, []

    def write_flash(esp: Any, parts: Any) -> None:
        tries.append(esp.get_baud())
        if len(tries) == 1:
            raise FatalError("Invalid head of packet (0x12): Possible serial noise or corruption.")
        real(esp, parts)

    monkeypatch.setattr(cmds, "write_flash", write_flash)
    open_it(session, esp32s3_pty)
    session.write([(0x10000, bytes(range(256)) * 64)])
    assert tries == [460800, 230400]
    assert reports[-1] == (16384, 16384)


def test_a_blank_part_this_session_erased_is_passed_over(
    esp32s3_pty: str, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    erased: list[int] = []
    real = cmds.erase_region
    monkeypatch.setattr(cmds, "erase_region", lambda esp, at, size: (erased.append(at), real(esp, at, size)))
    open_it(session, esp32s3_pty)
    data = bytes(4096) + b"\xff" * 0x20000
    session.write([(0x200000, data)])
    assert erased == [0x201000]
    session.erase(0x200000, 0x100000)
    session.write([(0x200000, data)])
    assert erased == [0x201000, 0x200000]


def test_progress_is_the_flash_address_esptool_names() -> None:
    seen: Reports = []
    report = _flash_bytes(lambda done, total: seen.append((done, total)), 0x1000, 0x8000, before=100, total=0x9000)
    report(10, 100, "Writing at 0x00003000 ")
    report(50, 100, "no address")
    report(100, 100, "Writing at 0x00ffffff ")
    report(100, 100, "Writing at 0x00000000 ")
    assert [done for done, _ in seen] == [100 + 0x2000, 100 + 0x4000, 100 + 0x8000, 100]


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (FatalError("Could not open /dev/x, the port is busy or doesn't exist.\n([Errno 2] No such file)"), "missing"),
        (FatalError("Could not open /dev/x, the port ...\n([Errno 13] Permission denied: '/dev/x')"), "forbidden"),
        (FatalError("Could not open x\n(Could not exclusively lock port x: [Errno 11] Resource temp...)"), "busy"),
        (FatalError("Could not open COM5 ...\n(PermissionError(13, 'Access is denied.', None, 5))"), "busy"),
        (FatalError("Could not open socket://h:1 ...\n(Connection refused)"), "port"),
        (serial.SerialException("device reports readiness to read but returned no data"), "lost"),
        (OSError(5, "Input/output error"), "lost"),
        (FatalError("MD5 of file does not match data in flash!"), "content"),
        (FatalError("Serial data stream stopped: Possible serial noise or corruption."), "noise"),
        (FatalError("This chip is ESP32-S3, not ESP32."), "board"),
    ],
)
def test_esptool_s_texts_become_kinds_of_errors(error: Exception, kind: str) -> None:
    assert kind_of(error, "board") == kind


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Failed to connect to ESP32: No serial data received.", "no_answer"),
        ("This chip is ESP32-S3, not ESP32. Wrong chip argument?", "board"),
        ("Unexpected chip ID value 99. Failed to autodetect chip type.", "board"),
    ],
)
def test_a_chip_that_answers_wrongly_is_not_one_that_does_not_answer(text: str, kind: str) -> None:
    assert kind_of(FatalError(text), "no_answer") == kind


def test_the_tail_keeps_what_esptool_said_last_on_whole_lines(session: Session) -> None:
    log.print("Connecting...", end="")
    log.print(".", end="")
    log.print("")
    log.note("one")
    log.warn("two")
    assert session.tail() == ["Connecting....", "Note: one", "Warning: two"]


def test_a_failure_is_one_line() -> None:
    assert Failure("board", "a\n  b\n").message == "a b"
