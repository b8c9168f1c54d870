"""`--applications NAME|list`: dashboard apps, the bundled and the user's own."""

from pathlib import Path
from typing import TYPE_CHECKING

from devtoolkit.cli._app import Session
from devtoolkit.cli._console import Console
from devtoolkit.cli._options import DEVICE, Command, Option
from devtoolkit.errors import UsageError

if TYPE_CHECKING:
    from devtoolkit.services.apps_types import AppInfo, ApplicationsResult, AppList

_LIST = ("list", "help", "-", "")
_SET = Option("--set", "with -a: a parameter of the app (repeat it)", takes="one", metavar="KEY=VALUE", repeat=True)
_SAVE = Option(
    "--save",
    "with -a: folder for results, instead of app_results in the user's data",
    takes="one",
    metavar="FOLDER",
)


def run(session: Session) -> object:
    from devtoolkit.services import apps

    args, console = session.args, session.console
    if args.applications in _LIST:
        return apps.available()
    from devtoolkit.cli._app_view import AppView
    from devtoolkit.services.apps_kit import SIMULATOR
    from devtoolkit.services.targets import is_many

    settings = _settings(args.set or [])
    if args.dev and is_many(args.dev):
        raise UsageError("An app runs on one node.", hint="Name it: --dev NAME.")
    if not args.dev:
        console.note(f"on {SIMULATOR}, the virtual node (another one: --dev NAME)")
    with AppView(console) as view:
        return apps.run(
            args.applications,
            args.dev,
            settings=settings,
            on_event=view.take,
            ask=console.node_password if console.can_ask else None,
            folder=Path(args.save).expanduser() if args.save else None,
        )


def _settings(texts: list[str]) -> dict[str, str]:
    settings = {}
    for text in texts:
        key, mark, value = text.partition("=")
        if not mark or not key:
            raise UsageError(f"--set {text}: not understood.", hint="Write KEY=VALUE.")
        settings[key] = value
    return settings


def show(console: Console, result: "ApplicationsResult") -> None:
    from devtoolkit.services.apps_types import AppList

    if isinstance(result, AppList):
        _show_list(console, result)
        return
    from devtoolkit.cli._app_view import show_result

    show_result(console, result)


def _show_list(console: Console, result: "AppList") -> None:
    from rich.text import Text

    from devtoolkit.cli._table import plain_table

    table = plain_table("NAME", "DOES", "PARAMETERS", whole=("NAME",))
    for app in result.apps:
        text = Text(f"cannot be run: {app.problem}", style="red") if app.problem else Text(app.title)
        table.add_row(Text(app.name + (" (yours)" if app.source == "user" else "")), text, Text(_parameters(app)))
    console.rich().print(table)
    console.line(f"Your own: <Name>_app.py in {result.user_folder}")


def _parameters(app: "AppInfo") -> str:
    return " ".join(f"{one.name}={one.default}" for one in app.parameters)


COMMAND = Command(
    option=Option(
        "--applications",
        "run a dashboard app on the node of --dev, or list them",
        short="-a",
        takes="optional",
        metavar="NAME|list",
    ),
    order=48,
    group="Network",
    result="devtoolkit.services.apps_types:ApplicationsResult",
    run=run,
    show=show,
    modifiers=(DEVICE, _SET, _SAVE),
)
