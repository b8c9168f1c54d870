"""`--deploy`: write MicroPython, without micrOS."""

from devtoolkit.cli._options import Option
from devtoolkit.cli._usb import usb_command

COMMAND = usb_command(
    Option("--deploy", "write MicroPython only", short="-d"),
    120,
    "MicroPython on the {board} at {port} will be replaced. Go ahead?",
    lambda deployer: deployer.deploy(),
)
