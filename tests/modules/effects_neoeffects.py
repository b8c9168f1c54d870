"""LM_neoeffects: frames on the strip."""

from module_bench import Bench

N = 24


def _leds(b: Bench) -> list[list[int]]:
    return b.until(lambda h: len(h.leds("neop")) == N).leds("neop")


def _turned(leds: list[list[int]], by: int) -> list[list[int]]:
    return leds[-by:] + leds[:-by]


def _meteor(b: Bench) -> None:
    b.call("neoeffects meteor 240 120 0")
    first = _leds(b)
    assert max(first) == [240, 120, 0]
    assert len({led[0] for led in first}) > N // 2, "a tail fades"
    b.call("neoeffects meteor")
    b.until(lambda h: h.leds("neop") == _turned(first, 1))
    b.call("neoeffects meteor shift=False")
    assert _leds(b) == _turned(first, 1)


def _cycle(b: Bench) -> None:
    b.call("neoeffects cycle 200 100 40")
    first = _leds(b)
    head = first.index([200, 100, 40])
    lit = {index for index, led in enumerate(first) if led != [0, 0, 0]}
    assert lit == {(head - 1) % N, head, (head + 1) % N}
    b.call("neoeffects cycle")
    b.until(lambda h: h.leds("neop") == _turned(first, 1))


def _rainbow(b: Bench) -> None:
    assert b.call("neoeffects rainbow step=0 br=100") == "Rainbow"
    first = _leds(b)
    assert len({tuple(led) for led in first}) == N
    assert all(sum(led) == 255 for led in first)
    b.call("neoeffects rainbow step=32 br=50")
    assert _leds(b) != first
    assert all(120 <= sum(led) <= 128 for led in _leds(b))


def _shader(b: Bench) -> None:
    b.call("neopixel color 9 9 9 smooth=False")
    b.until(lambda h: h.leds("neop") == [[9, 9, 9]] * N)
    b.call("neoeffects shader size=4 offset=22")
    b.until(lambda h: [n for n, led in enumerate(h.leds("neop")) if led == [0, 0, 0]] == [0, 1, 22, 23])


def _random(b: Bench) -> None:
    reply = b.call("neoeffects random max_val=90")
    colour = [int(part[1:]) for part in reply.split()[-1].split(":")]
    assert max(colour) <= 90
    b.call("neoeffects cycle")
    b.until(lambda h: colour in h.leds("neop"))


def _color(b: Bench) -> None:
    state = b.json("neoeffects color 11 22 33")
    assert (state["R"], state["G"], state["B"]) == (11, 22, 33)
    b.call("neoeffects cycle")
    b.until(lambda h: [11, 22, 33] in h.leds("neop"))
    assert "out of range" in b.ask("neoeffects color 256")


def _fire(b: Bench) -> None:
    b.call("neoeffects fire 200 100 0")
    first = _leds(b)
    assert all(40 <= led[0] <= 200 and abs(led[1] * 2 - led[0]) <= 2 and led[2] == 0 for led in first)
    assert len({led[0] for led in first}) > 4
    b.call("neoeffects fire")
    b.until(lambda h: h.leds("neop") != first)


EFFECTS = {
    "meteor": _meteor,
    "cycle": _cycle,
    "rainbow": _rainbow,
    "shader": _shader,
    "random": _random,
    "color": _color,
    "fire": _fire,
}
