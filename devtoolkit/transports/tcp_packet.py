"""A command as the one packet that a node reads, and as it may stand in messages."""

import re

from devtoolkit.codecs.shell import MAX_COMMAND_BYTES
from devtoolkit.errors import UsageError

_SECRET_COMMANDS = re.compile(r"(?:login|appwd|stapwd|telegram)\b")


def packet_of(text: str) -> bytes:
    """The command as the one packet a node reads. Raises UsageError when it cannot be one."""
    packet = text.strip().encode()
    if not packet:
        raise UsageError("The command is empty.", hint="Type help to see what the node can do.")
    if b"\n" in packet or b"\r" in packet:
        raise UsageError("A command is one line.", hint="Separate commands with <a>.")
    if len(packet) > MAX_COMMAND_BYTES:
        raise UsageError(
            f"The command has {len(packet)} bytes, a node reads at most {MAX_COMMAND_BYTES}.", hint="Shorten it."
        )
    return packet


def shown(command: str) -> str:
    """A command as it may stand in a message: never with a password."""
    text = " ".join(command.split())
    return text.split()[0] + " ..." if _SECRET_COMMANDS.match(text) else text
