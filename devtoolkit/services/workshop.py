"""Many boards at once: each gets its own name and password; one that fails stops no other.

At the end there is a report (JSON, CSV) and a sheet of labels. All of it lies in `workshops/<time>/` below the user's
data; the labels hold passwords, so that folder is for its owner only.
"""

import csv
import io
import json
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from devtoolkit import paths
from devtoolkit.errors import CancelledByUser, InstallError, ToolkitError, UsageError
from devtoolkit.pipelines.base import Cancel, Event
from devtoolkit.services import labels, secrets
from devtoolkit.services.bulk import Failure, failure_of
from devtoolkit.services.class_list import Seat
from devtoolkit.services.deploy import Deployer, DeployReport, DeployRequest
from devtoolkit.services.usb_files import write_local

SeatListener = Callable[[str, Event], None]  # the board's port, and what its pipeline says
BOARD = "board"  # the step of the event that says how it went with the whole board
_COLUMNS = ("port", "name", "title", "state", "uid", "mac", "address", "seconds", "error")


@dataclass(frozen=True, slots=True)
class BoardResult:
    """One board: who it is for (`title`), what was done, or why not (`failure`)."""

    port: str
    name: str
    title: str
    seconds: float
    report: DeployReport | None
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class WorkshopReport:
    """All boards in the order of their ports. `left` are names of the class list that no board got."""

    boards: tuple[BoardResult, ...]
    left: tuple[str, ...]
    seconds: float
    folder: str
    report: str
    table: str
    labels: str

    @property
    def error(self) -> ToolkitError | None:
        """Set when a board failed: then the command has not worked."""
        failed = [board for board in self.boards if board.failure]
        if not failed:
            return None
        return InstallError(
            f"{len(failed)} of {len(self.boards)} boards failed: {', '.join(board.port for board in failed)}.",
            hint="Run the same command again with these ports; the others are done.",
            failed=[board.port for board in failed],
        )


MakeResult = DeployReport | WorkshopReport


@dataclass(slots=True)
class Workshop:
    """Puts micrOS on several boards. `seats` says which board gets which name; `template` holds all else.

    `earlier` are boards that an earlier run has finished: they stand in the report and on the sheet of labels too.
    """

    template: DeployRequest
    seats: Sequence[Seat]
    listener: SeatListener
    cancel: Cancel
    interfaces: tuple[str, ...] | None = None
    left: tuple[str, ...] = ()
    earlier: tuple[BoardResult, ...] = ()

    def make(self) -> WorkshopReport:
        """Raises CancelledByUser when stopped, UsageError for a port named twice; what fails on a board is reported."""
        ports = [seat.port for seat in self.seats]
        twice = sorted({port for port in ports if ports.count(port) > 1})
        if twice:
            raise UsageError(f"The port {twice[0]} is named twice.", hint="Name each board once.")
        started = time.monotonic()
        with ThreadPoolExecutor(len(self.seats), "board") as pool:
            running = [pool.submit(self._one, seat) for seat in self.seats]
            try:
                results = tuple(job.result() for job in running)
            except KeyboardInterrupt:
                self.cancel.set()
                raise CancelledByUser(
                    "Stopped by the user.", hint="Run the same command again: it starts over and repairs the boards."
                ) from None
        return self._written((*self.earlier, *results), round(time.monotonic() - started, 3))

    def _one(self, seat: Seat) -> BoardResult:
        started = time.monotonic()
        report, failure = None, None

        def listen(event: Event) -> None:
            self.listener(seat.port, event)

        request = replace(self.template, port=seat.port, name=seat.name)
        try:
            report = Deployer(request, listen, self.cancel, self.interfaces).make()
            listen(Event("done", BOARD, "Done"))
        except ToolkitError as error:
            failure = failure_of(error)
            listen(Event("failed", BOARD, "Failed", note=error.message))
        return BoardResult(seat.port, seat.name, seat.title, round(time.monotonic() - started, 3), report, failure)

    def _written(self, boards: tuple[BoardResult, ...], seconds: float) -> WorkshopReport:
        folder = _new_folder()
        files = {name: folder / name for name in ("report.json", "report.csv", "labels.html")}
        write_local(files["labels.html"], labels.sheet(_labels(boards)).encode())
        write_local(files["report.csv"], _table(boards).encode())
        paths_of = tuple(str(files[name]) for name in ("report.json", "report.csv", "labels.html"))
        report = WorkshopReport(boards, self.left, seconds, str(folder), *paths_of)
        write_local(files["report.json"], (json.dumps({"schema": 1, **asdict(report)}, indent=1) + "\n").encode())
        return report


def _labels(boards: Sequence[BoardResult]) -> list[labels.Label]:
    """Labels of the boards that are done."""
    return [
        labels.Label(
            title=board.title,
            name=board.report.name,
            uid=board.report.uid,
            address=f"{board.report.name}.local",
            ip=board.report.device.ip if board.report.device else "",
            password=secrets.password_of(board.report.uid) or "",
        )
        for board in boards
        if board.report
    ]


def _table(boards: Sequence[BoardResult]) -> str:
    """One line per board, with the separator that spreadsheets of every language take when they are asked."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for one in boards:
        report, failure = one.report, one.failure
        device = report.device if report else None
        writer.writerow(
            (
                one.port,
                one.name,
                one.title,
                "failed" if failure else "done",
                report.uid if report else "",
                report.mac if report else "",
                f"{device.ip}:{device.port}" if device else "",
                one.seconds,
                failure.message if failure else "",
            )
        )
    return text.getvalue()


def _new_folder() -> Path:
    home = paths.user_data() / "workshops"
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder = home / time.strftime("%Y%m%d-%H%M%S")
    while folder.exists():  # two within one second
        folder = folder.with_name(folder.name + "a")
    folder.mkdir(mode=0o700)
    return folder
