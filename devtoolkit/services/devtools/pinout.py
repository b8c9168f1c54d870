"""The picture of a board with its pins: where they are, what they can and cannot do, who uses them; as SVG text.

The order of the pins is that of the board's maker (`board_pins.toml` says where it is published). Where it is unknown,
the pins stand by GPIO number, and the picture says so.
"""

import functools
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Literal

from devtoolkit.boards.loader import board as find_board
from devtoolkit.model.board import Board
from devtoolkit.services.devtools import pin_maps, pinout_picture, pins
from devtoolkit.services.devtools.pin_maps import ChipPins
from devtoolkit.services.devtools.pinout_picture import Mark, Palette, Picture, Pin
from devtoolkit.services.devtools.pins import PinFinding, PinReport, PinUse

DRAWINGS = "board_pins.toml"

STRAPPING = Mark("\u25b2", "strapping", "warn", "read when the chip starts; what is connected must not pull it then")
INPUT_ONLY = Mark("\u25c4", "input only", "note", "can read, but not drive anything")
ANALOG = Mark("~", "analog", "note", "analog input that works while Wi-Fi is on")
USB = Mark("\u2194", "USB", "note", "the board's USB; its serial port is gone while the pin is used")
CONSOLE = Mark(">", "console", "note", "the serial console over USB does not work while the pin is used")
MEMORY = Mark("\u00d7", "memory", "bad", "wired to flash or PSRAM; leave it alone")
RADIO = Mark("\u00d7", "Wi-Fi chip", "bad", "wired to the Wi-Fi chip; leave it alone")
IN_USE = Mark("\u25cf", "in use", "used", "a module or the system uses it")
FOUND: dict[str, Mark] = {
    "clash": Mark("!", "clash", "bad", "wanted twice; the second one is refused"),
    "unusable": Mark("\u00d7", "unusable", "bad", "cannot do what is wanted of it"),
    "caution": Mark("\u25b2", "caution", "warn", "works, if one minds what the pin check says"),
}


@dataclass(frozen=True, slots=True)
class Drawing:
    """Both rows of pins from top to bottom; a number is a GPIO. `source`: who publishes this order, empty: nobody."""

    left: tuple[int | str, ...]
    right: tuple[int | str, ...]
    of: str = ""
    usb: Literal["", "top", "bottom"] = ""
    source: str = ""


def of_board(board_id: str, *, palette: Palette = "light") -> str:
    """A board of the catalogue with the names of its pin map. Raises UsageError for an unknown board."""
    board = find_board(board_id)
    return draw(board, pins.map_of(board_id), palette=palette)


def of_check(
    board_id: str,
    modules: Sequence[str] = (),
    config: Mapping[str, object] | None = None,
    *,
    palette: Palette = "light",
    scale: float = 1.0,
    compact: bool = False,
) -> tuple[PinReport, str]:
    """The pin check (see `pins.check`) and its picture; with no module at all, that of the whole map."""
    report = pins.check(board_id, modules, config)
    named = bool(report.modules)
    pin_map = {} if named else pins.map_of(board_id, config)
    uses, findings = (report.uses, report.findings) if named else ((), ())
    svg = draw(find_board(board_id), pin_map, uses, findings, palette=palette, scale=scale, compact=compact)
    return report, svg


def source_of(board_id: str) -> str:
    """Where the order of the pins is published; empty where the picture goes by GPIO number."""
    known = _drawings().get(board_id)
    return known.source if known else ""


