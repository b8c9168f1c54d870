"""Every state a flash can be left in when the power fails: record the operations once, then replay a part of them.

A board records while its VM configuration names a file: `board.configure(record=str(path))`, from its next start on.
The file holds, per operation, three 32-bit words (flash address, length, 0 program / 1 erase) and the bytes that are in
the flash afterwards. `Recording.cuts` lists all states, `Recording.state` builds one of them.
"""

import random
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Kind = Literal["program", "erase"]
_HEADER = struct.Struct("=III")
_KINDS: tuple[Kind, Kind] = ("program", "erase")


@dataclass(frozen=True, slots=True)
class FlashOperation:
    """One program or erase: `data` is what the flash holds at `address` when it has ended."""

    kind: Kind
    address: int
    data: bytes


@dataclass(frozen=True, slots=True, order=True)
class Cut:
    """The first `done` operations happened, and of the next one the first `part` bytes (0: nothing of it)."""

    done: int
    part: int = 0

    def __str__(self) -> str:
        return f"after operation {self.done}" + (f" and {self.part} bytes of the next" if self.part else "")


@dataclass(frozen=True, slots=True)
class Recording:
    """A flash's content `before`, and what was done to it then."""

    before: bytes
    operations: tuple[FlashOperation, ...]

    def cuts(self) -> list[Cut]:
        """All cuts between operations, and one in the middle of each; the last one is the state without a cut."""
        found = []
        for number, operation in enumerate(self.operations):
            found += [Cut(number), Cut(number, max(1, len(operation.data) // 2))]
        return [*found, Cut(len(self.operations))]

    def sample(self, size: int, seed: int) -> list[Cut]:
        """So many cuts in order: first and last state, and others by chance, half of them inside an operation."""
        chance = random.Random(seed)  # noqa: S311 - repeatable on purpose
        last = len(self.operations)
        chosen = {Cut(0), Cut(last)}
        possible = sum(len(operation.data) for operation in self.operations)
        while len(chosen) < min(size, possible):
            number = chance.randrange(last)
            torn = chance.randrange(1, len(self.operations[number].data)) if chance.random() < 0.5 else 0
            chosen.add(Cut(number, torn))
        return sorted(chosen)

    def state(self, cut: Cut) -> bytes:
        """The flash as that cut leaves it."""
        flash = bytearray(self.before)
        for operation in self.operations[: cut.done]:
            _put(flash, operation, len(operation.data))
        if cut.part:
            _put(flash, self.operations[cut.done], cut.part)
        return bytes(flash)


def read_operations(path: Path) -> tuple[FlashOperation, ...]:
    """The operations of a record file. One whose record is not complete (the VM was killed) is left out."""
    data = path.read_bytes() if path.exists() else b""
    return tuple(_operations(data))


def _operations(data: bytes) -> Iterator[FlashOperation]:
    at = 0
    while at + _HEADER.size <= len(data):
        address, length, kind = _HEADER.unpack_from(data, at)
        at += _HEADER.size
        if at + length > len(data):
            return
        yield FlashOperation(_KINDS[kind], address, data[at : at + length])
        at += length


def _put(flash: bytearray, operation: FlashOperation, length: int) -> None:
    flash[operation.address : operation.address + length] = operation.data[:length]
