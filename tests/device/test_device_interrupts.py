"""Commands at the edges of pins, through the simulated hardware with bouncing contacts, and periodic commands."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from device_node import Node, wait_until
from module_bench import Bench, bench

pytestmark = pytest.mark.vm

_UP, _DOWN, _BOTH, _NONE = 4, 18, 5, 13  # irq1 ... irq4 on the ESP32's pin map
_PRELL_MS = 60
_SETTINGS: dict[str, object] = {
    "irq1": True,
    "irq1_cbf": "presses press 'up'",
    "irq2": True,
    "irq2_cbf": "presses press 'down'",
    "irq2_trig": "down",
    "irq3": True,
    "irq3_cbf": "presses press 'both'; nosuch run",
    "irq3_trig": "BOTH",
    "irq4": True,
    "irq4_cbf": "n/a",
    "irq_prell_ms": _PRELL_MS,
}
_PRESSES = """
COUNTS = {"up": 0, "down": 0, "both": 0, "time": 0, "offline": 0}


def press(name):
    COUNTS[name] += 1


def counts():
    return COUNTS


def offline():
    from network import WLAN
    COUNTS["offline"] += not WLAN(0).isconnected()


def ringing():
    import simcore
    return any(not job.period for job in simcore._jobs)


def settled():
    from machine import Pin
    return not ringing() and all(Pin(n)._handler for n in (4, 18, 5) if Pin(n)._pull)


async def _close_soon(pin):
    import asyncio
    import simlink
    await asyncio.sleep_ms(50)
    simlink.ops["pin"]({"pin": pin, "value": 1})


def close_soon(pin):
    from Common import micro_task
    return micro_task("presses.close", _close_soon(pin))


def block(ms):
    from time import sleep_ms
    sleep_ms(ms)
