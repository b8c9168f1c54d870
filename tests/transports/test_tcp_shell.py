"""The TCP shell client against a node of the original's behaviour, on real sockets."""

import asyncio
import socket
import threading
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TypeVar

import pytest
from fake_node import HINT, FakeNode

from devtoolkit.errors import (
    BadReplyError,
    NodeBusyError,
    NodeError,
    NodeLockedError,
    NodeUnreachableError,
    UsageError,
)
from devtoolkit.transports.tcp_packet import shown
from devtoolkit.transports.tcp_shell import DEFAULT_LIMITS, Limits, TcpShell

Result = TypeVar("Result")

SECRET = "Secret12x"
QUICK = replace(
    DEFAULT_LIMITS,
    connect_s=2.0,
    greeting_s=0.4,
    first_byte_s=0.4,
    stall_s=0.3,
    reply_s=3.0,
    reboot_s=0.5,
    busy_pause_s=0.05,
    likely_s=0.1,
    maybe_s=0.2,
    max_bytes=50_000,
)


def session(
    node: FakeNode,
    work: Callable[[TcpShell], Awaitable[Result]],
    *,
    expected_name: str | None = None,
    password: str | None = None,
    limits: Limits = QUICK,
) -> Result:
    async def run() -> Result:
        async with TcpShell.connect(node.host, node.port, expected_name, password, limits) as shell:
            return await work(shell)

    return asyncio.run(run())


def ask(node: FakeNode, *commands: str, **options: object) -> list[tuple[str, ...]]:
    async def work(shell: TcpShell) -> list[tuple[str, ...]]:
        return [await shell.command(command) for command in commands]

    return session(node, work, **options)


def test_commands_run_one_after_another_in_one_session_that_ends_with_exit() -> None:
    with FakeNode() as node:
        assert ask(node, "hello", "version", "unknown") == [
            ("hello:node01:micr240ac4f679e8OS",),
            ("1.54.1-0",),
            tuple(HINT.splitlines()),
        ]
        assert node.wait_idle()
        assert node.packets == ["hello", "version", "unknown", "exit"]
        assert node.sessions == 1


@pytest.mark.parametrize("bye", [b"Bye!\n", b"Bye!\n\n"])
def test_both_forms_of_goodbye_end_a_session_without_waiting(bye: bytes) -> None:
    with FakeNode(bye=bye) as node:
        started = time.monotonic()
        ask(node, "hello")
        assert time.monotonic() - started < QUICK.close_s


def test_configure_mode_is_followed_through_the_prompt() -> None:
    async def work(shell: TcpShell) -> list[bool]:
        modes = []
        for command in ("conf", "soctout 40", "noconf"):
            await shell.command(command)
            modes.append(shell.configure_mode)
        return modes

    with FakeNode() as node:
        assert session(node, work) == [True, True, False]
        assert node.config["soctout"] == "40"


def test_conf_without_reply_lines_costs_no_waiting() -> None:
    with FakeNode() as node:
        started = time.monotonic()
        assert ask(node, "conf", "noconf", limits=replace(QUICK, likely_s=3.0)) == [(), ()]
        assert time.monotonic() - started < 2


def test_the_latency_of_the_last_command_is_measured() -> None:
    async def work(shell: TcpShell) -> float | None:
        assert shell.latency_s is None
        await shell.command("slow")
        return shell.latency_s

    with FakeNode(replies={"slow": [0.12, b"done\nnode01 $ "]}) as node:
        latency = session(node, work)
        assert latency is not None
        assert 0.12 <= latency < 0.4


def test_a_reply_in_many_packets_with_split_characters_is_whole() -> None:
    data = "Hőmérséklet 🌡 21\nnode01 $ mitten\nsecond\n".encode() + b"node01 $ "
    pieces: list[bytes | float] = []
    for start in range(0, len(data), 7):
        pieces += [data[start : start + 7], 0.002]
    with FakeNode(replies={"temp": pieces}) as node:
        assert ask(node, "temp", "hello") == [
            ("Hőmérséklet 🌡 21", "node01 $ mitten", "second"),
            ("hello:node01:micr240ac4f679e8OS",),
        ]


