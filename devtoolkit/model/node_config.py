"""The schema of a node's `node_config.json`: one place for forms, validation, docs and the device's defaults.

The order of KEYS is the order of `dump` on the device. A test compares keys and defaults with `micros_source/core`.
"""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from devtoolkit.errors import ConfigError
from devtoolkit.model import node_config_rules as rules
from devtoolkit.model.node_config_rules import EMPTY, OFFLOADED

Value = bool | int | str
Group = Literal["identity", "network", "security", "system", "scheduler", "interrupts", "boot", "services"]


@dataclass(frozen=True, slots=True)
class ConfigKey:
    """One key. `low` and `high` limit numbers; `choices` limits texts, in any case; `written_by_node` is not for users.

    A change of a `reboot` key takes effect after the next restart. A `secret` is masked by the node and never logged.
    """

    key: str
    default: Value
    group: Group
    text: str
    low: int | None = None
    high: int | None = None
    choices: tuple[str, ...] = ()
    unit: str = ""
    reboot: bool = True
    secret: bool = False
    written_by_node: bool = False

    @property
    def type(self) -> Literal["bool", "int", "str"]:
        """The JSON type, given by the default."""
        if isinstance(self.default, bool):
            return "bool"
        return "int" if isinstance(self.default, int) else "str"


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a value is not allowed."""

    key: str
    text: str

    def __str__(self) -> str:
        return f"{self.key}: {self.text}"


def _irq(number: int) -> tuple[ConfigKey, ...]:
    name = f"irq{number}"
    return (
        ConfigKey(name, False, "interrupts", f"React to edges on the pin {name}"),
        ConfigKey(f"{name}_cbf", EMPTY, "interrupts", f"Commands on an edge at {name}, separated by ;"),
        ConfigKey(
            f"{name}_trig",
            EMPTY,
            "interrupts",
            f"Which edge counts at {name}; n/a means up",
            choices=(EMPTY, "up", "down", "both"),
        ),
    )


KEYS: tuple[ConfigKey, ...] = (
    ConfigKey("version", EMPTY, "identity", "Version of the device system", written_by_node=True),
    ConfigKey("auth", False, "security", "Ask for appwd in shell and web"),
    ConfigKey("staessid", "your_wifi_name", "network", "Wi-Fi names in order of preference, separated by ;"),
    ConfigKey("stapwd", "your_wifi_passwd", "network", "Wi-Fi passwords in the order of the names", secret=True),
    ConfigKey("devfid", "node01", "identity", "Name of the node: prompt, host name, name of its own access point"),
    ConfigKey("appwd", "ADmin123", "security", "Password of shell, WebREPL and the own access point", secret=True),
    ConfigKey("dbg", True, "system", "Print on the console and blink the progress LED"),
    ConfigKey("nwmd", "STA", "network", "Join a Wi-Fi (STA) or open one (AP)", choices=("STA", "AP", EMPTY)),
    ConfigKey("hwuid", EMPTY, "identity", "Unique id of the hardware", written_by_node=True),
    # Nodes of ours and the original take 5 s where less is set.
    ConfigKey("soctout", 30, "services", "After how long idle a session gives way to a new one", 0, 86400, unit="s"),
    ConfigKey("socport", 9008, "services", "TCP port of the shell; clients expect 9008", 1, 65535),
    ConfigKey("webui", False, "services", "Web server on port 80"),
    ConfigKey("devip", EMPTY, "network", "Fixed address in the Wi-Fi; the node keeps its last one here"),
    ConfigKey("cron", False, "scheduler", "Run the scheduler, with sun times and time zone from the network"),
    ConfigKey(
        "crontasks",
        EMPTY,
        "scheduler",
        "Scheduled commands: WD:H:M:S!command, or sunset-30!command, by ;",
        reboot=False,
    ),
    ConfigKey("timirq", False, "interrupts", "Run commands periodically"),
    ConfigKey("timirqcbf", EMPTY, "interrupts", "Periodic commands, separated by ;"),
    ConfigKey("timirqseq", 1000, "interrupts", "Period of the periodic commands", 1, 0x7FFFFFFF, unit="ms"),
    *(key for number in range(1, 5) for key in _irq(number)),
    ConfigKey("irq_prell_ms", 300, "interrupts", "Edges within this time after one are bounces", 0, 60000, unit="ms"),
    ConfigKey("boothook", EMPTY, "boot", "Commands at boot, before the network starts, separated by ;"),
    ConfigKey("aioqueue", 3, "system", "How many tasks, and how many sessions (at least 3)", 1, 64),
    ConfigKey("utc", 60, "scheduler", "Difference to UTC; found by itself when cron is on", -720, 840, unit="min"),
    ConfigKey("boostmd", True, "system", "Run the CPU at its higher clock"),
    ConfigKey("guimeta", OFFLOADED, "services", "Layout of the phone client", reboot=False, written_by_node=True),
    ConfigKey("cstmpmap", EMPTY, "boot", "Pin map and own pins: name; led:2; dht:22. n/a means the board's own map"),
    ConfigKey("telegram", EMPTY, "services", "Token of the Telegram bot", reboot=False, secret=True),
)

BY_NAME: Mapping[str, ConfigKey] = {key.key: key for key in KEYS}


def defaults() -> dict[str, Value]:
    """A new node's values, in dump order."""
    return {key.key: key.default for key in KEYS}


