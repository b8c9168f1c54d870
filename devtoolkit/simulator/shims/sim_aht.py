"""
Aosong AHT10 and AHT20 on I2C, address 0x38: commands and times of their data sheets (AHT10 and AHT20: 5.3 sending
commands, 5.4 sensor reading, 6 signal conversion). The AHT20 adds a checksum and has another command to initialise.
"""

import sim_i2c
import simcore

_BUSY, _CALIBRATED = 0x80, 0x08
_INITIALISE_MS, _RESET_MS = 10, 20
_MEASURE_MS = {"aht10": 75, "aht20": 80}
_INITIALISE = {"aht10": 0xE1, "aht20": 0xBE}


def crc8(data):
    """AHT20 data sheet 5.4: initial value 0xFF, polynomial x^8 + x^5 + x^4 + 1."""
    crc = 0xFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc << 1 ^ 0x31 if crc & 0x80 else crc << 1) & 0xFF
    return crc


class Aht:
    """{"temperature": celsius, "humidity": percent, "fault": null | "checksum" | "busy" | "uncalibrated"}"""

    def __init__(self, message):
        self.type = message["kind"]
        self.air = {"temperature": 21.0, "humidity": 45.0}
        self.fault = None
        self.calibrated = False
        self.resets = 0
        self.data = bytes(5)
        self._done = simcore.ticks_ms()  # when the running command ends
        self._measuring = False
        self.change(message)

    def change(self, message):
        for name in self.air:
            self.air[name] = float(message.get(name, self.air[name]))
        self.fault = message.get("fault", self.fault)

    def state(self):
        shown = dict(self.air)
        shown.update({"fault": self.fault, "calibrated": self.calibrated, "resets": self.resets})
        return shown

    def _busy(self):
        return self.fault == "busy" or simcore.ticks_diff(self._done, simcore.ticks_ms()) > 0

    def _take(self, ms):
        self._done = simcore.ticks_add(simcore.ticks_ms(), ms)

    def write(self, data):
        command = data[0] if data else 0
        if command == _INITIALISE[self.type]:
            self.calibrated = self.fault != "uncalibrated"
            self._take(_INITIALISE_MS)
        elif command == 0xBA:
            self.calibrated = self._measuring = False
            self.resets += 1
            self._take(_RESET_MS)
        elif data[:3] == b"\xac\x33\x00":
            self._measuring = True
            self._take(_MEASURE_MS[self.type])

    def read(self, count):
        busy = self._busy()
        if self._measuring and not busy:
            self._measuring = False
            self.data = self._convert()
        status = (_BUSY if busy else 0) | (_CALIBRATED if self.calibrated else 0) | 0x10
        frame = bytes((status,)) + self.data
        if self.type == "aht20":
            frame += bytes((crc8(frame) ^ (self.fault == "checksum"),))
        return (frame + b"\xff" * count)[:count]

    def _convert(self):
        """20 bits of humidity, 20 of temperature (section 6)."""
        full = 1 << 20
        humidity = min(full - 1, max(0, round(self.air["humidity"] / 100 * full)))
        celsius = min(full - 1, max(0, round((self.air["temperature"] + 50) / 200 * full)))
        return (humidity << 20 | celsius).to_bytes(5, "big")


sim_i2c.KINDS["aht10"] = sim_i2c.KINDS["aht20"] = Aht
