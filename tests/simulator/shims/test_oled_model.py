"""The OLED controllers against their data sheets: addressing, what turns the picture, what keeps the glass dark."""

from collections.abc import Callable
from typing import Any

import pytest

from devtoolkit.simulator.hardware import Hardware
from devtoolkit.simulator.oled import OledFrame

Start = Callable[..., Any]

SETUP = """
from machine import Pin, SoftI2C
import simlink, time
simlink.ops["i2c"]({{"addr": 60, "kind": {kind!r}, "height": {height}}})
bus = SoftI2C(scl=Pin(22), sda=Pin(21))
def commands(*values):
    bus.writeto(60, bytes((0,) + values))
def data(*values):
    bus.writeto(60, bytes((0x40,) + values))
{body}
print("done")
while True:
    time.sleep_ms(20)
"""
# A dark glass that is on and upright: page addressing, charge pump, remap, reversed scan.
READY_SSD1306 = """
commands(0x8D, 0x14, 0x20, 2, 0xA1, 0xC8, 0xAF)
for page in range(8):
    commands(0xB0 | page, 0, 0x10)
    data(*bytes(128))
commands(0xB0, 0, 0x10)
"""
READY_SH1106 = """
commands(0xA1, 0xC8, 0xAF)
for page in range(8):
    commands(0xB0 | page, 0, 0x10)
    data(*bytes(132))
commands(0xB0, 2, 0x10)
"""
READY = {"ssd1306": READY_SSD1306, "sh1106": READY_SH1106}
KINDS = pytest.mark.parametrize("kind", ["ssd1306", "sh1106"])


def shown(start: Start, kind: str, body: str, height: int = 64) -> OledFrame:
    """The glass after the code."""
    board = start(SETUP.format(kind=kind, height=height, body=body))
    board.line("done")
    frame = Hardware(lambda message: board.ask(**message)).state().oled()
    assert frame is not None
    return frame


def dots(frame: OledFrame) -> list[tuple[int, int]]:
    return [(x, y) for y, row in enumerate(frame.rows) for x, dot in enumerate(row) if dot == "#"]


@KINDS
def test_the_first_byte_of_the_ram_is_eight_dots_in_the_upper_left_corner(start: Start, kind: str) -> None:
    frame = shown(start, kind, READY[kind] + "data(0x81)")
    assert dots(frame) == [(0, 0), (0, 7)]
    assert (frame.size, frame.is_dark) == ((128, 64), False)
    assert str(frame).startswith("#...")


@KINDS
def test_bytes_go_on_to_the_right_and_pages_downwards(start: Start, kind: str) -> None:
    last = "commands(0xB7, %s)\ndata(0x80)" % ("0x0F, 0x17" if kind == "ssd1306" else "0x01, 0x18")
    frame = shown(start, kind, READY[kind] + "data(1, 2, 4)\n" + last)
    assert dots(frame) == [(0, 0), (1, 1), (2, 2), (127, 63)]


@KINDS
def test_a_command_may_come_byte_by_byte_with_its_argument_in_another_transfer(start: Start, kind: str) -> None:
    body = READY[kind] + "bus.writeto(60, b'\\x80\\x81')\nbus.writeto(60, b'\\x80\\x10\\x80\\xa7')\n"
    frame = shown(start, kind, body)
    assert (frame.contrast, len(dots(frame))) == (16, 128 * 64)


@KINDS
@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("commands(0xAE)", []),
        ("commands(0xA8, 31)", [(0, 32), (127, 63)]),
        ("commands(0x41)", [(127, 30), (0, 63)]),
        ("commands(0xD3, 1)", [(0, 1), (127, 32)]),
    ],
)
def test_registers_of_the_picture_work_as_described(
    start: Start, kind: str, change: str, expected: list[tuple[int, int]]
) -> None:
    """A dot in the corner and one at the right of row 31: off, half the rows, start line 1, offset 1."""
    corner = "data(1)\ncommands(0xB3, %s)\ndata(0x80)\n" % ("0x0F, 0x17" if kind == "ssd1306" else "0x01, 0x18")
    frame = shown(start, kind, READY[kind] + corner + change)
    assert dots(frame) == expected


