"""`--install`: put micrOS on a board that has MicroPython."""

from devtoolkit.cli._options import Option
from devtoolkit.cli._usb import usb_command

COMMAND = usb_command(
    Option("--install", "write micrOS only, boot and check", short="-i"),
    130,
    "All files on the {board} at {port} will be replaced by micrOS. Go ahead?",
    lambda deployer: deployer.install(),
)
