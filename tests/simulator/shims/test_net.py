"""network and socket of the virtual board: simulated Wi-Fi, real loopback traffic."""

import datetime
import socket
import ssl
import struct
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from .conftest import Start

pytestmark = pytest.mark.vm

JOIN = """
import network, time
wlan = network.WLAN(network.STA_IF)
wlan.active(True)
def until(wanted):
    while not wanted():
        time.sleep_ms(5)
"""

SERVER = """
import asyncio, socket
async def echo(reader, writer):
    print('peer', writer.get_extra_info('peername'))
    while True:
        data = await reader.read(512)
        if not data:
            break
        writer.write(data.upper())
        await writer.drain()
    writer.close()
    await writer.wait_closed()
    print('closed')
"""

SERVE = (
    SERVER
    + """
async def main():
    await asyncio.start_server(echo, '0.0.0.0', {port})
    print('ready')
    await asyncio.sleep(60)
asyncio.run(main())
"""
)


def dial(ip: str, port: int, source: str = "127.0.0.1") -> socket.socket:
    return socket.create_connection((ip, port), timeout=5, source_address=(source, 0))


def echo(sock: socket.socket, text: bytes) -> bytes:
    sock.sendall(text)
    return sock.recv(100)


def test_a_station_scans_joins_and_leaves_like_an_esp32(start: Start) -> None:
    script = (
        JOIN
        + """
print('scan', wlan.scan())
print('idle', wlan.status(), wlan.isconnected(), wlan.ifconfig()[0])
network.hostname('node01')
wlan.connect('micrOS-virtual', 'virtual-wifi')
print('joining', wlan.status(), wlan.isconnected())
try:
    wlan.connect('micrOS-virtual', 'virtual-wifi')
except OSError as exc:
    print('busy', exc)
until(wlan.isconnected)
print('joined', wlan.status(), wlan.status('rssi'), wlan.ifconfig(), wlan.config('mac'), wlan.config('ssid'))
print('same', network.WLAN(network.STA_IF) is wlan, wlan.config('dhcp_hostname'), network.WLAN(network.AP_IF).active())
wlan.disconnect()
print('left', wlan.status(), wlan.isconnected())
"""
    )
    board = start(script, ip="127.0.0.9", mac="aa:bb:cc:dd:ee:ff")
    assert board.line("scan") == r"[(b'micrOS-virtual', b'\x02\x00\x00\x00\x06\x00', 6, -48, 3, False)]"
    assert board.line("idle") == "1000 False 0.0.0.0"
    assert board.line("joining") == "1001 False"
    assert board.line("busy") == "Wifi Internal State Error"
    address = "('127.0.0.9', '255.255.255.0', '127.0.0.1', '127.0.0.1')"
    assert board.line("joined") == rf"1010 -48 {address} b'\xaa\xbb\xcc\xdd\xee\xff' micrOS-virtual"
    assert board.line("same") == "True node01 False"
    assert board.line("left") == "1000 False"


def test_a_network_that_vanishes_and_returns_is_joined_again_by_the_radio(start: Start) -> None:
    script = (
        JOIN
        + """
wlan.connect('home', 'secret12')
until(wlan.isconnected)
print('joined')
until(lambda: not wlan.isconnected())
print('lost', wlan.status(), wlan.scan())
until(wlan.isconnected)
print('back')
"""
    )
    board = start(script, wifi=[{"ssid": "home", "password": "secret12"}])
    board.line("joined")
    board.ask("wifi", set={"ssid": "home", "present": False})
    assert board.line("lost") == "1001 []"
    board.ask("wifi", set={"ssid": "home", "present": True})
    board.line("back")
    joined = [item["value"]["sta"]["joined"] for item in board.events if item["ev"] == "wifi"]
    assert joined == [None, "home", None, "home"]


@pytest.mark.parametrize(
    ("network", "status"),
    [
        ({"ssid": "home", "password": "other123"}, 202),
        ({"ssid": "home", "password": "secret12", "reject": "assoc_fail"}, 203),
        ({"ssid": "home", "password": "secret12", "present": False}, 201),
    ],
)
def test_a_join_that_fails_ends_with_the_reason_when_retries_are_limited(
    start: Start, network: dict, status: int
) -> None:
    script = (
        JOIN
        + """
wlan.config(reconnects=1)
wlan.connect('home', 'secret12')
until(lambda: wlan.status() != network.STAT_CONNECTING)
print('status', wlan.status(), wlan.isconnected())
"""
    )
    assert start(script, wifi=[network]).line("status") == f"{status} False"


