"""The measured memory of the device system and its modules, as shipped with the toolkit (module_memory.toml)."""

import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Literal

TABLE = "module_memory.toml"
Scale = Literal["board", "unix"]
_NAME_PLACE = {"board": 7, "unix": 11}  # bytes of one place in a pool of interned names: pointer, hash, length
_FIRST_POOL = 20  # pools double: 20, 40, 80 ... places


@dataclass(frozen=True, slots=True)
class FileCost:
    """Bytes of heap that the import of one compiled file takes; `mpy`: its size in flash. `names`: new ones."""

    mpy: int
    board: int
    unix: int
    names: int = 0


@dataclass(frozen=True, slots=True)
class ModuleCost:
    """What an opened module takes beyond its `files`: bytes at the scale of the virtual board, interned names."""

    objects: int
    names: int
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MemoryTable:
    """`base`: bytes in use after boot, with the files `resident`. `heap`: chip -> bytes in all, where measured."""

    base: Mapping[str, int]
    resident: frozenset[str]
    heap: Mapping[str, int]
    files: Mapping[str, FileCost]
    modules: Mapping[str, ModuleCost]

    def ratio(self, scale: Scale) -> tuple[float, float]:
        """Heap per byte of bytecode over all files, and by what part a single file differs from that at most."""
        costs = [(cost.mpy, cost.board if scale == "board" else cost.unix) for cost in self.files.values()]
        mean = sum(heap for _, heap in costs) / sum(mpy for mpy, _ in costs)
        return mean, max(abs(heap / mpy / mean - 1) for mpy, heap in costs)

    @property
    def object_scale(self) -> float:
        """Objects are measured with pointers of 8 bytes; a board's are smaller by as much as the imports are."""
        return sum(cost.board for cost in self.files.values()) / sum(cost.unix for cost in self.files.values())


@functools.cache
def load() -> MemoryTable:
    """The shipped table."""
    text = resources.files("devtoolkit.services.devtools").joinpath(TABLE).read_text(encoding="utf-8")
    table = tomllib.loads(text)
    resident = frozenset(table["base"].pop("resident"))
    return MemoryTable(
        base=table["base"],
        resident=resident,
        heap=table["heap"],
        files={name: FileCost(**cost) for name, cost in table["files"].items()},
        modules={
            name: ModuleCost(cost["objects"], cost["names"], tuple(cost["files"]))
            for name, cost in table["modules"].items()
        },
    )


def pool_bytes(names: int, scale: Scale) -> int:
    """Bytes of the pools that hold so many interned names; they grow in steps, so a few more names may cost a lot."""
    places, pool = 0, _FIRST_POOL
    while places < names:
        places += pool
        pool *= 2
    return places * _NAME_PLACE[scale]
