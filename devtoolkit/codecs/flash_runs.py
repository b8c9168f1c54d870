"""Blank and filled parts of what is to be written to flash.

Erased flash reads 0xFF, so a long blank part need not travel over the wire: erasing it is the same. A file-system image
is mostly blank.
"""

from collections.abc import Iterator
from dataclasses import dataclass

SECTOR = 4096  # the smallest part of flash that can be erased
SHORTEST_BLANK = 0x10000  # bytes; a shorter blank part is cheaper to write than to begin a new piece for

_BLANK_SECTOR = b"\xff" * SECTOR


@dataclass(frozen=True, slots=True)
class Run:
    """Bytes `start` to `end` (exclusive) of the data; `blank` when they are all 0xFF and whole sectors."""

    start: int
    end: int
    blank: bool


def split(data: bytes, offset: int = 0) -> tuple[Run, ...]:
    """Runs that cover `data`, in order; `offset` is its flash address. Neighbouring runs differ in `blank`.

    Data that does not start on a sector is one filled run.
    """
    if not data:
        return ()
    if offset % SECTOR:
        return (Run(0, len(data), False),)
    merged: list[Run] = []
    for run in _sector_runs(data):
        blank = run.blank and run.end - run.start >= SHORTEST_BLANK
        if merged and merged[-1].blank == blank:
            merged[-1] = Run(merged[-1].start, run.end, blank)
        else:
            merged.append(Run(run.start, run.end, blank))
    return tuple(merged)


def _sector_runs(data: bytes) -> Iterator[Run]:
    start, blank = 0, data[:SECTOR] == _BLANK_SECTOR
    for position in range(SECTOR, len(data), SECTOR):
        here = data[position : position + SECTOR] == _BLANK_SECTOR
        if here != blank:
            yield Run(start, position, blank)
            start, blank = position, here
    yield Run(start, len(data), blank)
