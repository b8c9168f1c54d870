"""What a virtual board's outputs look like: LED strips, coloured and white lights, the on-board LED, other outputs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from devtoolkit.services.sim_pins import PinNames

Colour = tuple[int, int, int]
Kind = Literal["strip", "light", "led", "signal"]

_FULL = 65535
_GAMMA = 1 / 2.2  # a duty is an amount of light; a screen's value is how bright it looks
_COLD, _WARM = (215, 232, 255), (255, 180, 107)  # about 6500 K and 2700 K on a screen
_WHITE = (255, 255, 255)
_LED_COLOUR = (80, 160, 255)
_RGB, _CCT, _DIMMER, _LED = ("redgb", "rgreenb", "rgbue"), ("cwhite", "wwhite"), "dim_1", "builtin"
_LIGHT_HZ = 1000  # slower ones drive a servo or a loudspeaker
_NAMED_LED = "LED"  # a pin of the Wi-Fi chip, on boards with an RP2
_OUTPUT = 3  # Pin.OUT of the simulated machine


@dataclass(frozen=True, slots=True)
class Light:
    """Something to see. `colours`: one for each lamp, as on a screen (sRGB, 0..255); none for a `signal`.

    `told`: the same in words and numbers. `gpios` is empty for a pin without a number.
    """

    kind: Kind
    name: str
    gpios: tuple[int, ...]
    colours: tuple[Colour, ...]
    told: str


def lights(raw: Mapping[str, Any], pins: PinNames) -> tuple[Light, ...]:
    """Everything in the answer to `get` that shines or moves, the on-board LED first."""
    pwm = {int(pin): (int(one["freq"]), one["duty_u16"] / _FULL) for pin, one in raw["pwm"].items() if pin.isdigit()}
    found = [*_led(raw, pwm, pins), *(_strip(pin, colours) for pin, colours in raw["leds"].items())]
    for names, make in ((_RGB, _coloured), (_CCT, _white)):
        gpios = tuple(pins.gpio.get(name, -1) for name in names)
        if all(gpio in pwm for gpio in gpios):
            found.append(make(gpios, [pwm.pop(gpio)[1] for gpio in gpios]))
    dimmer = pins.gpio.get(_DIMMER, -1)
    if dimmer in pwm and pwm[dimmer][0] >= _LIGHT_HZ:
        found.append(_dimmed(dimmer, pwm.pop(dimmer)[1]))
    found += [_signal(pin, hz, duty, pins) for pin, (hz, duty) in sorted(pwm.items())]
    return (*found, *_levels(raw, pins))


def _led(raw: Mapping[str, Any], pwm: dict[int, tuple[int, float]], pins: PinNames) -> list[Light]:
    gpio = pins.gpio.get(_LED, -1)
    if gpio in pwm:
        share = pwm.pop(gpio)[1]
    elif str(gpio) in raw["pins"]:
        share = float(raw["pins"][str(gpio)]["value"])
    elif _NAMED_LED in raw["pins"]:
        gpio, share = -1, float(raw["pins"][_NAMED_LED]["value"])
    else:
        return []
    share = 1 - share if pins.led_inverted else share
    told = "on" if share == 1 else "off" if share == 0 else f"{share:.0%}"
    where = (gpio,) if gpio >= 0 else ()
    return [Light("led", "on-board LED", where, (_seen(_LED_COLOUR, share),), told)]


def _strip(pin: str, colours: list[list[int]]) -> Light:
    """Colours as sent; a white channel adds to all three."""
    seen = tuple(_strip_colour(one) for one in colours)
    lit = sum(any(one) for one in seen)
    return Light("strip", "LED strip", (int(pin),), seen, f"{lit} of {len(seen)} lit")


def _strip_colour(parts: list[int]) -> Colour:
    red, green, blue = ((part / 255) + (parts[3] / 255 if len(parts) > 3 else 0) for part in parts[:3])
    return _screen(red), _screen(green), _screen(blue)


def _coloured(gpios: tuple[int, ...], duties: list[float]) -> Light:
    red, green, blue = map(_screen, duties)
    told = ", ".join(f"{name} {duty:.0%}" for name, duty in zip(("red", "green", "blue"), duties, strict=True))
    return Light("light", "colour light", gpios, ((red, green, blue),), told)


def _white(gpios: tuple[int, ...], duties: list[float]) -> Light:
    cold, warm = duties
    parts = [(a * cold + b * warm) / 255 for a, b in zip(_COLD, _WARM, strict=True)]
    red, green, blue = map(_screen, parts)
    return Light("light", "white light", gpios, ((red, green, blue),), f"cold {cold:.0%}, warm {warm:.0%}")


def _dimmed(gpio: int, duty: float) -> Light:
    return Light("light", "dimmer", (gpio,), (_seen(_WHITE, duty),), f"{duty:.0%}")


def _signal(gpio: int, hz: int, duty: float, pins: PinNames) -> Light:
    return Light("signal", _short(gpio, pins), (gpio,), (), f"{hz} Hz, {duty:.1%}")


def _levels(raw: Mapping[str, Any], pins: PinNames) -> list[Light]:
    """Plain outputs: relays and the like."""
    taken = {str(pins.gpio.get(_LED, -1)), *raw["pwm"], *raw["leds"]}
    outputs = {
        int(pin): one["value"]
        for pin, one in raw["pins"].items()
        if pin.isdigit() and one["mode"] == _OUTPUT and pin not in taken
    }
    return [
        Light("led", _short(gpio, pins), (gpio,), (_seen(_LED_COLOUR, level),), "on" if level else "off")
        for gpio, level in sorted(outputs.items())
    ]


def _short(gpio: int, pins: PinNames) -> str:
    return " / ".join(pins.names(gpio)[:2]) or "output"


def _seen(colour: Colour, share: float) -> Colour:
    red, green, blue = (_screen(part / 255 * share) for part in colour)
    return red, green, blue


def _screen(light: float) -> int:
    """An amount of light, 0..1, as a value of a screen."""
    bright: float = min(1.0, max(0.0, light)) ** _GAMMA
    return round(255 * bright)
