"""LM_cct: two PWM outputs."""

from light_effects import Light
from module_bench import Bench

LIGHT = Light("cct", "white", "CW WW", lambda h: [h.duty(p) for p in ("cwhite", "wwhite")], 1000, "cwww.pds")


def _hue(b: Bench) -> None:
    LIGHT.put(b, [400, 400])
    assert b.call("cct hue_transition 75 sec=0.2") == "Starting transition"
    assert "cct._hue" in b.call("task list")
    LIGHT.until(b, [200, 600])
    assert b.call("cct hue_transition 101") == "Invalid range, percent=<0-100>"


EFFECTS = {
    "load_n_init": LIGHT.load,
    "white": LIGHT.set,
    "brightness": LIGHT.brightness,
    "toggle": LIGHT.toggle,
    "transition": LIGHT.transition,
    "hue_transition": _hue,
    "random": LIGHT.random,
    "subscribe_presence": LIGHT.presence,
    "status": LIGHT.status,
}
