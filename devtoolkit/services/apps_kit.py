"""What a dashboard app is written with.

    from devtoolkit.services.apps_kit import open_dashboard

    def app(devfid=None, pwd=None, *, samples: int = 20, pause_s: float = 3.0):
        '''Temperature of a BME280.'''
        with open_dashboard(devfid, pwd) as board:
            plot = board.plot("Air", ("temp", "°C"))
            for _ in board.every(pause_s, samples):
                plot.add(board.json("bme280 measure")["temp[C]"])

Keyword parameters with a default can be set by whoever starts the app. Nothing is printed here: what an app says, plots
and measures goes to whoever runs it (`services.apps.run`), and nowhere when `app()` is called by itself.
"""

import contextvars
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from devtoolkit import paths
from devtoolkit.errors import CancelledByUser, NodeError
from devtoolkit.model.device import Device
from devtoolkit.services import secrets
from devtoolkit.services.apps_session import NodeSession
from devtoolkit.services.apps_types import (
    AppEvent,
    Check,
    Checked,
    Figure,
    Measured,
    PictureShown,
    PlotData,
    PlotOpened,
    PointAdded,
    Row,
    Said,
    Series,
)
from devtoolkit.services.cache import DeviceCache
from devtoolkit.services.shell import AskPassword, Visit

SIMULATOR = "__simulator__"
_FAILURES = ("Core error:", "[ERROR]", "Shell: for hints")  # what a reply begins with that is no result


def _nobody(event: AppEvent) -> None:
    """Nobody listens."""


@dataclass(slots=True)
class AppContext:
    """What whoever runs an app gives it: listener, means to stop it, cache, a way to ask for a password, a folder."""

    listen: Callable[[AppEvent], None] = _nobody
    stop: threading.Event = field(default_factory=threading.Event)
    cache: DeviceCache | None = None
    ask: AskPassword | None = None
    files: list[tuple[str, bytes]] = field(default_factory=list)  # (end of the name, content), saved at the end
    device: Device | None = None  # set when the node has answered


CURRENT: contextvars.ContextVar[AppContext | None] = contextvars.ContextVar("app_context", default=None)


class Plot:
    """A plot that grows while the app runs. Get it from `Dashboard.plot`."""

    def __init__(self, board: "Dashboard", number: int, data: PlotData) -> None:
        self._board = board
        self._number = number
        self._began = time.monotonic()
        self.data = data
        board.tell(PlotOpened(number, data))

    def add(self, *values: float | None, x: float | None = None) -> None:
        """A value for each series (None: none this time); `x` is the seconds since the plot began unless given."""
        if len(values) != len(self.data.series):
            raise ValueError(f"{len(self.data.series)} values wanted, not {len(values)}")
        row: Row = (round(time.monotonic() - self._began, 3) if x is None else x, *values)
        self.data = replace(self.data, rows=(*self.data.rows, row))
        self._board.tell(PointAdded(self._number, row))


class Dashboard:
    """One app and its node. Get it with `open_dashboard`. Commands raise NodeError when the node does not do them."""

    def __init__(self, context: AppContext, session: NodeSession, password: str | None) -> None:
        self._context = context
        self.session = session
        self._password = password
        self._plots = 0
        self._pictures = 0

    # --- the node

    @property
    def device(self) -> Device:
        """The node as it answered."""
        return self.session.device

    @property
    def password(self) -> str | None:
        """The node's password as far as it is known, for its web server."""
        return self._password if self._password is not None else secrets.password_of(self.device.uid)

    def ask(self, command: str) -> tuple[str, ...]:
        """Lines of the reply, whatever it says."""
        self._check_stop()
        return self.session.ask(command).lines

    def call(self, command: str) -> str:
        """The reply of a load module's function as text. Raises NodeError when it failed."""
        text = "\n".join(self.ask(command)).strip()
        if text.startswith(_FAILURES):
            raise NodeError(
                f"{self.device.fuid}: {command}: {text.splitlines()[0]}",
                hint="Is the module on the node, and its hardware connected?",
                node=self.device.fuid,
                command=command,
            )
        return text

    def json(self, command: str) -> Any:
        """The result of a load module's function as a value. Raises NodeError when it failed, or gave none."""
        text = self.call(f"{command} >json")
        try:
            return json.loads(text)
        except ValueError:
            raise NodeError(
                f"{self.device.fuid}: {command}: no value: {text[:80]}",
                hint="Does this function answer to >json?",
                node=self.device.fuid,
            ) from None

    def active_tasks(self) -> tuple[str, ...]:
        """Tags of the tasks that run on the node."""
        return tuple(self.json("task list")["active"])

    # --- time

    def pause(self, seconds: float) -> None:
        """Wait. Raises CancelledByUser when the app is to end."""
        self._context.stop.wait(seconds)
        self._check_stop()

    def every(self, seconds: float, times: int) -> Iterator[int]:
        """0, 1 ... times - 1, each `seconds` after the one before, or at once when that took longer."""
        began = time.monotonic()
        for number in range(times):
            self.pause(max(0.0, began + number * seconds - time.monotonic()))
            yield number

    def until(self, reached: Callable[[], object], seconds: float, step_s: float = 0.1) -> bool:
        """Ask again and again until it is true; False after `seconds`."""
        end = time.monotonic() + seconds
        while not reached():
            if time.monotonic() > end:
                return False
            self.pause(step_s)
        return True

    def _check_stop(self) -> None:
        if self._context.stop.is_set():
            raise CancelledByUser("The app was stopped.")

    # --- results

    def tell(self, event: AppEvent) -> None:
        """Hand an event to whoever runs the app."""
        self._context.listen(event)

    def say(self, text: str) -> None:
        """A line for people."""
        self.tell(Said(text))

    def plot(self, title: str, *series: tuple[str, str] | str, x: tuple[str, str] = ("time", "s")) -> Plot:
        """A new plot; a series is (name, unit), or a name."""
        self._plots += 1
        lines = tuple(Series(one) if isinstance(one, str) else Series(*one) for one in series)
        return Plot(self, self._plots, PlotData(title, Series(*x), lines))

    def figure(self, name: str, value: float | int | str, unit: str = "") -> None:
        """A result with a name."""
        self.tell(Measured(Figure(name, value, unit)))

    def check(self, check: Check) -> None:
        """The result of one check."""
        self.tell(Checked(check))

    def picture(self, data: bytes) -> None:
        """A JPEG to be shown and saved."""
        self._pictures += 1
        self.tell(PictureShown(self._pictures, data))
        self.save(f"{self._pictures:03d}.jpg", data)

    def save(self, ending: str, data: bytes) -> None:
        """A file to be kept with the results; its name is that of the run and `ending`."""
        self._context.files.append((ending, data))


@contextmanager
def open_dashboard(devfid: str | None = None, pwd: str | None = None) -> Iterator[Dashboard]:
    """A session with the node (name, uid or address; None: the simulated node `__simulator__`)."""
    context = CURRENT.get() or AppContext()
    cache = context.cache or DeviceCache(paths.device_cache())
    with NodeSession(Visit(devfid or SIMULATOR, cache, password=pwd, ask=context.ask)) as session:
        context.device = session.device
        yield Dashboard(context, session, pwd)
