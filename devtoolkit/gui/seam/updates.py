"""Over the air: updates, live uploads, undo."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from devtoolkit import settings
from devtoolkit.gui.seam._base import Seam, raise_if

if TYPE_CHECKING:
    from devtoolkit.gui.job import Handle
    from devtoolkit.services.ota.live import LiveReport
    from devtoolkit.services.ota.request import UpdateReport
    from devtoolkit.services.undo_job import Undone


class Updates(Seam):
    """Over the air: updates, live uploads, undo."""

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
        raise_if(report.error)
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
        raise_if(report.error)
        return report

    def delete_module(self, uid: str, name: str, handle: Handle) -> LiveReport:
        from devtoolkit.services.ota import jobs, live

        (request,) = jobs.requests_for(uid, self.cache())
        return asyncio.run(live.delete(request, name, cache=self.cache(), ask=handle.ask))

    def undo(self, uid: str, handle: Handle) -> Undone:
        from devtoolkit.services import undo_job

        return undo_job.run(uid, self.cache(), ask=handle.ask)