def check(config: Mapping[str, object]) -> tuple[Problem, ...]:
    """What is not allowed in a whole or partial configuration; empty when all is well.

    Keys this schema does not know are allowed (newer and own firmware has some), unless they look like a typing error.
    """
    problems = [problem for key, value in config.items() for problem in _check_one(key, value)]
    if not problems:
        problems += [Problem("stapwd", text) for text in rules.wifi_pairs(config)]
    return tuple(problems)


def coerce(key: str, text: str) -> Value:
    """A typed value from what a user typed. Raises ConfigError for an unknown key or a value that is not allowed."""
    found = BY_NAME.get(key)
    if found is None:
        raise ConfigError(f"There is no configuration key {key}.", hint=_nearest_hint(key), key=key)
    value = _converted(found, text.strip())
    problems = [] if value is None else _check_one(key, value)
    if value is None or problems:
        reason = problems[0].text if problems else f"{text!r} is not {_expected(found)}"
        raise ConfigError(f"{key}: {reason}.", hint=f"It is for: {found.text}.", key=key)
    return value


def _converted(key: ConfigKey, text: str) -> Value | None:
    if key.type == "bool":
        return {"true": True, "false": False}.get(text.lower())
    if key.type == "int":
        try:
            return int(text)
        except ValueError:
            return None
    return text


def _check_one(key: str, value: object) -> list[Problem]:
    found = BY_NAME.get(key)
    if found is None:
        near = difflib.get_close_matches(key, BY_NAME, 1, 0.8)
        return [Problem(key, f"no such key; {near[0]} was meant?")] if near else []
    if type(value) is not type(found.default):
        return [Problem(key, f"{_shown(found, value)} is not {_expected(found)}")]
    if isinstance(value, int):
        low, high = found.low, found.high
        outside = low is not None and high is not None and not low <= value <= high
        return [Problem(key, f"{value} is not in {low} to {high}{' ' * bool(found.unit)}{found.unit}")] * outside
    text = str(value)
    if found.choices and text.upper() not in {choice.upper() for choice in found.choices}:
        return [Problem(key, f"{text!r} is none of {', '.join(found.choices)}")]
    return [Problem(key, reason) for reason in rules.check_text(key, text)]


def _expected(key: ConfigKey) -> str:
    return {"bool": "true or false", "int": "a whole number", "str": "a text"}[key.type]


def _shown(key: ConfigKey, value: object) -> str:
    return "the value" if key.secret else repr(value)


def _nearest_hint(key: str) -> str:
    near = difflib.get_close_matches(key, BY_NAME, 1)
    return f"Did you mean {near[0]}?" if near else ""
