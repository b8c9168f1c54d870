"""The configuration that a new node starts with."""

import json
from pathlib import Path

import pytest

from devtoolkit.errors import ConfigError
from devtoolkit.services import secrets
from devtoolkit.services.node_setup import VIRTUAL_WIFI, has_wifi, initial_config


def test_a_new_node_gets_a_password_of_its_own() -> None:
    first, second = (initial_config(name="lamp", wifi=None) for _ in range(2))
    assert first["devfid"] == "lamp"
    assert first["appwd"] != second["appwd"]
    assert len(str(first["appwd"])) == 9


def test_the_well_known_password_only_when_asked_for() -> None:
    assert initial_config(name=None, wifi=None, default_password=True)["appwd"] == "ADmin123"


def test_a_virtual_node_joins_the_virtual_network_and_a_real_one_does_not() -> None:
    virtual = initial_config(name="v", wifi=None, virtual=True)
    assert (virtual["staessid"], virtual["stapwd"]) == VIRTUAL_WIFI
    assert has_wifi(virtual)
    assert not has_wifi(initial_config(name="r", wifi=None))


def test_options_win_over_the_file_and_other_values_of_it_stay(tmp_path: Path) -> None:
    file = tmp_path / "node.json"
    file.write_text(json.dumps({"devfid": "old", "utc": 120, "stapwd": None, "my_own_key": 1}))
    config = initial_config(name="new", wifi=("home", "secret123"), file=file)
    assert (config["devfid"], config["utc"], config["my_own_key"]) == ("new", 120, 1)
    assert (config["staessid"], config["stapwd"]) == ("home", "secret123")


@pytest.mark.parametrize("name", ["two words", "", "a" * 33, "x:y"])
def test_a_name_that_cannot_be_a_host_name_is_refused(name: str, tmp_path: Path) -> None:
    file = tmp_path / "node.json"
    file.write_text(json.dumps({"devfid": name}))
    with pytest.raises(ConfigError, match="devfid"):
        initial_config(name=None, wifi=None, file=file)


def test_a_node_in_access_point_mode_has_no_wifi_to_join() -> None:
    assert not has_wifi({"staessid": "home", "nwmd": "AP"})


def test_passwords_are_kept_for_their_owner_only(user_data: Path) -> None:
    secrets.remember("micr01OS", "abcDEF234")
    secrets.remember("micr02OS", "ghjKMN567")
    assert secrets.password_of("micr01OS") == "abcDEF234"
    assert secrets.password_of("micr03OS") is None
    assert (user_data / "secrets.json").stat().st_mode & 0o077 == 0


def test_new_passwords_have_no_look_alikes_and_all_kinds() -> None:
    words = {secrets.new_appwd() for _ in range(300)}
    assert len(words) == 300
    for word in words:
        assert len(word) == 9
        assert not set(word) & set("0OoIl1B8S5Z2")
        assert any(c.isdigit() for c in word)
        assert any(c.isupper() for c in word)
        assert any(c.islower() for c in word)
