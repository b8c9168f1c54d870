"""`--linter [FILE]`: check device code; the mission's two tables, and what is wrong."""

from pathlib import Path
from typing import TYPE_CHECKING

from devtoolkit.cli._app import Session
from devtoolkit.cli._console import Console
from devtoolkit.cli._options import Command, Option

if TYPE_CHECKING:
    from devtoolkit.services.devtools.lint import LintReport, Row

_NO_PYLINT = Option("--no-pylint", "with -lint: our own rules only, which takes a second")


def run(session: Session) -> "LintReport":
    from devtoolkit.services.devtools import lint

    args = session.args
    files = (Path(args.linter).expanduser(),) if args.linter else ()
    return lint.run(extra=files, pylint=not args.no_pylint, force=args.force_update)


def show(console: Console, report: "LintReport") -> None:
    _table(console, "micrOS core resources", report.core, report.sums.core_lines)
    _table(console, "micrOS Load Module resources", report.modules, report.sums.module_lines)
    sums = report.sums
    if report.pylint[:1].isdigit():
        scores = [f"{name} {score:.2f}" for name, score in _scores(report) if score]
        console.line(f"pylint {report.pylint}: mean of {', '.join(scores)}")
    else:
        console.line(f"No pylint scores: {report.pylint}")
    console.line(f"PIN MAP LINES: {sums.pin_lines}")
    for key, value in report.differences.items():
        console.line(f"  {key}: {value:+g} since the stored run")
    if report.differences and not report.stored and report.sums.core_score:
        console.line("Something got worse, so the stored run stays as it is (-f replaces it).")
    for finding in report.findings:
        console.line(f"{finding.file}:{finding.line}: {finding.text} [{finding.rule}]")
    if not report.findings:
        console.line("No defect.")


def _scores(report: "LintReport") -> tuple[tuple[str, float], ...]:
    return ("core", report.sums.core_score), ("load modules", report.sums.module_score)


def _table(console: Console, title: str, rows: "tuple[Row, ...]", lines: int) -> None:
    if not rows:
        return
    console.line(title)
    for row in rows:
        score = "n/a" if row.pylint is None else f"{row.pylint:g}"
        told = f"(mlint: {row.mlint})\t(pylint: {score})\t(ref.: {row.references})"
        console.line(f"\t{row.index}\t{row.lines}\t{row.file:<24} {told}")
    console.line(f"\nSUM CODE LINES (WITH COMMENTS, WITHOUT EMPTY LINES): {lines}\n")


COMMAND = Command(
    option=Option(
        "--linter",
        "check the device source, or one file of your own: rules of micrOS, and pylint",
        short="-lint",
        takes="optional",
        metavar="FILE",
    ),
    order=91,
    group="Development",
    result="devtoolkit.services.devtools.lint:LintReport",
    run=run,
    show=show,
    modifiers=(_NO_PYLINT,),
)
