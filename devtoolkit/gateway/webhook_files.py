"""Web hooks: what may be started from outside is declared in files of the user, and nothing else is.

`webhooks/<name>.toml` in the user's data folder:

    title = "Good night"
    nodes = "tag:lamps"                 # who: NAME, NAME,NAME, tag:NAME, all
    commands = ["rgb toggle False"]     # what they are told; {1}, {2} ... are the arguments
    run = "night.py"                    # or/and a program of the same folder, with the arguments as its words
    arguments = 0                       # how many must be given, exactly

A program is started directly, never by a shell; `.py` with the toolkit's own Python. Arguments are plain words.
"""

import asyncio
import os
import re
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

from devtoolkit.errors import DataFileError, ToolkitError, UsageError
from devtoolkit.gateway.problems import NotFoundError
from devtoolkit.gateway.settings import AUTH, AUTH_FILE

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
ARGUMENT = re.compile(r"[A-Za-z0-9_.:][A-Za-z0-9_.:-]{0,63}|-?[0-9.]{1,20}")  # no option, no blank, no quote
_PLACE = re.compile(r"\{(\d+)\}")
_LIMIT_S = 30.0
_SHOWN = 4000  # characters of a program's output
_KEYS = {"title", "nodes", "commands", "run", "arguments"}


@dataclass(frozen=True, slots=True)
class Hook:
    """One declared hook."""

    name: str
    title: str
    nodes: str
    commands: tuple[str, ...]
    program: Path | None
    arguments: int

    def filled(self, words: tuple[str, ...]) -> tuple[str, ...]:
        """The commands with these arguments. Raises UsageError unless they are as declared."""
        if len(words) != self.arguments:
            raise UsageError(
                f"{self.name} takes {self.arguments} arguments, {len(words)} were given.",
                hint="They follow the name: /webhooks/NAME/ARGUMENT.",
            )
        if bad := [word for word in words if not ARGUMENT.fullmatch(word)]:
            raise UsageError(
                f"Argument {len(bad)} of {self.name} is not a plain word.", hint="Letters, digits, _ . : -"
            )
        return tuple(_PLACE.sub(lambda match: words[int(match[1]) - 1], command) for command in self.commands)


def hooks(folder: Path) -> tuple[Hook, ...]:
    """All that are declared rightly."""
    found = []
    for file in sorted(folder.glob("*.toml")):
        try:
            found.append(load(folder, file.stem))
        except ToolkitError:
            continue  # it says what is wrong when it is called
    return tuple(found)


def load(folder: Path, name: str) -> Hook:
    """One hook. Raises NotFoundError, DataFileError."""
    file = folder / f"{name}.toml"
    if not NAME.fullmatch(name) or not file.is_file():
        raise NotFoundError("There is no such web hook.", hint="Declared ones are listed at /webhooks.")
    try:
        return _read(folder, name, tomllib.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise DataFileError(f"The web hook {name} is declared wrongly: {error}.", hint=f"See {file.name}.") from error


def _read(folder: Path, name: str, value: dict[str, object]) -> Hook:
    if unknown := value.keys() - _KEYS:
        raise ValueError(f"unknown key {sorted(unknown)[0]}")
    commands, nodes, arguments = value.get("commands", []), value.get("nodes", ""), value.get("arguments", 0)
    if not isinstance(commands, list) or not all(isinstance(one, str) for one in commands):
        raise ValueError("commands is not a list of texts")
    if not isinstance(nodes, str) or bool(nodes) != bool(commands):
        raise ValueError("nodes and commands belong together")
    if isinstance(arguments, bool) or not isinstance(arguments, int) or not 0 <= arguments <= 9:
        raise ValueError("arguments is not a number from 0 to 9")
    if any(not 1 <= int(place) <= arguments for one in commands for place in _PLACE.findall(one)):
        raise ValueError("a command uses an argument that is not declared")
    program = _program(folder, value.get("run"))
    if not commands and program is None:
        raise ValueError("it does nothing")
    return Hook(name, str(value.get("title", name)), nodes, tuple(commands), program, arguments)


def _program(folder: Path, name: object) -> Path | None:
    """A file that lies in the folder itself, also when it is a link."""
    if name is None:
        return None
    if not isinstance(name, str) or Path(name).name != name or not (folder / name).is_file():
        raise ValueError("run is not a file of the same folder")
    found = (folder / name).resolve()
    if found.parent != folder.resolve():
        raise ValueError("run leads out of the folder")
    return found


async def run(program: Path, words: tuple[str, ...]) -> tuple[int, str]:
    """Exit code and output of the program. Raises UsageError when it cannot be started or takes too long."""
    start = [sys.executable, str(program)] if program.suffix == ".py" else [str(program)]
    environment = {key: value for key, value in os.environ.items() if key not in (AUTH, AUTH_FILE)}
    try:
        child = await asyncio.create_subprocess_exec(
            *start,
            *words,
            cwd=program.parent,
            env=environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
    except OSError as error:
        raise UsageError(f"{program.name} cannot be started: {error.strerror}.", hint="Is it executable?") from error
    try:
        async with asyncio.timeout(_LIMIT_S):
            output, _ = await child.communicate()
    except TimeoutError:
        raise UsageError(
            f"{program.name} took longer than {_LIMIT_S:g} s and was ended.",
            hint="Let it start longer work and return.",
        ) from None
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    return child.returncode or 0, output[-_SHOWN:].decode("utf-8", "replace")
