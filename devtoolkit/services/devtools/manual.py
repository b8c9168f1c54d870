"""The function manual: every command of every load module, from the source and its docstrings.

As data for the toolkit, as JSON in the format that the phone client reads (sfuncman), as a page to search in, and as
Markdown for the documentation.
"""

import ast
import html
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from devtoolkit import paths
from devtoolkit.services.build import micros_version
from devtoolkit.services.devtools import module_pins, pin_maps, sources
from devtoolkit.services.devtools.lint_rules import WIDGETS
from devtoolkit.services.devtools.sources import Source

PAGE = "manual_page.html"
# The core's own command word `task`, which stands beside the modules in the known format.
_TASK = {
    "list": ("", "Lists the running tasks."),
    "kill": ("taskID", "Stops a task, or with `module.*` all tasks of a module."),
    "show": ("taskID", "The last output of a task, or with `module.*` of all tasks of a module."),
}


@dataclass(frozen=True, slots=True)
class ManualFunction:
    """One command. `widget`: how a client draws it, empty for none."""

    name: str
    parameters: tuple[str, ...]
    doc: str
    widget: str = ""

    @property
    def usage(self) -> str:
        """Name and parameters, as it is typed."""
        return " ".join((self.name, *self.parameters))


@dataclass(frozen=True, slots=True)
class ManualModule:
    """One load module; `pins`: the logical names it uses. `doc`: what it says of itself."""

    name: str
    doc: str
    pins: tuple[str, ...]
    functions: tuple[ManualFunction, ...]


@dataclass(frozen=True, slots=True)
class Manual:
    """All modules in the order of their names."""

    version: str
    modules: tuple[ManualModule, ...]
    files: tuple[str, ...] = ()  # what was written


def make(folder: Path | None = None) -> Manual:
    """The manual of a source folder, the bundled one when None. Raises BuildError when the source is not complete."""
    place = folder or paths.micros_source()
    every = sources.read_all(place)
    by_name = {one.name: one for one in every}
    names = pin_maps.known_names(every)
    chosen = sorted((one for one in every if one.kind == "load_module"), key=lambda one: one.module.lower())
    return Manual(micros_version(place), tuple(module_entry(one, by_name, names) for one in chosen))


def module_entry(source: Source, by_name: dict[str, Source], names: frozenset[str]) -> ManualModule:
    """The entry of one module."""
    widgets = _widgets(source)
    functions = tuple(
        ManualFunction(one.name, one.parameters, _flowing(one.doc), widgets.get(one.name, ""))
        for one in sources.functions(source)
    )
    doc = _flowing(ast.get_docstring(source.tree) or "")
    pins = module_pins.pins_of(source, by_name, names)
    fixed = tuple(f"GPIO {number}" for number in pins.fixed.values())
    return ManualModule(source.module, doc, (*pins.names, *fixed), functions)


def _flowing(text: str) -> str:
    """Paragraphs as one line each."""
    parts = re.split(r"\n\s*\n", text.strip())
    return "\n\n".join(" ".join(part.split()) for part in parts)


def _widgets(source: Source) -> dict[str, str]:
    found: dict[str, str] = {}
    for entry in sources.help_entries(source) or ():
        words = entry.split()
        if len(words) > 1 and words[0] in WIDGETS:
            found.setdefault(words[1], words[0].lower())
    return found


def as_json(manual: Manual) -> str:
    """The known format: {module: {function: {"doc", "param(s)"}, "img": ""}}, sorted, with the core's `task`."""
    modules: dict[str, object] = {
        module.name: {
            **{one.name: {"doc": one.doc, "param(s)": " ".join(one.parameters)} for one in module.functions},
            "img": "",
        }
        for module in manual.modules
    }
    modules["task"] = {name: {"doc": doc, "param(s)": words} for name, (words, doc) in _TASK.items()} | {"img": ""}
    return json.dumps(modules, indent=4, sort_keys=True) + "\n"


def as_html(manual: Manual) -> str:
    """One page without any other file; its search looks in names, parameters, pins, widgets and texts."""
    page = resources.files("devtoolkit.services.devtools").joinpath(PAGE).read_text(encoding="utf-8")
    body = "\n".join(_section(module) for module in manual.modules)
    links = " ".join(f'<a href="#{html.escape(one.name)}">{html.escape(one.name)}</a>' for one in manual.modules)
    return (
        page.replace("{{version}}", html.escape(manual.version)).replace("{{links}}", links).replace("{{body}}", body)
    )


def _section(module: ManualModule) -> str:
    pins = "".join(f'<span class="pin">{html.escape(pin)}</span>' for pin in module.pins)
    rows = "\n".join(_row(module, one) for one in module.functions)
    name = html.escape(module.name)
    head = f"<h2>{name} {pins}</h2><p>{html.escape(module.doc)}</p>"
    return f'<section id="{name}">{head}\n<table>\n{rows}\n</table></section>'


def _row(module: ManualModule, one: ManualFunction) -> str:
    widget = f'<span class="widget">{html.escape(one.widget)}</span>' if one.widget else ""
    told = html.escape(f"{module.name} {one.usage}")
    return f"<tr><td><code>{told}</code> {widget}</td><td>{html.escape(one.doc)}</td></tr>"


def as_markdown(manual: Manual) -> str:
    """The page for docs/reference."""
    parts = [_MARKDOWN_HEAD]
    for module in manual.modules:
        pins = f"\n\nPins: {', '.join(f'`{pin}`' for pin in module.pins)}." if module.pins else ""
        rows = [f"| `{_cell(one.usage)}` | {one.widget} | {_cell(one.doc)} |" for one in module.functions]
        table = "\n".join(("| command | widget | |", "|---|---|---|", *rows))
        parts.append(f"## {module.name}\n\n{module.doc}{pins}\n\n{table}")
    return "\n\n".join(parts) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n\n", " ")


_MARKDOWN_HEAD = """\
# Functions of the load modules

Made from `micros_source/modules/` by `python3 dev.py docs`; change the docstrings there. A command is
`<module> <function> parameters`. Widget: how a client draws it."""


def write(manual: Manual, folder: Path) -> Manual:
    """Put `sfuncman_<version>.json` and `sfuncman.html` into a folder, which is made when it is missing."""
    folder.mkdir(parents=True, exist_ok=True)
    made = {f"sfuncman_{manual.version}.json": as_json(manual), "sfuncman.html": as_html(manual)}
    for name, text in made.items():
        (folder / name).write_text(text, encoding="utf-8")
    return Manual(manual.version, manual.modules, tuple(str(folder / name) for name in made))


def chosen(manual: Manual, words: Iterable[str]) -> tuple[ManualModule, ...]:
    """The modules whose name, commands, pins or texts hold every word."""
    wanted = [word.lower() for word in words]
    return tuple(module for module in manual.modules if all(word in _text(module) for word in wanted))


def _text(module: ManualModule) -> str:
    told = (f"{one.usage} {one.widget} {one.doc}" for one in module.functions)
    return " ".join((module.name, module.doc, *module.pins, *told)).lower()
