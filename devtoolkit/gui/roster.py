"""What the list on the left shows, without Qt: nodes, USB ports, virtual boards, merged where one is the other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from devtoolkit.gui.text import ago, tr
from devtoolkit.model.device import Device

if TYPE_CHECKING:  # importing the services would cost the first window 0.1 s
    from devtoolkit.services.cache import DeviceFacts
    from devtoolkit.services.port_list import PortEntry

VIRTUAL = "virtual:"  # as in services.ports
BETWEEN = "  \u00b7  "  # between the parts of a line
_RESERVED = "__"  # how the uids of the cache's two reserved entries begin

Kind = Literal["usb", "virtual", "node"]
_KIND_ORDER = {"usb": 0, "virtual": 1, "node": 1}


@dataclass(frozen=True, slots=True)
class Row:
    """One board. `device` is set when it is known on the network, `entry` when it is plugged in or virtual."""

    key: str
    kind: Kind
    device: Device | None = None
    entry: PortEntry | None = None
    last_seen: float | None = None
    tags: tuple[str, ...] = ()
    signal: int | None = None  # Wi-Fi in dBm, as the node itself measures it
    updating: bool = False  # its shell is gone, and it waits in update mode
    site: str = ""  # where a fleet of several sites has it
    elsewhere: bool = False  # only that site's own machine can reach it

    @property
    def name(self) -> str:
        if self.device:
            return self.device.fuid
        entry = self.entry
        if entry is None:
            return self.key
        return entry.port.removeprefix(VIRTUAL) if self.kind == "virtual" else entry.port

    @property
    def uid(self) -> str:
        return self.device.uid if self.device else ""

    @property
    def port(self) -> str:
        return self.entry.port if self.entry else ""

    @property
    def here(self) -> bool:
        """It answers, is plugged in, or is powered."""
        return self.online or self.updates or self.kind == "usb" or bool(self.entry and self.entry.holder)

    @property
    def updates(self) -> bool:
        """It waits in update mode; a virtual board that is off does not."""
        off = self.kind == "virtual" and self.entry is not None and not self.entry.holder
        return self.updating and not self.online and not off

    @property
    def online(self) -> bool:
        return self.device is not None and self.device.status != "OFFLINE"

    @property
    def status(self) -> str:
        """The network's word for it, empty for a board that is not known there."""
        return self.device.status if self.device else ""

    @property
    def state(self) -> str:
        """The state in a word, never by colour alone."""
        words = {"ONLINE": tr("Online"), "LOCKED": tr("Locked"), "BUSY": tr("Busy"), "BAD_REPLY": tr("Not micrOS")}
        if self.device and self.online:
            return words.get(self.device.status, self.device.status)
        if self.updates:
            return tr("Update mode")
        if self.kind == "usb":
            return tr("In use") if self.entry and self.entry.holder else tr("On USB")
        if self.kind == "virtual":
            return tr("Powered") if self.here else tr("Powered off")
        return tr("Away")

    @property
    def tone(self) -> str:
        """Which colour of the theme goes with the state."""
        if self.device and self.online:
            return {"ONLINE": "good", "BAD_REPLY": "bad"}.get(self.device.status, "warn")
        if self.updates:
            return "warn"
        return "accent" if self.here else "soft"

    @property
    def line(self) -> str:
        """The second line: where it is, what it runs."""
        parts: list[str] = []
        if self.device:
            parts.append(self.site if self.elsewhere else self.device.ip)
        elif self.entry:
            parts.append(self.entry.chip or self.entry.description)
        if self.device and self.device.version:
            parts.append(self.device.version)
        if self.device and self.online and self.device.latency_s is not None:
            parts.append(f"{self.device.latency_s * 1000:.0f} ms")
        elif self.device and not self.online:
            parts.append(ago(self.last_seen))
        if self.entry and self.device and self.kind == "usb":
            parts.append(self.entry.port)
        return BETWEEN.join(parts)

    @property
    def told(self) -> str:
        """Everything in one sentence, for screen readers."""
        kind = {"usb": tr("USB board"), "virtual": tr("virtual board"), "node": tr("node")}[self.kind]
        parts = [
            self.name,
            kind,
            *([self.site] if self.site else []),
            self.state,
            self.line.replace(BETWEEN, ", "),
        ]
        if self.bars:
            parts.append(tr("signal {dbm} dBm, {bars} of 4 bars", dbm=self.signal, bars=self.bars))
        if self.tags:
            parts.append(tr("Tag: {tag}", tag=", ".join(self.tags)))
        return ", ".join(parts)

    @property
    def bars(self) -> int:
        """The signal as 1 to 4 bars, 0 while it is not known. The limits are the grades of the node's own `rssi`."""
        if self.signal is None or not self.online:
            return 0
        return 1 + sum(self.signal > limit for limit in (-80, -70, -67))

    @property
    def order(self) -> tuple[int, str, str]:
        return _KIND_ORDER[self.kind], self.name.casefold(), self.key

    def matches(self, words: tuple[str, ...]) -> bool:
        """Whether every word stands somewhere in what is known of it."""
        known = " ".join((self.name, self.line, self.uid, self.port, self.state, self.site, *self.tags)).casefold()
        return all(word in known for word in words)


