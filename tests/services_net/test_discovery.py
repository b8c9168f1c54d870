"""Discovery with real mDNS packets, real probes and real sockets, on loopback only.

Other tests on this machine may announce nodes at the same time: only this process' own nodes are looked at.
"""

import asyncio
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from announcer import announced, packet
from fake_node import FakeNode

from devtoolkit.model.device import Device
from devtoolkit.services import discovery, hunt
from devtoolkit.services.cache import DeviceCache
from devtoolkit.services.hello import ask_hello
from devtoolkit.transports.interfaces import own_interfaces
from devtoolkit.transports.mdns import read_answer
from devtoolkit.transports.tcp_shell import Limits

LOOPBACK = ("127.0.0.1",)
PROBED = "--silent-until-probed"
OWN = f"{os.getpid():08x}"
BROWSED = "--answers-queries"
ONE_SECOND_RULE_S = 2.0  # a responder holds back for a second what it has just multicast (RFC 6762, 6)


@pytest.fixture
def cache(tmp_path: Path) -> DeviceCache:
    return DeviceCache(tmp_path / "device_conn_cache.json")


def description(node: FakeNode) -> dict[str, object]:
    return {"name": node.name, "uid": node.uid, "ip": node.host, "port": node.port}


@contextmanager
def nodes(count: int) -> Iterator[list[FakeNode]]:
    with ExitStack() as stack:
        yield [
            stack.enter_context(FakeNode(name=f"n{number}-{OWN}", uid=f"micr{OWN}{number:02d}OS", host="127.0.0.1"))
            for number in range(count)
        ]


def found(devices: tuple[Device, ...]) -> set[tuple[str, str, str, int]]:
    return {(one.uid, one.fuid, one.ip, one.port) for one in own(devices) if one.status == "ONLINE"}


def own(devices: tuple[Device, ...]) -> tuple[Device, ...]:
    return tuple(device for device in devices if OWN in device.uid)


def expected(running: list[FakeNode]) -> set[tuple[str, str, str, int]]:
    return {(node.uid, node.name, node.host, node.port) for node in running}


def test_announced_nodes_are_found_confirmed_and_cached(cache: DeviceCache) -> None:
    with nodes(2) as running, announced([description(node) for node in running], BROWSED):
        devices = discovery.search(cache, seconds=10, interfaces=LOOPBACK, quiet_s=ONE_SECOND_RULE_S)
        assert found(devices) == expected(running)
        assert all(set(node.packets) == {"hello", "exit"} for node in running)
    for device in own(devices):
        assert device.version == "2.0.0-0"
        assert device.latency_s is not None
        assert cache.find(device.uid).port == device.port
        assert cache.facts(device.uid).last_seen is not None


def test_results_come_while_the_search_runs_and_it_ends_when_it_is_quiet(cache: DeviceCache) -> None:
    seen: list[tuple[str, float]] = []
    started = time.monotonic()
    with nodes(3) as running, announced([description(node) for node in running], PROBED):
        started = time.monotonic()
        devices = discovery.search(
            cache,
            seconds=30,
            interfaces=LOOPBACK,
            on_found=lambda device: seen.append((device.fuid, time.monotonic() - started)),
        )
        took = time.monotonic() - started
    assert [name for name, _ in seen] == [device.fuid for device in devices]
    assert seen[0][1] < took - 0.3
    assert took < 10


def test_a_silent_node_is_found_by_the_probe_alone(cache: DeviceCache) -> None:
    with nodes(2) as running, announced([description(node) for node in running], PROBED):
        assert found(discovery.search(cache, seconds=5, interfaces=LOOPBACK)) == expected(running)


