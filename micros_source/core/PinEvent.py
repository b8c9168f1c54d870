"""Commands at an edge of a pin (irq1 ... irq4), without the bounces of its contact."""

import asyncio
from Config import cfgget
from machine import Pin
from microIO import physical_pin
from micropython import const
from Trigger import Trigger

_LOOK_MS = const(5)
_QUIET_LOOKS = const(6)  # a level is settled after 30 ms: contacts bounce for 20 ms at most
_MOST_LOOKS = const(100)  # of a pin that never settles


class PinEvent:
    """
    An input with pull-down. Between two events the interrupt sleeps: its handler switches it off and sets a flag, so a
    pin that rings with thousands of edges costs one call. Then irq_prell_ms must pass and the level settle: neither the
    bounces of a press nor those of its release count.
    """

    def __init__(self, name, commands):
        edge = cfgget(name + "_trig").strip().lower()
        self.wanted = {"down": (0,), "both": (0, 1)}.get(edge, (1,))  # levels after an edge that counts
        self.pause_ms = cfgget("irq_prell_ms")
        self.quiet_looks = min(self.pause_ms // _LOOK_MS, _QUIET_LOOKS)
        self.trigger = Trigger(name, commands)
        self.flag = asyncio.ThreadSafeFlag()
        self.handler = self._edge
        self.pin = Pin(physical_pin(name), Pin.IN, Pin.PULL_DOWN)

    def _edge(self, pin):
        pin.irq(handler=None)
        self.flag.set()

    async def watch(self):
        """The task of the pin. The first edge away from the settled level counts at once, if it is a wanted one."""
        level = self.pin.value()
        while True:
            await self._edge_from(level)
            before, level = level, 1 - level
            counts = level in self.wanted
            if not counts:
                level = await self._settled()
                counts = level == before  # a short pulse: it came back, and that edge is the wanted one
            if counts:
                self.trigger.run()
                await asyncio.sleep_ms(self.pause_ms)
                level = await self._settled()

    async def _edge_from(self, level):
        self.flag.clear()
        self.pin.irq(self.handler, Pin.IRQ_RISING | Pin.IRQ_FALLING)
        if self.pin.value() == level:  # else the edge came while the interrupt was off
            await self.flag.wait()
        self.pin.irq(handler=None)

    async def _settled(self):
        """The level, as soon as it stays."""
        level = self.pin.value()
        same = 0
        for _ in range(_MOST_LOOKS):
            if same >= self.quiet_looks:
                break
            await asyncio.sleep_ms(_LOOK_MS)
            now = self.pin.value()
            same = same + 1 if now == level else 0
            level = now
        return level
