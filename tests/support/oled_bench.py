"""
A display on the bench: `plug(b)`, then `b.until(lambda h: text_of(h)[0].startswith("node01"))`, or an image of the
frame against a stored one: `until_shows(b, "text")`, stored in tests/modules/frames.

With MICROS_WRITE_FRAMES set the images are written instead of compared; look at them before they are kept.
"""

import functools
import io
import os
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from device_node import run_vm
from module_bench import Bench, Hardware
from PIL import Image

from devtoolkit.simulator.hardware import State
from devtoolkit.simulator.oled import OledFrame

FRAMES = Path(__file__).parents[1] / "modules" / "frames"
ADDRESS = 0x3C
_LETTER = 8

_FONT = """
import framebuf
data = bytearray(8)
frame = framebuf.FrameBuffer(data, 8, 8, framebuf.MONO_VLSB)
for code in range(33, 127):
    frame.fill(0)
    frame.text(chr(code), 0, 0)
    print(code, data.hex())
"""


def plug(b: Bench, kind: str = "ssd1306", height: int = 64) -> None:
    """A display on the node's bus, as after power on."""
    b.set("i2c", addr=ADDRESS, kind=kind, height=height)


def unplug(b: Bench) -> None:
    b.set("i2c", addr=ADDRESS, present=False)


def frame_of(h: Hardware) -> OledFrame:
    """What the display shows. LookupError without one."""
    found = State(h.state).oled(ADDRESS)
    if found is None:
        raise LookupError("no display")
    return found


def display_of(h: Hardware) -> dict[str, object]:
    """The registers of the display's controller. LookupError without one."""
    return dict(h.state["i2c"]["22/21"][str(ADDRESS)])


def is_dark(h: Hardware) -> bool:
    return frame_of(h).is_dark


@functools.cache
def _font() -> Mapping[tuple[str, ...], str]:
    """Rows of dots -> letter, from MicroPython's own font."""
    letters = {}
    with tempfile.TemporaryDirectory() as folder:
        for line in run_vm(Path(folder), _FONT).splitlines():
            code, columns = line.split()
            bits = bytes.fromhex(columns)
            rows = tuple("".join("#" if byte >> y & 1 else "." for byte in bits) for y in range(_LETTER))
            letters[rows] = chr(int(code))
    return letters


def _line_at(frame: OledFrame, y: int) -> str:
    text, x, last = "", 0, 0
    while x <= frame.size[0] - _LETTER:
        letter = _font().get(tuple(row[x : x + _LETTER] for row in frame.rows[y : y + _LETTER]))
        if letter is None:
            x += 1
            continue
        if text and x - last >= _LETTER:
            text += " " * ((x - last) // _LETTER)
        text += letter
        x += _LETTER
        last = x
    return text


def text_of(h: Hardware | OledFrame) -> list[str]:
    """The lines of text (letters of 8 x 8) on the display, from top to bottom."""
    frame = h if isinstance(h, OledFrame) else frame_of(h)
    lines, y = [], 0
    while y <= frame.size[1] - _LETTER:
        line = _line_at(frame, y)
        # a line whose upper part is cut off looks like other letters: the better reading is at one of the next rows
        better = max((_line_at(frame, y + more) for more in (1, 2)), key=len, default="")
        if line and len(line) >= len(better):
            lines.append(line)
            y += _LETTER
        else:
            y += 1
    return lines


def shows(h: Hardware | OledFrame, text: str) -> bool:
    """Whether a line of the display contains the text."""
    return any(text in line for line in text_of(h))


def _stored(name: str) -> list[str]:
    with Image.open(io.BytesIO((FRAMES / f"{name}.png").read_bytes())) as image:
        wanted = image.convert("1")
        return [
            "".join("#" if wanted.getpixel((x, y)) else "." for x in range(image.width)) for y in range(image.height)
        ]


def _different(frame: OledFrame, name: str, ignore: tuple[range, ...]) -> list[int]:
    """Rows that are not those of the stored image."""
    rows = _stored(name)
    assert len(rows) == len(frame.rows)
    skipped = {y for rows_left_out in ignore for y in rows_left_out}
    return [y for y in range(len(rows)) if y not in skipped and rows[y] != frame.rows[y]]


def assert_shows(frame: OledFrame, name: str, ignore: tuple[range, ...] = ()) -> None:
    """The frame equals the stored image; rows in `ignore` are left out."""
    if os.environ.get("MICROS_WRITE_FRAMES"):
        (FRAMES / f"{name}.png").write_bytes(frame.png())
    different = _different(frame, name, ignore)
    assert not different, f"{name}: rows {different} differ:\n{frame}"


def until_shows(b: Bench, name: str, ignore: tuple[range, ...] = ()) -> None:
    """Wait until the display shows the stored image; a new picture comes in pieces."""
    if os.environ.get("MICROS_WRITE_FRAMES"):
        time.sleep(1)
        assert_shows(frame_of(b.hardware()), name, ignore)
    try:
        b.until(lambda h: not _different(frame_of(h), name, ignore))
    except AssertionError:
        assert_shows(frame_of(b.hardware()), name, ignore)
        raise
