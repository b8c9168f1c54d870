"""Folders and locales that nobody tries: blanks, umlauts, quotes, and an ASCII locale on top."""

import subprocess
from pathlib import Path

import pytest
from toolkit_process import LIMIT_S, Toolkit

pytestmark = pytest.mark.vm


def test_a_virtual_board_works_in_a_folder_with_umlauts_and_quotes_under_an_ascii_locale(tmp_path: Path) -> None:
    folder = tmp_path / "Ü ber 'zwei' \"drei\" %s {x}"
    toolkit = Toolkit(folder)
    ascii_only = {"LC_ALL": "C", "LANG": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = subprocess.run(
        toolkit.command("--make", "--board", "esp32", "--port", "virtual:oddly", "--name", "oddly", "--yes"),
        env={**toolkit.environment, **ascii_only},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        timeout=LIMIT_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert (folder / "simulator" / "oddly" / "flash.bin").is_file()