def test_an_open_network_needs_no_password_and_a_static_address_moves_the_node(start: Start, free_port: int) -> None:
    script = (
        JOIN
        + SERVER
        + """
wlan.connect('open')
until(wlan.isconnected)
wlan.ifconfig(('127.0.0.77',) + wlan.ifconfig()[1:])
wlan.disconnect()
wlan.connect('open')
until(wlan.isconnected)
print('address', wlan.ifconfig())
"""
        + SERVE.removeprefix(SERVER).format(port=free_port)
    )
    board = start(script, wifi=[{"ssid": "open"}])
    assert board.line("address") == "('127.0.0.77', '255.255.255.0', '127.0.0.1', '127.0.0.1')"
    board.line("ready")
    with dial("127.0.0.77", free_port) as client:
        assert echo(client, b"hello") == b"HELLO"
    with pytest.raises(ConnectionRefusedError):
        dial("127.0.0.2", free_port)


def test_an_access_point_says_192_168_4_1_and_serves_on_the_nodes_address(start: Start, free_port: int) -> None:
    script = """
import network
ap = network.WLAN(network.AP_IF)
ap.active(True)
ap.config(essid='node01', password='ADmin123', authmode=network.AUTH_WPA_WPA2_PSK, max_clients=5)
print('ap', ap.ifconfig()[0], ap.config('essid'), ap.config('authmode'), ap.isconnected())
""" + SERVE.format(port=free_port)
    board = start(script)
    assert board.line("ap") == "192.168.4.1 node01 4 False"
    board.line("ready")
    assert board.ask("get")["wifi"]["ap"]["password"] == "ADmin123"
    with dial("127.0.0.2", free_port) as client:
        assert echo(client, b"hello") == b"HELLO"


def test_two_nodes_serve_the_same_port_and_see_the_clients_address(start: Start, free_port: int) -> None:
    boards = {ip: start(SERVE.format(port=free_port), ip=ip, online=True) for ip in ("127.0.0.2", "127.0.0.3")}
    for ip, board in boards.items():
        board.line("ready")
        with dial(ip, free_port, "127.0.0.8") as client:
            assert echo(client, b"from " + ip.encode()) == b"FROM " + ip.encode()
            assert board.line("peer") == f"('127.0.0.8', {client.getsockname()[1]})"
        board.line("closed")
        assert board.ask("get")["sockets"] == {"listening": [["0.0.0.0", free_port]], "down": False}


def test_a_port_can_be_mapped_to_another_one_of_the_host(start: Start, free_port: int) -> None:
    board = start(SERVE.format(port=80), online=True, ports={"80": free_port})
    board.line("ready")
    with dial("127.0.0.2", free_port) as client:
        assert echo(client, b"mapped") == b"MAPPED"


UDP_STREAM = """
import asyncio, socket
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.setblocking(False)
sock.bind(('0.0.0.0', {port}))
def readable():
    yield asyncio.core._io_queue.queue_read(sock)
async def main():
    print('ready')
    for _ in range(2):
        await readable()
        data, sender = sock.recvfrom(100)
        print('got', data, sender)
        sock.sendto(b'answer', sender)
asyncio.run(main())
"""

UDP_BLOCKING = """
import socket
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.bind(('0.0.0.0', {port}))
print('ready')
for _ in range(2):
    data, sender = sock.recvfrom(100)
    print('got', data, sender)
    sock.sendto(b'answer', sender)
"""

UDP_POLL = """
import select, socket
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.setblocking(False)
sock.bind(('0.0.0.0', {port}))
poller = select.poll()
poller.register(sock, select.POLLIN)
print('ready')
for _ in range(2):
    while not poller.poll(20):
        __import__('time').sleep_ms(0)
    data, sender = sock.recvfrom(100)
    print('got', data, sender)
    sock.sendto(b'answer', sender)
"""


