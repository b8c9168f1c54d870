"""Heap of the device system at a board's scale: the WebAssembly build of MicroPython has a board's 4-byte pointers.

`measure()` compiles micros_source, imports the modules one by one in that VM against the stubs in `wasm/`, boots the
system, connects one client and lets it ask `system memory_usage`. The VM comes from npm and is kept in the
environment's folder; without node or npm `measure()` raises `NoBoardScale` with one line.
"""

import base64
import json
import shutil
import subprocess
import sys
import tempfile
import tomllib
from dataclasses import dataclass
from pathlib import Path

from devtoolkit import paths
from devtoolkit.tools.mpy_cross import compile_source

FOLDER = Path(__file__).resolve().parent
PACKAGE = "@micropython/micropython-webassembly-pyscript"
VERSION = "1.27.0"  # the release that the figures of real boards were taken with
BUDGET = tomllib.loads((FOLDER / "memory_budget.toml").read_text())
_INSTALL_S = 120
_RUN_S = 120
_SETTINGS = {"staessid": "wifi", "stapwd": "secret99"}  # everything else is the default
_WEB_ON = {**_SETTINGS, "webui": True}
_WEB = "Web"  # what the web server adds to the modules in memory after boot

# in the order of import, leaf first, so that each import costs what the module itself costs
BOOT_ORDER = list(BUDGET["modules"])
LOAD_ORDER = list(BUDGET["load_modules"])
BUDGETS: dict[str, int] = BUDGET["modules"] | BUDGET["on_demand"] | BUDGET["load_modules"]
_QSTR_BYTES = 7  # per place in a pool of interned names: pointer 4, hash 2, length 1
_FIRST_POOL = 20  # pools double: 20, 40, 80 ... places


class NoBoardScale(Exception):
    """The WebAssembly build cannot run here; the text says why."""


@dataclass(frozen=True)
class BoardMemory:
    """
    Bytes at a board's scale, without the pools of interned names (see `name_pools`). `steps` come after the imports:
    boot, client, first command.
    """

    sizes: dict[str, int]
    imports: dict[str, int]
    steps: dict[str, int]
    resident: frozenset[str]
    names: int
    stub_names: int

    @property
    def mpy_resident(self) -> int:
        return sum(self.sizes[module] for module in self.resident if module in self.sizes)

    @property
    def name_pools(self) -> int:
        """Pools of the system's own names; the stubs' names are in a board's firmware."""
        return _pool_bytes(self.names - self.stub_names) - _pool_bytes(1)

    @property
    def after_boot(self) -> int:
        """Estimate of `mem_used` on an ESP32, asked over the shell."""
        modules = [module for module in (*BOOT_ORDER, _WEB) if module in self.resident]
        ours = sum(self.imports[module] for module in modules) + sum(self.steps.values()) + self.name_pools
        return int(BUDGET["firmware"]["modules"] + BUDGET["firmware"]["asyncio_stream"] + ours)

    @property
    def after_boot_by_size(self) -> int:
        """The same estimated another way: heap per byte of .mpy as measured on an ESP32, and the objects from here."""
        ratio = BUDGET["firmware"]["heap_per_mpy_byte"]
        code = ratio * self.mpy_resident
        settings = self.imports["Config"] - ratio * self.sizes["Config"]  # values, no code: not in the measured ratio
        objects = sum(self.steps.values()) + settings
        return int(BUDGET["firmware"]["modules"] + BUDGET["firmware"]["asyncio_stream"] + code + objects)


def _pool_bytes(names: int) -> int:
    """Bytes of the pools for so many interned names. They grow in steps, so they are not a module's cost."""
    places, pool = 0, _FIRST_POOL
    while places < names:
        places += pool
        pool *= 2
    return places * _QSTR_BYTES


def compiled() -> dict[str, bytes]:
    """Module name -> .mpy, of the source as it is now."""
    made = {}
    for part in ("core", "modules", "pinmaps"):
        for file in sorted((paths.micros_source() / part).glob("*.py")):
            made[file.stem] = compile_source(file.read_bytes(), file.name)
    return made


def core_modules() -> list[str]:
    """Module names of the core but those that run once and are not kept: main, reset."""
    names = (file.stem for file in (paths.micros_source() / "core").glob("*.py"))
    return sorted(name for name in names if name not in ("main", "reset"))


