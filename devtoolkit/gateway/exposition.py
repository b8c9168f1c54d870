"""The original's scrape format: one gauge per key of a command's answer, with names that Prometheus allows.

`micrOS_{fuid}__{module}_{function}_{first word of key}`; what is not allowed in a name becomes `_`.
"""

import json
import re

from devtoolkit.services.widgets import number

_FORBIDDEN = re.compile(r"[^a-zA-Z0-9_]")
_BRACKETS = re.compile(r"[\[\]%]")
_NUMBERED = re.compile(r"(?P<name>[^\d]*?)(?P<value>-?\d+(?:\.\d+)?)\D*")


def exposition(fuid: str, command: str, lines: tuple[str, ...]) -> str:
    """The metrics text of one answer; empty when it has no number."""
    words = command.split()
    prefix = "_".join(words[:2])
    values = _values("\n".join(lines).strip())
    parts = []
    for key, value in values.items():
        name = _FORBIDDEN.sub("_", f"micrOS_{fuid}__{prefix}_{key}")
        parts.append(f"# HELP {name} {_escaped(f'{command} of {fuid}')}\n# TYPE {name} gauge\n{name} {value!r}\n")
    return "".join(dict.fromkeys(parts))


def _values(text: str) -> dict[str, float]:
    """Key (its first word) and number; of a plain text its first number, named by the words before it."""
    try:
        answer = json.loads(text)
    except ValueError:
        match = _NUMBERED.fullmatch(text.replace("\n", " "))
        return {_key(match["name"]): float(match["value"])} if match else {}
    items = answer.items() if isinstance(answer, dict) else [("value", answer)]
    found: dict[str, float] = {}
    for key, item in items:
        value = number(item)
        if value is not None:
            found.setdefault(_key(str(key)), value)
    return found


def _key(text: str) -> str:
    words = _BRACKETS.sub("", text).replace(":", " ").split()
    return words[0] if words else "value"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", " ")