def test_a_prompt_in_pieces_is_waited_for() -> None:
    with FakeNode(greeting=[b"nod", 0.02, b"e01 ", 0.02, b"$", 0.02, b" "]) as node:
        assert ask(node, "version") == [("1.54.1-0",)]


def test_the_late_line_of_an_internal_error_does_not_reach_the_next_reply() -> None:
    error = b"[ERROR] shell.lm_exec internal error: x\nnode01 $ "
    for pieces in ([error + b"[HA] Shells cleanup: 41200\n"], [error, 0.03, b"[HA] Shells cleanup: 41200\n"]):
        with FakeNode(replies={"bad": list(pieces)}) as node:
            assert ask(node, "bad", "version") == [("[ERROR] shell.lm_exec internal error: x",), ("1.54.1-0",)]


def test_a_late_second_prompt_does_not_shift_the_replies() -> None:
    with FakeNode(replies={"echo": [b"a\nnode01 $ ", 0.03, b"node01 $ "]}) as node:
        assert ask(node, "echo", "version", "hello") == [
            ("a",),
            ("1.54.1-0",),
            ("hello:node01:micr240ac4f679e8OS",),
        ]


def test_lines_for_every_session_do_not_disturb() -> None:
    with FakeNode(replies={"show": [b"~~~ measuring\nok\nnode01 $ ~~~ foreign\n"]}) as node:

        async def work(shell: TcpShell) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
            reply = await shell.ask("show")
            return reply.lines, reply.streamed, await shell.command("version")

        lines, streamed, version = session(node, work)
        assert (lines, version) == (("ok",), ("1.54.1-0",))
        assert "measuring" in streamed


def test_unmarked_lines_after_the_prompt_end_the_reply_after_a_silence() -> None:
    with FakeNode(replies={"show": [b"ok\nnode01 $ from another session\n"]}) as node:
        assert ask(node, "show", "version")[0][0] == "ok"


def test_the_new_name_in_the_prompt_ends_the_reply() -> None:
    with FakeNode(replies={"devfid lamp": [b"Saved\n[configure] lamp $ "]}) as node:
        assert ask(node, "devfid lamp") == [("Saved",)]


@pytest.mark.parametrize("text", ["", "  \n", "hello\nversion", "x" * 2049])
def test_what_is_no_single_packet_is_refused_before_it_is_sent(text: str) -> None:
    with FakeNode() as node:
        with pytest.raises(UsageError):
            ask(node, text)
        assert node.wait_idle()
        assert [packet for packet in node.packets if packet != "exit"] == []


def test_a_command_of_the_largest_size_is_sent_as_one_packet() -> None:
    command = "m f " + "x" * 2044
    with FakeNode() as node:
        assert ask(node, command) == [tuple(HINT.splitlines())]
        assert node.packets[0] == command


def test_the_right_password_opens_a_locked_node() -> None:
    with FakeNode(password=SECRET) as node:
        assert ask(node, "version", password=SECRET) == [("1.54.1-0",)]


@pytest.mark.parametrize("closes", [True, False])
def test_a_wrong_password_is_an_error_also_where_the_socket_stays_open(closes: bool) -> None:
    with FakeNode(password=SECRET, closes_after_failed_auth=closes) as node:
        with pytest.raises(NodeLockedError) as caught:
            ask(node, "version", password=SECRET.lower())
        assert SECRET.lower() not in str(caught.value)
        assert "version" not in node.packets
        assert node.wait_idle()


def test_without_a_password_nothing_but_hello_and_version_reaches_a_locked_node() -> None:
    with FakeNode(password=SECRET) as node:
        assert ask(node, "hello") == [("hello:node01:micr240ac4f679e8OS",)]
        with pytest.raises(NodeLockedError, match="node01"):
            ask(node, "system info")
        with pytest.raises(NodeLockedError):  # the original answers `version` only with a password
            ask(node, "version")
        assert "system info" not in node.packets


def test_login_tells_whether_the_node_knows_it() -> None:
    async def work(shell: TcpShell) -> bool:
        return await shell.login(SECRET)

    with FakeNode(replies={"login Secret12x": [b"AuthOk\nnode01 $ "]}) as node:
        assert session(node, work)
    with FakeNode() as node:
        assert not session(node, work)
    with FakeNode(replies={"login Secret12x": [b"AuthFailed\nBye!\n"]}) as node, pytest.raises(NodeLockedError):
        session(node, work)
    with FakeNode(password=SECRET) as node:
        assert session(node, work)


