"""manifest.json of the precompiled files: which files go to a device, with size, hash and source.

Schema 1. A newer one is refused, not guessed.
"""

import json
import re
from collections.abc import Mapping

from devtoolkit.errors import CodecError
from devtoolkit.model.manifest import BuiltFile, FileEntry, Manifest

SCHEMA = 1
_SHA256 = re.compile(r"[0-9a-f]{64}")


def encode(manifest: Manifest) -> bytes:
    """The file's bytes; the same manifest always gives the same bytes."""
    table = {
        "schema": SCHEMA,
        "micros_version": manifest.micros_version,
        "mpy_version": manifest.mpy_version,
        "compiler": manifest.compiler,
        "files": [
            {
                "path": file.entry.path,
                "size": file.entry.size,
                "sha256": file.entry.sha256,
                "source": file.source,
                "source_sha256": file.source_sha256,
            }
            for file in manifest.files
        ],
    }
    return (json.dumps(table, indent=1, ensure_ascii=False) + "\n").encode()


def decode(data: bytes) -> Manifest:
    """Raises CodecError when `data` is no manifest, is damaged, or has a newer schema."""
    try:
        table = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise CodecError(f"The manifest is no valid JSON: {error}.") from error
    if not isinstance(table, dict):
        raise CodecError("The manifest is no JSON object.")
    schema = _number(table, "schema")
    if schema != SCHEMA:
        raise CodecError(f"The manifest has schema {schema}, this toolkit reads {SCHEMA}.")
    files = table.get("files")
    if not isinstance(files, list):
        raise CodecError("The manifest has no list of files.")
    built = tuple(_file(one) for one in files)
    paths = [file.entry.path for file in built]
    if len(set(paths)) != len(paths):
        raise CodecError("The manifest names a file twice.")
    return Manifest(_text(table, "micros_version"), _text(table, "mpy_version"), _text(table, "compiler"), built)


def _file(table: object) -> BuiltFile:
    if not isinstance(table, dict):
        raise CodecError("The manifest has a file that is no JSON object.")
    entry = FileEntry(_path(table, "path"), _number(table, "size"), _hash(table, "sha256"))
    return BuiltFile(entry, _path(table, "source"), _hash(table, "source_sha256"))


def _text(table: Mapping[str, object], key: str) -> str:
    value = table.get(key)
    if not isinstance(value, str) or not value:
        raise CodecError(f"The manifest has no {key}.")
    return value


def _number(table: Mapping[str, object], key: str) -> int:
    value = table.get(key)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise CodecError(f"The manifest has no {key}.")
    return value


def _path(table: Mapping[str, object], key: str) -> str:
    """A path that stays below its folder, on every system."""
    path = _text(table, key)
    if any(part in ("", ".", "..") for part in path.split("/")) or any(sign in path for sign in ":\\\0"):
        raise CodecError(f"The manifest has an impossible {key}: {path!r}.")
    return path


def _hash(table: Mapping[str, object], key: str) -> str:
    value = _text(table, key)
    if not _SHA256.fullmatch(value):
        raise CodecError(f"The manifest has a damaged {key}: {value!r}.")
    return value
