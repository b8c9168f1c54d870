"""What load modules may use: fades, analog inputs, tasks, streams, logs, and state that survives a restart."""

import json
import math
from pathlib import Path

import pytest
from device_node import Node, install_source, run_vm, running

pytestmark = pytest.mark.vm

MAX_LINE = 250


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    install_source(tmp_path)
    return tmp_path


def run(folder: Path, code: str, **cfg: object) -> object:
    """What the code has put into `result`, run in the VM of a node."""
    output = run_vm(folder, f"import json\n{code}\nprint('RESULT=' + json.dumps(result))", **cfg)
    loaded: object = json.loads(output.split("RESULT=")[1])
    return loaded


def test_a_transition_has_one_value_a_step_and_ends_at_the_target(folder: Path) -> None:
    cases = [(0, 10, 100, 0.5), (10, 0, 5, 0.02), (3, 3, 10, 0.1), (0, 1000, 7, 1.0), (5, 9, 10, 0), (5, 9, 10, -1)]
    code = f"from Common import transition\nresult = [list(transition(*case)) for case in {cases!r}]"
    found = run(folder, code)
    assert isinstance(found, list)
    for (start, end, step_ms, seconds), values in zip(cases, found, strict=True):
        if seconds <= 0:
            assert values == [end]
            continue
        steps = round(seconds * 1000 / step_ms)
        assert len(values) == steps + 1
        assert (values[0], values[-1]) == (start, end)
        assert all(abs(value - (start + (end - start) * n / steps)) <= 0.5 + 1e-6 for n, value in enumerate(values))


def test_channels_of_one_fade_share_the_step_of_the_biggest_change(folder: Path) -> None:
    code = """
from Common import transition_gen
one, step = transition_gen(0, 50)
many, step_of_many = transition_gen(0, 10, 1000, 0, interval_sec=2.0)
none, step_of_none = transition_gen(4, 4, interval_sec=0.1)
result = [len(list(one)), step, [list(g)[-1] for g in many], step_of_many, list(none)[-1], step_of_none]
"""
    assert run(folder, code) == [51, 20, [10, 0], 5, 4, 5]


def test_an_analog_input_gives_raw_percent_and_volt_and_is_one_object_a_pin(folder: Path) -> None:
    code = """
import simlink
from Common import SmartADC
result = []
for raw in (0, 32767, 65535):
    simlink.ops["adc"]({"op": "adc", "pin": 34, "value": raw})
    result.append(SmartADC.get_singleton(34).get())
result.append(SmartADC.get_singleton(34) is SmartADC.get_singleton(34))
"""
    low, middle, high, same = run(folder, code)
    assert low == {"raw": 0, "percent": 0.0, "volt": 0.0}
    assert math.isclose(middle["raw"], 32767, abs_tol=17)
    assert (middle["percent"], middle["volt"]) == (50.0, 1.23) or (middle["percent"], middle["volt"]) == (50.0, 1.22)
    assert high == {"raw": 65535, "percent": 100.0, "volt": 2.45}
    assert same


def test_a_module_task_starts_once_is_found_by_its_tag_and_keeps_its_failure(folder: Path) -> None:
    code = """
import asyncio
from Common import micro_task
async def work():
    with micro_task(tag="work") as task:
        task.out = "half"
        await asyncio.sleep_ms(20)
        task.out = "all"
async def fail():
    raise ValueError("on purpose")
async def main():
    seen = [micro_task("work"), micro_task("work", work()), micro_task("work", work())]
    await asyncio.sleep_ms(5)
    task = micro_task("work")
    seen += [task.tag, task.out, task.done]
    await asyncio.sleep_ms(40)
    seen += [task.out, task.done, micro_task("fail", fail())]
    await asyncio.sleep_ms(5)
    seen += [micro_task("fail").done, micro_task("fail").out, micro_task("work", work())]
    await asyncio.sleep_ms(5)
    seen += [micro_task("work").cancel(), micro_task("work").done, micro_task("bad", 7)]
    return seen
result = asyncio.run(main())
"""
    assert run(folder, code) == [
        *(None, True, None),
        *("work", "half", False),
        *("all", True, True),
        *(True, "on purpose", True),
        *(True, True, False),
    ]


def test_streamed_lines_go_to_the_callback_that_is_given_or_to_the_console(folder: Path) -> None:
    code = """
import LoadModule
from Common import socket_stream
@socket_stream
def talk(word, msgobj=None):
    msgobj(word)
    return "said " + word
lines = []
result = [talk("a", msgobj=lines.append)]
LoadModule.session = lines.append
result.append(talk("b"))
LoadModule.session = None
result.append(talk("to the console"))
result.append(lines)
"""
    assert run(folder, code) == ["said a", "said b", "said to the console", ["a", "b"]]


