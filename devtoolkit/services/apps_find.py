"""Which dashboard apps there are: `<Name>_app.py` in the bundled folder and in the user's own.

A user's file is the user's own code. It is read (never run) to be listed, run when the user asks for it, and taken from
that folder only.
"""

import ast
import importlib.util
import re
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Literal, cast, get_args

from devtoolkit import paths
from devtoolkit.errors import ToolkitError, UsageError
from devtoolkit.services.apps_types import AppInfo, Parameter

_BUNDLED = Path(__file__).resolve().parents[1] / "apps"
_FILE = re.compile(r"(?P<name>[A-Za-z][A-Za-z0-9_]*)_app\.py")
_GIVEN = ("devfid", "pwd")  # what every app gets
_Type = Literal["bool", "int", "float", "str"]


def user_folder() -> Path:
    """Where the user's own apps lie; it may not exist yet."""
    return paths.user_data() / "apps"


def available() -> tuple[AppInfo, ...]:
    """All apps by name. A user's app takes the place of a bundled one of the same name."""
    found = {info.name: info for folder in (_BUNDLED, user_folder()) for info in _in(folder)}
    return tuple(found[name] for name in sorted(found, key=str.lower))


def find(name: str) -> AppInfo:
    """An app by its name (in any case, with or without `_app.py`). Raises UsageError when it is not there or broken."""
    wanted = name.removesuffix(".py").removesuffix("_app").lower()
    apps = available()
    for info in apps:
        if info.name.lower() == wanted:
            if info.problem:
                raise UsageError(f"{info.path} cannot be run: {info.problem}.", hint="See docs/guide/apps.md.")
            return info
    raise UsageError(f"There is no app {name}.", hint=f"There are {', '.join(info.name for info in apps)}.")


def load(info: AppInfo) -> Callable[..., object]:
    """The function `app` of an app; a user's file is read anew each time. Raises UsageError when that fails."""
    try:
        module = _bundled(info) if info.source == "bundled" else _users(info)
    except ToolkitError:
        raise
    except Exception as error:
        raise UsageError(
            f"{info.path} cannot be loaded: {type(error).__name__}: {error}.", hint="Correct the app.", file=info.path
        ) from error
    return cast(Callable[..., object], module.app)


def _bundled(info: AppInfo) -> ModuleType:
    return importlib.import_module(f"devtoolkit.apps.{info.name}_app")


def _users(info: AppInfo) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"user_app_{info.name}", info.path)
    if spec is None or spec.loader is None:
        raise UsageError(f"{info.path} is no Python file.", hint="An app is a file <name>_app.py.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses and the like look their module up
    writes, sys.dont_write_bytecode = sys.dont_write_bytecode, True  # the folder is the user's
    try:
        spec.loader.exec_module(module)
    finally:
        sys.dont_write_bytecode = writes
    return module


def _in(folder: Path) -> list[AppInfo]:
    if not folder.is_dir():
        return []
    source: Literal["bundled", "user"] = "bundled" if folder == _BUNDLED else "user"
    infos = []
    for path in sorted(folder.iterdir()):
        match = _FILE.fullmatch(path.name)
        if match and path.is_file():
            infos.append(_info(match["name"], source, path))
    return infos


def _info(name: str, source: Literal["bundled", "user"], path: Path) -> AppInfo:
    """What the file says about itself, without running it."""
    if path.resolve().parent != path.parent.resolve():
        return AppInfo(name, "", source, str(path), problem="it is a link to a file outside of its folder")
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"), path.name)
    except (OSError, ValueError, SyntaxError) as error:
        return AppInfo(name, "", source, str(path), problem=f"it is no Python text: {error}")
    function = next((one for one in tree.body if isinstance(one, ast.FunctionDef) and one.name == "app"), None)
    if function is None:
        return AppInfo(name, "", source, str(path), problem="it has no function app(devfid=None, pwd=None)")
    text = ast.get_docstring(function) or ast.get_docstring(tree) or ""
    names = [argument.arg for argument in (*function.args.args, *function.args.kwonlyargs)]
    problem = "" if "devfid" in names else "its function app takes no devfid"
    title = text.strip().partition("\n")[0].rstrip(".")
    return AppInfo(name, title, source, str(path), tuple(_parameters(function)), problem)


def _parameters(function: ast.FunctionDef) -> list[Parameter]:
    """Those besides device and password that have a plain default."""
    arguments = function.args
    plain = arguments.args[len(arguments.args) - len(arguments.defaults) :]
    pairs = [
        *zip(plain, arguments.defaults, strict=True),
        *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True),
    ]
    found = []
    for argument, default in pairs:
        try:
            value = None if default is None else ast.literal_eval(default)
        except ValueError:
            continue
        kind = _type(argument.annotation, value)
        if argument.arg not in _GIVEN and default is not None and kind:
            found.append(Parameter(argument.arg, kind, value, value is None))
    return found


def _type(annotation: ast.expr | None, value: object) -> _Type | None:
    """From the annotation (`int`, `bool | None`), else from the default; None for others."""
    words = ast.unparse(annotation).replace(" ", "").split("|") if annotation else []
    known: tuple[_Type, ...] = get_args(_Type)
    named = next((kind for kind in known if kind in words), None)
    return named or next((kind for kind in known if kind == type(value).__name__), None)