def test_a_full_node_is_tried_again_and_then_called_busy() -> None:
    with FakeNode(places=0) as node:
        with pytest.raises(NodeBusyError, match=str(node.port)):
            ask(node, "hello")
        assert node.busy_answers == QUICK.busy_tries


def test_a_place_that_becomes_free_is_taken() -> None:
    node = FakeNode(places=0)

    def free() -> None:
        node.places = 1

    node.on_busy = free
    with node:
        assert ask(node, "version") == [("1.54.1-0",)]
        assert node.busy_answers == 1


def test_another_nodes_name_is_refused_before_a_command_is_sent() -> None:
    with FakeNode(name="lamp") as node:
        with pytest.raises(BadReplyError, match=r"lamp answers, not node01"):
            ask(node, "reboot", expected_name="node01")
        assert node.wait_idle()
        assert "reboot" not in node.packets
        assert ask(node, "version", expected_name="lamp") == [("1.54.1-0",)]


def test_another_service_is_no_node() -> None:
    with FakeNode(greeting=[b"SSH-2.0-OpenSSH_9.6\r\n"]) as node, pytest.raises(BadReplyError, match=r"SSH-2\.0"):
        ask(node, "hello")
    with FakeNode(greeting=[b"x" * 5000]) as node, pytest.raises(BadReplyError, match="prompt was expected"):
        ask(node, "hello")


def test_an_accepted_connection_without_a_prompt_is_named() -> None:
    with FakeNode(greeting=[]) as node:
        with pytest.raises(NodeUnreachableError, match=r"accepts the connection but sends no prompt within 0\.4 s"):
            ask(node, "hello")
        assert node.wait_idle()


def test_no_answer_and_an_answer_that_stops_are_told_apart() -> None:
    with FakeNode(replies={"deaf": [], "half": [b"only half"]}) as node:
        with pytest.raises(NodeUnreachableError, match=r"gave no answer within 0\.4 s \(command: deaf\)"):
            ask(node, "deaf")
        with pytest.raises(NodeUnreachableError, match=r"fell silent for 0\.3 s after 9 bytes") as caught:
            ask(node, "half")
        assert caught.value.facts["command"] == "half"
        assert node.wait_idle()


def test_endless_junk_ends_at_the_size_limit() -> None:
    with FakeNode(replies={"junk": [b"junk " * 400] * 2000}) as node:
        with pytest.raises(BadReplyError, match="no prompt"):
            ask(node, "junk")
        assert node.wait_idle()


def test_a_slow_trickle_ends_at_the_time_limit() -> None:
    with (
        FakeNode(replies={"drip": [b"x", 0.05] * 100}) as node,
        pytest.raises(NodeUnreachableError, match="took longer"),
    ):
        ask(node, "drip", limits=replace(QUICK, reply_s=0.4))


def test_a_connection_that_breaks_in_a_reply_is_named() -> None:
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        peer, _ = listener.accept()
        with peer:
            peer.sendall(b"node01 $ ")
            peer.recv(100)
            peer.sendall(b"half a re")

    thread = threading.Thread(target=serve)
    thread.start()
    node = FakeNode(port=listener.getsockname()[1])
    with listener, pytest.raises(NodeUnreachableError, match="closed the connection after 9 bytes"):
        ask(node, "hello")
    thread.join(5)


def test_a_goodbye_that_is_cancelled_leaves_no_connection() -> None:
    listener, said, ended = socket.create_server(("127.0.0.1", 0)), threading.Event(), threading.Event()

    def serve() -> None:
        peer, _ = listener.accept()
        with peer:
            peer.sendall(b"node01 $ ")
            assert peer.recv(100) == b"exit"
            said.set()
            assert peer.recv(100) == b""  # this node waits for its client to close
            ended.set()

    async def visit() -> None:
        where = listener.getsockname()
        async with TcpShell.connect(*where, None, None, replace(QUICK, close_s=60)):
            pass

    async def work() -> None:
        task = asyncio.create_task(visit())
        assert await asyncio.to_thread(said.wait, 20)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await asyncio.to_thread(ended.wait, 20)

    thread = threading.Thread(target=serve)
    thread.start()
    with listener:
        asyncio.run(work())
    thread.join(20)


