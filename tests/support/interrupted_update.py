"""What an update over USB that was cut off leaves on this machine: the saved files and the journal."""

import json
from pathlib import Path

from devtoolkit.model.manifest import FileEntry
from devtoolkit.services import usb_journal
from devtoolkit.services.usb_journal import Unfinished

OWN = {"LM_mine.py": b"def hello():\n    return 'mine'\n", "logs/mine.log": b"2026-01-01 something\n" * 40}


def interrupted(folder: Path, uid: str, name: str, board: str = "rp2", **config: object) -> Unfinished:
    """An update of this node waits to be finished; `folder` gets its backup."""
    settings = json.dumps({"devfid": name, "hwuid": uid, "appwd": f"secret of {name}", **config}).encode()
    files = {**OWN, "node_config.json": settings}
    backup = folder / f"{name}-{uid}" / "20261104-181500"
    for path, data in files.items():
        target = backup / "files" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    entries = [FileEntry.of(path, data) for path, data in files.items()]
    index = {"schema": 1, "uid": uid, "name": name, "files": {one.path: [one.size, one.sha256] for one in entries}}
    (backup / "backup.json").write_text(json.dumps(index))
    one = Unfinished(uid, board, backup)
    usb_journal.begin(one)
    return one
