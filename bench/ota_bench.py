"""Updates over the air on virtual nodes: nothing to do, staging against plain puts, the whole update, a live module.

Then 20 nodes side by side, one of them broken on purpose. The trial is 1 s here (60 s for users), reported apart.
Repeat with `python3 dev.py bench ota`.
"""

import asyncio
import statistics
import sys
import tempfile
import time
from pathlib import Path

from run import Figure

sys.path.append(str(Path(__file__).resolve().parents[1] / "tests" / "support"))
from update_nodes import LIMITS, OtaNode, changed_build, nodes

from devtoolkit import paths
from devtoolkit.codecs.ota import staged_path
from devtoolkit.pipelines.base import Event
from devtoolkit.services.cache import DeviceCache
from devtoolkit.services.ota import fileset, jobs, live
from devtoolkit.services.ota.deliver import Delivery
from devtoolkit.services.ota.fleet import Rollout
from devtoolkit.services.ota.link import NodeLink
from devtoolkit.services.ota.plan import NodeFiles, Part, make_plan
from devtoolkit.services.ota.progress import Reporter
from devtoolkit.services.ota.update import update_node, update_node_async
from devtoolkit.tools import mpy_cross

FLEET = 20
ROUNDS = 5
_MODULE = b"def what():\n    return %d\n"
_BREAKS = b"import os\nif 'break.dat' in os.listdir():\n    raise ValueError('broken on purpose')\n"


class Staging:
    """From the first byte of the first file to the last byte of the last one."""

    def __init__(self) -> None:
        self.first = self.last = 0.0
        self.bytes = 0

    def __call__(self, event: Event) -> None:
        if event.step == "stage" and event.kind == "progress":
            self.first = self.first or time.perf_counter()
            self.last, self.bytes = time.perf_counter(), event.total

    @property
    def seconds(self) -> float:
        return self.last - self.first


def staging_figures(node: OtaNode) -> list[Figure]:
    """Plain puts of the full set and our staging of it, by turns over the same connection in update mode; medians."""
    wanted = fileset.bundled(node.request().source)
    link = NodeLink(node.request(), DeviceCache(paths.device_cache()))
    plain, ours = list[float](), list[float]()

    async def work() -> Part:
        async with link.update_mode() as mode:
            state, files = await mode.files()
            there = NodeFiles(state, {entry.path: entry for entry in files})
            (part,) = make_plan(there, wanted, mode="full").parts
            for _ in range(ROUNDS):
                started = time.perf_counter()
                for entry in part.manifest.files:
                    await mode.repl.put(staged_path(entry.path), wanted.files[entry.path])
                plain.append(time.perf_counter() - started)
                await mode.ask("abort")
                delivery = Delivery(link, Reporter(), wanted, part, set(), updating=True)
                started = time.perf_counter()
                with delivery.reporter.step("stage", "Send files") as step:
                    await delivery.put_all(mode, step)
                ours.append(time.perf_counter() - started)
                await mode.ask("abort")
            await mode.ask("leave")
            return part

    node.ask("webrepl --update")
    assert node.board.wait_console(30, "WebREPL server started")
    part = asyncio.run(work())
    node.wait()
    puts, staging = statistics.median(plain), statistics.median(ours)
    return [
        Figure(f"plain puts of {len(part.manifest.files)} files, {part.size} bytes", puts, "s"),
        Figure("staging of the same files, with the manifest", staging, "s", staging / puts, "plain (goal 1.3)"),
    ]


def full_figures(node: OtaNode) -> list[Figure]:
    started = time.perf_counter()
    node.ask("ota manifest")  # the staging before has left all hashes in doubt, which is not the usual case
    hashing = time.perf_counter() - started
    staging = Staging()
    started = time.perf_counter()
    done = asyncio.run(update_node_async(node.request(mode="full"), listener=staging))
    whole = time.perf_counter() - started
    assert done.outcome == "updated", done
    confirmed = done.seconds["trial"]
    rest = whole - staging.seconds - confirmed
    return [
        Figure("hashing all files once, where they are not known", hashing, "s"),
        Figure(f"full update of {len(done.sent)} files without staging", rest, "s", rest / 3, "goal 3 s"),
        Figure("  of it: from the commit to the trial", done.seconds["apply"], "s"),
        Figure("  confirmed after (trial of 1 s)", confirmed, "s"),
    ]


def small_figures(node: OtaNode, folder: Path) -> list[Figure]:
    new = changed_build(folder / "one", {"LM_extra.mpy": mpy_cross.compile_source(_MODULE % 1, "LM_extra.py")})
    started = time.perf_counter()
    done = update_node(node.request(source=new))
    assert (done.outcome, len(done.sent)) == ("updated", 1), done
    one = time.perf_counter() - started - done.seconds["trial"]
    update_node(node.request(source=new))
    started = time.perf_counter()
    assert update_node(node.request(source=new)).outcome == "unchanged"
    nothing = time.perf_counter() - started
    return [
        Figure("one changed module, until its trial", one, "s"),
        Figure("nothing to do", nothing, "s", nothing / 0.5, "goal 0.5 s"),
    ]


def live_figure(node: OtaNode) -> Figure:
    cache = DeviceCache(paths.device_cache())
    asyncio.run(live.upload(node.request(), [live.LiveFile("LM_extra2.py", _MODULE % 1)], cache=cache))
    node.ask("extra2 what")
    started = time.perf_counter()
    asyncio.run(live.upload(node.request(), [live.LiveFile("LM_extra2.py", _MODULE % 2)], cache=cache))
    assert node.ask("extra2 what") == ["2"]
    seconds = time.perf_counter() - started
    return Figure("one module live, until its answer", seconds, "s", seconds / 2, "goal 2 s")


def fleet_figures(folder: Path) -> list[Figure]:
    source = (paths.micros_source() / "core" / "Hooks.py").read_bytes() + _BREAKS
    new = changed_build(folder / "breaks", {"Hooks.mpy": mpy_cross.compile_source(source, "Hooks.py")})
    with nodes(folder / "boards", FLEET - 1) as good:
        bad = OtaNode(folder / "boards", "bad", files={"break.dat": b"x"})
        try:
            names = ",".join([bad.wait().name, *(node.name for node in good)])
            options = {"source": new, "limits": LIMITS, "trial_s": 1, "interfaces": ("127.0.0.1",)}
            cache = DeviceCache(paths.device_cache())
            report = jobs.run(names, cache, rollout=Rollout(parallel=FLEET, abort_share=1.0), **options)
        finally:
            bad.close()
    assert report.error is not None
    assert "bad (rolled back: ValueError: broken on purpose)" in str(report.error)
    updated = report.counted("updated")
    return [
        Figure(f"{FLEET} nodes in parallel, all verdicts", report.seconds, "s"),
        Figure("  updated", updated, "", updated / (FLEET - 1), f"{FLEET - 1}"),
        Figure("  rolled back and named in the report", report.counted("rolled_back"), "", 1.0, "the broken one"),
        Figure("  exit code", report.error.exit_code, ""),
    ]


def run() -> list[Figure]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with OtaNode(folder / "boards", "bench") as node:
            figures = [*staging_figures(node), *full_figures(node), *small_figures(node, folder), live_figure(node)]
        return figures + fleet_figures(folder)
