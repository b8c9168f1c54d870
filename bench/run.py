"""Runs the benchmarks: prints numbers and ratios, judges nothing.

    python3 dev.py bench [NAME] [--json]
    python3 dev.py bench --store [NAME]    the same, kept in bench/results/, and docs/benchmarks.md written
    python3 dev.py bench --page            only docs/benchmarks.md, from what is kept

A benchmark is a file `bench/<name>_bench.py` with `run() -> list[Figure]`; its docstring says what is measured.
"""

import ast
import importlib.util
import json
import os
import platform
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

FOLDER = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Figure:
    """One measured number. `ratio` compares it with `against`, where there is something to compare with."""

    name: str
    value: float
    unit: str
    ratio: float | None = None
    against: str = ""


def names() -> list[str]:
    return sorted(path.name.removesuffix("_bench.py") for path in FOLDER.glob("*_bench.py"))


def quickest_first() -> list[str]:
    """All benchmarks; those that took long when they were last kept come last: what can be known soon is told soon."""
    import page

    return sorted(names(), key=lambda name: (page.seconds_of(name), name))


def measure(name: str) -> list[Figure]:
    """Run one benchmark with user data of its own, on loopback only."""
    spec = importlib.util.spec_from_file_location(f"{name}_bench", FOLDER / f"{name}_bench.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["MICROS_USER_DATA"] = folder
        os.environ["MICROS_INTERFACES"] = "127.0.0.1"
        figures: list[Figure] = module.run()
    return figures


def descriptions() -> dict[str, str]:
    """What each benchmark measures: its docstring's first sentence."""
    found = {}
    for name in names():
        told = ast.get_docstring(ast.parse((FOLDER / f"{name}_bench.py").read_text(encoding="utf-8"))) or ""
        found[name] = " ".join(told.split("\n\n")[0].split())
    return found


def page_text() -> str:
    """docs/benchmarks.md, from the figures that are kept."""
    import page

    return page.text(names(), descriptions())


def _store(wanted: list[str]) -> None:
    """Measure one after the other; each is kept, and on the page, as soon as it ends."""
    import page

    for name in wanted:
        began = time.perf_counter()
        figures = [asdict(figure) for figure in measure(name)]
        page.store(name, figures, time.perf_counter() - began)
        page.PAGE.write_text(page_text(), encoding="utf-8")
        print(f"{name}: {len(figures)} figures", flush=True)


def main() -> int:
    arguments = sys.argv[1:]
    as_json = "--json" in arguments
    wanted = [word for word in arguments if not word.startswith("--")] or quickest_first()
    unknown = sorted(set(wanted) - set(names()))
    if unknown:
        print(f"bench: no such benchmark: {', '.join(unknown)}; there are {', '.join(names())}", file=sys.stderr)
        return 2
    if "--page" in arguments or "--store" in arguments:
        _store(wanted if "--store" in arguments else [])
        import page

        page.PAGE.write_text(page_text(), encoding="utf-8")
        return 0
    results = {name: measure(name) for name in wanted}
    if as_json:
        print(json.dumps({name: [asdict(figure) for figure in figures] for name, figures in results.items()}, indent=2))
        return 0
    print(f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    for name, figures in results.items():
        print(f"\n{name}")
        for figure in figures:
            ratio = f"   {figure.ratio:.2f} x {figure.against}" if figure.ratio is not None else ""
            print(f"  {figure.name:44} {figure.value:12,.3f} {figure.unit:6}{ratio}")
    return 0


if __name__ == "__main__":
    sys.modules["run"] = sys.modules["__main__"]  # benchmarks import Figure from `run`
    sys.exit(main())
