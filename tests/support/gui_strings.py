"""The texts of the window, read from its code: every literal that passes through `tr`.

python tests/support/gui_strings.py        what each language lacks, and what no text of the window is
"""

import ast
import string
import sys
from pathlib import Path

GUI = Path(__file__).resolve().parents[2] / "devtoolkit" / "gui"


def strings() -> dict[str, str]:
    """Text -> the file that has it first."""
    found: dict[str, str] = {}
    for file in sorted(GUI.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "tr" and node.args:
                first = node.args[0]
                if isinstance(first, ast.Constant) and isinstance(first.value, str):
                    found.setdefault(first.value, file.relative_to(GUI).as_posix())
    return found


def placeholders(text: str) -> list[str]:
    """The `{name}` in a text, sorted."""
    return sorted(name for _, name, _, _ in string.Formatter().parse(text) if name is not None)


def lacking() -> list[str]:
    """A line for each text that a language lacks, and for each of a table that is no text of the window (any more)."""
    from devtoolkit.gui import languages

    texts, lines = strings(), []
    for code in languages.names():
        table = languages.table(code)
        if table:
            lines += [f"{code} lacks {text!r} ({texts[text]})" for text in texts if text not in table]
            lines += [f"{code} has {text!r}, which is no text of the window" for text in table if text not in texts]
    return lines


if __name__ == "__main__":
    sys.stdout.write("\n".join(lacking()) + "\n")
