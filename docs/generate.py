"""Writes the generated parts of the documentation: one JSON Schema per command, under docs/reference/json/.

Run by `python3 dev.py docs`; a test compares what is in the repository with what this makes.
"""

import importlib
import json
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from devtoolkit.cli._app import SCHEMA
from devtoolkit.cli._options import Command
from devtoolkit.cli._registry import commands

FOLDER = Path(__file__).parent / "reference" / "json"


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


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    wanted = texts()
    for old in FOLDER.glob("*.json"):
        if old.name not in wanted:
            old.unlink()
    for name, text in wanted.items():
        (FOLDER / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
