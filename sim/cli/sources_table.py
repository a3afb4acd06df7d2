"""The figures of a scenario with their sources, as a table."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Sequence
from itertools import groupby
from typing import Any

from sim.cli.output import table_text
from sim.parameters import TAGS
from sim.scenario import Figure, tally

WIDE = 130
"""Columns from which sources stand beside their figures; on narrower screens below them."""

_LONGEST_VALUE = 24
_INDENT = "    "


def sources_table(figures: Sequence[Figure], width: int | None = None) -> str:
    """Figures by section of the scenario, those with a source first, then what the tags mean, and how many there are.

    `width`: columns; none: as wide as the screen, 100 where there is none.
    """
    columns = width or shutil.get_terminal_size((100, 24)).columns
    sections = [
        (name, sorted(found, key=lambda figure: figure.tag is None))
        for name, found in groupby(figures, key=lambda figure: figure.path.split(".")[0])
    ]
    ordered = [figure for _, found in sections for figure in found]
    cells = [[_INDENT[:2] + _inside(f), short(f.value), f.tag or "-", _range(f)] for f in ordered]
    heads = ["figure", "value", "tag", "range"]
    head, *lines = table_text(heads, cells, left="lrll").splitlines() if cells else [""]
    widest = max(map(len, (head, *lines)))
    written = [f"{head:{widest}}  source" if columns >= WIDE else head]
    rows = iter(zip(ordered, lines, strict=True))
    for name, found in sections:
        written.append(name)
        for _ in found:
            figure, line = next(rows)
            written += _beside(figure, line, widest, columns) if columns >= WIDE else _below(figure, line, columns)
    return "\n".join([*(line.rstrip() for line in written), "", *legend(columns), "", count(figures)])


def count(figures: Sequence[Figure]) -> str:
    """How many figures have a source, in a line."""
    found = tally(figures)
    return (
        f"{found['with_source']} figures with a source, {found['with_range']} with a range, {found['without']} without"
    )


def legend(width: int = 100) -> list[str]:
    """What the tags mean, in lines."""
    return textwrap.wrap("Tags: " + "; ".join(f"{tag} {meaning}" for tag, meaning in TAGS.items()), width)


def short(value: Any) -> str:
    """A value in few characters; of a part of the scenario its numbers and its kind."""
    if isinstance(value, bool) or value is None:
        return "none" if value is None else str(value).lower()
    if isinstance(value, (int, float)):
        return _number(value)
    if isinstance(value, dict):
        text = ", ".join(f"{key} {short(part)}" for key, part in value.items() if part is not None)
    elif isinstance(value, list):
        text = " ".join(map(short, value))
    else:
        text = str(value)
    return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 3] + "..."


def _inside(figure: Figure) -> str:
    """The path within its section."""
    return figure.path.partition(".")[2] or figure.path


def _range(figure: Figure) -> str:
    if figure.low is None and figure.high is None:
        return ""
    ends = " to ".join("?" if bound is None else _number(bound) for bound in (figure.low, figure.high))
    return ends if figure.law is None else f"{ends} {figure.law}"


def _number(value: float) -> str:
    return f"{value:,.10g}" if 1e-4 <= abs(value) < 1e9 else f"{value:g}"


def _text(figure: Figure) -> str:
    return f"default: {figure.source}" if figure.default else figure.source


def _beside(figure: Figure, line: str, widest: int, columns: int) -> list[str]:
    first, *rest = textwrap.wrap(_text(figure), max(columns - widest - 2, 30)) or [""]
    return [f"{line:{widest}}  {first}", *(" " * (widest + 2) + more for more in rest)]


def _below(figure: Figure, line: str, columns: int) -> list[str]:
    if figure.tag is None:
        return [line, f"{_INDENT}  {figure.source}"] if figure.source.startswith("set ") else [line]
    return [
        line,
        *textwrap.wrap(_text(figure), columns, initial_indent=_INDENT + "  ", subsequent_indent=_INDENT + "  "),
    ]
