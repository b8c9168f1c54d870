"""`--make`: from an empty board to a node that answers."""

from devtoolkit.cli._options import Option
from devtoolkit.cli._usb import usb_command

COMMAND = usb_command(
    Option("--make", "detect, erase, write MicroPython and micrOS, boot and check", short="-m"),
    100,
    "Everything on the {board} at {port} will be erased, then micrOS is put on it. Go ahead?",
    lambda deployer: deployer.make(),
)
