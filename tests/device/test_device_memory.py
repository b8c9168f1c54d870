"""The memory budget of the device system (bench/memory_budget.toml), on the unix port.

Pointers have 8 bytes here, so a budget at a board's scale counts twice. The figures at a board's scale, and the
estimate of a whole ESP32, come from `python3 dev.py bench memory`.
"""

import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from device_heap import HeapNode, import_costs, running_compiled
from device_node import ROOT

pytestmark = pytest.mark.vm

_BUDGET = tomllib.loads((ROOT / "bench" / "memory_budget.toml").read_text())
_UNIX_SCALE = 2
# Nothing of this is needed by a node that boots with the default configuration and answers `hello`. What the virtual
# board itself loads (neopixel, webrepl ...) cannot be told here.
_OPTIONAL = {
    "ColourLed",
    "Common",
    "CronGrammar",
    "CronList",
    "InterConnect",
    "Interrupts",
    "Literal",
    "Lockout",
    "LogicalPins",
    "Location",
    "Notify",
    "Resolver",
    "PinEvent",
    "Scheduler",
    "ShellHelp",
    "StateFile",
    "SunTimes",
    "Trigger",
    "Types",
    "Web",
    "WebRepl",
    "micrOSloader",
    "urequests",
    "asyncio.event",
    "asyncio.lock",
    "deflate",
    "hashlib",
    "re",
    "requests",
    "ssl",
    "tls",
}


def test_every_core_module_has_a_budget() -> None:
    core = {file.stem for file in (ROOT / "micros_source" / "core").glob("*.py")} - {"main", "reset"}
    listed = {*_BUDGET["modules"], *_BUDGET["on_demand"]}
    assert core <= listed, "add a line to bench/memory_budget.toml: python3 dev.py bench memory shows the figure"


def test_each_import_stays_within_twice_its_budget(tmp_path: Path) -> None:
    budgets = {**_BUDGET["modules"], **_BUDGET["on_demand"], **_BUDGET["load_modules"]}
    installed = [name for name in budgets if any((ROOT / "micros_source").glob(f"*/{name}.py"))]
    costs = import_costs(tmp_path, installed)
    assert set(costs) == set(installed)
    over = {name: (cost, budgets[name]) for name, cost in costs.items() if cost > _UNIX_SCALE * budgets[name]}
    assert not over, "module: (bytes here, budget at a board's scale)"


@pytest.fixture(scope="module")
def booted(tmp_path_factory: pytest.TempPathFactory) -> "Iterator[_Booted]":
    """A node with default configuration: (its modules after hello, its memory_usage, sizes of its .mpy)."""
    with running_compiled(tmp_path_factory.mktemp("place") / "node") as node, node.connect() as client:
        client.ask("hello")
        modules = set(client.ask("heap modules").split())
        used = int(client.ask("system memory_usage").split("mem_used:")[1])
        yield _Booted(node, modules, used)


class _Booted:
    def __init__(self, node: HeapNode, modules: set[str], used: int) -> None:
        self.modules = modules
        self.used = used
        self.mpy = sum(
            size for name, size in node.sizes.items() if name in modules | {"LM_system"} and name != "LM_heap"
        )


def test_the_compiled_modules_in_memory_after_boot_are_small_enough(booted: _Booted) -> None:
    assert {"micrOS", "Config", "Server", "Tasks"} <= booted.modules
    assert booted.mpy <= _BUDGET["total"]["mpy_resident"]


def test_nothing_optional_is_imported_before_use(booted: _Booted) -> None:
    assert not booted.modules & _OPTIONAL
    assert {name for name in booted.modules if name.startswith("LM_")} == {"LM_heap"}, "only the one we asked"
    assert not {name for name in booted.modules if name.startswith("IO_")}, "pin maps are dropped after the look-up"


def test_memory_usage_after_boot_stays_within_twice_the_budget(booted: _Booted) -> None:
    assert booted.used <= _UNIX_SCALE * _BUDGET["total"]["after_boot"]
