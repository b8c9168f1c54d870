"""Display drivers that somebody else wrote work on the simulated controllers, and make the picture that ours makes."""

import warnings
from pathlib import Path
from typing import Any

import pytest
from oled_bench import assert_shows
from sensor_vm import results

from devtoolkit.simulator.oled import OledFrame, frame_of

DRAW = """
def draw(panel):
    panel.fill(0)
    panel.text("agree?", 8, 8)
    panel.rect(0, 0, 128, 64, 1)
    panel.line(0, 63, 127, 20, 1)
    panel.pixel(120, 5, 1)
    panel.show()

def state():
    return simlink.views["i2c"]()["22/21"]["60"]
"""
THEIRS_SSD1306 = """
from machine import Pin, SoftI2C
import ssd1306
put("i2c", addr=60, kind="ssd1306")
panel = ssd1306.SSD1306_I2C(128, 64, SoftI2C(scl=Pin(22), sda=Pin(21)))
draw(panel)
show(state())
panel.invert(1)
panel.contrast(33)
show(state())
panel.poweroff()
show(state())
"""
OURS = """
import LM_oled
put("i2c", addr=60, kind="ssd1306", height=64)
draw(LM_oled.load_n_init())
show(state())
"""
REPLAY = """
from machine import Pin, SoftI2C
put("i2c", addr=60, kind="sh1106")
bus = SoftI2C(scl=Pin(22), sda=Pin(21))
for data in {messages!r}:
    bus.writeto(60, data)
show(state())
"""
OUR_DOTS = """
import LM_oled_sh1106 as oled
put("i2c", addr=60, present=False)
put("i2c", addr=60, kind="sh1106")
for y, row in enumerate({rows!r}):
    for x, dot in enumerate(row):
        if dot == "#":
            oled.pixel(x, y)
oled.show()
show(state())
"""


@pytest.mark.vm
def test_a_public_ssd1306_driver_for_micropython_and_ours_make_the_same_picture(tmp_path: Path) -> None:
    theirs, inverted, off = results(tmp_path, DRAW + THEIRS_SSD1306, "micropython-ssd1306-driver")
    (ours,) = results(tmp_path, DRAW + OURS)
    frame = frame_of(theirs)
    assert frame.rows == frame_of(ours).rows
    assert_shows(frame, "public_ssd1306")
    assert (theirs["unknown"], ours["unknown"]) == ([], [])
    turned = {"#": ".", ".": "#"}
    assert frame_of(inverted).rows == tuple("".join(turned[dot] for dot in row) for row in frame.rows)
    assert frame_of(inverted).contrast == 33
    assert frame_of(off).is_dark


class _Bus:
    """A bus of the SMBus kind that keeps what is sent."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []

    def write_i2c_block_data(self, address: int, command: int, data: Any) -> None:
        assert address == 0x3C
        self.sent.append(bytes([command, *data]))

    def i2c_rdwr(self, *messages: Any) -> None:
        self.sent += [bytes(message) for message in messages]


def _luma_picture() -> tuple[list[bytes], tuple[str, ...]]:
    """(what luma.oled sends for a picture on an SH1106, the picture)"""
    from luma.core.interface.serial import i2c
    from luma.oled.device import sh1106
    from PIL import Image, ImageDraw

    image = Image.new("1", (128, 64))
    draw = ImageDraw.Draw(image)
    draw.ellipse((4, 4, 60, 60), outline=1)
    draw.rectangle((70, 10, 127, 63), fill=1)
    draw.line((0, 0, 127, 63), fill=0)
    bus = _Bus()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # it uses a function that Pillow will drop
        device = sh1106(i2c(bus=bus, address=0x3C))
        device.persist = True  # at its end it would send "off"
        device.display(image)
    rows = ["".join("#" if image.getpixel((x, y)) else "." for x in range(128)) for y in range(64)]
    return bus.sent, tuple(rows)


@pytest.mark.vm
def test_a_public_sh1106_driver_makes_its_picture_and_ours_the_same(tmp_path: Path) -> None:
    sent, rows = _luma_picture()
    theirs, ours = results(tmp_path, DRAW + REPLAY.format(messages=sent) + OUR_DOTS.format(rows=rows))
    assert frame_of(theirs).rows == rows
    assert frame_of(ours).rows == rows
    assert ours["unknown"] == []
    assert theirs["unknown"] == [0x20, 0x8D], "two commands of the SSD1306 that it sends, unknown to the SH1106"


def test_the_comparison_sees_one_wrong_dot(tmp_path: Path) -> None:
    rows = ["." * 128 for _ in range(64)]
    rows[3] = "#" + rows[3][1:]
    with pytest.raises(AssertionError, match="rows"):
        assert_shows(OledFrame(tuple(rows), 0), "public_ssd1306")
