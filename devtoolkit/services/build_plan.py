"""Which source file becomes which file on the device, and which are compiled.

The core is compiled except `main.py` (the boot code looks for that name), pin maps are compiled, load modules only when
`LM_to_compile.dat` lists them (the others stay readable on the board), helpers that they share (names without `LM_`)
always. Web files are copied.
"""

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from devtoolkit.codecs.webrepl import NAME_MAX
from devtoolkit.errors import BuildError

COMPILE_LIST = "LM_to_compile.dat"
_LOAD_MODULE = "LM_"
_NEVER_COMPILED = frozenset({"main.py", "boot.py"})  # MicroPython runs them by these names only


@dataclass(frozen=True, slots=True)
class Job:
    """One file to make: `path` on the device, `source` below the source folder, `file` to read."""

    path: str
    source: str
    file: Path
    compiled: bool


def plan_jobs(source: Path) -> tuple[Job, ...]:
    """All files of the build, sorted by their path on the device.

    Raises BuildError when two sources would become one file, a name cannot be one on the device, or the list of
    modules to compile names one that does not exist.
    """
    jobs: dict[str, Job] = {}
    for job in _all(source):
        if job.path in jobs:
            raise BuildError(
                f"{jobs[job.path].source} and {job.source} would both become {job.path} on the device.",
                hint="Rename one of them.",
            )
        if " " in job.path or len(job.path.encode()) > NAME_MAX:
            raise BuildError(
                f"{job.source} cannot be sent to a device: at most {NAME_MAX} bytes, no blanks.", hint="Rename it."
            )
        jobs[job.path] = job
    return tuple(jobs[path] for path in sorted(jobs))


def compile_list(source: Path) -> frozenset[str]:
    """The file names in `LM_to_compile.dat`: one `LM_<name>.py` per line, `#` starts a comment."""
    try:
        lines = (source / COMPILE_LIST).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        raise BuildError(
            f"There is no {COMPILE_LIST} in {source}.", hint="It lists the modules to compile, one in a line."
        ) from None
    names = frozenset(filter(None, (line.partition("#")[0].strip() for line in lines)))
    known = sorted(file.name for file in _files(source, "modules", ".py"))
    for name in sorted(names.difference(known)):
        near = difflib.get_close_matches(name, known, n=1)
        raise BuildError(
            f"{COMPILE_LIST} names {name}, but there is no such module.",
            hint=f"Did you mean {near[0]}?" if near else "Remove the line, or add the module.",
        )
    return names


def _all(source: Path) -> Iterator[Job]:
    listed = compile_list(source)
    for file in _files(source, "core", ".py"):
        yield _job(source, file, compiled=file.name not in _NEVER_COMPILED)
    for file in _files(source, "modules", ".py"):
        yield _job(source, file, compiled=file.name in listed or not file.name.startswith(_LOAD_MODULE))
    for file in _files(source, "pinmaps", ".py"):
        yield _job(source, file, compiled=True)
    for file in _files(source, "web", ""):
        yield _job(source, file, compiled=False)


def _files(source: Path, folder: str, suffix: str) -> list[Path]:
    found = (source / folder).glob(f"*{suffix}")
    return sorted(file for file in found if file.is_file() and not file.name.startswith("."))


def _job(source: Path, file: Path, *, compiled: bool) -> Job:
    path = f"{file.stem}.mpy" if compiled else file.name
    return Job(path, file.relative_to(source).as_posix(), file, compiled)
