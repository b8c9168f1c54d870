"""Updates over the air that are disturbed on the way, whole matrix: how many end as they must.

A lost connection after every WebREPL frame in both directions; a disk that is full in every put; the toolkit killed at
random moments; the node out of reach for 30 s; a nearly full node, which gets two updates; `--migrate`. After each
disturbance the node must run one whole version, and the same run or the next one finishes the job.

    MICROS_OTA_FAULTS=frames,full,killed,gone,parts,migrate python3 dev.py bench ota_faults     some of them only
"""

import asyncio
import json
import os
import random
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from run import Figure

sys.path.append(str(Path(__file__).resolve().parents[1] / "tests" / "support"))
from ota_filler import FILLER, PAD, fill, free
from update_child import updating
from update_nodes import LIMITS, OtaNode, changed_build, deaf_shell, own_pid_name, source_build, until
from webrepl_proxy import WebReplProxy

from devtoolkit import paths
from devtoolkit.errors import ToolkitError, UpdateError
from devtoolkit.pipelines.base import Event, Listener, silent
from devtoolkit.services.cache import DeviceCache
from devtoolkit.services.ota import jobs
from devtoolkit.services.ota.request import NodeUpdate, OtaLimits, UpdateRequest
from devtoolkit.services.ota.update import update_node, update_node_async

KILLS = 30
GONE_S = 30.0
_PAGES = 6  # files of the update that meets a full disk
_PAGE_BLOCKS = 5
_BLOCK = 4096
_TWO_PARTS_FREE = 90  # blocks: enough for the modules or the core, not for both


class Bench:
    """One node, and versions of which each is newer than the one before."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.node = OtaNode(folder / "boards", own_pid_name("faults"), files={"LM_filler.py": FILLER, "pad.bin": PAD})
        self.node.wait()
        self.number = 0

    def next(self, pages: dict[str, bytes] | None = None) -> Path:
        self.number += 1
        module = b"def what():\n    return 'version %d'\n" % self.number
        end = str(self.number).encode()
        files = {"LM_extra.py": module, **{name: data + end for name, data in (pages or {}).items()}}
        return changed_build(self.folder / str(self.number), files, f"2.1.{self.number}-0")

    def version(self) -> int:
        """What the node runs; 0 before the first update."""
        answer = self.node.wait().ask("extra what")[0]
        return int(answer.split()[1]) if answer.startswith("version") else 0

    def problem(self, wanted: int | None = None) -> str:
        """Empty when the node runs the newest version (or the wanted one), confirmed, with nothing left over."""
        version = self.version()
        until(lambda: self._state()["state"] != "trial", self.node, "a verdict")
        state = self._state()
        good = version == (self.number if wanted is None else wanted) and not state["staged"]
        return "" if good and state["mode"] == "run" else f"version {version} of {self.number}, {state}"

    def _state(self) -> dict[str, object]:
        value: dict[str, object] = json.loads(self.node.ask("ota state")[0])
        return value


def _counted(label: str, problems: list[str]) -> Figure:
    for problem in filter(None, problems):
        print(f"  {label}: {problem}", file=sys.stderr)
    survived = sum(not problem for problem in problems)
    return Figure(label, survived, "", survived / len(problems), f"{len(problems)}")


def _outcome(request: UpdateRequest, listener: Listener = silent) -> str:
    try:
        return asyncio.run(update_node_async(request, listener=listener)).outcome
    except ToolkitError as error:
        return f"{error.type}: {error.message}"


# --- lost connections


def frames(bench: Bench) -> Iterator[Figure]:
    """The first connection is lost after its k-th frame, for every k that an undisturbed update has."""
    page = {"big.html": bytes(range(256)) * 9}
    with WebReplProxy(bench.node.board.ip) as proxy:
        assert _outcome(bench.node.request(source=bench.next(page), webrepl_port=proxy.port)) == "updated"
        counts = {"client": proxy.frames[0], "node": proxy.answers[0]}
    for side, count in counts.items():
        problems = [_after_frame(bench, page, side, k) for k in range(1, count + 1)]
        yield _counted(f"connection lost after each frame of the {side}", problems)


def _after_frame(bench: Bench, page: dict[str, bytes], side: str, k: int) -> str:
    def cut(connection: int, number: int) -> bool:
        return connection == 1 and number == k

    new = bench.next(page)
    with WebReplProxy(bench.node.board.ip, **{"cut" if side == "client" else "cut_answers": cut}) as proxy:
        outcome = _outcome(bench.node.request(source=new, webrepl_port=proxy.port))
    return bench.problem() or ("" if outcome == "updated" else f"frame {k}: {outcome}")


# --- a full disk


def full(bench: Bench) -> Iterator[Figure]:
    """The disk gets full in the put of each file, at its beginning and in its middle, and in that of the manifest."""
    pages = {f"page{n}.html": random.Random(n).randbytes(_PAGE_BLOCKS * _BLOCK) for n in range(_PAGES)}
    levels = range(1, (_PAGES + 1) * (_PAGE_BLOCKS + 1) + 3, 2)
    problems = [_filled(bench, pages, left) for left in levels]
    yield _counted("disk full in every put, every other block", problems)


def _filled(bench: Bench, pages: dict[str, bytes], left: int) -> str:
    before = bench.version()
    new = bench.next(pages)

    def on_event(event: Event) -> None:
        if event.kind == "start" and event.step == "stage":
            thread = threading.Thread(target=fill, args=(bench.node, left))
            thread.start()
            thread.join()

    outcome = _outcome(bench.node.request(source=new), on_event)
    bench.node.wait()
    free(bench.node)
    if outcome == "updated":
        return bench.problem()
    if not outcome.startswith("UpdateError") or "full" not in outcome:
        return f"{left} blocks left: {outcome}"
    return bench.problem(before) or _finished(bench, new)


def _finished(bench: Bench, new: Path) -> str:
    """The next run does it."""
    outcome = _outcome(bench.node.request(source=new))
    return bench.problem() or ("" if outcome in ("updated", "unchanged") else outcome)


# --- a killed toolkit


def killed(bench: Bench) -> Iterator[Figure]:
    with updating(bench.node.request(source=bench.next()), dict(os.environ)) as child:
        started = time.monotonic()
        assert child.result() == "updated"
        seconds = time.monotonic() - started
    problems = [_killed(bench, random.Random(n).uniform(0, seconds)) for n in range(KILLS)]
    yield _counted(f"toolkit killed at random moments of {seconds:.1f} s", problems)


def _killed(bench: Bench, seconds: float) -> str:
    new = bench.next()
    with updating(bench.node.request(source=new), dict(os.environ)) as child:
        time.sleep(seconds)  # the moment is what is drawn
        child.kill()
    problem = _finished(bench, new)
    return f"after {seconds:.2f} s: {problem}" if problem else ""


# --- out of reach


def gone(bench: Bench) -> Iterator[Figure]:
    """30 s without a packet, with the limits that users have; then 30 s without power."""
    problems = [_out_of_reach(bench), _without_power(bench)]
    yield _counted(f"node gone for {GONE_S:g} s while files are sent, default limits", problems)


def _once_while_sending(work: Callable[[], None]) -> Callable[[Event], None]:
    """Done in another thread at the first file; its own end is awaited by the caller's update."""
    begun: list[threading.Thread] = []

    def on_event(event: Event) -> None:
        if event.kind == "progress" and event.step == "stage" and not begun:
            begun.append(threading.Thread(target=work))
            begun[0].start()

    return on_event


