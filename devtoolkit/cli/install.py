"""`--install`: put micrOS on a board that has MicroPython."""

from devtoolkit.cli._app import Session
from devtoolkit.cli._options import Command, Option
from devtoolkit.cli._usb import GROUP, RESULT, WHAT, WHERE, run_recipe, show


def run(session: Session) -> object:
    question = "All files on the {board} at {port} will be replaced by micrOS. Go ahead?"
    return run_recipe(session, question, lambda deployer: deployer.install())


COMMAND = Command(
    option=Option("--install", "write micrOS only, boot and check", short="-i"),
    order=130,
    group=GROUP,
    result=RESULT,
    run=run,
    show=show,
    modifiers=(*WHERE, *WHAT),
    changes_board=True,
)
