"""Taking the last change at a node back."""

import asyncio
from dataclasses import dataclass

from devtoolkit.model.device import Device
from devtoolkit.services import configs, undo
from devtoolkit.services.cache import DeviceCache
from devtoolkit.services.ota import live
from devtoolkit.services.ota.request import UpdateRequest
from devtoolkit.services.shell import AskPassword, Visit


@dataclass(frozen=True, slots=True)
class Undone:
    """What was taken back, and what can be taken back next (the newest first)."""

    device: Device | None
    done: str
    left: tuple[str, ...]


def listed() -> Undone:
    """What can be taken back."""
    return Undone(None, "", tuple(step.title for step in undo.steps()))


def run(name: str | None, cache: DeviceCache, *, ask: AskPassword | None = None) -> Undone:
    """Take back the newest change at the named node, or at any. Raises UsageError when there is none.

    A step that could not be taken back stays in the journal.
    """
    step = undo.last(cache.find(name).uid if name else None)
    device = cache.find(step.uid)
    asyncio.run(_take_back(step, device, cache, ask))
    undo.forget(step)
    return Undone(device, step.title, tuple(one.title for one in undo.steps()))


async def _take_back(step: undo.Step, device: Device, cache: DeviceCache, ask: AskPassword | None) -> None:
    if step.kind != "config":
        await live.take_back(step, UpdateRequest(device), cache, ask)
        return
    result = await configs.set_values(Visit(device.uid, cache, device=device, ask=ask), dict(step.values))
    if result.changes:
        undo.forget(undo.last(step.uid))  # the way back is no change of its own
