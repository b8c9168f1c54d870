"""
OLED controllers at register level: what the data sheets' command tables say of SSD1306 (Solomon Systech, Rev 1.1, 2008)
and SH1106 (Sino Wealth, V2.3). Kinds `ssd1306` and `sh1106` of an I2C device; "height": 64 or 32 rows of glass.

The model keeps RAM and registers; what the glass shows of them is worked out by devtoolkit/simulator/oled.py. After
power on the RAM holds noise, as in a real one. Scrolling (26h to 2Fh) is understood but does not move the picture.
"""

import binascii

import sim_i2c

_PAGES = 8


class _Controller:
    """What both have in common. A command's arguments may come in another transfer than the command."""

    columns = 128
    arguments = {}  # command -> number of argument bytes, of those that have any

    def __init__(self, message):
        self.height = message.get("height", 64)
        self.ram = bytearray((i * 151 + (i >> 7) * 89) & 0xFF for i in range(self.columns * _PAGES))
        self.page = self.column = 0
        self.registers = {0x81: 0x80, 0xA8: 63, 0xD3: 0, 0xDA: 0x12}
        self.start_line = 0
        self.remap = self.scan_down = self.entire_on = self.inverse = self.on = False
        self.wanted = 0  # argument bytes that the last command still takes
        self.taken = bytearray()
        self.unknown = []
        self.reading = False  # what was written last was a control byte for data

    # --- I2C: control byte with Co (bit 7: one byte follows, then the next control byte) and D/C (bit 6)

    def write(self, data):
        at = 0
        while at < len(data):
            control = data[at]
            end = min(at + 2, len(data)) if control & 0x80 else len(data)
            part = data[at + 1 : end]
            self.reading = bool(control & 0x40) and not part
            if control & 0x40:
                for byte in part:
                    self.ram[self.page * self.columns + self._place()] = byte
                    self._advance()
            else:
                for byte in part:
                    self._command(byte)
            at = end

    def read(self, count):
        """The status: bit 6 is set while the display is off."""
        return bytes([0 if self.on else 0x40]) * count

    def _command(self, byte):
        if self.wanted:
            self.taken.append(byte)
            self.wanted -= 1
            if not self.wanted:
                self._arguments(self.taken[0], self.taken[1:])
            return
        if byte in self.arguments:
            self.wanted = self.arguments[byte]
            self.taken = bytearray([byte])
        elif not self._simple(byte) and not self._own(byte):
            self.unknown.append(byte)

    def _simple(self, byte):
        """Commands without arguments that both know. bool: it was one."""
        if byte < 0x20:
            low, high = self.column & 0x0F, self.column & 0xF0
            self.column = high | byte if byte < 0x10 else (byte & 0x0F) << 4 | low
            self.column %= self.columns
        elif 0x40 <= byte < 0x80:
            self.start_line = byte & 0x3F
        elif 0xB0 <= byte < 0xB8:
            self.page = byte & 7
        elif byte & 0xF0 == 0xC0:
            self.scan_down = bool(byte & 8)
        elif byte in (0xA0, 0xA1):
            self.remap = bool(byte & 1)
        elif byte in (0xA4, 0xA5):
            self.entire_on = bool(byte & 1)
        elif byte in (0xA6, 0xA7):
            self.inverse = bool(byte & 1)
        elif byte in (0xAE, 0xAF):
            self.on = bool(byte & 1)
        else:
            return byte == 0xE3  # no operation
        return True

    def _own(self, byte):
        return False

    def _arguments(self, command, values):
        self.registers[command] = values[0]

    def _place(self):
        """Column of the RAM that the next byte goes to."""
        return self.column

    def state(self):
        get = self.registers.get
        return {
            "kind": self.kind,
            "height": self.height,
            "on": self.on,
            "powered": self._powered(),
            "contrast": get(0x81),
            "mux": get(0xA8) & 0x3F,
            "offset": get(0xD3) & 0x3F,
            "com_pins": get(0xDA),
            "start_line": self.start_line,
            "remap": self.remap,
            "scan_down": self.scan_down,
            "entire_on": self.entire_on,
            "inverse": self.inverse,
            "unknown": self.unknown,
            "ram": binascii.hexlify(self.ram).decode(),
        }


class Ssd1306(_Controller):
    """128 x 64, three ways of addressing; the charge pump is off after power on. RAM columns are segments here."""

    kind = "ssd1306"
    arguments = {
        0x20: 1,
        0x21: 2,
        0x22: 2,
        0x26: 6,
        0x27: 6,
        0x29: 5,
        0x2A: 5,
        0x81: 1,
        0x8D: 1,
        0xA3: 2,
        0xA8: 1,
        0xD3: 1,
        0xD5: 1,
        0xD9: 1,
        0xDA: 1,
        0xDB: 1,
    }

    def __init__(self, message):
        super().__init__(message)
        self.registers[0x81] = 0x7F
        self.mode = 2  # 0 horizontal, 1 vertical, 2 page
        self.window = [0, 127, 0, 7]  # columns and pages of modes 0 and 1

    def _own(self, byte):
        return byte in (0x2E, 0x2F)

    def _arguments(self, command, values):
        super()._arguments(command, values)
        if command == 0x20:
            self.mode = values[0] & 3
        elif command == 0x21:
            self.window[:2] = [values[0] & 127, values[1] & 127]
            self.column = self.window[0]
        elif command == 0x22:
            self.window[2:] = [values[0] & 7, values[1] & 7]
            self.page = self.window[2]

    def _place(self):
        # the remap takes place on writing: "only affects subsequent data input" (10.1.8)
        return 127 - self.column if self.remap else self.column

    def _advance(self):
        first, last, top, bottom = self.window
        if self.mode == 2:
            self.column = (self.column + 1) % 128
        elif self.mode == 0:
            self.column = first if self.column == last else (self.column + 1) % 128
            if self.column == first:
                self.page = top if self.page == bottom else (self.page + 1) % _PAGES
        else:
            self.page = top if self.page == bottom else (self.page + 1) % _PAGES
            if self.page == top:
                self.column = first if self.column == last else (self.column + 1) % 128

    def _powered(self):
        return bool(self.registers.get(0x8D, 0) & 4)


class Sh1106(_Controller):
    """132 x 64, page addressing only; the column stops at the end of a page. The DC-DC converter is on."""

    kind = "sh1106"
    columns = 132
    arguments = {0x81: 1, 0xA8: 1, 0xAD: 1, 0xD3: 1, 0xD5: 1, 0xD9: 1, 0xDA: 1, 0xDB: 1}

    def __init__(self, message):
        super().__init__(message)
        self.kept = None  # column at the start of read-modify-write
        self.dummy = True  # the first read after setting an address gives nothing

    def _own(self, byte):
        if byte == 0xE0:
            self.kept = self.column
        elif byte == 0xEE:
            if self.kept is not None:
                self.column, self.kept = self.kept, None
        else:
            return 0x30 <= byte < 0x34  # pump voltage
        return True

    def _simple(self, byte):
        self.dummy = True
        return super()._simple(byte)

    def _advance(self):
        self.column = min(self.column + 1, self.columns - 1)

    def read(self, count):
        if not self.reading:
            return super().read(count)
        out = bytearray(count)
        for i in range(count):
            if not self.dummy:
                out[i] = self.ram[self.page * self.columns + self.column]
                if self.kept is None:
                    self._advance()
            self.dummy = False
        return bytes(out)

    def _powered(self):
        return bool(self.registers.get(0xAD, 0x8B) & 1)


sim_i2c.KINDS["ssd1306"] = Ssd1306
sim_i2c.KINDS["sh1106"] = Sh1106
