"""Driver help at the first use of a real port: asked once on a terminal, remembered; nothing is installed by itself."""

from collections.abc import Callable

from devtoolkit.cli._app import Session


def first_use_help(session: Session, port: str) -> None:
    """Say what is missing for USB ports here, once. Windows and macOS: offers the maker's page. Linux: one command."""
    console = session.console
    if not console.can_ask or console.yes or not _is_serial(port):
        return
    from devtoolkit.services import drivers

    if drivers.asked_before():
        return
    missing = [one for one in drivers.findings() if not one.ok]
    for one in missing:
        console.note(f"{one.subject}: {one.text}")
        if one.command:
            console.note(f"\n    {one.command}\n")
    pages = sorted({one.page for one in missing if one.page})
    drivers.remember_asked(opened=_offer(console.ask, pages))


def _is_serial(port: str) -> bool:
    return bool(port) and "://" not in port and not port.startswith("virtual:")


def _offer(ask: Callable[[str, str], str], pages: list[str]) -> bool:
    """Whether a page was opened."""
    opened = False
    for page in pages:
        if ask(f"Open {page}? [y/N] ", "--yes").lower() in ("y", "yes"):
            import webbrowser  # late: seldom needed

            opened = webbrowser.open(page) or opened
    return opened
