"""What all parts of the seam share."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from devtoolkit import paths
from devtoolkit.errors import CancelledByUser

if TYPE_CHECKING:
    from devtoolkit.gui.job import Handle
    from devtoolkit.services.cache import DeviceCache


class Seam:
    """One part of what the window asks of the toolkit."""

    def cache(self) -> DeviceCache:
        from devtoolkit.services.cache import DeviceCache

        return DeviceCache(paths.device_cache())


def moves(handle: Handle, what: str) -> Callable[[str, int, int], None]:
    """The events of files that are copied; a stop is noticed between two pieces."""
    from devtoolkit.pipelines.base import Event

    def moved(path: str, done: int, total: int) -> None:
        handle.listener(Event("progress", "files", f"{what} {path}", done, total))
        if handle.cancel.wanted:
            raise CancelledByUser("Stopped by the user.", hint="Do it once more: what is right already is left alone.")

    return moved


def raise_if(error: Exception | None) -> None:
    if error is not None:
        raise error
