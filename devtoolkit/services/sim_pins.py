"""The pin map that a virtual board's chip uses: logical name -> GPIO."""

import ast
import functools
from dataclasses import dataclass, field

from devtoolkit import paths
from devtoolkit.errors import BuildError
from devtoolkit.services.devtools import pin_maps, sources

_MAP_OF_CHIP = {"rp2040": "rp2"}  # elsewhere the map has the chip's name
_LED = "builtin"


@dataclass(frozen=True, slots=True)
class PinNames:
    """`gpio`: by logical name. `led_inverted`: the on-board LED shines at 0."""

    gpio: dict[str, int] = field(default_factory=dict)
    led_inverted: bool = False

    def names(self, gpio: int) -> tuple[str, ...]:
        """All names of this pin, in the map's order."""
        return tuple(name for name, number in self.gpio.items() if number == gpio)


@functools.cache
def pins_of(chip: str) -> PinNames:
    """Those of the chip's own map; none where this toolkit has no map for it."""
    file = paths.micros_source() / "pinmaps" / f"{sources.MAP_PREFIX}{_MAP_OF_CHIP.get(chip, chip)}.py"
    try:
        source = sources.read(file, "pin_map")
    except BuildError:
        return PinNames()
    (found,) = pin_maps.maps((source,)).values()
    return PinNames(found, _is_negative(source))


def _is_negative(source: sources.Source) -> bool:
    """An LED that shines at 0 stands as a negative number in the map."""
    value = sources.constants(source.tree).get(_LED)
    try:
        return isinstance(number := ast.literal_eval(value), int) and number < 0 if value is not None else False
    except ValueError:
        return False
