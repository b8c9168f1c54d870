"""What a node's loaded modules offer to draw and to read: the typed entries of `help True`."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from devtoolkit.services.shell_words import modules
from devtoolkit.transports.tcp_shell import TcpShell

READ_ONLY = ("textbox", "graph", "status")
_PLACEHOLDER = re.compile(r":(?:range|options):")
_NAME = re.compile(r"\w+")
_NOT_OF_A_KEY = re.compile(r"[^a-z0-9]+")
_MOST_WIDGETS = 200  # of one node; what says more is not a node of ours


@dataclass(frozen=True, slots=True)
class Widget:
    """One function of a loaded module as a client may draw it.

    `call` is the command with `:range:` or `:options:` where a value belongs; `range` is least, most, step.
    """

    module: str
    function: str
    type: str
    call: str
    range: tuple[float, ...] = ()
    options: tuple[str, ...] = ()
    refresh_ms: int | None = None
    limit: int | None = None

    @property
    def readable(self) -> bool:
        """It only shows something: it can be asked again and again, without a value."""
        return self.type in READ_ONLY and not _PLACEHOLDER.search(self.call)


@dataclass(frozen=True, slots=True)
class Reading:
    """One number that a readable widget gave."""

    module: str
    function: str
    key: str
    value: float


@dataclass(slots=True)
class WidgetMemory:
    """Widgets by node and module: a module's entries do not change while it is loaded."""

    known: dict[tuple[str, str], tuple[Widget, ...]] = field(default_factory=dict)

    async def of(self, shell: TcpShell, node: str) -> tuple[Widget, ...]:
        """The widgets of all loaded modules; one that is not known is asked. `node`: any key for this node's version.

        Raises as `TcpShell.command`.
        """
        loaded = tuple(name for name in modules(await shell.command("help")) if _NAME.fullmatch(name))
        for gone in [key for key in self.known if key[0] == node and key[1] not in loaded]:
            del self.known[gone]
        for module in loaded:
            if (node, module) not in self.known:
                self.known[node, module] = parse(module, await shell.command(f"{module} help True >json"))
        return tuple(widget for module in loaded for widget in self.known[node, module])[:_MOST_WIDGETS]


async def read(shell: TcpShell, widget: Widget) -> tuple[Reading, ...]:
    """The numbers that a readable widget shows now; none when its answer has none."""
    lines = await shell.command(f"{widget.call} >json")
    return tuple(
        Reading(widget.module, widget.function, key, value) for key, value in numbers("\n".join(lines)).items()
    )


def parse(module: str, lines: tuple[str, ...]) -> tuple[Widget, ...]:
    """The answer to `help True >json`: a list of JSON texts. What is none (an older node's answer) gives no widget."""
    found = []
    for entry in _list("\n".join(lines)):
        value = _object(entry)
        call = value.get("lm_call")
        if isinstance(call, str) and call.split():
            found.append(_widget(module, call, value))
    return tuple(found)


def numbers(text: str) -> dict[str, float]:
    """The numbers of a JSON answer by key (see `key_of`); one alone: `value`."""
    try:
        value = json.loads(text)
    except ValueError:
        value = text.strip()
    items = value.items() if isinstance(value, dict) else [("value", value)]
    pairs = ((key_of(str(key)), number(item)) for key, item in items)
    return {key: item for key, item in pairs if key and item is not None}


def key_of(text: str) -> str:
    """Lower case, `_` for what is neither letter nor digit: `CPU temp [ºC]` as `cpu_temp_c`."""
    return _NOT_OF_A_KEY.sub("_", text.lower()).strip("_")


def number(value: object) -> float | None:
    """A finite number of a JSON value or its text."""
    if isinstance(value, int | float):
        found = float(value)
    elif isinstance(value, str) and len(value) <= 40:
        try:
            found = float(value)
        except ValueError:
            return None
    else:
        return None
    return found if abs(found) < float("inf") else None  # false for nan too


def _widget(module: str, call: str, value: Mapping[str, object]) -> Widget:
    return Widget(
        module,
        call.split()[0],
        str(value.get("type", "")).lower(),
        f"{module} {call}",
        tuple(part for part in map(number, _items(value.get("range"))) if part is not None),
        tuple(str(part) for part in _items(value.get("options"))),
        _whole(value.get("refresh")),
        _whole(value.get("limit")),
    )


def _list(text: str) -> list[object]:
    try:
        value = json.loads(text)
    except ValueError:
        return []
    return value if isinstance(value, list) else []


def _object(entry: object) -> dict[str, object]:
    if isinstance(entry, str):
        try:
            entry = json.loads(entry)
        except ValueError:
            return {}
    return entry if isinstance(entry, dict) else {}


def _items(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) else None
