"""Plots as text, for terminals: braille dots, or stars where an output has no such letters."""

from devtoolkit.services.apps_types import PlotData

_COLOURS = ("bright_blue", "bright_red", "bright_green", "bright_yellow", "bright_magenta", "bright_cyan")
_MARKS = "123456789"
_STARS = {0x2800 + dots: "*" if dots else " " for dots in range(256)}


def draw(plot: PlotData, width: int = 72, height: int = 12, *, colour: bool = False, braille: bool = True) -> str:
    """The plot and its legend as lines of at most about `width` + 12 columns; '' without a point."""
    import plotille  # late: only plots need it

    if not any(plot.column(number)[0] for number in range(len(plot.series))):
        return ""
    figure = plotille.Figure()
    figure.width, figure.height = max(20, width), max(4, height)
    figure.color_mode = "names"
    figure.with_colors = colour
    figure.x_label, figure.y_label = plot.x.label, ""
    figure.register_label_formatter(float, _label)
    figure.register_label_formatter(int, _label)
    for number in range(len(plot.series)):
        xs, ys = plot.column(number)
        if not xs:
            continue
        shade = _COLOURS[number % len(_COLOURS)] if colour else None
        (figure.plot if len(xs) > 1 else figure.scatter)(xs, ys, lc=shade)
        if len(plot.series) > 1:
            figure.text([xs[-1]], [ys[-1]], [_MARKS[number % len(_MARKS)]], lc=shade)
    picture = str(figure.show()).replace("()", "  ", 1)  # the label of the y axis, which is left out
    return "\n".join((plot.title, picture if braille else picture.translate(_STARS), *legend(plot)))


def legend(plot: PlotData) -> list[str]:
    """A line for each series: its mark in the plot, its name, its last, lowest and highest value."""
    lines = []
    for number, series in enumerate(plot.series):
        _, ys = plot.column(number)
        if ys:
            mark = f"{_MARKS[number % len(_MARKS)]} " if len(plot.series) > 1 else ""
            lines.append(f"{mark}{series.label}: {ys[-1]:g} ({min(ys):g} to {max(ys):g})")
    return lines


def _label(value: float, chars: int, delta: float, left: bool = False) -> str:  # noqa: ARG001 - plotille's signature
    text = f"{value:.4g}"
    return text.ljust(chars) if left else text.rjust(chars)
