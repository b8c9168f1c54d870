"""Virtual boards."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from devtoolkit.gui.seam._base import Seam

if TYPE_CHECKING:
    from devtoolkit.services.simulation import VirtualNode


class Virtual(Seam):
    """Virtual boards."""

    def power_on(
        self, names: tuple[str, ...], on_ready: Callable[[VirtualNode], None]
    ) -> AbstractContextManager[tuple[VirtualNode, ...]]:
        from devtoolkit.services.simulation import power_on

        return power_on(names, on_ready=on_ready)
