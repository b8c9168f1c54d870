"""The rules of device code, one function each: what it looks at, and what is wrong where.

A rule gets a file and what is known of the whole source; it yields (line, text). Its name without `_rule_` is the name
that reports show.
"""

import ast
import difflib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from devtoolkit.errors import BuildError, ToolError
from devtoolkit.services.devtools import sources
from devtoolkit.services.devtools.module_pins import pins_of
from devtoolkit.services.devtools.sources import MODULE_PREFIX, Source
from devtoolkit.tools.mpy_cross import compile_source

ALLOWED_CORE = frozenset({"Common", "microIO"})
EXEMPT = frozenset({"LM_system", "LM_lmpacman", "LM_intercon", "LM_telegram"})  # they are the system's own commands
WIDGETS = frozenset({"BUTTON", "SLIDER", "TEXTBOX", "COLOR", "WHITE", "JOYSTICK", "STATUS", "GRAPH", "EMBED"})
MOST_SLEEP_MS = 20  # a function never waits longer: everything else on the node waits with it
_DRIVERS = frozenset({"neopixel", "dht", "ds18x20", "onewire", "camera"})  # frozen modules: they take heap

Places = Iterator[tuple[int, str]]


@dataclass(frozen=True, slots=True)
class Known:
    """What the rules know of the whole source."""

    by_name: Mapping[str, Source]
    pin_names: frozenset[str]

    @property
    def core(self) -> frozenset[str]:
        """Names of the core's modules."""
        return frozenset(name for name, one in self.by_name.items() if one.kind == "core")


@dataclass(frozen=True, slots=True)
class Finding:
    """A defect. `rule` is the rule's name, or pylint's symbol."""

    file: str
    line: int
    rule: str
    text: str


def check(source: Source, known: Known) -> tuple[Finding, ...]:
    """All defects of one file; of one that is no valid Python only that."""
    if source.problem:
        return (Finding(source.path.name, source.problem_line, "syntax", source.problem),)
    found = [
        Finding(source.path.name, line, name, text)
        for name, (kinds, rule) in RULES.items()
        if source.kind in kinds
        for line, text in rule(source, known)
    ]
    return tuple(sorted(found, key=lambda one: (one.line, one.rule)))


# --- every file


def _rule_compiles(source: Source, _known: Known) -> Places:
    try:
        compile_source(source.text.encode(), source.path.name)
    except BuildError as error:
        yield int(str(error.facts.get("line") or 1)), error.message
    except ToolError as error:
        yield 1, error.message


def _rule_evaluates_text(source: Source, _known: Known) -> Places:
    for call in _calls(source.tree):
        if isinstance(call.func, ast.Name) and call.func.id in ("eval", "exec", "compile"):
            yield call.lineno, f"{call.func.id}() runs text as program"


def _rule_bare_except(source: Source, _known: Known) -> Places:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ExceptHandler) and node.type is None:
            yield node.lineno, "a bare except also stops a task's cancellation: name Exception"


def _rule_star_import(source: Source, _known: Known) -> Places:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names):
            yield node.lineno, f"everything of {node.module} is imported; name what is used"


# --- the core


def _rule_core_imports_module(source: Source, _known: Known) -> Places:
    for name, line in sources.imports(source.tree).items():
        if name.startswith(MODULE_PREFIX):
            yield line, f"the core imports the load module {name}"


# --- load modules and their helpers


def _rule_module_imports_core(source: Source, known: Known) -> Places:
    if source.name in EXEMPT:
        return
    for name, line in sources.imports(source.tree).items():
        if name in known.core - ALLOWED_CORE:
            yield line, f"a load module imports {name} of the core; only Common and microIO are for it"


def _rule_driver_on_import(source: Source, _known: Known) -> Places:
    for node in source.tree.body:
        for name, line in sources.imports(node).items() if isinstance(node, ast.Import | ast.ImportFrom) else ():
            if name in _DRIVERS:
                yield line, f"{name} is imported with the module; import it in the function that opens the hardware"


def _rule_blocks(source: Source, _known: Known) -> Places:
    for call in _calls(source.tree):
        match call:
            case ast.Call(func=ast.Attribute(value=ast.Name(id="time"), attr=("sleep" | "sleep_ms") as how)):
                if how == "sleep" or _number(call) is None or (_number(call) or 0) > MOST_SLEEP_MS:
                    yield call.lineno, f"time.{how} stops the whole node: make it async, or a task"


def _rule_prints(source: Source, _known: Known) -> Places:
    for call in _calls(source.tree):
        if isinstance(call.func, ast.Name) and call.func.id == "print":
            yield call.lineno, "print reaches nobody: return the text, or use Common.syslog"


