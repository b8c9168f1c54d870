"""What host and node say to each other about an update over the air."""

from dataclasses import dataclass

from devtoolkit.model.manifest import FileEntry


@dataclass(frozen=True, slots=True)
class NodeState:
    """The node's answer to `ota state`.

    `update_id` and `state` are those of its last update (none, apply, trial, confirmed, rollback, rolled_back), `to`
    its version, `reason` why it was rolled back. `free` counts free blocks of `block` bytes. `mpy` is the node's
    `sys.implementation._mpy`, 0 when it cannot load bytecode. `left_s`: until a trial confirms itself.
    """

    api: int
    version: str
    mode: str
    update_id: str
    state: str
    to: str
    reason: str
    boots: int
    left_s: int
    free: int
    block: int
    mpy: int
    micropython: str
    staged: int

    @property
    def in_trial(self) -> bool:
        """Whether an update is under way that has no verdict yet."""
        return self.state in ("apply", "trial", "rollback")


@dataclass(frozen=True, slots=True)
class Removal:
    """A file that an update takes away."""

    path: str


@dataclass(frozen=True, slots=True)
class OtaManifest:
    """One update as the node gets it: files to put in place and to remove. `needs_api`: of the node's core."""

    version: str
    files: tuple[FileEntry, ...]
    removed: tuple[Removal, ...] = ()
    trial_s: int = 60
    needs_api: int = 0
    force: bool = False  # the loader is among the files
    part: str = "1/1"
    again: bool = False  # the same as the node's last update: a mark that gives it another name
