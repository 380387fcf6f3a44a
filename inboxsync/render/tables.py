"""Tables: drawn by rich on a terminal, aligned columns of plain text everywhere else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TextIO

from inboxsync.render.printable import display_width, printable

_GAP = "  "


@dataclass(frozen=True, slots=True)
class Table:
    """Headings and rows of printable text; `of` makes rows of anything printable.

    `right` holds the indices of columns of numbers.
    """

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    right: frozenset[int] = frozenset()

    @classmethod
    def of(cls, headings: Sequence[str], rows: Sequence[Sequence[object]], right: Sequence[int] = ()) -> Table:
        """Make a table of any values: None is shown as `-`, booleans as yes and no."""
        return cls(tuple(headings), tuple(tuple(cell(value) for value in row) for row in rows), frozenset(right))


def cell(value: object) -> str:
    """Write a value into a cell, on one line and printable."""
    if value is None or value == "":
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return printable(str(value))


def plain_table(table: Table) -> str:
    """Write a table as columns aligned with blanks, headings in capitals; nothing is cut off."""
    lines = [tuple(heading.upper() for heading in table.headings), *table.rows]
    widths = [max(display_width(line[column]) for line in lines) for column in range(len(table.headings))]
    return "".join(_plain_line(line, widths, table.right) + "\n" for line in lines)


def _plain_line(line: tuple[str, ...], widths: Sequence[int], right: frozenset[int]) -> str:
    cells = (_padded(text, widths[column], column in right) for column, text in enumerate(line))
    return _GAP.join(cells).rstrip()


def _padded(text: str, width: int, to_the_right: bool) -> str:
    blanks = " " * (width - display_width(text))
    return blanks + text if to_the_right else text + blanks


def draw(table: Table, stream: TextIO, *, colour: bool) -> None:
    """Draw a table on a terminal. Cells are literal: rich's own markup in them means nothing."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table as RichTable
    from rich.text import Text

    drawn = RichTable(box=SIMPLE_HEAD, pad_edge=False)
    for column, heading in enumerate(table.headings):
        drawn.add_column(heading, justify="right" if column in table.right else "left", overflow="fold")
    for row in table.rows:
        drawn.add_row(*(Text(text, style=_STYLES.get(text, "")) for text in row))
    Console(file=stream, no_color=not colour, highlight=False).print(drawn)


_STYLES = {
    "ok": "green",
    "success": "green",
    "running": "cyan",
    "never": "dim",
    "stale": "yellow",
    "partial": "yellow",
    "warning": "yellow",
    "failing": "red",
    "error": "red",
    "paused": "red",
}
