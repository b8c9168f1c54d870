"""The local firmware store: what is taken in, what is left out, and what is said about it."""

import json
from pathlib import Path

import pytest

from devtoolkit import paths
from devtoolkit.boards.loader import board, load_boards
from devtoolkit.errors import DataFileError, FirmwareError
from devtoolkit.launcher import main
from devtoolkit.services import firmware, firmware_records, firmware_store
from devtoolkit.services.virtual_firmware import virtual_firmware_for

CHIPS = sorted({one.chip for one in load_boards()})


@pytest.fixture(autouse=True)
def no_other_folders(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(firmware.FOLDER_VARIABLE, raising=False)


def put(folder: Path, name: str, data: bytes) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(data)
    return folder / name


@pytest.mark.parametrize("chip", CHIPS)
def test_firmware_for_a_chip_fits_exactly_the_boards_with_that_chip(chip: str) -> None:
    fitting = set(firmware_store.fitting_boards(virtual_firmware_for(chip)))
    assert fitting == {one.id for one in load_boards() if one.chip == chip}


def test_a_folder_is_imported_with_reasons_for_what_is_left_out(tmp_path: Path) -> None:
    put(tmp_path, "mine.bin", virtual_firmware_for("esp32c3"))
    put(tmp_path, "mine.uf2", virtual_firmware_for("rp2040"))
    put(tmp_path, "cut.bin", virtual_firmware_for("esp32")[:-1])
    put(tmp_path, board("esp32").firmware.file, virtual_firmware_for("esp32"))
    put(tmp_path, "notes.txt", b"hello")
    report = firmware_store.import_firmware(tmp_path)
    assert report.error is None
    assert {one.file: (one.boards, one.trust) for one in report.imported} == {
        "mine.bin": (("esp32c3",), "recorded"),
        "mine.uf2": (("rp2",), "recorded"),
    }
    reasons = {one.file: one.reason for one in report.skipped}
    assert "no whole firmware" in reasons["cut.bin"]
    assert "not the published file" in reasons[board("esp32").firmware.file]
    assert {one.file for one in firmware_store.stored()} == {"mine.bin", "mine.uf2"}
    assert firmware.find(board("esp32c3"), Path("mine.bin")).data == virtual_firmware_for("esp32c3")


def test_a_changed_file_is_shown_as_changed_and_can_be_taken_over(tmp_path: Path) -> None:
    file = put(tmp_path, "mine.bin", virtual_firmware_for("esp32"))
    firmware_store.import_firmware(file)
    put(paths.firmware_store(), "mine.bin", virtual_firmware_for("esp32s2"))
    (one,) = firmware_store.stored()
    assert (one.trust, one.boards) == ("changed", ("esp32s2",))
    with pytest.raises(FirmwareError, match="has changed since"):
        firmware.find(board("esp32s2"), Path("mine.bin"))
    firmware_store.import_firmware(paths.firmware_store() / "mine.bin")
    assert firmware_store.stored()[0].trust == "recorded"
    assert firmware.find(board("esp32s2"), Path("mine.bin")).data == virtual_firmware_for("esp32s2")


@pytest.mark.parametrize("name", ["nowhere.bin", "."])
def test_nothing_to_import_is_a_failure(tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--firmware-import", str(tmp_path / name), "--json"]) == 12
    value = json.loads(capsys.readouterr().out)
    assert value["ok"] is False
    assert "No firmware was imported" in value["error"]["message"]


def test_the_list_shows_ports_catalogue_and_store(capsys: pytest.CaptureFixture[str]) -> None:
    put(paths.firmware_store(), "mine.bin", virtual_firmware_for("esp32c6"))
    assert main(["-l", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)["result"]
    assert [one["board"] for one in result["catalogue"]] == [one.id for one in load_boards()]
    assert {one["board"] for one in result["catalogue"] if not one["checksum_known"]} == {
        "esp32c5",
        "esp32c6",
        "esp32cam",
        "esp32s3_spiram_oct",
        "tinypico",
    }
    (stored,) = result["store"]
    assert (stored["file"], stored["trust"], stored["boards"]) == ("mine.bin", "unknown", ["esp32c6"])
    assert main(["-l"]) == 0
    assert "mine.bin" in capsys.readouterr().out


def test_records_of_a_newer_toolkit_are_refused() -> None:
    put(paths.firmware_store(), "known.json", b'{"schema": 99, "files": {}}')
    with pytest.raises(DataFileError, match="newer toolkit"):
        firmware_records.records()


def test_damaged_records_are_begun_anew() -> None:
    put(paths.firmware_store(), "known.json", b"{")
    assert firmware_records.records() == {}
    firmware_records.note("one.bin", "0" * 64, "here")
    assert firmware_records.records()["one.bin"].sha256 == "0" * 64
