"""Breaks the program in one place at a time; each of these breakages must make a test fail.

    python3 dev.py check mutants [WORD ...]     WORD: only files whose path contains it

The list is `mutants.toml`: file, the text that stands there once, what takes its place, and the tests that must notice.
Works on copies; the checkout is not touched.
"""

import os
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COPIES = 2
LIMIT_S = 240
_LEFT_OUT = shutil.ignore_patterns(".*", "user_data", "build", "dist", "*.egg-info", "__pycache__", "screenshots")


@dataclass(frozen=True)
class Mutant:
    """One breakage."""

    file: str
    old: str
    new: str
    tests: tuple[str, ...]

    @property
    def title(self) -> str:
        return f"{self.file}: {self.new.strip().splitlines()[0] if self.new.strip() else 'nothing'}"

    def problem(self, root: Path = ROOT) -> str | None:
        """Why this cannot be tried (the source has changed), None when it can."""
        path = root / self.file
        count = path.read_text(encoding="utf-8").count(self.old) if path.is_file() else 0
        missing = [test for test in self.tests if not (root / test.split("::")[0]).is_file()]
        if count != 1:
            return f"{self.file} holds {self.old!r} {count} times"
        return f"there is no {missing[0]}" if missing else None


def load() -> tuple[Mutant, ...]:
    """The list, in its order."""
    table = tomllib.loads((Path(__file__).parent / "mutants.toml").read_text(encoding="utf-8"))
    return tuple(Mutant(one["file"], one["old"], one["new"], tuple(one["tests"])) for one in table["mutant"])


@contextmanager
def copy_of_the_tree() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="micros-mutants-") as folder:
        root = Path(folder) / "tree"
        shutil.copytree(ROOT, root, ignore=_LEFT_OUT)
        (Path(folder) / "shared").symlink_to(ROOT.parent / "shared")
        yield root


def is_noticed(mutant: Mutant, root: Path) -> bool:
    """Whether the tests fail in this copy with the breakage; the copy is whole again afterwards."""
    path = root / mutant.file
    whole = path.read_text(encoding="utf-8")
    path.write_text(whole.replace(mutant.old, mutant.new), encoding="utf-8")
    try:
        return run_tests(mutant.tests, root) == 1
    finally:
        path.write_text(whole, encoding="utf-8")


def run_tests(tests: Sequence[str], root: Path, *, parallel: int = 0) -> int:
    """pytest's exit code; 1 for tests that never end."""
    environment = {**os.environ, "PYTHONPATH": str(root), "PYTHONDONTWRITEBYTECODE": "1"}
    command = (sys.executable, "-m", "pytest", "-x", "-n", str(parallel), "--dist", "loadscope", *tests)
    try:
        return subprocess.run(
            command, cwd=root, env=environment, capture_output=True, timeout=LIMIT_S * (1 + parallel), check=False
        ).returncode
    except subprocess.TimeoutExpired:
        return 1


def survivors(mutants: Sequence[Mutant]) -> Iterator[tuple[Mutant, bool]]:
    """Each mutant and whether it was noticed, as they are done."""
    waiting: queue.SimpleQueue[Mutant] = queue.SimpleQueue()
    done: queue.SimpleQueue[tuple[Mutant, bool]] = queue.SimpleQueue()
    for mutant in mutants:
        waiting.put(mutant)

    def work() -> None:
        with copy_of_the_tree() as root:
            while True:
                try:
                    mutant = waiting.get_nowait()
                except queue.Empty:
                    return
                done.put((mutant, is_noticed(mutant, root)))

    threads = [threading.Thread(target=work) for _ in range(COPIES)]
    for thread in threads:
        thread.start()
    for _ in mutants:
        yield done.get()
    for thread in threads:
        thread.join()


def main() -> int:
    words = sys.argv[1:]
    chosen = [one for one in load() if not words or any(word in one.file for word in words)]
    wrong = [problem for one in chosen if (problem := one.problem())]
    if wrong:
        print("mutants.toml does not fit the source any more:", *wrong, sep="\n  ", file=sys.stderr)
        return 2
    tests = sorted({test for one in chosen for test in one.tests})
    print(f"{len(chosen)} breakages; the {len(tests)} test files without one first ...", flush=True)
    with copy_of_the_tree() as root:
        if run_tests(tests, root, parallel=COPIES):
            print("the tests fail without any breakage", file=sys.stderr)
            return 2
    alive = []
    for mutant, noticed in survivors(chosen):
        print(f"{'noticed ' if noticed else 'SURVIVED'}  {mutant.title}", flush=True)
        alive += [] if noticed else [mutant]
    print(f"{len(chosen)} breakages, {len(chosen) - len(alive)} noticed, {len(alive)} survived")
    return 1 if alive else 0


if __name__ == "__main__":
    sys.exit(main())
