"""What `python3 dev.py docs` makes is what is in the repository; the benchmarks' page says what was measured."""

import json
import sys
from pathlib import Path
from typing import Any

import generate
import pytest
from doc_blocks import ROOT, name_of

sys.path.insert(0, str(ROOT / "bench"))
import page

FILES = generate.everything()


def test_generated_files_are_up_to_date() -> None:
    old = [name_of(file) for file, text in FILES.items() if not file.exists() or file.read_text("utf-8") != text]
    assert old == [], "run `python3 dev.py docs`"


def test_no_generated_file_is_left_over() -> None:
    assert [name_of(file) for file in generate.left_over()] == []


def test_every_configuration_key_and_every_option_is_on_its_page() -> None:
    from devtoolkit.cli._registry import all_options, commands
    from devtoolkit.model.node_config import KEYS

    keys, options = FILES[generate.DOCS / "reference" / "configuration.md"], FILES[generate.commands_page.PATH]
    assert [key.key for key in KEYS if f"| `{key.key}` |" not in keys] == []
    known = all_options(commands())
    assert [one.long for one in known if f"`{one.long}" not in options] == []


def figure(value: float, ratio: float | None, against: str, name: str = "x") -> dict[str, Any]:
    return {"name": name, "value": value, "unit": "s", "ratio": ratio, "against": against}


@pytest.mark.parametrize(
    ("ratio", "against", "goal", "met"),
    [
        (0.7, "goal 2 s", "at most 2 s", True),
        (1.01, "goal 2 s", "at most 2 s", False),
        (0.5, "budget", "at most 2 s", True),
        (0.8, "bare (wanted: 0.70)", "at least 0.7 x bare", True),
        (0.6, "bare (wanted: 0.70)", "at least 0.7 x bare", False),
        (1.4, "plain (goal 1.3)", "at most 1.3 x plain", False),
        (12.0, "ours, goal 10", "10 x as long as ours", True),
        (9.0, "ours, goal 10", "10 x as long as ours", False),
        (0.99, "all cuts", "all cuts", False),
        (1.0, "19", "all of 19", True),
        (1.1, "the limit of 250 ms", "at most 250 ms", False),
    ],
)
def test_a_goal_is_read_from_what_a_figure_is_compared_with(ratio: float, against: str, goal: str, met: bool) -> None:
    assert page.verdict(figure(1.0, ratio, against)) == page.Verdict(goal, met)


@pytest.mark.parametrize(("value", "met"), [(149.0, True), (151.0, False)])
def test_a_start_is_compared_with_python_and_has_its_goal_beside(value: float, met: bool) -> None:
    start = figure(value, 9.0, "python", "--help") | {"unit": "ms"}
    assert page.verdict(start) == page.Verdict("at most 150 ms", met)


@pytest.mark.parametrize("against", ["", "python", "wire limit", "ours", "plain loop", "estimate"])
def test_a_plain_comparison_is_no_goal(against: str) -> None:
    assert page.verdict(figure(1.0, 2.0, against)) is None


def test_the_page_names_what_was_missed_and_what_was_not_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page, "RESULTS", tmp_path)
    page.store("fast", [figure(1.0, 0.5, "goal 2 s", "good one"), figure(3.0, 1.5, "goal 2 s", "slow one")], 4.2)
    told = page.text(["fast", "other"], {"fast": "What it does."})
    assert "**1 of 2 goals met** in 1 benchmarks." in told
    assert "| `fast` | slow one | 3 s | at most 2 s |" in told
    assert "| good one | 1 s | 0.50 x | at most 2 s | met |" in told
    assert "## Not measured yet\n\n`other`." in told
    assert json.loads((tmp_path / "fast.json").read_text())["figures"][0]["name"] == "good one"


def test_results_of_a_newer_version_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page, "RESULTS", tmp_path)
    page.store("fast", [], 0.0)
    (tmp_path / "fast.json").write_text((tmp_path / "fast.json").read_text().replace('"version": 1', '"version": 2'))
    with pytest.raises(ValueError, match="fast were written by a newer version"):
        page.results()
