"""Status of many nodes: each as what it is, none waits for another, nothing is left behind."""

import asyncio
import os
from pathlib import Path

import pytest
from leak_watch import slopes
from synthetic_fleet import beside, node

from devtoolkit.model.device import Device
from devtoolkit.model.node_status import NodeStatus
from devtoolkit.services import secrets
from devtoolkit.services.cache import DeviceCache
from devtoolkit.services.cache_entries import AP_UID
from devtoolkit.services.status import rounds, status_async
from devtoolkit.simulator.synthetic import SyntheticNode

LOOPBACK = ("127.0.0.1",)
SECRET = "Secret12x"


def asked(nodes: list[SyntheticNode], folder: Path, *, details: bool = False) -> dict[str, NodeStatus]:
    async def work(cache: DeviceCache) -> tuple[NodeStatus, ...]:
        return await status_async(cache, details=details, interfaces=LOOPBACK)

    return {one.fuid: one for one in beside(nodes, folder, work)}


def test_each_node_is_said_to_be_what_it_is(tmp_path: Path) -> None:
    faults = ("none", "deaf", "hangs", "refuses", "junk", "junk_reply", "busy", "closes")
    nodes = [node(number, fault=fault) for number, fault in enumerate(faults)]
    found = asked(nodes, tmp_path)
    states = {faults[number]: found[f"s{number}"].status for number in range(len(faults))}
    assert states == {
        "none": "ONLINE",
        "deaf": "OFFLINE",
        "hangs": "OFFLINE",
        "refuses": "OFFLINE",
        "junk": "BAD_REPLY",
        "junk_reply": "BAD_REPLY",
        "busy": "BUSY",
        "closes": "OFFLINE",
    }
    assert found["s0"].version == "2.0.0-0"
    assert found["s0"].latency_s is not None
    assert all(found[f"s{number}"].reason for number in range(1, len(faults)))
    assert "refused" in found["s3"].reason


def test_a_node_that_never_answers_delays_nobody(tmp_path: Path) -> None:
    order: list[str] = []

    async def work(cache: DeviceCache) -> None:
        await status_async(cache, interfaces=LOOPBACK, on_answer=lambda one: order.append(one.fuid))

    beside([node(0, fault="deaf"), *(node(number, latency_s=0.01) for number in range(1, 40))], tmp_path, work)
    assert order[-1] == "s0"
    assert len([name for name in order if name != "__simulator__"]) == 40


def test_the_session_is_one_hello_and_one_version(tmp_path: Path) -> None:
    nodes = [node(0)]
    asked(nodes, tmp_path)
    assert nodes[0].commands == ["hello", "version", "exit"]


def test_memory_and_uptime_come_when_asked_for(tmp_path: Path) -> None:
    found = asked([node(0)], tmp_path, details=True)["s0"]
    assert (found.memory_used, found.memory_percent, found.uptime) == (46080, 41.5, "0 1:2:3")


def test_a_node_with_a_password_is_locked_until_the_toolkit_knows_it(tmp_path: Path) -> None:
    nodes = [node(0, password=SECRET)]
    found = asked(nodes, tmp_path, details=True)["s0"]
    assert (found.status, found.version, found.memory_used) == ("LOCKED", "2.0.0-0", None)
    secrets.remember(nodes[0].uid, SECRET)
    nodes[0].port = 0
    found = asked(nodes, tmp_path, details=True)["s0"]
    assert (found.status, found.memory_used) == ("ONLINE", 46080)
    secrets.remember(nodes[0].uid, "other1234")
    nodes[0].port = 0
    assert asked(nodes, tmp_path)["s0"].status == "LOCKED"


def test_another_node_at_the_address_is_not_taken_for_the_known_one(tmp_path: Path) -> None:
    async def work(cache: DeviceCache) -> tuple[NodeStatus, ...]:
        cache.put(Device("micr77OS", "heater", nodes[0].ip, nodes[0].port))
        return await status_async(cache, interfaces=LOOPBACK)

    nodes = [node(0)]
    found = {one.uid: one for one in beside(nodes, tmp_path, work)}
    assert found["micr77OS"].status == "OFFLINE"
    assert "another node answers there: s0" in found["micr77OS"].reason
    assert found[nodes[0].uid].status == "ONLINE"


def test_who_is_silent_keeps_version_and_time_of_the_last_answer(tmp_path: Path) -> None:
    async def work(cache: DeviceCache) -> tuple[NodeStatus, ...]:
        await status_async(cache, interfaces=LOOPBACK)
        nodes[0].fault = "closes"
        return await status_async(cache, interfaces=LOOPBACK)

    nodes = [node(0)]
    found = next(one for one in beside(nodes, tmp_path, work) if one.fuid == "s0")
    assert (found.status, found.version, found.latency_s) == ("OFFLINE", "2.0.0-0", None)
    assert found.last_seen is not None


def test_addresses_outside_the_chosen_interfaces_are_not_asked(tmp_path: Path) -> None:
    async def work() -> tuple[NodeStatus, ...]:
        cache = DeviceCache(tmp_path / "device_conn_cache.json")
        cache.put(Device("micr01OS", "far", "192.0.2.99", 9008))
        return await status_async(cache, interfaces=LOOPBACK)

    assert {one.uid for one in asyncio.run(work())} & {"micr01OS", AP_UID} == set()


def test_a_renamed_node_has_its_new_name_in_status_and_cache(tmp_path: Path) -> None:
    async def work(cache: DeviceCache) -> DeviceCache:
        nodes[0].name = "renamed"
        await status_async(cache, interfaces=LOOPBACK)
        return cache

    nodes = [node(0)]
    assert beside(nodes, tmp_path, work).find(nodes[0].uid).fuid == "renamed"


def test_live_rounds_follow_a_node_that_goes(tmp_path: Path) -> None:
    seen: list[str] = []

    async def work(cache: DeviceCache) -> None:
        async for found in rounds(cache, every_s=0.01, interfaces=LOOPBACK):
            seen.append(next(one.status for one in found if one.fuid == "s0"))
            nodes[0].fault = "busy"
            if len(seen) == 2:
                return

    nodes = [node(0)]
    beside(nodes, tmp_path, work)
    assert seen == ["ONLINE", "BUSY"]


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="file descriptors are counted in /proc")
def test_rounds_leave_no_files_threads_or_tasks_behind(tmp_path: Path) -> None:
    async def work(cache: DeviceCache) -> list[tuple[str, float, str]]:
        return await slopes(lambda: status_async(cache, interfaces=LOOPBACK), 60)

    nodes = [node(number) for number in range(4)] + [node(4, fault="refuses"), node(5, fault="closes")]
    grown = {name: value for name, value, _ in beside(nodes, tmp_path, work)}
    # The nodes live in this process too; they free a session a moment after the client.
    assert abs(grown["files"]) < 0.05
    assert grown["threads"] == 0
    assert abs(grown["tasks"]) < 0.05
    assert grown["memory"] < 4 * os.sysconf("SC_PAGE_SIZE")
