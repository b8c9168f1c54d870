"""Will it fit? Heap and flash of a board with chosen modules, before anything is sent, from the measured table.

The heap is that of a node after its boothook has opened the modules: what a command takes while it runs comes on top.
"""

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from devtoolkit import paths
from devtoolkit.boards.loader import board as find_board
from devtoolkit.codecs.flash_layout import combined_partitions, file_system_region
from devtoolkit.errors import ToolkitError, UsageError
from devtoolkit.model.board import Board
from devtoolkit.services import build
from devtoolkit.services.devtools import memory_table, sources
from devtoolkit.services.devtools.memory_table import FileCost, MemoryTable, ModuleCost, Scale
from devtoolkit.services.devtools.sources import MODULE_PREFIX
from devtoolkit.services.virtual_firmware import virtual_firmware_for
from devtoolkit.tools.littlefs_image import build_image, used_blocks
from devtoolkit.tools.mpy_cross import compile_source

VIRTUAL = "virtual"
# MicroPython's unix port starts with 2 MiB of heap on a 64-bit machine; about 3 % of it hold the collector's tables.
_VIRTUAL_HEAP = 2 * 1024 * 1024 * 97 // 100
_FLASH = 4 * 1024 * 1024  # the smallest flash of the boards in the catalogue
_LEAST_FREE = 20_000  # web page, REST and an update over the air need about this at the same time
_OBJECTS_ERROR = 0.5  # of what opened modules hold: it depends on the board's drivers and the settings
_UNIX_BASE_ERROR = 3000  # between boots of the virtual board the figure differs by about 2 kB
_OF_EVERY_CALL = "Literal"  # the core's reader of parameters comes into memory with the first command of a boothook


class TooBigError(ToolkitError):
    """The modules do not fit the board."""


@dataclass(frozen=True, slots=True)
class ModuleShare:
    """What one module adds: bytes of heap (files that it shares with an earlier one not counted again), of flash.

    `measured`: False when it is no module of ours, so that its heap follows from its size.
    """

    module: str
    heap: int
    flash: int
    measured: bool


@dataclass(frozen=True, slots=True)
class Fit:
    """The prediction, in bytes. `error`: the free heap may differ from `heap_free` by so much.

    `heap_known`: whether the size of this chip's heap was measured; else it is a plain ESP32's. `flash_used`: all
    bundled files, as a deploy puts them on the board, and own modules.
    """

    board: str
    modules: tuple[ModuleShare, ...]
    heap_total: int
    heap_known: bool
    heap_base: int
    heap_free: int
    error: int
    flash_total: int
    flash_used: int
    notes: tuple[str, ...] = ()

    @property
    def fits(self) -> bool:
        """Whether heap and flash are enough."""
        return self.heap_free > 0 and self.flash_used <= self.flash_total

    @property
    def problem(self) -> str:
        """Empty when all is well."""
        if self.flash_used > self.flash_total:
            return f"The files need {self.flash_used:,} bytes of flash; there are {self.flash_total:,}."
        if self.heap_free <= 0:
            return f"The modules need {-self.heap_free:,} bytes of heap more than there are."
        return ""


@dataclass(frozen=True, slots=True)
class FitReport:
    """`fit`: None when only the table was asked for; `table`: every module alone."""

    fit: Fit | None
    table: tuple["SizeRow", ...] = ()

    @property
    def error(self) -> ToolkitError | None:
        """Set when it does not fit."""
        if self.fit is None or self.fit.fits:
            return None
        return TooBigError(self.fit.problem, hint="Leave a module out, or use a board with more memory.")


@dataclass(frozen=True, slots=True)
class SizeRow:
    """One file: lines of code, bytes of source and bytecode, heap of its import, and of all it brings when opened."""

    name: str
    lines: int
    source: int
    mpy: int
    import_heap: int | None
    opened_heap: int | None


def predict(modules: Sequence[str], board_id: str = "esp32", *, heap: int | None = None) -> Fit:
    """Heap and flash of a board whose boothook opens these modules: names, or paths of own .py files.

    `board_id`: one of the catalogue, or "virtual". `heap`: its bytes in all, when they are known better. Raises
    UsageError for an unknown module or board, BuildError for an own module that does not compile.
    """
    board = find_board("esp32" if board_id == VIRTUAL else board_id)
    scale: Scale = "unix" if board_id == VIRTUAL else "board"
    table = memory_table.load()
    model = _Model(table, scale)
    called = model.file(_OF_EVERY_CALL) if modules else 0
    shares = [model.add(word) for word in modules]
    total, known = _heap(board, board_id, table, heap)
    names = table.base[f"{scale}_names"]
    grown = memory_table.pool_bytes(names + model.names, scale) - memory_table.pool_bytes(names, scale)
    used = table.base[scale] + called + grown
    free = total - used - sum(share.heap for share in shares)
    flash_total = _flash_size(board)
    return Fit(
        board_id,
        tuple(shares),
        total,
        known,
        used,
        free,
        model.error(),
        flash_total,
        _flash_used(board, flash_total, model.own),
        tuple(_notes(free, model.error(), known, board_id)),
    )


