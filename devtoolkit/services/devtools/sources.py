"""The device source as facts, read without running it: files by kind, functions, imports, help entries."""

import ast
import functools
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from devtoolkit.errors import BuildError

Kind = Literal["core", "load_module", "helper", "pin_map"]
MODULE_PREFIX = "LM_"
MAP_PREFIX = "IO_"
_FOLDERS: tuple[tuple[str, Kind], ...] = (("core", "core"), ("modules", "load_module"), ("pinmaps", "pin_map"))
_HIDDEN_PARAMETERS = ("msgobj=None", "force=True")  # the system fills them in, nobody types them


@dataclass(frozen=True, slots=True)
class Function:
    """A public function at the top of a module; parameters as written (`ms=10`), those of the system left out."""

    name: str
    parameters: tuple[str, ...]
    doc: str
    line: int


@dataclass(frozen=True, slots=True)
class Source:
    """One device file. `tree` is empty and `problem` says why when it is no valid Python."""

    name: str
    kind: Kind
    path: Path
    text: str
    tree: ast.Module = field(repr=False)
    problem: str = ""
    problem_line: int = 0

    @property
    def module(self) -> str:
        """Its name in the shell, for a load module."""
        return self.name.removeprefix(MODULE_PREFIX)


def read_all(folder: Path) -> tuple[Source, ...]:
    """All Python files below a source folder (core/, modules/, pinmaps/). Raises BuildError when there are none."""
    files = [(file, kind) for part, kind in _FOLDERS for file in sorted((folder / part).glob("*.py"))]
    if not files:
        raise BuildError(f"There is no device source in {folder}.", hint="It has core/, modules/ and pinmaps/.")
    return tuple(_read_again(file, kind, *_stamp(file)) for file, kind in files)


def _stamp(file: Path) -> tuple[int, int]:
    stat = file.stat()
    return stat.st_mtime_ns, stat.st_size


@functools.lru_cache(maxsize=512)
def _read_again(file: Path, kind: Kind, _changed: int, _size: int) -> "Source":
    """A file is parsed anew only when it has changed: it takes a second for all of them."""
    return read(file, kind)


def read(file: Path, kind: Kind | None = None) -> Source:
    """One file; without `kind` its name tells. Files of modules/ without `LM_` are helpers. Raises BuildError."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BuildError(f"{file} cannot be read: {error}.", hint="It must be UTF-8 text.", file=str(file)) from error
    sort = _kind(file.stem, kind)
    try:
        return Source(file.stem, sort, file, text, ast.parse(text, file.name))
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None) or 1
        return Source(file.stem, sort, file, text, ast.Module([], []), getattr(error, "msg", str(error)), line)


def _kind(name: str, kind: Kind | None) -> Kind:
    if kind in (None, "load_module"):
        return (
            "load_module" if name.startswith(MODULE_PREFIX) else "pin_map" if name.startswith(MAP_PREFIX) else "helper"
        )
    return kind or "helper"


def code_lines(text: str) -> int:
    """Lines that are neither empty nor a comment only."""
    return sum(bool(line.strip()) and not line.strip().startswith("#") for line in text.splitlines())


def imports(tree: ast.AST) -> dict[str, int]:
    """Module name -> first line where it is imported, at the top or inside a function; `__import__("x")` counts."""
    found: dict[str, int] = {}
    for node in ast.walk(tree):
        for name in _imported(node):
            found.setdefault(name, getattr(node, "lineno", 0))
    return found


def _imported(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Import(names=names):
            yield from (alias.name.partition(".")[0] for alias in names)
        case ast.ImportFrom(module=str(name)):
            yield name.partition(".")[0]
        case ast.Call(func=ast.Name(id="__import__"), args=[ast.Constant(value=str(name)), *_]):
            yield name


def functions(source: Source) -> tuple[Function, ...]:
    """The public functions, in the order of the file."""
    return tuple(
        Function(node.name, _parameters(node.args), ast.get_docstring(node) or "", node.lineno)
        for node in source.tree.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_")
    )


def _parameters(args: ast.arguments) -> tuple[str, ...]:
    plain = [*args.posonlyargs, *args.args]
    padded = [None] * (len(plain) - len(args.defaults)) + list(args.defaults)
    words = [_word(arg, default) for arg, default in zip(plain, padded, strict=True)]
    words += [f"*{args.vararg.arg}"] if args.vararg else []
    words += [_word(arg, default) for arg, default in zip(args.kwonlyargs, args.kw_defaults, strict=True)]
    words += [f"**{args.kwarg.arg}"] if args.kwarg else []
    return tuple(word for word in words if word not in _HIDDEN_PARAMETERS)


def _word(arg: ast.arg, default: ast.expr | None) -> str:
    return arg.arg if default is None else f"{arg.arg}={ast.unparse(default).replace(' ', '')}"


def constants(tree: ast.Module) -> dict[str, ast.expr]:
    """Names that the module assigns at its top -> what; `const(x)` is x."""
    found = {}
    for node in tree.body:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call(func=ast.Name(id="const"), args=[value])):
                found[name] = value
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                found[name] = value
    return found


def help_entries(source: Source) -> tuple[str, ...] | None:
    """The texts that `help` hands to `typed_help`; None when there is no such `help`, or it puts them together."""
    for node in source.tree.body:
        if isinstance(node, ast.FunctionDef) and node.name == "help":
            known = {**constants(source.tree), **_local_tuples(node)}
            for call in ast.walk(node):
                match call:
                    case ast.Call(func=ast.Name(id="typed_help"), args=[entries, *_]):
                        return _entries(entries, known)
    return None


def _local_tuples(function: ast.FunctionDef) -> dict[str, ast.expr]:
    """Names that stand for a tuple; a list may grow before it is handed on."""
    return {
        target.id: node.value
        for node in function.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Tuple)
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def _entries(value: ast.expr, known: dict[str, ast.expr]) -> tuple[str, ...] | None:
    match value:
        case ast.Constant(value=str(text)):
            return (text,)
        case ast.Name(id=name) if name in known:
            return _entries(known[name], {})
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            parts = [_entries(left, known), _entries(right, known)]
        case ast.Tuple(elts=elements):
            parts = [_entries(element, known) for element in elements]
        case _:
            return None
    if any(part is None for part in parts):
        return None
    return tuple(text for part in parts if part for text in part)
