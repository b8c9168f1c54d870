"""The pages of the reference that are made from the device source: functions, and sizes, of the load modules."""

from pathlib import Path

from devtoolkit.services.devtools import fit, manual

FOLDER = Path(__file__).parent / "reference"
_SIZES_HEAD = """\
# Sizes of the device files

Made from `micros_source/` by `python3 dev.py docs`. Lines of code (neither empty nor only a comment), bytes of source
and of bytecode. Import: heap that the import of this one file takes; opened: with all that a load module brings into
memory when `load_n_init` is called. Heap is at a board's scale, measured as [memory](../memory.md) tells; empty where
it was not measured.

| file | lines | source | .mpy | import | opened |
|---|---:|---:|---:|---:|---:|"""


def texts() -> dict[str, str]:
    """File name -> content."""
    return {"functions.md": manual.as_markdown(manual.make()), "sizes.md": sizes_page()}


def sizes_page() -> str:
    """The table of `--will-it-fit` without modules."""
    rows = [
        f"| {row.name} | {row.lines:,} | {row.source:,} | {row.mpy:,} "
        f"| {_heap(row.import_heap)} | {_heap(row.opened_heap)} |"
        for row in fit.sizes()
    ]
    return "\n".join([_SIZES_HEAD, *rows, ""])


def _heap(value: int | None) -> str:
    return "" if value is None else f"{value:,}"


def write() -> None:
    for name, text in texts().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
