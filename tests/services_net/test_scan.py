"""The scan: which addresses, how many at once, and networks whose hosts drop packets."""

import asyncio
import ipaddress
import resource
import time
from pathlib import Path

import pytest
from quiet_network import filled_backlogs, namespaces_allowed, quiet_network
from synthetic_fleet import beside, node

from devtoolkit.model.device import Device
from devtoolkit.services import hunt, scan
from devtoolkit.services.cache import DeviceCache
from devtoolkit.services.hunt import Hunt
from devtoolkit.transports.interfaces import Interface


def interface(text: str) -> Interface:
    ip = ipaddress.IPv4Interface(text)
    network = ipaddress.IPv4Network("127.0.0.0/8") if ip.is_loopback else ip.network
    return Interface(str(ip.ip), network)


def test_all_hosts_of_a_network_are_tried_but_the_own_address() -> None:
    found = scan.hosts([interface("192.0.2.7/24")])
    assert len(found) == 253
    assert "192.0.2.7" not in found
    assert {"192.0.2.1", "192.0.2.254"} <= set(found)
    assert not {"192.0.2.0", "192.0.2.255"} & set(found)


def test_a_network_of_1024_addresses_is_tried_whole_and_of_a_larger_one_the_part_around_us() -> None:
    assert len(scan.hosts([interface("198.18.4.9/22")])) == 1021
    part = scan.hosts([interface("198.18.77.9/15")])
    assert len(part) == 1021
    assert {"198.18.76.1", "198.18.79.254"} <= set(part)
    assert "198.18.80.1" not in part


def test_of_loopback_only_the_own_address_is_tried_and_of_single_links_none() -> None:
    assert scan.hosts([interface("127.0.0.1/8")]) == ("127.0.0.1",)
    assert scan.hosts([interface("192.0.2.1/31"), interface("192.0.2.9/32"), interface("169.254.3.4/16")]) == ()


def test_two_interfaces_in_one_network_try_each_address_once() -> None:
    found = scan.hosts([interface("192.0.2.7/25"), interface("192.0.2.8/25")])
    assert len(found) == len(set(found)) == 124


@pytest.mark.parametrize(("soft", "expected"), [(256, 128), (1024, 512), (20000, 1024), (1, 1)])
def test_half_the_soft_limit_of_open_files_is_used(soft: int, expected: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _which: (soft, 1 << 20))
    assert scan.at_once() == expected


def found_by_scan(addresses: tuple[str, ...]) -> tuple[list[str], float]:
    found: list[str] = []

    async def run() -> None:
        async with Hunt(("127.0.0.1",), lambda device: found.append(device.fuid)) as it:
            it.scan(addresses)
            await it.run(20, 0.0)

    started = time.monotonic()
    asyncio.run(run())
    return found, time.monotonic() - started


def test_hosts_that_drop_packets_cost_one_time_out_together() -> None:
    with filled_backlogs(60, 9008) as addresses:
        _, took = found_by_scan(addresses)
    assert took < 60 * scan.SCAN_LIMITS.connect_s / 4


def test_a_silent_node_is_found_by_the_scan_alone(tmp_path: Path) -> None:
    async def work(_cache: DeviceCache) -> list[Device]:
        found: list[Device] = []
        async with Hunt(("127.0.0.1",), found.append) as it:
            it.scan(("127.231.9.1", "127.231.9.2", "127.231.9.3"))
            await it.run(20, 0.0)
        return [device for device in found if device.ip.startswith("127.231.9.")]

    found = beside([node(1, ip="127.231.9.2", port=9008, latency_s=0.03)], tmp_path, work)
    assert [(device.fuid, device.ip) for device in found] == [("s1", "127.231.9.2")]


def test_what_a_callback_raises_during_a_scan_comes_out_as_it_is(tmp_path: Path) -> None:
    def fail(device: Device) -> None:
        if device.ip == "127.231.9.5":
            raise LookupError(device.uid)

    async def work(_cache: DeviceCache) -> None:
        async with Hunt(("127.0.0.1",), fail) as it:
            it.scan(("127.231.9.5",))
            await it.run(20, 5.0)

    with pytest.raises(LookupError):
        beside([node(1, ip="127.231.9.5", port=9008)], tmp_path, work)


def test_the_limit_of_open_files_holds_during_a_scan(monkeypatch: pytest.MonkeyPatch) -> None:
    running = most = 0

    async def ask(ip: str, port: int, *_limits: object) -> Device:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.01)
        running -= 1
        return Device(f"micr{ip}OS", ip, ip, port, "ONLINE")

    monkeypatch.setattr(hunt, "at_once", lambda: 10)
    monkeypatch.setattr(hunt, "ask_hello", ask)
    found, _ = found_by_scan(tuple(f"127.231.10.{number}" for number in range(1, 51)))
    assert len([name for name in found if name.startswith("127.231.10.")]) == 50
    assert most == 10


@pytest.mark.skipif(not namespaces_allowed(), reason="network namespaces need root and iproute2")
def test_in_a_network_that_drops_packets_the_nodes_are_found_at_once(tmp_path: Path) -> None:
    with quiet_network(8) as network, network.nodes(8, 0.03):
        searched = network.search(tmp_path)
    assert set(searched.found) == {f"far{number}" for number in range(8)}
    assert searched.seconds < 10
