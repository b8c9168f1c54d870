"""The linter: every planted defect is found on its line and nothing else, ours has none, figures are compared."""

import json
import re
from pathlib import Path

import pytest

from devtoolkit import paths
from devtoolkit.launcher import main
from devtoolkit.services.devtools import lint, lint_rules, pylint_run, sources

BAD = Path(__file__).parent / "bad_modules"
_PLANTED = re.compile(r"# planted: (.+)")
Place = tuple[str, int, str]


def planted() -> set[Place]:
    found = set()
    for file in sorted(BAD.rglob("*.py")):
        for number, line in enumerate(file.read_text().splitlines(), 1):
            match = _PLANTED.search(line)
            found |= {(file.name, number, rule) for rule in match[1].split()} if match else set()
    return found


@pytest.fixture(scope="module")
def bad() -> lint.LintReport:
    return lint.run(BAD)


def test_every_planted_defect_is_found_on_its_line_and_nothing_else(bad: lint.LintReport) -> None:
    assert {(one.file, one.line, one.rule) for one in bad.findings} == planted()
    assert bad.error is not None
    assert not {row.file for row in (*bad.core, *bad.modules) if row.mlint} & {file for file, _, _ in planted()}


def test_every_rule_has_a_planted_defect() -> None:
    symbols = {"syntax", "undefined-variable", "no-member"}
    assert {rule for _, _, rule in planted()} == set(lint_rules.RULES) | symbols


def test_our_device_source_has_no_defect_by_our_rules() -> None:
    report = lint.run(pylint=False)
    assert report.findings == ()
    assert len(report.core) > 40
    assert all(row.lines > 0 and row.mlint for row in (*report.core, *report.modules))
    assert {row.file: row.references for row in report.core}["Common.py"] > 20


def test_our_device_source_has_no_defect_by_pylint() -> None:
    files = [(one.path, one.kind == "core") for one in sources.read_all(paths.micros_source())]
    assert pylint_run.run(files, only_defects=True).defects == ()


def test_scores_lines_and_references_stand_in_the_tables(
    bad: lint.LintReport, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    rows = {row.file: row for row in bad.modules}
    assert rows["LM_pins.py"].references == 1, "the core's Tasks imports it"
    assert rows["LM_helpless.py"].lines == sum(
        bool(line.strip()) for line in (BAD / "modules" / "LM_helpless.py").read_text().splitlines()
    )
    assert rows["LM_blocking.py"].pylint is not None
    assert rows["LM_blocking.py"].pylint < rows["LM_newer.py"].pylint
    file = tmp_path / "LM_mine.py"
    file.write_text("import os\n\n\ndef one():\n    return os.listdir(nowhere)\n")
    assert main(["-lint", str(file)]) == 1
    printed = capsys.readouterr().out
    assert re.search(r"1\t3\tLM_mine.py +\(mlint: False\)\t\(pylint: -?[\d.]+\)\t\(ref.: 0\)", printed)
    assert "LM_mine.py:5: Undefined variable 'nowhere' [undefined-variable]" in printed
    assert "LM_mine.py:4: one has no docstring; the manual is made of them [no_docstring]" in printed
    assert "SUM CODE LINES (WITH COMMENTS, WITHOUT EMPTY LINES): 3" in printed


def test_a_run_is_compared_with_the_stored_one_which_a_worse_run_does_not_replace(user_data: Path) -> None:
    def stored() -> dict[str, float]:
        value: dict[str, float] = json.loads((user_data / lint.STORED).read_text())["sums"]
        return value

    def report(score: float, defects: int) -> lint.LintReport:
        return lint.LintReport((), (), (), lint.Sums(core_score=score, core_lines=100, defects=defects), {}, "4")

    first = lint.compared(report(9.0, 0), force=False)
    assert (first.differences, first.stored) == ({}, True)
    better = lint.compared(report(9.5, 0), force=False)
    assert (better.differences, better.stored) == ({"core_score": 0.5}, True)
    worse = lint.compared(report(9.2, 1), force=False)
    assert (worse.differences, worse.stored) == ({"core_score": -0.3, "defects": 1}, False)
    assert stored()["core_score"] == 9.5
    assert lint.compared(report(9.2, 1), force=True).stored
    assert stored()["defects"] == 1


def test_without_pylint_the_rules_still_run_and_the_report_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pylint", None)
    file = tmp_path / "LM_mine.py"
    file.write_text('def one():\n    """One."""\n    return print(1)\n')
    assert main(["-lint", str(file)]) == 1
    printed = capsys.readouterr().out
    assert "pylint is not installed. Try: python -m pip install 'pylint" in printed
    assert "[prints]" in printed
