"""Many nodes at once, and what a list shows of each."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from devtoolkit.errors import CancelledByUser
from devtoolkit.gui.seam._base import Seam

if TYPE_CHECKING:
    from devtoolkit.gui.job import Handle
    from devtoolkit.model.device import Device
    from devtoolkit.services.bulk import BulkResult, NodeAnswer

_LOOK_S = 0.1  # how soon a stop is noticed
_SITES_ANSWER_S = 60.0  # a site that has not begun by then is told as away


class Fleet(Seam):
    """Many nodes at once."""

    async def vitals(
        self,
        there: Iterable[Device],
        gone: Iterable[Device],
        on_signal: Callable[[str, int], object],
        on_mode: Callable[[str, bool], object],
    ) -> None:
        from devtoolkit.services import vitals

        await vitals.look(there, gone, on_signal, on_mode)

    def command(
        self,
        uids: Sequence[str],
        commands: Sequence[str],
        handle: Handle,
        on_answer: Callable[[NodeAnswer], None],
        *,
        across: bool = False,
    ) -> BulkResult:
        """The commands to all these nodes at the same time; `on_answer` for each as it is done, in the job's thread.

        `across`: some are nodes of other sites, so it goes by the broker.
        """
        if across:
            return self._across(uids, commands, on_answer)
        from devtoolkit.services import bulk

        async def stoppable() -> BulkResult:
            work = asyncio.ensure_future(bulk.run_on_all(commands, ",".join(uids), self.cache(), on_answer=on_answer))
            while not work.done():
                await asyncio.wait({work}, timeout=_LOOK_S)
                if handle.cancel.wanted:
                    work.cancel()
                    await asyncio.wait({work})
                    raise CancelledByUser("Stopped by the user.", hint="Nodes that had answered have done it.")
            return work.result()

        return asyncio.run(stoppable())

    def _across(
        self, uids: Sequence[str], commands: Sequence[str], on_answer: Callable[[NodeAnswer], None]
    ) -> BulkResult:
        from devtoolkit.services.sites import broker
        from devtoolkit.services.sites.operations import connect

        with connect(broker.load(), deadline_s=_SITES_ANSWER_S) as fleet:
            return fleet.command(commands, ",".join(uids), on_answer=on_answer)

    def tag_each(self, tags: Mapping[str, Sequence[str]]) -> None:
        """New tags by uid."""
        cache = self.cache()
        for uid, words in tags.items():
            cache.tag(uid, words)
