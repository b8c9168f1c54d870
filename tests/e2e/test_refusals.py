"""What must be refused is refused in one line that names the thing, with a non-zero exit, and nothing is erased."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from toolkit_process import Toolkit

from devtoolkit import paths
from devtoolkit.cli._registry import all_options, commands
from devtoolkit.launcher import main
from devtoolkit.simulator.firmware import virtual_firmware

MARK = b"something a user wants to keep"
FILES = 0x200000  # where the file system begins


@pytest.fixture(scope="module")
def precious(toolkit: Toolkit) -> Iterator[Path]:
    """The flash file of a virtual board with a mark in it that an erase would destroy."""
    toolkit.json("--make", "--board", "esp32", "--port", "virtual:kept", "--name", "kept", "--yes")
    flash = toolkit.user_data / "simulator" / "kept" / "flash.bin"
    with flash.open("r+b") as file:
        file.seek(FILES - 0x10000)
        file.write(MARK)
    yield flash
    assert MARK in flash.read_bytes()


def lasting(flash: Path) -> bytes:
    """What a board that runs never writes by itself: all below its file system, with the mark."""
    return flash.read_bytes()[:FILES]


def refused(toolkit: Toolkit, precious: Path, *words: str, kind: str, names: str) -> dict[str, Any]:
    before = lasting(precious)
    done = toolkit(*words, "--yes", "--json")
    error = json.loads(done.stdout)["error"]
    assert done.returncode not in (0, 1)
    assert error["type"] == kind, error
    assert names in error["message"]
    assert "\n" not in error["message"]
    assert error["hint"]
    assert lasting(precious) == before
    plain = toolkit(*words, "--yes")
    assert "Traceback" not in plain.stderr
    assert plain.stderr.strip().splitlines()[-1].startswith("error: ")
    assert lasting(precious) == before
    assert isinstance(error, dict)
    return error


MAKE = ("--make", "--board", "esp32", "--port", "virtual:kept")


def test_firmware_for_another_chip(toolkit: Toolkit, precious: Path, tmp_path: Path) -> None:
    other = tmp_path / "c3.bin"
    other.write_bytes(virtual_firmware("esp32c3"))
    refused(toolkit, precious, *MAKE, "--firmware", str(other), kind="FirmwareError", names="c3.bin")


def test_truncated_firmware(toolkit: Toolkit, precious: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.bin"
    whole = virtual_firmware("esp32")
    cut.write_bytes(whole[: len(whole) - 40])
    refused(toolkit, precious, *MAKE, "--firmware", str(cut), kind="FirmwareError", names="cut.bin")


def test_no_firmware_file(toolkit: Toolkit, precious: Path, tmp_path: Path) -> None:
    refused(toolkit, precious, *MAKE, "--firmware", str(tmp_path / "no.bin"), kind="FirmwareError", names="no.bin")


def test_a_full_file_system(toolkit: Toolkit, precious: Path, tmp_path: Path) -> None:
    big = tmp_path / "big.json"
    big.write_text(json.dumps({"devfid": "kept", "user_notes": "x" * 2**21}))
    refused(toolkit, precious, *MAKE, "--config", str(big), kind="ImageError", names="bytes")


def test_a_missing_port(toolkit: Toolkit, precious: Path) -> None:
    words = ("--make", "--board", "esp32", "--port", "/dev/ttyNOTHERE", "--firmware")
    firmware = precious.parent / "firmware.bin"
    firmware.write_bytes(virtual_firmware("esp32"))
    refused(toolkit, precious, *words, str(firmware), kind="PortMissingError", names="/dev/ttyNOTHERE")


def test_a_port_in_use_names_the_program_that_holds_it(toolkit: Toolkit, precious: Path) -> None:
    holder = (
        "import serial,sys; p=serial.Serial(sys.argv[1], exclusive=True); print('open', flush=True); sys.stdin.read()"
    )
    with toolkit.simulated("kept"):
        port = toolkit.board_info("kept")["port"]
        with subprocess.Popen(
            [sys.executable, "-c", holder, port], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "open\n"
            error = refused(toolkit, precious, *MAKE, kind="PortBusyError", names=port)
            assert str(process.pid) in json.dumps(error)


def test_a_bad_configuration(toolkit: Toolkit, precious: Path, tmp_path: Path) -> None:
    for text, names in (("{", "bad.json"), ("[]", "bad.json"), ('{"socport": "x"}', "socport")):
        bad = tmp_path / "bad.json"
        bad.write_text(text)
        refused(toolkit, precious, *MAKE, "--config", str(bad), kind="ConfigError", names=names)


def test_an_unknown_board_names_the_nearest(toolkit: Toolkit, precious: Path) -> None:
    words = ("--make", "--board", "esp23", "--port", "virtual:kept")
    error = refused(toolkit, precious, *words, kind="UsageError", names="esp23")
    assert "esp32" in error["hint"]


def variants(word: str) -> set[str]:
    """Every text that is one character away from `word`."""
    letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_=. "
    cuts = [(word[:n], word[n:]) for n in range(len(word) + 1)]
    deleted = {left + right[1:] for left, right in cuts if right}
    swapped = {left + right[1] + right[0] + right[2:] for left, right in cuts if len(right) > 1}
    replaced = {left + letter + right[1:] for left, right in cuts if right for letter in letters}
    inserted = {left + letter + right for left, right in cuts for letter in letters}
    return (deleted | swapped | replaced | inserted) - {word}


def test_no_one_character_typo_of_a_short_option_writes_to_a_board(
    toolkit: Toolkit, precious: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Typos that are another option are tried too: without --yes and a terminal, what writes is refused."""
    known = commands()
    # What does not write to a board would only take time here.
    harmless = {"-h"} | {command.option.short for command in known if not command.changes_board}
    shorts = {option.short for option in all_options(known) if option.short}
    monkeypatch.setattr(paths, "_chosen_user_data", toolkit.user_data)
    monkeypatch.setattr(sys, "stdin", None)
    before = lasting(precious)
    tried = 0
    for short in shorts:
        for word in variants(short) - harmless:
            code = main([word, "--board", "esp32", "--port", "virtual:kept"])
            capsys.readouterr()
            assert code != 0, word
            tried += 1
    assert tried > 3000
    assert lasting(precious) == before
