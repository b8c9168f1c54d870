"""The linter: our rules and pylint over the device source, as the mission's two tables, compared with the last run."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from devtoolkit import paths
from devtoolkit.errors import ToolError, ToolkitError
from devtoolkit.services import datafile
from devtoolkit.services.devtools import lint_rules, pin_maps, pylint_run, sources
from devtoolkit.services.devtools.lint_rules import Finding, Known
from devtoolkit.services.devtools.sources import Source

STORED = "system_analysis.json"
_BETTER_HIGH = ("core_score", "module_score")


class LintError(ToolkitError):
    """Device code has defects."""


@dataclass(frozen=True, slots=True)
class Row:
    """One file. `lines`: neither empty nor only a comment. `mlint`: our rules find nothing. `references`: files that
    import it. `pylint`: 0..10, None without pylint.
    """

    index: int
    lines: int
    file: str
    mlint: bool
    pylint: float | None
    references: int


@dataclass(frozen=True, slots=True)
class Sums:
    """Files, lines and mean scores of core and load modules; `pins`: lines of the pin maps. `defects`: of all files."""

    core_files: int = 0
    core_lines: int = 0
    core_score: float = 0.0
    module_files: int = 0
    module_lines: int = 0
    module_score: float = 0.0
    pin_lines: int = 0
    defects: int = 0


@dataclass(frozen=True, slots=True)
class LintReport:
    """`differences`: figure -> now minus the stored run. `pylint`: its version, or why there are no scores."""

    core: tuple[Row, ...]
    modules: tuple[Row, ...]
    findings: tuple[Finding, ...]
    sums: Sums
    differences: dict[str, float]
    pylint: str
    stored: bool = False

    @property
    def error(self) -> LintError | None:
        """Set when there is a defect."""
        if not self.findings:
            return None
        files = sorted({finding.file for finding in self.findings})
        return LintError(
            f"{len(self.findings)} defects in {', '.join(files)}.", hint="They are listed above.", files=files
        )


def run(
    folder: Path | None = None, *, extra: Sequence[Path] = (), pylint: bool = True, force: bool = False
) -> LintReport:
    """Lint a source folder, the bundled one when None, with further modules (`extra`).

    The figures are kept when none got worse, or with `force`. Raises BuildError for files that cannot be read.
    """
    system = sources.read_all(folder or paths.micros_source())
    own = tuple(sources.read(file) for file in extra)
    every = (*(one for one in system if one.name not in {mine.name for mine in own}), *own)
    known = Known({one.name: one for one in every}, pin_maps.known_names(every))
    checked = own or every
    findings = [finding for one in checked for finding in lint_rules.check(one, known)]
    scores, told = _pylint(checked) if pylint else (pylint_run.Scores("", {}, ()), "left out")
    findings += [Finding(one.file.name, one.line, one.symbol, one.text) for one in scores.defects]
    report = _report(checked, every, findings, scores, told)
    return compared(report, force=force) if not own and folder is None else report


def _pylint(checked: Sequence[Source]) -> tuple[pylint_run.Scores, str]:
    files = [(one.path, one.kind == "core") for one in checked if not one.problem]
    try:
        scores = pylint_run.run(files)
    except ToolError as error:
        return pylint_run.Scores("", {}, ()), str(error)
    return scores, scores.version


def _report(
    checked: Sequence[Source], every: Sequence[Source], findings: list[Finding], scores: pylint_run.Scores, told: str
) -> LintReport:
    used = Counter(name for one in every for name in sources.imports(one.tree) if name != one.name)
    bad = {finding.file for finding in findings}

    def rows(kinds: tuple[str, ...]) -> tuple[Row, ...]:
        chosen = [one for one in checked if one.kind in kinds]
        return tuple(
            Row(
                index,
                sources.code_lines(one.text),
                one.path.name,
                one.path.name not in bad,
                scores.scores.get(one.path),
                used[one.name],
            )
            for index, one in enumerate(chosen, 1)
        )

    core, modules = rows(("core",)), rows(("load_module", "helper"))
    maps = rows(("pin_map",))
    sums = Sums(
        core_files=len(core),
        core_lines=sum(row.lines for row in core),
        core_score=_mean(core),
        module_files=len(modules),
        module_lines=sum(row.lines for row in modules),
        module_score=_mean(modules),
        pin_lines=sum(row.lines for row in maps),
        defects=len(findings),
    )
    return LintReport(core, modules, tuple(findings), sums, {}, told)


def _mean(rows: Sequence[Row]) -> float:
    scores = [row.pylint for row in rows if row.pylint is not None]
    return round(sum(scores) / len(scores), 2) if scores else 0.0


def compared(report: LintReport, *, force: bool) -> LintReport:
    """With the differences to the stored run, which is replaced when no score fell and no defect came.

    A run without pylint has no scores to compare and is not stored.
    """
    file = paths.user_data() / STORED
    with datafile.locked(file):
        old, _note = datafile.read_object(file)
        differences = _differences(old.get("sums"), report.sums)
        worse = differences.get("defects", 0) > 0 or any(differences.get(key, 0) < 0 for key in _BETTER_HIGH)
        keep = bool(report.sums.core_score) and (force or not worse)
        if keep:
            datafile.write_object(file, {"schema": 1, **asdict(report)})
    return replace(report, differences=differences, stored=keep)


def _differences(before: object, now: Sums) -> dict[str, float]:
    if not isinstance(before, dict):
        return {}
    return {
        key: round(value - before[key], 2)
        for key, value in asdict(now).items()
        if isinstance(before.get(key), int | float) and value != before[key] and (value or key not in _BETTER_HIGH)
    }
