"""Writes the generated parts of the documentation: schemas, reference pages, drawings, and the page of the benchmarks.

Run by `python3 dev.py docs`; a test compares what is in the repository with what this makes.
"""

import importlib
import json
import sys
from pathlib import Path
from typing import Any

import commands_page
import configuration_page
import drawings_page
import functions_page
from pydantic import TypeAdapter

from devtoolkit.boards.loader import load_boards
from devtoolkit.cli._app import SCHEMA
from devtoolkit.cli._options import Command
from devtoolkit.cli._registry import commands
from devtoolkit.model.board import Board

DOCS = Path(__file__).parent
FOLDER = DOCS / "reference" / "json"
BOARDS = DOCS / "reference" / "boards.md"
PINOUTS = DOCS / "reference" / "pinouts.md"


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


_PINOUTS_HEAD = """\
# Pinouts

Made from `devtoolkit/boards/*.toml`, `micros_source/pinmaps/` and the chips' data sheets by `python3 dev.py docs`.
The words at a pin are the logical names of the board's pin map: several modules may name one pin, and who comes first
has it (`[io] Pin neop is busy: rgbue:15`). `devToolKit.py --pin-check "rgb servo" --board esp32` tells clashes
beforehand; `cstmpmap` gives a name another pin.
"""


def pinouts_page() -> str:
    """One picture a board."""
    boards = [
        f"## {one.title}\n\n`--board {one.id}`\n\n![Pins of {one.title}](../drawings/pinout-{one.id}.svg)\n"
        for one in load_boards()
    ]
    return "\n".join([_PINOUTS_HEAD, *boards])


def benchmarks_page() -> str:
    """The page of the figures that are kept."""
    bench = str(DOCS.parent / "bench")
    if bench not in sys.path:
        sys.path.insert(0, bench)
    page_text: str = importlib.import_module("run").page_text()
    return page_text


def everything() -> dict[Path, str]:
    """Every generated file with its content."""
    return {
        **{FOLDER / name: text for name, text in texts().items()},
        **{functions_page.FOLDER / name: text for name, text in functions_page.texts().items()},
        **{drawings_page.FOLDER / name: text for name, text in drawings_page.texts().items()},
        BOARDS: boards_page(),
        PINOUTS: pinouts_page(),
        commands_page.PATH: commands_page.text(),
        configuration_page.PATH: configuration_page.text(),
        DOCS / "benchmarks.md": benchmarks_page(),
    }


def left_over() -> list[Path]:
    """Generated files of things that are no more."""
    wanted = everything()
    folders = (FOLDER, drawings_page.FOLDER)
    return [file for folder in folders for file in sorted(folder.glob("*")) if file not in wanted]


def main() -> None:
    for file, text in everything().items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    for file in left_over():
        file.unlink()


if __name__ == "__main__":
    main()
