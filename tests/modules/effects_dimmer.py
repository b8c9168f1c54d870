"""LM_dimmer: one PWM output."""

from light_effects import Light
from module_bench import Bench

LIGHT = Light("dimmer", "set_value", "X", lambda h: [h.duty("dim_1")], 1000, "dimmer.pds")


def _set_value(b: Bench) -> None:
    LIGHT.set(b)
    assert b.call("dimmer set_value 1001") == "Invalid range, value=<0-1000>"
    b.call("dimmer set_value 1000 smooth=False")
    b.until(lambda h: h.pwm("dim_1")["duty_u16"] == 65535)


EFFECTS = {
    "load_n_init": LIGHT.load,
    "set_value": _set_value,
    "toggle": LIGHT.toggle,
    "transition": LIGHT.transition,
    "subscribe_presence": LIGHT.presence,
    "status": LIGHT.status,
}
