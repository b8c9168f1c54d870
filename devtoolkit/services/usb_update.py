"""Update a board over USB without loss: configuration, state, keys, logs and the user's own modules stay.

Only changed files travel. MicroPython is written anew only where it cannot run this version (or a firmware is named);
see `usb_reflash`. A run that was interrupted is finished by the next one.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from devtoolkit import paths
from devtoolkit.errors import BoardError, ConfigError, NodeUnreachableError
from devtoolkit.model.device import Device
from devtoolkit.model.manifest import FileEntry, Manifest
from devtoolkit.pipelines.base import Cancel, Listener, Runner, silent
from devtoolkit.pipelines.steps.update_files import UPDATE
from devtoolkit.pipelines.update_context import UpdateContext
from devtoolkit.services import build, discovery, node_backup, usb_journal
from devtoolkit.services.board_session import MPREMOTE, BoardSession, board_session
from devtoolkit.services.cache import DeviceCache
from devtoolkit.services.config_archive import ConfigArchive
from devtoolkit.services.node_setup import has_wifi
from devtoolkit.services.ota import records
from devtoolkit.services.ports import open_port
from devtoolkit.services.usb_reflash import (
    Reflash,
    changed_since,
    check_board,
    micropython_fits,
    reflash,
    uid_in_boot_rom,
)
from devtoolkit.services.usb_update_plan import UpdatePlan, check_space, plan_update
from devtoolkit.settings import LOOPBACK
from devtoolkit.transports.serial_repl import file_system, hard_reset

_NODE_WAIT_S = 60.0


@dataclass(frozen=True, slots=True)
class UpdateRequest:
    """`board` is needed only where MicroPython is written anew, `firmware` asks for that. `force`: send every file,
    and a user's module that runs in the place of one of ours gives way (it is saved first). `wait`: for the node's
    answer on the network.
    """

    port: str
    board: str | None = None
    firmware: Path | None = None
    transport: str = MPREMOTE
    baud: int = 0
    force: bool = False
    wait: bool = True


@dataclass(frozen=True, slots=True)
class UpdateReport:
    """What was done. `before` is the version that ran, empty when it did not tell; `kept` are the user's files;
    `shadowing` those of them that run in the place of ours; `backup` is where they were saved, empty when they stayed
    on the board; `bytes` is the size of the files sent, or of the flash written; `networked`: it has a Wi-Fi to join.
    """

    port: str
    uid: str
    name: str
    before: str
    version: str
    micropython: str
    sent: tuple[str, ...]
    removed: tuple[str, ...]
    kept: tuple[str, ...]
    shadowing: tuple[str, ...]
    reflashed: bool
    backup: str
    bytes: int
    seconds: float
    device: Device | None
    networked: bool


@dataclass(frozen=True, slots=True)
class UpdatePreview:
    """What an update would do. `reflash`: MicroPython is written anew, with the user's files in the new image.

    `resumes`: an update was interrupted while the user's files were only on this machine; `plan` is empty then.
    """

    port: str
    uid: str
    name: str
    before: str
    version: str
    micropython: str
    plan: UpdatePlan
    reflash: bool
    resumes: bool = False


UpdateResult = UpdateReport | UpdatePreview


@dataclass(frozen=True, slots=True)
class _Found:
    """What the board said."""

    uid: str
    micropython: str
    config: dict[str, object]
    files: tuple[FileEntry, ...]
    installed: dict[str, str]  # path -> hash of what this toolkit put there last

    @property
    def name(self) -> str:
        return node_backup.name_of(self.config, self.uid)

    @property
    def version(self) -> str:
        version = self.config.get("version")
        return version if isinstance(version, str) and version != "n/a" else ""


@dataclass(slots=True)
class Updater:
    """Updates one board."""

    request: UpdateRequest
    listener: Listener = silent
    cancel: Cancel = field(default_factory=Cancel)
    interfaces: tuple[str, ...] | None = None

    def update(self) -> UpdateReport:
        """Raises ToolkitError; the next call finishes what was left."""
        started = time.monotonic()
        folder = paths.precompiled()
        manifest, contents = build.load_manifest(folder), build.read_files(folder)
        with open_port(self.request.port) as port:
            report = self._by_session(manifest, contents, port.device)
            if self.request.wait and report.networked and report.device is None:
                device = _answering(report, (LOOPBACK,) if port.virtual else self.interfaces)
                report = replace(report, device=device)
        return replace(report, seconds=round(time.monotonic() - started, 3))

    def look(self) -> UpdatePreview:
        """What `update` would do; only the node's program is interrupted. Raises BoardError, PortError."""
        manifest, request = build.load_manifest(paths.precompiled()), self.request
        with open_port(request.port) as port:
            try:
                with board_session(request.port, request.transport) as session:
                    found = _look(session, manifest)
                    fits = micropython_fits(session.identity, manifest) and request.firmware is None
            except BoardError:
                left = _interrupted(port.device)
                if left is None:
                    raise
                nothing = UpdatePlan((), (), (), (), ())
                version = manifest.micros_version
                return UpdatePreview(request.port, left.uid, left.uid, "", version, "", nothing, True, resumes=True)
        plan = plan_update(manifest, found.files, found.installed, everything=request.force)
        return UpdatePreview(
            request.port,
            found.uid,
            found.name,
            found.version,
            manifest.micros_version,
            found.micropython,
            plan,
            not fits,
        )

    def _by_session(self, manifest: Manifest, contents: Mapping[str, bytes], device: str) -> UpdateReport:
        """All files in one session; where MicroPython has to be written anew, the user's are saved in it."""
        found = None
        try:
            with board_session(self.request.port, self.request.transport) as session:
                found = _look(session, manifest)
                left = usb_journal.unfinished(found.uid)
                plan = plan_update(manifest, found.files, found.installed, everything=self.request.force)
                if micropython_fits(session.identity, manifest) and not self.request.firmware:
                    return self._send(session, manifest, contents, found, plan, left)
                board = check_board(self.request.board or (left.board if left else None), session.identity)
                saved = node_backup.save(session, plan.own, also=node_backup.contents_of(left.backup) if left else {})
        except BoardError:  # no REPL, or a file system that cannot be read
            left = _interrupted(device) if found is None else None
            if left is None:
                raise
            return self._reflash(manifest, _Found(left.uid, "", {}, (), {}), left)
        return self._reflash(manifest, found, usb_journal.Unfinished(found.uid, board, Path(saved.folder)))

    def _send(
        self,
        session: BoardSession,
        manifest: Manifest,
        contents: Mapping[str, bytes],
        found: _Found,
        plan: UpdatePlan,
        left: usb_journal.Unfinished | None,
    ) -> UpdateReport:
        if plan.changed:
            space = file_system(session.repl)
            check_space(plan, found.files, space.block_size, space.free_blocks)
        there = {entry.path: entry for entry in found.files}
        lost = changed_since(node_backup.contents_of(left.backup), there) if left else {}
        giving_way = [there[path] for path in plan.shadowing] if self.request.force else []
        saved = node_backup.save(session, giving_way).folder if giving_way else ""
        context = UpdateContext(
            files=session.files,
            send=(*(FileEntry.of(path, data) for path, data in lost.items()), *plan.changed),
            contents={**contents, **lost},
            remove=(*plan.leftovers, *plan.vanished, *(entry.path for entry in giving_way)),
            prove=manifest.entries,
            start=lambda: hard_reset(session.repl),
        )
        if found.config:
            ConfigArchive().put(found.uid, found.config)  # type: ignore[arg-type]
        Runner(UPDATE, self.listener, self.cancel).run(context)
        records.remember(found.uid, manifest.micros_version, _hashes(manifest), whole=True)
        if left:
            usb_journal.end(found.uid)
        return self._report(manifest, found, plan, context, saved)

    def _report(
        self, manifest: Manifest, found: _Found, plan: UpdatePlan, context: UpdateContext, saved: str
    ) -> UpdateReport:
        shadowing = () if self.request.force else plan.shadowing
        return UpdateReport(
            port=self.request.port,
            uid=found.uid,
            name=found.name,
            before=found.version,
            version=manifest.micros_version,
            micropython=found.micropython,
            sent=tuple(context.sent),
            removed=context.remove,
            kept=tuple(entry.path for entry in plan.own if entry.path not in context.remove),
            shadowing=shadowing,
            reflashed=False,
            backup=saved,
            bytes=sum(entry.size for entry in context.send),
            seconds=0.0,
            device=None,
            networked=has_wifi(found.config),
        )

    def _reflash(self, manifest: Manifest, found: _Found, unfinished: usb_journal.Unfinished) -> UpdateReport:
        carried = node_backup.contents_of(unfinished.backup)
        options = Reflash(
            self.request.port, self.request.firmware, self.request.baud, self.listener, self.cancel, self.interfaces
        )
        done = reflash(unfinished, options)
        return UpdateReport(
            port=self.request.port,
            uid=found.uid,
            name=done.name,
            before=found.version,
            version=manifest.micros_version,
            micropython=done.versions.micropython,
            sent=tuple(entry.path for entry in manifest.entries),
            removed=(),
            kept=tuple(carried),
            shadowing=(),
            reflashed=True,
            backup=str(unfinished.backup),
            bytes=done.bytes,
            seconds=0.0,
            device=done.device,
            networked=False,
        )


