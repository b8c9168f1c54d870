"""Backups of boards on USB: what is kept, saving, putting back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from devtoolkit.gui.seam._base import Seam, moves

if TYPE_CHECKING:
    from devtoolkit.gui.job import Handle
    from devtoolkit.services.saved_backups import SavedBackup


class Backups(Seam):
    """Backups of boards on USB: what is kept, saving, putting back."""

    def backups(self) -> tuple[SavedBackup, ...]:
        """All of them, newest first."""
        from devtoolkit.services.saved_backups import saved

        return saved()

    def backup(self, port: str, handle: Handle, *, whole: bool = True) -> str:
        """Where it is kept now: the folder with the files, or the configuration's file."""
        from devtoolkit.services import node_backup

        if whole:
            return node_backup.backup_all(port, moved=moves(handle, "Back up")).folder
        return node_backup.backup_config(port).folder

    def restore(self, port: str, path: str, handle: Handle, *, whole: bool = True) -> str:
        """Put a backup back, or only its configuration; the name of the node it was made of."""
        from devtoolkit.services import node_backup, saved_backups

        if whole:
            return node_backup.restore(port, path, moved=moves(handle, "Restore")).name
        return saved_backups.restore_config(port, Path(path)).name
