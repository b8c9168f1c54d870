"""Watch mode: a saved module is compiled, sent into the running node and reloaded; a chosen call shows what it does."""

import asyncio
import functools
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

from watchfiles import awatch

from devtoolkit import paths
from devtoolkit.errors import BuildError, NodeError, ToolkitError, UsageError
from devtoolkit.services import shell
from devtoolkit.services.cache import DeviceCache
from devtoolkit.services.devtools import lint_rules, pin_maps, sources
from devtoolkit.services.devtools.lint_rules import Known
from devtoolkit.services.ota import jobs, live
from devtoolkit.services.ota.live import LiveFile
from devtoolkit.services.shell import AskPassword, Visit
from devtoolkit.tools.mpy_cross import compile_source

_SETTLE_MS = 30  # editors write a file in several steps; they are one save
_STEP_MS = 10
_LOOK_MS = 250


@dataclass(frozen=True, slots=True)
class Round:
    """One save: what the node answered to the call, or `problem`. `seconds`: from the save to the reply.

    `hints`: what the linter says of the file; it is sent all the same.
    """

    file: str
    reply: tuple[str, ...]
    seconds: float
    bytes: int = 0
    problem: str = ""
    hints: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WatchReport:
    """All rounds of a watch that was ended."""

    device: str
    file: str
    rounds: tuple[Round, ...]


@dataclass(frozen=True, slots=True)
class Watched:
    """Whom to send what: a module's file, a node's name, uid or address, and the call to show (empty: none).

    Raises UsageError for a file that is no load module, or a call that is none of that module.
    """

    file: Path
    node: str
    call: str = ""

    def __post_init__(self) -> None:
        if not self.file.is_file():
            raise UsageError(f"There is no file {self.file}.", hint="Make one with --new-module NAME.")
        if not live.is_live(self.file) or self.file.suffix != ".py":
            raise UsageError(f"{self.file.name} is no load module.", hint="Name a file LM_<name>.py.")

    @property
    def command(self) -> str:
        """The call as the shell wants it: the module's name in front unless it is there."""
        module = self.file.stem.removeprefix(sources.MODULE_PREFIX)
        if not self.call or self.call.split()[0] == module:
            return self.call
        return f"{module} {self.call}"


async def watch(
    watched: Watched,
    cache: DeviceCache,
    *,
    on_round: Callable[[Round], object],
    on_ready: Callable[[], object] = lambda: None,
    ask: AskPassword | None = None,
    stop: asyncio.Event | None = None,
) -> WatchReport:
    """Send the file now and after every save, until `stop` is set. What goes wrong is a round's `problem`.

    Raises NodeUnknownError when there is no such node, and what the first try to reach it raises.
    """
    device = Visit(watched.node, cache).known()
    seen = _stamp(watched.file)
    rounds = [await send(watched, cache, ask=ask, began=time.monotonic())]
    on_round(rounds[0])
    on_ready()
    async for _ in _saves(watched.file, seen, stop):
        done = await _tried(watched, cache, ask)
        rounds.append(done)
        on_round(done)
    return WatchReport(device.fuid, str(watched.file), tuple(rounds))


async def _tried(watched: Watched, cache: DeviceCache, ask: AskPassword | None) -> Round:
    began = time.monotonic()
    try:
        return await send(watched, cache, ask=ask, began=began)
    except (BuildError, NodeError) as error:
        return Round(watched.file.name, (), time.monotonic() - began, problem=str(error))


async def send(
    watched: Watched, cache: DeviceCache, *, ask: AskPassword | None = None, began: float | None = None
) -> Round:
    """Compile, send and reload once, then call. Raises BuildError with the line, and NodeError."""
    began = time.monotonic() if began is None else began
    text = await asyncio.to_thread(watched.file.read_bytes)
    code = await asyncio.to_thread(compile_source, text, watched.file.name)
    (request,) = jobs.requests_for(watched.node, cache)
    report = await live.upload(request, (LiveFile(f"{watched.file.stem}.mpy", code),), cache=cache, ask=ask)
    reply, problem = await _called(watched, cache, ask) if watched.call else ((), "")
    installed = report.files[0]
    seconds = time.monotonic() - began
    hints = await asyncio.to_thread(_hints, watched.file)
    return Round(watched.file.name, reply, seconds, len(code), installed.problem or problem, hints)


async def _called(watched: Watched, cache: DeviceCache, ask: AskPassword | None) -> tuple[tuple[str, ...], str]:
    visit = Visit(watched.node, cache, ask=ask)
    try:
        result = await shell.run_async((watched.command,), visit)
    except ToolkitError as error:
        return (), str(error)
    lines = result.replies[0][1]
    failed = next((line for line in lines if line.startswith("Core error")), "")
    return lines, failed


def _hints(file: Path) -> tuple[str, ...]:
    """What our own rules say of the file."""
    source = sources.read(file)
    system = _system()
    known = Known({**system.by_name, source.name: source}, system.pin_names)
    return tuple(f"line {one.line}: {one.text}" for one in lint_rules.check(source, known))


@functools.cache
def _system() -> Known:
    found = sources.read_all(paths.micros_source())
    return Known({one.name: one for one in found}, pin_maps.known_names(found))


async def _saves(file: Path, seen: "_Stamp", stop: asyncio.Event | None) -> AsyncIterator[None]:
    """Once per save, also one before the watching began. The folder is watched: editors replace a file.

    The file's stamp is looked at a few times a second besides, for folders whose system tells of no changes.
    """
    changes = awatch(
        file.resolve().parent,
        watch_filter=lambda _change, path: Path(path).name == file.name,
        debounce=_SETTLE_MS,
        step=_STEP_MS,
        rust_timeout=_LOOK_MS,
        yield_on_timeout=True,
        stop_event=stop,
        recursive=False,
        ignore_permission_denied=True,
    )
    async for _ in changes:
        now = _stamp(file)
        if now and now != seen:
            seen = now
            yield


_Stamp = tuple[int, int, int] | None


def _stamp(file: Path) -> _Stamp:
    """Changes with every save; None while an editor replaces the file."""
    try:
        stat = file.stat()
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_size, stat.st_ino
