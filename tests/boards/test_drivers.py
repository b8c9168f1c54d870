"""Every driver file follows the schema, and every USB chip on a known board has one."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from devtoolkit import paths
from devtoolkit.boards.loader import load_boards

FILES = sorted(paths.drivers().glob("*.toml"))


def read(file: Path) -> dict[str, Any]:
    return tomllib.loads(file.read_text(encoding="utf-8"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_driver_file_says_what_to_do_on_every_system(file: Path) -> None:
    table = read(file)
    assert set(table) - {"source"} == {"title", "usb_ids", "linux", "macos", "windows"}
    assert table["title"]
    assert all(re.fullmatch(r"[0-9a-f]{4}:[0-9a-f]{4}", one) for one in table["usb_ids"])
    for system in ("linux", "macos", "windows"):
        assert set(table[system]) == {"included", "install"}
        assert table[system]["included"] in (True, False)
        assert table[system]["install"].endswith(".")
        assert table[system]["included"] or table["source"].startswith("https://")


def test_no_usb_chip_has_two_driver_files() -> None:
    ids = [one for file in FILES for one in read(file)["usb_ids"]]
    assert len(ids) == len(set(ids)) > 0


@pytest.mark.parametrize("board", load_boards(), ids=lambda board: board.id)
def test_every_usb_chip_of_a_board_has_a_driver_file(board: Any) -> None:
    assert set(board.usb_ids) <= {one for file in FILES for one in read(file)["usb_ids"]}
