"""Executes the steps of a Dockerfile in chroots, where no container engine runs.

What a step is follows the Dockerfile reference, as far as the project's own file uses it: FROM (debian only), RUN and
CMD as shell text, COPY with --from, ENV, USER, WORKDIR, HEALTHCHECK and ENTRYPOINT as JSON lists.
"""

import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path

_CONTINUED = re.compile(r"\\\n")
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_MARKS = ("VOLUME", "EXPOSE", "STOPSIGNAL")  # say something to the engine; nothing to execute


@dataclass
class Stage:
    """The file system of one stage, and what later steps and the container run with."""

    root: Path
    environment: dict[str, str] = field(default_factory=lambda: {"PATH": _PATH})
    user: str = "root"
    workdir: str = "/"
    entrypoint: list[str] = field(default_factory=list)
    health: list[str] = field(default_factory=list)

    def command(self, *words: str, user: str = "") -> list[str]:
        """The words as they run in this stage, by its user."""
        variables = [f"{name}={value}" for name, value in self.environment.items()]
        inside = f'cd {shlex.quote(self.workdir)} && exec "$@"'
        who = f"--userspec={user or self.user}"
        return ["chroot", who, str(self.root), "/usr/bin/env", "-i", *variables, "/bin/sh", "-c", inside, "sh", *words]


@dataclass(frozen=True)
class Took:
    """A step and its seconds."""

    step: str
    seconds: float


class Builder:
    """`base` is a root file system as debootstrap makes it; it is copied for each stage."""

    def __init__(self, dockerfile: Path, context: Path, base: Path, work: Path) -> None:
        self.dockerfile = dockerfile
        self.context = context
        self.base = base
        self.work = work
        self.stages: dict[str, Stage] = {}
        self.took: list[Took] = []

    def build(self) -> Stage:
        """Execute all steps; the last stage. Raises RuntimeError (a step's output), ValueError (unknown word)."""
        stage: Stage | None = None
        for word, rest in steps(self.dockerfile.read_text()):
            began = time.monotonic()
            if word == "FROM":
                stage = self._from(rest)
            else:
                assert stage is not None, "FROM comes first"
                self._step(stage, word, rest)
            self.took.append(Took(f"{word} {rest}"[:60], time.monotonic() - began))
        assert stage is not None, "no FROM"
        return stage

    def _from(self, rest: str) -> Stage:
        image, _, name = rest.partition(" AS ")
        if not image.startswith("debian:12"):
            raise ValueError(f"there is no base for {image}")
        stage = Stage(self.work / f"stage{len(self.stages)}")
        subprocess.run(["cp", "-a", "--reflink=auto", self.base, stage.root], check=True)
        self.stages[name or str(len(self.stages))] = stage
        return stage

    def _step(self, stage: Stage, word: str, rest: str) -> None:
        if word == "RUN":
            run(stage.command("/bin/sh", "-c", rest))
        elif word == "COPY":
            self._copy(stage, rest.split())
        elif word == "ENV":
            stage.environment.update(part.partition("=")[::2] for part in shlex.split(rest))
        elif word == "USER":
            stage.user = rest
        elif word == "WORKDIR":
            stage.workdir = rest
            _inside(stage.root, rest).mkdir(parents=True, exist_ok=True)
        elif word == "HEALTHCHECK":
            stage.health = json.loads(rest[rest.index("CMD ") + 4 :])
        elif word == "ENTRYPOINT":
            stage.entrypoint = json.loads(rest)
        elif word not in _MARKS:
            raise ValueError(f"{word} is not known here")

    def _copy(self, stage: Stage, words: list[str]) -> None:
        *sources, target = [one for one in words if not one.startswith("--")]
        origin = next((one.removeprefix("--from=") for one in words if one.startswith("--from=")), None)
        to = _inside(stage.root, target)
        for source in sources:
            if origin is not None:
                subprocess.run(["cp", "-a", _inside(self.stages[origin].root, source), to], check=True)
                continue
            for file in self._files(source):
                inner = (
                    Path(file.name) if (self.context / source).is_file() else file.relative_to(self.context / source)
                )
                place = to / inner if target.endswith("/") or not (self.context / source).is_file() else to
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(file, place)

    def _files(self, source: str) -> Iterator[Path]:
        """The files of the context that a COPY takes; .dockerignore applies."""
        rules = Path(f"{self.dockerfile}.dockerignore").read_text().splitlines()
        start = self.context / source
        for path in [start] if start.is_file() else sorted(start.rglob("*")):
            name = path.relative_to(self.context).as_posix()
            if path.is_file() and not name.startswith((".git/", ".venv/")) and not ignored(name, rules):
                yield path


def steps(text: str) -> Iterator[tuple[str, str]]:
    """Instruction and the rest of each step."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    for line in _CONTINUED.sub(" ", "\n".join(lines)).splitlines():
        if line.strip():
            word, _, rest = line.strip().partition(" ")
            yield word, " ".join(rest.split()) if word != "RUN" else rest


def ignored(name: str, rules: list[str]) -> bool:
    """Whether .dockerignore leaves a path out: the last rule that fits it or a folder above it decides."""
    parents = [name, *(str(one) for one in pathlib.PurePosixPath(name).parents if str(one) != ".")]
    verdict = False
    for rule in rules:
        if not rule or rule.startswith("#"):
            continue
        pattern, keep = (rule[1:], True) if rule.startswith("!") else (rule, False)
        plain = pattern.removeprefix("**/")
        if any(fnmatch(one, pattern) or (plain != pattern and fnmatch(Path(one).name, plain)) for one in parents):
            verdict = not keep
    return verdict


def run(command: list[str]) -> str:
    """Output of a command that must work."""
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if done.returncode:
        tail = "\n".join(done.stdout.splitlines()[-30:])
        raise RuntimeError(f"{shlex.join(command[-3:])} ended with {done.returncode}:\n{tail}")
    return done.stdout


def _inside(root: Path, path: str) -> Path:
    return root / path.lstrip("/")


def size_mb(folder: Path) -> float:
    """Megabytes of all files."""
    return sum(file.lstat().st_size for file in folder.rglob("*") if not file.is_symlink() and file.is_file()) / 1e6


def is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0
