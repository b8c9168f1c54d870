"""The beginning of a shell session: connect, read the prompt, come again while the node is busy."""

import asyncio
import time
from dataclasses import dataclass

from devtoolkit.codecs.shell import MAX_REPLY_BYTES, Greeting, GreetingParser, preview
from devtoolkit.errors import BadReplyError, CodecError, NodeBusyError, NodeUnreachableError
from devtoolkit.transports.tcp_wire import Wire, address, open_wire


@dataclass(frozen=True, slots=True)
class Limits:
    """How long to wait, in seconds, and how much to take."""

    connect_s: float = 3.0  # a node in deep Wi-Fi power save answers within this
    greeting_s: float = 8.0  # newer originals hold a newcomer for up to 5 s before they say busy
    first_byte_s: float = 20.0  # the original's client; some modules measure that long before they answer
    stall_s: float = 10.0  # silence in the middle of a reply
    reply_s: float = 120.0  # one whole reply
    reboot_s: float = 2.0  # after `reboot` the last words often get lost
    close_s: float = 0.5  # the original waits 50 ms before it closes
    busy_tries: int = 3
    busy_pause_s: float = 0.5
    likely_s: float = 0.15  # silence that makes a likely end certain: more than a Wi-Fi packet's usual delay
    maybe_s: float = 2.0
    max_bytes: int = MAX_REPLY_BYTES


DEFAULT_LIMITS = Limits()


async def greeted(host: str, port: int, limits: Limits) -> tuple[Wire, Greeting]:
    """Connect and read the prompt; come again a few times while the node is busy."""
    for attempt in range(limits.busy_tries):
        if attempt:
            await asyncio.sleep(limits.busy_pause_s)  # another client must leave; nothing tells when
        wire = await open_wire(host, port, limits.connect_s)
        try:
            greeting = await _read_greeting(wire, limits)
        except BaseException:
            await wire.close(0)
            raise
        if greeting:
            return wire, greeting
        await wire.close(limits.close_s)
    raise NodeBusyError(
        f"All places of the node at {address(host, port)} are taken ({limits.busy_tries} tries).",
        hint="Close other sessions with it, or wait for its idle time-out (soctout).",
        address=address(host, port),
    )


async def _read_greeting(wire: Wire, limits: Limits) -> Greeting | None:
    """The node's prompt, or None when it says that it is busy."""
    parser = GreetingParser()
    deadline = time.monotonic() + limits.greeting_s
    while True:
        data = await wire.read(max(0.0, deadline - time.monotonic()))
        try:
            parser.feed(data)
        except CodecError as error:
            raise _no_node(wire, parser) from error
        if parser.busy:
            return None
        if parser.greeting:
            return parser.greeting
        if not data:
            raise _no_node(wire, parser) if parser.received else _no_prompt(wire, limits)


def _no_node(wire: Wire, parser: GreetingParser) -> BadReplyError:
    received = preview(parser.received)
    return BadReplyError(
        f"What answers at {wire.address} is no micrOS node: it sent {received!r} where a prompt was expected.",
        hint="Check address and port.",
        address=wire.address,
        received=received,
    )


def _no_prompt(wire: Wire, limits: Limits) -> NodeUnreachableError:
    happened = "closes it" if wire.closed else f"sends no prompt within {limits.greeting_s:g} s"
    return NodeUnreachableError(
        f"{wire.address} accepts the connection but {happened}.",
        hint="The node may hang or restart: wait, or press its reset button.",
        address=wire.address,
    )
