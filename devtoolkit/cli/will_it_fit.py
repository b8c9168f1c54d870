"""`--will-it-fit [MODULES]`: heap and flash of a board with these modules, before anything is sent."""

from typing import TYPE_CHECKING

from devtoolkit.cli._app import Session
from devtoolkit.cli._console import Console
from devtoolkit.cli._options import BOARD, Command, Option
from devtoolkit.errors import UsageError

if TYPE_CHECKING:
    from devtoolkit.services.devtools.fit import Fit, FitReport

_HEAP = Option(
    "--heap", "with --will-it-fit: bytes of heap the board has, when you know them", takes="one", metavar="N"
)


def run(session: Session) -> "FitReport":
    from devtoolkit.services.devtools import fit

    args = session.args
    if not args.will_it_fit:
        return fit.FitReport(None, fit.sizes())
    if args.heap is not None and not args.heap.isdigit():
        raise UsageError(f"--heap {args.heap}: not a number.", hint="Give bytes, for example 112000.")
    modules = args.will_it_fit.replace(",", " ").split()
    return fit.FitReport(fit.predict(modules, args.board or "esp32", heap=int(args.heap) if args.heap else None))


def show(console: Console, report: "FitReport") -> None:
    if report.fit:
        _show_fit(console, report.fit)
        return
    console.line(
        f"{'file':<20}{'lines':>8}{'source':>9}{'.mpy':>8}{'import':>8}{'opened':>8}   (bytes; heap: of a board)"
    )
    for row in report.table:
        heap = "".join(f"{'' if value is None else f'{value:,}':>8}" for value in (row.import_heap, row.opened_heap))
        console.line(f"{row.name:<20}{row.lines:>8,}{row.source:>9,}{row.mpy:>8,}{heap}")


def _show_fit(console: Console, fit: "Fit") -> None:
    console.line(f"{'on ' + fit.board:<28}{'heap':>10}{'flash':>10}")
    console.line(f"{'the system, after boot':<28}{fit.heap_base:>10,}")
    for share in fit.modules:
        told = "" if share.measured else "   not measured: from its size"
        console.line(f"  {share.module:<26}{share.heap:>10,}{share.flash:>10,}{told}")
    free = fit.flash_total - fit.flash_used
    console.line(f"{'free':<28}{fit.heap_free:>10,}{free:>10,}   of {fit.heap_total:,} and {fit.flash_total:,}")
    console.line(f"The free heap may differ by {fit.error:,} bytes. Flash is with all bundled modules.")
    for note in fit.notes:
        console.line(note)


COMMAND = Command(
    option=Option(
        "--will-it-fit",
        "predict free heap and flash of --board with these modules (names or own .py files); alone: sizes of all files",
        takes="optional",
        metavar="MODULES",
    ),
    order=92,
    group="Development",
    result="devtoolkit.services.devtools.fit:FitReport",
    run=run,
    show=show,
    modifiers=(BOARD, _HEAP),
)
