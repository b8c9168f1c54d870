"""The doctor: what is right and wrong with this machine and what the toolkit has, each with the way out."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from devtoolkit.errors import ToolkitError
from devtoolkit.services.devtools import doctor_checks as checks

State = Literal["ok", "warn", "fail"]


class UnwellError(ToolkitError):
    """Something that the toolkit needs is missing or broken."""


@dataclass(frozen=True, slots=True)
class Finding:
    """`warn`: some of the toolkit's work will not go; `fail`: most of it. `way_out`: what to do, empty for ok."""

    area: str
    state: State
    text: str
    way_out: str = ""


@dataclass(frozen=True, slots=True)
class DoctorReport:
    """All findings, in the order in which the parts were looked at."""

    findings: tuple[Finding, ...]

    def counted(self, state: State) -> int:
        """How many findings are in this state."""
        return sum(finding.state == state for finding in self.findings)

    @property
    def error(self) -> UnwellError | None:
        """Set when something failed; warnings are no error."""
        bad = [finding for finding in self.findings if finding.state == "fail"]
        if not bad:
            return None
        return UnwellError(f"{bad[0].area}: {bad[0].text}", hint=bad[0].way_out, failed=len(bad))


_AREAS: tuple[tuple[str, Callable[[], Iterator[checks.Told]]], ...] = (
    ("versions", checks.versions),
    ("environment", checks.environment),
    ("data folder", checks.data_folder),
    ("device files", checks.device_files),
    ("virtual boards", checks.virtual_boards),
    ("window", checks.window),
    ("serial ports", checks.serial),
    ("firmware", checks.firmware),
    ("network", checks.network),
    ("mDNS", checks.mdns),
    ("nodes", checks.nodes),
    ("pins", checks.pin_clashes),
)


def examine(on_area: Callable[[str], object] = lambda _area: None) -> DoctorReport:
    """Look at everything; `on_area` hears of each part before it is looked at. Changes nothing, opens no port."""
    found: list[Finding] = []
    for area, look in _AREAS:
        on_area(area)
        try:
            found += [Finding(area, *told) for told in look()]
        except ToolkitError as error:
            found.append(Finding(area, "fail", error.message, error.hint))
    return DoctorReport(tuple(found))
