"""A backup holds every file of the board, also those whose names the toolkit would use itself."""

from types import SimpleNamespace
from typing import Any

from devtoolkit.model.manifest import FileEntry
from devtoolkit.services import node_backup

FILES = {
    "node_config.json.tmp": b'{"devfid": "shed", "appwd": "half wri',  # a node that was stopped while it wrote
    "node_config.json": b'{"devfid": "shed"}',
    "logs/a.log.tmp": b"older",
    "logs/a.log": b"newer",
    "backup.json": b"mine",
}


def board() -> Any:
    return SimpleNamespace(
        identity=SimpleNamespace(uid="micr0000000000f1OS"), files=SimpleNamespace(read=lambda path: FILES[path])
    )


def test_a_file_that_is_called_like_a_temporary_one_is_saved_too() -> None:
    saved = node_backup.save(board(), [FileEntry.of(path, data) for path, data in FILES.items()])
    folder = node_backup.find_backup("", saved.folder)
    assert node_backup.contents_of(folder) == FILES
    assert node_backup.name_in(folder) == "shed"
    assert not [file for file in (folder / "files").rglob("*") if file.is_file() and file.stat().st_mode & 0o077]