def _out_of_reach(bench: Bench) -> str:
    new = bench.next({"big.html": bytes(range(256)) * 40})
    with WebReplProxy(bench.node.board.ip) as proxy:

        def away() -> None:
            proxy.set_up(False)
            time.sleep(GONE_S)  # what is measured
            proxy.set_up(True)

        request = replace(bench.node.request(source=new, webrepl_port=proxy.port), limits=OtaLimits())
        outcome = _outcome(request, _once_while_sending(away))
    return bench.problem() or ("" if outcome == "updated" else outcome)


def _without_power(bench: Bench) -> str:
    new = bench.next({"big.html": bytes(range(256)) * 40})

    def away() -> None:
        bench.node.board.power_off()
        time.sleep(GONE_S)  # what is measured
        bench.node.board.power_on()

    request = replace(bench.node.request(source=new), limits=OtaLimits())
    outcome = _outcome(request, _once_while_sending(away))
    return bench.problem() or ("" if outcome == "updated" else outcome)


# --- two parts


def parts(bench: Bench) -> Iterator[Figure]:
    """The whole set on a node that has room for half of it."""
    new = bench.next()
    left = fill(bench.node, _TWO_PARTS_FREE)
    titles: list[str] = []

    def listener(event: Event) -> None:
        if event.kind == "done" and event.step in ("stage", "trial"):
            titles.append(event.title)

    started = time.perf_counter()
    done: NodeUpdate | None = None
    try:
        done = asyncio.run(update_node_async(bench.node.request(source=new, mode="full"), listener=listener))
    except UpdateError as error:
        print(f"  two parts: {error.message} {error.facts}", file=sys.stderr)
    seconds = time.perf_counter() - started
    free(bench.node)
    want = [f"{step} (part {n}/2)" for n in (1, 2) for step in ("Send files", "Trial")]
    good = done is not None and done.outcome == "updated" and titles == want
    yield _counted("full set in two updates, modules then core", [bench.problem() or ("" if good else str(titles))])
    yield Figure(f"  {len(done.sent) if done else 0} files with {left} free blocks", seconds, "s")


# --- a node that does not know updates of this kind


def migrate(bench: Bench) -> Iterator[Figure]:
    """`--migrate`: the stand-in is a node of ours whose shell does not know `ota`."""
    files = {"Shell.mpy": deaf_shell(), "LM_mine.py": b"def what():\n    return 'mine'\n"}
    with OtaNode(bench.folder / "boards", "legacy", files=files) as old:
        options = {"source": source_build(), "limits": LIMITS, "interfaces": ("127.0.0.1",)}
        report = jobs.move(old.name, DeviceCache(paths.device_cache()), **options)
        outcome = report.nodes[0].outcome if report.error is None else str(report.error)
        good = outcome == "updated" and old.ask("mine what") == ["mine"]
        good = good and update_node(old.request()).outcome == "unchanged"
    yield _counted("--migrate, with a module of the user", ["" if good else outcome])


def run() -> list[Figure]:
    wanted = os.environ.get("MICROS_OTA_FAULTS", "")
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory() as name:
        bench = Bench(Path(name))
        try:
            assert update_node(bench.node.request(source=bench.next())).outcome == "updated"
            for one in (frames, full, killed, gone, parts, migrate):
                if not wanted or one.__name__ in wanted.split(","):
                    figures += one(bench)
        finally:
            bench.node.close()
    return figures
