"""Boards on USB: what is there, deploy, update."""

from __future__ import annotations

from typing import TYPE_CHECKING

from devtoolkit import settings
from devtoolkit.gui.seam._base import Seam

if TYPE_CHECKING:
    from devtoolkit.gui.job import Handle
    from devtoolkit.model.board import Board
    from devtoolkit.services.deploy import DeployReport, DeployRequest
    from devtoolkit.services.firmware_store import StoredFirmware
    from devtoolkit.services.usb_update import UpdateReport as UsbReport


class Usb(Seam):
    """Boards on USB: what is there, deploy, update."""

    def boards(self) -> tuple[Board, ...]:
        from devtoolkit.boards.loader import load_boards

        return load_boards()

    def firmware(self) -> tuple[StoredFirmware, ...]:
        from devtoolkit.services.firmware_store import stored

        return stored()

    def deploy(self, request: DeployRequest, handle: Handle) -> DeployReport:
        from devtoolkit.services.deploy import Deployer

        deployer = Deployer(request, handle.listener, handle.cancel, interfaces=settings.chosen_interfaces())
        return deployer.make()

    def usb_update(self, port: str, handle: Handle, *, force: bool, board: str | None) -> UsbReport:
        from devtoolkit.services.usb_update import Updater, UpdateRequest

        request = UpdateRequest(port=port, force=force, board=board)
        return Updater(request, handle.listener, handle.cancel, settings.chosen_interfaces()).update()
