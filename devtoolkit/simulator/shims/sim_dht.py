"""`dht`: DHT11 and DHT22 with the value ranges of their data sheets (DHT11: whole degrees and percent)."""

import sim_sensors


class DHTBase:
    _kind = ""
    _step = 1

    def __init__(self, pin):
        self.pin = pin
        self.buf = bytearray(5)
        self._values = None

    def measure(self):
        values = sim_sensors.reading(self._kind, self.pin)
        if sim_sensors.fault(self._kind, self.pin) == "checksum":
            raise Exception("checksum error")
        self._values = (self._round(values["temperature"]), self._round(values["humidity"]))

    def _round(self, value):
        return round(value / self._step) * self._step

    def temperature(self):
        return self._values[0] if self._values else 0

    def humidity(self):
        return self._values[1] if self._values else 0


class DHT11(DHTBase):
    _kind = "dht11"


class DHT22(DHTBase):
    _kind = "dht22"

    def _round(self, value):
        return round(value * 10) / 10
