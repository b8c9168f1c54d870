"""What the commands that work across sites share."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from devtoolkit.cli._app import Session
from devtoolkit.errors import UsageError

if TYPE_CHECKING:
    from devtoolkit.services.sites.operations import Fleet


@contextmanager
def fleet(session: Session) -> "Iterator[Fleet]":
    """This machine and the sites behind --broker. Raises UsageError, DataFileError and ToolError."""
    from devtoolkit.services.sites import broker
    from devtoolkit.services.sites.operations import connect

    args = session.args
    with connect(broker.load(args.broker), deadline_s=_seconds(args.deadline), on_note=session.console.note) as across:
        yield across


def _seconds(text: str | None) -> float | None:
    """A job cannot wait longer than its result is kept."""
    from devtoolkit.services.sites.celery_app import RESULTS_S

    if text is None:
        return None
    if not text.isdigit() or not 1 <= int(text) <= RESULTS_S:
        raise UsageError(f"--deadline {text}: not possible.", hint=f"Give seconds, 1 to {RESULTS_S}.")
    return float(text)
