"""The connection cache's format, the original's: `{uid: [ip, port, fuid]}` with two reserved entries."""

import json
from pathlib import Path

from devtoolkit.errors import DataFileError
from devtoolkit.settings import LOOPBACK, SHELL_PORT

AP_UID, SIMULATOR_UID = "__devuid__", "__localhost__"
AP_ADDRESS = "192.168.4.1"  # every node's own access point
RESERVED = {
    AP_UID: (AP_ADDRESS, SHELL_PORT, "__device_on_AP__"),
    SIMULATOR_UID: (LOOPBACK, SHELL_PORT, "__simulator__"),
}

Place = tuple[str, int, str]  # address, port, name
Entries = dict[str, object]  # the file as it is; entries of an unknown shape stay in it


def valid_entries(entries: Entries) -> list[tuple[str, Place]]:
    """The entries that have the format's shape; a port written as text is taken too."""
    found = []
    for uid, entry in entries.items():
        if isinstance(entry, list | tuple) and len(entry) >= 3:
            ip, port, fuid = entry[:3]
            if isinstance(ip, str) and isinstance(fuid, str) and str(port).isdigit():
                found.append((uid, (ip, int(port), fuid)))
    return found


def by_place(entries: Entries) -> dict[Place, set[str]]:
    """The uids at each address under one name; more than one only in caches that others wrote."""
    places: dict[Place, set[str]] = {}
    for uid, place in valid_entries(entries):
        if uid not in RESERVED:
            places.setdefault(place, set()).add(uid)
    return places


def read_foreign(file: Path) -> Entries:
    """Another cache as it is. Raises DataFileError for a file that cannot be read or holds no such object."""
    try:
        value = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise DataFileError(f"{file}: {error.strerror}.", hint="Name a readable cache file.", file=str(file)) from error
    except ValueError as error:
        raise DataFileError(
            f"{file} is no JSON file: {error}.", hint="Is it a device cache?", file=str(file)
        ) from error
    if not isinstance(value, dict) or (value and not valid_entries(value)):
        raise DataFileError(f"{file} is no device cache.", hint="It should look like {uid: [ip, port, name]}.")
    return value
