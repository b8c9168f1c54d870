"""Virtual nodes as a job that goes on until it is stopped."""

import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from devtoolkit.errors import CancelledByUser
from devtoolkit.gui.hub import Hub
from devtoolkit.gui.job import Handle, Job
from devtoolkit.gui.text import tr
from devtoolkit.model.device import Device
from devtoolkit.pipelines.base import Event

if TYPE_CHECKING:
    from devtoolkit.services.simulation import VirtualNode

_LOOK_S = 0.1  # how soon a stop is noticed


def power_on(hub: Hub, names: tuple[str, ...], **options: Any) -> Job | None:
    """Power on these virtual boards. The job's `holding` tells that they run; stopping it powers them off.

    `options` are those of the services' `power_on`.
    """
    title = tr("Virtual board {name}", name=names[0]) if len(names) == 1 else tr("{n} virtual boards", n=len(names))
    ready: list[VirtualNode] = []
    jobs: list[Job] = []
    off = threading.Event()

    def on_ready(handle: Handle, node: "VirtualNode") -> None:
        ready.append(node)
        hub.watcher.seen(node.device)
        told = tr("{name} answers at {ip}", name=node.name, ip=node.device.ip)
        handle.say(f"{told}:{node.device.port}, {node.port}")
        handle.listener(Event("progress", "power_on", tr("Power on"), len(ready), len(names), told))
        if handle.cancel.wanted:
            raise CancelledByUser(tr("Stopped while powering on."))

    def work(handle: Handle) -> str:
        handle.listener(Event("start", "power_on", tr("Power on")))
        handle.listener(Event("progress", "power_on", tr("Power on"), 0, len(names)))
        try:
            with hub.services.power_on(names, lambda node: on_ready(handle, node), **options):
                if jobs:
                    jobs[0].holding = _told(names)
                handle.say(_told(names))
                while not handle.cancel.wanted:
                    off.wait(_LOOK_S)
        finally:
            for node in ready:
                hub.watcher.seen(_away(node))
        return tr("Powered off")

    job = Job(title, work, key=f"virtual:{','.join(names)}")
    job.failed.connect(lambda error: hub.show_error(error, job))
    jobs.append(job)
    return job if hub.jobs.start(job) else None


def _told(names: tuple[str, ...]) -> str:
    return tr("Powered on") if len(names) == 1 else tr("{count} boards are powered on", count=len(names))


def _away(node: "VirtualNode") -> Device:
    return replace(node.device, status="OFFLINE", latency_s=None)
