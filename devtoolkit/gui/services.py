"""What the window asks of the toolkit, in one place: plain calls into the services, imported when first needed.

Tests put a fake in its place. Everything here may block, so the window calls it in jobs. An area is a file in `seam`.
"""

from devtoolkit.gui.seam.apps import Apps
from devtoolkit.gui.seam.backups import Backups
from devtoolkit.gui.seam.configs import Configs
from devtoolkit.gui.seam.files import Files
from devtoolkit.gui.seam.fleet import Fleet
from devtoolkit.gui.seam.gateway import Gateways
from devtoolkit.gui.seam.monitor import Monitor
from devtoolkit.gui.seam.nodes import Nodes
from devtoolkit.gui.seam.pins import Pins
from devtoolkit.gui.seam.shells import Shells
from devtoolkit.gui.seam.sites import Sites
from devtoolkit.gui.seam.updates import Updates
from devtoolkit.gui.seam.usb import Usb
from devtoolkit.gui.seam.virtual import Virtual
from devtoolkit.gui.seam.wifi import Wifi
from devtoolkit.gui.seam.workshop import Workshops


class Services(
    Apps, Backups, Configs, Files, Fleet, Gateways, Monitor, Nodes, Pins, Shells, Sites, Updates, Usb, Virtual, Wifi,
    Workshops,
):  # fmt: skip
    """The real services."""
