"""Which broker, and what it takes to talk to it: from a file, the keyring, or an address without a secret.

A file whose name ends in .toml may have all of these, any other file is one line with the broker's URL:

    broker = "rediss://:secret@centre.example:6379/0"   # or amqps:// for RabbitMQ
    results = "rediss://..."         # where results wait; not needed when the broker is Redis
    tls_ca = "ca.pem"                # who signed the servers' certificate; the system's authorities if left out
    tls_certificate = "site.pem"     # only when the server wants one from its clients
    tls_key = "site.key"
    signing_key = "site.key"         # all three: every message is signed, and nothing unsigned is taken
    signing_certificate = "site.pem"
    signing_trusted = "trusted"      # folder with the certificates (.pem) of those who may give orders

Paths are relative to the file.
"""

import os
import tomllib
from dataclasses import dataclass, field, fields
from pathlib import Path
from urllib.parse import urlsplit

from devtoolkit import paths
from devtoolkit.errors import DataFileError, UsageError
from devtoolkit.services import keyring_store

VARIABLE = "MICROS_BROKER"
KEYRING_SERVICE = "micrOS DevToolKit broker"
KEYRING = "keyring:"
_FILE = "broker.toml"
_REDIS, _AMQP = ("redis", "rediss"), ("amqp", "amqps")
_FORM = "Write redis://host:6379/0, rediss:// for TLS, or amqp(s)://host:5672 for RabbitMQ."
_SIGNING = ("signing_key", "signing_certificate", "signing_trusted")
_TLS = ("tls_ca", "tls_certificate", "tls_key")


@dataclass(frozen=True, slots=True)
class Broker:
    """`url` carries the orders, `results` (always Redis) the answers. Empty texts are not set."""

    url: str = field(repr=False)
    results: str = field(repr=False)
    tls_ca: str = ""
    tls_certificate: str = ""
    tls_key: str = ""
    signing_key: str = ""
    signing_certificate: str = ""
    signing_trusted: str = ""

    @property
    def signed(self) -> bool:
        """Whether every message is signed."""
        return bool(self.signing_key)

    @property
    def place(self) -> str:
        """For messages: without user and password."""
        parts = urlsplit(self.url)
        return f"{parts.hostname}:{parts.port or {'amqp': 5672, 'amqps': 5671}.get(parts.scheme, 6379)}"


def chosen() -> str:
    """What `MICROS_BROKER` names, else broker.toml in the user's data; empty where there is neither."""
    if named := os.environ.get(VARIABLE, "").strip():
        return named
    file = paths.user_data() / _FILE
    return str(file) if file.is_file() else ""


def load(source: str | None = None) -> Broker:
    """The broker that `source` (a file, `keyring:NAME`, or a URL) names, else the chosen one.

    Raises UsageError for a URL with a password, where other programs could read it, for one of another form, and when
    no broker is named; DataFileError for a file that cannot be used.
    """
    source = source or chosen()
    if not source:
        raise UsageError(
            "No broker is named.", hint=f"Give --broker FILE, set {VARIABLE}, or write {paths.user_data() / _FILE}."
        )
    if source.startswith(KEYRING):
        return _of_keyring(source.removeprefix(KEYRING))
    if "://" in source:
        if urlsplit(source).password is not None:
            raise UsageError(
                "A password does not belong on the command line, where other programs can read it.",
                hint="Write the broker's URL into a file that only you can read, and give --broker FILE.",
            )
        return _checked({"broker": source})
    return _of_file(Path(source).expanduser())


def _of_keyring(name: str) -> Broker:
    url = keyring_store.get(KEYRING_SERVICE, name)
    if not url:
        raise UsageError(
            f"The keyring has no broker {name}.",
            hint=f"Put its URL there: keyring set '{KEYRING_SERVICE}' {name}",
        )
    return _checked({"broker": url.strip()})


def _of_file(file: Path) -> Broker:
    try:
        text = file.read_text(encoding="utf-8")
        values: dict[str, object] = tomllib.loads(text) if file.suffix == ".toml" else {"broker": text.strip()}
    except OSError as error:
        raise DataFileError(f"{file}: {error.strerror}.", hint="Name a readable file with --broker.") from error
    except ValueError as error:
        raise DataFileError(f"{file} is no TOML file: {error}.", hint="See docs/guide/sites.md.") from error
    return _checked(values, file.absolute().parent)


def _checked(values: dict[str, object], folder: Path | None = None) -> Broker:
    known = {"broker", *(one.name for one in fields(Broker))} - {"url"}
    for name, value in values.items():
        if name not in known or not isinstance(value, str):
            raise DataFileError(
                f"The broker's file has {name}, which is not understood.", hint="See docs/guide/sites.md."
            )
    texts = {name: str(value) for name, value in values.items()}
    url = texts.pop("broker", "")
    scheme = _scheme(url, (*_REDIS, *_AMQP))
    results = texts.pop("results", "") or (url if scheme in _REDIS else "")
    if not results:
        raise DataFileError("With RabbitMQ the results need a Redis.", hint='Add results = "redis://..." to the file.')
    _scheme(results, _REDIS)
    if 0 < sum(name in texts for name in _SIGNING) < len(_SIGNING):
        raise DataFileError(f"Signing needs all of {', '.join(_SIGNING)}.", hint="Add what is missing to the file.")
    if "tls_certificate" in texts and "tls_key" not in texts:
        raise DataFileError("tls_certificate needs tls_key.", hint="Add it to the file.")
    return Broker(url, results, **{name: _file(name, text, folder) for name, text in texts.items()})


def _file(name: str, text: str, folder: Path | None) -> str:
    path = (folder or Path()) / Path(text).expanduser()
    if not path.exists():
        raise DataFileError(f"{name}: {path} is missing.", hint="Correct the broker's file.")
    return str(path)


def _scheme(url: str, allowed: tuple[str, ...]) -> str:
    try:
        parts = urlsplit(url)
        good = parts.scheme in allowed and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        good = False
    if not good:
        raise UsageError("The broker's address has another form.", hint=_FORM)  # not repeated: it may hold a password
    return parts.scheme
