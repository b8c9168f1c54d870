"""A gateway that really listens, beside synthetic nodes, in a thread of the test's process."""

import asyncio
import contextlib
import json
import os
import re
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

import httpx
from synthetic_fleet import node

from devtoolkit.gateway.server import serve_async
from devtoolkit.gateway.settings import GatewaySettings
from devtoolkit.model.device import Device
from devtoolkit.services.cache import DeviceCache
from devtoolkit.simulator.synthetic import SyntheticFleet, SyntheticNode

__all__ = ["Running", "node", "running", "until", "written"]

T = TypeVar("T")
_LIMIT_S = 60.0
_SAMPLE = re.compile(r"^(?P<name>[a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(?P<labels>.*)\})? (?P<value>\S+)$")


class Running:
    """The address, a client for it, and the nodes behind it (none when they are elsewhere)."""

    def __init__(self, url: str, fleet: SyntheticFleet | None, client: httpx.Client) -> None:
        self.url = url
        self.fleet = fleet
        self.client = client

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.client.get(path, **options)

    def json(self, path: str, status: int = 200) -> Any:
        answer = self.get(path)
        assert answer.status_code == status, answer.text
        return answer.json()

    def metric(self, name: str, **labels: str) -> float | None:
        """A sample of /metrics now; None when it is not there."""
        for line in self.get("/metrics").text.splitlines():
            match = _SAMPLE.match(line)
            if (
                match
                and match["name"] == name
                and all(f'{k}="{v}"' in (match["labels"] or "") for k, v in labels.items())
            ):
                return float(match["value"])
        return None


def written(folder: Path, devices: Sequence[Device]) -> Path:
    """A connection cache that knows these."""
    path = folder / "device_conn_cache.json"
    DeviceCache(path).put(*devices)
    return path


@contextlib.contextmanager
def running(
    folder: Path, nodes: Sequence[SyntheticNode] = (), *, client: dict[str, Any] | None = None, **settings: Any
) -> Iterator[Running]:
    """A gateway on a free port until the block ends; its end is waited for, with everything it started."""
    ready, found = threading.Event(), dict[str, Any]()

    async def main() -> None:
        stop = found["stop"] = asyncio.Event()
        found["loop"] = asyncio.get_running_loop()
        async with SyntheticFleet(nodes, keep=True) as fleet:
            cache = settings.pop("cache", None) or written(
                folder, [Device(one.uid, one.name, one.ip, one.port) for one in nodes]
            )
            options = {"port": 0, "watch": False, "webhooks": folder / "webhooks", **settings}

            def on_ready(url: str) -> None:
                found.update(url=url, fleet=fleet)
                ready.set()

            await serve_async(GatewaySettings(cache=cache, **options), on_ready, stop)

    def run() -> None:
        try:
            asyncio.run(main())
        except BaseException as error:
            found["error"] = error
            ready.set()

    thread = threading.Thread(target=run, name="gateway")
    thread.start()
    assert ready.wait(_LIMIT_S)
    try:
        if "error" in found:
            raise found["error"]
        with httpx.Client(base_url=found["url"], timeout=_LIMIT_S, trust_env=False, **(client or {})) as opened:
            yield Running(found["url"].rstrip("/"), found["fleet"], opened)
    finally:
        if "error" not in found:
            found["loop"].call_soon_threadsafe(found["stop"].set)
        thread.join(_LIMIT_S)
        assert not thread.is_alive()


def until(condition: Callable[[], T], what: str) -> T:
    """Polls until the condition gives something true; that."""
    deadline = time.monotonic() + _LIMIT_S
    while not (found := condition()):
        assert time.monotonic() < deadline, f"never: {what}"
        time.sleep(0.02)
    return found


def sse(lines: Iterator[str]) -> Iterator[tuple[str, Any]]:
    """The events of a server-sent stream: kind and data."""
    kind = ""
    for line in lines:
        if line.startswith("event: "):
            kind = line.removeprefix("event: ")
        elif line.startswith("data: "):
            yield kind, json.loads(line.removeprefix("data: "))


def unique(name: str) -> str:
    """A name that no other test run has."""
    return f"{name}{os.getpid()}"
