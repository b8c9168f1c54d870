"""Updates over USB: what travels, what stays, and what a killed run leaves for the next one."""

import json
import random
from pathlib import Path
from typing import Any

import pytest
from toolkit_process import Toolkit
from usb_update_board import OWN, UpdateBoard


@pytest.fixture(scope="module")
def board(toolkit: Toolkit, tmp_path_factory: pytest.TempPathFactory) -> UpdateBoard:
    board = UpdateBoard(toolkit, tmp_path_factory.mktemp("update"))
    board.make()
    return board


@pytest.fixture(scope="module")
def config(board: UpdateBoard) -> dict[str, Any]:
    value = json.loads(board.contents()["node_config.json"])
    assert isinstance(value, dict)
    return value


def test_nothing_travels_to_a_board_that_is_up_to_date(board: UpdateBoard) -> None:
    result = board.update()
    assert (result["sent"], result["removed"], result["reflashed"], result["bytes"]) == ([], [], False, 0)
    assert result["device"]["fuid"] == "upd"


def test_only_the_changed_file_travels_and_everything_of_the_users_stays(
    board: UpdateBoard, config: dict[str, Any]
) -> None:
    board.change_one()
    would = board.update(more=("--dry-run",))
    assert [entry["path"] for entry in would["plan"]["changed"]] == ["LM_rgb.mpy"]
    assert set(OWN) <= {entry["path"] for entry in would["plan"]["own"]}
    result = board.update()
    assert result["sent"] == ["LM_rgb.mpy"]
    assert set(OWN) <= set(result["kept"])
    board.check_nothing_lost(config)


def test_ampy_updates_as_well(board: UpdateBoard) -> None:
    board.change_one()
    assert board.update(more=("--transport", "ampy"))["sent"] == ["LM_rgb.mpy"]


def test_a_users_module_in_the_place_of_ours_is_named_and_gives_way_only_when_forced(board: UpdateBoard) -> None:
    mine = board.folder / "LM_switch.py"
    mine.write_text("def mine():\n    return 1\n")
    assert board.toolkit.json("--put", str(mine), *board.port)["ok"]
    assert board.update()["shadowing"] == ["LM_switch.py"]
    forced = board.update(more=("-f",))
    assert forced["removed"] == ["LM_switch.py"]
    listed = board.toolkit.json("-ls", *board.port)["result"]["files"]
    assert [file["path"] for file in listed if file["path"].startswith("LM_switch.")] == ["LM_switch.mpy"]
    assert (Path(forced["backup"]) / "files/LM_switch.py").read_text() == mine.read_text()


def test_micropython_is_written_anew_with_the_users_files_in_the_image(
    board: UpdateBoard, config: dict[str, Any]
) -> None:
    result = board.update(reflash=True)
    assert result["reflashed"] is True
    assert set(OWN) <= set(result["kept"])
    assert (Path(result["backup"]) / "files/token.key").read_bytes() == OWN["token.key"]
    board.check_nothing_lost(config)


def test_which_board_it_is_is_asked_before_anything_is_written(board: UpdateBoard) -> None:
    answer = board.toolkit.json("-r", "--yes", *board.port, "--firmware", str(board.firmware))
    assert answer["error"]["type"] == "UsageError"
    assert "--board" in answer["error"]["hint"]


def test_a_board_without_micropython_is_refused_with_the_way_out(toolkit: Toolkit) -> None:
    answer = toolkit.json("-r", "--yes", "--port", "virtual:empty")
    assert answer["error"]["type"] == "BoardError"
    assert "deploy" in answer["error"]["hint"]


@pytest.mark.parametrize(("number", "reflash"), [(0, False), (1, True)])
def test_after_a_kill_the_next_update_finishes_and_no_file_is_lost(
    board: UpdateBoard, config: dict[str, Any], number: int, reflash: bool
) -> None:
    board.change_one()
    board.killed(board.words(reflash=reflash), random.Random(number).uniform(0.5, 2.5))
    result = board.update(reflash=reflash)
    assert set(OWN) <= set(result["kept"]) | set(result["sent"])
    board.check_nothing_lost(config)


@pytest.mark.parametrize("number", range(2))
def test_after_a_kill_the_next_make_succeeds(toolkit: Toolkit, tmp_path: Path, number: int) -> None:
    board = UpdateBoard(toolkit, tmp_path, name="killed")
    board.killed(board.make_words, random.Random(number).uniform(0.5, 2.5))
    made = toolkit.json(*board.make_words)
    assert made["ok"], made["error"]
    assert made["result"]["device"]["fuid"] == "killed"
