"""MicroPython for virtual boards: made on the spot, so that nothing has to be downloaded for them."""

from devtoolkit.simulator.board import RP2
from devtoolkit.simulator.firmware import virtual_firmware
from devtoolkit.simulator.rp2_firmware import virtual_rp2_firmware


def virtual_firmware_for(chip: str) -> bytes:
    """The firmware file for a virtual board with this chip: a combined .bin, or a UF2 file for an RP2."""
    return virtual_rp2_firmware() if chip == RP2 else virtual_firmware(chip)
