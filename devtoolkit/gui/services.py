"""What the window asks of the toolkit, in one place: plain calls into the services, imported when first needed.

Tests put a fake in its place. Everything here may block, so the window calls it in jobs. An area is a file in `seam`.
"""

from devtoolkit.gui.seam.apps import Apps
from devtoolkit.gui.seam.configs import Configs
from devtoolkit.gui.seam.files import Files
from devtoolkit.gui.seam.nodes import Nodes
from devtoolkit.gui.seam.shells import Shells
from devtoolkit.gui.seam.updates import Updates
from devtoolkit.gui.seam.usb import Usb
from devtoolkit.gui.seam.virtual import Virtual


class Services(Apps, Configs, Files, Nodes, Shells, Updates, Usb, Virtual):
    """The real services."""
