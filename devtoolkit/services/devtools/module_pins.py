"""Which pins a load module uses, read from its source: logical names it books, GPIO numbers it fixes."""

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from devtoolkit.services.devtools import sources
from devtoolkit.services.devtools.sources import Source

_BOOKS = ("physical_pin", "pwm_writer", "SmartADC", "get_singleton")
_TELLS = "pinmap_dump"  # only within `pinmap()`: elsewhere it merely reads
_FIXED = re.compile(r"_?[A-Z0-9_]*PIN")  # a constant such as _FLASH_PIN = 4
_PLACEHOLDER = re.compile(r"%[ds]|\{\}")


@dataclass(frozen=True, slots=True)
class ModulePins:
    """`names`: logical names; `fixed`: constant's name -> GPIO; `given`: it takes pins as arguments of its commands."""

    names: tuple[str, ...]
    fixed: Mapping[str, int]
    given: bool = False


def pins_of(source: Source, others: Mapping[str, Source], known: frozenset[str]) -> ModulePins:
    """The pins of a module with those of its helpers; one that has none of its own has those of the modules it imports.

    What a module uses only together with another one (a CO2 sensor, motion) is that one's. `others`: all sources by
    name. `known`: names of the pin maps, for a name that is put together (`switch_%d`).
    """
    return _pins_of(source, others, known, frozenset())


def _pins_of(source: Source, others: Mapping[str, Source], known: frozenset[str], seen: frozenset[str]) -> ModulePins:
    used = [others[name] for name in sources.imports(source.tree) if name in others and name not in seen]
    finders = [_Finder(one, known) for one in (source, *(one for one in used if one.kind == "helper"))]
    names = {name for finder in finders for name in finder.names}
    fixed = _fixed(source)
    if not names and not fixed:
        modules = [one for one in used if one.kind == "load_module"]
        inner = [_pins_of(one, others, known, seen | {source.name}) for one in modules]
        names = {name for pins in inner for name in pins.names}
    return ModulePins(tuple(sorted(names)), fixed, finders[0].given)


def _fixed(source: Source) -> dict[str, int]:
    return {
        name: value.value
        for name, value in sources.constants(source.tree).items()
        if _FIXED.fullmatch(name) and isinstance(value, ast.Constant) and isinstance(value.value, int)
    }


class _Finder:
    """Resolves what one file hands to the functions that book pins."""

    def __init__(self, source: Source, known: frozenset[str]) -> None:
        self._known = known
        self._constants = sources.constants(source.tree)
        self._loops = dict(_loops(source.tree))
        self.names: set[str] = set()
        self.given = False
        for call in _calls(source.tree):
            for argument in call.args:
                self.names |= self._resolve(argument)
        self._find_given(source.tree)

    def _resolve(self, value: ast.expr, depth: int = 0) -> set[str]:
        if depth > 4:
            return set()
        match value:
            case ast.Constant(value=str(text)):
                return {text}
            case ast.Tuple(elts=parts) | ast.List(elts=parts):
                return {name for part in parts for name in self._resolve(part, depth + 1)}
            case ast.Starred(value=inner) | ast.Subscript(value=inner):
                return self._resolve(inner, depth + 1)
            case ast.ListComp(elt=inner) | ast.GeneratorExp(elt=inner):
                return self._resolve(inner, depth + 1)
            case ast.BinOp(left=ast.Constant(value=str(pattern)), op=ast.Mod()):
                wanted = re.compile(_PLACEHOLDER.sub(r"\\w+", pattern))
                return {name for name in self._known if wanted.fullmatch(name)}
            case ast.Name(id=name) if name in self._constants:
                return self._resolve(self._constants[name], depth + 1)
            case ast.Name(id=name) if name in self._loops:
                return self._resolve(self._loops[name], depth + 1)
        return set()

    def _find_given(self, tree: ast.Module) -> None:
        """A function that hands its own parameter `pin` on to `physical_pin`."""
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef) and "pin" in {arg.arg for arg in node.args.args}:
                self.given |= any(
                    isinstance(leaf, ast.Name) and leaf.id == "pin" for call in _calls(node) for leaf in call.args
                )


def _loops(tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    for node in ast.walk(tree):
        match node:
            case (
                ast.comprehension(target=ast.Name(id=name), iter=value) | ast.For(target=ast.Name(id=name), iter=value)
            ):
                yield name, value


def _calls(tree: ast.AST) -> Iterator[ast.Call]:
    """Calls that book pins, and the one that tells them in `pinmap`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _called(node) in _BOOKS:
            yield node
        elif isinstance(node, ast.FunctionDef) and node.name == "pinmap":
            yield from (call for call in ast.walk(node) if isinstance(call, ast.Call) and _called(call) == _TELLS)


def _called(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
