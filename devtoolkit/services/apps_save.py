"""What an app has found as files: `<App>-<node>-<time>.csv`, `.png`, and what the app itself wants to keep."""

import csv
import io
import re
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from devtoolkit.errors import DataFileError
from devtoolkit.services import plot_png
from devtoolkit.services.apps_types import AppResult, Check, Figure, PlotData

_NOT_IN_NAMES = re.compile(r"[^\w.-]+")


def save(result: AppResult, more: Sequence[tuple[str, bytes]], folder: Path) -> tuple[str, ...]:
    """Write the files; their paths. Nothing found, nothing written. Pictures of plots need Pillow (the extra `plots`).

    Raises DataFileError.
    """
    files = [*_tables(result), *_pictures(result), *more]
    if not files:
        return ()
    stem = _NOT_IN_NAMES.sub("_", f"{result.app}-{result.node}-{time.strftime('%Y%m%d-%H%M%S')}")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        stem = _free(folder, stem)
        paths = [folder / f"{stem}{'' if ending.startswith('.') else '-'}{ending}" for ending, _ in files]
        for path, (_, data) in zip(paths, files, strict=True):
            path.write_bytes(data)
    except OSError as error:
        raise DataFileError(f"{folder}: {error.strerror}.", hint="Name another folder with --save.") from error
    return tuple(str(path) for path in paths)


def _free(folder: Path, stem: str) -> str:
    """A name nobody has yet: two runs may end in the same second."""
    number, name = 1, stem
    while any(folder.glob(f"{name}[.-]*")):
        number += 1
        name = f"{stem}_{number}"
    return name


def _tables(result: AppResult) -> list[tuple[str, bytes]]:
    files = [(ending, plot_csv(plot)) for ending, plot in _named(result.plots, ".csv")]
    if result.checks:
        files.append(("checks.csv", _csv(["name", "state", "text", "seconds"], map(_check_row, result.checks))))
    if result.figures:
        files.append(("figures.csv", _csv(["name", "value", "unit"], map(_figure_row, result.figures))))
    return files


def _pictures(result: AppResult) -> list[tuple[str, bytes]]:
    if not plot_png.possible():
        return []
    return [(ending, plot_png.draw(plot)) for ending, plot in _named(result.plots, ".png") if plot.rows]


def _named(plots: Sequence[PlotData], ending: str) -> list[tuple[str, PlotData]]:
    """The ends of the names: one plot needs no number."""
    if len(plots) == 1:
        return [(ending, plots[0])]
    return [(f"{number}{ending}", plot) for number, plot in enumerate(plots, 1)]


def plot_csv(plot: PlotData) -> bytes:
    """A plot as a table, with a head of names and units."""
    return _csv([plot.x.label, *(series.label for series in plot.series)], plot.rows)


def _check_row(check: Check) -> tuple[object, ...]:
    return check.name, check.state, check.text, check.seconds


def _figure_row(figure: Figure) -> tuple[object, ...]:
    return figure.name, figure.value, figure.unit


def _csv(head: Sequence[str], rows: Iterable[Iterable[object]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(head)
    writer.writerows(["" if value is None else value for value in row] for row in rows)
    return text.getvalue().encode("utf-8")
