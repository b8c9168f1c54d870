"""A machine without room, or with a folder that cannot be written: one plain line, nothing half made."""

import resource
import subprocess
from pathlib import Path

import pytest
from toolkit_process import LIMIT_S, Toolkit

DEMO = ("--make", "--board", "esp32", "--port", "virtual:full", "--name", "full", "--yes")


def told(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode not in (0, 1)
    assert "Traceback" not in done.stderr
    return done.stderr


def test_a_disk_without_room_for_the_virtual_flash_is_told_and_the_next_run_starts_afresh(user_data: Path) -> None:
    toolkit = Toolkit(user_data)
    small = subprocess.run(
        toolkit.command(*DEMO),
        env=toolkit.environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, resource.RLIM_INFINITY)),
    )
    assert "No room for a flash of 4 MB" in told(small)
    assert not list(user_data.rglob("flash.bin"))


@pytest.mark.parametrize("words", [DEMO, ("-s",), ("--tag", "x", "--dev", "all")])
def test_a_data_folder_that_is_a_file_is_told(tmp_path: Path, words: tuple[str, ...]) -> None:
    file = tmp_path / "file"
    file.write_text("mine")
    error = told(Toolkit(tmp_path)(*words, "--user-data", str(file)))
    assert str(file) in error
    assert "--user-data" in error
    assert file.read_text() == "mine"
