"""`onewire`: the bus of one pin, at the level of presence and search."""

from binascii import unhexlify

import sim_sensors


class OneWireError(Exception):
    pass


class OneWire:
    SEARCH_ROM, MATCH_ROM, SKIP_ROM = 0xF0, 0x55, 0xCC

    def __init__(self, pin):
        self.pin = pin

    def reset(self, required=False):
        present = bool(sim_sensors.roms(self.pin))
        if required and not present:
            raise OneWireError
        return present

    def scan(self):
        return [bytearray(unhexlify(rom)) for rom in sim_sensors.roms(self.pin)]
