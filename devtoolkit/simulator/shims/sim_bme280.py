"""
Bosch BME280 on I2C: registers, modes, times and trimming as in its data sheet (BST-BME280-DS002, revision 1.6).

What the air is like (`temperature` in degrees Celsius, `humidity` in percent, `pressure` in hPa) is turned by the
inverse of the compensation formulas (4.2.3, floating point form of appendix 8.1) into the raw values of a real chip,
with as many bits as the oversampling gives (3.4.1 to 3.4.3). Registers 5.3, write pairs and reading on 6.2.
"""

import sim_i2c
import simcore

# A chip's trimming; temperature and pressure are those of the calculation example in the sister's data sheet (BMP280,
# 3.12), humidity is typical.
_T = (27504, 26435, -1000)
_P = (36477, -10685, 3024, 2855, 140, -7, 15500, -14600, 6000)
_H = (75, 362, 0, 328, 50, 30)

_ID, _RESET, _CTRL_HUM, _STATUS, _CTRL_MEAS, _CONFIG, _DATA = 0xD0, 0xE0, 0xF2, 0xF3, 0xF4, 0xF5, 0xF7
_SKIPPED = b"\x80\0\0\x80\0\0\x80\0"  # data registers after reset, and of what is not measured
_STANDBY_MS = (0.5, 62.5, 125, 250, 500, 1000, 10, 20)  # table 27
_START_MS = 2  # table 1: start-up time


def _t_fine(raw):
    a = (raw / 16384 - _T[0] / 1024) * _T[1]
    b = raw / 131072 - _T[0] / 8192
    return a + b * b * _T[2]


def _pascal(raw, t_fine):
    a = t_fine / 2 - 64000
    b = a * a * _P[5] / 32768 + a * _P[4] * 2
    b = b / 4 + _P[3] * 65536
    a = (_P[2] * a * a / 524288 + _P[1] * a) / 524288
    p = (1048576 - raw - b / 4096) * 6250 / ((1 + a / 32768) * _P[0])
    return p + (_P[8] * p * p / 2147483648 + p * _P[7] / 32768 + _P[6]) / 16


def _percent(raw, t_fine, h6):
    a = t_fine - 76800
    a = (raw - (_H[3] * 64 + _H[4] / 16384 * a)) * (
        _H[1] / 65536 * (1 + h6 / 67108864 * a * (1 + _H[2] / 67108864 * a))
    )
    return a * (1 - _H[0] * a / 524288)


def _raw(formula, wanted, bits, all_bits):
    """The raw value of `all_bits`, the lowest of them 0 beyond `bits`, whose formula comes nearest to `wanted`."""
    unit = 1 << (all_bits - bits)
    low, high = 0, (1 << bits) - 1
    rising = formula(high * unit) > formula(0)
    while high - low > 1:
        middle = (low + high) // 2
        if (formula(middle * unit) < wanted) == rising:
            low = middle
        else:
            high = middle
    return unit * min(low, high, key=lambda value: abs(formula(value * unit) - wanted))


def _words(values):
    out = bytearray()
    for value in values:
        out += (value & 0xFFFF).to_bytes(2, "little")
    return out


def _trimming():
    """{register: byte}, table 16."""
    found = dict(enumerate(_words(_T) + _words(_P), 0x88))
    found[0xA1] = _H[0]
    found.update(enumerate(_words(_H[1:2]), 0xE1))
    found[0xE3] = _H[2]
    found[0xE4] = _H[3] >> 4 & 0xFF
    found[0xE5] = _H[3] & 15 | (_H[4] & 15) << 4
    found[0xE6] = _H[4] >> 4 & 0xFF
    found[0xE7] = _H[5]
    return found


def _samples(setting):
    """Oversampling by a field of ctrl_meas or ctrl_hum (tables 20, 23, 24); 0: skipped."""
    return (0, 1, 2, 4, 8, 16)[min(setting, 5)]


