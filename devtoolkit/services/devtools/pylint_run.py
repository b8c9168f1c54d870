"""pylint over device code: a score per file, and the messages that are defects whatever the style.

MicroPython's own modules do not exist here, so what they lack for CPython is no message.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from devtoolkit import extras
from devtoolkit.errors import ToolError

if TYPE_CHECKING:
    from pylint.utils.linterstats import ModuleStats

_DEFECTS = ("syntax-error", "undefined-variable")
_CORE_DEFECTS = (*_DEFECTS, "no-member")
# MicroPython's modules that CPython has with other members, and modules that are only on the device.
_IGNORED_MODULES = "asyncio,time,os,sys,gc,socket,select,random,micropython,machine,network,math,binascii,ssl,struct"
_OFF = (
    "import-error",
    "no-name-in-module",
    "import-outside-toplevel",  # device code imports late, for memory
    "consider-using-f-string",  # they cost flash
    "invalid-name",  # LM_x, IO_x
    "duplicate-code",  # it needs all files at once, and sensor modules are alike on purpose
    "redefined-builtin",  # help is a command of every module
    "unsubscriptable-object",  # hardware that is None until it is opened
    "unsupported-assignment-operation",
    "too-many-function-args",  # pylint takes MicroPython's callables for CPython's
)
_ARGUMENTS = (
    f"--disable={','.join(_OFF)}",
    f"--ignored-modules={_IGNORED_MODULES}",
    "--generated-members=wait,send",  # a pause handed on in an exception; a coroutine that pylint takes for its result
    "--max-line-length=120",
    "--score=n",
    "--persistent=n",
    "--clear-cache-post-run=y",  # the next run may be over another source with modules of the same names
    "--rcfile=",
)


@dataclass(frozen=True, slots=True)
class Defect:
    """One message that counts as a defect; `symbol` is pylint's name for it."""

    file: Path
    line: int
    symbol: str
    text: str


@dataclass(frozen=True, slots=True)
class Scores:
    """`scores`: file -> 0..10 by pylint's own formula (negative is possible)."""

    version: str
    scores: dict[Path, float]
    defects: tuple[Defect, ...]


def run(files: Sequence[tuple[Path, bool]], *, only_defects: bool = False) -> Scores:
    """Checks each (file, whether it is of the core). `only_defects` leaves out all that only makes the score.

    Raises ToolError when pylint is not installed.
    """
    try:
        import pylint  # late: it is no part of a plain installation
        from pylint.lint import Run
        from pylint.reporters import CollectingReporter
    except ImportError as error:
        raise ToolError("pylint is not installed.", hint=f"Try: {extras.command('lint')}") from error
    core = {file.resolve() for file, of_core in files if of_core}
    reporter = CollectingReporter()
    limit = ("--disable=all", f"--enable={','.join(_CORE_DEFECTS)}") if only_defects else ()
    names = [str(file) for file, _ in files]
    linter = Run([*_ARGUMENTS, *limit, *names], reporter=reporter, exit=False).linter
    by_stem = {file.stem: file for file, _ in files}
    scores = {by_stem[name]: _score(stats) for name, stats in linter.stats.by_module.items() if name in by_stem}
    defects = tuple(
        Defect(Path(message.abspath), message.line, message.symbol, message.msg)
        for message in reporter.messages
        if message.symbol in (_CORE_DEFECTS if Path(message.abspath).resolve() in core else _DEFECTS)
    )
    return Scores(pylint.__version__, scores, defects)


def _score(stats: "ModuleStats") -> float:
    """pylint's formula for one file."""
    statements = stats["statement"]
    if stats["fatal"] or not statements:
        return 0.0 if stats["fatal"] or stats["error"] else 10.0
    weighed = 5 * stats["error"] + stats["warning"] + stats["refactor"] + stats["convention"]
    return round(10.0 - weighed / statements * 10, 2)
