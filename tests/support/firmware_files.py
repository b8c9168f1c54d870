"""The real MicroPython images that some tests need."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def firmware_folder() -> Path | None:
    """Where the images lie: MICROS_FIRMWARE_DIR, or shared/firmware beside the checkout; None when there are none."""
    named = os.environ.get("MICROS_FIRMWARE_DIR")
    for folder in (Path(named) if named else None, ROOT.parent / "shared" / "firmware"):
        if folder and folder.is_dir():
            return folder
    return None


def real_firmware(name: str) -> Path:
    """The image of this name; skips the test where it is not there."""
    folder = firmware_folder()
    if folder is None or not (folder / name).is_file():
        pytest.skip(f"the real firmware {name} is not here: set MICROS_FIRMWARE_DIR to a folder that holds it")
    return folder / name
