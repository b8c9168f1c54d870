"""What a check of SysCheck is, and how one is run."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from devtoolkit.errors import NodeError, NodeUnreachableError
from devtoolkit.services.apps_kit import Dashboard
from devtoolkit.services.apps_types import Check, CheckState


@dataclass(slots=True)
class Subject:
    """The node under test. `web`: whether its web server must be there (None: when its configuration says so)."""

    board: Dashboard
    web: bool | None = None
    slow_ms: int = 500  # that a command may take on average; Wi-Fi power save alone makes up to 200
    alarms: int | None = None  # in the error log before the checks began; None: the node did not say
    last_alarm: str = ""
    silent: int = 0  # checks in a row that the node did not answer
    started: list[str] = field(default_factory=list)  # tags of tasks that checks have left in the node's list


class Problem(Exception):
    """A check that did not pass."""

    def __init__(self, text: str, state: CheckState = "FAIL") -> None:
        super().__init__(text)
        self.text = text
        self.state: CheckState = state


CheckFunction = Callable[[Subject], str]  # what was found; raises Problem


def fail_unless(good: object, text: str) -> None:
    """Raises Problem."""
    if not good:
        raise Problem(text)


def module_call(subject: Subject, command: str) -> str:
    """The reply of a module that a node may not have. Raises Problem (SKIP) without it."""
    text = "\n".join(subject.board.ask(command)).strip()
    if "no module named" in text.lower():
        raise Problem(f"the load module {command.split()[0]} is not on the node", "SKIP")
    return text


def run_check(name: str, function: CheckFunction, subject: Subject) -> Check:
    """Its result; a node that does not answer fails the check, whatever it is."""
    began = time.monotonic()
    state: CheckState = "PASS"
    if subject.silent > 1:
        return Check(name, "FAIL", "not tried: the node does not answer any more")
    try:
        text = function(subject)
        subject.silent = 0
    except Problem as problem:
        state, text = problem.state, problem.text
        subject.silent = 0
    except NodeError as error:
        state, text = "FAIL", error.message
        subject.silent = subject.silent + 1 if isinstance(error, NodeUnreachableError) else 0
    return Check(name, state, " ".join(text.split()), round(time.monotonic() - began, 3))
