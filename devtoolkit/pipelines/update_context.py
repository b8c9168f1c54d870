"""What the steps of a USB update share."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from devtoolkit.model.manifest import FileEntry
from devtoolkit.transports.board_files import BoardFiles


@dataclass(slots=True)
class UpdateContext:
    """`send` in the order of sending, with `contents` by path; `remove` go afterwards. `sent` fills up on the way."""

    files: BoardFiles
    send: tuple[FileEntry, ...]
    contents: Mapping[str, bytes]
    remove: tuple[str, ...]
    prove: tuple[FileEntry, ...]
    start: Callable[[], None]
    sent: list[str] = field(default_factory=list)
