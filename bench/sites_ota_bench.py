"""An update of 12 virtual nodes over 3 sites while one site's worker is killed (SIGKILL) and started again.

Redis, three workers and the centre are separate processes on this machine; the nodes run the device's own code, their
trial is 1 s here (60 s for users). The same with nobody killed comes first.
Repeat with `python3 dev.py bench sites_ota`.
"""

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from run import Figure

sys.path.append(str(Path(__file__).resolve().parents[1] / "tests" / "support"))
from site_processes import SiteProcess
from site_updates import SitedNodes, kill_while_applying, kill_while_sending, sited_nodes, update_all
from update_nodes import changed_build

from devtoolkit.services.ota.request import UpdateReport
from devtoolkit.tools import mpy_cross

SITES, NODES = ("east", "north", "west"), 4
Kill = Callable[[SitedNodes, SiteProcess], None]
_MODULE = b"def what():\n    return %d\n"


def _version(folder: Path, number: int) -> Path:
    new = mpy_cross.compile_source(_MODULE % number, "LM_extra.py")
    return changed_build(folder / f"v{number}", {"LM_extra.mpy": new}, f"2.3.{number}-0")


def _checked(there: SitedNodes, report: UpdateReport, before: list[int], number: int) -> list[int]:
    """Every node is complete, and restarted as often as one update makes it; the restarts."""
    told = [(node.device.label, node.outcome, node.failure) for node in report.nodes]
    assert all(node.outcome == "updated" for node in report.nodes), told
    assert len(report.nodes) == len(SITES) * NODES, told
    states = there.states()
    assert {(state["to"], state["state"]) for state in states} == {(f"2.3.{number}-0", "confirmed")}, states
    return [now - then for now, then in zip(there.restarts(), before, strict=True)]


def _killed(there: SitedNodes, folder: Path, number: int, kill: Kill, **options: object) -> tuple[UpdateReport, int]:
    """The report, and the most restarts of a node."""
    before = there.restarts()
    source = _version(folder, number)
    report = update_all(there, folder / "centre", source, lambda: kill(there, there.sites[1]), **options)
    return report, max(_checked(there, report, before, number))


def _undisturbed(_there: SitedNodes, _site: SiteProcess) -> None:
    return


def run() -> list[Figure]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with sited_nodes(folder, SITES, NODES, "sb") as there:
            plain, usual = _killed(there, folder, 1, _undisturbed, mode="full")
            sending, restarts = _killed(there, folder, 2, kill_while_sending, mode="full")
            applying, more = _killed(there, folder, 3, kill_while_applying)
    resumed = sum("has finished it" in note for node in applying.nodes for note in node.notes)
    count = len(SITES) * NODES
    return [
        Figure(f"{count} nodes over {len(SITES)} sites, all files, all verdicts", plain.seconds, "s"),
        Figure(
            "  one worker killed while it sends", sending.seconds, "s", sending.seconds / plain.seconds, "undisturbed"
        ),
        Figure("    updated", sending.counted("updated"), "", sending.counted("updated") / count, f"all {count}"),
        Figure("    most restarts of a node", restarts, "", restarts / usual, "undisturbed"),
        Figure("  one worker killed after nodes have restarted (one module)", applying.seconds, "s"),
        Figure("    updated", applying.counted("updated"), "", applying.counted("updated") / count, f"all {count}"),
        Figure("    of it found complete by the successor", resumed, ""),
        Figure("    most restarts of a node", more, "", more / usual, "undisturbed"),
    ]
