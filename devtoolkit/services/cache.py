"""Which nodes are known: `device_conn_cache.json` in the original's format, and `devices.json` for all else.

The first is `{uid: [ip, port, fuid]}` with two reserved entries, always there and first; the second, beside it, keeps
last seen, version, latency and tags. Both are safe with several processes and with one that is killed while it writes.
"""

import difflib
import logging
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Literal

from devtoolkit.codecs.shell import preview
from devtoolkit.errors import DataFileError, NodeUnknownError
from devtoolkit.model.device import Device
from devtoolkit.services import datafile
from devtoolkit.services.cache_entries import RESERVED, Entries, Place, by_place, read_foreign, valid_entries

_LOG = logging.getLogger(__name__)
_SCHEMA = 1


@dataclass(frozen=True, slots=True)
class DeviceFacts:
    """What is known about a node besides its address. `last_seen` is Unix time, None for never."""

    last_seen: float | None = None
    status: str = "OFFLINE"
    version: str | None = None
    latency_s: float | None = None
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Merged:
    """The uids of another cache, by what was done with them."""

    added: tuple[str, ...]
    changed: tuple[str, ...]  # got the other cache's address or name
    kept: tuple[str, ...]  # already known, and ours is as good or better
    invalid: tuple[str, ...]  # not of the format's shape


class DeviceCache:
    """The two files. Every method reads them anew, so that several processes see each other's changes.

    All methods raise DataFileError when a file cannot be read or written, or is from a newer toolkit.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.facts_path = path.with_name("devices.json")
        self.notes: list[str] = []  # what was repaired or could not be kept; the log has it too
        self._stored: Entries = {}  # as it was read under the present lock

    def all(self) -> tuple[Device, ...]:
        """Every known device, the reserved ones first; the state is OFFLINE until somebody asks the node."""
        return self.snapshot()[0]

    def snapshot(self) -> tuple[tuple[Device, ...], dict[str, DeviceFacts]]:
        """As `all`, with everything else that is known, by uid."""
        with datafile.locked(self.path):
            entries, facts = self._read()
        return tuple(_device(uid, entry, facts) for uid, entry in valid_entries(entries)), facts

    def find(self, name: str) -> Device:
        """By uid, name or address (`ip` or `ip:port`), exactly; of several, the one seen last.

        Raises NodeUnknownError whose hint names the nearest known name.
        """
        with datafile.locked(self.path):
            entries, facts = self._read()
        wanted = name.removesuffix(".local")
        found = [
            _device(uid, entry, facts)
            for uid, entry in valid_entries(entries)
            if wanted in (uid, entry[2], entry[0], f"{entry[0]}:{entry[1]}")
        ]
        if not found:
            raise self._unknown(name, entries)
        return max(found, key=lambda device: _preference(device, wanted, facts))

    def put(self, *devices: Device) -> None:
        """Write down addresses, and for nodes that answered the time, version and latency.

        A known uid gets its new name and address. An entry of the same name at the same address with another uid is
        the same board before it was flashed anew, and goes. A disk that does not take it (full, read-only) is told and
        no error: what was asked of the nodes is done, and the files are as they were.
        """
        changed = [device for device in devices if device.uid not in RESERVED]
        if not changed:
            return
        with datafile.locked(self.path):
            entries, facts = self._read()
            places = by_place(entries)
            for device in changed:
                place = (device.ip, device.port, device.fuid)
                for uid in places.get(place, set()) - {device.uid}:
                    if dict(valid_entries({uid: entries.get(uid)})).get(uid) != place:
                        continue  # it has moved away meanwhile
                    entries.pop(uid)
                    _inherit_tags(facts, uid, device.uid)
                entries[device.uid] = list(place)
                places.setdefault(place, set()).add(device.uid)
                facts[device.uid] = _updated(facts.get(device.uid, DeviceFacts()), device)
            try:
                self._write(entries, facts)
            except DataFileError as error:
                self._tell(f"What the nodes told is not kept: {error}")

    def facts(self, uid: str) -> DeviceFacts:
        """Last seen, version, latency and tags of a device."""
        with datafile.locked(self.path):
            return self._read()[1].get(uid, DeviceFacts())

    def tagged(self, tag: str) -> tuple[Device, ...]:
        """The devices that carry this tag."""
        devices, facts = self.snapshot()
        return tuple(device for device in devices if tag in facts.get(device.uid, DeviceFacts()).tags)

    def merge(self, file: Path) -> Merged:
        """Take over another cache of the same format, the original's for example.

        A device that is not known is added. A known one whose address or name differs is changed only as long as it
        has never answered us: what we have seen is newer. An entry of the same name at the same address as a known one
        (the same board, flashed anew) is left out, and so are the reserved ones. Raises DataFileError for a file that
        cannot be read or holds no such object; entries of another shape are told, not taken.
        """
        foreign = read_foreign(file)
        valid = dict(valid_entries(foreign))
        verdicts: dict[str, list[str]] = {"added": [], "changed": [], "kept": []}
        with datafile.locked(self.path):
            entries, facts = self._read()
            known = dict(valid_entries(entries))
            places = set(known.values())
            for uid, entry in valid.items():
                if uid not in RESERVED:
                    verdict = _verdict(uid, entry, known, places, facts)
                    verdicts[verdict].append(uid)
                    if verdict != "kept":
                        entries[uid] = list(entry)
            self._write(entries, facts)
        return Merged(**{word: tuple(uids) for word, uids in verdicts.items()}, invalid=tuple(foreign.keys() - valid))

    def tag(self, uid: str, tags: Iterable[str]) -> None:
        """Replace a device's tags."""
        with datafile.locked(self.path):
            entries, facts = self._read()
            facts[uid] = replace(facts.get(uid, DeviceFacts()), tags=tuple(sorted(set(tags))))
            self._write(entries, facts)

    def forget(self, *uids: str) -> int:
        """Forget these devices (the reserved ones stay); how many were known."""
        with datafile.locked(self.path):
            entries, facts = self._read()
            gone = [uid for uid in uids if uid not in RESERVED and entries.pop(uid, None) is not None]
            for uid in gone:
                facts.pop(uid, None)
            self._write(entries, facts)
        return len(gone)

    def clean(self) -> int:
        """Forget all devices but the reserved ones; how many were forgotten."""
        with datafile.locked(self.path):
            entries, _ = self._read()
            self._write({}, {})
        return len(entries) - len(RESERVED)

    def _read(self) -> tuple[Entries, dict[str, DeviceFacts]]:
        stored, note = datafile.read_object(self.path)
        extra, extra_note = datafile.read_object(self.facts_path)
        self._tell(*(text for text in (note, extra_note) if text))
        datafile.check_schema(self.facts_path, extra, _SCHEMA)
        entries: Entries = {uid: list(entry) for uid, entry in RESERVED.items()}
        entries.update((uid, entry) for uid, entry in stored.items() if uid not in RESERVED)
        self._stored = stored
        devices = extra.get("devices")
        items = devices.items() if isinstance(devices, dict) else ()
        return entries, {uid: _facts(value) for uid, value in items}

    def _write(self, entries: Entries, facts: dict[str, DeviceFacts]) -> None:
        reserved = {uid: list(entry) for uid, entry in RESERVED.items()}
        devices = {uid: asdict(fact) for uid, fact in facts.items()}
        addresses = reserved | {k: v for k, v in entries.items() if k not in RESERVED}
        if list(addresses.items()) != list(self._stored.items()):  # mostly only the times are new
            datafile.write_object(self.path, addresses)
        datafile.write_object(self.facts_path, {"schema": _SCHEMA, "devices": devices})

    def _tell(self, *notes: str) -> None:
        """Each once: a program that runs on would repeat it every few seconds."""
        for note in notes:
            if note not in self.notes:
                self.notes.append(note)
                _LOG.warning("%s", note)

    def _unknown(self, name: str, entries: Entries) -> NodeUnknownError:
        names = {text: entry[2] for uid, entry in valid_entries(entries) for text in (entry[2], uid)}
        folded = {text.lower(): text for text in names}
        near = difflib.get_close_matches(name.lower(), folded, 1)
        hint = f"Did you mean {folded[near[0]]}?" if near else "Search for devices first: devToolKit.py -s"
        return NodeUnknownError(f"No node {preview(name.encode())} is known.", hint=hint, name=name)


