"""The table files `tests/modules/effects_<module>.py`, and what the API files say about the modules."""

import ast
import functools
import importlib.util
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from module_bench import Bench, ReplyOnly, bench

FOLDER = Path(__file__).parents[1] / "modules"
SOURCE = Path(__file__).parents[2] / "micros_source" / "modules"
Effect = Callable[[Bench], None]


@dataclass(frozen=True)
class Table:
    """One table file."""

    module: str
    effects: Mapping[str, Effect]
    settings: Mapping[str, object] = field(default_factory=dict)
    config: Mapping[str, object] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)

    def bench(self, folder: Path, frozen: bool = False) -> Any:
        return bench(folder, settings=self.settings, config=self.config, files=self.files, frozen=frozen)


@functools.cache
def api() -> dict[str, dict[str, list[str]]]:
    """{module: {function: parameters as text}}"""
    merged: dict[str, dict[str, list[str]]] = {}
    for name in ("lm_api.json", "lm_api_extra.json"):
        merged |= json.loads((FOLDER / name).read_text())
    return merged


@functools.cache
def table(module: str) -> Table:
    """The table of a module, with the generated checks of help, pinmap and lmdep."""
    path = FOLDER / f"effects_{module}.py"
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    effects = dict(loaded.EFFECTS)
    for name, check in (("pinmap", _check_pinmap), ("help", _check_help), ("lmdep", _check_lmdep)):
        if name in api()[module]:
            effects.setdefault(name, functools.partial(check, module))
    return Table(
        module,
        effects,
        getattr(loaded, "SETTINGS", {}),
        getattr(loaded, "CONFIG", {}),
        getattr(loaded, "FILES", {}),
    )


def tables() -> list[str]:
    """Names of the modules that have a table."""
    return sorted(path.stem.removeprefix("effects_") for path in FOLDER.glob("effects_*.py"))


def is_generated(effect: Effect) -> bool:
    """Whether the effect asserts nothing in the hardware model by its nature: a reply, or a generated check."""
    return isinstance(effect, (ReplyOnly, functools.partial))


def signature(module: str, function: str) -> str | None:
    """Parameters and defaults of a function in the source; None when it is missing."""
    for node in ast.parse((SOURCE / f"LM_{module}.py").read_text()).body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name == function:
            return ast.unparse(node.args)
    return None


def wanted_signature(module: str, function: str) -> set[str]:
    """What `signature` may be. `help` may take `widgets`, a later addition."""
    parameters = api()[module][function]
    accepted = {_normal(parameters)}
    if function == "help":
        accepted.add(_normal(["widgets=False"]))
    return accepted


def _normal(parameters: list[str]) -> str:
    parsed = ast.parse(f"def f({', '.join(parameters)}): pass").body[0]
    assert isinstance(parsed, ast.FunctionDef)
    return ast.unparse(parsed.args)


def _check_help(module: str, b: Bench) -> None:
    """Help names every function of the module; the widget entries are JSON texts of known types."""
    lines = b.json(f"{module} help")
    named = {word for line in lines for word in re.findall(r"\w+", line)}
    missing = set(api()[module]) - named - {"help"}
    assert not missing, f"help does not name {missing}"
    if "widgets" in (signature(module, "help") or ""):
        for entry in b.json(f"{module} help widgets=True"):
            widget = json.loads(entry)
            assert widget["type"] in WIDGETS, entry
            assert widget["lm_call"].split()[0] in named, entry


WIDGETS = ("button", "slider", "textbox", "color", "white", "joystick", "status", "graph", "embed")


def _check_pinmap(module: str, b: Bench) -> None:
    """Pinmap names logical pins with the numbers of the node's pin map."""
    shown = b.json(f"{module} pinmap")
    assert shown
    assert shown == {name: b.pins[name] for name in shown}


def _check_lmdep(module: str, b: Bench) -> None:
    """lmdep names modules that exist."""
    names = re.findall(r"\w+", b.call(f"{module} lmdep"))
    assert names
    assert all((SOURCE / f"LM_{name}.py").exists() for name in names), names
