"""ADC, PWM and touch pads of the virtual board."""

import sim_trace
import simcore
import simlink
from sim_pin import Pin

_changes = simlink.Changes("pwm", "pin")
_pwms = {}  # pin -> [Hz, duty_u16]
_adcs = {}  # pin -> 0..65535, put there from outside
sources = {}  # pin -> function() -> 0..65535 of a model that is wired to it
_touch = {}  # pin -> reading of its pad; untouched ones read high on the first ESP32
_UNTOUCHED = 600
_TOUCH_PINS = (0, 2, 4, 12, 13, 14, 15, 27, 32, 33)  # ESP32 data sheet


class ADC:
    ATTN_0DB, ATTN_2_5DB, ATTN_6DB, ATTN_11DB = 0, 1, 2, 3
    WIDTH_9BIT, WIDTH_10BIT, WIDTH_11BIT, WIDTH_12BIT = 9, 10, 11, 12
    _FULL_UV = (950000, 1250000, 1750000, 2450000)  # ESP32 data sheet: suggested range per attenuation

    def __init__(self, pin, *, atten=ATTN_0DB):
        self._id = pin._id if isinstance(pin, Pin) else pin
        Pin(self._id)
        _adcs.setdefault(self._id, 0)
        self._atten = atten
        self._width = 12

    def init(self, *, atten=ATTN_0DB):
        self._atten = atten

    def atten(self, atten):
        self._atten = atten

    def width(self, bits):
        if not 9 <= bits <= 12:
            raise ValueError("invalid bits")
        self._width = bits

    def read_u16(self):
        simcore.hook()
        source = sources.get(self._id)
        return source() if source else _adcs[self._id]

    def read(self):
        return self.read_u16() >> (16 - self._width)

    def read_uv(self):
        return self.read_u16() * self._FULL_UV[self._atten] // 65535


class PWM:
    """Frequency in Hz, duty as 0..1023, 0..65535 or ns; one channel per pin."""

    def __init__(self, dest, freq=None, *, duty=None, duty_u16=None, duty_ns=None, invert=0):
        self._id = dest._id if isinstance(dest, Pin) else dest
        Pin(self._id, Pin.OUT)
        if self._id not in _pwms:
            _pwms[self._id] = [5000, 32768]
            self._reported = None
        else:
            self._reported = tuple(_pwms[self._id])
        self.init(freq=freq, duty=duty, duty_u16=duty_u16, duty_ns=duty_ns)

    def init(self, *, freq=None, duty=None, duty_u16=None, duty_ns=None, invert=0):
        self._quiet = True  # frequency and duty of one call begin together
        try:
            if freq is not None:
                self.freq(freq)
            if duty is not None:
                self.duty(duty)
            if duty_u16 is not None:
                self.duty_u16(duty_u16)
            if duty_ns is not None:
                self.duty_ns(duty_ns)
        finally:
            self._quiet = False
        self._report()

    def _state(self):
        state = _pwms.get(self._id)
        if state is None:
            raise RuntimeError("PWM is inactive")
        return state

    def _change(self, index, value):
        _pwms.setdefault(self._id, [5000, 32768])[index] = value
        if not self._quiet:
            self._report()

    def _report(self):
        hz, duty = self._state()
        if self._reported != (hz, duty):
            self._reported = (hz, duty)
            sim_trace.note("pwm", self._id, hz, duty)
            _changes.put(self._id, {"freq": hz, "duty_u16": duty})

    def freq(self, hz=None):
        if hz is None:
            return self._state()[0]
        if not 1 <= hz <= 40000000:
            raise ValueError("frequency must be from 1Hz to 40MHz")
        self._change(0, int(hz))
        return None

    def duty_u16(self, duty=None):
        if duty is None:
            return self._state()[1]
        if not 0 <= duty <= 65535:
            raise ValueError("duty_u16 must be from 0 to 65535")
        self._change(1, int(duty))
        return None

    def duty(self, duty=None):
        if duty is None:
            return self._state()[1] >> 6
        if not 0 <= duty <= 1023:
            raise ValueError("duty must be between 0 to 1023")
        return self.duty_u16(65535 if duty == 1023 else int(duty) << 6)

    def duty_ns(self, ns=None):
        hz = self._state()[0]
        if ns is None:
            return self._state()[1] * (1000000000 // hz) // 65535
        return self.duty_u16(min(65535, ns * 65535 * hz // 1000000000))

    def deinit(self):
        self._reported = None
        if _pwms.pop(self._id, None):
            sim_trace.note("pwm", self._id, 0, 0)
            _changes.put(self._id, None)

    def __repr__(self):
        return "PWM(Pin(%d), freq=%d, duty_u16=%d)" % (self._id, self.freq(), self.duty_u16())


class TouchPad:
    """Capacitive input of the first ESP32: the reading falls when it is touched."""

    def __init__(self, pin):
        self._id = pin._id if isinstance(pin, Pin) else pin
        if self._id not in _TOUCH_PINS:
            raise ValueError("invalid pin for touchpad")
        _touch.setdefault(self._id, _UNTOUCHED)

    def read(self):
        simcore.hook()
        return _touch[self._id]

    def config(self, value):
        pass


def _op_touch(message):
    """{"op":"touch","pin":n,"value":reading or null for untouched}"""
    value = message.get("value")
    _touch[message["pin"]] = _UNTOUCHED if value is None else int(value)


def _op_adc(message):
    """{"op":"adc","pin":n,"value":0..65535}"""
    value = int(message["value"])
    if not 0 <= value <= 65535:
        raise ValueError("adc value 0..65535")
    _adcs[message["pin"]] = value


simlink.ops["adc"] = _op_adc
simlink.ops["touch"] = _op_touch
simlink.views["touch"] = lambda: {str(n): v for n, v in _touch.items()}
simlink.views["adc"] = lambda: {str(n): v for n, v in _adcs.items()}
simlink.views["pwm"] = lambda: {str(n): {"freq": s[0], "duty_u16": s[1]} for n, s in _pwms.items()}
