"""What every test gets: a user-data folder of its own, and no way off the loopback interfaces."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(autouse=True)
def user_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The user's data folder of this test, also for child processes."""
    folder = tmp_path / "user_data"
    monkeypatch.setenv("MICROS_USER_DATA", str(folder))
    monkeypatch.setenv("MICROS_INTERFACES", "127.0.0.1")
    return folder


def firmware_folder() -> Path | None:
    """Where the real MicroPython images lie, None when they are not on this machine."""
    named = os.environ.get("MICROS_FIRMWARE_DIR")
    for folder in (Path(named) if named else None, ROOT.parent / "shared" / "firmware"):
        if folder and folder.is_dir():
            return folder
    return None
