"""The fleet's centre: posts jobs to the sites' queues and collects what comes of them."""

import asyncio
import contextlib
import time
import uuid
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

from devtoolkit.errors import BrokerError, SiteAwayError
from devtoolkit.services.sites import outcome
from devtoolkit.services.sites.broker import Broker
from devtoolkit.services.sites.celery_app import (
    RESULTS_S,
    TASKS,
    away_errors,
    cancel_key,
    client_of,
    make,
    queue_of,
    refused_errors,
)
from devtoolkit.services.sites.jobs import Job, Order, Outcome, kind_of
from devtoolkit.services.sites.registry import Registry

_POLL_S, _SLOWEST_POLL_S = 0.02, 0.3
_SEND = {"max_retries": 100, "interval_start": 0, "interval_step": 0.2, "interval_max": 1.0}
_BEGUN = ("STARTED", "RETRY")


class Centre:
    """A connection to the broker and to the store of results. Made without asking anybody."""

    def __init__(self, broker: Broker) -> None:
        self.broker = broker
        self.app = make(broker)
        self.registry = Registry(self.app)

    def check(self) -> None:
        """Raises BrokerError in plain words when the broker or the store of results is away."""
        try:
            client_of(self.app).ping()
            with self.app.connection_for_write() as connection:
                connection.ensure_connection(max_retries=1, interval_start=0, timeout=3)
        except away_errors() as error:
            raise self.away(error) from error

    def away(self, error: Exception) -> BrokerError:
        """The error that says so; its reason is the kind of `error` only, whose text may hold a password."""
        return BrokerError(
            f"The broker at {self.broker.place} cannot be reached, so no site can.",
            hint="Is it running, and is its address right? This machine's own nodes need no broker.",
            reason=_short(error),
        )

    def collector(self, deadline_s: float) -> "Collector":
        """For jobs that are to be begun within `deadline_s`."""
        return Collector(self, deadline_s)


@dataclass(slots=True)
class _Waiting:
    order: Order
    future: "asyncio.Future[Outcome]"
    begun: bool = False


