"""Whether a window can be opened here, found out before Qt is asked, which would end the program by itself."""

import ctypes
import os
import sys
from pathlib import Path

from devtoolkit.errors import ToolError, ToolkitError

# What PyQt5's wheels expect of a Linux system, as library and as Debian's package.
LIBRARIES = {
    "libGL.so.1": "libgl1",
    "libEGL.so.1": "libegl1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-xinerama.so.0": "libxcb-xinerama0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
}
INSTEAD = "Without a window: devToolKit.py --help, for example devToolKit.py --make --board esp32 --port PORT."
_NO_DISPLAY_NEEDED = ("offscreen", "minimal", "vnc", "linuxfb", "eglfs")


def missing() -> ToolkitError | None:
    """Why no window can be opened, None when nothing speaks against it."""
    if not sys.platform.startswith("linux"):
        return _without_qt()
    platform = os.environ.get("QT_QPA_PLATFORM", "").partition(":")[0]
    if platform not in _NO_DISPLAY_NEEDED and not _display():
        return ToolError("There is no display to open the window on.", hint=f"Log in to a desktop. {INSTEAD}")
    packages = [package for library, package in LIBRARIES.items() if _needed(library, platform) and not loads(library)]
    if packages:
        names = " ".join(packages)
        return ToolError("The window needs system libraries.", hint=f"sudo apt-get install {names}. {INSTEAD}")
    return _without_qt()


def _without_qt() -> ToolkitError | None:
    try:
        import devtoolkit.gui.qt  # noqa: F401 - whether it can be loaded is the question
    except ImportError as error:
        return ToolError(f"PyQt5 cannot be loaded ({error}).", hint=f"pip install PyQt5 QtAwesome. {INSTEAD}")
    return None


def _display() -> bool:
    """An X or Wayland display that is there (a socket of the name, where it is a local one)."""
    if os.environ.get("WAYLAND_DISPLAY"):
        return True
    display = os.environ.get("DISPLAY", "")
    if display.startswith(":"):
        return Path(f"/tmp/.X11-unix/X{display[1:].partition('.')[0]}").exists()  # noqa: S108 - where X puts it
    return bool(display)


def _needed(library: str, platform: str) -> bool:
    return not library.startswith("libxcb") or platform not in _NO_DISPLAY_NEEDED


def loads(library: str) -> bool:
    """Whether the system has this library."""
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True
