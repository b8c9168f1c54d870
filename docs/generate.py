"""Writes the generated parts of the documentation: one JSON Schema per command under docs/reference/json/, and
the board catalogue as docs/reference/boards.md.

Run by `python3 dev.py docs`; a test compares what is in the repository with what this makes.
"""

import importlib
import json
from pathlib import Path
from typing import Any

import functions_page
from pydantic import TypeAdapter

from devtoolkit.boards.loader import load_boards
from devtoolkit.cli._app import SCHEMA
from devtoolkit.cli._options import Command
from devtoolkit.cli._registry import commands
from devtoolkit.model.board import Board

FOLDER = Path(__file__).parent / "reference" / "json"
BOARDS = Path(__file__).parent / "reference" / "boards.md"


def schema_of(command: Command) -> dict[str, Any]:
    """The schema of what `--json` prints for this command, success or failure."""
    module, name = command.result.split(":")
    result = TypeAdapter(getattr(importlib.import_module(module), name)).json_schema()
    definitions = result.pop("$defs", {})
    error = {
        "type": "object",
        "properties": {
            "type": {"type": "string"},
            "message": {"type": "string"},
            "hint": {"type": "string"},
            "facts": {"type": "object"},
        },
        "required": ["type", "message", "hint", "facts"],
        "additionalProperties": False,
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"devToolKit.py {command.option.long} --json",
        "type": "object",
        "properties": {
            "schema": {"const": SCHEMA},
            "ok": {"type": "boolean"},
            "command": {"const": command.name},
            "result": {"anyOf": [result, {"type": "null"}]},
            "error": {"anyOf": [error, {"type": "null"}]},
        },
        "required": ["schema", "ok", "command", "result", "error"],
        "additionalProperties": False,
        "$defs": definitions,
    }


def texts() -> dict[str, str]:
    """File name -> content."""
    return {f"{command.name}.json": json.dumps(schema_of(command), indent=2) + "\n" for command in commands()}


def boards_page() -> str:
    """The board catalogue as a page."""
    rows = [
        f"| `{one.id}` | {one.title} | {one.chip} | {_place(one)} | `{one.pin_map}` "
        f"| {'yes' if one.native_usb else ''} | `{one.firmware.file}` "
        f"| {'published' if one.firmware.sha256 else 'unknown'} |"
        for one in load_boards()
    ]
    notes = [f"- `{one.id}`: {one.notes}" for one in load_boards() if one.notes]
    return "\n".join([_BOARDS_HEAD, *rows, "", "## By hand", "", *notes, ""])


def _place(one: Board) -> str:
    """Where the firmware goes (ESP), or where the files are (RP2)."""
    return f"`{one.firmware_offset:#x}`" if one.family == "esp32" else f"UF2, files at `{one.fs_offset:#x}`"


_BOARDS_HEAD = """\
# Boards

Made from `devtoolkit/boards/*.toml` by `python3 dev.py docs`; change those. "Own USB": the chip's USB itself, whose
port vanishes at a reset. "Checksum": whether the firmware's SHA-256 is known beforehand, see
[firmware](../guide/firmware.md).

| `--board` | is | chip | firmware goes to | pin map | own USB | MicroPython | checksum |
|---|---|---|---|---|---|---|---|"""


def main() -> None:
    functions_page.write()
    BOARDS.write_text(boards_page(), encoding="utf-8")
    FOLDER.mkdir(parents=True, exist_ok=True)
    wanted = texts()
    for old in FOLDER.glob("*.json"):
        if old.name not in wanted:
            old.unlink()
    for name, text in wanted.items():
        (FOLDER / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
