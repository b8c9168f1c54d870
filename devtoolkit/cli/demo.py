"""`--demo`: the main job in front of you, on a virtual board."""

from typing import TYPE_CHECKING

from devtoolkit.cli._app import Session
from devtoolkit.cli._console import Console
from devtoolkit.cli._options import Command, Option

if TYPE_CHECKING:
    from devtoolkit.services.demo import DemoReport


def run(session: Session) -> object:
    from devtoolkit.cli._progress import progress_bars
    from devtoolkit.pipelines.base import Cancel
    from devtoolkit.services import demo

    with progress_bars(session.console) as listener:
        return demo.run(listener, Cancel(), listener.say)


def show(console: Console, report: "DemoReport") -> None:
    from rich.text import Text

    from devtoolkit.cli._table import plain_table
    from devtoolkit.cli._usb import show as show_deploy
    from devtoolkit.cli.search_devices import device_table

    show_deploy(console, report.deployed)
    console.line()
    console.rich().print(device_table(report.found))
    console.line()
    answers = plain_table("COMMAND", "ANSWER", whole=("COMMAND",))
    for command, lines in report.answers.replies:
        answers.add_row(command, Text("\n".join(lines)))
    console.rich().print(answers)
    console.line()
    console.line("Next: `devToolKit.py --simulate demo` keeps this board powered; then, in another terminal,")
    console.line("      `devToolKit.py -c -p '--dev demo help'`.")


COMMAND = Command(
    option=Option("--demo", "deploy to a virtual board and talk to it: no hardware needed"),
    order=5,
    group="Development",
    result="devtoolkit.services.demo:DemoReport",
    run=run,
    show=show,
)
