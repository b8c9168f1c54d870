"""The shell façade: names, passwords, moved nodes, and the text after -p."""

import asyncio
import os
import socket
from pathlib import Path

import pytest
from announcer import announced
from fake_node import FakeNode

from devtoolkit.errors import BadReplyError, NodeLockedError, NodeUnknownError, NodeUnreachableError, UsageError
from devtoolkit.model.device import Device
from devtoolkit.services import secrets, shell
from devtoolkit.services.cache import DeviceCache
from devtoolkit.transports.tcp_shell import TcpShell

LOOPBACK = ("127.0.0.1",)
SECRET = "Secret12x"


@pytest.fixture
def cache(tmp_path: Path) -> DeviceCache:
    return DeviceCache(tmp_path / "device_conn_cache.json")


def remember(cache: DeviceCache, node: FakeNode, *, port: int | None = None) -> None:
    cache.put(Device(node.uid, node.name, node.host, port or node.port))


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


@pytest.mark.parametrize("by", ["name", "uid", "address"])
def test_commands_run_in_one_session_and_the_cache_learns_from_it(cache: DeviceCache, by: str) -> None:
    with FakeNode() as node:
        remember(cache, node)
        name = {"name": node.name, "uid": node.uid, "address": f"{node.host}:{node.port}"}[by]
        result = shell.run(("conf", "dump", "noconf", "version"), name, cache)
        assert node.sessions == 1
    assert dict(result.replies)["version"] == ("1.54.1-0",)
    assert dict(result.replies)["dump"][1] == "  devfid    :        node01"
    assert (result.device.uid, result.device.status) == (node.uid, "ONLINE")
    assert result.device.latency_s is not None
    assert cache.facts(node.uid).last_seen is not None


def test_an_address_that_is_in_no_cache_is_taken_as_it_is_and_then_known(cache: DeviceCache) -> None:
    with FakeNode() as node:
        result = shell.run(("version",), f"127.0.0.1:{node.port}", cache)
        assert node.packets == ["hello", "version", "exit"]
    assert result.device.uid == node.uid
    assert cache.find("node01").port == node.port
    with pytest.raises(NodeUnknownError):
        shell.run(("version",), "nobody", cache)


def test_a_moved_node_is_found_by_its_announcement_and_gets_the_commands_once(cache: DeviceCache) -> None:
    with FakeNode() as node:
        remember(cache, node, port=closed_port())
        nodes: list[dict[str, object]] = [{"name": node.name, "uid": node.uid, "ip": node.host, "port": node.port}]
        with announced(nodes, "--silent-until-probed"):
            result = shell.run(("version",), "node01", cache, interfaces=LOOPBACK)
        assert node.packets.count("version") == 1
    assert result.replies == (("version", ("1.54.1-0",)),)
    assert cache.find("node01").port == node.port


def test_a_node_with_a_new_address_is_found_by_its_host_name(cache: DeviceCache) -> None:
    # A name of its own: nodes of other tests announce addresses for node01.local.
    with FakeNode(host="127.0.0.9", name=f"mover{os.getpid()}") as node:
        cache.put(Device(node.uid, node.name, "127.0.0.8", node.port))  # nobody listens there
        # The announced service is another one's; only the host name leads to the node.
        nodes: list[dict[str, object]] = [{"name": node.name, "uid": "micrxOS", "ip": node.host, "port": closed_port()}]
        with announced(nodes, "--answers-queries"):
            result = shell.run(("version",), node.name, cache, interfaces=LOOPBACK)
    assert result.device.ip == "127.0.0.9"
    assert cache.find(node.uid).ip == "127.0.0.9"


def test_another_node_at_the_cached_address_gets_no_command(
    cache: DeviceCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shell, "_REPAIR_S", 0.5)
    with FakeNode(name="heater", uid="micr77OS") as other:
        cache.put(Device("micr01OS", "lamp", other.host, other.port))
        with pytest.raises(BadReplyError, match="heater answers, not lamp"):
            shell.run(("reboot",), "lamp", cache, interfaces=LOOPBACK)
        assert "reboot" not in other.packets


