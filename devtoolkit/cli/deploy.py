"""`--deploy`: write MicroPython, without micrOS."""

from devtoolkit.cli._app import Session
from devtoolkit.cli._options import Command, Option
from devtoolkit.cli._usb import GROUP, RESULT, WHAT, WHERE, run_recipe, show


def run(session: Session) -> object:
    question = "MicroPython on the {board} at {port} will be replaced. Go ahead?"
    return run_recipe(session, question, lambda deployer: deployer.deploy())


COMMAND = Command(
    option=Option("--deploy", "write MicroPython only", short="-d"),
    order=120,
    group=GROUP,
    result=RESULT,
    run=run,
    show=show,
    modifiers=(*WHERE, *WHAT),
    changes_board=True,
)
