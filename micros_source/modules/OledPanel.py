"""
An OLED panel on I2C with an SSD1306 (data sheet: Solomon Systech, Rev 1.1) or SH1106 (Sino Wealth, V2.3): a frame
buffer (docs.micropython.org, module framebuf), of which only the changed pages, 8 rows each, go to the panel.

A page takes 3 ms at 400 kHz. Both controllers know page addressing, so their start sequences are all that differs.
"""

import asyncio
import framebuf
from binascii import crc32
from micropython import const

USERS = ("LM_oled", "LM_oled_sh1106")

_ADDRESS = const(0x3C)
_FREQ_HZ = const(400000)  # fast mode, the most that both controllers take
_COMMANDS = b"\x00"  # control byte: commands follow
_DATA = b"\x40"
_OFF = const(0xAE)
_ON = const(0xAF)

SSD1306 = (128, b"\x8d\x14\x20\x02")  # columns of RAM; charge pump on, page addressing
SH1106 = (132, b"\xad\x8b")  # DC-DC converter on


class Panel(framebuf.FrameBuffer):
    """
    `width` x `height` dots. What is drawn is seen after `show`. The panel is started, with its lasting state, by the
    first transfer, and again after a failed one: it may have been without power. OSError when it does not answer.
    """

    def __init__(self, kind, width=128, height=64):
        from machine import Pin, SoftI2C
        from microIO import physical_pin

        self.width = width
        self.height = height
        self.columns, self.power = kind
        self.inverted = False
        self.flipped = False
        self.lit = True  # it shall show its picture
        self.started = False
        self.picture = memoryview(bytearray(width * (height // 8)))
        self.sums = [None] * (height // 8)  # check sums of the pages that the panel has
        super().__init__(self.picture, width, height, framebuf.MONO_VLSB)
        self.bus = SoftI2C(Pin(physical_pin("i2c_scl")), Pin(physical_pin("i2c_sda")), freq=_FREQ_HZ)

    def _write(self, kind, data):
        try:
            self.bus.writevto(_ADDRESS, (kind, data))
        except OSError:
            self.started = False
            raise

    def _start(self):
        """Everything but "on": the RAM of a panel is noise at first."""
        rows = self.height
        setup = (_OFF, 0xD5, 0x80, 0xA8, rows - 1, 0xD3, 0, 0x40, 0xDA, 0x02 if rows == 32 else 0x12)
        self._write(_COMMANDS, bytes(setup) + self.power + b"\x81\xcf\xd9\xf1\xdb\x30\xa4")
        self.sums = [None] * len(self.sums)
        self.started = True
        self._mode()

    def _mode(self):
        turned = b"\xa0\xc0" if self.flipped else b"\xa1\xc8"
        self._write(_COMMANDS, turned + bytes((0xA7 if self.inverted else 0xA6,)))

    def _send(self, page):
        """bool: the page had changed."""
        part = self.picture[page * self.width : (page + 1) * self.width]
        total = crc32(part)
        if self.sums[page] == total:
            return False
        column = (self.columns - self.width) // 2
        self._write(_COMMANDS, bytes((0xB0 | page, column & 15, 0x10 | column >> 4)))
        self._write(_DATA, part)
        self.sums[page] = total
        return True

    def _pages(self):
        """Sends what has changed, page by page; then on or off, so that a missing panel is noticed at each call."""
        if not self.started:
            self._start()
        for page in range(len(self.sums)):
            if self._send(page):
                yield page
        self._write(_COMMANDS, bytes((_ON if self.lit else _OFF,)))

    def show(self):
        """Brings the picture to the panel: up to 25 ms, where everything has changed."""
        for _ in self._pages():
            pass

    async def show_gently(self):
        """The same, letting others run after each page."""
        for _ in self._pages():
            await asyncio.sleep_ms(0)

    def power_on(self, on=True):
        """Switches the panel on or off; the picture stays."""
        self.lit = on
        self.show()

    def invert(self):
        """Light on dark or dark on light, in turn."""
        self.inverted = not self.inverted
        self.show()
        self._mode()

    def flip(self):
        """Turns the picture by 180 degrees, and back."""
        self.flipped = not self.flipped
        self.sums = [None] * len(self.sums)  # the SSD1306 turns columns as they are written
        self.show()
        self._mode()