def uid_of(entry: PortEntry) -> str:
    """The uid that the node on this board has, empty while its MAC is not known."""
    return f"micr{entry.mac.replace(':', '').lower()}OS" if entry.mac else ""


class Roster:
    """What is known. Each method says which rows it changed; `row` gives None for one that is gone."""

    def __init__(self) -> None:
        self._devices: dict[str, Device] = {}
        self._last_seen: dict[str, float | None] = {}
        self._tags: dict[str, tuple[str, ...]] = {}
        self._ports: dict[str, PortEntry] = {}  # by key of the row
        self._signals: dict[str, int] = {}
        self._updating: set[str] = set()
        self._sites: dict[str, str] = {}
        self._elsewhere: dict[str, Device] = {}  # nodes of other sites, as their site sees them

    def row(self, key: str) -> Row | None:
        device, entry = self._devices.get(key), self._ports.get(key)
        far = self._elsewhere.get(key) if device is None or device.status == "OFFLINE" else None
        device = far or device
        if device is None and entry is None:
            return None
        kind: Kind = "node" if entry is None else "virtual" if entry.port.startswith(VIRTUAL) else "usb"
        return Row(
            key, kind, device, entry, self._last_seen.get(key), self._tags.get(key, ()),
            self._signals.get(key), key in self._updating, self._sites.get(key, ""), far is not None,
        )  # fmt: skip

    def seen(self, device: Device, at: float | None = None) -> set[str]:
        """A node answered, or does not any more."""
        if not device.uid or device.uid.startswith(_RESERVED):
            return set()
        before = self._devices.get(device.uid)
        if before and device.version is None:
            device = replace(device, version=before.version)
        self._devices[device.uid] = device
        if device.status == "OFFLINE":
            self._signals.pop(device.uid, None)
        else:
            self._updating.discard(device.uid)
            self._last_seen[device.uid] = self._last_seen.get(device.uid) if at is None else at
        return {device.uid}

    def heard(self, uid: str, signal: int) -> set[str]:
        """How strong the node's Wi-Fi is, in dBm."""
        self._signals[uid] = signal
        return {uid} & self._devices.keys()

    def in_update_mode(self, uid: str, on: bool) -> set[str]:
        """Whether a node whose shell is gone waits in update mode."""
        device = self._devices.get(uid)
        on = on and device is not None and device.status == "OFFLINE"
        if on == (uid in self._updating):
            return set()
        (self._updating.add if on else self._updating.discard)(uid)
        return {uid} & self._devices.keys()

    def placed(self, sites: Mapping[str, str]) -> set[str]:
        """The site of each node, by uid; a node that is not named has none."""
        changed = {uid for uid in {*sites, *self._sites} if sites.get(uid) != self._sites.get(uid)}
        self._sites = dict(sites)
        return changed & self._devices.keys()

    def elsewhere(self, devices: tuple[Device, ...]) -> set[str]:
        """All nodes of other sites, each with its site; one that answers here too stays a node of this machine."""
        now = {device.uid: device for device in devices}
        changed = {uid for uid in {*now, *self._elsewhere} if now.get(uid) != self._elsewhere.get(uid)}
        self._elsewhere = now
        return changed | self.placed({uid: device.site for uid, device in now.items()})

    def known(self, devices: tuple[Device, ...], facts: dict[str, DeviceFacts]) -> set[str]:
        """What the cache holds; says nothing about who is there."""
        changed: set[str] = set()
        for device in devices:
            fact = facts.get(device.uid)
            if fact is not None:
                self._tags[device.uid] = fact.tags
                self._last_seen.setdefault(device.uid, fact.last_seen)
            changed |= {device.uid} if device.uid in self._devices else self.seen(device)
        return changed

    def plugged(self, entries: tuple[PortEntry, ...]) -> set[str]:
        """The ports and virtual boards that are there now."""
        ports = {uid_of(entry) or f"port:{entry.port}": entry for entry in entries}
        changed = {key for key in {*ports, *self._ports} if ports.get(key) != self._ports.get(key)}
        self._ports = ports
        return changed

    def forgotten(self, uids: tuple[str, ...]) -> set[str]:
        """The cache does not know them any more."""
        for uid in uids:
            for known in (self._devices, self._last_seen, self._tags, self._signals):
                known.pop(uid, None)
            self._updating.discard(uid)
        return set(uids)
