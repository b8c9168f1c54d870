"""Load module of the tests, written the way a user writes one. Copied to the node as LM_probe.py."""

import sys
from gc import collect
from time import sleep_ms

import uasyncio as asyncio
from Common import micro_task, socket_stream, transition, transition_gen

CALLS = []


def echo(*args, **kwargs):
    return repr((args, sorted(kwargs.items())))


def count(limit=1000):
    CALLS.append(1)
    if len(CALLS) >= limit:
        raise ValueError(f"limit {limit}")
    return f"run {len(CALLS)}"


def calls():
    return len(CALLS)


def same(value):
    return value


def heap():
    collect()
    return "collected"


def empty():
    return ""


def nothing():
    return None


def state():
    return {"level": 3}


def fail(text="broken"):
    raise ValueError(text)


def undefined():
    return not_there  # noqa: F821 - a mistake of a module, on purpose


@socket_stream
def stream(lines, msgobj=None):
    for n in range(lines):
        msgobj(f"line {n}")
    return "streamed"


async def _worker(period_ms):
    with micro_task(tag="worker") as task:
        n = 0
        while True:
            n += 1
            task.out = f"round {n}"
            await asyncio.sleep_ms(period_ms)


async def _fails():
    raise ValueError("worker failed")


def work(period_ms=5):
    return "Starting" if micro_task(tag="worker", task=_worker(period_ms)) else "Already running"


def work_badly():
    return micro_task(tag="failing", task=_fails())


def fades():
    single, step = transition_gen(0, 100, interval_sec=1.0)
    several, step_of_several = transition_gen(0, 10, 50, 0, interval_sec=0.1)
    return {
        "plain": list(transition(0, 10, 100, 0.5)),
        "at once": list(transition(3, 7, 5, 0)),
        "single": (len(list(single)), step),
        "several": ([list(g)[-1] for g in several], step_of_several),
    }


def resident():
    return " ".join(sorted(sys.modules))


def block(ms):
    sleep_ms(ms)
    return "blocked"


def help():
    return "echo", "count limit=1000"
