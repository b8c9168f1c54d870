"""Pins."""

import neopixel  # planted: driver_on_import
from microIO import physical_pin


def load_n_init():  # planted: pins_not_told
    """Opens a pin whose name is misspelt."""
    return neopixel.NeoPixel(physical_pin("buzer"), 1)  # planted: misspelt_pin
