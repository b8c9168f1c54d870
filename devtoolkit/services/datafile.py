"""The user's JSON files: written under a temporary name and renamed, locked, repaired when damaged."""

import contextlib
import errno
import json
import os
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from devtoolkit import paths
from devtoolkit.errors import DataFileError

_LOCK_S = 30.0  # a write takes milliseconds, on a slow network folder 2 s, and several may wait; longer: it hangs
_TEMPORARY = ".tmp"
_LOCK = ".lock"
_BAD = ".bad"
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_NO_WAY = frozenset({errno.EROFS, errno.EACCES, errno.EPERM, errno.EMFILE, errno.ENOTDIR})


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock beside `path` (made with its folder when missing). Raises DataFileError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(path.with_name(path.name + _LOCK), timeout=_LOCK_S)
        lock.acquire()
    except Timeout as error:
        raise DataFileError(
            f"{path} is locked by another program for more than {_LOCK_S:g} s.",
            hint="Close the other one and try again.",
            file=str(path),
        ) from error
    except OSError as error:
        raise _failed(path, error) from error
    try:
        yield
    finally:
        lock.release()


def read_object(path: Path) -> tuple[dict[str, object], str]:
    """The file's JSON object and a note for the user, empty when all was well.

    A missing file is an empty object. A damaged one is set aside as `.bad`, the note names it. Call it while `locked`.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return {}, ""
    except OSError as error:
        raise _failed(path, error) from error
    try:
        value = json.loads(data.decode("utf-8"))
    except ValueError:
        value = None
    if isinstance(value, dict):
        return value, ""
    bad = path.with_name(path.name + _BAD)
    try:
        path.replace(bad)
    except OSError as error:
        raise _failed(path, error) from error
    return {}, f"{path} was damaged; it was set aside as {bad.name} and is started anew."


def write_object(path: Path, value: object, *, mode: int = 0o644) -> None:
    """Replace the file as a whole, or leave it as it was. Call it while `locked`. Raises DataFileError."""
    try:
        replace_file(path, json.dumps(value, indent=4).encode(), mode=mode)
    except OSError as error:
        raise _failed(path, error) from error


def replace_file(path: Path, data: bytes, *, mode: int = 0o644) -> None:
    """Any file: the old content or the new, also after a power cut. Raises OSError."""
    temporary = path.with_name(path.name + _TEMPORARY)
    temporary.unlink(missing_ok=True)  # left by a process that died; its mode may be another
    file = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(file, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def check_schema(path: Path, value: dict[str, object], schema: int) -> None:
    """Raises DataFileError when the file was written by a newer toolkit."""
    found = value.get("schema", schema)
    if not isinstance(found, int) or found > schema:
        raise DataFileError(
            f"{path} was written by a newer toolkit (schema {found}, this one knows {schema}).",
            hint="Update the toolkit, or choose another data folder with --user-data.",
            file=str(path),
            schema=found,
        )


def of_the_machine(problem: OSError) -> DataFileError | None:
    """A full or read-only disk met where no service expected it; None when the error is of another kind."""
    if problem.errno not in _NO_ROOM | _NO_WAY:
        return None
    where = f"{problem.filename}: " if problem.filename else ""
    data = "" if problem.filename else f" The toolkit's data lies in {paths.user_data()}."
    return DataFileError(
        f"{where}{problem.strerror}.{data}",
        hint="Make room, or choose another folder for the toolkit's data with --user-data; then run the command again.",
    )


def _sync_folder(folder: Path) -> None:
    """Make the rename itself survive a power cut, where the system can (Windows cannot open a folder)."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _failed(path: Path, error: OSError) -> DataFileError:
    way = "Make room" if error.errno in _NO_ROOM else "Check the folder's permissions"
    return DataFileError(
        f"{path}: {error.strerror or error}.",
        hint=f"{way}, or choose another one with --user-data.",
        file=str(path),
    )
