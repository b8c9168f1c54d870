"""How a board with its pins is drawn: SVG with nothing from elsewhere, for browsers, READMEs and Qt's small SVG.

A meaning is always a colour and a sign and a word. Widths of texts are those of the widest usual font.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from itertools import zip_longest
from typing import Literal

Palette = Literal["light", "dark"]
Tone = Literal["note", "used", "warn", "bad"]
Side = Literal[-1, 1]  # to the left, to the right

WIDTH, COMPACT_WIDTH = 1120, 780
_MARGIN = 24
_BOARD = 216  # width of the board
_PAD, _PAD_HIGH = 46, 20
_LINE = 17  # height of a line of words
_ROW = 28  # of a pin with one line
_GAP = 6
_SIZE, _CHAR = 12.0, 7.25  # size of the font, width of a letter (DejaVu Sans)
_FONTS = "Segoe UI, Helvetica Neue, DejaVu Sans, Arial, sans-serif"  # without quotes: Qt takes those as part of a name
COLOURS: dict[Palette, dict[str, str]] = {
    "light": {
        "back": "#ffffff", "board": "#e9f1ef", "pad": "#ffffff", "edge": "#7b8894", "text": "#14202b",
        "soft": "#51606d", "note": "#51606d", "used": "#0f766e", "warn": "#8a4b00", "bad": "#b3261e", "on": "#ffffff",
    },
    "dark": {
        "back": "#171e24", "board": "#12302d", "pad": "#0e1317", "edge": "#72808d", "text": "#e6ebf0",
        "soft": "#9fadba", "note": "#9fadba", "used": "#2dd4bf", "warn": "#fbbf24", "bad": "#ff8a80", "on": "#06201d",
    },
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Mark:
    """`sign` and `word` stand beside the pin, `means` in the legend."""

    sign: str
    word: str
    tone: Tone
    means: str

    @property
    def label(self) -> str:
        """Sign and word, as the legend has them."""
        return f"{self.sign} {self.word}"


@dataclass(frozen=True, slots=True)
class Pin:
    """`text` is printed on it. `words`: logical names, or who uses it."""

    text: str
    gpio: int | None = None
    marks: tuple[Mark, ...] = ()
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Picture:
    """`others`: pins of interest that are on no header. `logical`: the order is not that of a board."""

    title: str
    note: str
    chip: str
    left: tuple[Pin, ...]
    right: tuple[Pin, ...]
    others: tuple[Pin, ...]
    usb: str = ""
    logical: bool = False


def svg(picture: Picture, palette: Palette, scale: float = 1.0, *, compact: bool = False) -> str:
    """The whole document. `compact`: narrower, with signs beside the pins and their words only in the legend."""
    return _Sheet(picture, COLOURS[palette], COMPACT_WIDTH if compact else WIDTH, compact).document(scale)


def said(pin: Pin) -> str:
    """A pin in words; empty when there is nothing to say."""
    if pin.gpio is None or not (pin.marks or pin.words):
        return ""
    facts = [*(mark.word for mark in pin.marks), *pin.words]
    return f"GPIO {pin.gpio}: {', '.join(facts)}".replace("\u00a0", " ")


class _Sheet:
    """Collects the parts from top to bottom."""

    def __init__(self, picture: Picture, ink: dict[str, str], width: int, compact: bool) -> None:
        self._picture, self._ink, self._width, self._compact = picture, ink, width, compact
        self._parts: list[str] = []

    def document(self, scale: float) -> str:
        picture = self._picture
        self._text(_MARGIN, 38, picture.title, self._ink["text"], size=22, bold=True)
        y = 60.0
        for line in _wrapped(picture.note.split(), int((self._width - 2 * _MARGIN) / (_CHAR - 0.5))):
            self._text(_MARGIN, y, line, self._ink["soft"])
            y += 16
        y = self._headers(y + 16)
        if picture.others:
            y = self._others(y + 34)
        high = round(self._legend(y + 32) + 10)
        return self._wrap(high, scale)

    def _wrap(self, high: int, scale: float) -> str:
        told = "; ".join(line for pin in self._pins if (line := said(pin)))
        ink, width = self._ink, self._width
        first = (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width * scale:g}" height="{high * scale:g}"'
            f' viewBox="0 0 {width} {high}" role="img" font-family="{_FONTS}" font-size="{_SIZE:g}">'
        )
        title = f"<title>{escape(self._picture.title)}: pins</title>"
        back = f'<rect width="{width}" height="{high}" rx="10" fill="{ink["back"]}"/>'
        return "\n".join((first, title, f"<desc>{escape(told)}</desc>", back, *self._parts, "</svg>\n"))

    @property
    def _pins(self) -> tuple[Pin, ...]:
        return (*self._picture.left, *self._picture.right, *self._picture.others)

    # --- the parts; each gives the y below it

    def _headers(self, top: float) -> float:
        """The board with both rows of pins."""
        rows, y = [], top + 20
        for left, right in zip_longest(self._picture.left, self._picture.right):
            high = max(self._height(pin) for pin in (left, right) if pin)
            rows.append((left, right, y + high / 2))
            y += high
        self._board(top, y + 20)
        for left, right, middle in rows:
            if left:
                self._pin(left, middle, -1)
            if right:
                self._pin(right, middle, 1)
        return y + 20

    def _board(self, top: float, bottom: float) -> None:
        picture, ink, middle = self._picture, self._ink, self._width / 2
        dash = ' stroke-dasharray="7 5"' if picture.logical else ""
        self._box(middle - _BOARD / 2, top, _BOARD, bottom - top, 12, ink["board"], ink["edge"], f" {dash}".rstrip())
        if picture.usb:
            y = top - 6 if picture.usb == "top" else bottom - 24
            self._box(middle - 28, y, 56, 30, 5, ink["pad"], ink["edge"])
            self._text(middle, y + 19, "USB", ink["text"], anchor="middle")
        centre = (top + bottom) / 2
        self._text(middle, centre - 2, picture.chip, ink["text"], anchor="middle", size=14, bold=True)
        if picture.logical:
            self._text(middle, centre + 18, "by GPIO number", ink["soft"], anchor="middle")

    def _pin(self, pin: Pin, middle: float, side: Side) -> None:
        """One pin: its pad on the board, marks beside it, words outside."""
        edge = (self._width + _BOARD * side) / 2
        self._pad(pin, edge - _PAD - 6 if side > 0 else edge + 6, middle)
        if pin.gpio is not None:
            self._parts.append(
                f'<line x1="{edge:g}" y1="{middle:g}" x2="{edge + 12 * side:g}" y2="{middle:g}"'
                f' stroke="{self._ink["edge"]}"/>'
            )
            self._beside(pin, edge + 16 * side, middle, side)

    def _pad(self, pin: Pin, x: float, middle: float) -> None:
        ink, tone = self._ink, _tone(pin)
        solid = "bad" if tone == "bad" and pin.words else next((m.tone for m in pin.marks if m.tone == "used"), "")
        fill = ink[solid or "pad"]
        colour = ink["on"] if solid else ink["text"] if pin.gpio is not None else ink["soft"]
        edge = ink[tone] if tone else ink["edge"]
        self._box(x, middle - _PAD_HIGH / 2, _PAD, _PAD_HIGH, 5, fill, edge, ' stroke-width="1.6"' if tone else "")
        size = _SIZE if len(pin.text) < 6 else 10
        self._text(x + _PAD / 2, middle + 4, pin.text, colour, anchor="middle", size=size, bold=pin.gpio is not None)

    def _beside(self, pin: Pin, x: float, middle: float, side: Side) -> None:
        """Marks and words, from `x` outwards."""
        for mark in pin.marks:
            wide, colour = self._wide(mark), self._ink[mark.tone]
            self._box(x if side > 0 else x - wide, middle - 9, wide, 18, 9, "none", colour)
            self._text(x + wide / 2 * side, middle + 4, self._label(mark), colour, anchor="middle")
            x += (wide + _GAP) * side
        lines = self._lines(pin)
        for at, line in enumerate(lines):
            y = middle + 4 + (at - (len(lines) - 1) / 2) * _LINE
            self._text(x + 2 * side, y, line, self._ink["text"], anchor="start" if side > 0 else "end")

    def _others(self, y: float) -> float:
        self._text(_MARGIN, y, "Not on a pin header", self._ink["text"], size=14, bold=True)
        y += 12
        pins = self._picture.others
        for at in range(0, len(pins), 2):
            pair = pins[at : at + 2]
            high = max(self._height(pin) for pin in pair)
            for column, pin in enumerate(pair):
                x = _MARGIN + column * self._width / 2
                self._pad(pin, x, y + high / 2)
                self._beside(pin, x + _PAD + 8, y + high / 2, 1)
            y += high
        return y

    def _legend(self, y: float) -> float:
        for mark in dict.fromkeys(mark for pin in self._pins for mark in pin.marks):
            self._text(_MARGIN, y, mark.label, self._ink[mark.tone], bold=True)
            self._text(_MARGIN + 120, y, mark.means, self._ink["soft"])
            y += 18
        return y

    # --- measures

    def _label(self, mark: Mark) -> str:
        return mark.sign if self._compact else mark.label

    def _wide(self, mark: Mark) -> float:
        return len(self._label(mark)) * _CHAR + 12

    def _lines(self, pin: Pin) -> list[str]:
        """The words beside a pin, in lines that fit."""
        taken = sum(self._wide(mark) + _GAP for mark in pin.marks)
        most = int(((self._width - _BOARD) / 2 - 18 - _MARGIN / 2 - taken) / (_CHAR - 0.4))
        words = [f"{word}," for word in pin.words[:-1]]
        return _wrapped([*words, *pin.words[-1:]], max(12, most))

    def _height(self, pin: Pin) -> float:
        return _ROW + _LINE * max(0, len(self._lines(pin)) - 1)

    # --- SVG

    def _box(
        self, x: float, y: float, wide: float, high: float, radius: int, fill: str, edge: str, more: str = ""
    ) -> None:
        self._parts.append(
            f'<rect x="{x:g}" y="{y:g}" width="{wide:g}" height="{high:g}" rx="{radius}" fill="{fill}"'
            f' stroke="{edge}"{more}/>'
        )

    def _text(
        self, x: float, y: float, text: str, colour: str, *, anchor: str = "", size: float = _SIZE, bold: bool = False
    ) -> None:
        more = f' text-anchor="{anchor}"' if anchor else ""
        more += f' font-size="{size:g}"' if size != _SIZE else ""
        more += ' font-weight="bold"' if bold else ""
        self._parts.append(f'<text x="{x:g}" y="{y:g}" fill="{colour}"{more}>{escape(text)}</text>')


def _tone(pin: Pin) -> str:
    """The colour of its pad: the worst of its marks."""
    tones = {mark.tone for mark in pin.marks}
    return next((tone for tone in ("bad", "warn", "used") if tone in tones), "")


def _wrapped(words: Sequence[str], most: int) -> list[str]:
    """Lines of at most so many letters; a longer word has its own."""
    lines: list[str] = []
    for word in words:
        if lines and len(lines[-1]) + 1 + len(word) <= most:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines
