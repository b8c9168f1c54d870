"""`sys` with the platform of the simulated chip; everything else is the VM's own object."""

from sys import *  # noqa: F403 - all of the real module, then ours
from sys import path  # noqa: F401  - an attribute that the star leaves out

platform = "esp32"
