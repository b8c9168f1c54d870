"""One style for the drawings of the documentation: boxes, arrows and words as SVG, legible on light and dark pages.

The background is drawn, so the colours hold whatever the page's are. A text that does not fit its box is an error here,
not a cut word for the reader.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Literal

Tone = Literal["plain", "host", "node", "file", "good", "bad"]
Point = tuple[float, float]

_FILL: dict[Tone, tuple[str, str]] = {  # inside, border
    "plain": ("#ffffff", "#8a94a6"),
    "host": ("#e3edfb", "#2f6fbf"),
    "node": ("#e2f3e8", "#2c8a52"),
    "file": ("#fdf3d8", "#b07d12"),
    "good": ("#d3efdd", "#1f7a43"),
    "bad": ("#fbe1df", "#b8372c"),
}
_INK, _SOFT, _PAPER, _EDGE = "#1c2430", "#4d5a6d", "#f7f8fa", "#c9d0da"
_FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif"
_SIZE, _SMALL = 15, 13
_WIDE = 0.6  # of the size: how wide a letter of these fonts is at most on average
_LINE = 19


@dataclass
class Drawing:
    """A drawing in the making; `text()` is the finished document."""

    width: int
    height: int
    title: str
    told: str
    parts: list[str] = field(default_factory=list)

    def box(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        title: str,
        lines: Sequence[str] = (),
        tone: Tone = "plain",
    ) -> None:
        """A box with a title and lines below it, from its upper left corner. ValueError when words do not fit."""
        fill, border = _FILL[tone]
        self.parts.append(
            f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="8" fill="{fill}" stroke="{border}" '
            'stroke-width="1.5"/>'
        )
        high = _SIZE + _LINE * len(lines)
        top = y + (height - high) / 2 + _SIZE - 2
        if high > height - 6:
            raise ValueError(f"{self.title}: {title}: {len(lines)} lines do not fit")
        self._fits(title, width, _SIZE + 1)
        self.words(x + width / 2, top, title, bold=True)
        for number, line in enumerate(lines, 1):
            self._fits(line, width, _SMALL)
            self.words(x + width / 2, top + _LINE * number, line, small=True)

    def _fits(self, text: str, width: float, size: float) -> None:
        if len(text) * size * _WIDE > width - 6:
            raise ValueError(f"{self.title}: {text!r} does not fit into {width}")

    def words(
        self,
        x: float,
        y: float,
        text: str,
        *,
        bold: bool = False,
        small: bool = False,
        anchor: Literal["start", "middle", "end"] = "middle",
    ) -> None:
        """A line of text; `y` is its base line."""
        size, ink = (_SMALL, _SOFT) if small else (_SIZE, _INK)
        weight = ' font-weight="600"' if bold else ""
        self.parts.append(
            f'<text x="{x}" y="{y:g}" text-anchor="{anchor}" font-size="{size}" fill="{ink}"{weight}>'
            f"{escape(text)}</text>"
        )

    def arrow(
        self, *points: Point, label: str = "", at: Point | None = None, both: bool = False, dashed: bool = False
    ) -> None:
        """A line through the points with a head at its end (`both`: at its beginning too); the label stands at `at`."""
        path = " ".join(f"{x:g},{y:g}" for x, y in points)
        start = ' marker-start="url(#tail)"' if both else ""
        dash = ' stroke-dasharray="6 5"' if dashed else ""
        self.parts.append(
            f'<polyline points="{path}" fill="none" stroke="{_SOFT}" stroke-width="1.6" '
            f'marker-end="url(#head)"{start}{dash}/>'
        )
        if label:
            (ax, ay), (bx, by) = points[0], points[-1]
            x, y = at or ((ax + bx) / 2, (ay + by) / 2 - 7)
            self.words(x, y, label, small=True)

    def area(self, x: float, y: float, width: float, height: float, title: str) -> None:
        """A frame around several boxes, named in its upper left corner."""
        self.parts.append(
            f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="12" fill="none" stroke="{_EDGE}" '
            'stroke-width="1.5" stroke-dasharray="3 4"/>'
        )
        self.words(x + 14, y + 22, title, bold=True, anchor="start")

    def text(self) -> str:
        """The SVG document."""
        return "\n".join(
            [
                f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width} {self.height}" '
                f'width="{self.width}" height="{self.height}" font-family="{_FONT}" role="img">',
                f"<title>{escape(self.title)}</title>",
                f"<desc>{escape(self.told)}</desc>",
                "<defs>",
                *(
                    f'<marker id="{name}" viewBox="0 0 10 10" refX="{at}" refY="5" markerWidth="8" markerHeight="8" '
                    f'orient="auto"><path d="{shape}" fill="{_SOFT}"/></marker>'
                    for name, at, shape in (("head", 9, "M0,0 L10,5 L0,10 z"), ("tail", 1, "M10,0 L0,5 L10,10 z"))
                ),
                "</defs>",
                f'<rect x="0.5" y="0.5" width="{self.width - 1}" height="{self.height - 1}" rx="14" fill="{_PAPER}" '
                f'stroke="{_EDGE}"/>',
                *self.parts,
                "</svg>",
                "",
            ]
        )
