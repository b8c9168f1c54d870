"""The only tasks a site's worker knows: each checks its message whole, then does the work of `perform`."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from devtoolkit.errors import ToolkitError
from devtoolkit.services.bulk import Failure, failure_of
from devtoolkit.services.cache import DeviceCache
from devtoolkit.services.sites import outcome
from devtoolkit.services.sites.celery_app import TASKS
from devtoolkit.services.sites.jobs import Order, Outcome, UpdateJob, accepted, late
from devtoolkit.services.sites.journal import Journal
from devtoolkit.services.sites.perform import perform, retry_is_sensible
from devtoolkit.services.sites.plain import ShapeError

RETRIES = 3
_FIRST_PAUSE_S = 2.0  # doubled with each try
_LOG = logging.getLogger(__name__)


@dataclass(slots=True)
class SiteTasks:
    """The work of one site."""

    site: str
    cache: DeviceCache
    journal: Journal
    called_off: Callable[[str], bool] = lambda _number: False

    def add_to(self, app: Any) -> None:
        """Make the application know these tasks and no others, not even Celery's own."""
        app.finalize()
        for name in tuple(app.tasks):
            app.tasks.unregister(name)
        for kind, name in TASKS.items():
            app.task(self._body(kind), name=name, bind=True, max_retries=RETRIES, typing=False)

    def _body(self, kind: str) -> Callable[..., Any]:
        def body(task: Any, *args: Any, **kwargs: Any) -> dict[str, object]:
            request = task.request
            done = self.run(kind, request.id, (args, kwargs), retries=request.retries)
            if isinstance(done, Again):
                raise task.retry(countdown=_FIRST_PAUSE_S * 2**request.retries)
            return outcome.encode(done)

        return body

    def run(self, kind: str, task_id: str, message: tuple[tuple[Any, ...], dict[str, Any]], *, retries: int) -> Any:
        """The outcome of a message, or Again. Nothing is raised; what is refused is logged with the reason."""
        try:
            if message[1]:
                raise ShapeError("named arguments")
            order = accepted(message[0], kind=kind, task_id=task_id, site=self.site)
        except ShapeError as error:
            _LOG.warning("Refused a message for %s (%s): %s.", TASKS[kind], task_id, error)
            return Outcome(failure=Failure("RefusedJob", f"The site refuses this job: {error}.", ""))
        with self.journal.job(task_id) as entries:
            if not entries.known and (late(order) or self.called_off(task_id)):
                _LOG.warning("Left out %s (%s): its deadline has passed, or it was called off.", TASKS[kind], task_id)
                return Outcome(failure=Failure("SiteAwayError", "It came to the site too late.", ""))
            try:
                done = Outcome(asyncio.run(perform(order.job, self.cache, entries)))
                _LOG.info("Done: %s (%s), %s nodes.", TASKS[kind], task_id, len(done.answers))
                return done
            except ToolkitError as error:
                if self._again(order, error, retries):
                    return Again()
                return Outcome(failure=failure_of(error))
            except Exception as error:
                _LOG.exception("Failed: %s (%s)", TASKS[kind], task_id)
                return Outcome(
                    failure=Failure("ToolkitError", f"internal error at the site: {error!r}", "See its log.")
                )

    @staticmethod
    def _again(order: Order, error: ToolkitError, retries: int) -> bool:
        return isinstance(order.job, UpdateJob) and retries < RETRIES and retry_is_sensible(error)


class Again:
    """The job is to be delivered once more, after a pause."""
