"""Pin maps and what a chip's pins can do: the maps of the device source, and the facts of the data sheets."""

import ast
import functools
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

from devtoolkit.errors import DataFileError
from devtoolkit.model.board import Board
from devtoolkit.services.devtools import sources
from devtoolkit.services.devtools.sources import MAP_PREFIX, Source

FACTS = "chip_pins.toml"
_PIN_OF_MAP = re.compile(r"[a-z]\w*")


@dataclass(frozen=True, slots=True)
class ChipPins:
    """What a chip's data sheet says of its GPIO numbers. `source`: where it says so."""

    gpios: frozenset[int]
    strapping: frozenset[int]
    input_only: frozenset[int]
    adc: frozenset[int]  # analog inputs that work while Wi-Fi is on
    memory: frozenset[int]  # wired to flash or PSRAM
    usb: frozenset[int]
    console: frozenset[int]
    radio: frozenset[int]
    source: str


@dataclass(frozen=True, slots=True)
class PinFacts:
    """What `chip_pins.toml` says of chips, boards and modules."""

    chips: Mapping[str, ChipPins]
    boards: Mapping[str, frozenset[int]]  # further pins that belong to the memory of this board's module
    inputs: frozenset[str]  # logical names that only read
    pulled: frozenset[str]  # that need the chip's pull-up or pull-down
    analog: frozenset[str]
    fixed: Mapping[str, tuple[int, ...]]  # module -> GPIO numbers that its hardware takes, whatever the map says

    def chip(self, board: Board) -> ChipPins:
        """Those of the board's chip. Raises DataFileError for a chip that nobody entered."""
        if board.chip not in self.chips:
            raise DataFileError(f"{FACTS} has no chip {board.chip}.", hint="Enter its pins there.", chip=board.chip)
        return self.chips[board.chip]


@functools.cache
def facts() -> PinFacts:
    """Read once. Raises DataFileError."""
    text = resources.files("devtoolkit.services.devtools").joinpath(FACTS).read_text(encoding="utf-8")
    table = tomllib.loads(text)
    names = table["names"]
    return PinFacts(
        chips={chip: _chip(values) for chip, values in table["chips"].items()},
        boards={board: _numbers(values["memory"]) for board, values in table["boards"].items()},
        inputs=frozenset(names["inputs"]),
        pulled=frozenset(names["pulled"]),
        analog=frozenset(names["analog"]),
        fixed={module: tuple(numbers) for module, numbers in table["fixed"].items()},
    )


def _chip(values: dict[str, Any]) -> ChipPins:
    parts = ("gpios", "strapping", "input_only", "adc", "memory", "usb", "console", "radio")
    return ChipPins(**{part: _numbers(values[part]) for part in parts}, source=values["source"])


def _numbers(values: list[int | str]) -> frozenset[int]:
    """`[0, "26-32"]` as numbers."""
    found: set[int] = set()
    for value in values:
        first, _, last = str(value).partition("-")
        found |= set(range(int(first), int(last or first) + 1))
    return frozenset(found)


def maps(all_sources: tuple[Source, ...]) -> dict[str, dict[str, int]]:
    """Map name -> logical name -> GPIO. An inverted LED (negative) is its GPIO; pins that are code are left out."""
    return {
        one.name.removeprefix(MAP_PREFIX): _pins(one)
        for one in all_sources
        if one.kind == "pin_map" and one.name.startswith(MAP_PREFIX)
    }


def _pins(source: Source) -> dict[str, int]:
    found = {}
    for name, value in sources.constants(source.tree).items():
        try:
            number = ast.literal_eval(value)
        except ValueError:
            continue
        if _PIN_OF_MAP.fullmatch(name) and isinstance(number, int):
            found[name] = abs(number)
    return found


def known_names(all_sources: tuple[Source, ...]) -> frozenset[str]:
    """Every logical name of every map."""
    return frozenset(name for pins in maps(all_sources).values() for name in pins)
