"""The languages of the window: one JSON file each, English text -> text. What a table lacks stays English."""

import json
from pathlib import Path

from devtoolkit.gui import text
from devtoolkit.gui.qt import QLocale

SYSTEM, ENGLISH = "system", "en"
_FOLDER = Path(__file__).parent
_NAME = "_name"  # the language's own name for itself; no text of the window


def names() -> dict[str, str]:
    """Code -> the language's own name, English first."""
    found = {file.stem: str(_read(file.stem).get(_NAME, file.stem)) for file in sorted(_FOLDER.glob("*.json"))}
    return {ENGLISH: "English", **found}


def table(code: str) -> dict[str, str]:
    """The translations of a language; empty for English and for one that is not there."""
    return {key: value for key, value in _read(code).items() if key != _NAME}


def use(setting: str) -> str:
    """Show the window in this language (a code, or `system`), from now on; the code that was taken."""
    code = QLocale.system().name().partition("_")[0] if setting == SYSTEM else setting
    text.use(table(code))
    return code


def _read(code: str) -> dict[str, str]:
    file = _FOLDER / f"{code}.json"
    if not code.isalpha() or not file.is_file():
        return {}
    stored: dict[str, str] = json.loads(file.read_text(encoding="utf-8"))
    return stored
