"""What lies, or should lie, on a device: files with size and hash."""

import hashlib
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class FileEntry:
    """One file of a node. `path` is relative to the device's root, with `/`; `size` in bytes; `sha256` in hex."""

    path: str
    size: int
    sha256: str

    @classmethod
    def of(cls, path: str, data: bytes) -> Self:
        """The entry of a file with this content."""
        return cls(path, len(data), hashlib.sha256(data).hexdigest())


@dataclass(frozen=True, slots=True)
class BuiltFile:
    """One file of the build: what goes to the device, and which source it was made from."""

    entry: FileEntry
    source: str  # path below micros_source
    source_sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """The precompiled set. `mpy_version` is the bytecode version, for example `6.3`."""

    micros_version: str
    mpy_version: str
    compiler: str  # mpy-cross version that made the .mpy files
    files: tuple[BuiltFile, ...]

    @property
    def entries(self) -> tuple[FileEntry, ...]:
        """The files as they lie on the device."""
        return tuple(file.entry for file in self.files)
