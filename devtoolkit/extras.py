"""Optional packages: what an extra of the distribution holds, and the command that installs it.

The distribution's name on the public index is somebody else's, so the packages are named one by one.
"""

import re
from importlib.metadata import PackageNotFoundError, requires

DISTRIBUTION = "micrOSDevToolKit"


def packages(extra: str) -> tuple[str, ...]:
    """The requirements of `extra` as pip takes them; empty when the metadata is not there or knows no such extra."""
    try:
        found = requires(DISTRIBUTION) or []
    except PackageNotFoundError:
        return ()
    marked = (line.partition(";") for line in found)
    return tuple(what.strip() for what, _, marker in marked if re.search(rf"extra == ['\"]{extra}['\"]", marker))


def command(extra: str) -> str:
    """The shell command that installs what `extra` needs."""
    names = packages(extra)
    wanted = " ".join(f"'{name}'" for name in names) if names else f"'.[{extra}]'"
    return f"python -m pip install {wanted}"
