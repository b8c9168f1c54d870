"""LM_genIO: any pin as anything."""

from module_bench import Bench


def _set_pwm(b: Bench) -> None:
    assert b.json("genIO set_pwm 13") == {"pin": 13, "freq": 20480, "duty": 500}
    b.until(lambda h: h.duty(13) == 500 and h.pwm(13)["freq"] == 20480)
    assert b.json("genIO set_pwm 'dim_1' duty=1000 freq=50") == {"pin": "dim_1", "freq": 50, "duty": 1000}
    b.until(lambda h: h.pwm("dim_1") == {"freq": 50, "duty_u16": 65535})
    assert "out of range" in b.ask("genIO set_pwm 13 1001")


def _set_random_pwm(b: Bench) -> None:
    duties = [b.json("genIO set_random_pwm 12 100 900")["duty"] for _ in range(8)]
    assert all(100 <= duty <= 900 for duty in duties)
    assert len(set(duties)) > 1
    b.until(lambda h: h.duty(12) == duties[-1])


def _set_out(b: Bench) -> None:
    assert b.json("genIO set_out 18 True") == {"pin": 18, "state": 1}
    b.until(lambda h: h.level(18) == 1)
    assert b.json("genIO set_out 18") == {"pin": 18, "state": 0}
    b.until(lambda h: h.level(18) == 0)
    b.call("genIO set_pwm 18")
    b.until(lambda h: h.pwm(18))
    b.call("genIO set_out 18 True")
    b.until(lambda h: h.level(18) == 1 and not h.pwm(18))


def _get_adc(b: Bench) -> None:
    b.set("adc", pin=36, value=32768)
    reading = b.json("genIO get_adc 36")
    assert reading == {"raw": 32768, "percent": 50.0, "volt": 1.23, "pin": 36}
    b.set("adc", pin=36, value=65535)
    assert b.call("genIO get_adc 36 'percent'") == "100.0"


def _get_in(b: Bench) -> None:
    b.call("genIO get_in 19")
    b.set("pin", pin=19, value=0)
    assert b.json("genIO get_in 19") == {"pin": 19, "state": 0}
    b.set("pin", pin=19, value=None)
    assert b.json("genIO get_in 19") == {"pin": 19, "state": 1}, "the pull-up"


def _genio_pins(b: Bench) -> None:
    b.call("genIO set_out 23 True")
    assert "23: ('out', Pin(23))" in b.call("genIO genio_pins")
    b.until(lambda h: h.level(23) == 1)
    b.call("switch set_state False")
    assert "Pin 26 is busy: switch_1:26" in b.ask("genIO set_out 26")


EFFECTS = {
    "set_pwm": _set_pwm,
    "set_random_pwm": _set_random_pwm,
    "set_out": _set_out,
    "get_adc": _get_adc,
    "get_in": _get_in,
    "genio_pins": _genio_pins,
}
