"""Files on a board behind its REPL: list, read, write, remove; one session for all of them.

What arrives, either way, is proven by a hash that the board computes. How files get there: `board_writer`.
"""

import base64
import contextlib
import hashlib
import json
import posixpath
import re
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from devtoolkit.errors import BoardError, BoardRestartedError, PortError
from devtoolkit.model.manifest import FileEntry
from devtoolkit.transports import board_writer

Report = Callable[[int], None]

_BASE = """
import os,gc,json,hashlib,binascii
gc.collect()
_b=bytearray(768)
_m=memoryview(_b)
"""  # 768: a multiple of 3, so that base64 needs no padding within a file
_HELPERS = {
    "_d": """
def _d(p):
    d=hashlib.sha256()
    n=0
    with open({root!r}+p,'rb') as f:
        while True:
            k=f.readinto(_b)
            if not k:break
            d.update(_m[:k])
            n+=k
    return n,d.digest()
""",
    "_x": """
def _x(b):return binascii.hexlify(b).decode()
""",
    "_h": """
def _h(p,n=32):
    s,d=_d(p)
    print('#F',s,_x(d[:n]),json.dumps(p))
""",
    "_l": """
def _l(p,n=32):
    for e in os.ilistdir(({root!r}+p).rstrip('/') or '/'):
        q=p+e[0]
        if e[1]&0x4000:
            print('#D',json.dumps(q))
            _l(q+'/',n)
        else:_h(q,n)
""",
    "_t": """
def _t(p):
    try:return not os.stat({root!r}+p)[0]&0x4000
    except OSError:return False
""",
    "_s": """
def _s(p):
    if _t(p):
        _h(p)
        return True
""",
    "_c": """
def _c(a):
    d=hashlib.sha256()
    for p in a.split('\\n'):
        try:d.update(_d(p)[1])
        except OSError:pass
        print()
    print('#P',binascii.hexlify(d.digest()).decode())
""",
    "_g": """
def _g(p):
    with open({root!r}+p,'rb') as f:
        while True:
            k=f.readinto(_b)
            if not k:break
            print(binascii.b2a_base64(_m[:k]).decode(),end='')
""",
    "_r": """
def _r(p):
    if os.stat(p)[0]&0x4000:
        for e in os.ilistdir(p):_r(p+'/'+e[0])
        os.rmdir(p)
    else:os.remove(p)
""",
}
_INDENT = re.compile(r"^(?: {4})+", re.MULTILINE)
_CALL = re.compile(r"\b_[a-z](?=\()")
_IN_PLACE = "#E"  # the board says so for each file that is complete, proven and renamed
_SHORT = 8  # bytes of a hash that tell a changed file from an unchanged one; nobody chooses them on purpose
_FILE_LINE = re.compile(r"#F (\d+) ([0-9a-f]{16}|[0-9a-f]{64}) (\".*\")")
_PROOF_LINE = re.compile(r"#P ([0-9a-f]{64})")
_FOLDER_LINE = re.compile(r"#D (\".*\")")


