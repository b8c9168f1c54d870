"""
ST VL53L0X on I2C, address 0x29 (data sheet DocID029104; reference registers in its chapter 3.2, the other registers as
ST's API uses them, UM2039): register pages, identification, reference SPADs, calibration, single and continuous
ranging.

`distance` is in mm; from 2000 on there is no target. A measurement takes 33 ms (data sheet, table 11, default mode).
"""

import sim_i2c
import simcore

_PAGE, _START, _CLEAR, _STATUS, _RESULT = 0xFF, 0x00, 0x0B, 0x13, 0x14
_STROBE, _SPADS, _STOP_VARIABLE = 0x83, 0x92, 0x91
_SINGLE, _BACK_TO_BACK, _TIMED, _CALIBRATION = 0x01, 0x02, 0x04, 0x40
_RANGING_MS, _CALIBRATION_MS = 33, 3
_FARTHEST_MM, _NOTHING_MM = 2000, 8190
_VALID, _NO_SIGNAL = 11 << 3, 4 << 3  # device range status
_SECRET = 0x3C  # the "stop variable", which a start of ranging must give back

# Values after power on that drivers read and change, page 0: identification, sequence, VCSEL periods, time-outs.
_DEFAULTS = {
    0xC0: 0xEE,
    0xC1: 0xAA,
    0xC2: 0x10,
    0x01: 0xFF,
    0x46: 0x25,
    0x50: 0x06,
    0x51: 0x00,
    0x52: 0x96,
    0x61: 0x00,
    0x70: 0x04,
    0x71: 0x01,
    0x72: 0xFE,
    0x84: 0x10,
    0xB0: 0xFF,
    0xB1: 0xFF,
    0xB2: 0xFF,
    0xB3: 0xFF,
    0xB4: 0xFF,
    0xB5: 0x3F,
}


class Vl53l0x:
    """{"distance": mm, "model_id": byte, "fault": null | "busy" (a measurement never ends)}"""

    def __init__(self, message):
        self.distance = 100.0
        self.fault = None
        self.pages = {0: dict(_DEFAULTS)}
        self.page = self.pointer = 0
        self.mode = None
        self.ready = None  # ticks_ms of the end of what runs
        self.waiting = 0  # interrupt status, 3 bits
        self.measured = _NOTHING_MM
        self.begun = 0
        self.calibrated = set()
        self.change(message)

    def change(self, message):
        self.distance = float(message.get("distance", self.distance))
        self.fault = message.get("fault", self.fault)
        if "model_id" in message:
            self.pages[0][0xC0] = message["model_id"]

    def state(self):
        return {
            "distance": self.distance,
            "fault": self.fault,
            "ranging": self.mode,
            "started": self.begun,
            "calibrated": sorted(self.calibrated),
        }

    # --- bus: the register number, then bytes with the number moving on (data sheet 3.1)

    def write(self, data):
        if data:
            self.pointer = data[0]
        for value in data[1:]:
            self._set(self.pointer, value)
            self.pointer = self.pointer + 1 & 0xFF

    def read(self, count):
        self._advance()
        out = bytes(self._get(self.pointer + i & 0xFF) for i in range(count))
        self.pointer = self.pointer + count & 0xFF
        return out

    def _set(self, register, value):
        if register == _PAGE:
            self.page = value
            return
        self.pages.setdefault(self.page, {})[register] = value
        if self.page:
            return
        if register == _START:
            self._start(value)
        elif register == _CLEAR:
            self.waiting = 0

    def _get(self, register):
        if register == _STOP_VARIABLE and self.page == 1:
            return _SECRET
        if self.page == 0 and register == _STATUS:
            return self.waiting
        if self.page == 0 and _RESULT <= register < _RESULT + 12:
            return self._result()[register - _RESULT]
        if self.page == 7 and register == _STROBE:
            return 1  # SPAD data is there
        if self.page == 7 and register == _SPADS:
            return 0x80 | 5  # five, of the aperture type
        return self.pages.get(self.page, {}).get(register, 0)

    # --- ranging

    def _start(self, value):
        unlocked = self.pages.get(1, {}).get(_STOP_VARIABLE, 0)
        sequence = self.pages[0][0x01]
        if value & _SINGLE and sequence in (0x01, 0x02):  # reference calibration: VHV, phase
            self.mode = None
            self.calibrated.add(sequence)
            self._take(_CALIBRATION_MS)
        elif value == _SINGLE and self.mode in ("continuous", "stopping"):
            self.mode = self.ready = None
        elif value in (_SINGLE, _BACK_TO_BACK, _TIMED) and unlocked == _SECRET:
            self.mode = "single" if value == _SINGLE else "continuous"
            self.begun += 1
            self._take(_RANGING_MS)

    def _take(self, ms):
        self.ready = simcore.ticks_add(simcore.ticks_ms(), ms)
        self.pages[0][_START] = 0  # a start bit clears itself

    def _advance(self):
        if self.ready is None or self.fault == "busy" or simcore.ticks_diff(self.ready, simcore.ticks_ms()) > 0:
            return
        self.ready = None
        self.waiting = 4
        if self.mode:
            self.measured = round(self.distance) if self.distance < _FARTHEST_MM else _NOTHING_MM
        if self.mode == "continuous":
            self._take(_RANGING_MS)

    def _result(self):
        found = self.measured != _NOTHING_MM
        out = bytearray(12)
        out[0] = (_VALID if found else _NO_SIGNAL) | 1
        out[10:12] = self.measured.to_bytes(2, "big")
        return out


sim_i2c.KINDS["vl53l0x"] = Vl53l0x
