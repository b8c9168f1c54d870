"""A command for a node: checked before, and its answer judged after."""

from devtoolkit.codecs.shell import MAX_COMMAND_BYTES
from devtoolkit.errors import UsageError
from devtoolkit.gateway.masks import masked
from devtoolkit.gateway.problems import CommandRefusedError
from devtoolkit.gateway.state import Gateway
from devtoolkit.model.device import Device
from devtoolkit.services.sessions import Answer
from devtoolkit.services.shell import REFUSALS
from devtoolkit.transports.tcp_packet import shown


def check(command: str) -> str:
    """The command without blanks around it. Raises UsageError for what cannot be sent."""
    text = command.strip()
    if not text:
        raise UsageError("The command is empty.", hint="For example: system info")
    if any(ord(char) < 32 or ord(char) == 127 for char in text):
        raise UsageError("A command is one line without control characters.", hint="Send several one by one.")
    if len(text.encode("utf-8", "replace")) > MAX_COMMAND_BYTES:
        raise UsageError(f"A node reads at most {MAX_COMMAND_BYTES} bytes as one command.", hint="Shorten it.")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise UsageError("The command is no valid text.", hint="Send UTF-8.") from None
    return text


async def ask(gateway: Gateway, device: Device, *commands: str) -> Answer:
    """The node's answer, secrets masked. Raises CommandRefusedError when the node says that a command is wrong."""
    answer = await gateway.pool.ask(device, [check(command) for command in commands])
    for command, lines in answer.replies:
        if lines and lines[0].startswith(REFUSALS):
            raise CommandRefusedError(
                f"{device.fuid} refuses {shown(command)!r}: {' '.join(lines)}",
                hint="See the node's help, or help lm for all modules.",
            )
    return Answer(answer.device, masked(answer.replies), answer.latency_s)
