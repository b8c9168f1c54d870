"""Update a board over USB without loss: configuration, state, keys, logs and the user's own modules stay.

Only changed files travel. MicroPython is written anew only where it cannot run this version (or a firmware is named);
see `usb_reflash`. A run that was interrupted is finished by the next one.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from devtoolkit import paths
from devtoolkit.errors import BoardError, ConfigError, InstallError, NodeUnreachableError
from devtoolkit.model.device import Device
from devtoolkit.model.manifest import FileEntry, Manifest
from devtoolkit.pipelines.base import Cancel, Listener, Runner, silent
from devtoolkit.pipelines.steps.update_files import UPDATE
from devtoolkit.pipelines.update_context import UpdateContext
from devtoolkit.services import build, discovery, node_backup, usb_journal
from devtoolkit.services.board_session import BoardSession, board_session
from devtoolkit.services.cache import DeviceCache
from devtoolkit.services.config_archive import ConfigArchive
from devtoolkit.services.node_setup import has_wifi
from devtoolkit.services.ota import records
from devtoolkit.services.ports import OpenPort, open_port, virtual_name
from devtoolkit.services.usb_reflash import (
    Reflash,
    check_board,
    micropython_fits,
    reflash,
)
from devtoolkit.services.usb_resume import (
    Resume,
    another_board,
    at_boot_drive,
    at_boot_rom,
    check_node,
    config_of,
    saved_files,
    to_put_back,
)
from devtoolkit.services.usb_update_plan import UpdatePlan, check_space, plan_update
from devtoolkit.services.usb_update_report import Found, UpdatePreview, UpdateReport, UpdateRequest, UpdateResult
from devtoolkit.settings import LOOPBACK
from devtoolkit.tools.boot_drive import BootDrive
from devtoolkit.transports.serial_repl import file_system, hard_reset

__all__ = ["UpdatePreview", "UpdateReport", "UpdateRequest", "UpdateResult", "Updater"]

_NODE_WAIT_S = 60.0


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
        with open_port(self.request.port, boot_drive=self.request.boot_drive) as port:
            resume = self._at_drive(port)
            if resume:
                report = self._reflash(manifest, _saved(resume.node.journal), resume.node.journal, resume.drive)
            else:
                report = self._by_session(manifest, contents, port.device)
            if self.request.wait and report.networked and report.device is None:
                device = _answering(report, (LOOPBACK,) if port.virtual else self.interfaces)
                report = replace(report, device=device)
        return replace(report, seconds=round(time.monotonic() - started, 3))

    def look(self) -> UpdatePreview:
        """What `update` would do; only the node's program is interrupted. Raises BoardError, PortError."""
        manifest, request = build.load_manifest(paths.precompiled()), self.request
        with open_port(request.port, boot_drive=request.boot_drive) as port:
            resume = self._at_drive(port)
            if resume:
                return self._resuming(manifest, resume.node.journal, str(resume.drive.folder))
            try:
                with board_session(request.port, request.transport) as session:
                    found = self._look(session, manifest)
                    fits = micropython_fits(session.identity, manifest) and request.firmware is None
            except BoardError:
                left = at_boot_rom(port.device)
                if left is None:
                    raise
                return self._resuming(manifest, left)
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

    def waiting(self) -> Resume | None:
        """The interrupted update that `update` would finish through a boot drive; None: the board has its port.

        Touches no board. Raises BoardError, UsageError, DataFileError.
        """
        with open_port(self.request.port, boot_drive=self.request.boot_drive) as port:
            return self._at_drive(port)

    def _at_drive(self, port: OpenPort) -> Resume | None:
        named = self.request.boot_drive is not None
        return at_boot_drive(port, named=named, node=self.request.node, board=self.request.board)

    def _look(self, session: BoardSession, manifest: Manifest) -> Found:
        """What is on the board. Raises UsageError when it is not the node that was named."""
        try:
            config = node_backup.read_config(session)
        except ConfigError:
            config = {}
        uid, files = session.identity.uid, session.files.listing(manifest.entries).files
        found = Found(uid, session.identity.micropython, config, files, records.put_before(uid) or {})
        check_node(self.request.node, uid, found.name, self.request.port)
        return found

    def _resuming(self, manifest: Manifest, left: usb_journal.Unfinished, boot_drive: str = "") -> UpdatePreview:
        """The preview of an interrupted update: everything is written, and the saved files with it."""
        return UpdatePreview(
            port=self.request.port,
            uid=left.uid,
            name=_saved(left).name,
            before="",
            version=manifest.micros_version,
            micropython="",
            plan=UpdatePlan((), (), (), (), ()),
            reflash=True,
            resumes=True,
            backup=str(left.backup),
            boot_drive=boot_drive,
        )

    def _by_session(self, manifest: Manifest, contents: Mapping[str, bytes], device: str) -> UpdateReport:
        """All files in one session; where MicroPython has to be written anew, the user's are saved in it."""
        found = None
        try:
            with board_session(self.request.port, self.request.transport) as session:
                found = self._look(session, manifest)
                left = usb_journal.unfinished(found.uid)
                plan = plan_update(manifest, found.files, found.installed, everything=self.request.force)
                if micropython_fits(session.identity, manifest) and not self.request.firmware:
                    return self._send(session, manifest, contents, found, plan, left)
                board = check_board(self.request.board or (left.board if left else None), session.identity)
                saved = node_backup.save(session, plan.own, also=saved_files(left, board_runs=True) if left else {})
        except BoardError:  # no REPL, or a file system that cannot be read
            left = at_boot_rom(device) if found is None else None
            if left is None:
                raise
            return self._reflash(manifest, _saved(left), left)
        return self._reflash(manifest, found, usb_journal.Unfinished(found.uid, board, Path(saved.folder)))

    def _send(
        self,
        session: BoardSession,
        manifest: Manifest,
        contents: Mapping[str, bytes],
        found: Found,
        plan: UpdatePlan,
        left: usb_journal.Unfinished | None,
    ) -> UpdateReport:
        if plan.changed:
            space = file_system(session.repl)
            check_space(plan, found.files, space.block_size, space.free_blocks)
        there = {entry.path: entry for entry in found.files}
        lost = to_put_back(left, there, found.config) if left else {}
        giving_way = [there[path] for path in plan.shadowing] if self.request.force else []
        replaced = [*giving_way, *(there[path] for path in lost if path in there)]
        saved = node_backup.save(session, replaced).folder if replaced else ""
        context = UpdateContext(
            files=session.files,
            send=(*(FileEntry.of(path, data) for path, data in lost.items()), *plan.changed),
            contents={**contents, **lost},
            remove=(*plan.leftovers, *plan.vanished, *(entry.path for entry in giving_way)),
            prove=manifest.entries,
            start=lambda: hard_reset(session.repl),
        )
        if node_backup.CONFIG in lost:
            found = replace(found, config=config_of(lost))
        if found.config:
            ConfigArchive().put(found.uid, found.config)
        Runner(UPDATE, self.listener, self.cancel).run(context)
        records.remember(found.uid, manifest.micros_version, _hashes(manifest), whole=True)
        if left:
            usb_journal.end(found.uid)
        return self._report(manifest, found, plan, context, saved)

    def _report(
        self, manifest: Manifest, found: Found, plan: UpdatePlan, context: UpdateContext, saved: str
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

    def _reflash(
        self, manifest: Manifest, found: Found, unfinished: usb_journal.Unfinished, drive: BootDrive | None = None
    ) -> UpdateReport:
        carried = saved_files(unfinished)
        request, port = self.request, self.request.port
        if drive and virtual_name(port) is None:
            port = ""  # it comes back as what is new, maybe under another name
        options = Reflash(
            port,
            request.firmware,
            request.baud,
            self.listener,
            self.cancel,
            self.interfaces,
            drive.folder if drive else None,
        )
        try:
            done = reflash(unfinished, options)
        except InstallError as error:
            answered = error.facts.get("answered")
            raise another_board(unfinished, answered) if drive and isinstance(answered, str) else error from error
        return UpdateReport(
            port=done.port,
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


def _saved(left: usb_journal.Unfinished) -> Found:
    """What is known of a board that cannot be asked. Raises DataFileError when its backup is damaged."""
    return Found(left.uid, "", config_of(saved_files(left)), (), {})


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
