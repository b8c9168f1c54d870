"""What is asked of an update and what comes out of it: plain values that can be sent to another process."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from devtoolkit.errors import ToolkitError, UpdateError
from devtoolkit.model.device import Device
from devtoolkit.services.bulk import Failure
from devtoolkit.services.ota.plan import TRIAL_S, Mode
from devtoolkit.settings import WEBREPL_PORT
from devtoolkit.transports.tcp_greeting import DEFAULT_LIMITS, Limits
from devtoolkit.transports.webrepl import DEFAULT_WEBREPL_LIMITS, WebReplLimits

Outcome = Literal["updated", "trial", "unchanged", "planned", "rolled_back", "failed", "not_started"]


@dataclass(frozen=True, slots=True)
class OtaLimits:
    """How long to wait, in seconds."""

    shell: Limits = DEFAULT_LIMITS
    webrepl: WebReplLimits = DEFAULT_WEBREPL_LIMITS
    poll_s: float = 0.1  # the node looks for requests as often
    again_s: float = 0.15  # between two tries to reach a node that restarts or has lost its Wi-Fi
    gone_s: float = 180.0  # without any progress while files are sent: more than a router's restart
    busy_s: float = 20.0  # somebody else is connected with the node's WebREPL
    follow_s: float = 600.0  # apply and trial without any change: three boots of at most 120 s each, and the trial
    ask_every_s: float = 1.0  # during a trial
    word_s: float = 60.0  # one word of the node in update mode: it may hash all files
    soak_s: float = 10.0  # of a shell session without a break, before the toolkit confirms early


@dataclass(frozen=True, slots=True)
class UpdateRequest:
    """One node's update. `device` is who is meant; `files` are those of the mode "files".

    `source`: folder of a precompiled set, None for the bundled one. `confirm`: wait for the node's own verdict
    ("node"), confirm after the toolkit's checks ("toolkit"), or report as soon as the trial has begun ("none").
    `password`: None for the kept one. `only_older`: leave a node alone whose version is not older.
    """

    device: Device
    mode: Mode = "changed"
    files: tuple[Path, ...] = ()
    source: Path | None = None
    force: bool = False
    dry_run: bool = False
    only_older: bool = False
    trial_s: int = TRIAL_S
    confirm: Literal["node", "toolkit", "none"] = "node"
    password: str | None = field(default=None, repr=False)
    webrepl_port: int = WEBREPL_PORT
    limits: OtaLimits = OtaLimits()
    interfaces: tuple[str, ...] | None = None
    repair: bool = True  # look for a node that is not at its cached address


@dataclass(frozen=True, slots=True)
class NodeUpdate:
    """What an update did to one node. `reason`: why it was rolled back, or did not begin.

    `seconds` by step; that of "trial" is the wait for the confirmation.
    """

    device: Device
    outcome: Outcome
    confirmed: bool = False
    version_before: str = ""
    version: str = ""
    sent: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    bytes: int = 0
    unchanged: int = 0
    reason: str = ""
    notes: tuple[str, ...] = ()
    backup: str | None = None
    seconds: dict[str, float] = field(default_factory=dict)
    failure: Failure | None = None

    @property
    def good(self) -> bool:
        """Whether the node is as it should be (a trial counts: it judges itself)."""
        return self.outcome in ("updated", "trial", "unchanged", "planned")


@dataclass(frozen=True, slots=True)
class UpdateReport:
    """All nodes of an update, in the order they were given. `stopped`: why the rollout did not go on."""

    version: str
    nodes: tuple[NodeUpdate, ...]
    stopped: str = ""
    seconds: float = 0.0

    def counted(self, outcome: Outcome) -> int:
        """How many nodes had this outcome."""
        return sum(node.outcome == outcome for node in self.nodes)

    @property
    def error(self) -> ToolkitError | None:
        """Set when not every node was updated: then the command has not worked."""
        bad = [node for node in self.nodes if not node.good]
        if not bad:
            return None
        told = ", ".join(f"{node.device.fuid} ({_why(node)})" for node in bad)
        stopped = f" {self.stopped}" if self.stopped else ""
        return UpdateError(
            f"{len(bad)} of {len(self.nodes)} nodes were not updated: {told}.{stopped}",
            hint="They keep their old version, or go back to it; run it again when the reason is gone.",
            nodes=[node.device.fuid for node in bad],
        )


def _why(node: NodeUpdate) -> str:
    if node.failure:
        return node.failure.message.rstrip(".")
    return f"{node.outcome.replace('_', ' ')}: {node.reason}" if node.reason else node.outcome.replace("_", " ")
