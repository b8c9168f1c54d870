"""
A rotary encoder (KY-040, EC11) on two pins with their pull-ups: a detent is one cycle of four edges, clockwise the
first pin (CLK) goes first. Contacts may bounce.
"""

import simcore
import simlink
from sim_pin import Pin, drive

_encoders = {}  # clk pin -> _Encoder
_CLOCKWISE = ((1, 1), (0, 1), (0, 0), (1, 0))  # levels of clk, dt from one rest to the next


class _Encoder:
    def __init__(self, clk, dt):
        self.pins = (clk, dt)
        self.edge = 0  # position in edges since it was wired
        self.job = simcore.Job(self.step)
        self.left = []  # [edges still to come, direction] of each turn
        self.bounces = 0
        self.show()

    def show(self):
        for pin, level in zip(self.pins, _CLOCKWISE[self.edge % 4]):
            if Pin(pin)._ext != level:
                for _ in range(self.bounces):
                    drive(pin, level)
                    drive(pin, 1 - level)
                drive(pin, level)

    def turn(self, edges, hz, bounces):
        self.bounces = bounces
        self.left.append([abs(edges), 1 if edges > 0 else -1])
        period = max(1, round(1000 / hz))
        self.job.start(period, period)

    def step(self, _):
        while self.left and not self.left[0][0]:
            self.left.pop(0)
        if not self.left:
            self.job.stop()
            return
        self.left[0][0] -= 1
        self.edge += self.left[0][1]
        self.show()

    def state(self):
        return {"edges": self.edge, "turning": any(turn[0] for turn in self.left)}


def _op_encoder(message):
    """
    {"op":"encoder","clk":n,"dt":n} wires one; with "detents" (or "edges", negative: counter-clockwise) it is turned by
    so much, "hz" edges a second (default 100, at most 1000), "bounces" times back and forth at each edge.
    """
    clk = message["clk"]
    if not message.get("present", True):
        gone = _encoders.pop(clk, None)
        if gone:
            gone.job.stop()
            for pin in gone.pins:
                drive(pin, None)
        return
    if clk not in _encoders:
        _encoders[clk] = _Encoder(clk, message["dt"])
    edges = message.get("edges", 4 * message.get("detents", 0))
    if edges:
        _encoders[clk].turn(edges, message.get("hz", 100), message.get("bounces", 0))


simlink.ops["encoder"] = _op_encoder
simlink.views["encoders"] = lambda: {str(pin): encoder.state() for pin, encoder in _encoders.items()}