@pytest.mark.parametrize(
    "pieces", [[b"Reboot micrOS system.\nBye!\n"], [b"Reboot mic"], [], [b"[HARD] Reboot micrOS system.\nBye!\n"]]
)
def test_whatever_is_left_of_a_reboots_reply_is_success(pieces: list[bytes | float]) -> None:
    async def work(shell: TcpShell) -> bool:
        await shell.command("reboot -h")
        with pytest.raises(NodeUnreachableError, match="restarts"):
            await shell.command("hello")
        return shell.ended

    with FakeNode(replies={"reboot -h": pieces}) as node:
        assert session(node, work)


def test_webrepl_update_says_goodbye_and_the_session_is_over() -> None:
    text = b" Start micropython WEBREPL - file transfer and debugging\n Restart node then start webrepl...\n Bye!\n"

    async def work(shell: TcpShell) -> tuple[bool, str]:
        lines = await shell.command("webrepl --update")
        return shell.ended, lines[-1]

    with FakeNode(replies={"webrepl --update": [text]}) as node:
        assert session(node, work) == (True, " Bye!")


def test_a_closed_port_and_a_wrong_name_say_so() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(NodeUnreachableError, match=rf"127\.0\.0\.1:{port} is not reachable: the connection is refused"):
        ask(FakeNode(port=port), "hello")


def test_a_listener_that_never_accepts_ends_at_the_connect_limit() -> None:
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        fillers = [socket.socket() for _ in range(3)]
        try:
            for filler in fillers:
                filler.setblocking(False)
                filler.connect_ex(deaf.getsockname())
            with pytest.raises(NodeUnreachableError):
                ask(FakeNode(port=deaf.getsockname()[1]), "hello", limits=replace(QUICK, connect_s=0.3))
        finally:
            for filler in fillers:
                filler.close()


def test_an_evicted_session_is_noticed() -> None:
    async def work(shell: TcpShell) -> None:
        await shell.command("evict")
        await shell.command("version")

    with FakeNode(replies={"evict": [b"ok\nnode01 $ Bye!\n\n"]}) as node, pytest.raises(NodeError, match="goodbye"):
        session(node, work)


def test_a_node_keeps_no_session_after_an_error_in_the_callers_code() -> None:
    async def work(shell: TcpShell) -> None:
        raise LookupError("the caller's own")

    with FakeNode() as node:
        with pytest.raises(LookupError):
            session(node, work)
        assert node.wait_idle()


def test_a_cancelled_session_is_closed() -> None:
    async def run(node: FakeNode) -> None:
        async def talk() -> None:
            async with TcpShell.connect(node.host, node.port, limits=DEFAULT_LIMITS) as shell:
                started.set()
                await shell.command("deaf")

        started = asyncio.Event()
        task = asyncio.create_task(talk())
        await started.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    with FakeNode(replies={"deaf": []}) as node:
        asyncio.run(run(node))
        assert node.wait_idle()


def test_many_nodes_are_asked_at_once() -> None:
    async def one(node: FakeNode) -> float:
        async with TcpShell.connect(node.host, node.port, limits=DEFAULT_LIMITS) as shell:
            await shell.command("slow")
            assert shell.latency_s is not None
            return shell.latency_s

    async def run(node: FakeNode) -> float:
        started = time.monotonic()
        await asyncio.gather(*(one(node) for _ in range(100)))
        return time.monotonic() - started

    with FakeNode(places=200, replies={"slow": [0.2, b"ok\nnode01 $ "]}) as node:
        assert asyncio.run(run(node)) < 10  # one after another it would be 20 s and more
        assert node.wait_idle()


@pytest.mark.parametrize("command", ["appwd Secret12x", "login Secret12x", "stapwd Secret12x"])
def test_a_message_never_shows_a_password(command: str) -> None:
    assert "Secret" not in shown(command)
    assert shown("rgb  toggle") == "rgb toggle"
    with FakeNode(replies={command: [b"x"]}) as node, pytest.raises(NodeUnreachableError) as caught:
        ask(node, command)
    assert "Secret" not in f"{caught.value} {caught.value.facts}"
