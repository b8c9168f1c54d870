"""Icons by meaning, from qtawesome's fonts, in a colour of the theme; each is drawn when it is first asked for."""

import functools

from devtoolkit.gui.qt import QIcon, QPixmap

_NAMES = {
    "usb": "mdi6.usb-port",
    "node": "mdi6.wifi",
    "virtual": "mdi6.cube-outline",
    "search": "mdi6.magnify",
    "add": "mdi6.plus",
    "doctor": "mdi6.stethoscope",
    "settings": "mdi6.cog-outline",
    "stop": "mdi6.stop",
    "close": "mdi6.close",
    "details": "mdi6.text-box-outline",
    "copy": "mdi6.content-copy",
    "reveal": "mdi6.eye-outline",
    "hide": "mdi6.eye-off-outline",
    "qr": "mdi6.qrcode",
    "done": "mdi6.check-circle-outline",
    "failed": "mdi6.alert-circle-outline",
    "cancelled": "mdi6.minus-circle-outline",
    "running": "mdi6.progress-clock",
    "drop": "mdi6.tray-arrow-down",
    "undo": "mdi6.undo",
    "refresh": "mdi6.refresh",
    "clean": "mdi6.broom",
    "warning": "mdi6.alert-outline",
}


@functools.cache
def icon(name: str, colour: str) -> QIcon:
    """By meaning (`usb`, `stop` ...) or by the font's own name (`mdi6.chip`)."""
    import qtawesome  # late: loads its font tables

    made: QIcon = qtawesome.icon(_NAMES.get(name, name), color=colour)
    return made


@functools.cache
def picture(name: str, colour: str, side: int) -> QPixmap:
    """The icon as a square picture, for painting."""
    return icon(name, colour).pixmap(side, side)