@pytest.mark.parametrize("script", [UDP_STREAM, UDP_BLOCKING, UDP_POLL], ids=["asyncio", "blocking", "poll"])
def test_a_broadcast_probe_reaches_every_node_and_each_answers_from_its_own_address(
    start: Start, free_port: int, script: str
) -> None:
    boards = {ip: start(script.format(port=free_port), ip=ip, online=True) for ip in ("127.0.0.2", "127.0.0.3")}
    for board in boards.values():
        board.line("ready")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        probe.bind(("127.0.0.1", 0))
        probe.settimeout(5)
        probe.sendto(b"?", ("127.255.255.255", free_port))
        assert {probe.recvfrom(100) for _ in boards} == {(b"answer", (ip, free_port)) for ip in boards}
        probe.sendto(b"!", ("127.0.0.3", free_port))
        assert probe.recvfrom(100) == (b"answer", ("127.0.0.3", free_port))
        assert boards["127.0.0.3"].line("got") == f"b'?' ('127.0.0.1', {probe.getsockname()[1]})"


def test_a_multicast_leaves_from_the_nodes_address_and_a_joined_group_is_heard(start: Start, free_port: int) -> None:
    group = "239.255.7.9"
    script = f"""
import socket
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.sendto(b'announce', ('{group}', {free_port}))
listener = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
listener.bind(('0.0.0.0', {free_port}))
listener.setsockopt(0, socket.IP_ADD_MEMBERSHIP, bytes(({group.replace(".", ",")}, 0, 0, 0, 0)))
print('ready')
print('got', listener.recvfrom(100))
try:
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).bind(('0.0.0.0', 5353))
except OSError as exc:
    print('mdns', exc)
"""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as host:
        host.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        host.bind((group, free_port))
        host.settimeout(5)
        joined = struct.pack("4s4s", socket.inet_aton(group), socket.inet_aton("127.0.0.1"))
        host.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, joined)
        board = start(script, ip="127.0.0.4", online=True)
        data, sender = host.recvfrom(100)
        assert (data, sender[0]) == (b"announce", "127.0.0.4")
        board.line("ready")
        host.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("127.0.0.1"))
        host.sendto(b"hi", (group, free_port))
        assert board.line("got") == f"(b'hi', ('127.0.0.1', {host.getsockname()[1]}))"
        assert board.line("mdns") == "[Errno 98] EADDRINUSE"


def test_names_come_from_the_fleets_table_and_clients_from_the_nodes_address(start: Start) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(5)
        port = server.getsockname()[1]
        script = f"""
import asyncio, socket
print('ready')
while True:
    try:
        info = socket.getaddrinfo('hub.local', {port})[0]
        break
    except OSError as exc:
        code = exc.errno
        __import__('time').sleep_ms(1)
print('info', code, info)
async def main():
    reader, writer = await asyncio.open_connection('hub', {port})
    writer.write(b'hi\\n')
    await writer.drain()
    print('line', await reader.readline())
asyncio.run(main())
sock = socket.socket()
sock.settimeout(5)
sock.connect(info[-1])
sock.write(b'again\\n')
print('blocking', sock.readline(), sock.read(3), sock.read())
for host in ('10.0.0.1', 'micropython.org'):
    try:
        socket.socket().connect((host, 80))
    except OSError as exc:
        print('refused', exc.errno)
"""
        board = start(script, ip="127.0.0.5", online=True)
        board.line("ready")
        board.ask("hosts", hosts={"hub": "127.0.0.1"})
        assert board.line("info") == f"-202 (2, 1, 0, '', ('127.0.0.1', {port}))"
        for answer in (b"yo\n", b"one\ntwothree"):
            client, address = server.accept()
            with client:
                assert address[0] == "127.0.0.5"
                assert client.recv(100) in (b"hi\n", b"again\n")
                client.sendall(answer)
        assert board.line("line") == r"b'yo\n'"
        assert board.line("blocking") == r"b'one\n' b'two' b'three'"
        assert [board.line("refused") for _ in range(2)] == ["113", "-202"]