def sizes() -> tuple[SizeRow, ...]:
    """Every file of the device source with its size, and its heap where that was measured (at a board's scale)."""
    table = memory_table.load()
    built = {entry.path: entry.size for entry in build.load_manifest(paths.precompiled()).entries}
    rows = []
    for one in sources.read_all(paths.micros_source()):
        cost = table.files.get(one.name)
        opened = None
        if one.kind == "load_module" and one.module in table.modules:
            model = _Model(table, "board")
            opened = model.add(one.module).heap
        mpy = built.get(f"{one.name}.mpy") or len(compile_source(one.text.encode(), one.path.name))
        heap = cost.board if cost else None
        rows.append(SizeRow(one.name, sources.code_lines(one.text), len(one.text.encode()), mpy, heap, opened))
    return tuple(rows)


class _Model:
    """Adds modules one by one; files that are in memory already cost nothing again."""

    def __init__(self, table: MemoryTable, scale: Scale) -> None:
        self._table = table
        self._scale: Scale = scale
        self._loaded = set(table.resident)
        self._uncertain = 0.0
        self.names = 0
        self.own: dict[str, bytes] = {}

    def file(self, name: str) -> int:
        """What a file of the core takes; 0 when it is in memory."""
        if name in self._loaded:
            return 0
        self._loaded.add(name)
        self.names += self._table.files[name].names
        return self._file(self._table.files[name])

    def add(self, word: str) -> ModuleShare:
        if word.endswith(".py"):
            return self._add_own(Path(word).expanduser())
        module = word.removeprefix(MODULE_PREFIX)
        if f"{MODULE_PREFIX}{module}" in self._table.resident:
            return ModuleShare(module, 0, 0, True)
        cost = self._table.modules.get(module)
        if cost is None:
            raise _unknown(module, self._table.modules)
        return self._measured(module, cost)

    def _measured(self, module: str, cost: ModuleCost) -> ModuleShare:
        new = [name for name in cost.files if name not in self._loaded]
        heap = sum(self._file(self._table.files[name]) for name in new)
        objects = cost.objects * (1.0 if self._scale == "unix" else self._table.object_scale)
        self._uncertain += objects * _OBJECTS_ERROR
        self._loaded |= set(new)
        self.names += cost.names + sum(self._table.files[name].names for name in new)
        flash = self._table.files[f"{MODULE_PREFIX}{module}"].mpy
        return ModuleShare(module, round(heap + objects), flash, True)

    def _add_own(self, file: Path) -> ModuleShare:
        source = sources.read(file)
        code = compile_source(source.text.encode(), file.name)
        ratio, spread = self._table.ratio(self._scale)
        shared = [name for name in sources.imports(source.tree) if name in self._table.files]
        new = [name for name in shared if name not in self._loaded]
        self._loaded |= set(new)
        self.names += sum(self._table.files[name].names for name in new)
        own = len(code) * ratio
        self._uncertain += own * spread
        self.own[f"{source.name}.mpy"] = code
        heap = own + sum(self._file(self._table.files[name]) for name in new)
        return ModuleShare(source.module, round(heap), len(code), False)

    def _file(self, cost: FileCost) -> int:
        return cost.board if self._scale == "board" else cost.unix

    def error(self) -> int:
        base = self._table.base["board_error"] if self._scale == "board" else _UNIX_BASE_ERROR
        return round(base + self._uncertain)


def _unknown(module: str, known: Iterable[str]) -> UsageError:
    near = difflib.get_close_matches(module, known, n=1)
    hint = f"Did you mean {near[0]}?" if near else "An own module is named by its file: path/LM_name.py."
    return UsageError(f"There is no measured module {module}.", hint=hint, module=module)


def _heap(board: Board, board_id: str, table: MemoryTable, given: int | None) -> tuple[int, bool]:
    if given is not None:
        return given, True
    if board_id == VIRTUAL:
        return _VIRTUAL_HEAP, True
    known = board.chip in table.heap and board.id == board.chip
    return table.heap[board.chip if known else "esp32"], known


def _flash_size(board: Board) -> int:
    """Of the file system on a board with 4 MB of flash, RP2: as the board's file says."""
    if board.family == "rp2":
        return board.fs_size
    partitions = combined_partitions(virtual_firmware_for(board.chip), board.firmware_offset)
    return file_system_region(partitions, _FLASH).size


def _flash_used(board: Board, size: int, own: dict[str, bytes]) -> int:
    """Whole blocks, as LittleFS takes them."""
    files = {**build.read_files(paths.precompiled()), **own}
    block = board.littlefs.block_size
    roomy = max(size, 2 * sum(len(data) + block for data in files.values()))  # so that too much is told, not refused
    image = build_image(files, roomy // block * block, board.littlefs)
    return used_blocks(image, board.littlefs) * block


def _notes(free: int, error: int, known: bool, board_id: str) -> Iterable[str]:
    if not known:
        yield f"The heap of {board_id} was not measured; the figures are those of a plain ESP32, which has the least."
    if 0 < free < error:
        yield "It may not fit: the prediction's error is bigger than what is left."
    elif 0 < free < _LEAST_FREE:
        yield f"Little is left: the web page or an update over the air want about {_LEAST_FREE:,} bytes at a time."
