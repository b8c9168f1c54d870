"""Node configurations over the network: read, change, compare with the archive, keep and put back.

Everything is checked against the schema before the first byte is sent. Keys are set one by one, as the protocol has it;
when the node refuses one, those already set get their old values back.
"""

import contextlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeGuard

from devtoolkit.codecs.shell import MAX_COMMAND_BYTES, parse_dump
from devtoolkit.errors import ConfigError, DataFileError, NodeLockedError
from devtoolkit.model.device import Device
from devtoolkit.model.node_config import BY_NAME, Value, check, coerce
from devtoolkit.model.node_config_rules import EMPTY, OFFLOADED
from devtoolkit.services import secrets, undo
from devtoolkit.services.config_archive import ConfigArchive
from devtoolkit.services.node_setup import MASK
from devtoolkit.services.shell import Visit
from devtoolkit.transports.tcp_shell import TcpShell

_SECRETS = frozenset(key.key for key in BY_NAME.values() if key.secret)
_OF_THE_NODE = frozenset({"version", "hwuid"})  # written by the node at each boot
_OF_THE_PLACE = frozenset({"devip"})  # the node keeps the address it has there; an old one may belong to another now


@dataclass(frozen=True, slots=True)
class Change:
    """One key with two values; None where one side does not have it. Secrets are masked."""

    key: str
    old: Value | None
    new: Value | None


@dataclass(frozen=True, slots=True)
class NodeConfig:
    """What was read, changed or compared at one node.

    `changes`: what was set (`old` to `new`), or how the node (`old`) differs from the archive (`new`). `reboot`: some
    of it takes effect after the next restart. `skipped`: keys of the archive that were not put back.
    """

    device: Device
    values: dict[str, Value] = field(default_factory=dict)
    changes: tuple[Change, ...] = ()
    reboot: bool = False
    skipped: tuple[str, ...] = ()
    file: str | None = None


def checked(texts: Mapping[str, str]) -> dict[str, Value]:
    """Typed values from what a user typed. Raises ConfigError for what the schema or the protocol does not allow.

    A key that the schema does not know is a text here; the node decides whether it has it.
    """
    values: dict[str, Value] = {}
    for key, text in texts.items():
        values[key] = coerce(key, text) if key in BY_NAME else text
    _check(values)
    return values


async def get(visit: Visit, keys: Sequence[str] = ()) -> NodeConfig:
    """All settings, or these keys, with secrets masked. Raises ConfigError for a key the node does not have."""
    found: dict[str, Value] = {}

    async def work(shell: TcpShell) -> None:
        found.update(await _read(shell))

    device = await visit.run(work)
    missing = [key for key in keys if key not in found]
    if missing:
        raise ConfigError(f"{device.fuid} has no key {missing[0]}.", hint="See --node_config get.", key=missing[0])
    return NodeConfig(device, _masked({key: found[key] for key in keys} if keys else found))


async def set_values(visit: Visit, values: Mapping[str, Value]) -> NodeConfig:
    """Set these keys where they differ. Raises ConfigError; then the node has what it had before."""
    _check(values)
    changes: list[Change] = []

    async def work(shell: TcpShell) -> None:
        changes.extend(await _write(shell, values, await _read(shell)))

    device = await visit.run(work)
    return _changed(visit, device, changes)


async def diff(visit: Visit, archive: ConfigArchive, file: Path | None = None) -> NodeConfig:
    """How the node differs from its archived configuration (or from `file`)."""
    device, now = await _reveal(visit)
    kept = {key: value for key, value in archive.load(device.uid, device.fuid, file).items() if not _is_mask(value)}
    hidden = {key for key, value in now.items() if _is_mask(value)}
    keys = [key for key in {**now, **kept} if key not in hidden and (key in kept or key not in _SECRETS)]
    changes = [Change(key, now.get(key), _value(kept.get(key))) for key in keys if now.get(key) != kept.get(key)]
    return NodeConfig(device, changes=tuple(_hide(change) for change in changes))


async def keep(visit: Visit, archive: ConfigArchive) -> NodeConfig:
    """Put the node's settings into the archive; secrets are in it when the toolkit knows the node's password."""
    device, now = await _reveal(visit)
    path, _ = archive.put(device.uid, now)
    return NodeConfig(device, _masked(now), file=str(path))


async def restore(visit: Visit, archive: ConfigArchive, file: Path | None = None) -> NodeConfig:
    """Set what differs from the archived configuration (or from `file`).

    Left as they are: what the node writes itself, masked secrets, its address, and keys it does not have.
    """
    changes: list[Change] = []
    skipped: list[str] = []

    async def work(shell: TcpShell) -> None:
        now = await _read(shell)
        uid = visit.device.uid if visit.device else str(now.get("hwuid", ""))
        kept = {key: _value(raw) for key, raw in archive.load(uid, shell.name, file).items()}
        wanted = {key: value for key, value in kept.items() if value is not None and _may_be_put_back(key, value, now)}
        skipped.extend(key for key in kept if key not in wanted and key not in _OF_THE_NODE)
        _check(wanted)
        changes.extend(await _write(shell, wanted, now))

    device = await _with_secrets(visit, work)
    return replace(_changed(visit, device, changes), skipped=tuple(skipped))


class _WrongSecretError(Exception):
    """The kept password is not the node's any more."""


async def _with_secrets(visit: Visit, work: Callable[[TcpShell], Awaitable[None]]) -> Device:
    """A visit that may see the node's secrets, when the toolkit keeps its password; else a usual one."""
    password = visit.password
    if password is None and visit.device:
        password = secrets.password_of(visit.device.uid)

    async def trusted(shell: TcpShell) -> None:
        try:
            await shell.login(password or "")
        except NodeLockedError as error:
            raise _WrongSecretError from error
        await work(shell)

    if password is not None:
        with contextlib.suppress(_WrongSecretError):
            return await visit.run(trusted)
    return await visit.run(work)


