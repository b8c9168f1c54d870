"""
Typed help entries: what a client needs to draw a widget for a function.

`SLIDER brightness percent=<0-100-5> smooth=True` is a slider from 0 to 100 in steps of 5 (step 1 when left out,
negative numbers are allowed); `BUTTON toggle state=<True,False>` a button with options. An entry without a tag is no
widget.
"""

import json

from micropython import const

_TEXTBOX_MS = const(10000)
_GRAPH_MS = const(3000)
_GRAPH_POINTS = const(30)
_TAGS = ("BUTTON", "SLIDER", "TEXTBOX", "COLOR", "WHITE", "JOYSTICK", "STATUS", "GRAPH", "EMBED")


def _number(text):
    return float(text) if "." in text else int(text)


def _range(text):
    """'0-100-5' as [0, 100, 5]; a minus that starts the text or follows another belongs to its number."""
    parts = [""]
    for char in text:
        if char == "-" and parts[-1]:
            parts.append("")
        else:
            parts[-1] += char
    return [_number(part) for part in parts] + ([1] if len(parts) == 2 else [])


def _widget(tag, call):
    widget = {"type": tag.lower()}
    shown = ""
    while "<" in call:
        before, _, rest = call.partition("<")
        inner, _, call = rest.partition(">")
        kind = "options" if "," in inner else "range"
        shown += "%s:%s:" % (before, kind)
        widget[kind] = inner.split(",") if kind == "options" else _range(inner)
    widget["lm_call"] = shown + call
    if tag == "TEXTBOX":
        widget["refresh"] = _TEXTBOX_MS
    elif tag == "GRAPH":
        widget["refresh"] = _GRAPH_MS
        widget["limit"] = _GRAPH_POINTS
    return json.dumps(widget)


def resolve(entries, widgets=False):
    """Usage lines without tags; with widgets=True a JSON text of each tagged entry: type, lm_call, range, options."""
    lines = []
    for entry in entries:
        tag, _, call = entry.partition(" ")
        if tag not in _TAGS:
            tag, call = None, entry
        if not widgets:
            lines.append(call)
        elif tag:
            lines.append(_widget(tag, call))
    return tuple(lines)
