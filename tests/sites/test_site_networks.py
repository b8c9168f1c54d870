"""Sites in networks of their own, whose nodes have the same addresses: only the site's worker can reach them."""

import contextlib
import os
import socket
from pathlib import Path

import pytest
from quiet_network import namespaces_allowed
from site_namespace import ADDRESS, apart
from site_processes import Redis, SiteProcess, sites

from devtoolkit.services.cache import DeviceCache
from devtoolkit.services.sites import broker
from devtoolkit.services.sites.operations import connect

NAMES, NODES = ("north", "south", "west"), 3


@pytest.mark.skipif(not namespaces_allowed(), reason="network namespaces need root and iproute2")
def test_nodes_with_the_same_address_at_three_sites_are_asked_by_their_own_site_only(tmp_path: Path) -> None:
    tag, unix = f"{os.getpid():x}", tmp_path / "redis.sock"
    with contextlib.ExitStack() as stack:
        redis = stack.enter_context(Redis(tmp_path / "redis", options=("--unixsocket", str(unix))))
        workers = []
        for name in NAMES:
            within, devices = stack.enter_context(apart(name, tag, (redis.port, unix), NODES))
            workers.append(SiteProcess(name, tmp_path / name, redis.url, within=within).knows(devices))
        stack.enter_context(sites(*workers))
        with pytest.raises(OSError, match="refused"), socket.create_connection((ADDRESS, devices[0].port), 5):
            pass
        cache = DeviceCache(tmp_path / "centre.json")
        with connect(broker.load(redis.url), cache=cache, deadline_s=60) as fleet:
            there = fleet.status("all")
            said = fleet.command(["hello"], "all")
    assert sorted((one.site, one.fuid, one.status) for one in there) == [
        (name, f"{name}{number}", "ONLINE") for name in NAMES for number in range(NODES)
    ]
    assert {one.ip for one in there} == {ADDRESS}
    answers = {answer.device.fuid: answer.replies[0][1][0] for answer in said.nodes}
    assert all(answers[fuid].startswith(f"hello:{fuid}:") for fuid in answers)
    assert len(answers) == len(NAMES) * NODES
