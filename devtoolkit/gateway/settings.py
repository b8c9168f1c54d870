"""What a gateway is started with."""

import ipaddress
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from devtoolkit import paths
from devtoolkit.errors import UsageError
from devtoolkit.services.sessions import IDLE_S
from devtoolkit.services.sites.jobs import check_name
from devtoolkit.settings import LOOPBACK
from devtoolkit.transports.tcp_shell import DEFAULT_LIMITS, Limits

PORT = 5005
AUTH = "API_AUTH"
AUTH_FILE = "API_AUTH_FILE"
ALLOW = "GATEWAY_ALLOW"  # as --allow, for containers
MQTT = "MQTT_URL"
SITE = "GATEWAY_SITE"  # as --site-name
_NODE_WEB_PORT = 80

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class GatewaySettings:
    """Where to listen, and who may ask. Without `user` only loopback can be listened on.

    `allow`: networks that need no credentials. `watch`: notice by mDNS who appears. `mqtt`: address of a broker, empty
    for none. `site`: this place among others, empty for the only one; a label of the metrics. `cache`: the connection
    cache.
    """

    host: str = LOOPBACK
    port: int = PORT
    user: str = ""
    password: str = field(default="", repr=False)
    allow: tuple[Network, ...] = ()
    watch: bool = True
    mqtt: str = ""
    site: str = ""
    cache: Path = field(default_factory=paths.device_cache)
    webhooks: Path = field(default_factory=lambda: paths.user_data() / "webhooks")
    node_web_port: int = _NODE_WEB_PORT
    idle_s: float = IDLE_S  # how long a session with a node is kept for the next command
    limits: Limits = DEFAULT_LIMITS

    def __post_init__(self) -> None:
        if not self.user and not is_loopback(self.host):
            raise UsageError(
                f"Listening on {self.host} needs credentials: anybody in that network could command the nodes.",
                hint=f"Set {AUTH}=user:password in the environment, or listen on {LOOPBACK}.",
            )

    @property
    def protected(self) -> bool:
        """Whether credentials are wanted."""
        return bool(self.user)


def from_options(
    host: str | None,
    port: str | None,
    allow: Sequence[str],
    *,
    watch: bool = True,
    mqtt: str | None = None,
    site: str | None = None,
    environment: Mapping[str, str] = os.environ,
) -> GatewaySettings:
    """The settings of a call. Raises UsageError; credentials come from the environment, never from the arguments."""
    user, password = _credentials(environment)
    texts = [text for one in (*allow, environment.get(ALLOW, "")) for text in one.split(",") if text.strip()]
    return GatewaySettings(
        host or LOOPBACK,
        _port(port),
        user,
        password,
        tuple(map(_network, texts)),
        watch,
        environment.get(MQTT, "") if mqtt is None else mqtt,
        _site(environment.get(SITE, "") if site is None else site),
    )


def is_loopback(host: str) -> bool:
    """Whether nobody else can reach this address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _credentials(environment: Mapping[str, str]) -> tuple[str, str]:
    text, source = environment.get(AUTH, ""), AUTH
    if not text and environment.get(AUTH_FILE):
        source = AUTH_FILE
        try:
            text = Path(environment[AUTH_FILE]).expanduser().read_text(encoding="utf-8").strip()
        except OSError as error:
            raise UsageError(f"{AUTH_FILE}: {error.strerror}.", hint="Name a file with user:password.") from error
    if not text:
        return "", ""
    user, colon, password = text.partition(":")
    if not (user and colon and password):
        raise UsageError(f"{source} is not of the form user:password.", hint=f"For example {AUTH}=maker:a-long-word")
    return user, password


def _port(text: str | None) -> int:
    if text is None:
        return PORT
    if not text.isdecimal() or not 0 <= int(text) <= 65535:
        raise UsageError(
            f"--port {text}: the gateway listens on a TCP port.", hint=f"Give a number, for example {PORT}."
        )
    return int(text)


def _site(text: str) -> str:
    return check_name(text) if text else ""


def _network(text: str) -> Network:
    try:
        return ipaddress.ip_network(text.strip(), strict=False)
    except ValueError as error:
        raise UsageError(f"--allow {text}: {error}.", hint="Write a network, for example 192.168.1.0/24.") from error
