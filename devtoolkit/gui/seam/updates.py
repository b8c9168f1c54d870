"""Over the air: updates, live uploads, undo."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from devtoolkit import settings
from devtoolkit.errors import CancelledByUser, ToolkitError
from devtoolkit.gui.seam._base import Seam, raise_if
from devtoolkit.pipelines.base import Event

if TYPE_CHECKING:
    from devtoolkit.gui.job import Handle
    from devtoolkit.model.device import Device
    from devtoolkit.services.ota.live import LiveReport
    from devtoolkit.services.ota.request import NodeUpdate, UpdateReport
    from devtoolkit.services.undo_job import Undone


class Updates(Seam):
    """Over the air: updates, live uploads, undo."""

    def ota(
        self,
        uids: Sequence[str],
        handle: Handle,
        *,
        rollout: Mapping[str, Any] | None = None,
        on_node: Callable[[NodeUpdate], object] = lambda _node: None,
        on_step: Callable[[Event], object] = lambda _event: None,
        **options: Any,
    ) -> UpdateReport:
        """Update these nodes (uid, or `all`, `outdated`).

        `options` are fields of the services' UpdateRequest, `rollout` those of its Rollout. `on_step` hears each
        node's own steps (its uid is the event's `step`), `on_node` how it went with each, also when this raises.
        Both are called in the job's thread. Raises when a node was not updated.
        """
        from devtoolkit.services.ota import jobs
        from devtoolkit.services.ota.fleet import Rollout

        cache, selector = self.cache(), ",".join(uids)
        nodes = [request.device for request in jobs.requests_for(selector, cache)]
        many = jobs.many(selector)
        with _told_of_each(nodes if not many else (), on_node):
            report = jobs.run(
                selector,
                cache,
                rollout=Rollout(**rollout) if rollout and many else None,
                listener=_Overall(handle, len(nodes), on_step) if many else handle.listener,
                cancel=handle.cancel,
                ask=handle.ask,
                on_node=lambda node: _told(node, handle, on_node),
                interfaces=settings.chosen_interfaces(),
                **options,
            )
        for node in report.nodes if many else ():
            on_node(node)
        if handle.cancel.wanted and report.error:
            raise CancelledByUser(str(report.error), hint="Go on with it later: what is done is left out then.")
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


@dataclass(slots=True)
class _Overall:
    """The events of many nodes: as one step that counts the nodes for the job, and one by one for `on_step`."""

    handle: Handle
    total: int
    on_step: Callable[[Event], object]
    done: set[str] = field(default_factory=set)

    def __call__(self, event: Event) -> None:
        if event.kind in ("done", "failed"):
            self.done.add(event.step)
        self.handle.listener(Event("progress", "nodes", "Nodes", len(self.done), self.total))
        self.on_step(event)


def _told(node: NodeUpdate, handle: Handle, on_node: Callable[[NodeUpdate], object]) -> None:
    why = node.failure.message if node.failure else node.reason
    handle.say(f"{node.device.fuid}: {node.outcome.replace('_', ' ')} {why}".rstrip())
    on_node(node)


@contextlib.contextmanager
def _told_of_each(nodes: Sequence[Device], on_node: Callable[[NodeUpdate], object]) -> Iterator[None]:
    """An error that ends the whole call is told of each of these nodes; that the user stopped it is not."""
    try:
        yield
    except CancelledByUser:
        raise
    except ToolkitError as error:
        for device in nodes:
            on_node(_failed(device, error))
        raise


def _failed(device: Device, error: ToolkitError) -> NodeUpdate:
    from devtoolkit.services.bulk import failure_of
    from devtoolkit.services.ota.request import NodeUpdate

    return NodeUpdate(device, "failed", failure=failure_of(error))
