"""Runs a load module on the real MicroPython VM with simulated hardware, without a board: for the tests of modules."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from devtoolkit import paths
from devtoolkit.errors import SimulatorError
from devtoolkit.services import build
from devtoolkit.simulator.vm_process import SHIMS, find_vm

_LIMIT_S = 60.0
_MAC = "02:00:00:00:00:4e"
_AS_PACKAGE = (
    "import sys; sys.path.insert(0, sys.argv[1]); import micropython_run; "
    "sys.exit(micropython_run.run_main(['micropython', sys.argv[2]]))"
)
_SCRIPT = """
import sys
sys.path[:] = ["", ".frozen", {shims!r}]
import simshims
simshims.install({{"mac": {mac!r}}})
sys.path.remove({shims!r})
import asyncio, json
import LoadModule, microIO
microIO.set_pinmap({pins!r})

async def main():
    for call in json.loads({calls!r}):
        ok, text = LoadModule.call(call, print, as_json=True)
        await asyncio.sleep_ms(1)
        print({mark!r} + json.dumps([ok, text]))

asyncio.run(main())
"""
_MARK = "reply:"


def run_on_vm(
    module: Path, calls: Sequence[str], *, pins: Mapping[str, int] | None = None, files: Mapping[str, str] | None = None
) -> list[object]:
    """Call functions of a module one after another; what each gave, JSON read.

    `calls` are as in the shell, without the module's name: `speed 40`. `pins`: logical names that the map has not.
    `files`: further files on the node. Raises SimulatorError when a call fails, with what the node would say.
    """
    name = module.stem.removeprefix("LM_")
    with tempfile.TemporaryDirectory(prefix="try-module-") as place:
        folder = Path(place)
        _install(folder, module, files or {})
        script = _SCRIPT.format(
            shims=str(SHIMS),
            mac=_MAC,
            pins="; ".join(f"{pin}:{number}" for pin, number in (pins or {}).items()),
            calls=json.dumps([f"{name} {call}" for call in calls]),
            mark=_MARK,
        )
        (folder / "_try.py").write_text(script, encoding="utf-8")
        done = subprocess.run(
            _command("_try.py"), cwd=folder, capture_output=True, text=True, timeout=_LIMIT_S, check=False
        )
    if done.returncode or "Traceback" in done.stderr:
        raise SimulatorError(f"The VM ended: {(done.stderr or done.stdout).strip()[-500:]}", hint="Correct the module.")
    return [_value(line.removeprefix(_MARK), name) for line in done.stdout.splitlines() if line.startswith(_MARK)]


def _install(folder: Path, module: Path, files: Mapping[str, str]) -> None:
    for path, content in build.read_files(paths.precompiled()).items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    (folder / f"{module.stem}.mpy").unlink(missing_ok=True)
    (folder / module.name).write_bytes(module.read_bytes())
    for path, text in files.items():
        (folder / path).write_text(text, encoding="utf-8")


def _command(script: str) -> list[str]:
    vm = find_vm()
    if vm.is_dir():
        return [sys.executable, "-I", "-S", "-c", _AS_PACKAGE, str(vm), script]
    return [str(vm), script]


def _value(line: str, module: str) -> object:
    ok, text = json.loads(line)
    if not ok:
        raise SimulatorError(f"{module}: {text}", hint="Correct the module, or the call.", module=module)
    try:
        return json.loads(text)
    except ValueError:
        return str(text)
