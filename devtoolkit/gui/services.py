"""What the window asks of the toolkit, in one place: plain calls into the services, imported when first needed.

Tests put a fake in its place. Everything here may block, so the window calls it in jobs.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from devtoolkit import paths, settings
from devtoolkit.errors import CancelledByUser

if TYPE_CHECKING:
    from devtoolkit.gui.job import Handle
    from devtoolkit.model.board import Board
    from devtoolkit.model.device import Device
    from devtoolkit.model.manifest import FileEntry
    from devtoolkit.services.apps_types import AppEvent, AppList, AppResult
    from devtoolkit.services.cache import DeviceCache, DeviceFacts
    from devtoolkit.services.configs import NodeConfig
    from devtoolkit.services.deploy import DeployReport, DeployRequest
    from devtoolkit.services.devtools.doctor import DoctorReport
    from devtoolkit.services.firmware_store import StoredFirmware
    from devtoolkit.services.ota.live import LiveReport
    from devtoolkit.services.ota.request import UpdateReport
    from devtoolkit.services.port_list import PortEntry
    from devtoolkit.services.simulation import VirtualNode
    from devtoolkit.services.undo_job import Undone
    from devtoolkit.services.usb_update import UpdateReport as UsbReport
    from devtoolkit.services.webrepl_files import WebReplJob
    from devtoolkit.services.widgets import Widget


class Services:
    """The real services."""

    def cache(self) -> DeviceCache:
        from devtoolkit.services.cache import DeviceCache

        return DeviceCache(paths.device_cache())

    # --- who is there

    def known(self) -> tuple[tuple[Device, ...], dict[str, DeviceFacts]]:
        return self.cache().snapshot()

    def presence(self, *, scan: bool) -> Any:
        """Events of nodes that appear, change and vanish: an async iterator of PresenceEvent."""
        from devtoolkit.services.presence import watch

        events: Any = watch(self.cache(), scan=scan)
        return events

    def ports(self) -> tuple[PortEntry, ...]:
        from devtoolkit.services.port_list import list_ports

        return list_ports()

    def probe(self) -> tuple[PortEntry, ...]:
        """As `ports`, and every free board is asked for its chip, which restarts it."""
        from devtoolkit.services.port_list import list_ports

        return list_ports(probe=True)

    def search(self, on_found: Callable[[Device], None]) -> tuple[Device, ...]:
        from devtoolkit.services.discovery import search

        return search(self.cache(), on_found=on_found)

    def forget(self, uids: Sequence[str]) -> None:
        self.cache().forget(*uids)

    def tag(self, uids: Sequence[str], tags: Sequence[str]) -> None:
        for uid in uids:
            self.cache().tag(uid, tags)

    def doctor(self) -> DoctorReport:
        from devtoolkit.services.devtools import doctor

        return doctor.examine()

    def password_of(self, uid: str) -> str | None:
        from devtoolkit.services.secrets import password_of

        return password_of(uid)

    # --- USB

    def boards(self) -> tuple[Board, ...]:
        from devtoolkit.boards.loader import load_boards

        return load_boards()

    def firmware(self) -> tuple[StoredFirmware, ...]:
        from devtoolkit.services.firmware_store import stored

        return stored()

    def deploy(self, request: DeployRequest, handle: Handle) -> DeployReport:
        from devtoolkit.services.deploy import Deployer

        deployer = Deployer(request, handle.listener, handle.cancel, interfaces=settings.chosen_interfaces())
        return deployer.make()

    def usb_update(self, port: str, handle: Handle, *, force: bool, board: str | None) -> UsbReport:
        from devtoolkit.services.usb_update import Updater, UpdateRequest

        request = UpdateRequest(port=port, force=force, board=board)
        return Updater(request, handle.listener, handle.cancel, settings.chosen_interfaces()).update()

    # --- over the air

    def ota(self, uids: Sequence[str], handle: Handle, **options: Any) -> UpdateReport:
        """Update these nodes (uid, or `all`, `outdated`); `options` are fields of the services' UpdateRequest."""
        from devtoolkit.services.ota import jobs

        report = jobs.run(
            ",".join(uids),
            self.cache(),
            listener=handle.listener,
            cancel=handle.cancel,
            ask=handle.ask,
            on_node=lambda node: handle.say(f"{node.device.fuid}: {node.outcome.replace('_', ' ')} {node.reason}"),
            interfaces=settings.chosen_interfaces(),
            **options,
        )
        _raise(report.error)
        return report

    def upload(self, uid: str, files: Sequence[Path], handle: Handle, *, prefix: bool) -> LiveReport:
        """Load modules into a running node; `prefix`: a file without LM_ gets it. Bundled modules they need go too."""
        from devtoolkit.services.ota import jobs, live

        report = jobs.upload(uid, live.dropped(files, prefix=lambda _name: prefix), self.cache(), ask=handle.ask)
        needed = live.from_bundle(report.missing)
        if needed and report.error is None:
            handle.say(f"It needs {', '.join(file.name for file in needed)}, which is sent too.")
            more = jobs.upload(uid, needed, self.cache(), ask=handle.ask)
            report = live.LiveReport(more.device, (*report.files, *more.files), ())
        _raise(report.error)
        return report

    def delete_module(self, uid: str, name: str, handle: Handle) -> LiveReport:
        from devtoolkit.services.ota import jobs, live

        (request,) = jobs.requests_for(uid, self.cache())
        return asyncio.run(live.delete(request, name, cache=self.cache(), ask=handle.ask))

    def undo(self, uid: str, handle: Handle) -> Undone:
        from devtoolkit.services import undo_job

        return undo_job.run(uid, self.cache(), ask=handle.ask)

    # --- a node's shell

    def shell(self, uid: str, commands: Sequence[str], handle: Handle) -> tuple[tuple[str, ...], ...]:
        """The lines that each command gave, all in one session."""
        from devtoolkit.services import shell

        result = shell.run(commands, uid, self.cache(), ask=handle.ask, interfaces=settings.chosen_interfaces())
        return tuple(lines for _command, lines in result.replies)

    def converse(
        self, uid: str, handle: Handle, read: Callable[[], Any], on_reply: Callable[[tuple[str, ...]], object]
    ) -> None:
        """One session for many lines; `read` is awaited for the next line, None ends it."""
        from devtoolkit.services import shell

        visit = shell.Visit(uid, self.cache(), ask=handle.ask, interfaces=settings.chosen_interfaces())

        async def next_line(_shell: object) -> str | None:
            line: str | None = await read()
            return line

        asyncio.run(shell.converse(visit, next_line, on_reply))

    def widgets(self, uid: str, handle: Handle) -> tuple[Widget, ...]:
        from devtoolkit.services import shell
        from devtoolkit.services.widgets import WidgetMemory
        from devtoolkit.transports.tcp_shell import TcpShell

        found: list[Widget] = []

        async def work(session: TcpShell) -> None:
            found.extend(await WidgetMemory().of(session, uid))

        visit = shell.Visit(uid, self.cache(), ask=handle.ask, interfaces=settings.chosen_interfaces())
        asyncio.run(visit.run(work))
        return tuple(found)

    # --- configuration

    def config(self, uid: str, handle: Handle) -> NodeConfig:
        return self._config("get", uid, handle)

    def set_config(self, uid: str, values: Mapping[str, str], handle: Handle) -> NodeConfig:
        return self._config("set", uid, handle, values=values)

    def _config(self, action: Any, uid: str, handle: Handle, **options: Any) -> NodeConfig:
        from devtoolkit.services import config_jobs

        config = config_jobs.run(action, uid, self.cache(), ask=handle.ask, **options).nodes[0].config
        assert config is not None  # noqa: S101 - of one single node failures are raised
        return config

    # --- files: of a node (`uid`) over the air, else of the board on `port`

    def files(self, uid: str, port: str, handle: Handle) -> tuple[FileEntry, ...]:
        from devtoolkit.services import usb_files

        return self._webrepl(uid, handle).list().files if uid else usb_files.list_files(port).files

    def get_files(self, uid: str, port: str, names: Sequence[str], folder: Path, handle: Handle) -> None:
        from devtoolkit.services import usb_files

        if not uid:
            usb_files.get_files(port, names, folder, moved=_moved(handle, "Copy"))
        for name in names if uid else ():
            self._webrepl(uid, handle).get(name, folder)

    def put_files(self, uid: str, port: str, files: Sequence[Path], handle: Handle) -> None:
        from devtoolkit.services import usb_files

        if not uid:
            usb_files.put_files(port, files, moved=_moved(handle, "Copy"))
        for file in files if uid else ():
            self._webrepl(uid, handle).put(file)

    def remove_files(self, uid: str, port: str, names: Sequence[str], handle: Handle) -> None:
        from devtoolkit.services import usb_files

        if not uid:
            usb_files.remove_files(port, names)
        for name in names if uid else ():
            self._webrepl(uid, handle).remove(name)

    def backup(self, port: str, handle: Handle) -> str:
        """The folder that holds the files now."""
        from devtoolkit.services import node_backup

        return node_backup.backup_all(port, moved=_moved(handle, "Back up")).folder

    def restore(self, port: str, handle: Handle) -> str:
        """The newest backup's folder."""
        from devtoolkit.services import node_backup

        return node_backup.restore(port, moved=_moved(handle, "Restore")).folder

    def _webrepl(self, uid: str, handle: Handle) -> WebReplJob:
        from devtoolkit.services.webrepl_files import WebReplJob

        return WebReplJob(uid, self.cache(), handle.ask)

    # --- dashboard apps

    def apps(self) -> AppList:
        from devtoolkit.services import apps

        return apps.available()

    def run_app(
        self,
        name: str,
        uid: str,
        values: Mapping[str, str],
        on_event: Callable[[AppEvent], None],
        stop: threading.Event,
        handle: Handle,
    ) -> AppResult:
        from devtoolkit.services import apps

        result = apps.run(name, uid, settings=values, cache=self.cache(), on_event=on_event, stop=stop, ask=handle.ask)
        for file in result.files:
            handle.say(f"Saved: {file}")
        _raise(result.error)
        return result

    # --- virtual boards

    def power_on(
        self, names: tuple[str, ...], on_ready: Callable[[VirtualNode], None]
    ) -> AbstractContextManager[tuple[VirtualNode, ...]]:
        from devtoolkit.services.simulation import power_on

        return power_on(names, on_ready=on_ready)


def _moved(handle: Handle, what: str) -> Callable[[str, int, int], None]:
    """The events of files that are copied; a stop is noticed between two pieces."""
    from devtoolkit.pipelines.base import Event

    def moved(path: str, done: int, total: int) -> None:
        handle.listener(Event("progress", "files", f"{what} {path}", done, total))
        if handle.cancel.wanted:
            raise CancelledByUser("Stopped by the user.", hint="Do it once more: what is right already is left alone.")

    return moved


def _raise(error: Exception | None) -> None:
    if error is not None:
        raise error
