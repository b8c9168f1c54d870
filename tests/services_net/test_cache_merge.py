"""Importing another connection cache: what is added, changed, kept and left out."""

import json
from pathlib import Path

import pytest

from devtoolkit.errors import DataFileError
from devtoolkit.model.device import Device
from devtoolkit.services.cache import DeviceCache

RESERVED = {
    "__devuid__": ["192.168.4.1", 9008, "__device_on_AP__"],
    "__localhost__": ["127.0.0.1", 9008, "__simulator__"],
}


@pytest.fixture
def cache(tmp_path: Path) -> DeviceCache:
    return DeviceCache(tmp_path / "mine" / "device_conn_cache.json")


def foreign(tmp_path: Path, entries: object) -> Path:
    file = tmp_path / "their_cache.json"
    file.write_text(json.dumps(entries, indent=4))
    return file


def test_the_originals_cache_is_taken_over_whole(cache: DeviceCache, tmp_path: Path) -> None:
    theirs = RESERVED | {"micr240ac4f679e8OS": ["192.0.2.91", 9008, "Chillight"]}
    merged = cache.merge(foreign(tmp_path, theirs))
    assert (merged.added, merged.changed, merged.kept, merged.invalid) == (("micr240ac4f679e8OS",), (), (), ())
    assert json.loads(cache.path.read_text()) == theirs


def test_what_we_have_seen_ourselves_is_not_overwritten(cache: DeviceCache, tmp_path: Path) -> None:
    cache.put(Device("micr1OS", "seen", "192.0.2.1", 9008, "ONLINE"), Device("micr2OS", "never", "192.0.2.2", 9008))
    cache.tag("micr1OS", ["lab"])
    merged = cache.merge(
        foreign(tmp_path, {"micr1OS": ["192.0.2.51", 9008, "old"], "micr2OS": ["192.0.2.52", 9009, "renamed"]})
    )
    assert (merged.kept, merged.changed) == (("micr1OS",), ("micr2OS",))
    assert cache.find("micr1OS").ip == "192.0.2.1"
    assert (cache.find("micr2OS").ip, cache.find("micr2OS").port) == ("192.0.2.52", 9009)
    assert cache.facts("micr1OS").tags == ("lab",)


def test_reserved_entries_and_boards_flashed_anew_are_not_taken(cache: DeviceCache, tmp_path: Path) -> None:
    cache.put(Device("micr1OS", "lamp", "192.0.2.1", 9008))
    theirs = {"__localhost__": ["192.0.2.66", 1, "evil"], "micr9OS": ["192.0.2.1", 9008, "lamp"]}
    assert cache.merge(foreign(tmp_path, theirs)).kept == ("micr9OS",)
    assert json.loads(cache.path.read_text()) == RESERVED | {"micr1OS": ["192.0.2.1", 9008, "lamp"]}


def test_entries_of_another_shape_are_told_and_left_out(cache: DeviceCache, tmp_path: Path) -> None:
    theirs = {"micr1OS": ["192.0.2.1", "9008", "lamp"], "x": "text", "y": ["192.0.2.2"], "z": [1, 2, 3]}
    merged = cache.merge(foreign(tmp_path, theirs))
    assert merged.added == ("micr1OS",)
    assert set(merged.invalid) == {"x", "y", "z"}
    assert set(json.loads(cache.path.read_text())) == {*RESERVED, "micr1OS"}


@pytest.mark.parametrize("content", ["", "{", "[]", '"text"', '{"a": {"b": 1}}'])
def test_a_file_that_is_no_cache_changes_nothing(cache: DeviceCache, tmp_path: Path, content: str) -> None:
    cache.put(Device("micr1OS", "lamp", "192.0.2.1", 9008))
    before = cache.path.read_bytes()
    file = tmp_path / "other.json"
    file.write_text(content)
    with pytest.raises(DataFileError, match=r"other\.json"):
        cache.merge(file)
    assert cache.path.read_bytes() == before
    assert file.read_text() == content


def test_a_missing_file_is_named(cache: DeviceCache, tmp_path: Path) -> None:
    with pytest.raises(DataFileError, match=r"nowhere\.json"):
        cache.merge(tmp_path / "nowhere.json")
