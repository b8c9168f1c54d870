"""What an update brings: the bundled micrOS, or files of the user."""

import ast
import functools
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from devtoolkit import paths
from devtoolkit.codecs.ota import STAGE, staged_path
from devtoolkit.codecs.webrepl import NAME_MAX
from devtoolkit.errors import UsageError
from devtoolkit.model.manifest import FileEntry
from devtoolkit.services import build

# Never part of an ordinary update; a loader update brings all three together.
LOADER = frozenset(
    f"{stem}{ending}" for stem in ("micrOSloader", "micrOSguard", "micrOSrecovery") for ending in (".mpy", ".py")
)
MODULE_PREFIX = "LM_"
BOOT_FILES = frozenset({"main.py", "boot.py"})  # only USB writes what the boot code looks for
_CORE = "core/"
_API_SOURCE = Path("core") / "OtaFiles.py"
_API_NAME = "API"
_PARSING = threading.Lock()  # CPython 3.11 counts the depth of all threads' syntax trees as one (its issue 106905)
_MODULE_ENDINGS = (".py", ".mpy")


@dataclass(frozen=True, slots=True)
class FileSet:
    """Files by their path on the node. `core`: those of the core; `sources`: hashes of the .py that a .mpy replaces.

    `api`: the core API that the modules need. `complete`: a whole system, so that what it lacks is out of date.
    """

    version: str
    files: Mapping[str, bytes]
    entries: tuple[FileEntry, ...]
    core: frozenset[str] = frozenset()
    sources: Mapping[str, str] = field(default_factory=dict)
    api: int = 0
    complete: bool = True


def bundled(folder: Path | None = None) -> FileSet:
    """The precompiled set of this toolkit (or of `folder`). Raises BuildError."""
    folder = folder or paths.precompiled()
    manifest = build.load_manifest(folder)
    content = build.read_files(folder)
    built = [file for file in manifest.files if file.entry.path not in BOOT_FILES]
    return FileSet(
        version=manifest.micros_version,
        files=content,
        entries=tuple(file.entry for file in built),
        core=frozenset(file.entry.path for file in built if file.source.startswith(_CORE)),
        sources={file.entry.path: file.source_sha256 for file in built},
        api=core_api(paths.micros_source()),
    )


def of_user(files: Sequence[Path], version: str) -> FileSet:
    """Files of the user, under their own names in the node's root. Raises UsageError for one that cannot be sent."""
    content: dict[str, bytes] = {}
    for file in files:
        content[_checked(file.name)] = read_user_file(file)
    entries = tuple(FileEntry.of(name, data) for name, data in content.items())
    return FileSet(version, content, entries, complete=False)


def read_user_file(file: Path) -> bytes:
    """Its bytes. Raises UsageError when it cannot be read."""
    try:
        return file.read_bytes()
    except OSError as error:
        raise UsageError(f"{file}: {error.strerror}.", hint="Name a readable file.", file=str(file)) from error


def twin(path: str) -> str | None:
    """The other file that the same `import` could take: `X.py` of `X.mpy` and the reverse."""
    stem, dot, ending = path.rpartition(".")
    if f".{ending}" not in _MODULE_ENDINGS or not dot:
        return None
    return f"{stem}.{'py' if ending == 'mpy' else 'mpy'}"


def core_api(source: Path) -> int:
    """The number that the core of this source tells as `api`; 0 when it has none. Read without running it."""
    try:
        text = (source / _API_SOURCE).read_bytes()
    except OSError:
        return 0
    with _PARSING:
        return _api_in(text)


@functools.lru_cache(maxsize=8)
def _api_in(text: bytes) -> int:
    try:
        tree = ast.parse(text, _API_SOURCE.name)
    except SyntaxError:
        return 0
    for node in tree.body:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if name.lstrip("_") == _API_NAME:
                number = value.args[0] if isinstance(value, ast.Call) and value.args else value  # const(1)
                if isinstance(number, ast.Constant) and isinstance(number.value, int):
                    return number.value
    return 0


def _checked(name: str) -> str:
    if name in BOOT_FILES or name in LOADER:
        raise UsageError(f"{name} starts the node; it is only updated over USB.", hint="Leave it out.")
    if " " in name or len(staged_path(name).encode()) > NAME_MAX:
        raise UsageError(
            f"{name!r} cannot be sent: at most {NAME_MAX - len(STAGE)} bytes, no blanks.", hint="Rename it."
        )
    return name
