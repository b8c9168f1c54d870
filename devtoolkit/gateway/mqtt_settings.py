"""Which MQTT broker, and its password: from a file, the environment or the system's keyring, never from the URL."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from devtoolkit.errors import UsageError
from devtoolkit.services import keyring_store

PASSWORD, PASSWORD_FILE, CA_FILE = "MQTT_PASSWORD", "MQTT_PASSWORD_FILE", "MQTT_CA_FILE"
KEYRING_SERVICE = "micrOS DevToolKit MQTT"
_PORTS = {"mqtt": 1883, "mqtts": 8883}  # as registered with IANA
_FORM = "Write mqtt://user@host:1883, or mqtts:// for TLS."


@dataclass(frozen=True, slots=True)
class Broker:
    """Where to, as whom, and below which topics. `ca_file` signed its certificate (empty: the system's)."""

    host: str
    port: int
    tls: bool = False
    user: str = ""
    password: str = field(default="", repr=False)
    base: str = "micros"
    discovery: str = "homeassistant"
    ca_file: str = ""


def broker(url: str) -> Broker:
    """`mqtt[s]://[user@]host[:port][/topic][?discovery=prefix]` with the password from where secrets lie.

    That is the file MQTT_PASSWORD_FILE, else MQTT_PASSWORD, else the keyring's entry for user@host (service
    `micrOS DevToolKit MQTT`). Raises UsageError for another form, for a password in the URL (others see it in the
    list of processes), and for a file that cannot be read.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise UsageError(f"The broker's address is not possible: {error}.", hint=_FORM) from error
    if parts.scheme not in _PORTS or not parts.hostname:
        raise UsageError("The broker's address has another form.", hint=_FORM)
    if parts.password is not None:
        raise UsageError(
            "A password does not belong into the broker's address.", hint=f"Put it into {PASSWORD_FILE} or {PASSWORD}."
        )
    base, discovery = _topic(parts.path, "micros"), _topic(_query(parts.query, "discovery"), "homeassistant")
    user = unquote(parts.username or "")
    return Broker(
        parts.hostname,
        port or _PORTS[parts.scheme],
        parts.scheme == "mqtts",
        user,
        _password(user, parts.hostname) if user else "",
        base,
        discovery,
        os.environ.get(CA_FILE, ""),
    )


def _query(query: str, key: str) -> str:
    return parse_qs(query).get(key, [""])[-1]


def _topic(path: str, otherwise: str) -> str:
    topic = unquote(path).strip("/") or otherwise
    if {"#", "+", "\0"} & set(topic):
        raise UsageError(f"{topic}: a topic to publish to holds no # or +.", hint=_FORM)
    return topic


def _password(user: str, host: str) -> str:
    if file := os.environ.get(PASSWORD_FILE):
        try:
            return Path(file).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise UsageError(f"{PASSWORD_FILE}: {file}: {error.strerror}.", hint="Name a readable file.") from error
    return os.environ.get(PASSWORD) or keyring_store.get(KEYRING_SERVICE, f"{user}@{host}") or ""
