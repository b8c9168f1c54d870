"""Synthetic nodes speak as nodes do, and their faults are what they are called."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import pytest

from devtoolkit.errors import BadReplyError, NodeBusyError, NodeLockedError, NodeUnreachableError, SimulatorError
from devtoolkit.simulator.synthetic import Fault, SyntheticFleet, SyntheticNode
from devtoolkit.simulator.synthetic_process import numbered, running
from devtoolkit.transports.tcp_shell import Limits, TcpShell

SECRET = "Secret12x"
QUICK = Limits(
    connect_s=1, greeting_s=0.3, first_byte_s=0.2, stall_s=0.3, close_s=0.05, busy_tries=1, max_bytes=1 << 14
)


def talk(node: SyntheticNode, work: Callable[[TcpShell], Awaitable[None]], seed: int = 0) -> None:
    async def run() -> None:
        async with (
            SyntheticFleet([node], seed=seed, keep=True),
            TcpShell.connect(node.ip, node.port, limits=QUICK) as it,
        ):
            await work(it)

    asyncio.run(run())


def test_the_shells_words_are_answered_with_the_nodes_texts() -> None:
    async def work(shell: TcpShell) -> None:
        assert await shell.command("hello") == ("hello:lamp:micr01OS",)
        assert await shell.command("version") == ("2.0.0-0",)
        assert await shell.command("system memory_usage") == (" percent: 41.5", " mem_used: 46080")
        assert "Shell: for hints type help." in await shell.command("nonsense")
        await shell.command("conf")
        assert shell.configure_mode
        assert await shell.command("soctout 60") == ("Saved",)
        assert await shell.command("soctout abc") == ("Failed to save",)
        assert await shell.command("auth maybe") == ("Failed to save",)
        assert (await shell.command("nokey 1"))[-1] == "Invalid key"
        assert "  soctout   :        60" in await shell.command("dump")

    node = SyntheticNode("lamp", "micr01OS")
    talk(node, work)
    assert node.commands[-1] == "exit"


def test_a_password_is_asked_for_and_secrets_are_masked_until_login() -> None:
    async def work(shell: TcpShell) -> None:
        assert shell.locked
        assert await shell.command("hello") == ("hello:lamp:micr01OS",)
        assert await shell.login(SECRET)
        await shell.command("conf")
        assert await shell.command("appwd") == ("********",)
        await shell.command("noconf")
        assert await shell.login(SECRET)
        await shell.command("conf")
        assert await shell.command("appwd") == (SECRET,)

    async def wrong(shell: TcpShell) -> None:
        with pytest.raises(NodeLockedError):
            await shell.login("Secret12y")

    talk(SyntheticNode("lamp", "micr01OS", password=SECRET), work)
    talk(SyntheticNode("lamp", "micr01OS", password=SECRET), wrong)


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("deaf", NodeUnreachableError),
        ("hangs", NodeUnreachableError),
        ("refuses", NodeUnreachableError),
        ("junk", BadReplyError),
        ("junk_reply", BadReplyError),
        ("busy", NodeBusyError),
        ("closes", NodeUnreachableError),
    ],
)
def test_a_fault_looks_to_a_client_as_it_is_called(fault: Fault, error: type[Exception]) -> None:
    async def work(shell: TcpShell) -> None:
        await shell.command("hello")

    with pytest.raises(error):
        talk(SyntheticNode("bad", "micr02OS", fault=fault), work)


def test_the_latency_passes_before_each_answer() -> None:
    times: list[float] = []

    async def work(shell: TcpShell) -> None:
        for _ in range(3):
            await shell.command("hello")
            times.append(shell.latency_s or 0.0)

    started = time.monotonic()
    talk(SyntheticNode("slow", "micr03OS", latency_s=0.05), work)
    assert min(times) >= 0.05
    assert time.monotonic() - started >= 0.2  # the prompt as well


def test_the_same_seed_loses_the_same_replies() -> None:
    def lost(seed: int) -> list[bool]:
        outcome: list[bool] = []

        async def run() -> None:
            node = SyntheticNode("bad-radio", "micr04OS", loss=0.5)
            async with SyntheticFleet([node], seed=seed):
                for _ in range(8):
                    async with TcpShell.connect(node.ip, node.port, limits=QUICK) as shell:
                        try:
                            await shell.command("hello")
                            outcome.append(False)
                        except NodeUnreachableError:
                            outcome.append(True)

        asyncio.run(run())
        return outcome

    first = lost(7)
    assert lost(7) == first
    assert {True, False} == set(first)


def test_many_nodes_run_in_a_process_that_ends_with_the_block() -> None:
    async def ask(node: SyntheticNode) -> None:
        async with TcpShell.connect(node.ip, node.port, node.name) as shell:
            assert await shell.command("hello") == (f"hello:{node.name}:{node.uid}",)

    async def ask_all(nodes: tuple[SyntheticNode, ...]) -> None:
        await asyncio.gather(*map(ask, nodes))

    with running([SyntheticNode(f"n{number}", f"micr{number:04x}OS") for number in range(300)]) as nodes:
        assert len({node.port for node in nodes}) == 300
        asyncio.run(ask_all(nodes))
    with pytest.raises(NodeUnreachableError):
        asyncio.run(ask(nodes[0]))


def test_an_address_that_is_taken_is_told() -> None:
    with running([SyntheticNode("n", "micr05OS")]) as (node,):  # noqa: SIM117 - the second needs the first
        with pytest.raises(SimulatorError, match="ddress already in use"), running([node]):
            pass


def test_numbered_nodes_have_addresses_of_their_own() -> None:
    nodes = numbered(600)
    assert len({(node.ip, node.port) for node in nodes}) == 600
    assert len({node.uid for node in nodes}) == 600
