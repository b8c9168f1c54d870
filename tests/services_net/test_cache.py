"""The connection cache: the original's format, repair, and several processes at once."""

import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from devtoolkit.errors import DataFileError, NodeUnknownError
from devtoolkit.model.device import Device
from devtoolkit.services.cache import DeviceCache

RESERVED = {
    "__devuid__": ["192.168.4.1", 9008, "__device_on_AP__"],
    "__localhost__": ["127.0.0.1", 9008, "__simulator__"],
}
WRITER = Path(__file__).with_name("cache_writer.py")
LAMP = Device("micr01OS", "lamp", "192.0.2.7", 9008, "ONLINE", "2.0.0-0", 0.01)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "device_conn_cache.json"


@pytest.fixture
def cache(path: Path) -> DeviceCache:
    return DeviceCache(path)


def stored(cache: DeviceCache) -> dict[str, list[object]]:
    content: dict[str, list[object]] = json.loads(cache.path.read_text())
    return content


def test_the_file_is_the_originals_byte_for_byte(cache: DeviceCache) -> None:
    cache.put(LAMP)
    expected = RESERVED | {"micr01OS": ["192.0.2.7", 9008, "lamp"]}
    assert cache.path.read_text() == json.dumps(expected, indent=4)
    assert list(stored(cache)) == ["__devuid__", "__localhost__", "micr01OS"]


def test_the_reserved_entries_are_there_first_and_cannot_be_changed(cache: DeviceCache) -> None:
    assert [device.fuid for device in cache.all()] == ["__device_on_AP__", "__simulator__"]
    cache.path.parent.mkdir(parents=True, exist_ok=True)
    cache.path.write_text(json.dumps({"micr01OS": ["192.0.2.7", 9008, "lamp"], "__localhost__": ["192.0.2.1", 1, "x"]}))
    cache.put(Device("__devuid__", "evil", "192.0.2.66", 1), LAMP)
    assert dict(list(stored(cache).items())[:2]) == RESERVED
    assert list(stored(cache))[2:] == ["micr01OS"]


def test_a_device_is_found_by_uid_name_and_address(cache: DeviceCache) -> None:
    cache.put(LAMP)
    for name in ("micr01OS", "lamp", "lamp.local", "192.0.2.7", "192.0.2.7:9008"):
        assert cache.find(name).uid == "micr01OS"
    assert cache.find("lamp").version == "2.0.0-0"
    assert cache.find("lamp").status == "OFFLINE"
    assert cache.find("__simulator__").ip == "127.0.0.1"


def test_an_unknown_name_is_answered_with_the_nearest_known_one(cache: DeviceCache) -> None:
    cache.put(LAMP)
    with pytest.raises(NodeUnknownError, match=r"lmap.*Did you mean lamp\?"):
        cache.find("lmap")
    with pytest.raises(NodeUnknownError, match=r"Did you mean lamp\?"):
        cache.find("LAMP")
    with pytest.raises(NodeUnknownError, match="Search for devices"):
        cache.find("quite-different")


def test_a_node_with_a_new_address_or_name_keeps_its_uid(cache: DeviceCache) -> None:
    cache.put(LAMP)
    cache.put(Device("micr01OS", "floor-lamp", "192.0.2.8", 9009, "ONLINE"))
    assert stored(cache) == RESERVED | {"micr01OS": ["192.0.2.8", 9009, "floor-lamp"]}
    assert cache.facts("micr01OS").version == "2.0.0-0"


def test_a_board_flashed_anew_replaces_its_old_entry_and_keeps_its_tags(cache: DeviceCache) -> None:
    cache.put(LAMP)
    cache.tag("micr01OS", ["kitchen"])
    cache.put(Device("micr02OS", "lamp", "192.0.2.7", 9008))
    assert stored(cache) == RESERVED | {"micr02OS": ["192.0.2.7", 9008, "lamp"]}
    assert cache.facts("micr02OS").tags == ("kitchen",)


def test_in_one_call_the_order_counts_as_in_several(cache: DeviceCache) -> None:
    cache.put(LAMP)
    moved = Device("micr01OS", "lamp", "192.0.2.8", 9008)
    cache.put(moved, Device("micr02OS", "lamp", "192.0.2.7", 9008))  # its old place is free
    assert set(stored(cache)) == {*RESERVED, "micr01OS", "micr02OS"}
    cache.put(Device("micr03OS", "new", "192.0.2.9", 9008), Device("micr04OS", "new", "192.0.2.9", 9008))
    assert set(stored(cache)) == {*RESERVED, "micr01OS", "micr02OS", "micr04OS"}


