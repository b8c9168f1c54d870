"""LM_switch: four digital outputs."""

from collections.abc import Callable

from module_bench import Bench, Hardware

PINS = [f"switch_{n}" for n in (1, 2, 3, 4)]


def _levels(h: Hardware) -> list[int]:
    return [h.level(pin) or 0 for pin in PINS]


def _all_off(b: Bench) -> None:
    b.call("switch load_n_init cache=False ch_init=[1,2,3,4]")
    b.until(lambda h: [h.level(pin) for pin in PINS] == [0, 0, 0, 0])


def _set(channel: int) -> Callable[[Bench], None]:
    name = "set_state" + (str(channel) if channel > 1 else "")
    shown = f"SET STATE({channel}): " if channel > 1 else "SET STATE: "

    def effect(b: Bench) -> None:
        _all_off(b)
        assert b.call(f"switch {name} True") == shown + "1"
        b.until(lambda h: _levels(h) == [int(n == channel) for n in (1, 2, 3, 4)])
        assert b.call(f"switch {name}") == shown + "1"
        assert b.call(f"switch {name} False") == shown + "0"
        b.until(lambda h: _levels(h) == [0, 0, 0, 0])

    return effect


def _toggle(channel: int) -> Callable[[Bench], None]:
    name = "toggle" + (str(channel) if channel > 1 else "")

    def effect(b: Bench) -> None:
        _all_off(b)
        assert b.call(f"switch {name}").endswith(": 1")
        b.until(lambda h: _levels(h) == [int(n == channel) for n in (1, 2, 3, 4)])
        assert b.call(f"switch {name}").endswith(": 0")
        b.until(lambda h: _levels(h) == [0, 0, 0, 0])

    return effect


def _status(b: Bench) -> None:
    _all_off(b)
    b.call("switch set_state3 True")
    assert b.json("switch status") == {"SW1": 0, "SW2": 0, "SW3": 1, "SW4": 0}
    assert b.json("switch status 'set_state3'") == {"S": 1}
    assert b.json("switch status 'toggle4'") == {"S": 0}
    b.until(lambda h: _levels(h) == [0, 0, 1, 0])


def _load(b: Bench) -> None:
    """All channels come back, also when channel 1 was off; a channel that is not used takes no pin."""
    b.call("switch load_n_init")
    for channel, state in (("", False), ("2", True), ("3", False), ("4", True)):
        b.call(f"switch set_state{channel} {state}")
    b.until(lambda h: _levels(h) == [0, 1, 0, 1])
    b.until_file("switch.pds", "0,1,0,1")
    b.restart()
    assert b.call("switch load_n_init") == "CACHE: True"
    b.until(lambda h: [h.level(pin) for pin in PINS] == [None, 1, None, 1])


EFFECTS = {
    **{"set_state" + suffix: _set(int(suffix or 1)) for suffix in ("", "2", "3", "4")},
    **{"toggle" + suffix: _toggle(int(suffix or 1)) for suffix in ("", "2", "3", "4")},
    "status": _status,
    "load_n_init": _load,
}
