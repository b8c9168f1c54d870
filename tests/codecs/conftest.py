"""Real MicroPython images for the codec tests."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def firmware_dir() -> Path:
    """The folder with the real firmware; skips with the reason where there is none."""
    named = os.environ.get("MICROS_FIRMWARE_DIR")
    folder = Path(named) if named else Path(__file__).resolve().parents[3] / "shared" / "firmware"
    if not folder.is_dir():
        pytest.skip("no real firmware here: set MICROS_FIRMWARE_DIR")
    return folder
