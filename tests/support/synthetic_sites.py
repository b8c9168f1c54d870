"""Synthetic nodes that live beside a test, in a loop of their own, and sites that reach them."""

import asyncio
import contextlib
import datetime
import ipaddress
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from gateway_programs import LOOPBACK
from site_processes import Redis, SiteProcess

from devtoolkit.model.device import Device
from devtoolkit.services.cache import DeviceCache
from devtoolkit.services.sites import broker
from devtoolkit.services.sites.operations import Fleet, connect
from devtoolkit.simulator.synthetic import SyntheticFleet, SyntheticNode

_LIMIT_S = 30.0


def devices_of(nodes: Sequence[SyntheticNode]) -> tuple[Device, ...]:
    return tuple(Device(one.uid, one.name, one.ip, one.port) for one in nodes)


@contextlib.contextmanager
def running_nodes(nodes: Sequence[SyntheticNode]) -> Iterator[None]:
    """They answer until the block ends; what a test sets at one of them counts at once."""
    ready, loop = threading.Event(), asyncio.new_event_loop()
    end = asyncio.Event()

    async def live() -> None:
        async with SyntheticFleet(nodes, keep=True):
            ready.set()
            await end.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(live(),))
    thread.start()
    try:
        assert ready.wait(_LIMIT_S)
        yield
    finally:
        loop.call_soon_threadsafe(end.set)
        thread.join(_LIMIT_S)
        loop.close()


@dataclass
class Place:
    """Two sites with their nodes, one node of this machine, and the broker between them."""

    redis: Redis
    north: SiteProcess
    south: SiteProcess
    nodes: dict[str, list[SyntheticNode]]
    centre: Path

    @contextlib.contextmanager
    def fleet(self, deadline_s: float = 60.0) -> Iterator[Fleet]:
        cache = DeviceCache(self.centre / "device_conn_cache.json")
        with connect(broker.load(self.redis.url), cache=cache, deadline_s=deadline_s) as fleet:
            yield fleet

    def said(self, site: str, command: str) -> list[int]:
        """How often each node of the site was told this."""
        return [node.commands.count(command) for node in self.nodes[site]]


@contextlib.contextmanager
def place(folder: Path, tag: str, *, started: bool = True) -> Iterator[Place]:
    """Nodes at addresses of their own for each site; both sites run. `tag` makes the uids those of this test."""
    nodes = {
        site: [SyntheticNode(f"{site}{n}", f"micr{tag}{site}{n}OS", ip=ip) for n in range(count)]
        for site, ip, count in (("here", "127.80.0.1", 1), ("north", "127.80.1.1", 3), ("south", "127.80.2.1", 2))
    }
    with contextlib.ExitStack() as stack:
        redis = stack.enter_context(Redis(folder / "redis"))
        stack.enter_context(running_nodes([node for theirs in nodes.values() for node in theirs]))
        centre = folder / "centre"
        centre.mkdir()
        DeviceCache(centre / "device_conn_cache.json").put(*devices_of(nodes["here"]))
        both = [
            SiteProcess(name, folder / name, redis.url).knows(devices_of(nodes[name])) for name in ("north", "south")
        ]
        for site in both:
            stack.callback(site.kill)
            if started:
                site.start(ready=False)
        for site in both if started else ():
            site.wait_log("ready for jobs")
        yield Place(redis, *both, nodes, centre)


def make_key(folder: Path, name: str) -> None:
    """`NAME.key` and the self-signed `NAME.pem`, which also is a server's on loopback."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(who)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.IPv4Address(LOOPBACK))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    folder.mkdir(parents=True, exist_ok=True)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    (folder / f"{name}.key").write_bytes(private)
    (folder / f"{name}.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))


def signing_file(keys: Path, name: str, url: str, trusts: Sequence[str]) -> Path:
    """A broker's file for this place, which trusts those and itself."""
    store = keys / f"trusted-{name}"
    store.mkdir()
    for other in {name, *trusts}:
        (store / f"{other}.pem").write_bytes((keys / f"{other}.pem").read_bytes())
    file = keys / f"{name}.toml"
    file.write_text(
        f'broker = "{url}"\nsigning_key = "{name}.key"\nsigning_certificate = "{name}.pem"\n'
        f'signing_trusted = "{store.name}"\n'
    )
    return file
