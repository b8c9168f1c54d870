"""Kept versions of a node's settings, and files to take along."""

import json
import os
import time
from pathlib import Path

import pytest

from devtoolkit.errors import ConfigError
from devtoolkit.services import config_history
from devtoolkit.services.config_archive import ConfigArchive

UID = "micr000000000001OS"


def kept(archive: ConfigArchive, utc: int, when: str, uid: str = UID) -> None:
    path, _ = archive.put(uid, {"devfid": "lamp", "hwuid": uid, "utc": utc})
    moment = time.mktime(time.strptime(when, "%Y-%m-%d"))
    os.utime(path, (moment, moment))


def test_versions_come_newest_first_with_the_time_they_were_kept(tmp_path: Path) -> None:
    archive = ConfigArchive(tmp_path)
    for utc, when in ((1, "2026-01-05"), (2, "2026-01-07"), (3, "2026-01-09")):
        kept(archive, utc, when)
    found = config_history.versions(UID, "lamp", archive)
    assert [json.loads(one.file.read_text())["utc"] for one in found] == [3, 2, 1]
    assert [time.strftime("%Y-%m-%d", time.localtime(one.at)) for one in found] == [
        "2026-01-09",
        "2026-01-07",
        "2026-01-05",
    ]
    assert [one.newest for one in found] == [True, False, False]


def test_the_history_of_another_node_of_the_same_name_is_not_shown(tmp_path: Path) -> None:
    archive = ConfigArchive(tmp_path)
    kept(archive, 1, "2026-01-05", "micr000000000009OS")
    kept(archive, 2, "2026-01-06", "micr000000000009OS")
    assert config_history.versions(UID, "lamp", archive) == ()


def test_a_file_keeps_no_secret_and_is_checked_when_it_is_read(tmp_path: Path) -> None:
    file = tmp_path / "taken.json"
    left = config_history.write(file, {"devfid": "lamp", "appwd": "ADmin123", "telegram": "n/a", "utc": 60})
    assert left == ("appwd",)
    assert json.loads(file.read_text()) == {"devfid": "lamp", "utc": 60}
    file.write_text(json.dumps({"devfid": "lamp", "stapwd": "********", "hwuid": UID, "strange": 1, "cron": True}))
    found = config_history.read(file)
    assert found.values == {"devfid": "lamp", "cron": "True"}
    assert set(found.left_out) == {"stapwd", "hwuid", "strange"}
    file.write_text(json.dumps({"socport": 70000}))
    with pytest.raises(ConfigError, match="socport"):
        config_history.read(file)
