"""Plots as pictures, with Pillow (the extra `plots`)."""

import importlib.util
import io
import math
from typing import TYPE_CHECKING

from devtoolkit.services.apps_types import PlotData

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw

SIZE = (960, 480)
_LEFT, _TOP, _RIGHT, _BOTTOM = 70, 56, 20, 48  # margins
_INK, _GRID = (60, 60, 60), (222, 222, 222)
COLOURS = ((31, 119, 180), (214, 39, 40), (44, 160, 44), (255, 127, 14), (148, 103, 189), (23, 190, 207))
_TICKS = 6

Range = tuple[float, float]


def possible() -> bool:
    """Whether Pillow is installed."""
    return importlib.util.find_spec("PIL") is not None


def draw(plot: PlotData) -> bytes:
    """The plot as PNG; every series with its own colour, all on one scale."""
    from PIL import Image, ImageDraw

    image = Image.new("RGB", SIZE, "white")
    pen = ImageDraw.Draw(image)
    columns = [plot.column(number) for number in range(len(plot.series))]
    across = _range([x for xs, _ in columns for x in xs])
    up = _range([y for _, ys in columns for y in ys])
    _axes(pen, plot, across, up)
    for number, (xs, ys) in enumerate(columns):
        points = [place(x, y, across, up) for x, y in zip(xs, ys, strict=True)]
        colour = COLOURS[number % len(COLOURS)]
        if len(points) > 1:
            pen.line(points, fill=colour, width=2)
        for x, y in points if len(points) <= 100 else ():
            pen.ellipse((x - 3, y - 3, x + 3, y + 3), fill=colour)
    _legend(pen, plot)
    data = io.BytesIO()
    image.save(data, "PNG")
    return data.getvalue()


def place(x: float, y: float, across: Range, up: Range) -> tuple[float, float]:
    """Where a point of these ranges lies in the picture."""
    wide, high = SIZE[0] - _LEFT - _RIGHT, SIZE[1] - _TOP - _BOTTOM
    return (
        _LEFT + wide * (x - across[0]) / (across[1] - across[0]),
        _TOP + high * (1 - (y - up[0]) / (up[1] - up[0])),
    )


def _range(values: list[float]) -> Range:
    """From the lowest to the highest value with a little room; never empty."""
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    room = (high - low) * 0.05 or abs(high) * 0.05 or 1.0
    return low - room, high + room


def _steps(low: float, high: float) -> list[float]:
    """Round numbers between."""
    rough = (high - low) / _TICKS
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * nice for nice in (1, 2, 5, 10) if power * nice >= rough)
    return [step * number for number in range(math.ceil(low / step), math.floor(high / step) + 1)]


def _axes(pen: "ImageDraw", plot: PlotData, across: Range, up: Range) -> None:
    right, bottom = SIZE[0] - _RIGHT, SIZE[1] - _BOTTOM
    for value in _steps(*across):
        x, _ = place(value, up[0], across, up)
        pen.line((x, _TOP, x, bottom), fill=_GRID)
        pen.text((x, bottom + 6), f"{value:g}", fill=_INK, anchor="mt")
    for value in _steps(*up):
        _, y = place(across[0], value, across, up)
        pen.line((_LEFT, y, right, y), fill=_GRID)
        pen.text((_LEFT - 8, y), f"{value:g}", fill=_INK, anchor="rm")
    pen.rectangle((_LEFT, _TOP, right, bottom), outline=_INK)
    pen.text((SIZE[0] / 2, SIZE[1] - 8), plot.x.label, fill=_INK, anchor="mb")
    pen.text((_LEFT, 10), plot.title, fill=_INK)


def _legend(pen: "ImageDraw", plot: PlotData) -> None:
    x = float(_LEFT)
    for number, series in enumerate(plot.series):
        pen.rectangle((x, 34, x + 12, 46), fill=COLOURS[number % len(COLOURS)])
        pen.text((x + 18, 40), series.label, fill=_INK, anchor="lm")
        x += 40 + pen.textlength(series.label)
