"""
`onewire` with the thermometers DS18B20 at the level of resets, bytes and the search (Maxim DS18B20 data sheet, 19-7487:
transaction sequence, ROM commands, function commands, figure 9 memory map).
"""

from binascii import unhexlify

import sim_sensors
import simcore

_CONVERT, _READ, _WRITE = 0x44, 0xBE, 0x4E
_CONVERSION_MS = {9: 94, 10: 188, 11: 375, 12: 750}  # table 2
_POWER_ON = b"\x50\x05\x4b\x46\x7f\xff\x0c\x10"  # 85 degrees, alarms, 12 bits; the checksum follows


class OneWireError(Exception):
    pass


def crc8(data):
    """Polynomial x^8 + x^5 + x^4 + 1, least bit first (figure 11)."""
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ 0x8C if crc & 1 else crc >> 1
    return crc


class _Thermometer:
    """One DS18B20: its scratchpad, and a conversion that runs."""

    _all = {}  # (pin, rom) -> thermometer

    @classmethod
    def of(cls, pin, rom):
        key = (sim_sensors.pin_number(pin), rom)
        if key not in cls._all:
            cls._all[key] = cls(pin, rom)
        return cls._all[key]

    def __init__(self, pin, rom):
        self.pin = pin
        self.rom = rom
        self.pad = bytearray(_POWER_ON)
        self.ready = None
        self.written = None  # bytes of a write command that are still to come

    def command(self, byte):
        if self.written is not None and len(self.written) < 3:
            self.written.append(byte)
            if len(self.written) == 3:
                self.pad[2:5] = bytes((self.written[0], self.written[1], self.written[2] | 0x1F))
        elif byte == _CONVERT:
            self.ready = simcore.ticks_add(simcore.ticks_ms(), _CONVERSION_MS[self._bits()])
        elif byte == _WRITE:
            self.written = []

    def _bits(self):
        return 9 + (self.pad[4] >> 5 & 3)

    def busy(self):
        return self.ready is not None and simcore.ticks_diff(self.ready, simcore.ticks_ms()) > 0

    def answer(self):
        """The nine bytes of the scratchpad; a conversion that is over has put its result there."""
        wired = sim_sensors.reading("ds18x20", self.pin)
        if self.ready is not None and not self.busy():
            self.ready = None
            unit = 1 << 12 - self._bits()
            value = round(wired[self.rom] * 16 / unit) * unit
            self.pad[0:2] = (value & 0xFFFF).to_bytes(2, "little")
        wrong = 1 if sim_sensors.fault("ds18x20", self.pin) == "checksum" else 0
        return bytes(self.pad) + bytes((crc8(self.pad) ^ wrong,))


class OneWire:
    SEARCH_ROM, MATCH_ROM, SKIP_ROM = 0xF0, 0x55, 0xCC

    def __init__(self, pin):
        self.pin = pin
        self._chosen = []
        self._matching = None
        self._reading = b""

    def reset(self, required=False):
        self._reading = b""
        self._matching = None
        for device in self._devices():
            device.written = None
        self._chosen = []
        present = bool(self._roms())
        if required and not present:
            raise OneWireError
        return present

    def _roms(self):
        return sim_sensors.roms(self.pin)

    def _devices(self):
        return [_Thermometer.of(self.pin, rom) for rom in self._roms()]

    def writebyte(self, value):
        if self._matching is not None and len(self._matching) < 16:
            self._matching += "%02x" % value
            if len(self._matching) == 16:
                self._chosen = [device for device in self._devices() if device.rom == self._matching]
        elif not self._chosen and value == self.MATCH_ROM:
            self._matching = ""
        elif not self._chosen and value == self.SKIP_ROM:
            self._chosen = self._devices()
        else:
            for device in self._chosen:
                device.command(value)
            if value == _READ and self._chosen:
                self._reading = self._chosen[0].answer()

    def write(self, buf):
        for value in buf:
            self.writebyte(value)

    def writebit(self, value, powerpin=None):
        pass  # bits alone are used by the search only, and that is `scan` here

    def readbyte(self):
        if self._reading:
            value = self._reading[0]
            self._reading = self._reading[1:]
            return value
        return 0 if any(device.busy() for device in self._chosen) else 0xFF

    def readbit(self):
        return self.readbyte() & 1

    def readinto(self, buf):
        for i in range(len(buf)):
            buf[i] = self.readbyte()

    def select_rom(self, rom):
        self.reset()
        self.writebyte(self.MATCH_ROM)
        self.write(rom)

    def scan(self):
        return [bytearray(unhexlify(rom)) for rom in self._roms()]

    def crc8(self, data):
        return crc8(data)