@KINDS
def test_all_dots_light_up_on_command_and_go_dark_without_voltage(start: Start, kind: str) -> None:
    off = "commands(0x8D, 0x10)" if kind == "ssd1306" else "commands(0xAD, 0x8A)"
    assert len(dots(shown(start, kind, READY[kind] + "commands(0xA5)"))) == 128 * 64
    assert shown(start, kind, READY[kind] + "commands(0xA5)\n" + off).is_dark


def test_after_power_on_the_ram_holds_noise_that_no_driver_may_show(start: Start) -> None:
    assert not shown(start, "ssd1306", "commands(0x8D, 0x14, 0xAF)").is_dark
    assert shown(start, "ssd1306", "commands(0x8D, 0x14)").is_dark
    assert shown(start, "ssd1306", "commands(0xAF)").is_dark, "its charge pump is off"


def test_the_remap_of_the_ssd1306_counts_for_later_data_only_and_that_of_the_sh1106_at_once(start: Start) -> None:
    turn = "data(1)\ncommands(0xA0)"
    assert dots(shown(start, "ssd1306", READY_SSD1306 + turn)) == [(0, 0)]
    assert dots(shown(start, "ssd1306", READY_SSD1306 + turn + "\ncommands(0, 0x10)\ndata(2)")) == [(0, 0), (127, 1)]
    assert dots(shown(start, "sh1106", READY_SH1106 + turn)) == [(127, 0)]


def test_the_scan_direction_turns_the_picture_at_once(start: Start) -> None:
    assert dots(shown(start, "ssd1306", READY_SSD1306 + "data(1)\ncommands(0xC0)")) == [(0, 63)]


def test_horizontal_and_vertical_addressing_stay_in_their_window(start: Start) -> None:
    window = "commands(0x20, %d, 0x21, 10, 11, 0x22, 2, 3)\ndata(1, 2, 4, 8, 16)"
    horizontal = dots(shown(start, "ssd1306", READY_SSD1306 + window % 0))
    assert horizontal == [(11, 17), (10, 20), (10, 26), (11, 27)]
    vertical = dots(shown(start, "ssd1306", READY_SSD1306 + window % 1))
    assert vertical == [(11, 18), (10, 20), (10, 25), (11, 27)]


def test_rows_of_a_small_glass_need_the_sequential_wiring(start: Start) -> None:
    half = READY_SSD1306 + "commands(0xA8, 31, 0xDA, %d)\ndata(1)\ncommands(0xB3, 0, 0x10)\ndata(0x80)"
    right = shown(start, "ssd1306", half % 0x02, height=32)
    assert (right.size, dots(right)) == ((128, 32), [(0, 0), (0, 31)])
    assert dots(shown(start, "ssd1306", half % 0x12, height=32)) != dots(right)


def test_the_sh1106_reads_back_its_ram_and_both_say_whether_they_are_on(start: Start) -> None:
    body = READY_SH1106 + (
        "data(7, 9)\ncommands(2, 0x10)\nbus.writeto(60, b'\\x40')\nprint('ram', bus.readfrom(60, 3))\n"
        "bus.writeto(60, b'\\x00')\nprint('on', bus.readfrom(60, 1))\n"
        "commands(0xAE)\nprint('off', bus.readfrom(60, 1))\n"
        "commands(0xE0, 2, 0x10, 0xEE)\ncommands(0x99)"
    )
    board = start(SETUP.format(kind="sh1106", height=64, body=body))
    board.line("done")
    assert [board.line(name) for name in ("ram", "on", "off")] == [r"b'\x00\x07\t'", r"b'\x00'", "b'@'"]
    assert board.ask("get")["i2c"]["22/21"]["60"]["unknown"] == [0x99]


def test_a_png_of_the_glass_has_its_dots(start: Start) -> None:
    import io

    from PIL import Image

    frame = shown(start, "ssd1306", READY_SSD1306 + "data(2)")
    with Image.open(io.BytesIO(frame.png(3))) as image:
        assert (image.format, image.size) == ("PNG", (384, 192))
        lit = {(x // 3, y // 3) for x in range(384) for y in range(192) if image.getpixel((x, y))}
    assert lit == {(0, 1)}
