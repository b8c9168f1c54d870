"""What happens while a dashboard app runs, and what is left when it has run."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from devtoolkit.errors import CancelledByUser, NodeError, ToolkitError

CheckState = Literal["PASS", "WARN", "FAIL", "SKIP"]
Row = tuple[float | None, ...]  # x, then a value for each series; None: none this time


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of an app besides device and password: its default, and what kind of value it takes."""

    name: str
    type: Literal["bool", "int", "float", "str"]
    default: bool | int | float | str | None
    optional: bool = False  # None is a value too


@dataclass(frozen=True, slots=True)
class AppInfo:
    """An app that can be run; `problem` says why it cannot, else it is empty."""

    name: str
    title: str  # the first line of its docstring
    source: Literal["bundled", "user"]
    path: str
    parameters: tuple[Parameter, ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True)
class AppList:
    """All apps by name, and the folder that takes the user's own."""

    apps: tuple[AppInfo, ...]
    user_folder: str


@dataclass(frozen=True, slots=True)
class Series:
    """One line of a plot."""

    name: str
    unit: str = ""

    @property
    def label(self) -> str:
        """Name and unit, as axes and tables show it."""
        return f"{self.name} [{self.unit}]" if self.unit else self.name


@dataclass(frozen=True, slots=True)
class PlotData:
    """A plot's values so far; each row is x and a value for each series."""

    title: str
    x: Series
    series: tuple[Series, ...]
    rows: tuple[Row, ...] = ()

    def column(self, number: int) -> tuple[list[float], list[float]]:
        """x and y of one series, without the rows that have no value for it."""
        pairs = [(row[0], row[number + 1]) for row in self.rows]
        known = [(x, y) for x, y in pairs if x is not None and y is not None]
        return [x for x, _ in known], [y for _, y in known]


@dataclass(frozen=True, slots=True)
class Figure:
    """A result with a name."""

    name: str
    value: float | int | str
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """One check of a node: what it found, and the seconds it took. SKIP does not count."""

    name: str
    state: CheckState
    text: str
    seconds: float = 0.0


# --- events, in the order in which they happen


@dataclass(frozen=True, slots=True)
class Said:
    """A line for people."""

    text: str


@dataclass(frozen=True, slots=True)
class PlotOpened:
    """A plot begins; points of the same `number` follow."""

    number: int
    plot: PlotData


@dataclass(frozen=True, slots=True)
class PointAdded:
    """A new row of a plot."""

    number: int
    row: Row


@dataclass(frozen=True, slots=True)
class PictureShown:
    """A picture has come (JPEG)."""

    number: int
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Checked:
    """A check is done."""

    check: Check


@dataclass(frozen=True, slots=True)
class Measured:
    """A figure is known."""

    figure: Figure


AppEvent = Said | PlotOpened | PointAdded | PictureShown | Checked | Measured


@dataclass(frozen=True, slots=True)
class AppResult:
    """What an app has found. `files` are the paths of what was saved; `stopped`: it was ended before its end."""

    app: str
    node: str
    uid: str
    ip: str
    seconds: float
    lines: tuple[str, ...] = ()
    figures: tuple[Figure, ...] = ()
    checks: tuple[Check, ...] = ()
    plots: tuple[PlotData, ...] = ()
    files: tuple[str, ...] = ()
    stopped: bool = False

    @property
    def pass_rate(self) -> float | None:
        """See the function `pass_rate`."""
        return pass_rate(self.checks)

    @property
    def error(self) -> ToolkitError | None:
        """Set when a check failed or the app was stopped: then the command has not worked."""
        failed = [check.name for check in self.checks if check.state == "FAIL"]
        if failed:
            return NodeError(
                f"{self.node}: {len(failed)} checks failed: {', '.join(failed)}.",
                hint="Each failed check says what it found.",
                checks=failed,
            )
        return CancelledByUser(f"{self.app} was stopped; what it had found is kept.") if self.stopped else None


ApplicationsResult = AppList | AppResult


def pass_rate(checks: Sequence[Check]) -> float | None:
    """Percent of the checks that found nothing worse than a warning; None without any."""
    counted = [check for check in checks if check.state != "SKIP"]
    return 100 * sum(check.state != "FAIL" for check in counted) / len(counted) if counted else None
