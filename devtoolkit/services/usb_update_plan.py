"""What a USB update does to the files of a board: pure comparison, nothing is touched."""

import posixpath
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from devtoolkit.errors import InstallError
from devtoolkit.model.manifest import FileEntry, Manifest
from devtoolkit.transports.board_writer import PART

_SPARE_BLOCKS = 8  # what the node itself writes meanwhile: configuration, state, logs
_LAST = ("micrOSloader", "main")  # a node without these two cannot be brought back over the air
_PROGRAM = (".py", ".mpy")


@dataclass(frozen=True, slots=True)
class UpdatePlan:
    """`changed` in the order of sending; `vanished` came with an older version and are removed; `leftovers` are
    unfinished files of an interrupted run; `own` are the user's: configuration, state, logs, modules. `shadowing` are
    those of them that MicroPython imports in the place of a module of ours.
    """

    changed: tuple[FileEntry, ...]
    vanished: tuple[str, ...]
    leftovers: tuple[str, ...]
    own: tuple[FileEntry, ...]
    shadowing: tuple[str, ...]

    @property
    def nothing(self) -> bool:
        """Whether the board has everything already."""
        return not (self.changed or self.vanished or self.leftovers)


def plan_update(
    manifest: Manifest, there: Sequence[FileEntry], installed: Mapping[str, str], *, everything: bool = False
) -> UpdatePlan:
    """`there` is what the board holds; `installed` (path -> SHA-256) what this toolkit put there the last time."""
    wanted = {entry.path: entry for entry in manifest.entries}
    on_board = {entry.path: entry for entry in there}
    others = [entry for path, entry in on_board.items() if path not in wanted]
    leftovers = tuple(entry.path for entry in others if entry.path.endswith(PART))
    vanished = tuple(e.path for e in others if installed.get(e.path) == e.sha256 and e.path not in leftovers)
    own = tuple(entry for entry in others if entry.path not in vanished and entry.path not in leftovers)
    changed = [entry for path, entry in wanted.items() if everything or on_board.get(path) != entry]
    return UpdatePlan(
        tuple(sorted(changed, key=_order)),
        vanished,
        leftovers,
        own,
        tuple(entry.path for entry in own if _shadows(entry.path, wanted)),
    )


def check_space(plan: UpdatePlan, there: Sequence[FileEntry], block_size: int, free_blocks: int) -> None:
    """Raises InstallError when the board has no room: for what grows, and for one file beside its older self."""
    old = {entry.path: _blocks(entry.size, block_size) for entry in there}
    gone = sum(old.get(path, 0) for path in (*plan.leftovers, *plan.vanished))
    growth = sum(_blocks(entry.size, block_size) - old.get(entry.path, 0) for entry in plan.changed)
    beside = max((_blocks(entry.size, block_size) for entry in plan.changed), default=0)
    needed = max(0, growth - gone) + beside + _SPARE_BLOCKS
    if plan.changed and needed > free_blocks:
        raise InstallError(
            f"The board has {free_blocks} free blocks of {block_size} bytes, the update needs {needed}.",
            hint="Remove files of your own with --rm (a backup with -b --all keeps them), then update again.",
            free_blocks=free_blocks,
            needed_blocks=needed,
        )


def _shadows(path: str, wanted: Mapping[str, FileEntry]) -> bool:
    stem, suffix = posixpath.splitext(path)
    other = {".py": ".mpy", ".mpy": ".py"}.get(suffix)
    return other is not None and stem + other in wanted


def _order(entry: FileEntry) -> tuple[int, int, str]:
    """Pages and modules first, then the core, loader and main.py last."""
    stem, suffix = posixpath.splitext(entry.path)
    if stem in _LAST:
        return 3, _LAST.index(stem), entry.path
    if suffix not in _PROGRAM or stem.startswith(("LM_", "IO_")):
        return 1, 0, entry.path
    return 2, 0, entry.path


def _blocks(size: int, block_size: int) -> int:
    return -(-size // block_size)
