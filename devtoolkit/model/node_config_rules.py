"""What texts in a node configuration have to look like. Each rule gives reasons, none when all is well."""

import ipaddress
import itertools
import re
from collections.abc import Callable, Iterator, Mapping

EMPTY = "n/a"  # the device's word for: nothing set
OFFLOADED = "..."  # the device's word for: the text lies in a file of its own

NAME_MAX = 32  # also the limit of a Wi-Fi network's name, which the node opens under its own
_HOST_NAME = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?")
_APPWD_SIZE = (8, 9)  # WPA2 wants 8 characters at least, WebREPL takes 9 at most
_WPA_SIZE = (8, 64)  # 8 to 63 characters, or 64 hex digits; an open network has none
_CRON_LIMITS = (("weekday", 6), ("hour", 23), ("minute", 59), ("second", 59))
_SUN = re.compile(r"(?:sunrise|sunset)(?:[+-][0-9]{1,4})?")
_MODULE = re.compile(r"[A-Za-z0-9_]+")
# A quote that is not closed protects nothing.
_QUOTED_OR_END = re.compile(r"\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'|;", re.DOTALL)
_PIN = re.compile(r"[A-Za-z_]\w*\s*:\s*\d{1,3}")


def check_text(key: str, text: str) -> Iterator[str]:
    """Reasons why `text` is not allowed as value of `key`."""
    rule = _RULES.get(key)
    return rule(text) if rule else iter(())


def wifi_pairs(config: Mapping[str, object]) -> Iterator[str]:
    """Each Wi-Fi name has its password; told only where both keys are there."""
    names, passwords = config.get("staessid"), config.get("stapwd")
    if isinstance(names, str) and isinstance(passwords, str):
        wanted, given = len(_parts(names)), len(_parts(passwords))
        if wanted != given:
            yield f"{given} passwords for {wanted} Wi-Fi names"


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.removesuffix(";").split(";")]


def _devfid(text: str) -> Iterator[str]:
    if not text:
        yield "a node needs a name"
    elif re.search(r"\s", text):
        yield f"{text!r} has white space; the name is the shell's prompt"
    elif len(text) > NAME_MAX:
        yield f"{len(text)} characters, at most {NAME_MAX} are possible"
    elif not _HOST_NAME.fullmatch(text):
        yield f"{text!r} cannot be a host name: only letters, digits, - and _, with no - at either end"


def _appwd(text: str) -> Iterator[str]:
    low, high = _APPWD_SIZE
    if not low <= len(text) <= high:
        yield f"the password has {len(text)} characters; it must have {low} or {high} (access point and WebREPL)"
    elif re.search(r"\s", text):
        yield "the password has white space; the shell would read only its first word"


def _staessid(text: str) -> Iterator[str]:
    for name in _parts(text):
        if not name:
            yield "a Wi-Fi name is empty"
        elif len(name.encode()) > NAME_MAX:
            yield f"{name!r} is longer than the {NAME_MAX} bytes a Wi-Fi name can have"


def _stapwd(text: str) -> Iterator[str]:
    low, high = _WPA_SIZE
    for number, password in enumerate(_parts(text), 1):
        if password not in ("", EMPTY) and not low <= len(password) <= high:  # these two: an open network
            yield f"password {number} has {len(password)} characters; a Wi-Fi password has {low} to {high}"


def _devip(text: str) -> Iterator[str]:
    if text == EMPTY:
        return
    try:
        ipaddress.IPv4Address(text)
    except ValueError:
        yield f"{text!r} is no IPv4 address"


def _commands(text: str) -> Iterator[str]:
    """`module function ...; module function ...`"""
    if text == EMPTY:
        return
    for command in filter(None, map(str.strip, split_outside(text))):
        words = command.split()
        if len(words) < 2 or not _MODULE.fullmatch(words[0]):
            yield f"{command!r} is no command: module function ..."


def split_outside(text: str) -> list[str]:
    """Parts between the `;` that stand outside quotes, as the device splits them."""
    ends = [found.start() for found in _QUOTED_OR_END.finditer(text) if found[0] == ";"]
    return [text[start + 1 : end] for start, end in itertools.pairwise((-1, *ends, len(text)))]


def cron_tasks(text: str) -> list[str]:
    """The tasks of a `crontasks` text: `;` separates them, or `;;` where a task holds several commands."""
    if text == EMPTY:
        return []
    parts = split_outside(text)
    if "" in parts[1:-1]:
        groups = [list(group) for filled, group in itertools.groupby(parts, bool) if filled]
        parts = [";".join(group) for group in groups]
    return [part.strip() for part in parts if part.strip()]


def _crontasks(text: str) -> Iterator[str]:
    for task in cron_tasks(text):
        when, mark, commands = task.partition("!")
        if not mark:
            yield f"{task!r} has no ! between time and command"
            continue
        reason = _when(when.strip())
        if reason:
            yield f"{when!r}: {reason}"
        elif not any(map(str.strip, split_outside(commands))):
            yield f"{task!r}: no command follows the !"
        yield from _commands(commands)


def _when(text: str) -> str:
    """Why this is no time of the scheduler; empty when it is one."""
    if _SUN.fullmatch(text):
        return ""
    fields = text.split(":")
    if len(fields) != len(_CRON_LIMITS):
        return "neither weekday:hour:minute:second nor sunrise or sunset with minutes"
    for (name, limit), field in zip(_CRON_LIMITS, fields, strict=True):
        if not all(_in_limit(part.strip(), limit) for part in field.split(",")):
            return f"{field!r} is no {name} (0 to {limit}, *, a-b, or several with commas)"
    return ""


def _in_limit(part: str, limit: int) -> bool:
    if part == "*":
        return True
    ends = part.split("-")
    return len(ends) <= 2 and all(end.isascii() and end.isdigit() and int(end) <= limit for end in ends)


def _cstmpmap(text: str) -> Iterator[str]:
    if text == EMPTY:
        return
    for number, part in enumerate(filter(None, _parts(text))):
        is_map_name = number == 0 and _MODULE.fullmatch(part)
        if not is_map_name and not _PIN.fullmatch(part):
            yield f"{part!r} is neither a pin map's name in first place nor name:pin"


_RULES: Mapping[str, Callable[[str], Iterator[str]]] = {
    "devfid": _devfid,
    "appwd": _appwd,
    "staessid": _staessid,
    "stapwd": _stapwd,
    "devip": _devip,
    "crontasks": _crontasks,
    "cstmpmap": _cstmpmap,
    "boothook": _commands,
    "timirqcbf": _commands,
    **{f"irq{number}_cbf": _commands for number in range(1, 5)},
}
