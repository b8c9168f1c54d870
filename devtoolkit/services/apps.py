"""Dashboard apps: which there are, and running one. For the command line, the Apps panel and Python.

result = apps.run("AirQualityBME280", "kitchen", settings={"samples": "5"}, on_event=print)
"""

import io
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import cast

from devtoolkit import paths
from devtoolkit.errors import CancelledByUser, ToolkitError, UsageError
from devtoolkit.services import apps_find, apps_save
from devtoolkit.services.apps_kit import CURRENT, AppContext
from devtoolkit.services.apps_types import (
    AppEvent,
    AppInfo,
    AppList,
    AppResult,
    Check,
    Checked,
    Figure,
    Measured,
    Parameter,
    PlotData,
    PlotOpened,
    PointAdded,
    Row,
    Said,
)
from devtoolkit.services.cache import DeviceCache
from devtoolkit.services.shell import AskPassword

Value = bool | int | float | str | None
_FORMS = {"bool": "True or False.", "int": "A whole number.", "float": "A number.", "str": "A text."}


def available() -> AppList:
    """All apps, the bundled and the user's own."""
    return AppList(apps_find.available(), str(apps_find.user_folder()))


def run(
    name: str,
    devfid: str | None = None,
    pwd: str | None = None,
    *,
    settings: Mapping[str, object] | None = None,
    cache: DeviceCache | None = None,
    on_event: Callable[[AppEvent], None] | None = None,
    stop: threading.Event | None = None,
    ask: AskPassword | None = None,
    folder: Path | None = None,
) -> AppResult:
    """Run an app on a node (None: the simulated one) to its end; blocking, for a worker thread in a window.

    `settings` are values for the app's parameters, typed or as text. `on_event` is called from this thread. `stop` (and
    Ctrl-C) ends the app early; what it has found by then is the result all the same. Results are saved in `folder`, by
    default `app_results` in the user's data. Raises UsageError, NodeError, and ToolkitError when the app itself fails.
    """
    info = apps_find.find(name)
    values = typed(info, settings or {})
    record = _Record(on_event)
    context = AppContext(record.take, stop or threading.Event(), cache, ask)
    keep = folder or paths.user_data() / "app_results"
    began = time.monotonic()
    stopped = False
    try:
        with _current(context), _printed(info, record):
            returned = apps_find.load(info)(devfid=devfid, pwd=pwd, **values)
        if isinstance(returned, str | int | float):
            record.take(Measured(Figure("result", returned)))
    except (CancelledByUser, KeyboardInterrupt):
        stopped = True
    except ToolkitError as error:
        error.facts["files"] = list(_saved(record.result(info, devfid, context, began), context, keep))
        raise
    except Exception as error:
        raise _failure(info, error) from error
    result = replace(record.result(info, devfid, context, began), stopped=stopped)
    return replace(result, files=_saved(result, context, keep))


def _saved(result: AppResult, context: AppContext, folder: Path) -> tuple[str, ...]:
    return apps_save.save(result, context.files, folder)


def typed(info: AppInfo, settings: Mapping[str, object]) -> dict[str, Value]:
    """The settings as the app's parameters want them. Raises UsageError for one that is unknown or does not fit."""
    known = {parameter.name: parameter for parameter in info.parameters}
    for name in settings:
        if name not in known:
            has = f"It has {', '.join(known)}." if known else "It has none."
            raise UsageError(f"{info.name} has no parameter {name}.", hint=has)
    return {name: _value(info, known[name], value) for name, value in settings.items()}


def _value(info: AppInfo, parameter: Parameter, value: object) -> Value:
    if not isinstance(value, str):
        return cast(Value, value)
    if parameter.optional and value == "None":
        return None
    try:
        if parameter.type == "bool":
            return {"true": True, "false": False}[value.lower()]
        return int(value) if parameter.type == "int" else float(value) if parameter.type == "float" else value
    except (KeyError, ValueError):
        raise UsageError(
            f"{info.name}: {parameter.name}={value}: {parameter.type} wanted.", hint=_FORMS[parameter.type]
        ) from None


class _Record:
    """Keeps what happens, and hands it on."""

    def __init__(self, on_event: Callable[[AppEvent], None] | None) -> None:
        self._on_event = on_event
        self.telling = False  # who listens is at work
        self._lines: list[str] = []
        self._figures: list[Figure] = []
        self._checks: list[Check] = []
        self._plots: dict[int, PlotData] = {}
        self._rows: dict[int, list[Row]] = {}

    def take(self, event: AppEvent) -> None:
        match event:
            case Said(text):
                self._lines.append(text)
            case Measured(figure):
                self._figures.append(figure)
            case Checked(check):
                self._checks.append(check)
            case PlotOpened(number, plot):
                self._plots[number] = plot
                self._rows[number] = []
            case PointAdded(number, row):
                self._rows[number].append(row)
        if self._on_event:
            outer, self.telling = self.telling, True
            try:
                self._on_event(event)
            finally:
                self.telling = outer

    def result(self, info: AppInfo, devfid: str | None, context: AppContext, began: float) -> AppResult:
        """What there is by now."""
        device = context.device
        plots = (replace(plot, rows=tuple(self._rows[number])) for number, plot in self._plots.items())
        return AppResult(
            info.name,
            device.fuid if device else devfid or "",
            device.uid if device else "",
            device.ip if device else "",
            round(time.monotonic() - began, 3),
            tuple(self._lines),
            tuple(self._figures),
            tuple(self._checks),
            tuple(plots),
        )


@contextmanager
def _current(context: AppContext) -> Iterator[None]:
    token = CURRENT.set(context)
    try:
        yield
    finally:
        CURRENT.reset(token)


class _Printed(io.TextIOBase):
    """Stands for stdout: lines that the app's own thread prints become its lines, all else passes."""

    def __init__(self, record: _Record, other: io.TextIOBase) -> None:
        self._record = record
        self._other = other
        self._thread = threading.get_ident()
        self._begun = ""

    def write(self, text: str) -> int:
        if self._record.telling or threading.get_ident() != self._thread:
            return self._other.write(text)
        *lines, self._begun = (self._begun + text).split("\n")
        for line in lines:
            self._record.take(Said(line))
        return len(text)

    def flush(self) -> None:
        self._other.flush()

    def end(self) -> None:
        """A last line without its end."""
        if self._begun:
            self.write("\n")


@contextmanager
def _printed(info: AppInfo, record: _Record) -> Iterator[None]:
    """A user's app may print; with `--json` stdout is not for that, and in a window there is none."""
    if info.source == "bundled":
        yield
        return
    before = sys.stdout
    mine = _Printed(record, cast(io.TextIOBase, before))
    sys.stdout = mine
    try:
        yield
        mine.end()
    finally:
        if sys.stdout is mine:
            sys.stdout = before


def _failure(info: AppInfo, error: Exception) -> ToolkitError:
    """An error of the app's own: what, and the last line of its file that was on the way."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == info.path]
    where = f" (line {frames[-1].lineno})" if frames else ""
    return ToolkitError(
        f"The app {info.name} failed: {type(error).__name__}: {error}{where}.", hint=f"See {info.path}.", app=info.name
    )
