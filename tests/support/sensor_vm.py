"""Code in the real VM with core, load modules and simulated sensors, where time passes as fast as it can."""

import importlib.metadata
import json
from pathlib import Path
from typing import Any

from device_node import install_source, run_vm

_PROLOGUE = """
import asyncio, json
import simcore, simlink

def put(op, **values):
    simlink.ops[op](values)

async def _fast(work):
    task = asyncio.create_task(work)
    while not task.done():
        await asyncio.sleep_ms(0)
        simlink.ops["leap"]({"ms": 5})
    return await task

def fast(work):
    return asyncio.run(_fast(work))

def show(value):
    print("result", json.dumps(value))

"""


def results(folder: Path, code: str, *packages: str) -> list[Any]:
    """What the code has shown with `show`. It may call `put(op, ...)` on the hardware and `fast(coroutine)`, which
    leaps over waiting; `packages` of the Python environment are copied to the node."""
    install_source(folder)
    (folder / "node_config.json").write_text("{}")
    for package in packages:
        _copy(package, folder)
    out = run_vm(folder, _PROLOGUE + code)
    return [json.loads(line.removeprefix("result ")) for line in out.splitlines() if line.startswith("result ")]


def _copy(package: str, folder: Path) -> None:
    for file in importlib.metadata.files(package) or ():
        if file.suffix == ".py":
            target = folder / file
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(Path(str(file.locate())).read_bytes())
