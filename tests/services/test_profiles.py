"""Every profile is a valid configuration, and its examples name functions that exist."""

from pathlib import Path

import pytest

from devtoolkit import paths
from devtoolkit.errors import UsageError
from devtoolkit.model.node_config import check
from devtoolkit.services import profiles
from devtoolkit.services.config_archive import ConfigArchive
from devtoolkit.services.node_setup import initial_config

KNOWN = profiles.profiles()
WORDS = {"hello", "version", "modules", "help", "task", "conf", "noconf", "reboot"}


def test_the_profiles_of_the_mission_are_there() -> None:
    assert [one.name for one in KNOWN] == ["default", "catgame", "dimmer", "heartbeat", "lamp", "neopixel"]


@pytest.mark.parametrize("profile", KNOWN, ids=lambda one: one.name)
def test_a_profile_is_a_valid_configuration_that_asks_for_name_and_wifi(profile: profiles.Profile) -> None:
    assert not check(profile.values)
    assert profile.asked == ("devfid", "staessid", "stapwd")
    config = initial_config(name="n", wifi=None, file=profile.file)
    assert config["devfid"] == "n"
    assert "stapwd" not in config


@pytest.mark.parametrize("profile", KNOWN, ids=lambda one: one.name)
def test_the_examples_are_commands_of_modules_that_exist(profile: profiles.Profile) -> None:
    lines = [line for line in profile.examples.splitlines()[2:] if line]
    assert len(lines) >= 4
    for line in lines:
        words = line.split()
        assert words[0] in WORDS or (paths.micros_source() / "modules" / f"LM_{words[0]}.py").exists(), line


def test_a_profile_is_meant_by_its_name_and_a_file_by_its_path(tmp_path: Path) -> None:
    assert profiles.chosen_config("lamp") == profiles.FOLDER / "lamp.json"
    assert profiles.chosen_config(str(tmp_path / "lamp")) == tmp_path / "lamp"
    with pytest.raises(UsageError, match="no profile and no file 'lmap'"):
        profiles.chosen_config("lmap")


def test_an_archived_configuration_of_another_board_brings_neither_its_identity_nor_masked_secrets() -> None:
    kept = {"devfid": "lamp", "hwuid": "micr1OS", "version": "2", "devip": "10.0.0.9", "stapwd": "********", "utc": 120}
    ConfigArchive().put("micr1OS", kept)
    assert [one.name for one in profiles.archived()] == ["lamp"]
    config = initial_config(name=None, wifi=None, file=profiles.archived()[0].file)
    assert {key: value for key, value in config.items() if key != "appwd"} == {"devfid": "lamp", "utc": 120}
