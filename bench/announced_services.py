"""A child that announces nodes by real mDNS on loopback. Standard input: JSON list of [name, uid, ip, port].

Prints `ready`; ends when its input does.
"""

import asyncio
import json
import socket
import sys

from zeroconf import ServiceInfo
from zeroconf.asyncio import AsyncZeroconf

SERVICE = "_micros._tcp.local."


def service(name: str, uid: str, ip: str, port: int) -> ServiceInfo:
    return ServiceInfo(
        SERVICE,
        f"{name}.{SERVICE}",
        addresses=[socket.inet_aton(ip)],
        port=port,
        properties={"id": uid, "name": name, "version": "2.0.0-0"},
        server=f"{name}.local.",
    )


async def main() -> None:
    nodes = json.loads(sys.stdin.readline())
    zeroconf = AsyncZeroconf(interfaces=["127.0.0.1"])
    for node in nodes:
        done = await zeroconf.async_register_service(service(*node), cooperating_responders=True)
        done.cancel()  # no announcement of its own accord: the search has to ask
    await asyncio.sleep(1.1)  # a responder holds back for a second what it has just sent (RFC 6762, 6)
    print("ready", flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    await zeroconf.async_close()


if __name__ == "__main__":
    asyncio.run(main())
