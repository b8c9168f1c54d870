"""A node's shell and the widgets of its modules."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any

from devtoolkit import settings
from devtoolkit.gui.seam._base import Seam

if TYPE_CHECKING:
    from devtoolkit.gui.job import Handle
    from devtoolkit.services.widget_values import Values
    from devtoolkit.services.widgets import Widget
    from devtoolkit.transports.tcp_shell import TcpShell


class Shells(Seam):
    """A node's shell and the widgets of its modules."""

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
        from devtoolkit.services.widgets import WidgetMemory

        found: list[Widget] = []

        async def work(session: TcpShell) -> None:
            found.extend(await WidgetMemory().of(session, uid))

        self._visit(uid, handle, work)
        return tuple(found)

    def control_values(self, uid: str, widgets: Sequence[Widget], handle: Handle) -> Values:
        """What these widgets stand at now."""
        from devtoolkit.services import widget_values

        values: list[Values] = []

        async def work(session: TcpShell) -> None:
            values[:] = [await widget_values.present(session, widgets)]

        self._visit(uid, handle, work)
        return values[0]

    def _visit(self, uid: str, handle: Handle, work: Callable[[TcpShell], Awaitable[None]]) -> None:
        from devtoolkit.services import shell

        visit = shell.Visit(uid, self.cache(), ask=handle.ask, interfaces=settings.chosen_interfaces())
        asyncio.run(visit.run(work))