def test_another_node_at_an_old_address_replaces_nothing(cache: DeviceCache) -> None:
    cache.put(LAMP)
    cache.put(Device("micr02OS", "heater", "192.0.2.7", 9008, "ONLINE"))
    cache.put(Device("micr03OS", "lamp", "192.0.2.9", 9008))
    assert len(cache.all()) == 5
    assert cache.find("192.0.2.7").fuid == "heater"  # seen last
    assert cache.find("lamp").uid == "micr01OS"  # the other lamp never answered


def test_what_is_seen_is_remembered_and_silence_forgets_nothing(cache: DeviceCache) -> None:
    before = time.time()
    cache.put(LAMP)
    seen = cache.facts("micr01OS").last_seen
    assert seen is not None
    assert before <= seen <= time.time()
    cache.put(Device("micr01OS", "lamp", "192.0.2.7", 9008, "OFFLINE"))
    facts = cache.facts("micr01OS")
    assert (facts.last_seen, facts.version, facts.latency_s, facts.status) == (seen, "2.0.0-0", 0.01, "OFFLINE")
    assert cache.facts("unknown").last_seen is None


def test_cleaning_forgets_all_but_the_reserved_entries(cache: DeviceCache) -> None:
    cache.put(LAMP, Device("micr02OS", "b", "192.0.2.8", 9008))
    assert cache.clean() == 2
    assert stored(cache) == RESERVED
    assert cache.clean() == 0
    assert cache.facts("micr01OS").last_seen is None


@pytest.mark.parametrize("damage", [b"", b"{", b'{"a": [1', b"[]", b"\xff\xfe", b"null"])
def test_a_damaged_file_is_set_aside_and_said_so(cache: DeviceCache, damage: bytes) -> None:
    cache.path.parent.mkdir(parents=True)
    cache.path.write_bytes(damage)
    assert len(cache.all()) == 2
    assert cache.path.with_name("device_conn_cache.json.bad").read_bytes() == damage
    assert "device_conn_cache.json.bad" in cache.notes[0]
    cache.put(LAMP)
    assert cache.find("lamp").port == 9008
    assert len(cache.notes) == 1


def test_odd_entries_are_left_as_they_are(cache: DeviceCache) -> None:
    odd = {"x": "text", "y": [1, 2], "z": None, "w": ["192.0.2.3", "no port", "w"], "deep": {"a": [1]}}
    good = {"micr05OS": ["192.0.2.5", "9008", "five", "more"]}
    cache.path.parent.mkdir(parents=True)
    cache.path.write_text(json.dumps(odd | good))
    assert [device.fuid for device in cache.all()] == ["__device_on_AP__", "__simulator__", "five"]
    cache.put(LAMP)
    assert stored(cache).items() >= (odd | good).items()


def test_facts_of_a_newer_toolkit_are_refused_and_left_alone(cache: DeviceCache) -> None:
    cache.put(LAMP)
    newer = json.dumps({"schema": 2, "devices": {}})
    cache.facts_path.write_text(newer)
    with pytest.raises(DataFileError, match="newer toolkit"):
        cache.put(LAMP)
    assert cache.facts_path.read_text() == newer


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(DataFileError, match="file"):
        DeviceCache(tmp_path / "file" / "device_conn_cache.json").put(LAMP)


def _writer(path: Path, tag: str, count: int) -> subprocess.Popen[str]:
    root = str(Path(__file__).resolve().parents[2])
    child = subprocess.Popen(
        [sys.executable, str(WRITER), str(path), tag, str(count)],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": root},
    )
    assert child.stdout
    assert child.stdout.readline() == "ready\n"
    return child


def test_two_processes_that_write_at_once_lose_nothing(path: Path) -> None:
    children = [_writer(path, tag, 200) for tag in ("a", "b")]
    for child in children:
        with child:
            assert child.wait(60) == 0
    names = {device.fuid for device in DeviceCache(path).all()}
    assert names >= {f"{tag}{number}" for tag in ("a", "b") for number in range(50)}
    assert len(names) == 102


def test_a_process_killed_while_it_writes_leaves_a_whole_file(path: Path) -> None:
    chance = random.Random(20)
    cache = DeviceCache(path)
    with _writer(path, "steady", 100_000) as steady:
        try:
            for _ in range(8):
                with _writer(path, "victim", 100_000) as victim:
                    deadline = time.monotonic() + chance.uniform(0.0, 0.08)
                    while time.monotonic() < deadline:
                        json.loads(path.read_text() if path.exists() else "{}")  # whole at every moment
                    victim.kill()
                    victim.wait(10)
                content = json.loads(path.read_text())
                assert dict(list(content.items())[:2]) == RESERVED
                assert all(len(entry) == 3 for entry in content.values())
        finally:
            steady.kill()
            steady.wait(10)
    cache.put(LAMP)
    assert cache.find("lamp").uid == "micr01OS"
    assert cache.notes == []
    left = {file.name for file in path.parent.iterdir()}
    assert left == {"device_conn_cache.json", "device_conn_cache.json.lock", "devices.json"}
