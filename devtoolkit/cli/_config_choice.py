"""Which configuration a new node gets: what --config names; on a terminal an archived one or a new one, by index."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from devtoolkit.cli._app import Session
from devtoolkit.cli._console import Console
from devtoolkit.cli._wifi import wifi_password
from devtoolkit.errors import UsageError

if TYPE_CHECKING:
    from devtoolkit.services.profiles import Profile


@dataclass(frozen=True, slots=True)
class Chosen:
    """A configuration's file, and what was typed to fill it in."""

    file: Path | None = None
    name: str | None = None
    wifi: tuple[str, str] | None = None


def choose_config(session: Session) -> Chosen:
    """Asks only on a terminal, and only where the configuration is written and none was named."""
    from devtoolkit.services.profiles import chosen_config

    args, console = session.args, session.console
    if args.config:
        return Chosen(chosen_config(args.config))
    if not console.can_ask or console.yes or not (args.make or args.install):
        return Chosen()
    return _asked(session)


def _asked(session: Session) -> Chosen:
    """As in the original: archived ones by index, then NEW (from a profile) and SKIP (defaults)."""
    from devtoolkit.services.profiles import archived

    console, kept = session.console, archived()
    titles = [*(one.name for one in kept), "NEW", "SKIP"]
    for index, title in enumerate(titles):
        console.note(f"[{index}] {title}")
    answer = _index(console, "Configuration (Enter: SKIP): ", titles)
    if answer is None or titles[answer] == "SKIP":
        return Chosen()
    return _new(session) if answer == len(kept) else Chosen(kept[answer].file)


def _new(session: Session) -> Chosen:
    from devtoolkit.services.profiles import profiles

    console, args, known = session.console, session.args, profiles()
    for index, profile in enumerate(known):
        console.note(f"[{index}] {profile.name}: {profile.examples.splitlines()[0]}")
    answer = _index(console, "Profile (Enter: default): ", [profile.name for profile in known])
    profile = known[answer or 0]
    _show_examples(console, profile)
    name = args.name or console.ask("Name of the node (Enter: node01): ", "--name NAME") or None
    wifi = None
    if args.wifi is None:
        network = console.ask("Wi-Fi (Enter: none, the node opens its own): ", "--wifi NAME")
        wifi = (network, wifi_password(session, network)) if network else None
    return Chosen(profile.file, name, wifi)


def _show_examples(console: Console, profile: "Profile") -> None:
    console.note(f"To try afterwards with the profile {profile.name}:")
    for line in profile.examples.splitlines()[2:]:
        console.note(f"    {line}")


def _index(console: Console, question: str, titles: list[str]) -> int | None:
    """The chosen index, by number or by title; None for Enter. Raises UsageError."""
    answer = console.ask(question, "--config FILE|PROFILE")
    if not answer:
        return None
    if answer.isdigit() and int(answer) < len(titles):
        return int(answer)
    if answer in titles:
        return titles.index(answer)
    raise UsageError(f"{answer!r} is not one of the indexes.", hint=f"Choose 0 to {len(titles) - 1}.")