def test_cached_nodes_are_asked_again_and_the_silent_ones_reported(cache: DeviceCache) -> None:
    with nodes(1) as running, FakeNode(uid=f"micr{OWN}busyOS", places=0) as busy:
        node = running[0]
        cache.put(
            Device(node.uid, "old name", node.host, node.port),
            Device(f"micr{OWN}goneOS", "gone", "127.0.0.1", _free_port()),
            Device(busy.uid, "busy", busy.host, busy.port),
            Device(f"micr{OWN}farOS", "far", "192.0.2.77", 9008),
        )
        devices = discovery.search(cache, seconds=5, interfaces=LOOPBACK)
    states = {device.uid: device.status for device in own(devices)}
    assert states == {
        node.uid: "ONLINE",
        f"micr{OWN}goneOS": "OFFLINE",
        f"micr{OWN}busyOS": "BUSY",
    }  # far: another network
    assert cache.find(node.uid).fuid == node.name


def test_a_version_that_is_known_is_told_although_nothing_announces_it(cache: DeviceCache) -> None:
    with FakeNode(uid=f"micr{OWN}versOS") as node:
        cache.put(Device(node.uid, "old", node.host, node.port, "ONLINE", "2.0.0-0"))
        (found_one,) = own(discovery.search(cache, seconds=5, interfaces=LOOPBACK, scan=False))
    assert (found_one.status, found_one.version) == ("ONLINE", "2.0.0-0")


def test_a_changed_address_is_corrected_in_the_cache(cache: DeviceCache) -> None:
    with nodes(1) as running, announced([description(running[0])], PROBED):
        cache.put(Device(running[0].uid, running[0].name, "127.0.0.1", _free_port()))
        discovery.search(cache, seconds=5, interfaces=LOOPBACK)
        assert cache.find(running[0].uid).port == running[0].port
    assert [device.fuid for device in cache.all()].count(running[0].name) == 1


def test_an_empty_network_ends_early(cache: DeviceCache) -> None:
    started = time.monotonic()
    assert own(discovery.search(cache, seconds=30, interfaces=LOOPBACK)) == ()
    assert time.monotonic() - started < 5


def test_an_address_that_accepts_and_says_nothing_delays_no_other_result(cache: DeviceCache) -> None:
    when: list[float] = []
    with nodes(1) as running, FakeNode(uid=f"micr{OWN}deafOS", greeting=[]) as deaf:
        cache.put(Device(deaf.uid, "deaf", deaf.host, deaf.port))
        with announced([description(running[0])], PROBED):
            started = time.monotonic()
            devices = discovery.search(
                cache, seconds=1.5, interfaces=LOOPBACK, on_found=lambda device: when.append(time.monotonic() - started)
            )
            assert time.monotonic() - started < 4
    assert {device.uid: device.status for device in own(devices)} == {running[0].uid: "ONLINE", deaf.uid: "OFFLINE"}
    assert when


def test_what_a_callback_raises_comes_out_of_the_search(cache: DeviceCache) -> None:
    def fail(device: Device) -> None:
        if OWN in device.uid:
            raise LookupError(device.uid)

    with nodes(1) as running, announced([description(running[0])], PROBED):
        with pytest.raises(LookupError):
            discovery.search(cache, seconds=5, interfaces=LOOPBACK, on_found=fail)
        assert cache.find(running[0].uid).port == running[0].port


def test_a_node_is_waited_for_until_it_answers(cache: DeviceCache) -> None:
    port = 9008
    host = f"127.7.{os.getpid() // 250 % 250}.{1 + os.getpid() % 250}"  # no other test has it
    node = FakeNode(uid=f"micr{OWN}lateOS", name="late", host=host, port=port)
    ready = threading.Event()

    def power_on() -> None:
        with node:
            ready.wait(10)

    with announced([{"name": "late", "uid": f"micr{OWN}lateOS", "ip": host, "port": port}], PROBED):
        timer = threading.Timer(0.6, power_on)
        timer.start()
        try:
            device = discovery.wait_for(f"MICR{OWN}lateOS", cache, seconds=10, interfaces=LOOPBACK)
        finally:
            ready.set()
            timer.join()
    assert device is not None
    assert (device.fuid, device.port, device.status) == ("late", port, "ONLINE")
    assert cache.find("late").port == port


