"""The page of the reference that lists every command: made from the command line's own table of options."""

from pathlib import Path

from devtoolkit.cli._options import COMMON, Command, Option
from devtoolkit.cli._registry import commands

PATH = Path(__file__).parent / "reference" / "commands.md"
_HEAD = """\
# Commands

Made from the command line's own option tables by `python3 dev.py docs`; the same texts as `devToolKit.py --help`.
Every command is an option; several that do not write to a board may be combined and run in the order of this page. An
option is a whole word: `-sime` is refused, not read as four options; so is one that does nothing with the
command, such as `--erase --dry-run`. Without any, the window opens.

Exit code 0 means that it worked. With `--json` standard output is one object `{"schema": 1, "ok": true, "command":
"...", "result": ..., "error": null}`, progress goes to standard error, and nothing is asked; the schema of each
command's object is linked below it.
"""
_COMMON = "## For every command"
_ENVIRONMENT = """\
## Environment

| variable | does |
|---|---|
| `MICROS_USER_DATA` | the data folder, as `--user-data` |
| `MICROS_INTERFACES` | addresses of this machine, comma separated: search only from these |
| `MICROS_FIRMWARE_DIR` | further folders with MicroPython files |
| `MICROS_FIRMWARE_URL` | a mirror to download MicroPython from |
| `MICROPYTHON` | the executable of the virtual board's VM, where there is no package of it |
| `MICROS_KEYRING` | `on`: keep the nodes' passwords in the system's keyring |
| `MICROS_LOG` | how much the gateway logs, for example `INFO` |
| `API_AUTH`, `API_AUTH_FILE`, `GATEWAY_ALLOW`, `MQTT_URL` | of the [gateway](../guide/gateway.md) |
"""


def text() -> str:
    """The whole page."""
    known = commands()
    parts = [_HEAD]
    for group in dict.fromkeys(command.group for command in known):
        parts.append(f"## {group}\n")
        parts += [_section(command) for command in known if command.group == group]
    return "\n".join([*parts, _COMMON, "", *_table(COMMON), "", _ENVIRONMENT])


def _section(command: Command) -> str:
    notes = ["writes to a board's flash: one such command in a call"] * command.changes_board
    notes.append(f"[Result of `--json`](json/{command.name}.json)")
    told = _sentence(command.option.help).replace("[", "\\[")
    lines = [f"### {_spelling(command.option)}", "", told, "", _sentence("; ".join(notes))]
    if command.option.choices:
        lines += ["", "One of " + ", ".join(f"`{choice}`" for choice in command.option.choices) + "."]
    if command.modifiers:
        lines += ["", *_table(command.modifiers)]
    return "\n".join([*lines, ""])


def _table(options: tuple[Option, ...]) -> list[str]:
    rows = [f"| {_cell(_spelling(one))} | {_cell(one.help)}{_times(one)} |" for one in options]
    return ["| option | |", "|---|---|", *rows]


def _times(option: Option) -> str:
    return " *(may be repeated)*" if option.repeat and "repeat" not in option.help else ""


def _spelling(option: Option) -> str:
    value = {"none": "", "one": f" {option.metavar}", "optional": f" [{option.metavar}]"}[option.takes]
    *others, last = option.spellings
    return ", ".join([*(f"`{word}`" for word in others), f"`{last}{value}`"])


def _cell(text: str) -> str:
    """A text inside a table, where | ends a column."""
    return text.replace("|", "\\|")


def _sentence(text: str) -> str:
    """A text of the help as a sentence."""
    return text[:1].upper() + text[1:] + "." * (not text.endswith("."))
