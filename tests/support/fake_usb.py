"""Boards on USB for the window's tests: choices, updates, backups, Wi-Fi and workshops that only pretend."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from devtoolkit.boards.loader import load_boards
from devtoolkit.gui.seam.usb import Choices, DriverHelp
from devtoolkit.model.manifest import FileEntry
from devtoolkit.pipelines.base import Event
from devtoolkit.services.bulk import Failure
from devtoolkit.services.class_list import Seat, read_class_list
from devtoolkit.services.deploy import DeployReport, Versions
from devtoolkit.services.drivers import DriverFinding
from devtoolkit.services.firmware_store import StoredFirmware
from devtoolkit.services.port_list import DriveEntry
from devtoolkit.services.profiles import ArchivedConfig, profiles
from devtoolkit.services.saved_backups import SavedBackup
from devtoolkit.services.usb_resume import Interrupted
from devtoolkit.services.usb_update import UpdatePreview, UpdateRequest
from devtoolkit.services.usb_update_plan import UpdatePlan
from devtoolkit.services.wifi import Network, WifiResult
from devtoolkit.services.workshop import BOARD, BoardResult, WorkshopReport

FOLDER = "/home/maker/micrOS/node_backups/Lamp-micr000000000001OS/20261104-181500"
BACKUPS = (
    SavedBackup("whole", "Lamp", "micr000000000001OS", FOLDER, 1_793_816_100.0, 64, 212_480),
    SavedBackup("config", "Lamp", "micr000000000001OS", "/home/maker/Lamp-node_config.json", 1_793_729_000.0, 1, 1_912),
    SavedBackup("whole", "Garden", "micr000000000003OS", f"{FOLDER}-garden", 1_793_000_000.0, 61, 201_300),
)
NETWORKS = (
    Network("home", 6, -47, "WPA2"),
    Network("workshop", 11, -68, "WPA2/WPA3"),
    Network("guests", 1, -83, "open"),
)
COMMAND = 'sudo usermod -aG dialout "$USER"'
MISSING = DriverFinding("permission", False, "You may not open /dev/ttyUSB0. Copy this command.", command=COMMAND)


class FakeUsb:
    """`drives_there`, `saved`, `waiting`, `asked_before`, `stored_files`, `board_fails`, `plan`: what it tells."""

    drives_there: tuple[DriveEntry, ...] = ()
    saved: tuple[SavedBackup, ...] = BACKUPS
    waiting: tuple[Interrupted, ...] = ()
    asked_before = True
    stored_files: tuple[StoredFirmware, ...] = ()
    board_fails: frozenset[str] = frozenset()
    plan = UpdatePlan(
        (FileEntry("LM_rgb.mpy", 2_048, "a"), FileEntry("main.mpy", 900, "b")),
        ("LM_gone.mpy",),
        (),
        (FileEntry("node_config.json", 900, "c"), FileEntry("LM_aquarium.py", 700, "d")),
        (),
    )
    _asked: Callable[..., None]

    def choices(self) -> Any:
        kept = (ArchivedConfig("Lamp", Path("/home/maker/Lamp-node_config.json")),)
        return Choices(load_boards(), self.stored_files, profiles(), kept)

    def firmware(self) -> Any:
        return self.stored_files

    def drives(self) -> Any:
        return self.drives_there

    def fetch_firmware(self, board: str, handle: Any, *, accept_unverified: bool) -> Any:
        self._asked("fetch", board, accept_unverified)
        one = next(one for one in load_boards() if one.id == board).firmware
        path = f"/home/maker/micrOS/firmware/{one.file}"
        self.stored_files = (*self.stored_files, StoredFirmware(one.file, path, 1 << 20, "0", (board,), "published"))
        return Path(path)

    def driver_help(self) -> Any:
        return DriverHelp(
            self.asked_before, (DriverFinding("/dev/ttyUSB0", True, "CP210x: the driver works."), MISSING)
        )

    def driver_help_seen(self, *, opened: bool) -> None:
        self._asked("driver help", opened)

    # --- updates and backups

    def usb_waiting(self) -> Any:
        return self.waiting

    def usb_look(self, request: UpdateRequest, handle: Any) -> Any:
        port, anew = request.port, request.firmware is not None
        self._asked("usb_look", port, request.force)
        if request.boot_drive:
            node = next(one for one in self.waiting if request.node in ("", one.uid))
            drive, backup, nothing = str(request.boot_drive), str(node.backup), UpdatePlan((), (), (), (), ())
            return UpdatePreview("", node.uid, node.name, "", "2.0.0-0", "", nothing, True, True, backup, drive)
        return UpdatePreview(port, "micr000000000001OS", "Lamp", "1.9.0-1", "2.0.0-0", "1.27.0", self.plan, anew)

    def usb_update(self, request: UpdateRequest, handle: Any) -> Any:
        at_drive = (request.boot_drive, request.node) if request.boot_drive else ()
        self._asked("usb_update", request.port, request.force, request.board, request.firmware, *at_drive)
        return SimpleNamespace(
            name="Lamp", version="2.0.0-0", sent=("main.py",), bytes=900, seconds=1.0, device=None, reflashed=False,
            shadowing=(), backup="",
        )  # fmt: skip

    def backups(self) -> Any:
        return self.saved

    def backup(self, port: str, handle: Any, *, whole: bool = True) -> str:
        self._asked("backup", port, whole)
        return FOLDER

    def restore(self, port: str, path: str, handle: Any, *, whole: bool = True) -> str:
        self._asked("restore", port, path, whole)
        return "Lamp"

    # --- Wi-Fi

    def wifi_scan(self, port: str, handle: Any) -> Any:
        self._asked("scan", port)
        return WifiResult("Lamp", "micr000000000001OS", NETWORKS)

    def wifi_join(self, port: str, name: str, password: str, handle: Any, *, force: bool) -> Any:
        self._asked("join", port, name, password, force)
        handle.say(f"joins {name} with {password}")
        return WifiResult("Lamp", "micr000000000001OS", NETWORKS, name, "", True, None)

    def wifi_join_over_network(self, name: str, password: str, handle: Any) -> Any:
        self._asked("join over network", name, password)
        return WifiResult("Lamp", "micr000000000001OS", (), name, "")

    # --- workshop

    def class_list(self, file: Path) -> Any:
        return read_class_list(file)

    def workshop(
        self,
        template: Any,
        seats: Sequence[Seat],
        on_event: Callable[[str, Event], None],
        handle: Any,
        earlier: Sequence[BoardResult] = (),
    ) -> Any:
        done: list[BoardResult] = []

        def board(number: int, seat: Seat) -> None:
            on_event(seat.port, Event("start", "flash", "Write the flash"))
            on_event(seat.port, Event("progress", "flash", "Write the flash", 1_000_000, 2_000_000))
            if seat.port in self.board_fails:
                on_event(seat.port, Event("failed", BOARD, "Failed", note="The board does not answer."))
                why = Failure("BoardError", "The board does not answer.", "Hold BOOT while it is plugged in.")
                done.append(BoardResult(seat.port, seat.name, seat.title, 2.0, None, why))
                return
            on_event(seat.port, Event("done", BOARD, "Done"))
            done.append(BoardResult(seat.port, seat.name, seat.title, 9.0, deployed(seat, template.board, number)))

        self._asked("workshop", template, tuple(seats), tuple(one.port for one in earlier))
        threads = [threading.Thread(target=board, args=(number, seat)) for number, seat in enumerate(seats, 1)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if handle.cancel.wanted:
            done = [replace(one, report=None, failure=Failure("CancelledByUser", "Stopped.", "")) for one in done]
        ports = [seat.port for seat in seats]
        boards = (*earlier, *sorted(done, key=lambda one: ports.index(one.port)))
        folder = "/home/maker/micrOS/workshops/20261104-181500"
        files = tuple(f"{folder}/{name}" for name in ("report.json", "report.csv", "labels.html"))
        return WorkshopReport(boards, (), 12.0, folder, *files)


def deployed(seat: Seat, board: str, number: int) -> DeployReport:
    """A board that is done and opens its own network."""
    versions = Versions("2.0.0", "2.0.0-0", "1.27.0", "6.3")
    return DeployReport(
        board, seat.port, "ESP32", "", f"micr{number:012x}OS", seat.name, 4 << 20, "firmware", None, 115, versions, (),
        2_000_000, 9.0, None,
    )  # fmt: skip


__all__ = ["BACKUPS", "COMMAND", "NETWORKS", "FakeUsb"]
