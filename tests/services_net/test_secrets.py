"""The passwords the toolkit gave to nodes."""

import json
import os
import stat
from pathlib import Path

import pytest

from devtoolkit.errors import DataFileError
from devtoolkit.model.node_config import check
from devtoolkit.services import secrets


def test_a_new_password_fits_access_point_and_webrepl_and_has_no_look_alikes() -> None:
    words = {secrets.new_appwd() for _ in range(500)}
    assert len(words) == 500
    for word in words:
        assert len(word) == 9
        assert any(char.isupper() for char in word)
        assert any(char.islower() for char in word)
        assert any(char.isdigit() for char in word)
        assert not set(word) & set("0O1Il")
        assert check({"appwd": word}) == ()


@pytest.mark.skipif(os.name == "nt", reason="Windows has other permissions")
def test_the_file_is_readable_by_its_owner_only_from_its_first_moment_on(
    user_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    modes: list[int] = []
    opened = os.open

    def spy(path: Path, flags: int, mode: int = 0o777) -> int:
        handle = opened(path, flags, mode)
        if "secrets.json.tmp" in str(path):
            modes.append(stat.S_IMODE(os.fstat(handle).st_mode))
        return handle

    monkeypatch.setattr(os, "open", spy)
    secrets.remember("micr01OS", "abcDEF234")
    secrets.remember("micr02OS", "abcDEF235")
    assert modes == [0o600, 0o600]
    assert stat.S_IMODE((user_data / "secrets.json").stat().st_mode) == 0o600
    assert secrets.password_of("micr01OS") == "abcDEF234"
    assert secrets.password_of("micr03OS") is None


def test_a_newer_file_is_refused_and_left_alone(user_data: Path) -> None:
    user_data.mkdir(parents=True)
    newer = json.dumps({"schema": 99, "appwd": {}})
    (user_data / "secrets.json").write_text(newer)
    with pytest.raises(DataFileError, match="newer toolkit"):
        secrets.remember("micr01OS", "abcDEF234")
    assert (user_data / "secrets.json").read_text() == newer
