"""Digital pins and interrupts of the virtual board. One state per GPIO, shared by all objects on it."""

import time as _time

import sim_trace
import simcore
import simlink

_VALID = {
    "esp32": (tuple(n for n in range(40) if n not in (20, 24, 28, 29, 30, 31)), (34, 35, 36, 37, 38, 39)),
    "esp32s2": (tuple(n for n in range(47) if not 22 <= n <= 25), (46,)),
    "esp32s3": (tuple(n for n in range(49) if not 22 <= n <= 25), ()),
    "esp32c3": (tuple(range(22)), ()),
    "esp32c6": (tuple(range(31)), ()),
    "esp32c5": (tuple(range(29)), ()),
    "rp2040": (tuple(range(30)) + ("LED",), ()),
}

_irq_off = 0
_pending = []

_pins = {}
_changes = simlink.Changes("pin", "pin")


class _Irq:
    """What `Pin.irq` returns."""

    def __init__(self, pin):
        self._pin = pin
        self._flags = 0

    def flags(self):
        return self._flags

    def trigger(self, trigger=None):
        old = self._pin._trigger
        if trigger is not None:
            self._pin._trigger = trigger
        return old

    def __call__(self):
        simcore.guarded(self._pin._handler, self._pin)


class Pin:
    IN, OUT, OPEN_DRAIN = 1, 3, 7
    PULL_DOWN, PULL_UP = 1, 2
    IRQ_RISING, IRQ_FALLING, WAKE_LOW, WAKE_HIGH = 1, 2, 4, 5
    DRIVE_0, DRIVE_1, DRIVE_2, DRIVE_3 = 0, 1, 2, 3

    def __new__(cls, id, *args, **kwargs):
        if isinstance(id, Pin):
            return id
        pin = _pins.get(id)
        if pin is None:
            if id not in _VALID.get(simcore.cfg.get("chip"), _VALID["esp32"])[0]:
                raise ValueError("invalid pin")
            pin = _pins[id] = super().__new__(cls)
            pin._id = id
            pin._mode = Pin.IN
            pin._pull = None
            pin._out = 0
            pin._ext = None  # level put on the pin from outside; None: nothing connected
            pin.wave = None  # (start, end) in ticks_us of a high pulse that a model puts on the pin; low otherwise
            pin._handler = None
            pin._trigger = 0
            pin._irq = _Irq(pin)
            pin._last = 0
        return pin

    def __init__(self, id, *args, **kwargs):
        if args or kwargs:
            self.init(*args, **kwargs)

    def init(self, mode=-1, pull=-1, value=None, drive=None, hold=None):
        if mode not in (-1, None):
            if mode != Pin.IN and self._id in _VALID.get(simcore.cfg.get("chip"), _VALID["esp32"])[1]:
                raise ValueError("pin can only be input")
            self._mode = mode
        if pull != -1:
            self._pull = pull
        if value is not None:
            self._out = 1 if value else 0
        self._update()

    def _level(self):
        if self._mode == Pin.OUT:
            return self._out
        if self._mode == Pin.OPEN_DRAIN and not self._out:
            return 0
        if self.wave:
            now = _time.ticks_us()
            return int(_time.ticks_diff(now, self.wave[0]) >= 0 > _time.ticks_diff(now, self.wave[1]))
        if self._ext is not None:
            return self._ext
        return 1 if self._pull == Pin.PULL_UP else 0

    def _update(self):
        level = self._level()
        if level != self._last:
            self._last = level
            _changes.put(self._id, level)
            sim_trace.note("pin", self._id, level)
            edge = Pin.IRQ_RISING if level else Pin.IRQ_FALLING
            if self._handler is not None and self._trigger & edge:
                self._irq._flags = edge
                if _irq_off:
                    _pending.append(self)
                else:
                    simcore.guarded(self._handler, self)

    def value(self, level=None):
        if level is None:
            if simcore.ticks_diff(_time.ticks_ms(), simcore._last) >= 5:
                simcore.hook()  # a loop that polls a button must see it
            return self._level()
        self._out = 1 if level else 0
        self._update()
        return None

    __call__ = value

    def on(self):
        self.value(1)

    def off(self):
        self.value(0)

    def toggle(self):
        self.value(not self._out)

    def irq(self, *args, **kwargs):
        """`irq(handler=None, trigger=both edges, ...)`; without arguments only gives back the interrupt object."""
        if args or kwargs:
            self._handler = args[0] if args else kwargs.get("handler")
            self._trigger = args[1] if len(args) > 1 else kwargs.get("trigger", Pin.IRQ_FALLING | Pin.IRQ_RISING)
        return self._irq

    def __repr__(self):
        return "Pin(%s)" % self._id


class Signal:
    """A pin with its sense: `Signal(pin, invert=...)`."""

    def __init__(self, pin, *args, invert=False, **kwargs):
        self._pin = pin if hasattr(pin, "value") else Pin(pin, *args, **kwargs)
        self._invert = bool(invert)

    def value(self, level=None):
        if level is None:
            return self._pin.value() ^ self._invert
        self._pin.value(bool(level) ^ self._invert)
        return None

    __call__ = value

    def on(self):
        self.value(1)

    def off(self):
        self.value(0)


def time_pulse_us(pin, level, timeout_us=1000000):
    """
    Length of the next pulse; -2: it never began, -1: it never ended. Resolution is that of the link (about 1 ms), and
    1 us for a pulse of a model on the board.
    """
    if pin.wave and level:
        return _wave_us(pin, timeout_us)
    for wanted, failed in ((level, -2), (1 - level, -1)):
        start = _time.ticks_us()
        while pin.value() != wanted:
            if _time.ticks_diff(_time.ticks_us(), start) > timeout_us:
                return failed
            simcore.wait(1)
    return _time.ticks_diff(_time.ticks_us(), start)


def _wave_us(pin, timeout_us):
    """
    time_pulse_us of a pulse whose times are known; waits as long as it takes, as a board does. A board would not have
    been late, so a host that was busy meanwhile changes nothing.
    """
    start, end = pin.wave
    pin.wave = None
    begins = max(0, _time.ticks_diff(start, _time.ticks_us()))
    length = _time.ticks_diff(end, start)
    _time.sleep_us(min(begins, timeout_us))
    if begins > timeout_us:
        return -2
    _time.sleep_us(min(length, timeout_us))
    return -1 if length > timeout_us else length


def disable_irq():
    global _irq_off
    old = _irq_off
    _irq_off = 1
    return old


def enable_irq(state=0):
    global _irq_off
    _irq_off = state
    while _pending and not _irq_off:
        pin = _pending.pop(0)
        simcore.guarded(pin._handler, pin)


def drive(number, level):
    """Put a level on a pin from outside (None: let go)."""
    pin = Pin(number)
    pin._ext = None if level is None else (1 if level else 0)
    pin._update()


def _op_pin(message):
    """{"op":"pin","pin":n,"value":0|1|null,"bounce":[[ms after this message, level], ...]}"""
    number = message["pin"]
    Pin(number)
    if "value" in message:
        drive(number, message["value"])
    for ms, level in message.get("bounce", ()):
        simcore.Job(lambda lv, n=number: drive(n, lv), level).start(ms)


simlink.ops["pin"] = _op_pin
simlink.views["pins"] = lambda: {
    str(n): {"mode": p._mode, "value": p._level(), "pull": p._pull, "irq": p._handler is not None}
    for n, p in _pins.items()
}
