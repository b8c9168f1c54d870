"""`--manual [WORDS]`: the functions of the load modules, to read, or as files."""

from pathlib import Path
from typing import TYPE_CHECKING

from devtoolkit.cli._app import Session
from devtoolkit.cli._console import Console
from devtoolkit.cli._options import Command, Option
from devtoolkit.errors import UsageError

if TYPE_CHECKING:
    from devtoolkit.services.devtools.manual import Manual

TO = Option(
    "--to",
    "with --manual: write sfuncman_<version>.json and sfuncman.html into this folder; with --new-module: put it there",
    takes="one",
    metavar="DIR",
)


def run(session: Session) -> "Manual":
    from dataclasses import replace

    from devtoolkit.services.devtools import manual

    args = session.args
    made = manual.make()
    found = manual.chosen(made, args.manual.split())
    if not found:
        raise UsageError(f"No module has {args.manual!r}.", hint="Give other words, or none for all modules.")
    shown = replace(made, modules=found)
    return manual.write(shown, Path(args.to).expanduser()) if args.to else shown


def show(console: Console, manual: "Manual") -> None:
    for file in manual.files:
        console.line(f"Written: {file}")
    if manual.files:
        return
    for module in manual.modules:
        pins = f"  [{' '.join(module.pins)}]" if module.pins else ""
        console.line(f"{module.name}{pins}")
        for one in module.functions:
            widget = f" ({one.widget})" if one.widget else ""
            console.line(f"  {one.usage}{widget}")
            for line in one.doc.splitlines():
                console.line(f"      {line}".rstrip())


COMMAND = Command(
    option=Option(
        "--manual",
        "functions of the load modules; WORDS: only modules that have them all",
        takes="optional",
        metavar="WORDS",
    ),
    order=94,
    group="Development",
    result="devtoolkit.services.devtools.manual:Manual",
    run=run,
    show=show,
    modifiers=(TO,),
)