def test_a_node_that_is_nowhere_is_named_with_its_address(cache: DeviceCache, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shell, "_REPAIR_S", 0.5)
    port = closed_port()
    cache.put(Device("micr01OS", "lamp", "127.0.0.1", port))
    with pytest.raises(NodeUnreachableError, match=rf"127\.0\.0\.1:{port}"):
        shell.run(("version",), "lamp", cache, interfaces=LOOPBACK)


def test_a_locked_node_gets_the_password_this_toolkit_gave_it(cache: DeviceCache) -> None:
    with FakeNode(password=SECRET) as node:
        remember(cache, node)
        with pytest.raises(NodeLockedError):
            shell.run(("version",), "node01", cache)
        secrets.remember(node.uid, SECRET)
        assert shell.run(("version",), "node01", cache).replies == (("version", ("1.54.1-0",)),)
        assert shell.run(("version",), f"{node.host}:{node.port}", cache).replies[0][1] == ("1.54.1-0",)
        with pytest.raises(NodeLockedError):
            shell.run(("version",), "node01", cache, password=SECRET.lower())


def test_a_conversation_sends_line_after_line_until_the_node_leaves(cache: DeviceCache) -> None:
    heard: list[tuple[str, ...]] = []
    lines = iter(["version", "conf <a> soctout", "reboot", "version"])

    async def read(_session: TcpShell) -> str | None:
        return next(lines, None)

    with FakeNode() as node:
        remember(cache, node)
        device = asyncio.run(shell.converse(shell.Visit("node01", cache), read, heard.append))
        assert node.packets == ["version", "conf", "soctout", "reboot"]
    assert heard[:3] == [("1.54.1-0",), (), ("30",)]
    assert device.status == "ONLINE"
    assert next(lines) == "version"  # never asked for


def test_an_unknown_password_is_asked_for_once_and_kept_when_it_is_right(cache: DeviceCache) -> None:
    asked: list[str] = []

    def answer(name: str) -> str:
        asked.append(name)
        return SECRET

    with FakeNode(password=SECRET) as node:
        remember(cache, node)
        for _ in range(2):
            assert shell.run(("version",), "node01", cache, ask=answer).replies[0][1] == ("1.54.1-0",)
        assert secrets.password_of(node.uid) == SECRET
        with pytest.raises(NodeLockedError):
            shell.run(("version",), "node01", cache, "wrong", ask=answer)
    assert asked == ["node01"]


def test_hello_tells_who_is_there_or_nothing() -> None:
    with FakeNode(hello_kind="rel", password=SECRET) as node:
        device = shell.hello(node.host, node.port)
        assert device is not None
        assert (device.uid, device.fuid, device.port) == (node.uid, "node01", node.port)
    assert shell.hello("127.0.0.1", closed_port()) is None


@pytest.mark.parametrize(
    ("text", "name", "commands"),
    [
        ("--dev demo conf <a> dump", "demo", ("conf", "dump")),
        ("dev demo hello", "demo", ("hello",)),
        ("--dev=demo hello", "demo", ("hello",)),
        (
            '  --dev 127.0.0.1:9009  oled text "two  blanks <a> x" 1 ',
            "127.0.0.1:9009",
            ('oled text "two  blanks <a> x" 1',),
        ),
        ("--dev __simulator__ rgb toggle >json", "__simulator__", ("rgb toggle >json",)),
    ],
)
def test_the_parameter_text_names_a_node_and_its_commands(text: str, name: str, commands: tuple[str, ...]) -> None:
    assert shell.parse_parameters(text) == (name, commands)


@pytest.mark.parametrize("text", ["", "hello", "--dev", "--dev demo", "--dev demo <a>", "--device x hello"])
def test_a_parameter_text_without_node_or_command_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        shell.parse_parameters(text)
