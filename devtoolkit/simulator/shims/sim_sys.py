"""`sys` with the platform of the simulated chip; everything else is the VM's own object."""

from sys import *  # noqa: F403

platform = "esp32"
