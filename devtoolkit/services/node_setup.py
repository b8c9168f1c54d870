"""Makes the configuration that a new node starts with."""

import json
from collections.abc import Mapping
from pathlib import Path

from devtoolkit.errors import ConfigError
from devtoolkit.model.node_config import BY_NAME, check
from devtoolkit.services.secrets import new_appwd

VIRTUAL_WIFI = ("micrOS-virtual", "virtual-wifi")  # the network every virtual board can see
MASK = "********"  # what nodes of ours show instead of a secret
_OF_ONE_BOARD = frozenset({"version", "hwuid", "devip"})  # the node writes these itself at each boot
WELL_KNOWN_PASSWORD = str(BY_NAME["appwd"].default)  # only when asked for


def initial_config(
    *,
    name: str | None,
    wifi: tuple[str, str] | None,
    virtual: bool = False,
    default_password: bool = False,
    file: Path | None = None,
) -> dict[str, object]:
    """The configuration as far as it differs from the defaults.

    The file's values come first, then name, Wi-Fi and a password of the node's own. Raises ConfigError when the file
    cannot be read or a value is not allowed.
    """
    config = of_any_node(read_config(file)) if file else {}
    if name:
        config["devfid"] = name
    config.setdefault("devfid", "node01")
    network = wifi or (VIRTUAL_WIFI if virtual and "staessid" not in config else None)
    if network:
        config["staessid"], config["stapwd"] = network
    if default_password:
        config["appwd"] = WELL_KNOWN_PASSWORD
    config.setdefault("appwd", new_appwd())
    check_config(config, where=str(file) if file else "the configuration")
    return config


def of_any_node(config: Mapping[str, object]) -> dict[str, object]:
    """Without what belongs to the board an archived configuration came from, and without secrets that were masked."""
    return {key: value for key, value in config.items() if key not in _OF_ONE_BOARD and value != MASK}


def carried_config(files: Mapping[str, bytes]) -> dict[str, object]:
    """The configuration among a node's saved files, empty when there is none that can be read."""
    try:
        value = json.loads(files.get("node_config.json", b"{}"))
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def read_config(file: Path) -> dict[str, object]:
    """A configuration file. Raises ConfigError that names the file and, for bad JSON, the line."""
    try:
        value = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{file}: {error.strerror}.", hint="Name a readable JSON file with --config.") from error
    except ValueError as error:
        raise ConfigError(f"{file} is not valid JSON: {error}.", hint="Correct the file.") from error
    if not isinstance(value, dict):
        raise ConfigError(f"{file} holds no JSON object.", hint='It should look like {"devfid": "lamp"}.')
    return {key: item for key, item in value.items() if item is not None}


def check_config(config: Mapping[str, object], *, where: str) -> None:
    """Raises ConfigError naming the first problem."""
    problems = check(config)
    if problems:
        hint = "Choose another name, for example lamp-1." if problems[0].key == "devfid" else "Correct the value."
        raise ConfigError(f"{where}: {problems[0]}.", hint=hint, problems=[str(p) for p in problems])


def has_wifi(config: Mapping[str, object]) -> bool:
    """Whether the node has a Wi-Fi to join (rather than opening its own network)."""
    name = str(config.get("staessid", "your_wifi_name"))
    return name not in ("", "n/a", "your_wifi_name") and str(config.get("nwmd", "STA")).upper() != "AP"
