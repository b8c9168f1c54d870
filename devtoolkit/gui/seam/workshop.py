"""Workshop mode: many boards at once, a name for each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from devtoolkit import settings
from devtoolkit.gui.seam._base import Seam

if TYPE_CHECKING:
    from devtoolkit.gui.job import Handle
    from devtoolkit.pipelines.base import Event
    from devtoolkit.services.class_list import ListedName, Seat
    from devtoolkit.services.deploy import DeployRequest
    from devtoolkit.services.workshop import BoardResult, WorkshopReport


class Workshops(Seam):
    """Workshop mode: many boards at once, a name for each."""

    def class_list(self, file: Path) -> tuple[ListedName, ...]:
        """The names in a CSV file."""
        from devtoolkit.services.class_list import read_class_list

        return read_class_list(file)

    def workshop(
        self,
        template: DeployRequest,
        seats: Sequence[Seat],
        on_event: Callable[[str, Event], None],
        handle: Handle,
        earlier: Sequence[BoardResult] = (),
    ) -> WorkshopReport:
        """Deploy to all these boards; what fails on one is in the report. `on_event` comes from the boards' threads."""
        from devtoolkit.services.workshop import Workshop

        interfaces = settings.chosen_interfaces()
        return Workshop(template, seats, on_event, handle.cancel, interfaces, earlier=tuple(earlier)).make()
