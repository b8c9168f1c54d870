"""What an update over USB is asked for, and what it tells."""

from dataclasses import dataclass
from pathlib import Path

from devtoolkit.model.device import Device
from devtoolkit.model.manifest import FileEntry
from devtoolkit.services.board_session import MPREMOTE
from devtoolkit.services.node_backup import name_of
from devtoolkit.services.usb_update_plan import UpdatePlan


@dataclass(frozen=True, slots=True)
class UpdateRequest:
    """`board` is needed only where MicroPython is written anew, `firmware` asks for that. `force`: send every file,
    and a user's module that runs in the place of one of ours gives way (it is saved first). `wait`: for the node's
    answer on the network. `port` may be empty for an RP2 board of which only the boot drive is there, to finish its
    update; `boot_drive` names that drive where it is not to be looked for, `node` (name or uid) whose board it is.
    """

    port: str
    board: str | None = None
    firmware: Path | None = None
    transport: str = MPREMOTE
    baud: int = 0
    force: bool = False
    wait: bool = True
    boot_drive: Path | None = None
    node: str = ""


@dataclass(frozen=True, slots=True)
class UpdateReport:
    """What was done. `before` is the version that ran, empty when it did not tell; `kept` are the user's files;
    `shadowing` those of them that run in the place of ours; `backup` is where they were saved, empty when they stayed
    on the board; `bytes` is the size of the files sent, or of the flash written; `networked`: it has a Wi-Fi to join.
    """

    port: str
    uid: str
    name: str
    before: str
    version: str
    micropython: str
    sent: tuple[str, ...]
    removed: tuple[str, ...]
    kept: tuple[str, ...]
    shadowing: tuple[str, ...]
    reflashed: bool
    backup: str
    bytes: int
    seconds: float
    device: Device | None
    networked: bool


@dataclass(frozen=True, slots=True)
class UpdatePreview:
    """What an update would do. `reflash`: MicroPython is written anew, with the user's files in the new image.

    `resumes`: an update was interrupted while the user's files were only on this machine, in the folder `backup`;
    `plan` is empty then. `boot_drive`: the RP2 board shows only this drive, which does not tell whose board it is.
    """

    port: str
    uid: str
    name: str
    before: str
    version: str
    micropython: str
    plan: UpdatePlan
    reflash: bool
    resumes: bool = False
    backup: str = ""
    boot_drive: str = ""


UpdateResult = UpdateReport | UpdatePreview


@dataclass(frozen=True, slots=True)
class Found:
    """What the board said; of one that is only known from its interrupted update: what was saved."""

    uid: str
    micropython: str
    config: dict[str, object]
    files: tuple[FileEntry, ...]
    installed: dict[str, str]  # path -> hash of what this toolkit put there last

    @property
    def name(self) -> str:
        return name_of(self.config, self.uid)

    @property
    def version(self) -> str:
        version = self.config.get("version")
        return version if isinstance(version, str) and version != "n/a" else ""