class Bme280:
    """{"temperature": celsius, "humidity": percent, "pressure": hPa, "chip_id", "fault": null | "busy", "dig_h6"}"""

    def __init__(self, message):
        self.air = {"temperature": 21.0, "humidity": 45.0, "pressure": 1013.25}
        self.chip_id = 0x60
        self.fault = None
        self.pointer = 0
        self._trimming = _trimming()
        self._power_on()
        self.change(message)

    def _power_on(self):
        self.ctrl_hum = self._next_hum = self.ctrl_meas = self.config = 0
        self.data = _SKIPPED
        self._ready = None  # ticks_ms when the running conversion ends
        self._loaded = simcore.ticks_add(simcore.ticks_ms(), _START_MS)

    def change(self, message):
        for name in self.air:
            self.air[name] = float(message.get(name, self.air[name]))
        self.chip_id = message.get("chip_id", self.chip_id)
        self.fault = message.get("fault", self.fault)
        self._trimming[0xE7] = message.get("dig_h6", self._trimming[0xE7])

    def state(self):
        shown = dict(self.air)
        shown.update({"ctrl_hum": self.ctrl_hum, "ctrl_meas": self.ctrl_meas, "config": self.config})
        shown["fault"] = self.fault
        return shown

    # --- bus

    def write(self, data):
        if data:
            self.pointer = data[0]
        for i in range(0, len(data) - 1, 2):
            self.pointer = data[i]
            self._set(data[i], data[i + 1])

    def read(self, count):
        self._advance()
        out = bytes(self._get(self.pointer + i & 0xFF) for i in range(count))
        self.pointer = self.pointer + count & 0xFF
        return out

    def _set(self, register, value):
        if register == _RESET and value == 0xB6:
            self._power_on()
        elif register == _CTRL_HUM:
            self._next_hum = value & 7  # effective after the next write to ctrl_meas (5.4.3)
        elif register == _CTRL_MEAS:
            self.ctrl_hum = self._next_hum
            self.ctrl_meas = value
            if value & 3:
                self._ready = simcore.ticks_add(simcore.ticks_ms(), self._conversion_ms())
        elif register == _CONFIG:
            self.config = value

    def _get(self, register):
        if _DATA <= register < _DATA + 8:
            return self.data[register - _DATA]
        if register == _STATUS:
            loading = simcore.ticks_diff(self._loaded, simcore.ticks_ms()) > 0
            return (8 if self._ready is not None and not self._waiting() else 0) | loading
        if register in self._trimming:
            return self._trimming[register]
        named = {_ID: self.chip_id, _CTRL_HUM: self.ctrl_hum, _CTRL_MEAS: self.ctrl_meas, _CONFIG: self.config}
        return named.get(register, 0)

    # --- conversions

    def _settings(self):
        return _samples(self.ctrl_meas >> 5), _samples(self.ctrl_meas >> 2 & 7), _samples(self.ctrl_hum)

    def _conversion_ms(self):
        """Typical measurement time, 9.1, to whole milliseconds."""
        t, p, h = self._settings()
        return round(1 + 2 * t + (2 * p + 0.5 if p else 0) + (2 * h + 0.5 if h else 0) + 0.5)

    def _waiting(self):
        """Normal mode, between two conversions."""
        left = simcore.ticks_diff(self._ready, simcore.ticks_ms())
        return self.ctrl_meas & 3 == 3 and left > self._conversion_ms()

    def _advance(self):
        if self._ready is None or self.fault or simcore.ticks_diff(self._ready, simcore.ticks_ms()) > 0:
            return
        self.data = self._convert()
        if self.ctrl_meas & 3 == 3:
            period = self._conversion_ms() + int(_STANDBY_MS[self.config >> 5] + 0.5)
            self._ready = simcore.ticks_add(simcore.ticks_ms(), period)
        else:
            self._ready = None
            self.ctrl_meas &= ~3  # forced mode ends in sleep mode (3.3.3)

    def _bits(self, samples):
        if self.config >> 2 & 7:
            return 20  # with the filter on (3.4.4)
        return {1: 16, 2: 17, 4: 18, 8: 19}.get(samples, 20)

    def _convert(self):
        t, p, h = self._settings()
        air = self.air
        data = bytearray(_SKIPPED)
        raw = _raw(_t_fine, air["temperature"] * 5120, self._bits(t), 20) if t else 0x80000
        t_fine = _t_fine(raw)
        data[3:6] = (raw << 4).to_bytes(3, "big")
        if p:
            raw = _raw(lambda value: _pascal(value, t_fine), air["pressure"] * 100, self._bits(p), 20)
            data[0:3] = (raw << 4).to_bytes(3, "big")
        if h:
            raw = _raw(lambda value: _percent(value, t_fine, self._trimming[0xE7]), air["humidity"], 16, 16)
            data[6:8] = raw.to_bytes(2, "big")
        return bytes(data)


sim_i2c.KINDS["bme280"] = Bme280
