"""Who answers at an address: one `hello` in one short session."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from devtoolkit.codecs.shell import parse_hello
from devtoolkit.errors import BadReplyError, CodecError, NodeBusyError, NodeError, NodeLockedError
from devtoolkit.model.device import Device, Status
from devtoolkit.transports.tcp_shell import DEFAULT_LIMITS, Limits, TcpShell

# A presence check: a node in the same network that needs longer counts as not there now.
HELLO_LIMITS = replace(
    DEFAULT_LIMITS, connect_s=1.5, greeting_s=3.0, first_byte_s=3.0, stall_s=1.0, reply_s=5.0, busy_tries=2
)

Ask = Callable[[str, int, Limits], Awaitable[Device]]  # as `ask_hello`, for programs with sessions of their own


async def ask_hello(ip: str, port: int, limits: Limits = HELLO_LIMITS) -> Device:
    """The node at this address, with the time its answer took. Works without a password.

    Raises NodeUnreachableError, NodeBusyError or BadReplyError.
    """
    async with TcpShell.connect(ip, port, limits=limits) as shell:
        return await identify(shell, ip, port)


async def identify(shell: TcpShell, ip: str, port: int) -> Device:
    """Ask an open session who it is. Raises as `TcpShell.command`, and BadReplyError for an answer that is none."""
    lines = await shell.command("hello")
    try:
        hello = parse_hello(lines)
    except CodecError as error:
        raise BadReplyError(
            f"What answers at {ip}:{port} does not know hello.", hint="Is it a micrOS node?", **error.facts
        ) from error
    return Device(hello.uid, hello.fuid, ip, port, "ONLINE", latency_s=shell.latency_s)


def status_of(error: NodeError) -> Status:
    """What an error says about the node."""
    if isinstance(error, NodeLockedError):
        return "LOCKED"
    if isinstance(error, NodeBusyError):
        return "BUSY"
    return "BAD_REPLY" if isinstance(error, BadReplyError) else "OFFLINE"
