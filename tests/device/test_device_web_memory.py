"""What the web server costs in memory, on the unix port (8-byte pointers: a budget at a board's scale counts twice)."""

import tomllib
from pathlib import Path

import pytest
from device_heap import heap_of
from device_node import ROOT
from web_client import get, start_web, web_node

pytestmark = pytest.mark.vm

_BUDGET = tomllib.loads((ROOT / "bench" / "memory_budget.toml").read_text())


def test_with_the_web_server_on_memory_stays_within_twice_the_budget_and_parts_come_when_needed(tmp_path: Path) -> None:
    node = web_node(tmp_path / "node", compiled=True, aioqueue=3)
    try:
        start_web(node)
        with node.connect() as client:

            def parts() -> set[str]:
                return {name for name in client.ask("heap modules").split() if name.startswith("Web")}

            assert int(client.ask("system memory_usage").split("mem_used:")[1]) <= 2 * _BUDGET["total"]["with_web"]
            get(node, "/rest/system/heartbeat")
            used = heap_of(client)["used"]
            assert get(node, "/rest/system/heartbeat").status == 200
            assert parts() == {"Web"}, "a plain GET of a command needs no more"
            assert heap_of(client)["used"] - used < 1000, "nothing stays of a connection"
            assert get(node, "/nosuch").status == 404
            assert parts() == {"Web", "WebRequest", "WebPages", "WebRefusal"}
    finally:
        node.stop()