def _interrupted(device: str) -> usb_journal.Unfinished | None:
    """The update that was interrupted on the board behind this port, as its boot ROM tells who it is."""
    uid = uid_in_boot_rom(device) if usb_journal.any_unfinished() else ""
    return usb_journal.unfinished(uid) if uid else None


def _look(session: BoardSession, manifest: Manifest) -> _Found:
    try:
        config = node_backup.read_config(session)
    except ConfigError:
        config = {}
    uid, files = session.identity.uid, session.files.listing(manifest.entries).files
    return _Found(uid, session.identity.micropython, config, files, records.put_before(uid) or {})


def _answering(report: UpdateReport, interfaces: tuple[str, ...] | None) -> Device:
    """The node on the network. Raises NodeUnreachableError."""
    cache = DeviceCache(paths.device_cache())
    device = discovery.wait_for(report.uid, cache, seconds=_NODE_WAIT_S, interfaces=interfaces)
    if device is None:
        raise NodeUnreachableError(
            f"The update is on the board and proven, but {report.name} did not answer on the network "
            f"within {_NODE_WAIT_S:.0f} s.",
            hint="Look at it with -u, or check that its Wi-Fi is on.",
        )
    return device


def _hashes(manifest: Manifest) -> dict[str, str]:
    return {entry.path: entry.sha256 for entry in manifest.entries}
