"""Runs a test's work beside synthetic nodes in one event loop, with a cache that knows them."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TypeVar

from devtoolkit.model.device import Device
from devtoolkit.services.cache import DeviceCache
from devtoolkit.simulator.synthetic import SyntheticFleet, SyntheticNode

T = TypeVar("T")
_LIMIT_S = 60


def node(number: int, **options: object) -> SyntheticNode:
    """A node whose name and uid no other test run has."""
    return SyntheticNode(f"s{number}", f"micr{os.getpid():06x}{number:04x}OS", **options)


def beside(nodes: Sequence[SyntheticNode], folder: Path, work: Callable[[DeviceCache], Awaitable[T]]) -> T:
    """What `work` gives; the nodes run meanwhile and are in its cache."""

    async def run() -> T:
        async with SyntheticFleet(nodes, keep=True), asyncio.timeout(_LIMIT_S):
            cache = DeviceCache(folder / "device_conn_cache.json")
            cache.put(*(Device(one.uid, one.name, one.ip, one.port) for one in nodes))
            return await work(cache)

    return asyncio.run(run())
