"""New versions that fail in every way are taken back by the node itself, and the reason is kept."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from ota_node import LOADER, LONG_STEP_MS, NEW_VERSION, OLD_VERSION, OtaNode, Update, new_version, source_files

pytestmark = pytest.mark.vm

SOURCES = source_files()
Broken = Callable[..., OtaNode]


def _changed(name: str, old: str, new: str) -> bytes:
    text = SOURCES[f"{name}.py"].decode()
    assert old in text
    return text.replace(old, new, 1).encode()


@pytest.fixture
def committed(tmp_path: Path) -> Iterator[Broken]:
    """A node that has just committed a version with these modules."""
    made: list[OtaNode] = []

    def one(header: dict[str, object] | None = None, cfg: dict[str, object] | None = None, **modules: bytes) -> OtaNode:
        update = Update(new_version(SOURCES, **modules), header=header or {})
        node = OtaNode(tmp_path, update.staged, **(cfg or {}))
        made.append(node)
        node.programs = programs(node)
        assert '"ok": true' in node.last_words(f"ota commit {update.id}")
        return node

    yield one
    for node in made:
        node.close()


def programs(node: OtaNode) -> dict[str, bytes]:
    return {name: data for name, data in node.tree().items() if name.endswith(".py") and "/" not in name}


def taken_back(node: OtaNode) -> str:
    """The reason why the node, which runs the old version again, took the update back."""
    assert node.version() == OLD_VERSION
    state = node.state()
    assert (state["state"], state["to"]) == ("rolled_back", NEW_VERSION)
    assert programs(node) == node.programs
    return str(state["reason"])


def test_one_that_raises_at_import(committed: Broken) -> None:
    node = committed(Tasks=b"raise ValueError('on purpose')\n")
    assert taken_back(node) == "ValueError: on purpose"
    assert "update taken back: ValueError: on purpose" in node.tree()["err.log"].decode()


def test_one_that_dies_after_five_seconds(committed: Broken) -> None:
    dying = _changed("micrOS", "        await asyncio.sleep(3600)", "        await asyncio.sleep(5)\n        1 / 0")
    node = committed(micrOS=dying)
    assert node.version() == NEW_VERSION
    node.pass_time_until("update taken back")
    assert taken_back(node).startswith("ZeroDivisionError")


def test_one_that_hangs_in_boot_is_bitten_by_the_watchdog_three_times(committed: Broken) -> None:
    hanging = b"import time\nwhile True:\n    time.sleep_ms(100)\n"
    node = committed(Tasks=hanging)
    node.pass_time_until("update taken back", step_ms=LONG_STEP_MS)
    assert node.board.console.count("TG1WDT_SYS_RESET") == 3
    assert taken_back(node) == "3 boots without success (watchdog)"


def test_one_that_spins_in_boot_without_ever_waiting(committed: Broken) -> None:
    node = committed(cfg={"wdt_ms": 1500}, Tasks=b"while True:\n    pass\n")
    assert taken_back(node) == "3 boots without success (watchdog)"


def test_one_whose_event_loop_stops_while_it_runs(committed: Broken) -> None:
    stopping = _changed(
        "micrOS",
        "        await asyncio.sleep(3600)",
        "        await asyncio.sleep(3)\n        import time\n        while True: time.sleep_ms(100)",
    )
    node = committed(header={"trial_s": 60}, micrOS=stopping)
    assert node.version() == NEW_VERSION
    node.pass_time(6)
    node.pass_time_until("update taken back", step_ms=LONG_STEP_MS)
    assert taken_back(node) == "3 boots without success (watchdog)"


def test_one_that_eats_all_memory(committed: Broken) -> None:
    eating = _changed(
        "micrOS",
        "        await asyncio.sleep(3600)",
        "        await asyncio.sleep(2)\n        hog = []\n        while True: hog.append(bytearray(2000))",
    )
    node = committed(cfg={"heap": 400_000}, micrOS=eating)
    node.pass_time_until("update taken back")
    assert "MemoryError" in taken_back(node)


def test_one_that_keeps_all_memory_while_its_event_loop_goes_on(committed: Broken) -> None:
    eating = _changed(
        "micrOS",
        "    while True:\n        await asyncio.sleep(3600)",
        "    global hog\n    hog = []\n    try:\n        while True: hog.append(bytearray(500))\n"
        "    except MemoryError: pass\n    while True:\n        await asyncio.sleep(3600)",
    )
    node = committed(cfg={"heap": 400_000}, micrOS=eating)
    node.pass_time_until("update taken back")
    assert "emory" in taken_back(node)


def test_one_that_never_opens_the_shell(committed: Broken) -> None:
    deaf = _changed("micrOS", "server = await SocketServer.run_server()", "await asyncio.sleep(100000)")
    node = committed(micrOS=deaf)
    node.pass_time_until("update taken back")
    assert taken_back(node) == "shell does not listen"


def test_one_that_cannot_be_updated_itself_is_not_confirmed(committed: Broken) -> None:
    node = committed(OtaCommit=b"raise ValueError('no way')\n")
    assert node.version() == NEW_VERSION
    node.pass_time_until("update taken back")
    assert taken_back(node) == "ValueError: no way"


@pytest.mark.parametrize(
    ("loader", "reason"),
    [
        (b"raise ValueError('on purpose')\n", "loader: on purpose"),
        (b"", "loader: module 'micrOSloader' has no attribute 'main'"),
        (b"def main(failure=None):\n    return None\n", "loader: 2 starts in vain"),
        (b"while True:\n    pass\n", "loader: 2 starts in vain"),
        (b"def main(failure=None):\n    return True\n", "loader: 2 starts in vain"),
    ],
    ids=["raises", "empty", "leaves the prompt", "hangs", "watches nothing"],
)
def test_a_loader_that_is_broken_is_replaced_by_the_previous_one(tmp_path: Path, loader: bytes, reason: str) -> None:
    files = {name: SOURCES[name] + b"\n# new\n" for name in LOADER}
    update = Update({**new_version(SOURCES), **files, LOADER[0]: loader}, header={"force": True})
    node = OtaNode(tmp_path, update.staged, wdt_ms=1000)
    try:
        node.programs = programs(node)
        node.last_words(f"ota commit {update.id}")
        assert node.board.wait_console(60, "update taken back")
        assert taken_back(node) == reason
        assert "ota/starts" not in node.tree()
    finally:
        node.close()
