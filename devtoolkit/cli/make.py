"""`--make`: from an empty board to a node that answers; with several ports from many boards to as many nodes."""

from typing import TYPE_CHECKING

from devtoolkit.cli import _usb
from devtoolkit.cli._app import Session
from devtoolkit.cli._console import Console
from devtoolkit.cli._options import Command, Option
from devtoolkit.cli._workshop import CLASS_LIST, make_many, show_many

if TYPE_CHECKING:
    from devtoolkit.services.deploy import DeployReport
    from devtoolkit.services.workshop import WorkshopReport

_ONE = _usb.usb_command(
    Option("--make", "detect, erase, write MicroPython and micrOS, boot and check", short="-m"),
    100,
    "Everything on the {board} at {port} will be erased, then micrOS is put on it. Go ahead?",
    lambda deployer: deployer.make(),
)


def run(session: Session) -> object:
    several = session.args.port and len(session.args.port) > 1
    return make_many(session) if several or session.args.class_list else _ONE.run(session)


def show(console: Console, report: "DeployReport | WorkshopReport") -> None:
    from devtoolkit.services.deploy import DeployReport

    if isinstance(report, DeployReport):
        _usb.show(console, report)
    else:
        show_many(console, report)


COMMAND = Command(
    option=_ONE.option,
    order=_ONE.order,
    group=_ONE.group,
    result="devtoolkit.services.workshop:MakeResult",
    run=run,
    show=show,
    modifiers=(*_ONE.modifiers, CLASS_LIST),
    changes_board=True,
)