def test_a_log_keeps_its_last_lines_and_is_bounded_whatever_it_is_given(folder: Path) -> None:
    (folder / "damaged.dat").write_bytes(b"x" * 40_000)
    code = """
import os
from Common import data_logger
def lines(name):
    found = []
    data_logger(name, msgobj=found.append)
    return found
for n in range(40):
    assert data_logger("few", "line %d" % n, limit=3)
    assert data_logger("many.dat", "line %d" % n, limit=1000)
    assert data_logger("default", "line %d" % n)
assert data_logger("long", "two" + chr(10) + "lines " + "y" * 5000)
assert data_logger("least", "first", limit=0) and data_logger("least", "second", limit=-4)
assert data_logger("damaged", "new")
result = [[line.split(" ", 1)[1] for line in lines(name)] for name in ("few", "many", "default", "long", "least")]
result += [lines("nosuch"), len(lines("damaged")), os.stat("damaged.dat")[6], data_logger("../out", "x"), os.listdir()]
"""
    few, many, default, long, least, none, damaged, size, outside, names = run(folder, code)
    assert few == ["line 37", "line 38", "line 39"]
    assert many == [f"line {n}" for n in range(10, 40)]
    assert default == [f"line {n}" for n in range(28, 40)]
    assert long[0].startswith("two lines yyy")
    assert len(long) == 1
    assert len(long[0]) < MAX_LINE
    assert least == ["second"]
    assert none == []
    assert (damaged, size) == (12, size)
    assert size <= 12 * (MAX_LINE + 1)
    assert outside is False
    assert not [name for name in names if name.endswith(".tmp")]


def test_a_line_of_a_log_begins_with_the_date_and_the_error_log_keeps_five(folder: Path) -> None:
    code = """
from Common import syslog
from Debug import errlog_get
from machine import RTC
RTC().datetime((2026, 3, 4, 2, 5, 6, 7, 0))
for n in range(8):
    assert syslog("[ERR] number %d" % n)
result = []
result.append(errlog_get(result.append))
"""
    assert run(folder, code) == [*(f"2026.3.4-5:6:7 [USER] [ERR] number {n}" for n in range(3, 8)), 5]


def test_a_state_is_restored_with_the_types_of_its_defaults(folder: Path) -> None:
    (folder / "other.pds").write_text("5,1.5,1,warm")
    (folder / "wrong.pds").write_text("5,many")
    (folder / "short.pds").write_text("5")
    (folder / "moves.pds").write_text("90,45,12")
    code = """
from Common import state_file
files = [state_file("new", 1, 2), state_file("other", 0, 0.0, False, ""), state_file("wrong", 1, 2)]
files += [state_file("short", 1, 2), state_file("moves"), state_file("nosuch")]
result = [[f.values, f.restored] for f in files]
files[0].save(7, 8)
with open("new.pds") as f:
    result.append(f.read())
result.append(state_file("new", 1, 2).values)
"""
    assert run(folder, code) == [
        [[1, 2], False],
        [[5, 1.5, True, "warm"], True],
        [[1, 2], False],
        [[1, 2], False],
        [[90, 45, 12], True],
        [[], False],
        "7,8",
        [7, 8],
    ]


def test_a_state_is_written_at_most_once_a_second_and_the_last_change_is_not_lost(folder: Path) -> None:
    code = """
import asyncio, simlink
import StateFile
from Common import state_file
written = []
def write_file(path, pieces):
    written.append("".join(pieces))
StateFile.write_file = write_file
def leap(ms):
    simlink.ops["leap"]({"op": "leap", "ms": ms})
async def main():
    state = state_file("led", 0, False)
    for n in range(50):
        assert state.save(n, n % 2 == 1)
    early = list(written)
    await asyncio.sleep_ms(0)
    leap(900)
    early += written[1:]
    leap(101)
    await asyncio.sleep_ms(5)
    late = list(written)
    leap(1000)
    state.save(77, True)
    state.save(78, True)
    StateFile.flush_all()
    return [early, late, list(written)]
result = asyncio.run(main())
"""
    early, late, at_the_end = run(folder, code)
    assert early == ["0,0"]
    assert late == ["0,0", "49,1"]
    assert at_the_end == ["0,0", "49,1", "77,1", "78,1"]


def test_what_waits_is_written_before_a_wanted_restart(tmp_path: Path) -> None:
    module = "from Common import state_file\ns = state_file('keep', 0)\ndef put(n):\n    return s.save(n)\n"
    with running(tmp_path / "node") as node:
        (node.folder / "LM_keep.py").write_text(module)
        with node.connect() as c:
            assert [c.ask(f"keep put {n}") for n in (1, 2, 3)] == ["True\n"] * 3
            assert (node.folder / "keep.pds").read_text() == "1"
            c.send("reboot")
            c.rest()
        node.wait_exit()
        assert (node.folder / "keep.pds").read_text() == "3"


def test_a_full_disk_is_said_and_stops_nothing(folder: Path) -> None:
    code = """
import os
from Common import data_logger, state_file
def refuse(*a):
    raise OSError(28)
os.rename = refuse
result = [data_logger("x", "y"), state_file("x", 1).save(2)]
"""
    assert run(folder, code) == [False, False]


_SUPERVISE = """
import asyncio, network, simlink, Network
async def main():
    await Network.auto_nw_config()
    simlink.ops["wifi"]({"op": "wifi", "networks": []})
    said = []
    for _ in range(12):
        said.append(Network.supervise())
        while Network._State.busy:
            await asyncio.sleep_ms(5)
    said.append(Network.sta_high_avail())
    return said
result = asyncio.run(main())
"""


def test_reconnects_in_vain_become_seldom_but_a_wanted_one_is_made(tmp_path: Path) -> None:
    node = Node(tmp_path, staessid="micrOS-virtual; other")
    said = run(node.folder, _SUPERVISE, join_ms=5)
    assert isinstance(said, list)
    started = [n for n, text in enumerate(said[:-1]) if text == "STA lost, reconnect started"]
    assert started == [0, 1, 3, 6, 10]
    assert {said[n] for n in range(12) if n not in started} == {"STA lost, next try later"}
    assert said[-1] == "STA lost, reconnect started"
