"""Files on a board behind its REPL: list, read, write, remove; one session for all of them.

What arrives is proven by a hash that the board computes, and a file is written under a temporary name and renamed, so
that a pulled cable leaves the old file or the new one. Data travels as base64 in code (a REPL is a text line), deflated
where the board can inflate.
"""

import base64
import json
import posixpath
import re
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from devtoolkit.errors import BoardError
from devtoolkit.model.manifest import FileEntry

Report = Callable[[int], None]

PART = ".part"  # suffix of a file that is being written
_WRITE_BLOCK = 4096  # bytes of a file per call: one flash block, and small enough for the smallest free heap
_WINDOW_BITS = 12  # the board keeps a window of 2**bits bytes while it inflates
_READ_BLOCK = 768  # bytes per printed line; a multiple of 3, so that base64 needs no padding in between
_HASH = """
import os,json,hashlib,binascii,gc
gc.collect()
_b=bytearray(512)
_m=memoryview(_b)
def _h(p):
    d=hashlib.sha256()
    n=0
    with open({root!r}+p,'rb') as f:
        while True:
            k=f.readinto(_b)
            if not k:break
            d.update(_m[:k])
            n+=k
    print('#F',n,binascii.hexlify(d.digest()).decode(),json.dumps(p))
def _w(p):
    for e in os.ilistdir(({root!r}+p).rstrip('/') or '/'):
        q=p+e[0]
        if e[1]&0x4000:
            print('#D',json.dumps(q))
            _w(q+'/')
        else:_h(q)
def _s(p):
    try:
        if not os.stat({root!r}+p)[0]&0x4000:_h(p)
    except OSError:
        pass
"""
_FILE_LINE = re.compile(r"#F (\d+) ([0-9a-f]{64}) (\".*\")")
_FOLDER_LINE = re.compile(r"#D (\".*\")")
_READ = """
import binascii
_b=bytearray({block})
_m=memoryview(_b)
with open({path!r},'rb') as _f:
    while True:
        _k=_f.readinto(_b)
        if not _k:break
        print(binascii.b2a_base64(_m[:_k]).decode(),end='')
"""
_OPEN = """
import os,gc,binascii
gc.collect()
try:
    from io import BytesIO
    from deflate import DeflateIO,ZLIB
    def _z(s):
        _f.write(DeflateIO(BytesIO(binascii.a2b_base64(s)),ZLIB).read())
except ImportError:
    _z=None
def _w(s):
    _f.write(binascii.a2b_base64(s))
{folders}
_f=open({part!r},'wb')
print('#O',_z is not None)
"""
_MAKE_FOLDER = "try:os.mkdir({folder!r})\nexcept OSError:pass"
_DROP = """
try:_f.close()
except Exception:pass
import os
try:os.remove({part!r})
except OSError:pass
"""
_REMOVE = """
import os
def _r(p):
    if os.stat(p)[0]&0x4000:
        for e in os.ilistdir(p):_r(p+'/'+e[0])
        os.rmdir(p)
    else:os.remove(p)
_r({path!r})
"""


class Runner(Protocol):
    """What runs code on the board: `SerialRepl`, or ampy's."""

    port: str

    def run(self, code: str) -> str: ...


@dataclass(frozen=True, slots=True)
class Listing:
    """What lies on a board: files with size in bytes and SHA-256, and folders. Paths without a leading slash."""

    files: tuple[FileEntry, ...]
    folders: tuple[str, ...]


class BoardFiles:
    """The files below `root` (ends with `/`) of the board. All methods raise BoardError or PortError."""

    def __init__(self, repl: Runner, root: str = "/") -> None:
        self.repl = repl
        self.root = root

    def listing(self) -> Listing:
        """Everything, hashed by the board with constant memory."""
        lines = self.repl.run(_HASH.format(root=self.root) + "_w('')").splitlines()
        folders = (found[1] for line in lines if (found := _FOLDER_LINE.fullmatch(line)))
        return Listing(_entries(lines), tuple(sorted(json.loads(folder) for folder in folders)))

    def hashes(self, paths: Sequence[str]) -> dict[str, FileEntry]:
        """Size and SHA-256 of those of `paths` that are files on the board."""
        code = f"{_HASH.format(root=self.root)}for _p in {list(paths)!r}:_s(_p)"
        return {entry.path: entry for entry in _entries(self.repl.run(code).splitlines())}

    def read(self, path: str, report: Report | None = None) -> bytes:
        """The file's content, checked against the hash the board computes; `report` gets bytes read so far."""
        expected = self.hashes([path]).get(path)
        if expected is None:
            raise BoardError(f"There is no file {path} on the board.", hint="List its files with -ls.", path=path)
        text = self.repl.run(_READ.format(path=self.root + path, block=_READ_BLOCK))
        try:
            data = base64.b64decode("".join(text.split()), validate=True)
        except ValueError:
            data = b""
        self._check(expected, FileEntry.of(path, data), "read")
        if report:
            report(len(data))
        return data

    def write(self, path: str, data: bytes, report: Report | None = None) -> None:
        """Put a file there, also over an older one; `report` gets the bytes of the file written so far.

        Raises BoardError when the board has no room or what arrived is not what was sent; the older file stays then.
        """
        part = path + PART
        try:
            self._write_part(part, data, report)
            expected = FileEntry.of(part, data)
            self._check(expected, self.hashes([part]).get(part), "written")
            self.repl.run(f"import os\nos.rename({self.root + part!r},{self.root + path!r})")
        except BoardError:
            self._drop(part)
            raise

    def remove(self, path: str) -> None:
        """Remove a file, or a folder with everything in it."""
        self.repl.run(_REMOVE.format(path=self.root + path))

    def _write_part(self, part: str, data: bytes, report: Report | None) -> None:
        names = part.split("/")[:-1]
        folders = "\n".join(
            _MAKE_FOLDER.format(folder=self.root + "/".join(names[: depth + 1])) for depth in range(len(names))
        )
        inflates = "#O True" in self.repl.run(_OPEN.format(folders=folders, part=self.root + part))
        for start in range(0, len(data), _WRITE_BLOCK):
            block = data[start : start + _WRITE_BLOCK]
            self.repl.run(_write_call(block, inflates))
            if report:
                report(start + len(block))
        self.repl.run("_f.close()")

    def _drop(self, part: str) -> None:
        """Remove what was not finished, as far as the board still answers."""
        try:
            self.repl.run(_DROP.format(part=self.root + part))
        except BoardError:
            return

    def _check(self, expected: FileEntry, found: FileEntry | None, what: str) -> None:
        if found is None or (found.size, found.sha256) != (expected.size, expected.sha256):
            raise BoardError(
                f"{posixpath.basename(expected.path)} was not {what} whole: its hash on the board differs.",
                hint="Check the cable and the free space of the board, then try again.",
                path=expected.path,
            )


def _write_call(block: bytes, inflates: bool) -> str:
    """Code that appends the block, deflated where that is shorter."""
    packer = zlib.compressobj(9, zlib.DEFLATED, _WINDOW_BITS)
    packed = packer.compress(block) + packer.flush() if inflates else block
    name, sent = ("_z", packed) if len(packed) < len(block) else ("_w", block)
    return f"{name}({base64.b64encode(sent)!r})"


def _entries(lines: Sequence[str]) -> tuple[FileEntry, ...]:
    matches = (_FILE_LINE.fullmatch(line) for line in lines)
    return tuple(FileEntry(json.loads(found[3]), int(found[1]), found[2]) for found in matches if found)
