"""A network of its own for a site: a namespace whose only way out is the broker.

    python site_namespace.py PORT SOCKET TAG NAME COUNT

run inside, brings the broker's Unix socket to this namespace's loopback and lets the site's nodes live there.
"""

import asyncio
import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from devtoolkit.model.device import Device
from devtoolkit.simulator.synthetic import SyntheticFleet, SyntheticNode

ADDRESS = "127.80.9.1"  # of the nodes of every site: only the own one can be meant


async def pump(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await source.read(65536):
            target.write(data)
            await target.drain()
    target.close()


async def live(port: int, unix: str, tag: str, name: str, count: int) -> None:
    """Until stdin ends. Says where the nodes are as one JSON line."""

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there_reader, there_writer = await asyncio.open_unix_connection(unix)
        await asyncio.gather(pump(reader, there_writer), pump(there_reader, writer))

    nodes = [SyntheticNode(f"{name}{n}", f"micr{tag}{name}{n}OS", ip=ADDRESS) for n in range(count)]
    server = await asyncio.start_server(relay, "127.0.0.1", port)
    async with server, SyntheticFleet(nodes, keep=True):
        sys.stdout.write(json.dumps([[node.uid, node.name, node.ip, node.port] for node in nodes]) + "\n")
        sys.stdout.flush()
        await asyncio.to_thread(sys.stdin.read)


@contextlib.contextmanager
def apart(name: str, tag: str, broker: tuple[int, Path], count: int) -> Iterator[tuple[tuple[str, ...], list[Device]]]:
    """What starts a program in the site's network, and the nodes there. `broker`: its TCP port and its Unix socket."""
    space = f"micros-{tag}-{name}"
    within = ("ip", "netns", "exec", space)
    subprocess.run(("ip", "netns", "add", space), check=True)
    try:
        subprocess.run((*within, "ip", "link", "set", "lo", "up"), check=True)
        words = (str(broker[0]), str(broker[1]), tag, name, str(count))
        command = (*within, sys.executable, str(Path(__file__).resolve()), *words)
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as inside:
            assert inside.stdout is not None
            yield within, [Device(*one) for one in json.loads(inside.stdout.readline())]
            inside.communicate()
    finally:
        subprocess.run(("ip", "netns", "delete", space), check=True)


if __name__ == "__main__":
    port, unix, tag, name, count = sys.argv[1:]
    asyncio.run(live(int(port), unix, tag, name, int(count)))
