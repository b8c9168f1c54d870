"""
HC-SR04 on two pins: a trigger pulse of at least 10 us makes the echo pin high for the sound's way there and back (its
data sheet: timing diagram, range 2 cm to 4 m; without an echo the pulse lasts 38 ms).
"""

from time import ticks_add, ticks_diff, ticks_us

import sim_trace
import simlink
from sim_pin import Pin

_sonars = {}  # trigger pin -> _Sonar
_TRIGGER_US = 10
_BURST_US = 460  # 8 periods of 40 kHz, and the time to begin
_NOTHING_US = 38000
_NEAREST_MM, _FARTHEST_MM = 20, 4000


class _Sonar:
    def __init__(self, trigger, echo):
        self.echo = echo
        self.distance = 500.0
        self.celsius = 20.0
        self.fault = None
        self.pulses = 0
        self.rose = None
        sim_trace.listen("pin", trigger, self.triggered)

    def change(self, message):
        self.distance = float(message.get("distance", self.distance))
        self.celsius = float(message.get("celsius", self.celsius))
        self.fault = message.get("fault", self.fault)

    def echo_us(self):
        if not _NEAREST_MM <= self.distance <= _FARTHEST_MM:
            return _NOTHING_US
        mm_per_us = 0.3313 * (1 + self.celsius / 273.15) ** 0.5  # speed of sound in dry air
        return round(2 * self.distance / mm_per_us)

    def triggered(self, level):
        now = ticks_us()
        if level:
            self.rose = now
        elif self.rose is not None and ticks_diff(now, self.rose) >= _TRIGGER_US and self.fault is None:
            self.rose = None
            self.pulses += 1
            start = ticks_add(now, _BURST_US)
            Pin(self.echo).wave = (start, ticks_add(start, self.echo_us()))

    def state(self):
        return {"distance": self.distance, "fault": self.fault, "pulses": self.pulses, "echo": self.echo}


def _op_sonar(message):
    """{"op":"sonar","trigger":n,"echo":n,"distance":mm,"celsius":of the air,"fault":null|"silent","present":bool}"""
    trigger = message["trigger"]
    if not message.get("present", True):
        sim_trace.listen("pin", trigger, None)
        _sonars.pop(trigger, None)
        return
    if trigger not in _sonars or _sonars[trigger].echo != message["echo"]:
        _sonars[trigger] = _Sonar(trigger, message["echo"])
    _sonars[trigger].change(message)


simlink.ops["sonar"] = _op_sonar
simlink.views["sonars"] = lambda: {str(pin): sonar.state() for pin, sonar in _sonars.items()}
