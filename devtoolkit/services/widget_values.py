"""What the widgets of a node's modules stand at now, as far as the modules say it.

`MODULE status 'FUNCTION'` gives the letters that all of them share: R G B, CW WW, X Y, S. A `brightness` without its
percent gives the present one.
"""

import json
import re
from collections.abc import Mapping, Sequence

from devtoolkit.services.widgets import Widget
from devtoolkit.transports.tcp_shell import TcpShell

Key = tuple[str, str]  # module, function
Values = Mapping[Key, Mapping[str, str]]

_PLACES = re.compile(r"(\w+)=:(?:range|options):")
_LETTERS = {"r": "R", "g": "G", "b": "B", "cw": "CW", "ww": "WW", "state": "S"}
_ONE = "X"  # what the only number of a slider is called
_PERCENT = re.compile(r"(\d+) ?%")


async def present(shell: TcpShell, widgets: Sequence[Widget]) -> Values:
    """By widget, then by the name in its call; widgets whose module says nothing are left out.

    Raises as `TcpShell.command`.
    """
    wanted = [widget for widget in widgets if _PLACES.search(widget.call)]
    found: dict[Key, Mapping[str, str]] = {}
    for module in dict.fromkeys(widget.module for widget in wanted):
        offered = _names(await shell.command(f"{module} help >json"))
        for widget in wanted:
            if widget.module == module:
                values = await _ask(shell, widget, offered)
                if values:
                    found[module, widget.function] = values
    return found


async def _ask(shell: TcpShell, widget: Widget, offered: frozenset[str]) -> dict[str, str]:
    places = _PLACES.findall(widget.call)
    if widget.function == "brightness" and places == ["percent"]:
        match = _PERCENT.search(" ".join(await shell.command(f"{widget.module} brightness >json")))
        return {"percent": match[1]} if match else {}
    if "status" not in offered:
        return {}
    status = _object(await shell.command(f"{widget.module} status '{widget.function}' >json"))
    values = {place: status.get(_letter(place, len(places), widget)) for place in places}
    return {
        place: _text(value, widget)
        for place, value in values.items()
        if isinstance(value, int | float) and not (widget.options and not _text(value, widget))
    }


def _letter(place: str, count: int, widget: Widget) -> str:
    """Which letter of the status belongs to this place of the call."""
    if place in _LETTERS:
        return _LETTERS[place]
    if widget.type == "joystick":
        return place[:1].upper()
    return _ONE if count == 1 and widget.type == "slider" else ""


def _text(value: float, widget: Widget) -> str:
    """As the widget writes it; of a switch, the option for on or off, empty where it has neither."""
    if not widget.options:
        return f"{value:g}"
    names = ("True", "1") if value else ("False", "0")
    return next((name for name in names if name in widget.options), "")


def _names(lines: Sequence[str]) -> frozenset[str]:
    """The functions in a module's help."""
    try:
        entries = json.loads("\n".join(lines))
    except ValueError:
        return frozenset()
    return frozenset(str(entry).partition(" ")[0] for entry in entries) if isinstance(entries, list) else frozenset()


def _object(lines: Sequence[str]) -> dict[str, object]:
    try:
        value = json.loads("\n".join(lines))
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
