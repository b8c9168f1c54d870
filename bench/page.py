"""What the benchmarks measured, kept in `bench/results/`, and the page that shows it, `docs/benchmarks.md`.

`python3 dev.py bench --store [NAME]` measures and keeps (one file a benchmark, so that single ones can be refreshed)
and writes the page; `--page` only writes it. A figure says in `against` what its ratio compares it with; where that
is a goal, the page says whether it was met.
"""

import json
import math
import os
import platform
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "bench" / "results"
PAGE = ROOT / "docs" / "benchmarks.md"
VERSION = 1
# A ratio against these words is value / goal, so 1 or less is good.
_AT_MOST = re.compile(r"goal|budget|the limit of|\d[\d.]* ?(ms|s|MB|B)$|1\.5 x ")
_WANTED = re.compile(r"\(wanted: ([\d.]+)\)")  # our rate / theirs: at least so much
_NO_SLOWER = re.compile(r"\(goal ([\d.]+)\)")  # our time / theirs: at most so much
_FASTER = re.compile(r"^ours, goal ([\d.]+)")  # their time / ours: at least so much
_ALL = re.compile(r"all\b|presses$|the broken one$|\d+$")  # a share of what there was: 1 is good
# Rows that a page of their own shows better: the beginning of their names, and that page.
_ELSEWHERE = {"memory": (("import ", "objects: "), "[memory of the device system](memory.md)")}
# Goals of figures whose ratio compares with something else, in the figure's own unit.
_OTHER_GOALS = {"--help": 150.0, "-v": 250.0}
_TITLES = {"ours": "as long as ours"}
_HEAD = """\
# Benchmarks

Made by `python3 dev.py bench --store [NAME]`, which measures, keeps the figures in `bench/results/` and writes this
page. Nothing on it is typed by hand, and no test fails on a time: a goal that is missed is shown here. A ratio says
how a figure compares with what stands beside it: with the wire's own limit, with ampy or mpremote doing the same,
with a bare server in the same VM, with a plain loop over mpy-cross, or with the goal. Everything runs on virtual
boards and loopback; real wires and radios add their own time.
"""


@dataclass(frozen=True)
class Verdict:
    """A goal in words, and whether it was met."""

    goal: str
    met: bool


def verdict(figure: dict[str, Any]) -> Verdict | None:
    """What a figure says of its goal; None when it has none."""
    ratio, against = figure["ratio"], figure["against"]
    if ratio is None or not against:
        return None
    if against == "python" and figure["name"] in _OTHER_GOALS:
        limit = _OTHER_GOALS[figure["name"]]
        return Verdict(f"at most {limit:g} {figure['unit']}", figure["value"] <= limit)
    if found := _WANTED.search(against):
        return Verdict(f"at least {float(found[1]):g} x {against.split(' (')[0]}", ratio >= float(found[1]))
    if found := _NO_SLOWER.search(against):
        return Verdict(f"at most {float(found[1]):g} x {against.split(' (')[0]}", ratio <= float(found[1]))
    if found := _FASTER.match(against):
        return Verdict(f"{float(found[1]):g} x as long as ours", ratio >= float(found[1]))
    if _ALL.match(against):
        return Verdict(f"all of {against}" if against.isdigit() else against, ratio >= 1.0)
    if _AT_MOST.match(against):
        words = re.sub(r"^goal( of)? ?|^the limit of |budget", "", against).strip() or _goal_of(figure)
        return Verdict(f"at most {words}", ratio <= 1.0)
    return None


def _goal_of(figure: dict[str, Any]) -> str:
    """The goal, from the value and its ratio to it."""
    return f"{_number(figure['value'] / figure['ratio'])} {figure['unit']}" if figure["ratio"] else "the goal"


def store(name: str, figures: list[dict[str, Any]], seconds: float) -> None:
    """Keep one benchmark's figures, written whole or not at all."""
    RESULTS.mkdir(exist_ok=True)
    value = {
        "version": VERSION,
        "benchmark": name,
        "when": datetime.now(tz=UTC).strftime("%Y-%m-%d"),
        "took_s": round(seconds, 1),
        "machine": machine(),
        "figures": figures,
    }
    temporary = RESULTS / f"{name}.json.tmp"
    temporary.write_text(json.dumps(value, indent=1) + "\n", encoding="utf-8")
    temporary.replace(RESULTS / f"{name}.json")


