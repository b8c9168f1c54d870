"""Where the broker is, and where its password may and may not come from."""

from pathlib import Path

import pytest

from devtoolkit.errors import UsageError
from devtoolkit.gateway import mqtt_settings
from devtoolkit.gateway.mqtt_settings import KEYRING_SERVICE, PASSWORD, PASSWORD_FILE, broker

SECRET = "a-secret"


@pytest.fixture(autouse=True)
def no_secret_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (PASSWORD, PASSWORD_FILE, mqtt_settings.CA_FILE):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(mqtt_settings.keyring_store, "get", lambda _service, _name: None)


def test_an_address_says_all_but_the_password() -> None:
    plain = broker("mqtt://broker.local")
    assert (plain.host, plain.port, plain.tls, plain.user, plain.base) == ("broker.local", 1883, False, "", "micros")
    full = broker("mqtts://me%40home@10.0.0.1:9000/house/nodes?discovery=ha")
    assert (full.host, full.port, full.tls, full.user) == ("10.0.0.1", 9000, True, "me@home")
    assert (full.base, full.discovery) == ("house/nodes", "ha")
    assert broker("mqtts://broker.local").port == 8883


def test_the_password_comes_from_the_file_then_the_environment_then_the_keyring(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = {(KEYRING_SERVICE, "me@host"): "of the keyring"}
    monkeypatch.setattr(mqtt_settings.keyring_store, "get", lambda service, name: kept.get((service, name)))
    assert broker("mqtt://me@host").password == "of the keyring"
    monkeypatch.setenv(PASSWORD, "of the environment")
    assert broker("mqtt://me@host").password == "of the environment"
    file = tmp_path / "password"
    file.write_text(f"{SECRET}\n")
    monkeypatch.setenv(PASSWORD_FILE, str(file))
    assert broker("mqtt://me@host").password == SECRET
    assert broker("mqtt://host").password == ""


def test_nobody_reads_the_password_in_a_log(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PASSWORD, SECRET)
    assert SECRET not in repr(broker("mqtt://me@host"))


@pytest.mark.parametrize(
    "url",
    [
        "",
        "broker.local",
        "http://host",
        "mqtt://",
        "mqtt://host:99999",
        "mqtt://host:x",
        "mqtt://host/a/%23",
        "mqtt://host?discovery=%2B",
        f"mqtt://me:{SECRET}@host",
    ],
)
def test_another_form_is_refused_without_repeating_a_password(url: str) -> None:
    with pytest.raises(UsageError) as refused:
        broker(url)
    assert SECRET not in str(refused.value)
    assert refused.value.hint


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PASSWORD_FILE, str(tmp_path / "none"))
    with pytest.raises(UsageError, match="none"):
        broker("mqtt://me@host")