def _device(uid: str, entry: Place, facts: dict[str, DeviceFacts]) -> Device:
    ip, port, fuid = entry
    return Device(uid, fuid, ip, port, version=facts.get(uid, DeviceFacts()).version)


def _preference(device: Device, wanted: str, facts: dict[str, DeviceFacts]) -> tuple[bool, bool, float]:
    """A uid is surer than a name, a name surer than an address; else the one seen last."""
    seen = facts.get(device.uid, DeviceFacts()).last_seen
    return device.uid == wanted, device.fuid == wanted, seen or 0.0


def _verdict(
    uid: str, entry: Place, known: dict[str, Place], places: set[Place], facts: dict[str, DeviceFacts]
) -> Literal["added", "changed", "kept"]:
    """What a merge does with an entry of the other cache."""
    if uid not in known:
        return "kept" if entry in places else "added"
    seen = facts.get(uid, DeviceFacts()).last_seen
    return "kept" if entry == known[uid] or seen is not None else "changed"


def _inherit_tags(facts: dict[str, DeviceFacts], old: str, new: str) -> None:
    """The tags belong to the board, which is still the same."""
    gone = facts.pop(old, None)
    if gone and gone.tags and new not in facts:
        facts[new] = DeviceFacts(tags=gone.tags)


def _updated(before: DeviceFacts, device: Device) -> DeviceFacts:
    if device.status == "OFFLINE":
        return replace(before, status=device.status)
    return replace(
        before,
        last_seen=time.time(),
        status=device.status,
        version=device.version or before.version,
        latency_s=device.latency_s if device.latency_s is not None else before.latency_s,
    )


def _facts(value: object) -> DeviceFacts:
    """One entry of devices.json; what has another shape counts as not known."""
    if not isinstance(value, dict):
        return DeviceFacts()
    seen, version, latency, tags = (value.get(key) for key in ("last_seen", "version", "latency_s", "tags"))
    return DeviceFacts(
        last_seen=float(seen) if isinstance(seen, int | float) else None,
        status=str(value.get("status", "OFFLINE")),
        version=version if isinstance(version, str) else None,
        latency_s=float(latency) if isinstance(latency, int | float) else None,
        tags=tuple(str(tag) for tag in tags) if isinstance(tags, list) else (),
    )
