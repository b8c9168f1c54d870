"""`--new-module NAME`: a load module that runs as it is, and its test."""

from pathlib import Path
from typing import TYPE_CHECKING

from devtoolkit.cli._app import Session
from devtoolkit.cli._console import Console
from devtoolkit.cli._options import Command, Option
from devtoolkit.cli.manual import TO

if TYPE_CHECKING:
    from devtoolkit.services.devtools.template import NewModule


def run(session: Session) -> "NewModule":
    from devtoolkit.services.devtools import template

    args = session.args
    return template.make(args.new_module, Path(args.to).expanduser() if args.to else None)


def show(console: Console, made: "NewModule") -> None:
    console.line(f"Module: {made.file}")
    console.line(f"Test:   {made.test}")
    if made.listed:
        console.line("It is compiled by the next build: devToolKit.py -cc")
    console.line(f"In the manual, {made.module} uses {', '.join(made.entry.pins)}:")
    for one in made.entry.functions:
        console.line(f"  {one.usage}")
    console.line(f"Try it: devToolKit.py --watch-module {made.file} --dev NODE --call 'set_value 40'")


COMMAND = Command(
    option=Option("--new-module", "make a load module and its test from a template", takes="one", metavar="NAME"),
    order=95,
    group="Development",
    result="devtoolkit.services.devtools.template:NewModule",
    run=run,
    show=show,
    modifiers=(TO,),
)
