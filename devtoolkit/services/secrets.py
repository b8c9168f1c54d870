"""The passwords that the toolkit gave to nodes, kept per uid in a file that only its owner can read.

With `MICROS_KEYRING=on` new ones go to the system's keyring instead; see `keyring_store`.
"""

import secrets
import string
from pathlib import Path

from devtoolkit import paths
from devtoolkit.services import datafile, keyring_store

_SCHEMA = 1
_LENGTH = 9  # WPA2 wants at least 8 characters, WebREPL takes at most 9
_LOOK_ALIKES = frozenset("0OoIl1B8S5Z2")
_ALPHABET = "".join(sorted(set(string.ascii_letters + string.digits) - _LOOK_ALIKES))


def new_appwd() -> str:
    """A random node password: 9 characters without look-alikes, of all three kinds (upper case, lower case, digit)."""
    while True:
        word = "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))
        if any(c.isupper() for c in word) and any(c.islower() for c in word) and any(c.isdigit() for c in word):
            return word


def remember(uid: str, password: str) -> None:
    """Keep the password of a node. Raises DataFileError when the file cannot be written or is from a newer toolkit."""
    if not password:
        return
    if keyring_store.wanted_for_nodes():
        keyring_store.put(keyring_store.NODES, uid, password)
        return
    file = _file()
    with datafile.locked(file):
        known = _read(file)
        if known.get(uid) != password:
            datafile.write_object(file, {"schema": _SCHEMA, "appwd": {**known, uid: password}}, mode=0o600)


def password_of(uid: str) -> str | None:
    """The kept password of a node, None when there is none."""
    file = _file()
    if keyring_store.wanted_for_nodes() and (kept := keyring_store.get(keyring_store.NODES, uid)):
        return kept
    if not file.exists():
        return None
    with datafile.locked(file):
        return _read(file).get(uid)


def place() -> str:
    """Where the passwords of nodes are kept, in words."""
    return "the system's keyring" if keyring_store.wanted_for_nodes() else str(_file())


def _file() -> Path:
    return paths.user_data() / "secrets.json"


def _read(file: Path) -> dict[str, str]:
    value, _note = datafile.read_object(file)
    datafile.check_schema(file, value, _SCHEMA)
    stored = value.get("appwd")
    return {str(uid): str(password) for uid, password in stored.items()} if isinstance(stored, dict) else {}
