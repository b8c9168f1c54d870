"""Sessions of a program that runs on: at most two per node, kept for the next caller, shared only when they may be."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from synthetic_fleet import node

from devtoolkit.errors import NodeUnreachableError
from devtoolkit.model.device import Device
from devtoolkit.services import node_line
from devtoolkit.services.node_line import QueueFullError
from devtoolkit.services.sessions import Sessions
from devtoolkit.simulator.synthetic import SyntheticFleet, SyntheticNode
from devtoolkit.transports.tcp_shell import Limits

QUICK = Limits(connect_s=5.0, greeting_s=0.4, close_s=0.2)
Work = Callable[[SyntheticFleet, Sessions, list[Device]], Awaitable[None]]


def with_sessions(nodes: list[SyntheticNode], work: Work, limits: Limits = Limits(), **options: float) -> None:  # noqa: B008 - frozen
    async def run() -> None:
        async with SyntheticFleet(nodes, keep=True) as fleet, asyncio.timeout(60):
            sessions = Sessions(limits=limits, **options)
            await work(fleet, sessions, [Device(one.uid, one.name, one.ip, one.port) for one in nodes])
            await sessions.close()
            assert sessions.counted() == (0, 0, 0)

    asyncio.run(run())


def test_a_node_never_has_more_than_two_sessions_and_they_are_used_again() -> None:
    most, opened = 0, 0

    async def work(fleet: SyntheticFleet, sessions: Sessions, devices: list[Device]) -> None:
        nonlocal most, opened
        known: set[int] = set()

        async def one() -> None:
            nonlocal most
            await sessions.ask(devices[0], ["system info"])
            most = max(most, len(fleet.sessions))
            known.update(map(id, fleet.sessions))

        await asyncio.gather(*(one() for _ in range(30)))
        opened = len(known)

    nodes = [node(1, latency_s=0.005)]
    with_sessions(nodes, work)
    assert most == 2
    assert opened == 2
    assert nodes[0].commands.count("system info") == 30


def test_sessions_in_use_kept_and_closing_are_never_more_than_two_whatever_the_callers_do() -> None:
    most = 0

    async def work(fleet: SyntheticFleet, sessions: Sessions, devices: list[Device]) -> None:
        nonlocal most
        watching = asyncio.Event()

        async def watch() -> None:
            nonlocal most
            while not watching.is_set():
                most = max(most, len(fleet.sessions))
                await asyncio.sleep(0)

        watcher = asyncio.ensure_future(watch())
        commands = ["hello", "conf", "version", "login x", "system info"]  # some end their session, some do not
        asked = [asyncio.ensure_future(sessions.ask(devices[0], [commands[n % 5]])) for n in range(40)]
        for number in range(0, 40, 7):
            asked[number].cancel()
        await asyncio.gather(*asked, return_exceptions=True)
        watching.set()
        await watcher

    with_sessions([node(2, latency_s=0.002)], work, Limits(close_s=0.05), idle_s=0.01)
    assert most == 2


def test_all_who_wait_for_a_dead_node_hear_so_together_and_nobody_else_waits() -> None:
    async def work(_fleet: SyntheticFleet, sessions: Sessions, devices: list[Device]) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        dead = [asyncio.ensure_future(sessions.ask(devices[0], ["hello"])) for _ in range(40)]
        await asyncio.sleep(0)
        await sessions.ask(devices[1], ["hello"])
        alive = loop.time() - began
        failures = await asyncio.gather(*dead, return_exceptions=True)
        assert all(isinstance(one, NodeUnreachableError) for one in failures)
        assert alive < loop.time() - began < 20 * QUICK.greeting_s  # one time-out, not one each in two rows

    with_sessions([node(3, fault="deaf"), node(4)], work, QUICK)


def test_more_callers_than_anybody_would_wait_for_are_refused() -> None:
    async def work(_fleet: SyntheticFleet, sessions: Sessions, devices: list[Device]) -> None:
        waiting = [asyncio.ensure_future(sessions.ask(devices[0], ["hello"])) for _ in range(2 + node_line.WAITING)]
        await asyncio.sleep(0)
        with pytest.raises(QueueFullError):
            await sessions.ask(devices[0], ["hello"])
        for one in waiting:
            one.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)

    with_sessions([node(5, fault="hangs")], work, QUICK)


@pytest.mark.parametrize("first", [["conf"], ["login Right1234"], ["conf", "devfid other"]])
def test_what_leaves_traces_in_a_session_leaves_none_for_the_next_caller(first: list[str]) -> None:
    async def work(_fleet: SyntheticFleet, sessions: Sessions, devices: list[Device]) -> None:
        await sessions.ask(devices[0], ["hello"])
        await sessions.ask(devices[0], first)
        masked = await sessions.ask(devices[0], ["conf", "dump"])
        assert "Right1234" not in "".join(masked.lines)
        assert "Shell: for hints" in (await sessions.ask(devices[0], ["dump"])).lines[0]  # no configure mode left over

    with_sessions([node(6, config={"appwd": "Right1234"})], work)


def test_a_locked_node_gets_the_kept_password(user_data: Path) -> None:
    from devtoolkit.services import secrets

    locked = node(7, password="Secret12")
    secrets.remember(locked.uid, "Secret12")

    async def work(_fleet: SyntheticFleet, sessions: Sessions, devices: list[Device]) -> None:
        assert (await sessions.ask(devices[0], ["system info"])).lines[0].startswith(" Mem usage")

    with_sessions([locked], work)
    assert user_data.exists()


def test_a_kept_session_is_ended_with_exit_after_its_time() -> None:
    async def work(fleet: SyntheticFleet, sessions: Sessions, devices: list[Device]) -> None:
        await sessions.ask(devices[0], ["hello"])
        while fleet.sessions:
            await asyncio.sleep(0.01)

    nodes = [node(8)]
    with_sessions(nodes, work, idle_s=0.05)
    assert nodes[0].commands == ["hello", "exit"]
