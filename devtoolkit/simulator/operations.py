"""What board process and VM share in one file: how many flash operations have been done, and when power fails."""

import struct
from pathlib import Path
from typing import Literal

Torn = Literal["none", "half"]
_WORDS = struct.Struct("=IIII")  # done, number of the failing operation (0: none), torn, power has failed
_WRAP = 0xFFFFFFFF


class FlashOperations:
    """Counts program and erase operations of the VM since the board was opened; plans a power cut in one of them."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._write(0, 0, False, False)

    @property
    def done(self) -> int:
        """Operations so far."""
        return self._read()[0]

    @property
    def power_failed(self) -> bool:
        """Whether the planned power cut has happened."""
        return bool(self._read()[3])

    def cut_after(self, operations: int | None, torn: Torn = "none") -> None:
        """Let power fail in the `operations`-th operation from now (1 = the next), None: never.

        That operation does not happen, or, with `torn` "half", only its first half does.
        """
        done = self.done
        self._write(done, (done + operations) & _WRAP if operations else 0, torn == "half", False)

    def power_restored(self) -> None:
        """Forget the power cut that has happened."""
        if self.power_failed:
            self._write(self.done, 0, False, False)

    def _read(self) -> tuple[int, ...]:
        return _WORDS.unpack(self.path.read_bytes())

    def _write(self, done: int, cut: int, torn: bool, failed: bool) -> None:
        """In place: the VM has the file open."""
        with self.path.open("r+b" if self.path.exists() else "wb") as file:
            file.write(_WORDS.pack(done, cut, torn, failed))
