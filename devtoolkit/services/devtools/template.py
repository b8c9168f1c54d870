"""A new load module: the file, its test, and its entry in the list of modules that are compiled."""

import keyword
import os
import re
from dataclasses import dataclass
from pathlib import Path

from devtoolkit import paths
from devtoolkit.errors import UsageError
from devtoolkit.services.build_plan import COMPILE_LIST
from devtoolkit.services.devtools import manual, pin_maps, sources
from devtoolkit.services.devtools.manual import ManualModule
from devtoolkit.services.devtools.sources import MODULE_PREFIX
from devtoolkit.services.shell_words import BUILT_IN

_NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9_]{1,30}")


@dataclass(frozen=True, slots=True)
class NewModule:
    """What was made: the module's file, its test, what the manual says of it. `listed`: it is compiled on a build."""

    module: str
    file: str
    test: str
    entry: ManualModule
    listed: bool


def make(name: str, folder: Path | None = None) -> NewModule:
    """A module that runs as it is: one PWM output with state, help and pins.

    In a checkout (no `folder`) it goes where modules and their tests are; else both files go into the folder. Raises
    UsageError for a name that cannot be one, or files that are there.
    """
    module = _checked(name.removeprefix(MODULE_PREFIX))
    file, test = _places(module, folder)
    for path in (file, test):
        if path.exists():
            raise UsageError(f"{path} is there already.", hint="Choose another name, or delete it.")
    for path, text in ((file, _MODULE), (test, _TEST)):
        path.parent.mkdir(parents=True, exist_ok=True)
        where = Path(os.path.relpath(file, test.parent)).as_posix()
        path.write_text(text.replace("<name>", module).replace("<path>", where), encoding="utf-8")
    listed = folder is None and _list(file.name)
    source = sources.read(file)
    every = {one.name: one for one in sources.read_all(paths.micros_source())}
    names = pin_maps.known_names(tuple(every.values()))
    return NewModule(module, str(file), str(test), manual.module_entry(source, every, names), listed)


def _checked(module: str) -> str:
    if not _NAME.fullmatch(module) or keyword.iskeyword(module):
        raise UsageError(f"{module!r} cannot be a module's name.", hint="Letters, digits and _, a letter first.")
    if module in BUILT_IN:
        raise UsageError(f"{module} is a word of the shell.", hint="Choose another name.")
    return module


def _places(module: str, folder: Path | None) -> tuple[Path, Path]:
    root = paths.checkout()
    if folder:
        return folder / f"{MODULE_PREFIX}{module}.py", folder / f"test_{module}.py"
    if root is None:
        raise UsageError("Where shall the module go?", hint="Name a folder: --new-module NAME --to DIR.")
    modules = paths.micros_source() / "modules"
    return modules / f"{MODULE_PREFIX}{module}.py", root / "tests" / "modules" / f"test_module_{module}.py"


def _list(file_name: str) -> bool:
    """A module of the toolkit is compiled: its name at the end of the list."""
    place = paths.micros_source() / COMPILE_LIST
    text = place.read_text(encoding="utf-8")
    if file_name in text.splitlines():
        return True
    place.write_text(f"{text.rstrip()}\n{file_name}\n", encoding="utf-8")
    return True


_MODULE = '''\
"""<name>: one PWM output; the pin is called `<name>` (for example `cstmpmap` = `<name>:26`)."""

from Common import state_file, typed_help
from microIO import physical_pin, pinmap_dump


class _Data:
    pwm = None
    state = None


def load_n_init(cache=None):
    """Opens the output with the last value; cache=False begins at 0. 'CACHE: True|False'."""
    cache = cache is None or bool(cache)
    if _Data.pwm is None:
        from machine import PWM, Pin

        _Data.pwm = PWM(Pin(physical_pin("<name>")), freq=1000, duty_u16=0)
    _Data.state = state_file("<name>", 0)
    set_value(_Data.state.values[0] if cache else 0)
    return "CACHE: %s" % cache


def set_value(percent):
    """Sets the output, 0..100. The status."""
    if not 0 <= percent <= 100:
        raise ValueError("percent=%s is out of range: 0-100" % percent)
    if _Data.pwm is None:
        load_n_init()
    _Data.pwm.duty_u16(percent * 65535 // 100)
    _Data.state.save(percent)
    return status()


def status(lmf=None):
    """{'X': percent}"""
    return {"X": _Data.state.values[0] if _Data.state else 0}


def pinmap():
    """{logical name: GPIO}"""
    return pinmap_dump("<name>")


def help(widgets=False):
    """Usage lines, or widget entries."""
    return typed_help(
        ("SLIDER set_value percent=<0-100-5>", "load_n_init cache=None", "status lmf=None", "pinmap"), widgets
    )
'''

_TEST = '''\
"""LM_<name> on the real MicroPython VM with simulated hardware."""

from pathlib import Path

from devtoolkit.services.devtools.try_module import run_on_vm

MODULE = Path(__file__).parent / "<path>"
PIN = 26


def test_it_sets_the_output_and_tells_it() -> None:
    calls = ["load_n_init cache=False", "set_value 40", "status", "pinmap"]
    assert run_on_vm(MODULE, calls, pins={"<name>": PIN}) == ["CACHE: False", {"X": 40}, {"X": 40}, {"<name>": PIN}]
'''
