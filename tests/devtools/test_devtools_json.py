"""`--json` of the developer tools: one object, valid against the schema that is published."""

import json
from pathlib import Path

import generate
import jsonschema
import pytest

from devtoolkit.cli._registry import commands
from devtoolkit.launcher import main

BAD = Path(__file__).parent / "bad_modules" / "modules" / "LM_blocking.py"
SCHEMAS = {command.name: generate.schema_of(command) for command in commands()}


@pytest.mark.parametrize(
    ("name", "words", "code"),
    [
        ("linter", ["-lint", str(BAD), "--no-pylint"], 1),
        ("manual", ["--manual", "servo"], 0),
        ("will_it_fit", ["--will-it-fit", "rgb neopixel"], 0),
        ("will_it_fit", ["--will-it-fit"], 0),
        ("will_it_fit", ["--will-it-fit", "roboarm", "--heap", "50000"], 1),
        ("pin_check", ["--pin-check", "rgb servo"], 1),
        ("doctor", ["--doctor"], 0),
        ("watch_module", ["--watch-module", str(BAD), "--dev", "nobody"], 20),
        ("new_module", ["--new-module", "1wrong"], 2),
    ],
)
def test_the_object_is_valid_and_the_exit_code_tells(
    name: str, words: list[str], code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*words, "--json"]) == code
    text = capsys.readouterr().out
    assert text.count("\n") == 1
    value = json.loads(text)
    jsonschema.validate(value, SCHEMAS[name])
    assert value["ok"] is (code == 0)
    assert (value["error"] is None) is (code == 0)


def test_a_made_module_is_a_valid_object(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--new-module", "fan", "--to", str(tmp_path), "--json"]) == 0
    jsonschema.validate(json.loads(capsys.readouterr().out), SCHEMAS["new_module"])
