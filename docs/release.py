"""The page of a release, and the proof that everything which names the version agrees.

Run by `python3 dev.py release` (writes the page of the version in the source, and its function manual) and by
`python3 dev.py release --check` (changes nothing; exit code 1 and one line for each thing that does not agree).
"""

import hashlib
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import devtoolkit
from devtoolkit import paths
from devtoolkit.boards.loader import load_boards
from devtoolkit.model.version import Version
from devtoolkit.services.devtools import manual

ROOT = Path(__file__).resolve().parents[1]
PAGES = ROOT / "docs" / "releases"
_HEAP = 111_232  # bytes: the fixed heap of an ESP32 without PSRAM; the mission's table has 53,280 bytes as 47.9 %
_SECTION = re.compile(r"^## (?P<title>.+?)\n(?P<text>.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)


def source_version() -> Version:
    """The one constant that all else follows."""
    text = (paths.micros_source() / "core" / "Shell.py").read_text(encoding="utf-8")
    found = re.search(r'MICROS_VERSION = "(.+?)"', text)
    if not found:
        raise ValueError("core/Shell.py names no MICROS_VERSION")
    return Version.parse(found[1])


def news(version: Version) -> str | None:
    """The changelog's section of this version, without its heading."""
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    sections = {match["title"].split()[0]: match["text"] for match in _SECTION.finditer(text)}
    found = sections.get(str(version))
    return found.strip() if found else None


def memory() -> int:
    """Bytes that `system memory_usage` gives after boot with the default configuration, on a plain ESP32 (estimate)."""
    text = (ROOT / "docs" / "memory.md").read_text(encoding="utf-8")
    found = re.search(r"\| \*\*`system memory_usage` after boot, estimate\*\* \| ([\d,]+) \|", text)
    if not found:
        raise ValueError("docs/memory.md names no estimate of `system memory_usage`")
    return int(found[1].replace(",", ""))


def page(version: Version) -> str:
    """The release page."""
    used = memory()
    boards = [f"| `{one.id}` | {one.title} | {one.chip} |" for one in load_boards()]
    folder = ROOT / "devtoolkit" / "profiles"
    profiles = [f"`{path.stem}`" for path in sorted(folder.glob("*.json"))]
    return "\n".join(
        [
            f"# micrOS {version}",
            "",
            f"Made by `python3 dev.py release`. Tag `v{version}`, package `{devtoolkit.__version__}`.",
            "",
            "## Core memory",
            "",
            f"{used:,} bytes, {used / _HEAP:.1%} of a plain ESP32's {_HEAP:,}: what `system memory_usage` gives after",
            "boot with the default configuration. Estimated from the 32-bit build of MicroPython, as",
            "[memory](../memory.md) tells; not yet read from a board.",
            "",
            "## Devices",
            "",
            "| `--board` | is | chip |",
            "|---|---|---|",
            *boards,
            "",
            "## Profiles",
            "",
            ", ".join(profiles),
            "",
            "## Load modules",
            "",
            f"{len(manual.make().modules)}, for phone clients in",
            f"[{_manual_name(version)}]({_manual_name(version)}), and as [a page](../reference/functions.md).",
            "",
            "## What is new",
            "",
            (news(version) or "").replace("\n### ", "\n#### ").replace("### ", "#### ", 1),
            "",
        ]
    )


def _manual_name(version: Version) -> str:
    return f"sfuncman_{version}.json"


def texts(version: Version) -> dict[str, str]:
    """File name -> content, of the folder of releases."""
    return {f"{version}.md": page(version), _manual_name(version): manual.as_json(manual.make())}


def problems() -> Iterator[str]:
    """What does not agree, one line each."""
    version = source_version()
    manifest = json.loads((paths.precompiled() / "manifest.json").read_text(encoding="utf-8"))
    pep440 = f"{version.major}.{version.minor}.{version.patch}.post{version.build}"
    if devtoolkit.__version__ != pep440:
        yield f"devtoolkit.__version__ is {devtoolkit.__version__}, not {pep440}."
    if manifest["micros_version"] != str(version):
        yield f"precompiled/ is of {manifest['micros_version']}, not {version}: python3 dev.py build"
    yield from _stale_files(manifest)
    if news(version) is None:
        yield f"CHANGELOG.md has no section {version}."
    for name, text in texts(version).items():
        path = PAGES / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            yield f"docs/releases/{name} is missing or old: python3 dev.py release"
    yield from _newer_tags(version)


def _stale_files(manifest: dict[str, Any]) -> Iterator[str]:
    for entry in manifest["files"]:
        path = paths.precompiled() / entry["path"]
        if not path.exists() or hashlib.sha256(path.read_bytes()).hexdigest() != entry["sha256"]:
            yield f"precompiled/{entry['path']} is not what the manifest says: python3 dev.py build"


def _newer_tags(version: Version) -> Iterator[str]:
    done = subprocess.run(("git", "tag", "--list", "v*"), cwd=ROOT, capture_output=True, text=True, check=False)
    for tag in done.stdout.split():
        try:
            known = Version.parse(tag[1:])
        except ValueError:
            continue
        if known > version:
            yield f"{tag} is tagged already: {version} would go back."


def main() -> int:
    if "--check" in sys.argv[1:]:
        found = list(problems())
        for line in found:
            print(line, file=sys.stderr)
        print(f"{source_version()}: {'not ready' if found else 'everything agrees'}")
        return 1 if found else 0
    version = source_version()
    PAGES.mkdir(exist_ok=True)
    for name, text in texts(version).items():
        (PAGES / name).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
