"""`--doctor`: what is wrong with this machine, and what to do."""

from typing import TYPE_CHECKING

from devtoolkit.cli._app import Session
from devtoolkit.cli._console import Console
from devtoolkit.cli._options import Command, Option

if TYPE_CHECKING:
    from devtoolkit.services.devtools.doctor import DoctorReport

_SIGNS = {"ok": "ok  ", "warn": "WARN", "fail": "FAIL"}


def run(_session: Session) -> "DoctorReport":
    from devtoolkit.services.devtools import doctor

    return doctor.examine()


def show(console: Console, report: "DoctorReport") -> None:
    for finding in report.findings:
        console.line(f"{_SIGNS[finding.state]}  {finding.area:<14}  {finding.text}")
        if finding.way_out:
            console.line(f"{'':22}-> {finding.way_out}")
    console.line(f"{report.counted('fail')} failed, {report.counted('warn')} to mind, {report.counted('ok')} well.")


COMMAND = Command(
    option=Option("--doctor", "what is wrong with this machine (drivers, Qt, network, firmware), and what to do"),
    order=79,
    group="Development",
    result="devtoolkit.services.devtools.doctor:DoctorReport",
    run=run,
    show=show,
)
