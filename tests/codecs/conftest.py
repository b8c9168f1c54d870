"""Real MicroPython images for the codec tests."""

from pathlib import Path

import pytest
from firmware_files import firmware_folder


@pytest.fixture(scope="session")
def firmware_dir() -> Path:
    """The folder with the real firmware; skips with the reason where there is none."""
    folder = firmware_folder()
    if folder is None:
        pytest.skip("no real firmware here: set MICROS_FIRMWARE_DIR")
    return folder
