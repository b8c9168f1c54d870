"""The node's mDNS announcement, read by zeroconf's own decoder."""

import contextlib
import socket
import struct
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from device_node import PORT, UID, Connection, Node, install_source, run_vm, running
from zeroconf import DNSAddress, DNSIncoming, DNSPointer, DNSService, DNSText

pytestmark = pytest.mark.vm

SERVICE = "_micros._tcp.local."
GROUP = "224.0.0.251"


def records(data: bytes) -> dict[type, object]:
    message = DNSIncoming(data)
    assert message.valid
    assert message.is_response()
    answers = message.answers()
    assert len(answers) == 4
    return {type(answer): answer for answer in answers}


def check(data: bytes, node: Node, name: str = "node01", auth: bytes = b"false", ttl: int = 150) -> None:
    """PTR, SRV, TXT and A of this node."""
    found = records(data)
    pointer, service, text, address = (found[kind] for kind in (DNSPointer, DNSService, DNSText, DNSAddress))
    assert isinstance(pointer, DNSPointer)
    assert (pointer.name, pointer.alias) == (SERVICE, f"{name}.{SERVICE}")
    assert isinstance(service, DNSService)
    assert (service.name, service.server, service.port) == (f"{name}.{SERVICE}", f"{name}.local.", PORT)
    assert isinstance(address, DNSAddress)
    assert (address.name, socket.inet_ntoa(address.address)) == (f"{name}.local.", node.address)
    assert isinstance(text, DNSText)
    assert {record.ttl for record in (pointer, service, text, address)} == {ttl}
    expected = {b"id=" + UID.encode(), b"name=" + name.encode(), b"version=2.0.0-0", b"auth=" + auth}
    parts, rest = set(), text.text
    while rest:
        parts.add(rest[1 : 1 + rest[0]])
        rest = rest[1 + rest[0] :]
    assert parts == expected


@pytest.fixture(scope="module", autouse=True)
def _heard() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Node, "quiet", False)
        yield


@pytest.fixture
def prober() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        s.bind(("127.0.0.1", 0))
        s.settimeout(10)
        yield s


@pytest.fixture
def group() -> Iterator[socket.socket]:
    """A receiver of the multicast group on the loopback interface."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if hasattr(socket, "SO_REUSEPORT"):
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        s.bind((GROUP, 5353))
        s.setsockopt(
            socket.IPPROTO_IP,
            socket.IP_ADD_MEMBERSHIP,
            struct.pack("4s4s", socket.inet_aton(GROUP), socket.inet_aton("127.0.0.1")),
        )
        s.settimeout(10)
        yield s


def from_node(receiver: socket.socket, node: Node) -> bytes:
    """The next datagram of this node."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        data, sender = receiver.recvfrom(2048)
        if sender[0] == node.address:
            return data
    raise AssertionError("nothing from the node")


@pytest.mark.parametrize("broadcast", [False, True])
def test_a_probe_is_answered_to_the_prober(node: Node, prober: socket.socket, broadcast: bool) -> None:
    prober.sendto(b"?", ("127.255.255.255" if broadcast else node.address, PORT))
    check(from_node(prober, node), node)


def test_at_most_two_answers_in_a_second(node: Node, prober: socket.socket) -> None:
    answers = 0
    start = time.monotonic()
    prober.settimeout(0.01)
    while time.monotonic() - start < 1.6:
        prober.sendto(b"?", (node.address, PORT))
        with contextlib.suppress(TimeoutError):
            prober.recv(2048)
            answers += 1
    assert 2 <= answers <= 6, "1.6 s touch at most three seconds of the node's clock"


def test_longer_datagrams_are_ignored(node: Node, prober: socket.socket) -> None:
    prober.sendto(b"??", (node.address, PORT))
    prober.settimeout(0.3)
    with pytest.raises(TimeoutError):
        prober.recv(2048)


