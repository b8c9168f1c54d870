"""The system in a heap as small as a board's.

A plain ESP32 (no PSRAM) has about 112 000 bytes at the prompt of MicroPython 1.27. The VM's pointers are twice as long,
so it gets twice that, and on top what the simulated hardware, which a board lacks, takes before the system starts.
"""

import json
from pathlib import Path

import pytest
from device_heap import ESP32_HEAP, board_heap, heap_of, running_compiled
from device_node import wait_until

pytestmark = pytest.mark.vm


def test_it_boots_serves_the_shell_and_runs_two_tasks_in_the_heap_of_a_board(tmp_path: Path) -> None:
    with running_compiled(tmp_path / "node", board_heap()) as node, node.connect() as client:
        assert client.ask("hello").startswith("hello:node01:")
        assert client.ask("system clock &&20") == "Start system.clock\n"
        assert client.ask("system heartbeat &&20") == "Start system.heartbeat\n"
        wait_until(lambda: "WD:" in client.ask("task show system.clock"), "the first task has run")
        wait_until(lambda: "<3" in client.ask("task show system.heartbeat"), "the second task has run")
        with node.connect() as second:
            assert second.ask("help lm").startswith("[MICROS]")
            assert "Core error" not in second.ask("system info >json")
        active = json.loads(client.ask("task list >json"))["active"]
        assert {"system.clock", "system.heartbeat", "idle", "server"} <= set(active)
        used = heap_of(client)["used"]
        assert used < ESP32_HEAP, "half of the heap is left to load modules"
        assert "memory" not in node.console.read_text().lower()


def test_two_thirds_of_that_heap_are_enough_as_well(tmp_path: Path) -> None:
    with running_compiled(tmp_path / "node", board_heap(ESP32_HEAP * 2 // 3)) as node, node.connect() as client:
        assert client.ask("system heartbeat &&20") == "Start system.heartbeat\n"
        assert client.ask("system clock &&20") == "Start system.clock\n"
        for _ in range(200):
            assert client.ask("system info >json").startswith("{")
        assert "system.clock" in client.ask("task list")
