"""The toolkit's error tree. Every error carries an exit code, facts and a hint that says what to try.

Foreign errors (pyserial's, esptool's, OSError) are turned into these at the transport and tool boundary, so that each
front end needs one place to show them.
"""

from typing import ClassVar


class ToolkitError(Exception):
    """Base of all errors the user may see. `facts` are plain values (device, step, file) for logs and `--json`."""

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, hint: str = "", **facts: object) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.facts = facts

    @property
    def type(self) -> str:
        """The error's stable name, as it stands in `--json` output."""
        return type(self).__name__

    def __str__(self) -> str:
        return f"{self.message} {self.hint}" if self.hint else self.message


class UsageError(ToolkitError):
    """The call itself is wrong: an unknown option, a missing answer, a bad value."""

    exit_code = 2


class BuildError(ToolkitError):
    """Device code does not compile, or the precompiled files do not match their manifest."""

    exit_code = 4


class InstallError(ToolkitError):
    """What is on the board after a deploy is not what was sent."""

    exit_code = 5


class ConfigError(ToolkitError):
    """A node configuration is not valid."""

    exit_code = 6


class PortError(ToolkitError):
    """A serial port cannot be opened or stopped answering."""

    exit_code = 10


class PortMissingError(PortError):
    """There is no such port."""


class PortBusyError(PortError):
    """Another program holds the port."""


class BoardError(ToolkitError):
    """The board does not answer, or is not the board it was said to be."""

    exit_code = 11


class BoardRestartedError(BoardError):
    """The board restarted in the middle of its work (a watchdog, or its button); its REPL is there again."""


class FirmwareError(ToolkitError):
    """A firmware file is damaged, incomplete, missing, or made for another chip."""

    exit_code = 12


class ImageError(ToolkitError):
    """A file-system image cannot be built: it does not fit, or has an impossible geometry."""

    exit_code = 13


class ToolError(ToolkitError):
    """An outside program (esptool, mpy-cross) is missing or failed."""

    exit_code = 14


class DataFileError(ToolkitError):
    """One of the user's data files is damaged, or was written by a newer toolkit."""

    exit_code = 15


class SimulatorError(ToolkitError):
    """A virtual board cannot be started or does what it should not."""

    exit_code = 16


class CodecError(ToolkitError):
    """Received or read bytes do not follow their format."""

    exit_code = 17


class NodeError(ToolkitError):
    """A node on the network does not do what was asked."""

    exit_code = 20


class NodeUnknownError(NodeError):
    """No node of that name, uid or address is known."""


class NodeUnreachableError(NodeError):
    """The node does not answer."""


class NodeBusyError(NodeError):
    """All places for shell connections are taken."""


class NodeLockedError(NodeError):
    """The node wants a password, and none or a wrong one was given."""


class UpdateError(NodeError):
    """An update over the air was refused, could not be finished, or was rolled back by the node."""

    exit_code = 21


class SiteAwayError(NodeError):
    """The site that reaches the node is away, and its jobs were not done by their deadline."""


class BadReplyError(NodeError):
    """Something answers that is not the expected micrOS node."""


class BrokerError(ToolkitError):
    """The broker between this machine and the sites cannot be reached, or what came from there is refused."""

    exit_code = 22


class CancelledByUser(ToolkitError):
    """The user stopped the work (Ctrl-C or Cancel)."""

    exit_code = 130
