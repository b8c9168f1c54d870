"""Heart of the shims: everything that happens *to* the device while its code waits.

A **source** is a native socket with a callback (the link, broadcast receivers); a **job** is a callback with a due
time (timers, bouncing buttons, a Wi-Fi join). Both are served by `hook()`, which runs whenever device code waits: in
asyncio's poll, in `time.sleep*`, in blocking socket calls, in `machine.idle`. Every wait ends at once for a source and
in time for a job, so a simulated interrupt is not late, and an idle node costs no CPU. Code that spins without any of
these is not interrupted.
"""

import select
import sys
import time as _time

ticks_ms = _time.ticks_ms
ticks_diff = _time.ticks_diff
ticks_add = _time.ticks_add

cfg = {}

_MAX_WAIT_MS = 1000  # longest single poll
_HOOK_EVERY_MS = 2  # under full load the hook runs at most this often

_poller = select.poll()
_sources = {}  # id(native socket) -> (native socket, callback)
_jobs = []
_ready = []
_aio = None  # the asyncio IOQueue that has our sources in its poller
_busy = False
_last = 0
_leapt = 0  # ms


class Job:
    """`fn(arg)` at `due` (ticks_ms); with `period` (ms) again and again."""

    def __init__(self, fn, arg=None):
        self.fn = fn
        self.arg = arg
        self.due = 0
        self.period = 0

    def start(self, delay, period=0):
        self.due = ticks_add(ticks_ms(), max(0, int(delay)))
        self.period = int(period)
        if self not in _jobs:
            _jobs.append(self)
        return self

    def stop(self):
        if self in _jobs:
            _jobs.remove(self)

    def run(self, now):
        if self.period:
            self.due = ticks_add(self.due, self.period)
            if ticks_diff(now, self.due) > 8 * self.period:  # a blocked program does not get the whole backlog
                self.due = now
        else:
            _jobs.remove(self)
        guarded(self.fn, self.arg)


def guarded(fn, arg):
    """Call a handler as the VM's scheduler does: an exception is printed, not passed on."""
    try:
        fn(arg)
    except Exception as exc:
        sys.print_exception(exc)


def add_source(sock, callback):
    """Serve `callback()` whenever the native socket is readable."""
    _sources[id(sock)] = (sock, callback)
    _poller.register(sock, select.POLLIN)
    if _aio is not None:
        _aio.poller.register(sock, select.POLLIN)


def drop_source(sock):
    if _sources.pop(id(sock), None):
        _poller.unregister(sock)
        if _aio is not None:
            _aio.poller.unregister(sock)


def next_due(limit):
    """Milliseconds until the next job, at most `limit`."""
    now = ticks_ms()
    for job in _jobs:
        left = ticks_diff(job.due, now)
        if left < limit:
            limit = left if left > 0 else 0
    return limit


def hook():
    """Serve readable sources and due jobs; returns how many were served. Not re-entered by handlers that wait."""
    global _busy, _last
    if _busy:
        return 0
    _busy = True
    served = 0
    try:
        _last = ticks_ms()
        for item in _poller.ipoll(0):
            _ready.append(id(item[0]))
        while _ready:
            source = _sources.get(_ready.pop())
            if source:
                source[1]()
                served += 1
        if served:
            _last = ticks_ms()  # one of them may have let time pass
        due = [job for job in _jobs if ticks_diff(job.due, _last) <= 0] if _jobs and next_due(1) == 0 else ()
        if len(due) > 1:
            due.sort(key=lambda job: ticks_diff(job.due, _last))
        for job in due:
            if job in _jobs:
                job.run(_last)
                served += 1
    finally:
        _ready.clear()
        _busy = False
    return served


def wait(ms=None, sock=None, events=select.POLLIN):
    """Let the board live for `ms` (None: no limit) or until the native socket is ready; True when it is."""
    end = None if ms is None else ticks_add(ticks_ms(), ms)
    if sock is not None:
        _poller.register(sock, events)
    try:
        while True:
            hook()
            left = _MAX_WAIT_MS if end is None else ticks_diff(end, ticks_ms())
            hit = False
            limit = min(left, _MAX_WAIT_MS)
            for item in _poller.ipoll(max(0, limit if _busy else next_due(limit))):
                hit = hit or item[0] is sock
            if hit:
                return True
            if left <= 0:
                return False
    finally:
        if sock is not None:
            _poller.unregister(sock)


def sleep_ms(ms):
    if _busy:
        _time.sleep_ms(ms)
    else:
        wait(ms)


class ThreadSafeFlag:
    """
    asyncio's, made of an event: handlers run while the event loop waits. The own one has no descriptor, and the unix
    port's poll crashes when its table of descriptors grows with such an object in it (poll_set_add_fd moves them all).
    """

    def __init__(self):
        from asyncio import Event

        self._event = Event()
        self.set = self._event.set
        self.clear = self._event.clear

    async def wait(self):
        await self._event.wait()
        self._event.clear()


def patch_asyncio():
    """Make asyncio's poll wake for sources and jobs (class patch, so a new event loop has it as well)."""
    import asyncio
    from asyncio import core

    asyncio.ThreadSafeFlag = ThreadSafeFlag
    inner = core.IOQueue.wait_io_event

    def wait_io_event(self, dt):
        global _aio
        if self is not _aio:
            _aio = self
            for sock, _ in _sources.values():
                self.poller.register(sock, select.POLLIN)
        while True:
            step = next_due(_MAX_WAIT_MS if dt < 0 or dt > _MAX_WAIT_MS else dt) if dt else 0
            foreign = None
            try:
                inner(self, step)
            except KeyError as exc:  # one of our sources is readable: asyncio has no task for it
                foreign = exc
            if foreign is not None or dt or ticks_diff(ticks_ms(), _last) >= _HOOK_EVERY_MS:
                served = hook()
                if foreign is not None and not served and not _busy:
                    raise foreign
            if dt >= 0 or core._task_queue.peek():  # "wait for ever" must not end without a task to run
                return

    core.IOQueue.wait_io_event = wait_io_event


def leap(ms):
    """Simulated time: `ms` pass at once, so what waits for them is due. Ticks are the VM's own until the first leap."""
    global ticks_ms, _leapt
    from asyncio import core

    _leapt += ms
    ticks_ms = core.ticks = lambda: ticks_add(_time.ticks_ms(), _leapt)


def rewatch(wanted):
    """The file descriptors of the streams for which `wanted(stream)` is true have changed: poll the new ones."""
    if _aio is None:
        return
    for reader, writer, stream in _aio.map.values():
        if wanted(stream):
            _aio.poller.unregister(stream)
            _aio.poller.register(stream, (select.POLLIN if reader else 0) | (select.POLLOUT if writer else 0))
