"""`--erase`: empty the board's flash."""

from devtoolkit.cli._options import Option
from devtoolkit.cli._usb import usb_command

COMMAND = usb_command(
    Option("--erase", "erase the whole flash", short="-e"),
    110,
    "Everything on the {board} at {port} will be erased. Go ahead?",
    lambda deployer: deployer.erase(),
)
