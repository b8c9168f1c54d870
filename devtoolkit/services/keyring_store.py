"""The system's keyring (Keychain, Credential Locker, Secret Service) as a place for secrets; optional.

Needs the package `keyring` (the extra `keyring`) and a keyring that is unlocked. A Wi-Fi password is looked up there by
the network's name; node passwords go there instead of into a file when `MICROS_KEYRING=on`.
"""

import os
from types import ModuleType

from devtoolkit.errors import DataFileError

VARIABLE = "MICROS_KEYRING"
WIFI, NODES = "micrOS DevToolKit Wi-Fi", "micrOS DevToolKit nodes"


def wanted_for_nodes() -> bool:
    """Whether node passwords are to lie in the keyring."""
    return os.environ.get(VARIABLE, "").lower() in ("on", "1", "true", "yes")


def available() -> bool:
    """Whether there is a keyring that works."""
    return _module() is not None


def get(service: str, name: str) -> str | None:
    """The secret, None where there is none, or no keyring."""
    module = _module()
    if module is None:
        return None
    try:
        found = module.get_password(service, name)
    except module.errors.KeyringError:  # locked, or its service does not run
        return None
    return str(found) if found is not None else None


def put(service: str, name: str, secret: str) -> None:
    """Keep a secret. Raises DataFileError when there is no keyring, or it refuses."""
    module = _module()
    if module is None:
        raise DataFileError(
            "There is no keyring to keep the password in.",
            hint="Install the package keyring and unlock the system's keyring, or leave this out.",
        )
    try:
        module.set_password(service, name, secret)
    except module.errors.KeyringError as error:
        raise DataFileError(f"The keyring refuses: {error}.", hint="Unlock it and try again.") from error


def _module() -> ModuleType | None:
    try:
        import keyring  # late: optional, and it looks for all kinds of keyrings
        import keyring.backends.fail
        import keyring.errors
    except ImportError:
        return None
    return None if isinstance(keyring.get_keyring(), keyring.backends.fail.Keyring) else keyring
