"""LM_rgb: three PWM outputs."""

from light_effects import Light
from module_bench import Bench

LIGHT = Light("rgb", "color", "R G B", lambda h: [h.duty(p) for p in ("redgb", "rgreenb", "rgbue")], 1000, "rgb.pds")


def _color(b: Bench) -> None:
    LIGHT.set(b)
    assert b.until(lambda h: h.pwm("redgb")).pwm("redgb")["freq"] == 20480
    b.call("rgb color b=700 smooth=False")
    LIGHT.until(b, [0, 0, 700])


EFFECTS = {
    "load_n_init": LIGHT.load,
    "color": _color,
    "brightness": LIGHT.brightness,
    "toggle": LIGHT.toggle,
    "transition": LIGHT.transition,
    "random": LIGHT.random,
    "subscribe_presence": LIGHT.presence,
    "status": LIGHT.status,
}
