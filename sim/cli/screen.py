"""How wide the terminal is, and what is printed on it: text broken into lines, and tables into narrower ones.

What goes to a file or a pipe has no width, unless `COLUMNS` says one.
"""

from __future__ import annotations

import codecs
import io
import os
import shutil
import sys
from collections.abc import Iterable, Sequence
from textwrap import wrap

from sim.text import folded

NARROWEST = 50
"""Columns that every terminal is taken to have."""
_NO_LIMIT = 10_000
"""Columns of a table that is never folded; without a height, rich would ask the terminal for both."""
SPELT = "orbitfleet-spelt"
"""How streams write a character that their encoding lacks: in plain letters where that is possible, else as `?`."""
_PLAIN = {"\u00b1": "+-", "\u00b0": " deg", "\u2192": "->", "\u00b7": "*", "\u00d7": "x", "\u2212": "-", "\u2013": "-"}
_GAP = 2
_LEAST_TEXT = 24
"""Columns within which text in a table may be broken into lines; with less room it goes below."""


def _spelt(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(_PLAIN.get(letter, "?") for letter in error.object[error.start : error.end]), error.end


codecs.register_error(SPELT, _spelt)


def screen_width() -> int | None:
    """Columns of the terminal that stdout goes to; none: it goes elsewhere."""
    given = os.environ.get("COLUMNS", "")
    if given.isdecimal() and int(given) > 0:
        return max(int(given), NARROWEST)
    return max(shutil.get_terminal_size().columns, NARROWEST) if sys.stdout.isatty() else None


def say(*lines: str) -> None:
    """Print lines of text, each broken into several where the terminal is narrower; none at a non-breaking space."""
    width = screen_width()
    for line in lines:
        print("\n".join(folded(line.split("\n"), width)) if width else line.replace("\u00a0", " "))


def table_text(
    heads: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    left: str = "",
    width: int | None = None,
    keys: int = 1,
) -> str:
    """Rows of text as a table.

    `heads`: what stands over each column, in several lines where it has line breaks; empty: nothing.  `left`: one
    letter a column, `l` for those that are aligned to the left; all others are to the right.  `width`: columns of the
    screen; columns of the table that do not fit beside the others follow below in a table of their own, each with the
    first `keys` columns, which say what a row is.  A cell of text that is longer is broken at its spaces; a
    non-breaking one is printed as a space.
    """
    cells = [tuple(row) for row in rows]
    count = len(heads) or max(map(len, cells), default=0)
    widths = [max(map(len, _lines_of(heads[at] if heads else "", *(row[at] for row in cells)))) for at in range(count)]
    blocks = []
    for columns in _blocks(widths, width, keys):
        chosen = [tuple(row[at] for at in columns) for row in cells]
        if width and sum(widths[at] + _GAP for at in columns) - _GAP > width:
            chosen = [part for row in chosen for part in _broken(row, width - widths[0] - _GAP)]
        above = [heads[at] for at in columns] if heads else []
        blocks.append(_block(above, chosen, "".join(left[at : at + 1] or "r" for at in columns)))
    return "\n\n".join(blocks).replace("\u00a0", " ")


def _lines_of(*texts: str) -> list[str]:
    return [line for text in texts for line in text.split("\n")]


def _blocks(widths: Sequence[int], width: int | None, keys: int) -> list[list[int]]:
    """Columns of each table: as many as fit beside the first `keys`."""
    if not width or not widths:
        return [list(range(len(widths)))]
    found = [list(range(keys))]
    beside = width - sum(widths[:keys]) - _GAP * (keys - 1)
    room = beside
    for at in range(keys, len(widths)):
        if len(found[-1]) > keys and widths[at] + _GAP > room:
            found.append(list(range(keys)))
            room = beside
        found[-1].append(at)
        room -= widths[at] + _GAP
    return found


def _broken(row: tuple[str, ...], room: int) -> list[tuple[str, ...]]:
    """A row whose last cell is too long, as several rows."""
    *first, long = row
    parts = wrap(long, max(room, _LEAST_TEXT), break_on_hyphens=False) or [""]
    return [(*first, parts[0]), *((*[""] * len(first), part) for part in parts[1:])]


def _block(heads: Sequence[str], rows: Sequence[Sequence[str]], left: str) -> str:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, show_header=bool(heads), header_style="", pad_edge=False, padding=(0, _GAP, 0, 0))
    for at, aligned in enumerate(left):
        head = heads[at] if heads else ""
        table.add_column(head, justify="left" if aligned == "l" else "right", vertical="bottom", no_wrap=True)
    for row in rows:
        table.add_row(*row)
    console = Console(
        file=io.StringIO(), width=_NO_LIMIT, height=1, color_system=None, markup=False, emoji=False, highlight=False
    )
    with console.capture() as captured:
        console.print(table)
    return "\n".join(line.rstrip() for line in captured.get().splitlines())
