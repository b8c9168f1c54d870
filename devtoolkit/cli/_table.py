"""Tables for people: nothing is cut off, on a terminal of 80 columns and in a pipe."""

from collections.abc import Collection
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.table import Table


def plain_table(*titles: str, whole: Collection[str] = (), header: bool = True) -> "Table":
    """No lines, two blanks between columns. A cell that is too wide is folded, one of a column in `whole` never."""
    from rich.table import Table

    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, show_header=header)
    for title in titles:
        table.add_column(title, no_wrap=title in whole, overflow="fold")
    return table
