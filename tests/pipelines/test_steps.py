"""What is refused before the erase: another chip, a small flash, a firmware that reaches into the files; and what is
noticed after it: another board on the port.
"""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from devtoolkit import paths
from devtoolkit.boards.loader import board
from devtoolkit.errors import BoardError, FirmwareError, InstallError, NodeUnreachableError
from devtoolkit.model.device import Device
from devtoolkit.model.manifest import FileEntry
from devtoolkit.pipelines.base import Progress
from devtoolkit.pipelines.deploy_context import DeployContext, DeployPlan
from devtoolkit.pipelines.steps import first_boot
from devtoolkit.pipelines.steps.check import Check, CheckChip
from devtoolkit.pipelines.steps.read_manifest import check_files
from devtoolkit.pipelines.steps.restart import Restart
from devtoolkit.pipelines.steps.wait_node import WaitNode
from devtoolkit.services import build
from devtoolkit.services.virtual_firmware import virtual_firmware_for
from devtoolkit.tools.esptool import ChipInfo
from devtoolkit.transports.serial_repl import Identity

ESP32 = ChipInfo("ESP32", 0, "", "", "02:00:00:00:00:09", 0x400000, 40, (), 115_200)


def context(chip: ChipInfo = ESP32, *, more: bytes = b"", name: str = "esp32") -> DeployContext:
    folder = paths.precompiled()
    plan = DeployPlan(
        board=board(name),
        device="/dev/null",
        firmware_name="firmware.bin",
        firmware=virtual_firmware_for("esp32") + more,
        manifest=build.load_manifest(folder),
        files=build.read_files(folder),
        config={"devfid": "x"},
        find_node=lambda _uid, _seconds: None,
        networked=False,
        ports=tuple,
    )
    return DeployContext(plan, chip=chip)


def test_what_fits_gets_its_place_and_its_image() -> None:
    good = context()
    notes = [report.note for report in Check().run(good)]
    assert good.region is not None
    assert len(good.image) == good.region.size
    assert f"0x{good.region.offset:x}" in notes[-1]


@pytest.mark.parametrize("step", [Check(), CheckChip()])
def test_another_chip_is_refused_with_both_names(step: Check | CheckChip) -> None:
    wrong = context(replace(ESP32, name="ESP32-S3", chip_id=9))
    with pytest.raises(BoardError, match="has the chip esp32s3, but the chosen board esp32 has esp32"):
        list(step.run(wrong))
    assert wrong.image == b""


def test_a_firmware_that_reaches_into_the_files_is_refused() -> None:
    region_at = 0x200000  # the virtual firmware's last partition ends there
    length = len(virtual_firmware_for("esp32"))
    space = region_at - board("esp32").firmware_offset - length
    list(Check().run(context(more=b"\xff" * space)))
    with pytest.raises(FirmwareError, match="inside the file system at 0x200000"):
        list(Check().run(context(more=b"\xff" * (space + 1))))


def test_a_flash_too_small_is_refused() -> None:
    with pytest.raises(FirmwareError, match="does not fit the board's flash of 1 MB"):
        list(Check().run(context(replace(ESP32, flash_size=0x100000))))


@pytest.mark.parametrize(("answers", "right"), [("020000000009", True), ("020000000008", False)])
def test_after_the_reset_the_same_chip_must_answer(monkeypatch: pytest.MonkeyPatch, answers: str, right: bool) -> None:
    def opened(board_context: DeployContext) -> Iterator[Progress]:
        board_context.repl = object()
        yield Progress(0, 0)

    monkeypatch.setattr(first_boot, "open_repl", opened)
    monkeypatch.setattr(first_boot, "identity", lambda _repl: Identity(answers, "micropython", "1.27.0", "6.3", "", ""))
    booted = context()
    if right:
        assert [report.note for report in first_boot.FirstBoot().run(booted)][-1] == "1.27.0"
    else:
        with pytest.raises(InstallError, match=r"micr020000000008OS.*micr020000000009OS"):
            list(first_boot.FirstBoot().run(booted))


class Recorder:
    """A REPL that notes what it is told to run."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def start(self, code: str) -> None:
        self.told.append(code)

    def await_reset(self, _seconds: float) -> None:
        self.told.append("awaited")

    def close(self) -> None:
        self.told.append("closed")


def test_restart_resets_the_board_and_leaves_its_port() -> None:
    left, repl = context(), Recorder()
    left.repl = repl
    list(Restart().run(left))
    assert "machine.reset()" in repl.told[0]
    assert repl.told[1:] == ["awaited", "closed"]
    assert left.repl is None


WANTED = {name: FileEntry.of(name, name.encode()) for name in ("main.py", "lib/a.mpy")}


@pytest.mark.parametrize(
    ("there", "told"),
    [
        ({}, "None of the files"),
        ({"main.py": b"main.py"}, "1 files are missing and 0 differ on the board: lib/a.mpy"),
        ({"main.py": b"other", "lib/a.mpy": b"lib/a.mpy"}, "0 files are missing and 1 differ on the board: main.py"),
    ],
)
def test_a_file_that_is_missing_or_different_on_the_board_is_named(there: dict[str, bytes], told: str) -> None:
    check_files(WANTED, {**WANTED, "own.py": FileEntry.of("own.py", b"")})
    with pytest.raises(InstallError, match=told):
        check_files(WANTED, {name: FileEntry.of(name, data) for name, data in there.items()})


def test_a_node_that_does_not_answer_in_time_is_told_with_what_to_check() -> None:
    looks: list[float] = []

    def find(_uid: str, seconds: float) -> Device | None:
        looks.append(seconds)
        return Device("micr020000000009OS", "x", "127.0.0.9", 9008) if len(looks) > 3 else None

    waiting = context()
    waiting.plan = replace(waiting.plan, networked=True, find_node=find, node_wait_s=0.0)
    with pytest.raises(NodeUnreachableError, match="did not answer on the network within 0 s") as caught:
        list(WaitNode().run(waiting))
    assert "Wi-Fi" in caught.value.hint
    waiting.plan = replace(waiting.plan, node_wait_s=60.0)
    list(WaitNode().run(waiting))
    assert waiting.device is not None
    assert max(looks) <= 2.0, "between two looks a stop is noticed"
