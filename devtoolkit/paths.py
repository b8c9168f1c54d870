"""Where things lie: the bundled data of the package, and the user's data folder.

In a checkout the bundled folders are the top-level ones and the user's data lies in `user_data/`. In an installed
package the bundled folders are inside it (`devtoolkit.bundle`, mapped by setup.py) and the user's data lies where the
system wants it (`platformdirs`). `MICROS_USER_DATA` wins over both.
"""

import os
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_ROOT = _PACKAGE.parent
_chosen_user_data: Path | None = None


def checkout() -> Path | None:
    """The checkout's root, or None for an installed package."""
    return _ROOT if (_ROOT / "micros_source").is_dir() and (_ROOT / "setup.py").is_file() else None


def _bundled(name: str) -> Path:
    root = checkout()
    return root / name if root else _PACKAGE / "bundle" / name


def micros_source() -> Path:
    """The device source: core/, modules/, pinmaps/, web/."""
    return _bundled("micros_source")


def precompiled() -> Path:
    """What is put on a device: .mpy and other files with manifest.json, written by the build."""
    return _bundled("precompiled")


def drivers() -> Path:
    """One TOML per USB-serial chip."""
    return _bundled("drivers")


def choose_user_data(folder: Path) -> None:
    """Use `folder` for the rest of this process (`--user-data DIR`)."""
    global _chosen_user_data
    _chosen_user_data = folder.expanduser().resolve()


def user_data() -> Path:
    """The user's data folder; it may not exist yet, who writes there creates it."""
    if _chosen_user_data:
        return _chosen_user_data
    named = os.environ.get("MICROS_USER_DATA")
    if named:
        return Path(named).expanduser().resolve()
    root = checkout()
    if root:
        return root / "user_data"
    import platformdirs  # late: only installed packages need it

    return Path(platformdirs.user_data_dir("micrOSDevToolKit", appauthor=False))


def simulator() -> Path:
    """State of the virtual boards, one folder each."""
    return user_data() / "simulator"


def firmware_store() -> Path:
    """Downloaded and imported MicroPython firmware."""
    return user_data() / "firmware"


def device_cache() -> Path:
    """The connection cache, in the original's format."""
    return user_data() / "device_conn_cache.json"
