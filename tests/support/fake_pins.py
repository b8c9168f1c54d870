"""Pins of a node without a node; the check and the picture are the real ones, they ask nobody."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any


class FakePins:
    """Mixed into FakeServices. `node_board` and `node_config` are what a node says."""

    _asked: Callable[..., None]
    node_board = "esp32"
    node_config: Mapping[str, object] = {"boothook": "rgb load; neopixel load", "irq1": True, "dbg": True}

    pins_fail: Exception | None = None

    def pin_config(self, uid: str, handle: Any) -> tuple[str, dict[str, object]]:
        self._asked("pin_config", uid)
        if self.pins_fail is not None:
            raise self.pins_fail
        return self.node_board, dict(self.node_config)

    def save_picture(self, file: Path, board: str, modules: Sequence[str], config: Mapping[str, object]) -> None:
        self._asked("save_picture", file, board, tuple(modules))
