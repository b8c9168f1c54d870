"""`--sites`: which sites there are, and how they are."""

import time
from dataclasses import dataclass

from devtoolkit.cli._app import Session
from devtoolkit.cli._console import Console
from devtoolkit.cli._options import BROKER, DEADLINE, SITES, Command
from devtoolkit.services.sites.model import HERE, Site


@dataclass(frozen=True, slots=True)
class SitesResult:
    """All sites that were ever there."""

    sites: tuple[Site, ...]


def run(session: Session) -> object:
    from devtoolkit.cli._sites import fleet
    from devtoolkit.errors import UsageError

    with fleet(session) as across:
        found = across.sites()
    named = [word for word in (session.args.sites or "all").split(",") if word != HERE]
    unknown = [word for word in named if word not in ("all", *(site.name for site in found))]
    if unknown:
        known = ", ".join(site.name for site in found) or "none"
        raise UsageError(f"No site {', '.join(unknown)} is known.", hint=f"Known: {known}.")
    return SitesResult(tuple(site for site in found if "all" in named or site.name in named))


def show(console: Console, result: SitesResult) -> None:
    from devtoolkit.cli._table import plain_table
    from devtoolkit.cli.node_status import ago

    if not result.sites:
        console.line("There is no site yet. Start one there: devToolKit.py --site NAME --broker FILE")
        return
    numbers = ("NODES", "ONLINE", "WAITING")
    table = plain_table("SITE", "STATE", *numbers, "HOST", "TOOLKIT", "", whole=("STATE", *numbers))
    for site in result.sites:
        seen = f"last seen {ago(time.time() - site.last_seen)} ago" if site.last_seen and not site.present else ""
        cells = (str(site.nodes), str(site.online), str(site.waiting), site.host, site.toolkit, seen)
        table.add_row(site.name, "there" if site.present else "AWAY", *cells, style="" if site.present else "yellow")
    console.rich().print(table)


COMMAND = Command(
    option=SITES,
    order=42,
    group="Network",
    result="devtoolkit.cli.sites:SitesResult",
    run=run,
    show=show,
    modifiers=(BROKER, DEADLINE),
)
"""With another command `--sites` is its modifier; see `_app`."""
