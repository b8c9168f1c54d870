"""Where a Wi-Fi's password comes from: a file, the keyring, or the prompt; never the argument list."""

from pathlib import Path

from devtoolkit.cli._app import Session
from devtoolkit.cli._options import Option
from devtoolkit.errors import UsageError

KEEP_WIFI_PASSWORD = Option("--keep-wifi-password", "with --wifi: keep its password in the system's keyring")


def wifi_password(session: Session, name: str) -> str:
    """The password of the Wi-Fi `name`; empty for an open one. Raises UsageError where nobody can be asked."""
    from devtoolkit.services import keyring_store

    args = session.args
    if args.wifi_password_file:
        password = _from_file(Path(args.wifi_password_file))
    else:
        kept = keyring_store.get(keyring_store.WIFI, name)
        if kept is not None:
            return kept
        question = f"Password of the Wi-Fi {name} (empty: none): "
        password = session.console.ask(question, "--wifi-password-file FILE", secret=True)
    if args.keep_wifi_password:
        keyring_store.put(keyring_store.WIFI, name, password)
    return password


def _from_file(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8").rstrip("\r\n")
    except OSError as error:
        raise UsageError(f"{file}: {error.strerror}.", hint="Name a readable file.") from error
