"""A child process that announces nodes by real mDNS on loopback, as nodes of ours do.

Arguments: JSON list of {"name", "uid", "ip", "port"}, and `--answers-queries` (zeroconf answers) or
`--silent-until-probed` (nothing until a probe comes, which is then answered by unicast only).
Prints `ready`; ends when its standard input does.
"""

import json
import os
import socket
import struct
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SERVICE = "_micros._tcp.local."


def packet(node: dict[str, object], ttl: int = 150) -> bytes:
    """PTR, SRV, TXT and A, written by hand and not by the library that reads it."""

    def name(text: str) -> bytes:
        return b"".join(bytes([len(part)]) + part.encode() for part in text.rstrip(".").split(".")) + b"\0"

    def record(owner: str, kind: int, data: bytes) -> bytes:
        return name(owner) + struct.pack(">HHIH", kind, 1 if kind == 12 else 0x8001, ttl, len(data)) + data

    instance, host = f"{node['name']}.{SERVICE}", f"{node['name']}.local."
    texts = [f"{key}={node[field]}" for key, field in (("id", "uid"), ("name", "name")) if node[field]]
    text = b"".join(bytes([len(pair)]) + pair.encode() for pair in (*texts, "version=2.0.0-0"))
    return struct.pack(">HHHHHH", 0, 0x8400, 0, 4, 0, 0) + b"".join(
        (
            record(SERVICE, 12, name(instance)),
            record(instance, 33, struct.pack(">HHH", 0, 0, int(str(node["port"]))) + name(host)),
            record(instance, 16, text),
            record(host, 1, socket.inet_aton(str(node["ip"]))),
        )
    )


def browse_answers(nodes: list[dict[str, object]]) -> None:
    """Registered with zeroconf: answers queries, also for the host names."""
    from zeroconf import ServiceInfo, Zeroconf

    zeroconf = Zeroconf(interfaces=["127.0.0.1"])
    for node in nodes:
        info = ServiceInfo(
            SERVICE,
            f"{node['name']}.{SERVICE}",
            addresses=[socket.inet_aton(str(node["ip"]))],
            port=int(str(node["port"])),
            properties={"id": node["uid"], "name": node["name"], "version": "2.0.0-0"},
            server=f"{node['name']}.local.",
        )
        zeroconf.register_service(info, cooperating_responders=True)
    print("ready", flush=True)  # noqa: T201 - what the test waits for
    sys.stdin.read()
    zeroconf.close()


def probe_answers(nodes: list[dict[str, object]]) -> None:
    """Silent until a one-byte datagram comes to the broadcast address; then one unicast answer per node."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as prober:
        prober.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        prober.bind(("127.255.255.255", 9008))

        stop = b"stop %d" % os.getpid()  # other tests on this machine may use the same address

        def answer() -> None:
            while True:
                data, sender = prober.recvfrom(64)
                if data == stop:
                    return
                if len(data) == 1:
                    for node in nodes:
                        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
                            out.bind((str(node["ip"]), 0))
                            out.sendto(packet(node), sender)

        thread = threading.Thread(target=answer)
        thread.start()
        print("ready", flush=True)  # noqa: T201 - what the test waits for
        sys.stdin.read()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
            out.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
            out.sendto(stop, ("127.255.255.255", 9008))
        thread.join()


@contextmanager
def announced(nodes: list[dict[str, object]], *options: str) -> Iterator[None]:
    """The nodes are announced while the block runs."""
    import subprocess

    child = subprocess.Popen(
        [sys.executable, str(Path(__file__)), json.dumps(nodes), *options],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with child:
        assert child.stdout
        assert child.stdin
        assert child.stdout.readline() == "ready\n"
        try:
            yield
        finally:
            child.stdin.close()
            assert child.wait(10) == 0


if __name__ == "__main__":
    listed = json.loads(sys.argv[1])
    if "--silent-until-probed" in sys.argv:
        probe_answers(listed)
    else:
        browse_answers(listed)
