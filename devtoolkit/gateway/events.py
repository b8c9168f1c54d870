"""Live events: whoever listens gets what happens from now on, as server-sent events."""

import asyncio
import json
import time
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

KEEP = 100  # events for those who ask without listening
_QUEUE = 256  # a listener that falls so far behind is let go
_QUIET_S = 15.0  # a comment keeps proxies from closing a silent stream


@dataclass(frozen=True, slots=True)
class LiveEvent:
    """`kind` is what EventSource calls the event; `data` are JSON values; `at` is Unix time."""

    number: int
    kind: str
    data: dict[str, object]
    at: float


Queue = asyncio.Queue[LiveEvent | None]


@dataclass(slots=True)
class Events:
    """One stream of events in one event loop; `None` in a listener's queue is the end."""

    recent: deque[LiveEvent] = field(default_factory=lambda: deque(maxlen=KEEP))
    _count: int = 0
    _listeners: set[Queue] = field(default_factory=set)
    _closed: bool = False

    def publish(self, kind: str, data: dict[str, object]) -> None:
        """Tell all listeners. Call it in the loop's thread."""
        self._count += 1
        event = LiveEvent(self._count, kind, data, time.time())
        self.recent.append(event)
        for queue in tuple(self._listeners):
            if queue.qsize() >= _QUEUE:
                self._let_go(queue)
            else:
                queue.put_nowait(event)

    @contextmanager
    def subscribe(self) -> Iterator[Queue]:
        """A queue with what happens from now on, for the block; `None` in it is the end."""
        queue: Queue = asyncio.Queue()
        if self._closed:
            queue.put_nowait(None)
        else:
            self._listeners.add(queue)
        try:
            yield queue
        finally:
            self._listeners.discard(queue)

    def close(self) -> None:
        """End all streams."""
        self._closed = True
        for queue in tuple(self._listeners):
            self._let_go(queue)

    def _let_go(self, queue: Queue) -> None:
        self._listeners.discard(queue)
        queue.put_nowait(None)


async def stream(events: Events, *, replay: bool = False) -> AsyncIterator[str]:
    """The text of a server-sent stream, without end until the events are closed. `replay`: the kept ones first."""
    with events.subscribe() as queue:
        yield ": here\n\n"
        for event in tuple(events.recent) if replay else ():
            yield text_of(event)
        while True:
            try:
                async with asyncio.timeout(_QUIET_S):
                    event_or_end = await queue.get()
            except TimeoutError:
                yield ": still here\n\n"
                continue
            if event_or_end is None:
                return
            yield text_of(event_or_end)


def text_of(event: LiveEvent) -> str:
    """An event as server-sent events are written."""
    body = json.dumps({**event.data, "at": event.at}, ensure_ascii=False)
    return f"id: {event.number}\nevent: {event.kind}\ndata: {body}\n\n"
