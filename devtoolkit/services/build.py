"""The build: device source to `precompiled/`, the flat set of files that goes to a device, with its manifest.

Deterministic (the same source and compiler give the same bytes), atomic per file, and a second run does nothing.
"""

import ast
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from devtoolkit.codecs import manifest as manifest_codec
from devtoolkit.errors import BuildError, CodecError
from devtoolkit.model.manifest import BuiltFile, FileEntry, Manifest
from devtoolkit.model.version import Version
from devtoolkit.services.build_plan import Job, plan_jobs
from devtoolkit.tools import mpy_cross

MANIFEST = "manifest.json"
_VERSION_SOURCE = Path("core") / "Shell.py"
_VERSION_NAME = "MICROS_VERSION"
_AGAIN = "Build again with: devToolKit.py -cc -f"

OnProgress = Callable[[int, int, str], None]  # files done, files in all, name of the file just done


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What a build did; `files` and `bytes` are those of the whole set."""

    micros_version: str
    mpy_version: str
    compiler: str
    files: int
    bytes: int
    compiled: int
    copied: int
    unchanged: int
    removed: int


def build(
    source: Path, target: Path, *, force: bool = False, progress: OnProgress = lambda *_done_total_name: None
) -> BuildReport:
    """Bring `target` up to date with `source`; `force` makes every file anew.

    Raises BuildError when the source does not compile or is not complete, ToolError without mpy-cross. After an error
    the files made so far are whole, and the next run completes the set.
    """
    version = micros_version(source)
    tool = mpy_cross.compiler()
    jobs = plan_jobs(source)
    old = _old_manifest(target)
    usable = {} if force or not _same_compiler(old, tool) else {file.entry.path: file for file in old.files}
    target.mkdir(parents=True, exist_ok=True)
    built, made = [], {"compiled": 0, "copied": 0, "unchanged": 0}
    for number, job in enumerate(jobs, 1):
        file, how = _build_one(job, target, usable.get(job.path))
        built.append(file)
        made[how] += 1
        progress(number, len(jobs), job.path)
    new = Manifest(version, tool.mpy_version, tool.version, tuple(built))
    removed = _remove_stale(target, old, new)
    if new != old:
        _write(target / MANIFEST, manifest_codec.encode(new))
    size = sum(entry.size for entry in new.entries)
    return BuildReport(version, tool.mpy_version, tool.version, len(built), size, removed=removed, **made)


def load_manifest(folder: Path) -> Manifest:
    """The manifest of a precompiled set. Raises BuildError when it is missing or damaged."""
    file = folder / MANIFEST
    try:
        return manifest_codec.decode(file.read_bytes())
    except FileNotFoundError:
        raise BuildError(
            f"There are no precompiled files in {folder}.", hint="Make them with: devToolKit.py -cc", file=str(file)
        ) from None
    except (OSError, CodecError) as error:
        raise BuildError(f"{file} cannot be used: {error}", hint=_AGAIN, file=str(file)) from error


def read_files(folder: Path) -> dict[str, bytes]:
    """The precompiled files: path on the device to content. Raises BuildError when one is missing or was edited."""
    return {entry.path: _read(folder, entry) for entry in load_manifest(folder).entries}


def micros_version(source: Path) -> str:
    """`MICROS_VERSION` of core/Shell.py (a constant of the module or of a class), read without running it.

    Raises BuildError when it is missing or no version.
    """
    file = source / _VERSION_SOURCE
    try:
        tree = ast.parse(file.read_bytes(), filename=file.name)
    except FileNotFoundError:
        raise BuildError(
            f"There is no device source in {source}: {_VERSION_SOURCE.as_posix()} is missing.",
            hint="Name the folder that holds core/, modules/ and pinmaps/.",
        ) from None
    except (SyntaxError, ValueError) as error:
        raise BuildError(
            f"{_VERSION_SOURCE.as_posix()} is no valid Python: {error}.", hint="Correct it first.", file=str(file)
        ) from error
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if name == _VERSION_NAME:
                return _version(value, file)
    raise BuildError(
        f"{_VERSION_SOURCE.as_posix()} has no constant {_VERSION_NAME}.",
        hint=f'Add one: {_VERSION_NAME} = "2.0.0-0"',
        file=str(file),
    )


def _version(value: ast.expr, file: Path) -> str:
    text = value.value if isinstance(value, ast.Constant) else None
    try:
        return str(Version.parse(text if isinstance(text, str) else ""))
    except ValueError:
        raise BuildError(
            f"{_VERSION_NAME} in {file.name} is no version like 2.0.0-0.",
            hint="Four numbers, as text.",
            file=str(file),
        ) from None


def _old_manifest(target: Path) -> Manifest:
    """What the last build left; empty when there was none or its manifest is damaged."""
    try:
        return manifest_codec.decode((target / MANIFEST).read_bytes())
    except (OSError, CodecError):
        return Manifest("", "", "", ())


def _same_compiler(old: Manifest, tool: mpy_cross.Compiler) -> bool:
    return (old.compiler, old.mpy_version) == (tool.version, tool.mpy_version)


def _build_one(job: Job, target: Path, old: BuiltFile | None) -> tuple[BuiltFile, str]:
    source = job.file.read_bytes()
    source_hash = hashlib.sha256(source).hexdigest()
    if old and (old.source, old.source_sha256) == (job.source, source_hash) and _intact(target, old.entry):
        return old, "unchanged"
    data = mpy_cross.compile_source(source, job.file.name) if job.compiled else source
    _write(target / job.path, data)
    return BuiltFile(FileEntry.of(job.path, data), job.source, source_hash), "compiled" if job.compiled else "copied"


def _intact(folder: Path, entry: FileEntry) -> bool:
    try:
        data = (folder / entry.path).read_bytes()
    except OSError:
        return False
    return FileEntry.of(entry.path, data) == entry


def _remove_stale(target: Path, old: Manifest, new: Manifest) -> int:
    """Remove what an earlier build made and this one does not; a file somebody changed since then is not ours."""
    wanted = {entry.path for entry in new.entries}
    stale = [entry for entry in old.entries if entry.path not in wanted and _intact(target, entry)]
    for entry in stale:
        (target / entry.path).unlink()
    return len(stale)


def _read(folder: Path, entry: FileEntry) -> bytes:
    file = folder / entry.path
    try:
        data = file.read_bytes()
    except OSError as error:
        raise BuildError(f"{entry.path} is missing in {folder}.", hint=_AGAIN, file=str(file)) from error
    if FileEntry.of(entry.path, data) != entry:
        raise BuildError(f"{entry.path} in {folder} is not what the build made.", hint=_AGAIN, file=str(file))
    return data


def _write(file: Path, data: bytes) -> None:
    temporary = file.with_name(f".{file.name}.new")
    try:
        temporary.write_bytes(data)
        temporary.replace(file)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise BuildError(
            f"{file} cannot be written: {error.strerror}.",
            hint="Is there room, and may you write there?",
            file=str(file),
        ) from error
