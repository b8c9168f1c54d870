"""A shell session with a node as a quiet job: lines in, replies out, both as signals."""

import asyncio
import contextlib
from collections.abc import Callable

from devtoolkit.errors import ToolkitError
from devtoolkit.gui.hub import Hub
from devtoolkit.gui.job import Handle, Job
from devtoolkit.gui.qt import QObject, pyqtSignal


class ShellSession(QObject):
    """One open session; begins with its first line. `ended` comes with the error, or None when the node ended it."""

    replied = pyqtSignal(object)
    ended = pyqtSignal(object)

    def __init__(self, hub: Hub, uid: str) -> None:
        super().__init__()
        self._hub, self._uid = hub, uid
        self._job: Job | None = None
        self._put: Callable[[str | None], None] | None = None
        self._early: list[str | None] = []

    @property
    def open(self) -> bool:
        return self._job is not None

    def send(self, line: str) -> None:
        if self._job is None:
            job = Job("", self._work, quiet=True)
            job.succeeded.connect(lambda _result: self._over(None))
            job.failed.connect(self._over)
            self._job = job
            self._early.append(line)
            self._hub.jobs.start(job)
        elif self._put is None:
            self._early.append(line)
        else:
            self._put(line)

    def close(self) -> None:
        """End the session; what is under way is finished first."""
        if self._put is not None:
            self._put(None)
        else:
            self._early.append(None)

    def _over(self, error: ToolkitError | None) -> None:
        self._job, self._put = None, None
        self._early.clear()
        self.ended.emit(error)

    def _work(self, handle: Handle) -> None:
        queue: asyncio.Queue[str | None] | None = None

        async def read() -> str | None:
            nonlocal queue
            if queue is None:
                queue = asyncio.Queue()
                loop = asyncio.get_running_loop()
                self._put = _putter(loop, queue)
                for line in self._early:
                    queue.put_nowait(line)
                self._early.clear()
            while not handle.cancel.wanted:
                try:
                    return await asyncio.wait_for(queue.get(), 0.2)
                except TimeoutError:  # look at the cancel flag
                    continue
            return None

        self._hub.services.converse(self._uid, handle, read, self.replied.emit)


def _putter(loop: asyncio.AbstractEventLoop, queue: "asyncio.Queue[str | None]") -> Callable[[str | None], None]:
    def put(line: str | None) -> None:
        with contextlib.suppress(RuntimeError):  # the session has just ended; `ended` tells
            loop.call_soon_threadsafe(queue.put_nowait, line)

    return put
