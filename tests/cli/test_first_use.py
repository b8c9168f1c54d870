"""What is asked on a terminal before a board is written: drivers once, and the configuration."""

import sys
import webbrowser
from argparse import Namespace

import pytest

from devtoolkit.cli import _drivers
from devtoolkit.cli._app import Session
from devtoolkit.cli._config_choice import Chosen, choose_config
from devtoolkit.cli._console import Console
from devtoolkit.errors import UsageError
from devtoolkit.services import drivers, keyring_store, profiles
from devtoolkit.services.config_archive import ConfigArchive
from devtoolkit.services.drivers import Access


class Terminal(Console):
    """A person who gives these answers."""

    def __init__(self, *answers: str) -> None:
        super().__init__()
        self.answers = list(answers)
        self.said: list[str] = []

    @property
    def can_ask(self) -> bool:
        return True

    def ask(self, question: str, option: str, *, secret: bool = False) -> str:
        self.said.append(question)
        return self.answers.pop(0)

    def note(self, text: str) -> None:
        self.said.append(text)


def session(console: Console, **args: object) -> Session:
    usual = {"config": None, "make": True, "install": False, "name": None, "wifi": None}
    more = {"wifi_password_file": None, "keep_wifi_password": False}
    return Session(Namespace(**{**usual, **more, **args}), console)


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    pages: list[str] = []
    monkeypatch.setattr(webbrowser, "open", lambda page: pages.append(page) or True)
    monkeypatch.setattr(drivers, "list_ports", lambda: ())
    monkeypatch.setattr(drivers, "linux_access", lambda _ports: Access("dialout"))
    return pages


@pytest.mark.parametrize("platform", ["win32", "darwin"])
def test_windows_and_macos_are_offered_the_makers_pages_once(
    platform: str, opened: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    first = Terminal(*["y"] + ["n"] * 5)
    _drivers.first_use_help(session(first), "COM3")
    assert len(opened) == 1
    assert opened[0].startswith("https://")
    assert not any("sudo" in text for text in first.said)
    second = Terminal()
    _drivers.first_use_help(session(second), "COM3")
    assert second.said == []


def test_linux_is_shown_one_command_and_nothing_is_run(opened: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    first = Terminal()
    _drivers.first_use_help(session(first), "/dev/ttyUSB0")
    assert [text.strip() for text in first.said if "sudo" in text] == [drivers.linux_command("dialout")]
    assert not opened
    second = Terminal()
    _drivers.first_use_help(session(second), "/dev/ttyUSB0")
    assert second.said == []


@pytest.mark.parametrize("port", ["virtual:a", "socket://host:1", ""])
def test_who_uses_no_usb_port_is_not_asked(port: str, opened: list[str]) -> None:
    console = Terminal()
    _drivers.first_use_help(session(console), port)
    assert console.said == []
    assert not drivers.asked_before()


def test_on_a_terminal_an_archived_configuration_is_chosen_by_index() -> None:
    path, _new = ConfigArchive().put("micr1OS", {"devfid": "old", "hwuid": "micr1OS"})
    assert choose_config(session(Terminal("0"))).file == path
    assert choose_config(session(Terminal("old"))).file == path
    assert choose_config(session(Terminal("SKIP"))) == choose_config(session(Terminal(""))) == Chosen()
    with pytest.raises(UsageError, match="not one of the indexes"):
        choose_config(session(Terminal("7")))


def test_a_new_configuration_comes_from_a_profile_with_name_and_wifi_asked() -> None:
    terminal = Terminal("NEW", "lamp", "desk", "home", "home secret")
    chosen = choose_config(session(terminal))
    assert chosen == Chosen(profiles.FOLDER / "lamp.json", "desk", ("home", "home secret"))
    assert any("rgb toggle" in text for text in terminal.said)


def test_nothing_is_asked_where_a_configuration_is_named_or_not_written() -> None:
    assert choose_config(session(Terminal(), config="dimmer")).file == profiles.FOLDER / "dimmer.json"
    assert choose_config(session(Terminal(), make=False)) == Chosen()
    assert choose_config(session(Console(yes=True))) == Chosen()


def test_a_wifi_password_may_come_from_the_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    keyring = pytest.importorskip("keyring", reason="the optional package keyring is not installed")
    from keyring.backend import KeyringBackend

    class Memory(KeyringBackend):
        priority = 1
        kept: dict[tuple[str, str], str] = {}  # noqa: RUF012 - one store for all, as a real keyring is

        def get_password(self, service: str, username: str) -> str | None:
            return self.kept.get((service, username))

        def set_password(self, service: str, username: str, password: str) -> None:
            self.kept[service, username] = password

    before = keyring.get_keyring()
    keyring.set_keyring(Memory())
    try:
        assert keyring_store.available()
        keep = session(Terminal("NEW", "lamp", "desk", "home", "home secret"), keep_wifi_password=True)
        assert choose_config(keep).wifi == ("home", "home secret")
        again = Terminal("NEW", "lamp", "desk", "home")
        assert choose_config(session(again)).wifi == ("home", "home secret")
    finally:
        keyring.set_keyring(before)
