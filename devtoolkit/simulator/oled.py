"""What an OLED shows: the picture that its controller's registers and RAM make on the glass.

The glass is that of the usual modules: 128 x 64 dots whose rows are wired in the alternative way, or 128 x 32 with
sequential rows, mounted so that segment remap and reversed scan (A1h, C8h) give an upright picture.
"""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from devtoolkit import extras
from devtoolkit.errors import SimulatorError

__all__ = ["OledFrame", "frame_of"]

_WIDTH = 128
_ROWS = 64  # rows that a controller can drive
_SH1106_FIRST = 2  # of its 132 columns the glass has 128, from this one on


@dataclass(frozen=True, slots=True)
class OledFrame:
    """A picture of lit dots; `rows` from top to bottom, each a text of "#" and "." from left to right."""

    rows: tuple[str, ...]
    contrast: int

    @property
    def size(self) -> tuple[int, int]:
        """(width, height)"""
        return (len(self.rows[0]), len(self.rows))

    @property
    def is_dark(self) -> bool:
        """No dot is lit: the display is off, without power, or shows nothing."""
        return not any("#" in row for row in self.rows)

    def lit(self, x: int, y: int) -> bool:
        """Whether the dot is on."""
        return self.rows[y][x] == "#"

    def __str__(self) -> str:
        return "\n".join(self.rows)

    def png(self, scale: int = 1) -> bytes:
        """The picture as a PNG, every dot `scale` pixels wide. SimulatorError without Pillow."""
        try:
            from PIL import Image
        except ImportError as error:
            raise SimulatorError(
                "A picture of the display needs Pillow.", hint=f"Install it: {extras.command('plots')}"
            ) from error
        width, height = self.size
        image = Image.new("1", (width, height))
        image.putdata([255 * (dot == "#") for row in self.rows for dot in row])
        out = io.BytesIO()
        image.resize((width * scale, height * scale), Image.Resampling.NEAREST).save(out, "PNG")
        return out.getvalue()


def frame_of(state: Mapping[str, Any]) -> OledFrame:
    """The picture for the state of an `ssd1306` or `sh1106` on the simulated bus."""
    height: int = state["height"]
    ram = bytes.fromhex(state["ram"])
    columns = _columns(state)
    lines = _lines_by_pin(state)
    rows = []
    for row in range(height):
        line = lines.get(_glass_pin(height, height - 1 - row))
        rows.append(_row(state, ram, columns, line))
    return OledFrame(tuple(rows), state["contrast"])


def _columns(state: Mapping[str, Any]) -> list[int]:
    """The RAM's column behind each dot of a row."""
    if state["kind"] == "ssd1306":  # its remap took place when the RAM was written
        return [_WIDTH - 1 - x for x in range(_WIDTH)]
    segments = [_WIDTH - 1 - x + _SH1106_FIRST for x in range(_WIDTH)]
    return [_stride(state) - 1 - segment for segment in segments] if state["remap"] else segments


def _stride(state: Mapping[str, Any]) -> int:
    return 132 if state["kind"] == "sh1106" else 128


def _pin(com_pins: int, com: int) -> int:
    """The pin of a COM output: bit 4 takes even and odd ones to two sides, bit 5 swaps the sides."""
    pin = com % 2 * 32 + com // 2 if com_pins & 0x10 else com
    return pin ^ 32 if com_pins & 0x20 else pin


def _glass_pin(height: int, com: int) -> int:
    return _pin(0x12 if height == _ROWS else 0x02, com)


def _lines_by_pin(state: Mapping[str, Any]) -> dict[int, int]:
    """Pin -> line of the RAM that it shows; pins beyond the multiplex ratio show nothing."""
    lines = {}
    for com in range(_ROWS):
        place = (com + state["offset"]) % _ROWS
        if place <= state["mux"]:
            line = state["mux"] - place if state["scan_down"] else place
            lines[_pin(state["com_pins"], com)] = (state["start_line"] + line) % _ROWS
    return lines


def _row(state: Mapping[str, Any], ram: bytes, columns: list[int], line: int | None) -> str:
    if line is None or not (state["on"] and state["powered"]):
        return "." * _WIDTH
    page = line // 8 * _stride(state)
    dots = [state["entire_on"] or ram[page + column] >> line % 8 & 1 for column in columns]
    return "".join("#" if bool(dot) != state["inverse"] else "." for dot in dots)