def _leaves_first(modules: list[str]) -> list[str]:
    """In the order of the budget; modules without a line there last."""
    order = list(BUDGET["on_demand"])
    return sorted(modules, key=lambda name: order.index(name) if name in order else len(order))


def _place() -> tuple[Path, Path]:
    """Folder of the VM in the environment, and its entry file."""
    folder = Path(sys.prefix) / f"micropython-wasm-{VERSION}"
    return folder, folder / "node_modules" / PACKAGE / "micropython.mjs"


def is_installed() -> bool:
    """`measure` works without network."""
    return bool(shutil.which("node") and shutil.which("npm")) and _place()[1].exists()


def wasm_build() -> Path:
    """The VM's entry file, installed by npm at first use."""
    if not shutil.which("node") or not shutil.which("npm"):
        raise NoBoardScale("node and npm are not installed: no figures at a board's scale")
    folder, entry = _place()
    if not entry.exists():
        folder.mkdir(exist_ok=True)
        quiet = ("--silent", "--no-audit", "--no-fund")
        command = ["npm", "install", *quiet, "--prefix", str(folder), f"{PACKAGE}@{VERSION}"]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=_INSTALL_S, check=False)
        except subprocess.TimeoutExpired as error:
            raise NoBoardScale("npm did not answer: no figures at a board's scale") from error
        if done.returncode or not entry.exists():
            raise NoBoardScale(f"npm could not install {PACKAGE}@{VERSION}: no figures at a board's scale")
    return entry


def _encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _job(modules: dict[str, bytes], web: bool) -> dict[str, object]:
    settings = _WEB_ON if web else _SETTINGS
    first = [*BOOT_ORDER, _WEB] if web else BOOT_ORDER
    ready = ["'announce' in __import__('Tasks').TaskBase.TASKS"]
    if web:
        ready.append("len(__import__('board_stubs').CALLBACKS) == 2")
    files = {f"{name}.mpy": _encoded(code) for name, code in modules.items() if name not in ("main", "reset")}
    files["board_stubs.py"] = _encoded((FOLDER / "wasm" / "board_stubs.py").read_bytes())
    files["node_config.json"] = _encoded(json.dumps(settings).encode())
    said = "__import__('board_stubs').Stream.SAID"
    return {
        "files": files,
        "prepare": "import board_stubs",
        "state": "import sys, Tasks\nprint(sorted(sys.modules), list(Tasks.TaskBase.TASKS))",
        "imports": first,
        "steps": [
            {
                "name": "boot",
                "code": "import micrOS\nmicrOS.main()",
                "until": " and ".join(ready),
            },
            {"name": "client", "code": "import board_stubs\nboard_stubs.connect()", "until": said},
            {
                "name": "first command",
                "code": "import board_stubs\nboard_stubs.ask(b'system memory_usage')",
                "until": f"b'mem_used' in b''.join({said})",
            },
        ],
        "lazy": [name for name in _leaves_first(core_modules()) if name not in first] + LOAD_ORDER,
    }


def measure(*, web: bool = False) -> BoardMemory:
    """Compiles, imports, boots (with the web server on, if wanted) and asks. Raises NoBoardScale."""
    modules = compiled()
    entry = wasm_build()
    with tempfile.TemporaryDirectory() as folder:
        job = Path(folder) / "job.json"
        job.write_text(json.dumps(_job(modules, web)))
        command = ["node", str(FOLDER / "wasm" / "measure.mjs"), str(entry), str(job)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=_RUN_S, check=False)
    if done.returncode:
        raise RuntimeError(f"the measurement failed: {done.stderr.strip()[-2000:]}")
    result = json.loads(done.stdout)
    names = result["stub_names"]
    costs: dict[str, dict[str, int]] = {}
    for part in ("imports", "steps", "lazy"):
        costs[part] = {}
        for name, cost in result[part].items():
            costs[part][name] = cost["bytes"] - (_pool_bytes(cost["names"]) - _pool_bytes(names))
            names = cost["names"]
    return BoardMemory(
        sizes={name: len(code) for name, code in modules.items()},
        imports=costs["imports"] | costs["lazy"],
        steps=costs["steps"],
        resident=frozenset(result["modules"]),
        names=result["names"],
        stub_names=result["stub_names"],
    )
