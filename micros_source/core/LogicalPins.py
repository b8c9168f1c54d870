"""The former name of microIO's pin functions; load modules written for it import this."""

from microIO import get_pinmap, physical_pin, pinmap_dump, set_pinmap

__all__ = ("get_pinmap", "physical_pin", "pinmap_dump", "set_pinmap")