def seconds_of(name: str) -> float:
    """How long the benchmark took when it was last kept; infinite for one that never was."""
    return {kept["benchmark"]: float(kept["took_s"]) for kept in results()}.get(name, math.inf)


def machine() -> str:
    """Processor, cores, system and Python: what figures depend on. Never the machine's name."""
    model = platform.processor() or platform.machine()
    if Path("/proc/cpuinfo").exists():
        models = re.findall(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
        model = models[0] if models else model
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{model}, {cores} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}"


def results() -> list[dict[str, Any]]:
    """All that is kept, by name. Raises ValueError for a file of a newer version."""
    found = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(RESULTS.glob("*.json"))]
    newer = [one["benchmark"] for one in found if one["version"] > VERSION]
    if newer:
        raise ValueError(f"bench/results: {', '.join(newer)} were written by a newer version")
    return found


def text(names: Iterable[str], descriptions: dict[str, str]) -> str:
    """The page. `names`: all benchmarks there are; those without figures are listed as not measured."""
    kept = results()
    missing = sorted(set(names) - {one["benchmark"] for one in kept})
    parts = [_HEAD, *_summary(kept)]
    for one in kept:
        parts += list(_section(one, descriptions.get(one["benchmark"], "")))
    if missing:
        parts += ["## Not measured yet", "", ", ".join(f"`{name}`" for name in missing) + ".", ""]
    return "\n".join(parts)


def _summary(kept: list[dict[str, Any]]) -> Iterator[str]:
    """How many goals hold, and the missed ones by name."""
    rows = [(one["benchmark"], figure, verdict(figure)) for one in kept for figure in one["figures"]]
    judged = [(name, figure, said) for name, figure, said in rows if said]
    missed = [(name, figure, said) for name, figure, said in judged if not said.met]
    yield f"**{len(judged) - len(missed)} of {len(judged)} goals met** in {len(kept)} benchmarks.\n"
    for place in dict.fromkeys(one["machine"] for one in kept):
        yield f"Machine: {place}.\n"
    if missed:
        yield from ("| missed | figure | value | goal |", "|---|---|---:|---|")
        yield from (f"| `{name}` | {f['name'].strip()} | {_value(f)} | {said.goal} |" for name, f, said in missed)
        yield ""


def _section(one: dict[str, Any], description: str) -> Iterator[str]:
    yield f"## {one['benchmark']}\n"
    if description:
        yield f"{description}\n"
    yield f"`python3 dev.py bench {one['benchmark']}`, {one['when']}, took {one['took_s']:,.0f} s.\n"
    names, place = _ELSEWHERE.get(one["benchmark"], ((), ""))
    shown = [figure for figure in one["figures"] if not figure["name"].startswith(names or "\0")]
    yield from ("| figure | value | ratio | goal | |", "|---|---:|---:|---|---|")
    yield from map(_row, shown)
    yield ""
    if len(shown) < len(one["figures"]):
        yield f"{len(one['figures']) - len(shown)} more figures: {place}.\n"


def _row(figure: dict[str, Any]) -> str:
    said = verdict(figure)
    indent = "&emsp;" if figure["name"].startswith(" ") else ""
    ratio = f"{figure['ratio']:.2f} x" if figure["ratio"] is not None else ""
    against = re.sub(r" ?\((?:wanted|goal).*\)|, goal .*", "", figure["against"])
    if ratio and not (said and _AT_MOST.match(figure["against"])):
        ratio += f" {_TITLES.get(against, against)}"
    mark = ("met" if said.met else "**missed**") if said else ""
    return f"| {indent}{figure['name'].strip()} | {_value(figure)} | {ratio} | {said.goal if said else ''} | {mark} |"


def _value(figure: dict[str, Any]) -> str:
    return f"{_number(figure['value'])} {figure['unit']}".strip()


def _number(value: float) -> str:
    """Three digits that count, never an exponent."""
    if value == int(value) or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.2f}" if abs(value) >= 1 else f"{value:.3f}"