def test_a_cached_node_is_waited_for_by_name_without_any_announcement(cache: DeviceCache) -> None:
    with nodes(2) as running:
        node = running[1]
        cache.put(Device(node.uid, node.name, node.host, node.port))
        device = discovery.wait_for(node.name, cache, seconds=5, interfaces=LOOPBACK)
    assert device is not None
    assert device.uid == node.uid


def test_only_the_wanted_node_is_asked(cache: DeviceCache, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    async def spy(ip: str, port: int, limits: Limits) -> Device:
        asked.append(port)
        return await ask_hello(ip, port, limits)

    monkeypatch.setattr(hunt, "ask_hello", spy)
    with nodes(3) as running, announced([description(node) for node in running], PROBED):
        device = discovery.wait_for(running[1].uid, cache, seconds=10, interfaces=LOOPBACK)
        assert device is not None
        assert device.uid == running[1].uid
        assert asked == [running[1].port]


def test_waiting_for_a_node_that_is_not_there_ends_in_time(cache: DeviceCache) -> None:
    started = time.monotonic()
    assert discovery.wait_for(f"micr{OWN}nobodyOS", cache, seconds=0.7, interfaces=LOOPBACK) is None
    assert 0.7 <= time.monotonic() - started < 4


def test_the_chosen_interfaces_of_the_settings_are_the_default(
    cache: DeviceCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MICROS_INTERFACES", "203.0.113.9")  # no interface of this machine: nowhere to look
    with nodes(1) as running:
        cache.put(Device(running[0].uid, running[0].name, running[0].host, running[0].port))
        assert discovery.search(cache, seconds=5) == ()
        assert running[0].packets == []


def test_two_searches_run_in_one_loop_at_once(cache: DeviceCache) -> None:
    async def both() -> list[tuple[Device, ...]]:
        return list(
            await asyncio.gather(
                *(
                    discovery.search_async(cache, seconds=5, interfaces=LOOPBACK, quiet_s=ONE_SECOND_RULE_S)
                    for _ in range(2)
                )
            )
        )

    with nodes(2) as running, announced([description(node) for node in running], BROWSED):
        for devices in asyncio.run(both()):
            assert found(devices) == expected(running)


def test_an_interrupted_search_leaves_nothing_running(cache: DeviceCache) -> None:
    async def run() -> None:
        task = asyncio.create_task(discovery.search_async(cache, seconds=30, interfaces=LOOPBACK, quiet_s=30))
        await asyncio.wait([task], timeout=0.3)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert asyncio.all_tasks() == {asyncio.current_task()}

    before = threading.active_count()
    asyncio.run(run())
    assert threading.active_count() == before


def test_an_answer_to_a_probe_is_read_and_junk_is_not() -> None:
    node: dict[str, object] = {"name": "lamp", "uid": "micr24OS", "ip": "192.0.2.9", "port": 9010}
    answer = read_answer(packet(node), "192.0.2.5")
    assert answer is not None
    assert answer.addresses == ("192.0.2.5", "192.0.2.9")
    assert (answer.port, answer.name, answer.uid, answer.version) == (9010, "lamp", "micr24OS", "2.0.0-0")
    assert read_answer(packet(node, ttl=0), "192.0.2.5") is None  # a goodbye
    for junk in (b"", b"?", b"\0" * 12, packet(node)[:40], bytes(range(256)), b"\xff" * 600):
        assert read_answer(junk, "192.0.2.5") is None


def test_loopback_counts_as_one_network() -> None:
    (interface,) = own_interfaces(LOOPBACK)
    assert interface.loopback
    assert interface.contains("127.0.0.50")
    assert not interface.contains("192.0.2.1")
    assert not interface.contains("no address")
    assert str(interface.network.broadcast_address) == "127.255.255.255"
    assert set(own_interfaces(None)) >= {interface}


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port
