"""Which entities the widgets of a load module are.

COLOR, WHITE and a slider with `toggle` become lights (`mqtt_lights`), other sliders numbers, a button with True and
False a switch, one with other options a select, one without a button. TEXTBOX, GRAPH and STATUS are sensors and come
with the gateway's rounds. JOYSTICK and EMBED have no counterpart.
"""

from collections.abc import Sequence

from devtoolkit.gateway.mqtt_entities import Answer, Button, Entity, Number, Select, Switch
from devtoolkit.gateway.mqtt_lights import light
from devtoolkit.services.widgets import Widget

CONTROLS = frozenset({"button", "slider", "color", "white"})
_TOGGLE_OPTIONS = {"True", "False"}


def entities(known: Sequence[Widget], status: Answer) -> tuple[Entity, ...]:
    """The entities of one module but its sensors. `status` is what it answers to that now, empty for nothing."""
    lamp, used = light(known, status)
    rest = [made for one in known if one not in used and (made := _entity(one, known, status))]
    return (lamp, *rest) if lamp else tuple(rest)


def _entity(one: Widget, known: Sequence[Widget], status: Answer) -> Entity | None:
    if one.type == "slider" and one.range and one.call.count(":range:") == 1:
        alone = sum(other.type == "slider" for other in known) == 1
        return Number(one, "X" if alone and "X" in status else "")
    if one.type != "button" or ":range:" in one.call:
        return None
    if not one.options:
        return Button(one)
    if set(one.options) == _TOGGLE_OPTIONS:
        return Switch(one, _switch_key(one.function, status))
    return Select(one) if one.call.count(":options:") == 1 else None


def _switch_key(function: str, status: Answer) -> str:
    """`S`, or of several channels the one of the function's number."""
    number = function[len(function.rstrip("0123456789")) :] or "1"
    return next((key for key in (f"SW{number}", "S") if key in status), "")
