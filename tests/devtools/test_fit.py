"""Will it fit: the predicted free heap is that of the virtual board, and the flash that of the image."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from heap_board import HeapBoard, board_heap

from devtoolkit import paths
from devtoolkit.boards.loader import board as find_board
from devtoolkit.errors import BuildError, UsageError
from devtoolkit.launcher import main
from devtoolkit.services import build
from devtoolkit.services.devtools import fit, memory_table
from devtoolkit.tools.littlefs_image import build_image, used_blocks

# What people put on one node: few and many modules, ones that share files; lights, sensors, motors and displays.
SETS = (
    ("rgb",),
    ("neopixel", "bme280", "co2"),
    ("cct", "servo", "oled", "dht22"),
    ("roboarm", "buzzer", "lmpacman"),
    ("rgbcct", "stepper", "genIO", "ds18", "presence"),
)


@pytest.fixture(scope="module")
def board(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HeapBoard]:
    """With the heap that stands for a plain ESP32."""
    with HeapBoard(tmp_path_factory.mktemp("fit"), f"fit{os.getpid()}", board_heap()) as made:
        yield made


@pytest.fixture(scope="module")
def total(board: HeapBoard) -> int:
    return board.total()


def _call(module: str) -> str:
    text = (paths.micros_source() / "modules" / f"LM_{module}.py").read_text()
    return f"{module} load_n_init" if "\ndef load_n_init" in text else f"{module} help"


@pytest.mark.vm
@pytest.mark.parametrize("modules", SETS, ids="+".join)
def test_the_predicted_free_heap_is_the_boards_within_ten_percent_and_within_its_stated_error(
    board: HeapBoard, total: int, modules: tuple[str, ...]
) -> None:
    free = total - board.boot(boothook="; ".join(_call(module) for module in modules))
    loaded = board.ask("lmpacman module").split()
    assert all(f"LM_{module}" in " ".join(loaded) for module in modules)
    predicted = fit.predict(modules, fit.VIRTUAL, heap=total)
    assert abs(predicted.heap_free - free) < 0.10 * free, (predicted, free)
    assert abs(predicted.heap_free - free) <= predicted.error, (predicted, free)
    without = fit.predict((), fit.VIRTUAL, heap=total).heap_free
    assert without - free > 10_000, "the modules take a good part of what is predicted"


def test_a_board_without_room_is_refused_with_figures(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--will-it-fit", "roboarm keychain telegram", "--heap", "60000"]) == 1
    printed = capsys.readouterr()
    assert "bytes of heap more than there are" in printed.err
    assert "roboarm" in printed.out


def test_shared_files_are_counted_once_and_the_order_does_not_matter() -> None:
    alone = sum(fit.predict((module,)).modules[0].heap for module in ("rgb", "cct"))
    both = fit.predict(("rgb", "cct"))
    assert sum(share.heap for share in both.modules) < alone - memory_table.load().files["FadingLight"].board
    assert fit.predict(("cct", "rgb")).heap_free == both.heap_free


def test_an_own_module_is_estimated_from_its_size_with_a_wider_error(tmp_path: Path) -> None:
    file = tmp_path / "LM_mine.py"
    text = (paths.micros_source() / "modules" / "LM_rgb.py").read_text()
    file.write_text(text)
    own, known = fit.predict((str(file),)), fit.predict(("rgb",))
    assert not own.modules[0].measured
    assert own.flash_used >= known.flash_used
    plain = fit.predict(())
    assert own.error > plain.error
    file.write_text("def broken(:\n")
    with pytest.raises(BuildError, match="LM_mine"):
        fit.predict((str(file),))


def test_the_flash_is_that_of_the_image_that_a_deploy_writes() -> None:
    board = find_board("esp32")
    predicted = fit.predict(("rgb",))
    image = build_image(build.read_files(paths.precompiled()), predicted.flash_total, board.littlefs)
    assert predicted.flash_used == used_blocks(image, board.littlefs) * board.littlefs.block_size


def test_an_unknown_module_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(UsageError, match="neopixel"):
        fit.predict(("neopixl",))


def test_every_module_is_in_the_table_and_every_board_gets_an_answer(capsys: pytest.CaptureFixture[str]) -> None:
    modules = {file.stem.removeprefix("LM_") for file in (paths.micros_source() / "modules").glob("LM_*.py")}
    assert modules - {"system"} == set(memory_table.load().modules), "run bench/module_memory.py"
    assert main(["--will-it-fit", "rgb", "--board", "esp32c3", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)["result"]["fit"]
    assert not told["heap_known"]
    assert "not measured" in told["notes"][0]