class Runner(Protocol):
    """What runs code on the board: `SerialRepl`, or ampy's."""

    port: str

    def run(self, code: str | bytes) -> str: ...


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
        self._sent: set[str] = set()  # helpers that the board knows
        self._writes = False
        self._inflates = False

    def listing(self, known: Sequence[FileEntry] = ()) -> Listing:
        """Everything, hashed by the board with constant memory.

        Of files that are as in `known`, which is what most of an update finds, only a part of the hash travels: the
        wire is the slow part.
        """
        short = {(entry.path, entry.size, entry.sha256[: _SHORT * 2]): entry for entry in known}
        lines = self._run(f"_l('',{_SHORT})" if known else "_l('')").splitlines()
        folders = (found[1] for line in lines if (found := _FOLDER_LINE.fullmatch(line)))
        files = {entry.path: entry for entry in _entries(lines)}
        if known:
            files = {
                path: known_one
                for path, entry in files.items()
                if (known_one := short.get((path, entry.size, entry.sha256)))
            } | self.hashes([path for path, entry in files.items() if (path, entry.size, entry.sha256) not in short])
        return Listing(tuple(files.values()), tuple(sorted(json.loads(folder) for folder in folders)))

    def all_as(self, entries: Sequence[FileEntry]) -> bool:
        """Whether each of these files lies on the board with exactly this content: one hash over all hashes."""
        together = hashlib.sha256(b"".join(bytes.fromhex(entry.sha256) for entry in entries)).hexdigest()
        paths = "\n".join(entry.path for entry in entries)
        lines = self._run(f"_c({paths!r})").splitlines()
        return together in [found[1] for line in lines if (found := _PROOF_LINE.fullmatch(line))]

    def hashes(self, paths: Sequence[str]) -> dict[str, FileEntry]:
        """Size and SHA-256 of those of `paths` that are files on the board."""
        if not paths:
            return {}
        lines = self._run(f"for _p in {list(paths)!r}:_s(_p)").splitlines()
        return {entry.path: entry for entry in _entries(lines)}

    def read(self, path: str) -> bytes:
        """The file's content, checked against the hash the board computes."""
        lines = self._run(f"if _s({path!r}):_g({path!r})").splitlines()
        expected = _entries(lines[:1])
        if not expected:
            raise BoardError(f"There is no file {path} on the board.", hint="List its files with -ls.", path=path)
        try:
            data = base64.b64decode("".join(lines[1:]), validate=True)
        except ValueError:
            data = b""
        if FileEntry.of(path, data) != expected[0]:
            raise _not_whole(path, "read")
        return data

    def write(self, path: str, data: bytes, report: Report | None = None) -> None:
        """Put a file there, also over an older one; `report` gets the bytes of the file written so far. As `send`."""
        for _path, done in self.send({path: data}):
            if report:
                report(done)

    def send(self, contents: Mapping[str, bytes]) -> Generator[tuple[str, int], None, None]:
        """Put files there in this order, also over older ones; tells after each block how much of which file is there.

        A file is complete, proven and in place when all of its bytes are told. Raises BoardError when the board has no
        room or what arrived is not what was sent; the older file stays then. Closing the generator ends it likewise.
        """
        left, restarted_at = dict(contents), ""
        while left:
            try:
                yield from self._send(left)
            except BoardRestartedError:
                self._forget()
                if restarted_at == next(iter(left)):
                    raise
                restarted_at = next(iter(left))
            except BoardError as error:
                if not self._inflates or "MemoryError" not in str(error):
                    raise
                self._inflates = False  # no room for the window

    def _send(self, left: dict[str, bytes]) -> Iterator[tuple[str, int]]:
        """As `send`; takes out of `left` what is in place."""
        self._prepare_writing()
        todo = dict(left)
        calls = board_writer.Calls(todo, inflates=self._inflates)
        try:
            for block in board_writer.blocks(todo):
                answer = self.repl.run(calls.call(block))
                proven, ended = answer.splitlines().count(_IN_PLACE), block.ended(todo)
                for path in ended[:proven]:
                    del left[path]
                missing = ended[proven:]
                yield from ((path, done) for path, done in block.reached if path not in missing)
                if missing:
                    raise _not_whole(missing[0], "written")
        except BoardRestartedError:
            raise
        except (BoardError, GeneratorExit):
            self._drop()
            raise

    def remove(self, path: str, *, missing_ok: bool = False) -> None:
        """Remove a file, or a folder with everything in it. `missing_ok`: one that is not there is no error."""
        plain = f"_r({self.root + path!r})"
        gone_ok = f"try:{plain}\nexcept OSError as e:\n if e.errno!=2:raise"  # ENOENT
        try:
            self._call(gone_ok if missing_ok else plain)
        except BoardRestartedError:
            self._forget()
            self._call(gone_ok)

    def _run(self, code: str) -> str:
        """A call that changes nothing: when the board restarts, once more."""
        try:
            return self._call(code)
        except BoardRestartedError:
            self._forget()
            return self._call(code)

    def _call(self, code: str) -> str:
        """Run code; the helpers it needs go with it, each once: the wire is the slow part."""
        new = self._needed(code)
        parts = [] if self._sent else [_BASE]
        parts += [text for name, text in _HELPERS.items() if name in new]
        answer = self.repl.run(self._rooted("".join(parts)) + code)
        self._sent |= new
        return answer

    def _needed(self, code: str) -> set[str]:
        names: set[str] = set()
        todo = [code]
        while todo:
            found = {name for name in _CALL.findall(todo.pop()) if name in _HELPERS} - names - self._sent
            names |= found
            todo += [_HELPERS[name] for name in found]
        return names

    def _forget(self) -> None:
        """The board has restarted."""
        self._sent.clear()
        self._writes = False

    def _prepare_writing(self) -> None:
        if not self._writes:
            self._inflates = "#Z" in self._call(self._rooted(board_writer.PRELUDE))
            self._writes = True

    def _drop(self) -> None:
        """Remove what was not finished, as far as the board still answers."""
        with contextlib.suppress(BoardError, PortError):
            self.repl.run(self._rooted(board_writer.DROP))

    def _rooted(self, code: str) -> str:
        """With the root, and with a blank where this source has four: the wire is the slow part."""
        return _INDENT.sub(lambda found: " " * (len(found[0]) // 4), code).replace("{root!r}", repr(self.root))


def _not_whole(path: str, what: str) -> BoardError:
    return BoardError(
        f"{posixpath.basename(path)} was not {what} whole: its hash on the board differs.",
        hint="Check the cable and the free space of the board, then try again.",
        path=path,
    )


def _entries(lines: Sequence[str]) -> tuple[FileEntry, ...]:
    matches = (_FILE_LINE.fullmatch(line) for line in lines)
    return tuple(FileEntry(json.loads(found[3]), int(found[1]), found[2]) for found in matches if found)
