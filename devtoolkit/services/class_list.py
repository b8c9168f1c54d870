"""Which board of a workshop gets which name: from a class list (CSV), or numbered."""

import csv
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from devtoolkit.errors import UsageError
from devtoolkit.model.node_config_rules import NAME_MAX
from devtoolkit.services.usb_files import read_local

_NAME_COLUMNS = ("name", "node", "devfid")
_PORT_COLUMN = "port"
_SPECIAL = str.maketrans({"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th"})


@dataclass(frozen=True, slots=True)
class Seat:
    """A board: its port, the node's name, and whose it is, as the list writes it."""

    port: str
    name: str
    title: str


@dataclass(frozen=True, slots=True)
class ListedName:
    """A line of the class list. `port` is empty where any board may have it."""

    title: str
    name: str
    port: str = ""


def seats(ports: Sequence[str], names: Sequence[ListedName]) -> tuple[tuple[Seat, ...], tuple[str, ...]]:
    """The boards with their names, and the names that are left over.

    A line with a port belongs to that board; the other boards get the other lines in order. Raises UsageError when
    there are fewer lines than boards.
    """
    fixed = {one.port: one for one in names if one.port in ports}
    free = [one for one in names if not one.port]
    missing = len(ports) - len(fixed) - len(free)
    if missing > 0:
        raise UsageError(
            f"There are {len(ports)} boards, but the class list has names for {len(ports) - missing} of them.",
            hint="Add names to the list, or name fewer ports.",
        )
    taken = [fixed.get(port) or free.pop(0) for port in ports]
    found = tuple(Seat(port, one.name, one.title) for port, one in zip(ports, taken, strict=True))
    return found, tuple(one.title for one in names if one not in taken)


def numbered(ports: Sequence[str], base: str | None) -> tuple[Seat, ...]:
    """`base-01`, `base-02` and so on; without a base `node01`, `node02`."""
    width = max(2, len(str(len(ports))))
    names = [f"{base}-{number:0{width}}" if base else f"node{number:0{width}}" for number in range(1, len(ports) + 1)]
    return tuple(Seat(port, name, name) for port, name in zip(ports, names, strict=True))


def read_class_list(file: Path) -> tuple[ListedName, ...]:
    """The lines of a CSV file, separated by comma, semicolon or tab.

    With a heading that has `name` (and maybe `port`) these columns count, else the first one. Names become host names
    ("Zoë B." becomes zoe-b); two equal ones get numbers. Raises UsageError.
    """
    text = _decoded(read_local(file), file)
    first = text.partition("\n")[0]
    separator = max(",;\t", key=first.count)
    rows = [[cell.strip() for cell in row] for row in csv.reader(text.splitlines(), delimiter=separator)]
    rows = [row for row in rows if any(row)]
    heading = [cell.lower() for cell in rows[0]] if rows else []
    name_at = next((heading.index(word) for word in _NAME_COLUMNS if word in heading), None)
    port_at = heading.index(_PORT_COLUMN) if name_at is not None and _PORT_COLUMN in heading else None
    lines = rows if name_at is None else rows[1:]
    found = [(_cell(row, name_at or 0), _cell(row, port_at)) for row in lines]
    titles = [(title, port) for title, port in found if title]
    if not titles:
        raise UsageError(f"{file} holds no names.", hint="Write one name per line.")
    names = _different([host_name(title) for title, _port in titles])
    return tuple(ListedName(title, name, port) for (title, port), name in zip(titles, names, strict=True))


def host_name(title: str) -> str:
    """What a person calls something, as a host name. Raises UsageError when nothing of it remains."""
    plain = unicodedata.normalize("NFKD", title.lower().translate(_SPECIAL)).encode("ascii", "ignore").decode()
    name = re.sub(r"[^a-z0-9_]+", "-", plain).strip("-")[:NAME_MAX].rstrip("-")
    if not name:
        raise UsageError(f"{title!r} cannot become a node's name.", hint="Use letters from a to z and digits.")
    return name


def _different(names: Sequence[str]) -> list[str]:
    """Equal names get numbers."""
    result: list[str] = []
    for name in names:
        unique, number = name, 2
        while unique in result:
            unique, number = f"{name[: NAME_MAX - 3]}-{number}", number + 1
        result.append(unique)
    return result


def _cell(row: Sequence[str], at: int | None) -> str:
    return row[at] if at is not None and at < len(row) else ""


def _decoded(data: bytes, file: Path) -> str:
    """Spreadsheets write UTF-8 with a mark, or the Windows code page."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            return data.decode("cp1252")
        except UnicodeDecodeError as error:
            raise UsageError(f"{file} is not a text file.", hint="Save the list as CSV.") from error