@dataclass(slots=True)
class Collector:
    """`async with centre.collector(60) as sites: await sites.run("north", job)`.

    A job that no worker has begun by the deadline is given up and will not be begun any more; one that was begun is
    waited for as long as its site is there. Results wait in the store until they are collected here.
    """

    centre: Centre
    deadline_s: float
    _waiting: dict[str, _Waiting] = field(default_factory=dict)
    _new: asyncio.Event = field(default_factory=asyncio.Event)
    _poll: "asyncio.Task[None] | None" = None

    async def __aenter__(self) -> "Collector":
        self._poll = asyncio.create_task(self._collect())
        self._poll.add_done_callback(self._ended)
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if self._poll:
            self._poll.cancel()
            await asyncio.gather(self._poll, return_exceptions=True)
        self._call_off(*self._waiting)

    async def run(self, site: str, job: Job) -> Outcome:
        """What came of it. Raises BrokerError and SiteAwayError when nothing did."""
        kind = kind_of(job)
        order = Order(uuid.uuid4().hex, site, kind, time.time() + self.deadline_s, job)
        waiting = _Waiting(order, asyncio.get_running_loop().create_future())
        self._waiting[order.id] = waiting
        try:
            await asyncio.to_thread(self._post, order)
            self._new.set()
            return await waiting.future
        except asyncio.CancelledError:
            if not waiting.begun:
                self._call_off(order.id)
            raise
        finally:
            self._waiting.pop(order.id, None)

    def _ended(self, poll: "asyncio.Task[None]") -> None:
        """Nobody waits for what is not collected any more."""
        error = None if poll.cancelled() else poll.exception()
        for one in self._waiting.values():
            if error and not one.future.done():
                one.future.set_exception(error)

    def _post(self, order: Order) -> None:
        """The same number twice is one job, so that it may be sent again when nobody knows whether it was."""
        try:
            self.centre.app.send_task(
                TASKS[order.kind],
                args=[order.plain()],
                task_id=order.id,
                queue=queue_of(order.site),
                retry=True,
                retry_policy=_SEND,
            )
        except away_errors() as error:
            raise self.centre.away(error) from error

    async def _collect(self) -> None:
        pause = _POLL_S
        while True:
            if not self._waiting:
                self._new.clear()
                await self._new.wait()
                pause = _POLL_S
            numbers = tuple(self._waiting)
            problem: Exception | None = None
            try:
                found = await asyncio.to_thread(self._fetch, numbers)
            except away_errors() as error:  # just now
                found, problem = {}, error
            for number, value in found.items():
                self._take(number, value)
            await self._give_up(problem)
            pause = (
                _POLL_S if any(number not in self._waiting for number in numbers) else min(pause * 1.3, _SLOWEST_POLL_S)
            )
            await asyncio.sleep(pause)

    def _fetch(self, numbers: tuple[str, ...]) -> dict[str, Any]:
        """The state of these jobs, where there is one; what is complete is taken out of the store."""
        backend, client = self.centre.app.backend, client_of(self.centre.app)
        keys = [backend.get_key_for_task(number) for number in numbers]
        found: dict[str, Any] = {}
        for number, raw in zip(numbers, client.mget(keys), strict=True):
            if raw is not None:
                waiting = self._waiting.get(number)
                if waiting is None:
                    continue  # nobody waits for it any more
                try:
                    found[number] = _state(waiting.order.kind, backend.decode(raw))
                except refused_errors() as error:
                    found[number] = BrokerError(f"A site's answer is refused ({_short(error)}).", hint="Is it forged?")
        done = [backend.get_key_for_task(number) for number, value in found.items() if value not in _BEGUN]
        if done:
            client.delete(*done)
        return found

    def _take(self, number: str, value: Any) -> None:
        waiting = self._waiting.get(number)
        if waiting is None or waiting.future.done():
            return
        if isinstance(value, Outcome):
            waiting.future.set_result(value)
        elif isinstance(value, Exception):
            waiting.future.set_exception(value)
        else:
            waiting.begun = True

    async def _give_up(self, problem: Exception | None) -> None:
        overdue = [one for one in self._waiting.values() if not one.future.done() and time.time() > one.order.expires]
        there: dict[str, bool] = {}
        for one in overdue:
            site = one.order.site
            if one.begun and not problem:
                if site not in there:
                    with contextlib.suppress(*away_errors()):  # asked again with the next round
                        there[site] = await asyncio.to_thread(self.centre.registry.present, site)
                if there.get(site, True):
                    continue
            self._call_off(one.order.id)
            if not one.future.done():
                one.future.set_exception(self.centre.away(problem) if problem else _too_late(one))

    def _call_off(self, *numbers: str) -> None:
        """What a site has not begun it will not begin."""
        with contextlib.suppress(*away_errors()):  # without a broker nothing is begun either
            for number in numbers:
                client_of(self.centre.app).set(cancel_key(number), b"1", ex=RESULTS_S)


def _too_late(one: _Waiting) -> SiteAwayError:
    what = "has begun it and went away" if one.begun else "did not begin it by the deadline"
    return SiteAwayError(
        f"The site {one.order.site} {what}.", hint="Is its worker running? See --sites.", site=one.order.site
    )


def _state(kind: str, meta: Any) -> Any:
    """An Outcome, an error, or the word for a job that was begun."""
    if not isinstance(meta, dict):
        return BrokerError("A site's answer is damaged.", hint="Have both ends the same version?")
    if meta.get("status") == "SUCCESS":
        try:
            return outcome.decode(kind, meta.get("result"))
        except BrokerError as error:
            return error
    if meta.get("status") in _BEGUN:
        return str(meta["status"])
    return BrokerError("A site could not do its job.", hint="See its log.", state=str(meta.get("status")))


def _short(error: Exception) -> str:
    """Without what may hold an address with a password."""
    return type(error).__name__
