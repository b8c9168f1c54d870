"""Profiles: what a node is for, as a partial configuration with commands to try; `devtoolkit/profiles/<name>.json`.

To add one, add the file and `<name>.examples.txt` beside it. Keys with null are the user's to fill in.
"""

import json
from dataclasses import dataclass
from pathlib import Path

from devtoolkit.errors import UsageError
from devtoolkit.model.node_config import Value
from devtoolkit.services.config_archive import ConfigArchive

FOLDER = Path(__file__).resolve().parents[1] / "profiles"
_EXAMPLES = ".examples.txt"


@dataclass(frozen=True, slots=True)
class Profile:
    """`values` as they go into a node's configuration; `asked` are the keys that have no value yet."""

    name: str
    file: Path
    values: dict[str, Value]
    asked: tuple[str, ...]
    examples: str


@dataclass(frozen=True, slots=True)
class ArchivedConfig:
    """A configuration that was kept; `name` is the node's."""

    name: str
    file: Path


def profiles(folder: Path = FOLDER) -> tuple[Profile, ...]:
    """All profiles, the default one first."""
    found = [_load(file) for file in sorted(folder.glob("*.json"))]
    return tuple(sorted(found, key=lambda profile: profile.name != "default"))


def chosen_config(text: str) -> Path:
    """The file that `--config` means: a profile by its name, else a file.

    Raises UsageError for a word that is neither.
    """
    known = {profile.name: profile.file for profile in profiles()}
    if text in known:
        return known[text]
    file = Path(text).expanduser()
    if not file.exists() and file.name == text and not file.suffix:
        raise UsageError(
            f"There is no profile and no file {text!r}.",
            hint=f"Profiles: {', '.join(known)}; or name a JSON file.",
        )
    return file


def archived() -> tuple[ArchivedConfig, ...]:
    """The kept configurations, by name."""
    folder, suffix = ConfigArchive().folder, "-node_config.json"
    files = sorted(folder.glob(f"*{suffix}"), key=lambda file: file.name.lower())
    return tuple(ArchivedConfig(file.name.removesuffix(suffix), file) for file in files)


def _load(file: Path) -> Profile:
    table = json.loads(file.read_text(encoding="utf-8"))
    examples = file.with_name(file.stem + _EXAMPLES).read_text(encoding="utf-8")
    values = {key: value for key, value in table.items() if value is not None}
    return Profile(file.stem, file, values, tuple(key for key, value in table.items() if value is None), examples)
