"""`ds18x20`: thermometers on a one-wire bus; a reading is the value at the last conversion, 1/16 degree steps."""

from binascii import hexlify

import sim_onewire
import sim_sensors


class DS18X20:
    def __init__(self, onewire):
        self.ow = onewire
        self._converted = {}

    def scan(self):
        return [rom for rom in self.ow.scan() if rom[0] in (0x10, 0x22, 0x28)]

    def convert_temp(self):
        self.ow.reset(True)
        self._converted = dict(sim_sensors.reading("ds18x20", self.ow.pin))

    def read_temp(self, rom):
        name = hexlify(rom).decode()
        if name not in sim_sensors.roms(self.ow.pin):
            raise sim_onewire.OneWireError
        return round(self._converted.get(name, 85.0) * 16) / 16  # 85 degrees: the value after power on
