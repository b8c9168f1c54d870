"""Passwords: who may do what, what a wrong one costs, and that secrets stay hidden."""

import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from device_node import UID, Node, running

pytestmark = pytest.mark.vm

PASSWORD = "Sesam7xyz"
LOCKED = "[password] node01 $ "
CONF = "[configure] node01 $ "


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    with running(tmp_path_factory.mktemp("locked"), auth=True, appwd=PASSWORD) as started:
        yield started


@pytest.fixture
def source() -> str:
    """An address that no other test has used: the lock-out counts addresses."""
    return f"127.{next(_numbers)}.1.1"


_numbers = count(2)


@pytest.mark.parametrize(
    ("command", "reply"),
    [("hello", f"hello:node01:{UID}\n"), ("hello you", f"hello:node01:{UID}\n"), ("version", "2.0.0-0\n")],
)
def test_the_free_words_need_no_password(locked: Node, command: str, reply: str) -> None:
    with locked.connect(LOCKED) as c:
        assert c.ask(command, LOCKED) == reply


def test_exit_needs_no_password(locked: Node) -> None:
    with locked.connect(LOCKED) as c:
        c.send("exit")
        assert c.rest() == "Bye!\n\n"


def test_the_password_opens_this_session_only(locked: Node) -> None:
    with locked.connect(LOCKED) as c:
        assert c.ask(f"{PASSWORD} rest is ignored") == "AuthOk\n"
        assert c.ask("system heartbeat") == "<3 heartbeat <3\n"
    with locked.connect(LOCKED) as c:
        assert c.ask(PASSWORD) == "AuthOk\n"


def test_login_opens_a_session_too_and_shows_the_secrets(locked: Node) -> None:
    with locked.connect(LOCKED) as c:
        assert c.ask(f"login {PASSWORD}") == "AuthOk\n"
        c.ask("conf", CONF)
        assert c.ask("appwd", CONF) == PASSWORD + "\n"


@pytest.mark.parametrize(
    "command", ["wrong", "help", "conf", "reboot", "webrepl --update", "login wrong", "login", "probe x"]
)
def test_anything_else_closes_the_socket(locked: Node, source: str, command: str) -> None:
    with locked.connect(LOCKED, source) as c:
        c.send(command)
        assert c.rest() == "AuthFailed\nBye!\n"
    assert not (locked.folder / ".if_mode").exists()


def test_each_wrong_password_makes_the_next_check_of_this_address_wait_longer(locked: Node, source: str) -> None:
    def try_once(password: str, address: str = source) -> float:
        with locked.connect(LOCKED, address) as c:
            start = time.monotonic()
            c.send(password)
            text = c.until("$ ") if password == PASSWORD else c.rest()
            assert text.startswith("AuthOk" if password == PASSWORD else "AuthFailed")
            return time.monotonic() - start

    assert try_once("wrong") < 0.3
    assert 0.4 < try_once("wrong") < 0.95
    assert try_once(PASSWORD, "127.1.1.1") < 0.3, "another address does not wait"
    assert 0.9 < try_once(PASSWORD) < 1.6
    assert try_once(PASSWORD) < 0.3, "a right one ends the lock-out"


def test_parallel_guesses_of_one_address_are_checked_one_after_the_other(locked: Node, source: str) -> None:
    start = time.monotonic()
    guesses = [locked.connect(LOCKED, source) for _ in range(3)]
    for c in guesses:
        c.send("wrong")
    for c in guesses:
        assert c.rest() == "AuthFailed\nBye!\n"
        c.socket.close()
    assert time.monotonic() - start > 1.4, "0.5 s before the second, 1 s before the third"
    with locked.connect(LOCKED, source) as c:
        assert c.ask("hello", LOCKED).startswith("hello:")


def test_secrets_are_masked_until_login_with_auth_off_too(tmp_path: Path) -> None:
    with running(tmp_path / "node", appwd=PASSWORD, telegram="123:token", stapwd="virtual-wifi") as node:
        with node.connect() as c, node.connect() as other:
            c.ask("conf", CONF)
            for key in ("appwd", "stapwd", "telegram"):
                assert c.ask(key, CONF) == "********\n"
            dump = c.ask("dump", CONF)
            assert not any(secret in dump for secret in (PASSWORD, "virtual-wifi", "123:token"))
            assert PASSWORD not in c.ask("webrepl", CONF)
            assert c.ask(f"login {PASSWORD}", CONF) == "AuthOk\n"
            assert c.ask("appwd", CONF) == PASSWORD + "\n"
            assert "  stapwd    :        virtual-wifi\n" in c.ask("dump", CONF)
            assert f"webrepl password: {PASSWORD}\n" in c.ask("webrepl", CONF)
            other.ask("conf", CONF)
            assert other.ask("appwd", CONF) == "********\n"
        with node.connect() as c:
            c.send("login wrong")
            assert c.rest() == "AuthFailed\nBye!\n"
