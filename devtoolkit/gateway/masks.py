"""Secrets in what nodes say: an original node shows its passwords to everybody; the gateway does not pass them on."""

import re
from collections.abc import Iterable

from devtoolkit.model.node_config import BY_NAME
from devtoolkit.services.node_setup import MASK
from devtoolkit.transports.tcp_packet import shown

_SECRETS = "|".join(sorted(key.key for key in BY_NAME.values() if key.secret))
_DUMPED = re.compile(rf"^(\s*(?:{_SECRETS})\s*:\s*)(?!n/a\s*$)\S.*$")
_TOLD = re.compile(r"((?i:password)\s*:\s*)\S+")
_ASKED = re.compile(rf"(?:{_SECRETS})\s*$")


def masked(replies: Iterable[tuple[str, tuple[str, ...]]]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Each command and its lines as they may be shown."""
    return tuple((shown(command), tuple(_line(command, line) for line in lines)) for command, lines in replies)


def _line(command: str, line: str) -> str:
    if _ASKED.fullmatch(command.strip()):  # one key in configure mode: the whole line is its value
        return line if line in ("None", "n/a", "") else MASK
    return _TOLD.sub(rf"\g<1>{MASK}", _DUMPED.sub(rf"\g<1>{MASK}", line))
