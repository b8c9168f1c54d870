"""Many files onto a board behind its REPL, at the speed of the wire.

The files travel as one stream, deflated where the board can inflate, and in blocks, so that small ones share a call. A
block is a bytes literal, which MicroPython reads 8-bit clean (py/lexer.c). The board writes each file under a temporary
name, hashes what lies in the flash, and renames it: a pulled cable leaves the old file or the new one.
"""

import hashlib
import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

PART = ".part"  # suffix of a file that is being written
BLOCK = 4096  # bytes of files per call: one flash block, and small enough for the smallest free heap
_STARTS = 16  # files that begin in one block: their names and hashes lie in the board's memory
_WINDOW_BITS = 14  # the board keeps a window of 2**bits bytes while it inflates, in a heap that was made anew
_HASH = 8  # bytes of a hash that tell what arrived changed from what was sent; nobody changes it on purpose

# Needs `_d` of board_files. `_q`: the files that are not complete, with path, bytes, hash; `_n` the first lacks.
# `_y` begins a deflated stream; `_z` puts what the inflater left of the last block before the new one.
PRELUDE = """
_q=[]
_f=None
try:
    from io import BytesIO
    from deflate import DeflateIO,ZLIB
    print('#Z')
except ImportError:
    pass
def _y():
    global _i,_k,_u
    _k=BytesIO()
    _i=DeflateIO(_k,ZLIB)
    _u=0
def _z(b,n,*q):
    global _u
    b=_k.read(_u-_k.seek(0,1))+b
    _k.seek(0)
    _u=_k.write(b)
    _k.seek(0)
    _w(_i.read(n),*q)
def _w(b,*q):
    global _f,_n
    _q.extend(q)
    b=memoryview(b)
    while _q and (len(b) or not _q[0][1]):
        p,n,x=_q[0]
        t=p+'.part'
        if not _f:
            i=p.find('/')
            while i>0:
                try:os.mkdir({root!r}+p[:i])
                except OSError:pass
                i=p.find('/',i+1)
            _f=open({root!r}+t,'wb')
            _n=n
        k=b[:_n]
        b=b[len(k):]
        _f.write(k)
        _n-=len(k)
        if _n:break
        _f.close()
        _f=None
        m,d=_d(t)
        if m!=n or d[:len(x)]!=x:break
        os.rename({root!r}+t,{root!r}+p)
        _q.pop(0)
        print('#E')
"""
# Takes away what was not finished.
DROP = """
try:_f.close()
except Exception:pass
_f=None
for _p in _q[:1]:
    try:os.remove({root!r}+_p[0]+'.part')
    except OSError:pass
_q.clear()
"""

# What ends, interrupts or changes a raw REPL (Ctrl-A to Ctrl-E), pauses a line (XON, XOFF), or ends a literal.
_NOT_LITERAL = re.compile(rb"[\x00-\x05\n\r\x11\x13'\\]")
_NAMED = {b"\n": rb"\n", b"\r": rb"\r", b"'": rb"\'", b"\\": rb"\\"}


@dataclass(slots=True)
class Block:
    """One call's worth: `data` of the files, those that `start` in it, and how far each file is after it."""

    data: bytearray = field(default_factory=bytearray)
    starts: list[str] = field(default_factory=list)
    reached: list[tuple[str, int]] = field(default_factory=list)

    def ended(self, contents: Mapping[str, bytes]) -> list[str]:
        """The files that are complete after it."""
        return [path for path, done in self.reached if done == len(contents[path])]


def blocks(contents: Mapping[str, bytes]) -> Iterator[Block]:
    """The files, in their order, cut into blocks."""
    block = Block()
    for path, data in contents.items():
        if len(block.starts) == _STARTS or len(block.data) == BLOCK:
            yield block
            block = Block()
        block.starts.append(path)
        done = 0
        while True:
            taken = data[done : done + BLOCK - len(block.data)]
            block.data += taken
            done += len(taken)
            block.reached.append((path, done))
            if done == len(data):
                break
            yield block
            block = Block()
    if block.reached:
        yield block


class Calls:
    """The code that hands one block after the other to the board."""

    def __init__(self, contents: Mapping[str, bytes], *, inflates: bool) -> None:
        self._contents = contents
        self._packer = zlib.compressobj(9, zlib.DEFLATED, _WINDOW_BITS) if inflates else None
        self._begin = b"_y()\n" if inflates else b""

    def call(self, block: Block) -> bytes:
        """The code for this block; every block once and in order."""
        data = bytes(block.data)
        starts = [_announced(path, self._contents[path]) for path in block.starts]
        if self._packer is None:
            return b"_w(" + b",".join((literal(data), *starts)) + b")"
        packed = self._packer.compress(data) + self._packer.flush(zlib.Z_SYNC_FLUSH)
        begin, self._begin = self._begin, b""
        return begin + b"_z(" + b",".join((literal(packed), str(len(data)).encode(), *starts)) + b")"


def literal(data: bytes) -> bytes:
    """A bytes literal of MicroPython with this content, at most a twentieth longer for data without a pattern."""

    def escaped(found: re.Match[bytes]) -> bytes:
        follower = data[found.end() : found.end() + 1]
        digits = "03o" if follower.isdigit() else "o"
        return _NAMED.get(found[0]) or f"\\{found[0][0]:{digits}}".encode()

    return b"b'" + _NOT_LITERAL.sub(escaped, data) + b"'"


def _announced(path: str, data: bytes) -> bytes:
    return f"({path!r},{len(data)},".encode() + literal(hashlib.sha256(data).digest()[:_HASH]) + b")"