def _rule_no_docstring(source: Source, _known: Known) -> Places:
    for function in sources.functions(source):
        if not function.doc:
            yield function.line, f"{function.name} has no docstring; the manual is made of them"


def _rule_help_unknown_function(source: Source, _known: Known) -> Places:
    known = {function.name for function in sources.functions(source)}
    for words in _help_words(source):
        if words[0] not in known:
            yield _help_line(source), f"help names {words[0]}, which does not exist"


def _rule_help_misses_function(source: Source, _known: Known) -> Places:
    if sources.help_entries(source) is None:
        return
    named = {words[0] for words in _help_words(source)}
    for function in sources.functions(source):
        if function.name not in named | {"help"}:
            yield function.line, f"help does not tell of {function.name}"


def _rule_help_unknown_parameter(source: Source, _known: Known) -> Places:
    known = {function.name: function.parameters for function in sources.functions(source)}
    for words in _help_words(source):
        parameters = known.get(words[0], ())
        if any(parameter.startswith("**") for parameter in parameters):
            continue
        names = {parameter.lstrip("*").partition("=")[0] for parameter in parameters}
        for word in words[1:]:
            name, given, _ = word.partition("=")
            if given and name.isidentifier() and name not in names | {"msgobj", "force"}:
                yield _help_line(source), f"help gives {words[0]} the parameter {name}, which it has not"


def _rule_help_unknown_widget(source: Source, _known: Known) -> Places:
    for entry in sources.help_entries(source) or ():
        tag = entry.split()[0] if entry.split() else ""
        if tag.isupper() and len(tag) > 2 and tag not in WIDGETS:
            near = difflib.get_close_matches(tag, WIDGETS, n=1)
            yield _help_line(source), f"there is no widget {tag}{f': {near[0]}?' if near else ''}"


def _rule_misspelt_pin(source: Source, known: Known) -> Places:
    for name in pins_of(source, known.by_name, known.pin_names).names:
        near = difflib.get_close_matches(name, known.pin_names, n=1, cutoff=0.75)
        if name not in known.pin_names and near:
            yield _line_of(source, name), f"no pin map has {name}; {near[0]} was meant?"


def _rule_pins_not_told(source: Source, known: Known) -> Places:
    names = {function.name: function.line for function in sources.functions(source)}
    pins = pins_of(source, known.by_name, known.pin_names).names
    if pins and "load_n_init" in names and "pinmap" not in names:
        yield names["load_n_init"], f"it takes pins ({', '.join(pins)}) and has no pinmap() that tells them"


def _calls(tree: ast.AST) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def _number(call: ast.Call) -> float | None:
    value = call.args[0] if call.args else None
    return float(value.value) if isinstance(value, ast.Constant) and isinstance(value.value, int | float) else None


def _help_words(source: Source) -> Iterator[list[str]]:
    """The entries of help without their widget: function and parameters."""
    for entry in sources.help_entries(source) or ():
        words = entry.split()
        words = words[1:] if words and words[0].isupper() and len(words) > 1 else words
        if words:
            yield words


def _help_line(source: Source) -> int:
    return next((function.line for function in sources.functions(source) if function.name == "help"), 1)


def _line_of(source: Source, text: str) -> int:
    leaves = (node for node in ast.walk(source.tree) if isinstance(node, ast.Constant) and node.value == text)
    return next((leaf.lineno for leaf in leaves), 1)


_ALL = ("core", "load_module", "helper", "pin_map")
_MODULES = ("load_module", "helper")
_COMMANDS = ("load_module",)
_BY_KIND: tuple[tuple[tuple[str, ...], Callable[[Source, Known], Places]], ...] = (
    (_ALL, _rule_compiles),
    (_ALL, _rule_evaluates_text),
    (_ALL, _rule_bare_except),
    (_ALL, _rule_star_import),
    (("core", "pin_map"), _rule_core_imports_module),
    (_MODULES, _rule_module_imports_core),
    (_MODULES, _rule_driver_on_import),
    (_MODULES, _rule_blocks),
    (_MODULES, _rule_prints),
    (_COMMANDS, _rule_no_docstring),
    (_COMMANDS, _rule_help_unknown_function),
    (_COMMANDS, _rule_help_misses_function),
    (_COMMANDS, _rule_help_unknown_parameter),
    (_COMMANDS, _rule_help_unknown_widget),
    (_MODULES, _rule_misspelt_pin),
    (_COMMANDS, _rule_pins_not_told),
)
RULES = {rule.__name__.removeprefix("_rule_"): (kinds, rule) for kinds, rule in _BY_KIND}
