"""
What LM_rgb, LM_cct, LM_dimmer and LM_neopixel have in common: channels that fade in a task, on and off, kept state.

The values of a light are what was asked for (they are its status at once); what it shows runs after them.
"""

import asyncio
from time import ticks_diff, ticks_ms

from Common import micro_task, state_file
from micropython import const

USERS = ("LM_rgb", "LM_cct", "LM_dimmer", "LM_neopixel")  # unloading the last one unloads this module too
SMOOTH_MS = const(200)
_STEP_MS = const(10)  # shortest time between two steps of a fade: the eye sees no steps from about 60 a second on
_FREQ_HZ = const(20480)  # above hearing, so that drivers and coils are silent


def pwm_writer(*names):
    """A function that puts values 0..1000 on PWM outputs, given by logical pin names. 1000 is always on."""
    from machine import PWM, Pin
    from microIO import physical_pin

    outputs = [PWM(Pin(physical_pin(name)), freq=_FREQ_HZ, duty_u16=0) for name in names]

    def write(values):
        for output, value in zip(outputs, values):
            output.duty_u16((value * 65535 + 500) // 1000)

    return write


class Light:
    """
    `keys` name the channels in `status`, `defaults` are their first values 0..`full`; `write` takes the list of values
    to show. With `cache` the state lives in `<file>.pds`: the values, then 0 or 1 for off or on (`on_first`: before).
    """

    def __init__(self, name, keys, defaults, full, write, cache, file=None, on_first=False):
        self.name = name
        self.keys = keys
        self.defaults = defaults
        self.full = full
        self.write = write
        self.values = list(defaults)
        self.on = 0
        self.on_first = on_first
        self.shown = [0] * len(keys)
        self.file = None
        if cache:
            self.file = state_file(file or name, *((0,) + defaults if on_first else defaults + (0,)))
            self._restore(self.file.values)
        self._go(0, "")

    def _restore(self, kept):
        values, on = (kept[1:], kept[0]) if self.on_first else (kept[:-1], kept[-1])
        self.values = [min(self.full, max(0, value)) for value in values]
        self.on = 1 if on else 0

    def _save(self):
        if self.file:
            self.file.save(*([self.on] + self.values if self.on_first else self.values + [self.on]))

    def status(self):
        """{channel: value, 'S': 0 or 1}"""
        state = dict(zip(self.keys, self.values))
        state["S"] = self.on
        return state

    def merged(self, values):
        """`values` with the present ones for None. Raises ValueError when one is out of range."""
        new = [int(old if value is None else value) for value, old in zip(values, self.values)]
        for key, value in zip(self.keys, new):
            if not 0 <= value <= self.full:
                raise ValueError("%s=%d is out of range: 0-%d" % (key, value, self.full))
        return new

    # --- what can be asked for

    def set(self, values, smooth=True, force=True):
        """Shows these values; without `force` a running transition is left alone. The status."""
        if force or not self.running():
            self.values = self.merged(values)
            self.on = 1 if any(self.values) else 0
            self.show(smooth)
        return self.status()

    def toggle(self, state=None, smooth=True):
        """Off and on, or as `state` says. The status."""
        self.on = int(not self.on if state is None else bool(state))
        if self.on and not any(self.values):
            self.values = list(self.defaults)
        self.show(smooth)
        return self.status()

    def brightness(self, percent=None, smooth=True, wake=True):
        """Scales the values so that the biggest has `percent`; a light that is off stays so without `wake`."""
        biggest = max(self.values)
        if percent is None:
            return "%d %%" % (round(biggest * 100 / self.full) if self.on else 0)
        if not 0 <= percent <= 100:
            return "Percent is out of range: 0-100"
        source = self.values if biggest else self.defaults
        self.values = [round(value * self.full * percent / 100 / max(source)) for value in source]
        self.on = 1 if any(self.values) and (wake or self.on) else 0
        self.show(smooth)
        return self.status()

    def transition(self, values, sec, wake, kind="_tran"):
        """Fades to `values` in `sec` seconds, as task `<name>.<kind>`; dark when the light is off, unless `wake`."""
        if self.running():
            return "Transition already running"
        self.values = self.merged(values)
        self.on = 1 if any(self.values) and (wake or self.on) else 0
        self._save()
        self._go(int(sec * 1000), "%s.%s" % (self.name, kind))
        return "Starting transition"

    def keep(self, values):
        """Remembers values that something else has shown already."""
        self.values = self.shown = list(values)
        self.on = 1 if any(values) else 0
        self._save()

    def show(self, smooth):
        """Brings the outputs to the present state, with a short fade when `smooth`, and keeps it."""
        self._save()
        self._go(SMOOTH_MS if smooth else 0, self.name + "_fade")

    # --- tasks

    def _tasks(self):
        for tag in ("_fade", "._tran", "._hue"):
            task = micro_task(self.name + tag)
            if task is not None and not task.done:
                yield task

    def running(self):
        """bool: a transition is under way (a short fade does not count)."""
        return any("." in task.tag for task in self._tasks())

    def stop(self):
        """Ends fade and transition where they are."""
        for task in self._tasks():
            task.cancel()

    def close(self):
        """Before another object takes the outputs: no task, no state that waits to be written."""
        self.stop()
        if self.file:
            self.file.flush()

    def _go(self, ms, tag):
        self.stop()
        target = list(self.values) if self.on else [0] * len(self.keys)
        if ms < _STEP_MS or not micro_task(tag, self._fade(target, ms)):
            self._put(target)

    async def _fade(self, target, ms):
        """By the clock, so a late step makes no fade longer."""
        start = ticks_ms()
        origin = list(self.shown)
        biggest = max([abs(b - a) for a, b in zip(origin, target)])
        step = max(_STEP_MS, ms // biggest) if biggest else ms
        gone = 0
        while gone < ms:
            self._put([a + (b - a) * gone // ms for a, b in zip(origin, target)])
            await asyncio.sleep_ms(min(step, ms - gone))
            gone = ticks_diff(ticks_ms(), start)
        self._put(target)

    def _put(self, values):
        self.shown = values
        self.write(values)


def subscribe(turn):
    """Hands `turn(True)` and `turn(False)` to the presence module, as its callbacks at motion and at the end of it."""
    from LM_presence import _subscribe

    _subscribe(lambda: turn(True), lambda: turn(False), turn)