def test_the_group_hears_boot_and_probe_and_goodbye(
    tmp_path: Path, group: socket.socket, prober: socket.socket
) -> None:
    with running(tmp_path / "node", devfid="lamp_2", auth=True, appwd="Sesam7xyz") as lamp:
        check(from_node(group, lamp), lamp, "lamp_2", b"true")
        prober.sendto(b"?", (lamp.address, PORT))
        check(from_node(group, lamp), lamp, "lamp_2", b"true")
        with Connection(lamp.address) as c:
            c.until("[password] lamp_2 $ ")
            assert c.ask("Sesam7xyz", "lamp_2 $ ") == "AuthOk\n"
            c.send("reboot")
            assert c.rest() == "Reboot micrOS system.\nBye!\n"
        goodbye = from_node(group, lamp)
        while DNSIncoming(goodbye).answers()[0].ttl:  # another program's probe was answered in between
            goodbye = from_node(group, lamp)
        check(goodbye, lamp, "lamp_2", b"true", ttl=0)
        lamp.wait_exit()


def test_an_access_point_announces_itself_too(tmp_path: Path, group: socket.socket) -> None:
    with running(tmp_path / "node", nwmd="AP") as node:
        data = from_node(group, node)
        assert socket.inet_aton("192.168.4.1") in data
        with node.connect() as c:
            assert c.ask("system ifconfig").startswith("('AP', ('192.168.4.1'")
            assert c.ask("system ha_sta") == "AP mode\n"


_AIR = """
import simlink
def appear():
    simlink.ops["wifi"]({"op": "wifi", "set": {"ssid": "micrOS-virtual", "password": "virtual-wifi"}})
"""


def test_a_new_address_is_announced_at_once(tmp_path: Path, group: socket.socket) -> None:
    node = Node(tmp_path)
    (tmp_path / "LM_air.py").write_text(_AIR)
    try:
        node.start(wifi=[]).wait_shell()
        assert socket.inet_aton("192.168.4.1") in from_node(group, node)
        with node.connect() as c:
            c.ask("air appear")
            assert c.ask("system ha_sta") == "STA lost, reconnect started\n"
        check(from_node(group, node), node)
    finally:
        node.stop()


def test_a_network_that_refuses_stops_nothing(tmp_path: Path) -> None:
    install_source(tmp_path)
    code = """
import asyncio, socket, network
def refuse(*a):
    raise OSError(113)
socket.socket.sendto = refuse
socket.socket.bind = refuse
import Announce, Hooks
from Tasks import TaskBase
async def run():
    Announce.start()
    await asyncio.sleep_ms(50)
    print("ALIVE", not TaskBase.TASKS["announce"].done)
asyncio.run(run())
Hooks.BEFORE_RESET[0]()
print("END")
"""
    output = run_vm(tmp_path, code, online=True)
    assert "ALIVE True" in output
    assert "END" in output


def query(name: str, kind: int = 12) -> bytes:
    """A question as every mDNS browser sends it (RFC 6762): class IN, unicast answer not asked for."""
    labels = b"".join(bytes([len(part)]) + part.encode() for part in name.rstrip(".").split("."))
    return struct.pack(">HHHHHH", 0, 0, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">HH", kind, 1)


def test_where_port_5353_can_be_bound_queries_for_the_service_are_answered(
    tmp_path: Path, group: socket.socket, prober: socket.socket
) -> None:
    node = Node(tmp_path)
    prober.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("127.0.0.1"))
    try:
        node.start(mdns_port_free=True).wait_shell()
        check(from_node(group, node), node)  # the announcement at boot
        prober.sendto(query("_other._tcp.local."), (GROUP, 5353))
        prober.sendto(query(SERVICE), (GROUP, 5353))
        check(from_node(prober, node), node)
        check(from_node(group, node), node)
        prober.settimeout(0.3)
        with pytest.raises(TimeoutError):  # the other service was not ours to answer
            from_node(prober, node)
    finally:
        node.stop()