async def _reveal(visit: Visit) -> tuple[Device, dict[str, Value]]:
    found: dict[str, Value] = {}

    async def work(shell: TcpShell) -> None:
        found.update(await _read(shell))

    return await _with_secrets(visit, work), found


async def _read(shell: TcpShell) -> dict[str, Value]:
    """The node's settings, typed; texts that lie in files of their own are fetched too."""
    await shell.command("conf")
    texts = parse_dump(await shell.command("dump"))
    for key, text in texts.items():
        if text == OFFLOADED:
            texts[key] = "\n".join(await shell.command(key))
    await shell.command("noconf")
    if not texts:
        raise ConfigError(f"{shell.name} gives no settings.", hint="Try again.", node=shell.name)
    return {key: _typed(key, text) for key, text in texts.items()}


async def _write(shell: TcpShell, values: Mapping[str, Value], now: Mapping[str, Value]) -> list[Change]:
    """Set what differs; what was set already is taken back when the node refuses one."""
    unknown = [key for key in values if key not in now]
    if unknown:
        raise ConfigError(f"{shell.name} has no key {unknown[0]}.", hint="Nothing was changed.", key=unknown[0])
    # The password last: with it, what follows may look different.
    wanted = sorted((key for key in values if values[key] != now[key]), key=lambda key: key == "appwd")
    done: list[Change] = []
    await shell.command("conf")
    for key in wanted:
        reply = await shell.command(f"{key} {_text(values[key])}")
        if "Saved" not in reply:
            await _take_back(shell, done)
            raise ConfigError(
                f"{shell.name} refuses the value of {key}: {' '.join(reply) or 'no reason given'}.",
                hint="The keys set before it got their old values back.",
                key=key,
            )
        done.append(Change(key, now[key], values[key]))
    await shell.command("noconf")
    return done


async def _take_back(shell: TcpShell, done: Sequence[Change]) -> None:
    for change in reversed(done):
        if change.old is not None and not _is_mask(change.old):
            await shell.command(f"{change.key} {_text(change.old)}")


def _changed(visit: Visit, device: Device, changes: Sequence[Change]) -> NodeConfig:
    """The result of a change; the toolkit learns the new password and name at once."""
    new = {change.key: change.new for change in changes}
    try:
        if "appwd" in new:  # first: a password that is kept nowhere locks the user out
            secrets.remember(device.uid, str(new["appwd"]))
        undo.config_changed(device, {change.key: change.old for change in changes if _is_known(change.old)})
    except DataFileError as error:
        error.message = f"{', '.join(new)} of {device.fuid} is set, but cannot be noted here: {error.message}"
        raise
    if "devfid" in new:
        device = replace(device, fuid=str(new["devfid"]))
        visit.cache.put(device)
    reboot = any(key not in BY_NAME or BY_NAME[key].reboot for key in new)
    return NodeConfig(device, changes=tuple(_hide(change) for change in changes), reboot=reboot)


def _check(values: Mapping[str, Value]) -> None:
    """Raises ConfigError naming the first problem."""
    for key, value in values.items():
        text = _text(value)
        if key in _OF_THE_NODE:
            raise ConfigError(f"{key} is written by the node itself.", hint="Choose another key.", key=key)
        if not text or text != " ".join(text.split()) or text in (OFFLOADED, MASK):
            what = "cannot be sent over the shell (empty, reserved, or blanks that it would change)"
            raise ConfigError(f"{key}: this value {what}.", hint="Write n/a for: nothing set.", key=key)
        if len(f"{key} {text}".encode()) > MAX_COMMAND_BYTES:
            raise ConfigError(
                f"{key}: the value is longer than {MAX_COMMAND_BYTES} bytes.", hint="Shorten it.", key=key
            )
    problems = check(values)
    if problems:
        raise ConfigError(f"{problems[0]}.", hint="Nothing was sent.", problems=[str(problem) for problem in problems])


def _may_be_put_back(key: str, value: Value, now: Mapping[str, Value]) -> bool:
    left_alone = key in _OF_THE_NODE or key in _OF_THE_PLACE or _is_mask(value) or value == ""
    return key in now and not left_alone and not (key == "guimeta" and value == EMPTY)


def _typed(key: str, text: str) -> Value:
    """A value of `dump`; what the schema does not know stays a text."""
    known = BY_NAME.get(key)
    if known and known.type == "bool" and text in ("True", "False"):
        return text == "True"
    if known and known.type == "int" and text.lstrip("-").isdigit():
        return int(text)
    return text


def _text(value: Value) -> str:
    return str(value)


def _value(raw: object) -> Value | None:
    return raw if isinstance(raw, bool | int | str) else None


def _is_known(value: Value | None) -> TypeGuard[Value]:
    """Whether an old value can be put back."""
    return value is not None and value != "" and not _is_mask(value)


def _is_mask(value: object) -> bool:
    return value == MASK


def _masked(values: Mapping[str, Value]) -> dict[str, Value]:
    return {key: _hidden(key, value) for key, value in values.items()}


def _hidden(key: str, value: Value) -> Value:
    return MASK if key in _SECRETS and value not in (EMPTY, "") else value


def _hide(change: Change) -> Change:
    if change.key not in _SECRETS:
        return change
    return Change(
        change.key, *(None if value is None else _hidden(change.key, value) for value in (change.old, change.new))
    )