def test_without_wifi_nothing_comes_in_or_goes_out_and_with_it_the_node_is_back(start: Start, free_port: int) -> None:
    script = (
        JOIN
        + SERVER
        + f"""
async def watch():
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    state = None
    while True:
        try:
            sock.sendto(b'x', ('127.0.0.1', 9))
            now = 'up'
        except OSError as exc:
            now = exc.errno
        if now != state:
            state = now
            print('net', now)
        await asyncio.sleep_ms(2)
async def main():
    asyncio.create_task(watch())
    await asyncio.start_server(echo, '0.0.0.0', {free_port})
    await asyncio.sleep_ms(20)
    wlan.connect('micrOS-virtual', 'virtual-wifi')
    await asyncio.sleep(60)
asyncio.run(main())
"""
    )
    board = start(script)
    assert board.line("net") == "113"
    assert board.line("net") == "up"
    with dial("127.0.0.2", free_port) as client:
        assert echo(client, b"one") == b"ONE"
        board.ask("wifi", set={"ssid": "micrOS-virtual", "present": False})
        assert board.line("net") == "113"
        client.sendall(b"two")
        client.settimeout(0.1)
        with pytest.raises(TimeoutError):
            client.recv(100)
        with pytest.raises(ConnectionRefusedError):
            dial("127.0.0.2", free_port)
        board.ask("wifi", set={"ssid": "micrOS-virtual", "present": True})
        client.settimeout(5)
        assert client.recv(100) == b"TWO"
        assert board.line("net") == "up"
        with dial("127.0.0.2", free_port) as second:
            assert echo(second, b"three") == b"THREE"


def test_a_blocking_call_times_out_and_serves_interrupts_meanwhile(start: Start) -> None:
    script = """
import errno, socket
from machine import Timer
fired = []
Timer(0).init(period=10, callback=lambda t: fired.append(1))
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.bind(('0.0.0.0', 0))
sock.settimeout(0.1)
try:
    sock.recvfrom(10)
except OSError as exc:
    print('timeout', exc.errno == errno.ETIMEDOUT, len(fired))
sock.setblocking(False)
try:
    sock.recvfrom(10)
except OSError as exc:
    print('again', exc.errno == errno.EAGAIN)
closed = socket.socket()
closed.settimeout(1)
try:
    closed.connect(('127.0.0.1', 1))
except OSError as exc:
    print('refused', exc.errno == errno.ECONNREFUSED)
"""
    board = start(script, online=True)
    ok, fired = board.line("timeout").split()
    assert ok == "True"
    assert int(fired) >= 8
    assert board.line("again") == "True"
    assert board.line("refused") == "True"


def self_signed(folder: Path) -> ssl.SSLContext:
    """A TLS server context with a certificate made for this test."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "virtual")])
    now = datetime.datetime.now(datetime.UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(now).not_valid_after(now + datetime.timedelta(days=1))
    pem = builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    plain = serialization.NoEncryption()
    pem += key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    file = folder / "server.pem"
    file.write_bytes(pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


def test_tls_works_over_the_simulated_socket(start: Start, tmp_path: Path) -> None:
    context = self_signed(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(5)
        script = f"""
import asyncio, ssl
async def main():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.verify_mode = ssl.CERT_NONE
    reader, writer = await asyncio.open_connection('127.0.0.1', {server.getsockname()[1]}, ssl=context)
    writer.write(b'hello')
    await writer.drain()
    print('line', await reader.readline())
    writer.close()
    await writer.wait_closed()
asyncio.run(main())
"""
        board = start(script, online=True)
        client, _ = server.accept()
        client.settimeout(5)
        with context.wrap_socket(client, server_side=True) as secure:
            assert secure.recv(100) == b"hello"
            secure.sendall(b"world\n")
            assert board.line("line") == r"b'world\n'"


def test_a_thousand_connections_leave_nothing_behind(start: Start, free_port: int) -> None:
    quiet = SERVER.replace("print('peer', writer.get_extra_info('peername'))", "gone.append(1)")
    script = (
        quiet.replace("print('closed')", "gone.pop()")
        + f"""
import gc
gone = []
async def used():
    while True:
        text = await command.read(10)
        while gone:
            await asyncio.sleep_ms(1)
        gc.collect()
        print('used', gc.mem_alloc())
async def main():
    global command
    await asyncio.start_server(echo, '0.0.0.0', {free_port})
    print('ready')
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(('127.0.0.2', {free_port}))
    sock.setblocking(False)
    command = asyncio.StreamReader(sock)
    await used()
asyncio.run(main())
"""
    )
    board = start(script, online=True)
    board.line("ready")

    def used_after(count: int) -> int:
        for _ in range(count):
            with dial("127.0.0.2", free_port) as client:
                assert echo(client, b"x") == b"X"
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as command:
            command.sendto(b"used", ("127.0.0.2", free_port))
        return int(board.line("used"))

    before = used_after(50)
    assert used_after(1000) - before < 20000  # one socket object alone has more than 100 bytes
