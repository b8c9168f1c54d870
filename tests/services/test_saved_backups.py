"""The list of what was saved of boards, and a configuration taken out of it."""

import json
import os
from pathlib import Path

import pytest

from devtoolkit import paths
from devtoolkit.errors import DataFileError
from devtoolkit.model.manifest import FileEntry
from devtoolkit.services.config_archive import ConfigArchive
from devtoolkit.services.saved_backups import _config_of, saved

UID = "micr00000000f00dOS"


@pytest.fixture(autouse=True)
def _own_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "_chosen_user_data", None)
    paths.choose_user_data(tmp_path)


def whole(stamp: str, files: dict[str, bytes]) -> Path:
    """A whole backup as `node_backup` writes it."""
    folder = paths.user_data() / "node_backups" / f"Lamp-{UID}" / stamp
    for path, data in files.items():
        (folder / "files" / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / "files" / path).write_bytes(data)
    facts = {path: [len(data), FileEntry.of(path, data).sha256] for path, data in files.items()}
    index = {"schema": 1, "uid": UID, "name": "Lamp", "files": facts}
    (folder / "backup.json").write_text(json.dumps(index), encoding="utf-8")
    return folder


def test_backups_and_configurations_are_listed_newest_first_with_size_and_owner() -> None:
    whole("20260102-030405", {"main.py": b"x" * 10, "node_config.json": b"{}"})
    whole("20260304-050607a", {"main.py": b"x" * 20})
    path, _new = ConfigArchive().put(UID, {"devfid": "Lamp", "hwuid": UID})
    os.utime(path, (1_767_323_000, 1_767_323_000))  # 2026-01-02 03:03:20 UTC
    found = saved()
    assert [(one.kind, one.files, one.bytes) for one in found] == [
        ("whole", 1, 20),
        ("whole", 2, 12),
        ("config", 1, path.stat().st_size),
    ]
    assert {(one.name, one.uid) for one in found} == {("Lamp", UID)}
    assert found[1].at == 1_767_323_045


def test_older_configurations_are_listed_too_with_the_time_in_their_names() -> None:
    archive = ConfigArchive()
    path, _new = archive.put(UID, {"devfid": "Lamp", "hwuid": UID, "utc": 60})
    os.utime(path, (1_767_323_000, 1_767_323_000))
    archive.put(UID, {"devfid": "Lamp", "hwuid": UID, "utc": 120})
    now, before = saved()
    assert (now.kind, before.kind) == ("config", "config")
    assert before.at == 1_767_323_000
    assert before.path == str(archive.history("Lamp")[0])


def test_what_is_damaged_is_left_out_and_what_is_unfinished_too() -> None:
    good = whole("20260102-030405", {"main.py": b"x"})
    broken = whole("20260102-030406", {"main.py": b"x"})
    (broken / "backup.json").write_text("{", encoding="utf-8")
    whole("20260102-030407.partial", {"main.py": b"x"})
    assert [one.path for one in saved()] == [str(good)]


def test_a_configuration_is_taken_out_of_a_whole_backup_only_when_it_is_unchanged() -> None:
    folder = whole("20260102-030405", {"node_config.json": b'{"devfid": "Lamp"}'})
    assert _config_of(folder) == {"devfid": "Lamp"}
    (folder / "files" / "node_config.json").write_text('{"devfid": "Lump"}', encoding="utf-8")
    with pytest.raises(DataFileError):
        _config_of(folder)
    with pytest.raises(DataFileError, match="holds no configuration"):
        _config_of(whole("20260102-030408", {"main.py": b"x"}))
