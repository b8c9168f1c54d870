"""Functions of load modules that are `async`: each caller gets its answer when it is done, nobody else waits."""

from pathlib import Path

import pytest
from module_bench import bench

SLOW = """
import asyncio

_seen = []


async def add(text, ms=60):
    await asyncio.sleep_ms(ms)
    _seen.append(text)
    return {"n": len(_seen)}


async def fail():
    await asyncio.sleep_ms(5)
    raise OSError("gone")


def seen():
    return ",".join(_seen)
"""


@pytest.mark.vm
def test_an_async_function_answers_the_shell_a_task_a_boothook_and_an_error_is_logged_once(tmp_path: Path) -> None:
    with bench(tmp_path, settings={"boothook": "slow add 'boot'"}, files={"LM_slow.py": SLOW}) as b:
        b.until(lambda _: b.call("slow seen") == "boot")
        assert b.call("slow add 'shell'") == " n: 2"
        assert b.call("slow add 'json' >json") == '{"n": 3}'
        assert b.call("slow add 'task' &") == "Start slow.add"
        b.until(lambda _: b.call("task show slow.add") == " n: 4")
        assert b.call("slow add 'loop' &&20") == "Start slow.add"
        b.until(lambda _: b.call("slow seen").count("loop") > 2)
        assert b.call("task kill slow.add") == "Kill: slow.add|True"
        for _ in range(2):
            assert b.ask("slow fail") == "Core error: LM_slow->fail: gone"
        assert (b.files("err.log") or "").count("gone") == 1
        assert b.ask("slow add").startswith("Core error: LM_slow->add: add() takes ")


@pytest.mark.vm
def test_commands_of_one_packet_keep_their_order_and_a_caller_may_leave_while_it_waits(tmp_path: Path) -> None:
    with bench(tmp_path, files={"LM_slow.py": SLOW}) as b:
        with b.node.connect() as other:
            other.send("slow add 'first'\nslow seen")
            other.until(" n: 1\nnode01 $ first\nnode01 $ ")
        with b.node.connect() as leaving:
            leaving.send("slow add 'left' ms=200")
        assert b.call("slow seen") == "first"
        b.until(lambda _: b.call("slow seen") == "first,left")
        assert b.call("system heartbeat") == "<3 heartbeat <3"
