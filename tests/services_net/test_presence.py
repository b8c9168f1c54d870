"""Continuous presence: nodes appear, change and vanish by themselves."""

import asyncio
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from announcer import announced
from leak_watch import open_files
from synthetic_fleet import beside, node

from devtoolkit.services.cache import DeviceCache
from devtoolkit.services.presence import PresenceEvent, watch
from devtoolkit.simulator.synthetic import SyntheticFleet

LOOPBACK = ("127.0.0.1",)


async def next_of(events: AsyncIterator[PresenceEvent], uid: str) -> PresenceEvent:
    """The next event of this node; other tests on this machine may announce theirs."""
    async for event in events:
        if event.device.uid == uid:
            return event
    raise AssertionError("the events ended")


def test_a_node_appears_changes_and_vanishes(tmp_path: Path) -> None:
    async def work(cache: DeviceCache) -> list[tuple[str, str, str]]:
        events = watch(cache, interfaces=LOOPBACK, every_s=0.1, scan=False)
        seen = [await next_of(events, one.uid)]
        one.name = "renamed"
        seen.append(await next_of(events, one.uid))
        one.fault = "busy"
        seen.append(await next_of(events, one.uid))
        assert cache.find(one.uid).fuid == "renamed"
        one.fault = "closes"
        seen.append(await next_of(events, one.uid))
        one.fault = "none"
        seen.append(await next_of(events, one.uid))
        await events.aclose()
        return [(event.kind, event.device.fuid, event.device.status) for event in seen]

    one = node(1)
    assert beside([one], tmp_path, work) == [
        ("appear", "s1", "ONLINE"),
        ("change", "renamed", "ONLINE"),
        ("change", "renamed", "BUSY"),
        ("vanish", "renamed", "OFFLINE"),
        ("appear", "renamed", "ONLINE"),
    ]


def test_an_announced_node_appears_without_being_known_before(tmp_path: Path) -> None:
    one = node(2)

    async def work() -> PresenceEvent:
        async with SyntheticFleet([one]):
            described: dict[str, object] = {"name": one.name, "uid": one.uid, "ip": one.ip, "port": one.port}
            announcing = announced([described], "--silent-until-probed")
            await asyncio.to_thread(announcing.__enter__)
            try:
                events = watch(DeviceCache(tmp_path / "device_conn_cache.json"), interfaces=LOOPBACK, every_s=0.5)
                async with asyncio.timeout(20):
                    event = await next_of(events, one.uid)
                await events.aclose()
                return event
            finally:
                await asyncio.to_thread(announcing.__exit__, None, None, None)

    event = asyncio.run(work())
    assert (event.kind, event.device.fuid, event.device.version) == ("appear", one.name, "2.0.0-0")


def test_a_watch_that_is_stopped_leaves_nothing_running(tmp_path: Path) -> None:
    async def work(cache: DeviceCache) -> None:
        files = open_files()
        events = watch(cache, interfaces=LOOPBACK, every_s=0.1, scan=False)
        await next_of(events, one.uid)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await next_of(events, "nobody")
        await events.aclose()
        for _ in range(2000):  # the node's side of the last session
            if open_files() <= files and len(asyncio.all_tasks()) == 1:
                return
            await asyncio.sleep(0.01)
        raise AssertionError(asyncio.all_tasks())

    one = node(3)
    before = threading.active_count()
    beside([one], tmp_path, work)
    assert threading.active_count() == before