"""

# Levels after a contact has closed and opened: [ms after the message, level]
_CLOSE = [[0, 1], [1, 0], [2, 1], [4, 0], [5, 1], [9, 0], [12, 1]]
_OPEN = [[0, 0], [1, 1], [3, 0], [4, 1], [8, 0], [9, 1], [11, 0]]


def _at(start: int, edges: list[list[int]]) -> list[list[int]]:
    return [[start + ms, level] for ms, level in edges]


@pytest.fixture(scope="module")
def buttons(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with bench(tmp_path_factory.mktemp("buttons"), settings=_SETTINGS, files={"LM_presses.py": _PRESSES}) as b:
        yield b


def _counts(b: Bench) -> dict[str, int]:
    counts: dict[str, int] = b.json("presses counts")
    return counts


def _wait_settled(b: Bench) -> None:
    """Until all edges are over and every pin waits for its next event."""
    wait_until(lambda: b.call("presses settled") == "True", "the pins have settled", 60)


def _press(b: Bench, pin: int, edges: list[list[int]]) -> None:
    b.set("pin", pin=pin, bounce=edges)
    _wait_settled(b)


_SHAPES = {
    "a short press": (_CLOSE + _at(90, _OPEN), 1),
    "a press shorter than the pause": (_CLOSE + _at(40, _OPEN), 1),
    "a press of 25 ms": ([[0, 1], [25, 0]], 1),
    "a press of 3 ms": ([[0, 1], [3, 0]], 1),
    "a long press": (_CLOSE + _at(300, _OPEN), 1),
    "two presses": (_CLOSE + _at(150, _OPEN) + _at(400, _CLOSE) + _at(550, _OPEN), 2),
}


@pytest.mark.parametrize("name", _SHAPES)
@pytest.mark.parametrize(("edge", "pin"), [("up", _UP), ("down", _DOWN)])
def test_each_press_of_a_bouncing_button_counts_once(buttons: Bench, edge: str, pin: int, name: str) -> None:
    edges, presses = _SHAPES[name]
    before = _counts(buttons)
    _press(buttons, pin, edges)
    after = _counts(buttons)
    assert {key: after[key] - before[key] for key in after if after[key] != before[key]} == {edge: presses}


def test_with_both_edges_a_short_press_counts_once_and_a_long_one_when_it_begins_and_ends(buttons: Bench) -> None:
    before = _counts(buttons)["both"]
    _press(buttons, _BOTH, _CLOSE + _at(40, _OPEN))
    assert _counts(buttons)["both"] == before + 1
    _press(buttons, _BOTH, _CLOSE)
    assert _counts(buttons)["both"] == before + 2
    _press(buttons, _BOTH, _OPEN)
    assert _counts(buttons)["both"] == before + 3


def test_a_press_while_a_module_does_not_let_go_counts_once_afterwards(buttons: Bench) -> None:
    before = _counts(buttons)["up"]
    with buttons.node.connect() as other:
        other.send("presses block 150")
        buttons.set("pin", pin=_UP, bounce=_CLOSE + _at(70, _OPEN))
        other.until("$ ")
    _wait_settled(buttons)
    assert _counts(buttons)["up"] == before + 1


def test_a_failing_command_is_logged_once_and_the_others_of_its_list_run(buttons: Bench) -> None:
    log = buttons.files("err.log") or ""
    assert log.count("[irq3][ERR] nosuch run: Core error: LM_nosuch->run: no module named 'LM_nosuch'") == 1
    assert log.count("\n") == 1


def test_each_pin_in_use_has_a_task_that_shows_its_last_reply(buttons: Bench) -> None:
    active = json.loads(buttons.call("task list >json"))["active"]
    assert [tag for tag in active if tag.startswith("irq")] == ["irq1", "irq2", "irq3"]
    assert buttons.call("task show irq1") == "presses press 'up': None"


def test_a_thousand_edges_a_second_leave_the_shell_quick_and_the_button_usable(buttons: Bench) -> None:
    before = _counts(buttons)["up"]
    edges = 1500
    buttons.set("pin", pin=_UP, bounce=[*([ms, ms % 2] for ms in range(edges)), [edges, 0]])
    answers = 0
    while buttons.call("presses ringing") == "True":
        answers += 1
    assert answers > 20, "commands that were answered meanwhile"
    _wait_settled(buttons)
    rung = _counts(buttons)["up"] - before
    assert 1 <= rung <= edges / _PRELL_MS + 2
    _press(buttons, _UP, _CLOSE + _at(90, _OPEN))
    assert _counts(buttons)["up"] == before + rung + 1


def test_a_pin_that_is_taken_is_logged_and_the_others_work(tmp_path: Path) -> None:
    settings = {**_SETTINGS, "cstmpmap": "irq2:4", "irq4_cbf": "presses press 'up'", "irq3": False}
    with bench(tmp_path / "node", settings=settings, files={"LM_presses.py": _PRESSES}) as b:
        assert "[irq2][ERR] [io] Pin irq2 is busy: irq1:4" in (b.files("err.log") or "")
        b.set("pin", pin=_NONE, bounce=_CLOSE)
        wait_until(lambda: _counts(b)["up"] == 1, "the other pin counts")


def test_a_switch_works_while_the_node_still_looks_for_its_network(tmp_path: Path) -> None:
    settings = {
        "irq1": True,
        "irq1_cbf": "presses press 'up'; presses offline",
        "boothook": f"presses close_soon {_UP}",
    }
    files = {"LM_presses.py": _PRESSES}
    with bench(tmp_path / "node", settings=settings, files=files, config={"join_ms": 700}) as b:
        assert _counts(b)["up"] == _counts(b)["offline"] == 1


def test_periodic_commands_keep_their_period_and_a_bad_one_is_logged_once(tmp_path: Path) -> None:
    settings = {"timirq": True, "timirqcbf": "presses press 'time'; nosuch run;", "timirqseq": 50}
    with bench(tmp_path / "node", settings=settings, files={"LM_presses.py": _PRESSES}) as b:
        start, first = time.monotonic(), _counts(b)["time"]
        wait_until(lambda: _counts(b)["time"] >= first + 20, "twenty periods", 60)
        elapsed = time.monotonic() - start
        assert elapsed >= 19 * 0.05
        assert (b.files("err.log") or "").count("[timirq][ERR] nosuch run") == 1
        assert b.call("task kill timirq") == "Kill: timirq|True"


@pytest.mark.parametrize("value", ["n/a", "", " ; "])
def test_nothing_starts_without_commands(tmp_path: Path, value: str) -> None:
    (tmp_path / "node").mkdir()
    node = Node(tmp_path / "node", timirq=True, timirqcbf=value, irq1=True, irq1_cbf=value, dbg=False)
    try:
        node.start().wait_shell()
        with node.connect() as client:
            tags = json.loads(client.ask("task list >json"))["active"]
        assert not {"irq1", "timirq"} & set(tags)
        assert not (node.folder / "err.log").exists() or "irq" not in (node.folder / "err.log").read_text()
    finally:
        node.stop()
