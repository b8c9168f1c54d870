"""Files of a node (`uid`) over the air, else of the board on `port`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from devtoolkit.gui.seam._base import Seam, moves

if TYPE_CHECKING:
    from devtoolkit.gui.job import Handle
    from devtoolkit.model.manifest import FileEntry
    from devtoolkit.services.webrepl_files import WebReplJob


class Files(Seam):
    """Files of a node (`uid`) over the air, else of the board on `port`."""

    def files(self, uid: str, port: str, handle: Handle) -> tuple[FileEntry, ...]:
        from devtoolkit.services import usb_files

        return self._webrepl(uid, handle).list().files if uid else usb_files.list_files(port).files

    def get_files(self, uid: str, port: str, names: Sequence[str], folder: Path, handle: Handle) -> None:
        from devtoolkit.services import usb_files

        if not uid:
            usb_files.get_files(port, names, folder, moved=moves(handle, "Copy"))
        for name in names if uid else ():
            self._webrepl(uid, handle).get(name, folder)

    def put_files(self, uid: str, port: str, files: Sequence[Path], handle: Handle) -> None:
        from devtoolkit.services import usb_files

        if not uid:
            usb_files.put_files(port, files, moved=moves(handle, "Copy"))
        for file in files if uid else ():
            self._webrepl(uid, handle).put(file)

    def remove_files(self, uid: str, port: str, names: Sequence[str], handle: Handle) -> None:
        from devtoolkit.services import usb_files

        if not uid:
            usb_files.remove_files(port, names)
        for name in names if uid else ():
            self._webrepl(uid, handle).remove(name)

    def _webrepl(self, uid: str, handle: Handle) -> WebReplJob:
        from devtoolkit.services.webrepl_files import WebReplJob

        return WebReplJob(uid, self.cache(), handle.ask)
