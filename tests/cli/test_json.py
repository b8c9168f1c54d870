"""`--json`: one object on stdout, valid against the schema that is published in the docs."""

import json
from pathlib import Path

import generate
import jsonschema
import pytest

from devtoolkit.cli._registry import commands
from devtoolkit.launcher import main

ROOT = Path(__file__).resolve().parents[2]


def test_published_schemas_are_what_the_commands_say() -> None:
    on_disk = {path.name: path.read_text(encoding="utf-8") for path in generate.FOLDER.glob("*.json")}
    assert on_disk == generate.texts(), "run `python3 dev.py docs`"


def validate(command: str, text: str) -> dict[str, object]:
    assert text.count("\n") == 1
    value = json.loads(text)
    jsonschema.validate(value, json.loads((generate.FOLDER / f"{command}.json").read_text(encoding="utf-8")))
    assert isinstance(value, dict)
    return value


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("version", ["-v"]),
        ("list_devs_n_bins", ["-l"]),
        ("clean", ["-cl", "--yes"]),
        ("search_devices", ["-s", "--seconds", "1"]),
        ("cross_compile_micros", ["-cc"]),
    ],
)
def test_commands_that_need_no_board_print_a_valid_object(
    command: str, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*words, "--json"]) == 0
    assert validate(command, capsys.readouterr().out)["ok"] is True


@pytest.mark.parametrize("command", [command for command in commands() if command.changes_board], ids=lambda c: c.name)
def test_a_failure_is_a_valid_object_too(command: object, capsys: pytest.CaptureFixture[str]) -> None:
    option = command.option
    words = [option.long, "nothing"] if option.takes == "one" else [option.long]
    for name, given in (("--board", "esp32"), ("--port", "/dev/ttyNOTHERE")):
        words += [name, given] if name in {modifier.long for modifier in command.modifiers} else []
    code = main([*words, "--json"])
    value = validate(command.name, capsys.readouterr().out)
    assert code == 2
    assert value["ok"] is False


def test_a_modifier_of_another_command_is_refused_before_anything_is_done(capsys: pytest.CaptureFixture[str]) -> None:
    erase = ["--erase", "--board", "esp32", "--port", "virtual:stray", "--yes", "--dry-run"]
    for words, told in (
        (erase, "--dry-run does nothing with --erase."),
        (["-cl", "--dev", "lamp", "--yes"], "--dev does nothing with --clean."),
    ):
        assert main([*words, "--json"]) == 2
        assert told in json.loads(capsys.readouterr().out)["error"]["message"]
    assert main(["-p", "--dev lamp hello", "--json"]) == 2
    assert "goes with -c." in capsys.readouterr().out


def test_connect_to_an_unknown_node_fails_with_a_valid_object(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["-c", "-p", "--dev nobody hello", "--json"]) != 0
    assert "nobody" in str(validate("connect", capsys.readouterr().out)["error"])


def test_a_usage_error_prints_an_object_as_well(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--mkae", "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["error"]["type"] == "UsageError"
