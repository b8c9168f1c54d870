"""Boards on USB: what is there, what can be put on them, deploy, update, drivers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from devtoolkit import settings
from devtoolkit.gui.seam._base import Seam

if TYPE_CHECKING:
    from devtoolkit.gui.job import Handle
    from devtoolkit.model.board import Board
    from devtoolkit.services.deploy import DeployReport, DeployRequest
    from devtoolkit.services.drivers import DriverFinding
    from devtoolkit.services.firmware_store import StoredFirmware
    from devtoolkit.services.port_list import DriveEntry
    from devtoolkit.services.profiles import ArchivedConfig, Profile
    from devtoolkit.services.usb_resume import Interrupted
    from devtoolkit.services.usb_update import UpdatePreview, Updater
    from devtoolkit.services.usb_update import UpdateReport as UsbReport
    from devtoolkit.services.usb_update import UpdateRequest as UsbRequest


@dataclass(frozen=True, slots=True)
class Choices:
    """What a deploy can choose from."""

    boards: tuple[Board, ...]
    firmware: tuple[StoredFirmware, ...]
    profiles: tuple[Profile, ...]
    archived: tuple[ArchivedConfig, ...]


@dataclass(frozen=True, slots=True)
class DriverHelp:
    """What is right and wrong with drivers and permissions; `asked`: this user has seen it before."""

    asked: bool
    findings: tuple[DriverFinding, ...]


class Usb(Seam):
    """Boards on USB: what is there, what can be put on them, deploy, update, drivers."""

    def boards(self) -> tuple[Board, ...]:
        from devtoolkit.boards.loader import load_boards

        return load_boards()

    def firmware(self) -> tuple[StoredFirmware, ...]:
        from devtoolkit.services.firmware_store import stored

        return stored()

    def choices(self) -> Choices:
        """Also gets the slow imports of a deploy out of the window's way."""
        from devtoolkit.services import deploy, usb_update  # noqa: F401 - the panels make their requests later
        from devtoolkit.services.profiles import archived, profiles

        return Choices(self.boards(), self.firmware(), profiles(), archived())

    def drives(self) -> tuple[DriveEntry, ...]:
        """Boards that show their boot drive now."""
        from devtoolkit.services.port_list import list_drives

        return list_drives()

    def fetch_firmware(self, board: str, handle: Handle, *, accept_unverified: bool) -> Path:
        """The recommended firmware for a board, downloaded and checked unless it is in the store."""
        from devtoolkit.boards.loader import board as find_board
        from devtoolkit.services.firmware_fetch import obtain

        found = find_board(board)
        return obtain(
            found, accept_unverified=accept_unverified, listener=handle.listener, cancel=handle.cancel
        ).path  # fmt: skip

    def driver_help(self) -> DriverHelp:
        from devtoolkit.services import drivers

        return DriverHelp(drivers.asked_before(), drivers.findings())

    def driver_help_seen(self, *, opened: bool) -> None:
        from devtoolkit.services import drivers

        drivers.remember_asked(opened=opened)

    def deploy(self, request: DeployRequest, handle: Handle) -> DeployReport:
        from devtoolkit.services.deploy import Deployer

        deployer = Deployer(request, handle.listener, handle.cancel, interfaces=settings.chosen_interfaces())
        return deployer.make()

    def usb_waiting(self) -> tuple[Interrupted, ...]:
        """Interrupted updates of RP2 boards, which are finished through the boot drive."""
        from devtoolkit.services.usb_resume import interrupted_rp2

        return interrupted_rp2()

    def usb_look(self, request: UsbRequest, handle: Handle) -> UpdatePreview:
        """What `usb_update` would do; nothing is changed."""
        return _updater(request, handle).look()

    def usb_update(self, request: UsbRequest, handle: Handle) -> UsbReport:
        """Bring the board to this version, or finish what was interrupted on it."""
        return _updater(request, handle).update()


def _updater(request: UsbRequest, handle: Handle) -> Updater:
    from devtoolkit.services.usb_update import Updater

    return Updater(request, handle.listener, handle.cancel, settings.chosen_interfaces())
