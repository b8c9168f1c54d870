"""What an entity of Home Assistant is, and the simple ones that a widget can be. Pure: no node, no broker."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from devtoolkit.services.widgets import Widget

Answer = Mapping[str, object]
Config = dict[str, object]
_PLACE = re.compile(":(?:range|options):")
_NOT_AN_ID = re.compile(r"[^A-Za-z0-9_-]+")


class Entity(Protocol):
    """One thing in Home Assistant. `poll` is the node's command whose JSON answer holds its state, or empty."""

    @property
    def component(self) -> str: ...
    @property
    def object_id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def poll(self) -> str: ...

    def config(self) -> Config:
        """What is special about it in the discovery message; topics, device and availability come from the bridge."""

    def state(self, answer: Answer, /) -> str | None:
        """What to publish for this answer to `poll`, None when it says nothing."""

    def command(self, payload: str, answer: Answer, /) -> str:
        """The node's command for what Home Assistant wants. Raises ValueError for what nobody may want."""


@dataclass(frozen=True, slots=True)
class Named:
    """The common part of what belongs to one widget of a module."""

    widget: Widget

    @property
    def object_id(self) -> str:
        return identifier(f"{self.widget.module}_{self.widget.function}")

    @property
    def name(self) -> str:
        return f"{self.widget.module} {self.widget.function.replace('_', ' ')}"

    @property
    def poll(self) -> str:
        return ""

    def state(self, _answer: Answer) -> str | None:
        return None


@dataclass(frozen=True, slots=True)
class Button(Named):
    """Runs a function."""

    component: str = field(default="button", init=False)

    def config(self) -> Config:
        return {"payload_press": "PRESS"}

    def command(self, payload: str, _answer: Answer) -> str:
        _one_of(payload, ("PRESS",))
        return self.widget.call


@dataclass(frozen=True, slots=True)
class Select(Named):
    """Runs a function with one of its options; what the node has is not known, what was chosen last is shown."""

    component: str = field(default="select", init=False)

    def config(self) -> Config:
        return {"options": list(self.widget.options)}

    def command(self, payload: str, _answer: Answer) -> str:
        _one_of(payload, self.widget.options)
        return filled(self.widget, _literal(payload))


@dataclass(frozen=True, slots=True)
class Told(Named):
    """What the module's status may tell. `key` is its entry there; empty: what was set last is shown."""

    key: str = ""

    @property
    def poll(self) -> str:
        return f"{self.widget.module} status" if self.key else ""


@dataclass(frozen=True, slots=True)
class Switch(Told):
    """On and off."""

    component: str = field(default="switch", init=False)

    def config(self) -> Config:
        return {"payload_on": "ON", "payload_off": "OFF"}

    def state(self, answer: Answer) -> str | None:
        return ("ON" if answer[self.key] else "OFF") if self.key in answer else None

    def command(self, payload: str, _answer: Answer) -> str:
        _one_of(payload, ("ON", "OFF"))
        return filled(self.widget, payload == "ON")


@dataclass(frozen=True, slots=True)
class Number(Told):
    """A slider."""

    component: str = field(default="number", init=False)

    def config(self) -> Config:
        low, high, step = limits(self.widget)
        return {"min": low, "max": high, "step": step, "mode": "slider"}

    def state(self, answer: Answer) -> str | None:
        value = answer.get(self.key)
        return f"{value:.10g}" if isinstance(value, int | float) else None

    def command(self, payload: str, _answer: Answer) -> str:
        low, high, step = limits(self.widget)
        value = float(payload)
        if not low <= value <= high:
            raise ValueError(f"{payload} is not within {low:.10g} to {high:.10g}")
        whole = all(float(part).is_integer() for part in (low, high, step))
        return filled(self.widget, round(value) if whole else value)


def filled(widget: Widget, *values: object) -> str:
    """The widget's command with its places filled, in order."""
    filling = iter(values)
    return _PLACE.sub(lambda _match: str(next(filling)), widget.call)


def limits(widget: Widget) -> tuple[float, float, float]:
    """Least, most, step of its values."""
    low, high, step = (*widget.range, *(0.0, 100.0, 1.0)[len(widget.range) :])[:3]
    return low, high, step


def identifier(text: str) -> str:
    """As Home Assistant wants them in topics."""
    return _NOT_AN_ID.sub("_", text)


def _one_of(payload: str, allowed: Sequence[str]) -> None:
    if payload not in allowed:
        raise ValueError(f"it can be {', '.join(allowed)}")


def _literal(option: str) -> str:
    """An option as the node's shell wants it: a bare word is text."""
    try:
        float(option)
    except ValueError:
        return option if option in ("True", "False", "None") else f"'{option}'"
    return option