def draw(
    board: Board,
    pin_map: Mapping[str, int],
    uses: Sequence[PinUse] = (),
    findings: Sequence[PinFinding] = (),
    *,
    palette: Palette = "light",
    scale: float = 1.0,
    compact: bool = False,
) -> str:
    """The picture as SVG. `pin_map`: logical name -> GPIO. With `uses` only what is used is named, else all of it.

    `findings`: those of the pin check. It is 1120 pixels wide, `compact` 780; `scale` makes all of it larger. Raises
    DataFileError for a chip that nobody entered.
    """
    chip = pin_maps.facts().chip(board)
    drawing = drawing_of(board, chip)
    words = _words(pin_map, uses)
    levels = _levels(findings)
    marks = functools.partial(_marks, board=board, chip=chip, levels=levels, used=frozenset(words) if uses else ())

    def pin(place: int | str) -> Pin:
        if isinstance(place, str):
            return Pin(place)
        return Pin(str(place), place, marks(place), words.get(place, ()))

    there = {place for place in (*drawing.left, *drawing.right) if isinstance(place, int)}
    picture = Picture(
        board.title,
        _note(board, drawing),
        board.chip,
        tuple(map(pin, drawing.left)),
        tuple(map(pin, drawing.right)),
        tuple(pin(gpio) for gpio in sorted({*words, *levels} - there)),
        drawing.usb,
        logical=not drawing.source,
    )
    return pinout_picture.svg(picture, palette, scale, compact=compact)


def drawing_of(board: Board, chip: ChipPins) -> Drawing:
    """The maker's, else one by GPIO number, without the pins that belong to memory and radio."""
    known = _drawings().get(board.id)
    if known:
        return known
    free = sorted(chip.gpios - chip.memory - chip.radio - pin_maps.facts().boards.get(board.id, frozenset()))
    half = (len(free) + 1) // 2
    return Drawing(tuple(free[:half]), tuple(free[half:]))


def _words(pin_map: Mapping[str, int], uses: Sequence[PinUse]) -> dict[int, tuple[str, ...]]:
    """What is written beside each GPIO."""
    found: dict[int, list[str]] = {}
    for use in uses:
        if use.gpio is not None:
            owner = use.owner.replace(" ", "\u00a0")  # kept on one line
            found.setdefault(use.gpio, []).append(f"{use.name}\u00a0({owner})" if use.name else owner)
    for name, gpio in pin_map.items() if not uses else ():
        found.setdefault(gpio, []).append(name)
    return {gpio: tuple(dict.fromkeys(words)) for gpio, words in found.items()}


def _levels(findings: Sequence[PinFinding]) -> dict[int, str]:
    """The worst that was found of each GPIO."""
    found: dict[int, str] = {}
    for one in sorted(findings, key=lambda one: pins.RANK[one.level], reverse=True):
        if one.gpio is not None:
            found[one.gpio] = one.level
    return found


def _marks(
    gpio: int, *, board: Board, chip: ChipPins, levels: Mapping[int, str], used: Sequence[int] | frozenset[int]
) -> tuple[Mark, ...]:
    """What is to be known of a pin, worst first."""
    memory = chip.memory | pin_maps.facts().boards.get(board.id, frozenset())
    facts = [
        mark
        for mark, numbers in (
            (MEMORY, memory),
            (RADIO, chip.radio),
            (STRAPPING, chip.strapping),
            (USB, chip.usb if board.native_usb else frozenset()),
            (CONSOLE, frozenset() if board.native_usb else chip.console),
            (INPUT_ONLY, chip.input_only),
            (ANALOG, chip.adc - memory),
        )
        if gpio in numbers
    ]
    level = levels.get(gpio, "")
    if level == "caution" and any(mark in facts for mark in (STRAPPING, USB, CONSOLE)):
        level = ""  # the mark says what is to be minded
    if level:
        return (FOUND[level], *facts)
    return (IN_USE, *facts) if gpio in used else tuple(facts)


def _note(board: Board, drawing: Drawing) -> str:
    """The line below the title."""
    if not drawing.source:
        return f"Pin map {board.pin_map}. A logical layout by GPIO number, not the order of the pins on the board."
    other = f" Drawn as {drawing.of}; other boards with this chip have other places." if drawing.of else ""
    return f"Pin map {board.pin_map}.{other} Order of the pins: {drawing.source}."


@functools.cache
def _drawings() -> dict[str, Drawing]:
    text = resources.files("devtoolkit.services.devtools").joinpath(DRAWINGS).read_text(encoding="utf-8")
    return {
        board: Drawing(
            tuple(table["left"]), tuple(table["right"]), table.get("drawing", ""), table.get("usb", ""), table["source"]
        )
        for board, table in tomllib.loads(text).items()
    }
