"""The file manager and the backup over USB, by the commands a user types, against one deployed virtual board."""

import json
from pathlib import Path
from typing import Any

import pytest
from toolkit_process import Toolkit

PORT = ("--port", "virtual:demo")


@pytest.fixture(scope="module", autouse=True)
def deployed(made: dict[str, Any]) -> None:
    assert made["ok"], made["error"]


def listed(toolkit: Toolkit) -> dict[str, int]:
    answer = toolkit.json("-ls", *PORT)
    assert answer["ok"], answer["error"]
    return {entry["path"]: entry["size"] for entry in answer["result"]["files"]}


def test_the_listing_holds_the_manifest_and_the_space(toolkit: Toolkit, made: dict[str, Any]) -> None:
    answer = toolkit.json("-ls", *PORT)
    assert answer["result"]["uid"] == made["result"]["uid"]
    assert answer["result"]["size"] == 2 * 2**20
    assert 0 < answer["result"]["free"] < answer["result"]["size"]
    assert {"main.py", "micrOS.mpy", "node_config.json"} <= {entry["path"] for entry in answer["result"]["files"]}


def test_files_are_put_got_and_removed(toolkit: Toolkit, tmp_path: Path) -> None:
    first, second = tmp_path / "one.txt", tmp_path / "two.bin"
    first.write_bytes(b"one\n")
    second.write_bytes(bytes(range(256)) * 40)
    put = toolkit.json("--put", str(first), "--put", str(second), "--to", "www/deep", *PORT)
    assert put["ok"], put["error"]
    assert listed(toolkit)["www/deep/two.bin"] == 10240
    got = toolkit.json("--get", "www/deep/two.bin", "--get", "/www/deep/one.txt", "--to", str(tmp_path / "out"), *PORT)
    assert got["ok"], got["error"]
    assert (tmp_path / "out/www/deep/two.bin").read_bytes() == second.read_bytes()
    assert (tmp_path / "out/www/deep/one.txt").read_bytes() == b"one\n"
    removed = toolkit.json("--rm", "www", "--yes", *PORT)
    assert sorted(entry["path"] for entry in removed["result"]["files"]) == ["www/deep/one.txt", "www/deep/two.bin"]
    assert not [path for path in listed(toolkit) if path.startswith("www")]


def test_ampy_is_a_transport_as_well(toolkit: Toolkit, tmp_path: Path) -> None:
    file = tmp_path / "by_ampy.txt"
    file.write_bytes(b"\x00\x01\x03\x04\xff" * 300)
    put = toolkit.json("--put", str(file), "--transport", "ampy", *PORT)
    assert put["ok"], put["error"]
    got = toolkit.json("--get", "by_ampy.txt", "--to", str(tmp_path / "out"), "--transport", "ampy", *PORT)
    assert got["ok"], got["error"]
    assert (tmp_path / "out/by_ampy.txt").read_bytes() == file.read_bytes()
    assert toolkit.json("--rm", "by_ampy.txt", "--yes", "--transport", "ampy", *PORT)["ok"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--get", "nothing.txt"), "no file nothing.txt"),
        (("--rm", "nothing.txt", "--yes"), "nothing was removed"),
        (("--put", "/nowhere/file.txt"), "No such file"),
        (("--get", "../../etc/passwd"), "not a path on a board"),
        (("--restore", "/nowhere", "--yes"), "not a backup"),
        (("-u",), "no terminal"),
        (("-ls", "--transport", "carrier-pigeon"), "invalid choice"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(toolkit: Toolkit, words: tuple[str, ...], said: str) -> None:
    done = toolkit(*words, *PORT)
    assert done.returncode not in (0, None)
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_backup_brings_everything_back_and_keeps_its_history(toolkit: Toolkit, tmp_path: Path) -> None:
    mine = tmp_path / "LM_mine.py"
    mine.write_text("def hello():\n    return 'mine'\n")
    assert toolkit.json("--put", str(mine), *PORT)["ok"]
    saved = toolkit.json("-b", "--all", *PORT)
    assert saved["ok"], saved["error"]
    folder = Path(saved["result"]["folder"])
    assert (folder / "files/LM_mine.py").read_text() == mine.read_text()
    assert (folder / "files/node_config.json").stat().st_mode & 0o077 == 0
    assert toolkit.json("--rm", "LM_mine.py", "--rm", "LM_rgb.mpy", "--yes", *PORT)["ok"]
    back = toolkit.json("--restore", "--yes", *PORT)
    assert back["ok"], back["error"]
    assert {"LM_mine.py", "LM_rgb.mpy"} <= {entry["path"] for entry in back["result"]["files"]}
    assert listed(toolkit)["LM_mine.py"] == len(mine.read_text())
    again = toolkit.json("-b", "--all", *PORT)
    assert again["result"]["kept"] == 2
    (folder / "files/LM_mine.py").write_text("changed")
    damaged = toolkit.json("--restore", str(folder), "--yes", *PORT)
    assert "LM_mine.py was changed" in damaged["error"]["message"]


def test_the_configuration_is_archived_and_put_back(toolkit: Toolkit, tmp_path: Path) -> None:
    saved = toolkit.json("-b", *PORT)
    assert saved["ok"], saved["error"]
    file = Path(saved["result"]["folder"])
    kept = json.loads(file.read_text())
    assert kept["devfid"] == "demo"
    assert file.stat().st_mode & 0o077 == 0
    changed = tmp_path / "changed.json"
    changed.write_text(json.dumps({**kept, "cron": not kept["cron"]}))
    back = toolkit.json("--restore", str(changed), "--yes", *PORT)
    assert back["ok"], back["error"]
    assert [entry["path"] for entry in back["result"]["files"]] == ["node_config.json"]
    now = json.loads(Path(toolkit.json("-b", *PORT)["result"]["folder"]).read_text())
    assert now == {**kept, "cron": not kept["cron"]}
    assert toolkit.json("--restore", str(file), "--yes", *PORT)["ok"]


def test_the_node_runs_again_after_its_files_were_looked_at(toolkit: Toolkit) -> None:
    with toolkit.simulated("demo"):
        assert "main.py" in listed(toolkit)
        answer = toolkit.json("-s", "--seconds", "10")
        assert "demo" in [device["fuid"] for device in answer["result"]["devices"]]
