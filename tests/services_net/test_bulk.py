"""One command to many nodes, and which nodes a selector means."""

import asyncio
from pathlib import Path

import pytest
from synthetic_fleet import beside, node

from devtoolkit.errors import NodeUnknownError
from devtoolkit.model.device import Device
from devtoolkit.services import bulk, secrets
from devtoolkit.services.bulk import BulkResult
from devtoolkit.services.cache import DeviceCache
from devtoolkit.services.targets import is_many, targets
from devtoolkit.simulator.synthetic import SyntheticNode

SECRET = "Secret12x"


def done(nodes: list[SyntheticNode], folder: Path, commands: tuple[str, ...], selector: str) -> BulkResult:
    return beside(nodes, folder, lambda cache: asyncio.to_thread(bulk.run, commands, selector, cache))


def test_every_node_answers_and_none_waits_for_another(tmp_path: Path) -> None:
    nodes = [node(number, latency_s=0.02) for number in range(40)]
    result = done(nodes, tmp_path, ("hello", "version"), "all")
    assert result.error is None
    assert [answer.device.fuid for answer in result.nodes] == [one.name for one in nodes]
    assert all(dict(answer.replies)["version"] == ("2.0.0-0",) for answer in result.nodes)
    assert all(one.commands == ["hello", "version", "exit"] for one in nodes)
    assert all(answer.device.status == "ONLINE" for answer in result.nodes)


def test_failures_come_last_and_make_the_whole_a_failure(tmp_path: Path) -> None:
    nodes = [node(0, fault="refuses"), node(1), node(2, fault="busy"), node(3, password=SECRET), node(4)]
    result = done(nodes, tmp_path, ("system memory_usage",), "all")
    assert [answer.device.fuid for answer in result.nodes] == ["s1", "s4", "s0", "s2", "s3"]
    kinds = [answer.failure.type if answer.failure else "" for answer in result.nodes]
    assert kinds == ["", "", "NodeUnreachableError", "NodeBusyError", "NodeLockedError"]
    assert [answer.device.status for answer in result.nodes][2:] == ["OFFLINE", "BUSY", "LOCKED"]
    assert result.error is not None
    assert result.error.exit_code != 0
    assert "3 of 5 nodes failed: s0, s2, s3" in result.error.message


def test_kept_passwords_open_locked_nodes(tmp_path: Path) -> None:
    nodes = [node(0, password=SECRET), node(1)]
    secrets.remember(nodes[0].uid, SECRET)
    assert done(nodes, tmp_path, ("system memory_usage",), "s0,s1").error is None


def test_a_node_of_another_name_at_the_address_gets_no_command(tmp_path: Path) -> None:
    nodes = [node(0)]

    async def work(cache: DeviceCache) -> BulkResult:
        nodes[0].name = "other"
        return await asyncio.to_thread(bulk.run, ("reboot",), "all", cache)

    result = beside(nodes, tmp_path, work)
    assert result.nodes[0].failure is not None
    assert "reboot" not in nodes[0].commands


def test_a_selector_means_all_a_tag_or_names(tmp_path: Path) -> None:
    cache = DeviceCache(tmp_path / "device_conn_cache.json")
    cache.put(*(Device(f"micr{n}OS", f"n{n}", "127.0.0.1", 9000 + n) for n in range(4)))
    cache.tag("micr1OS", ["lab", "up"])
    cache.tag("micr3OS", ["lab"])
    assert [one.fuid for one in targets("all", cache)] == ["n0", "n1", "n2", "n3"]
    assert [one.fuid for one in targets("tag:lab", cache)] == ["n1", "n3"]
    assert [one.fuid for one in targets("n2, micr0OS,n2", cache)] == ["n2", "n0"]
    assert [one.fuid for one in targets("n2", cache)] == ["n2"]
    assert [is_many(text) for text in ("all", "tag:x", "a,b", "a", "allotment")] == [True, True, True, False, False]
    for nobody in ("tag:none", "n1,nobody", ","):
        with pytest.raises(NodeUnknownError):
            targets(nobody, cache)


def test_all_of_an_empty_cache_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(NodeUnknownError):
        targets("all", DeviceCache(tmp_path / "device_conn_cache.json"))
