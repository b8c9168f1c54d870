"""Lights: Home Assistant speaks of colour and brightness of 0..255, a module of channels up to its own full value.

The node keeps the channels as they shine. So brightness is the greatest channel, and colour the channels as if that
were full; a wish for only one of both keeps the other.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field

from devtoolkit.gateway.mqtt_entities import Answer, Config, Entity, Named, filled, limits
from devtoolkit.services.widgets import Widget

_FULL = 255
_COLD_MIRED, _WARM_MIRED = 153, 370  # 6500 K and 2700 K, what common tunable strips have
_MODES = {"color": "rgb", "white": "color_temp", "slider": "brightness"}
_RGB, _WHITE = ("R", "G", "B"), ("CW", "WW")


@dataclass(frozen=True, slots=True)
class Light(Named):
    """One lamp: `keys` are the channels in the module's status, in the order of the widget's parameters."""

    toggle: Widget | None
    keys: tuple[str, ...]
    component: str = field(default="light", init=False)

    @property
    def object_id(self) -> str:
        return self.widget.module

    @property
    def name(self) -> str:
        return self.widget.module

    @property
    def poll(self) -> str:
        return f"{self.widget.module} status"

    @property
    def mode(self) -> str:
        return _MODES[self.widget.type]

    def config(self) -> Config:
        config: Config = {"schema": "json", "brightness": True, "supported_color_modes": [self.mode]}
        if self.mode == "color_temp":
            config |= {"min_mireds": _COLD_MIRED, "max_mireds": _WARM_MIRED}
        return config

    def state(self, answer: Answer) -> str | None:
        channels = self._channels(answer)
        if channels is None:
            return None
        on = bool(answer.get("S", any(channels)))
        value: Config = {"state": "ON" if on else "OFF", "color_mode": self.mode, "brightness": round(max(channels))}
        if self.mode == "rgb":
            value["color"] = dict(zip("rgb", map(round, _full(channels)), strict=True))
        elif self.mode == "color_temp":
            value["color_temp"] = _mired(channels)
        return json.dumps(value)

    def command(self, payload: str, answer: Answer) -> str:
        """Off and a plain on are the toggle; everything else sets the channels, which switches the lamp on."""
        wish = json.loads(payload)
        if not isinstance(wish, dict) or wish.get("state") not in ("ON", "OFF"):
            raise ValueError('it is an object with "state"')
        shape = wish.get("color", wish.get("color_temp"))
        if wish["state"] == "OFF" or (shape is None and "brightness" not in wish):
            return self._turned(wish["state"] == "ON")
        present = self._channels(answer) or (0.0,) * len(self.keys)
        brightness = _byte(wish.get("brightness", max(present) or _FULL))
        wanted = [value * brightness / _FULL for value in self._shape(shape, present)]
        return filled(self.widget, *(round(v * self._high / _FULL) for v in wanted))

    @property
    def _high(self) -> float:
        return limits(self.widget)[1]

    def _turned(self, on: bool) -> str:
        if self.toggle:
            return filled(self.toggle, on)
        return filled(self.widget, *(round(self._high) if on else 0 for _ in self.keys))

    def _channels(self, answer: Answer) -> tuple[float, ...] | None:
        """The channels as 0..255."""
        values = [answer.get(key) for key in self.keys]
        numbers = [value for value in values if isinstance(value, int | float)]
        return tuple(value * _FULL / self._high for value in numbers) if len(numbers) == len(self.keys) else None

    def _shape(self, wish: object, present: tuple[float, ...]) -> tuple[float, ...]:
        """The channels at full brightness."""
        if wish is None:
            return _full(present)
        if self.mode == "rgb" and isinstance(wish, dict):
            return tuple(_byte(wish.get(channel)) for channel in "rgb")
        if self.mode == "color_temp" and isinstance(wish, int | float):
            return _white(wish)
        raise ValueError("no such colour")


def light(known: Sequence[Widget], status: Answer) -> tuple[Entity | None, tuple[Widget, ...]]:
    """The module's lamp, when it is one, and the widgets that belong to it."""
    toggle = next((one for one in known if one.type == "button" and one.function == "toggle" and one.options), None)
    main = next((one for one in known if (keys := _keys(one, toggle)) and all(key in status for key in keys)), None)
    if main is None:
        return None, ()
    used = [
        one for one in known if one is main or one is toggle or (one.type == "slider" and one.function == "brightness")
    ]
    return Light(main, toggle, _keys(main, toggle)), tuple(used)


def _keys(widget: Widget, toggle: Widget | None) -> tuple[str, ...]:
    """The channels that such a widget sets."""
    places = widget.call.count(":range:")
    if widget.type == "color" and places == len(_RGB):
        return _RGB
    if widget.type == "white" and places == len(_WHITE):
        return _WHITE
    return ("X",) if widget.type == "slider" and places == 1 and toggle else ()


def _full(channels: tuple[float, ...]) -> tuple[float, ...]:
    """The same colour with its greatest channel full; white for darkness."""
    greatest = max(channels)
    return tuple(value * _FULL / greatest for value in channels) if greatest else (float(_FULL),) * len(channels)


def _white(mired: float) -> tuple[float, float]:
    """Cold and warm for a colour temperature; the stronger one is full."""
    warm = min(1.0, max(0.0, (mired - _COLD_MIRED) / (_WARM_MIRED - _COLD_MIRED)))
    cold = 1.0 - warm
    return cold * _FULL / max(cold, warm), warm * _FULL / max(cold, warm)


def _mired(channels: tuple[float, ...]) -> int:
    cold, warm = channels
    share = warm / (cold + warm) if cold + warm else 0.5
    return round(_COLD_MIRED + share * (_WARM_MIRED - _COLD_MIRED))


def _byte(value: object) -> float:
    if not isinstance(value, int | float) or not 0 <= value <= _FULL:
        raise ValueError("brightness and colour are 0 to 255")
    return float(value)
