"""Servos and stepper motors wired to pins: positions integrated from pulses and coil patterns."""

from time import ticks_diff, ticks_us

import sim_trace
import simlink

_servos = {}  # pin -> _Servo
_steppers = {}  # first coil's pin -> _Stepper

# Angle of the field in eighths of an electrical turn, by coil pattern a b c d (bit 0 = a); the rest makes no torque.
_FIELD = {0b0001: 0, 0b0011: 1, 0b0010: 2, 0b0110: 3, 0b0100: 4, 0b1100: 5, 0b1000: 6, 0b1001: 7}
_FIELD_OF_THREE = {0b1011: 0, 0b0111: 2, 0b1110: 4, 0b1101: 6}  # two of the three cancel out


class _Servo:
    """
    Hobby servo: a pulse of `min_us` to `max_us`, 20 to 400 times a second, is an angle of 0 to `range` degrees. The arm
    turns with `speed` degrees a second while pulses come, and stays where it is without.
    """

    def __init__(self, message):
        self.min_us = message.get("min_us", 500)
        self.max_us = message.get("max_us", 2500)
        self.range = message.get("range", 180)
        self.speed = message.get("speed", 600)
        self.angle = float(message.get("angle", 0))
        self.pulse_us = 0
        self.hz = 0
        self.count = 0.0
        self.rose = None
        self.last = ticks_us()

    def advance(self):
        """Integrate up to now."""
        now = ticks_us()
        seconds = ticks_diff(now, self.last) / 1000000
        self.last = now
        if self.hz and self.pulse_us:
            self.count += seconds * self.hz
            self._turn(seconds)

    def _turn(self, seconds):
        part = (self.pulse_us - self.min_us) / (self.max_us - self.min_us)
        target = min(1, max(0, part)) * self.range
        way = min(abs(target - self.angle), self.speed * seconds)
        self.angle += way if target > self.angle else -way

    def pwm(self, hz, duty):
        self.advance()
        self.hz = hz if 20 <= hz <= 400 else 0
        self.pulse_us = duty / 65535 * 1000000 / hz if hz else 0

    def level(self, level):
        """A pulse made by hand: it counts when it ends, and moves the arm for one period of 20 ms."""
        now = ticks_us()
        if level:
            self.rose = now
        elif self.rose is not None:
            self.pulse_us = ticks_diff(now, self.rose)
            self.rose = None
            self.count += 1
            self._turn(0.02)

    def state(self):
        self.advance()
        return {"angle": self.angle, "pulse_us": self.pulse_us, "pulses": int(self.count)}


class _Stepper:
    """Four-phase motor: the rotor follows the field of the coils. A jump of half a turn of the field loses the step."""

    def __init__(self, pins):
        self.pattern = 0
        self.field = 0
        self.position = 0  # half steps
        self.lost = 0
        for bit, pin in enumerate(pins):
            sim_trace.listen("pin", pin, lambda level, bit=bit: self.coil(bit, level))

    def coil(self, bit, level):
        self.pattern = self.pattern | 1 << bit if level else self.pattern & ~(1 << bit)
        field = _FIELD.get(self.pattern, _FIELD_OF_THREE.get(self.pattern))
        if field is None:
            return
        way = (field - self.field) % 8
        self.field = field
        if way == 4:
            self.lost += 1
        else:
            self.position += way - 8 if way > 4 else way

    def state(self):
        return {"half_steps": self.position, "lost": self.lost, "coils": self.pattern}


def _op_wire(message):
    """
    {"op":"wire","kind":"servo","pin":n, min_us, max_us, range, speed, angle} or {"kind":"stepper","pins":[a,b,c,d]};
    "present": false takes it off.
    """
    kind = message["kind"]
    present = message.get("present", True)
    if kind == "servo":
        pin = message["pin"]
        servo = _Servo(message) if present else None
        sim_trace.listen("pwm", pin, servo and servo.pwm)
        sim_trace.listen("pin", pin, servo and servo.level)
        _put(_servos, pin, servo)
    elif kind == "stepper":
        pins = message["pins"]
        if not present:
            for pin in pins:
                sim_trace.listen("pin", pin, None)
        _put(_steppers, pins[0], _Stepper(pins) if present else None)
    else:
        raise ValueError("unknown kind " + str(kind))


def _put(table, pin, model):
    table.pop(pin, None)
    if model:
        table[pin] = model


simlink.ops["wire"] = _op_wire
simlink.views["servos"] = lambda: {str(pin): servo.state() for pin, servo in _servos.items()}
simlink.views["steppers"] = lambda: {str(pin): motor.state() for pin, motor in _steppers.items()}
