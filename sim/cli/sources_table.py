"""The figures of a scenario with their sources, as a table."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Iterator, Sequence
from itertools import groupby

from sim.parameters import TAGS
from sim.scenario import Figure, tally
from sim.text import number_text, short_value

WIDE = 130
"""Columns from which sources stand beside their figures; on narrower screens they stand below them."""

_LONGEST_PATH, _VALUE, _RANGE = 46, 12, 18
_INDENT = "      "


def sources_table(figures: Sequence[Figure], width: int | None = None) -> str:
    """Figures by section of the scenario, those with a source first, then what the tags mean, and how many there are.

    `width`: columns; none: as wide as the screen, 100 where there is none.
    """
    columns = width or shutil.get_terminal_size((100, 24)).columns
    lines: list[str] = []
    for section, found in groupby(figures, key=lambda figure: figure.path.split(".")[0]):
        lines.append(section)
        rows = sorted(found, key=lambda figure: figure.tag is None)
        longest = _LONGEST_PATH if columns >= WIDE else max(len(_inside(figure)) for figure in rows)
        for figure in rows:
            lines += _beside(figure, longest, columns) if columns >= WIDE else _below(figure, longest, columns)
    legend = "Tags: " + "; ".join(f"{tag} {meaning}" for tag, meaning in TAGS.items()) + "; - no source"
    return "\n".join(
        [*lines, "", *textwrap.wrap(legend, min(columns, 120)), "", *textwrap.wrap(count(figures), columns)]
    )


def count(figures: Sequence[Figure]) -> str:
    """How many figures have a source, in a line."""
    found = tally(figures)
    return (
        f"{found['with_source']} figures with a source, {found['with_range']} with a range, {found['without']} without"
    )


def _beside(figure: Figure, longest: int, columns: int) -> Iterator[str]:
    line = f"{_start(figure, longest, 24)}  {_range(figure):{_RANGE}}  "
    first, *rest = textwrap.wrap(_text(figure), max(columns - len(line), 40))
    yield line + first
    yield from (" " * len(line) + more for more in rest)


def _below(figure: Figure, longest: int, columns: int) -> Iterator[str]:
    start, range_ = _start(figure, longest, _VALUE), _range(figure)
    if len(start) + 2 + max(len(range_), _RANGE) <= columns:
        yield f"{start}  {range_}".rstrip()
    else:
        yield from textwrap.wrap(_inside(figure), columns, initial_indent="  ", subsequent_indent=_INDENT)
        yield f"{_INDENT}{short_value(figure.value, 24)}  {figure.tag or '-'}  {range_}".rstrip()
    if figure.tag is not None or figure.source.startswith("set "):
        yield from textwrap.wrap(_text(figure), columns, initial_indent=_INDENT, subsequent_indent=_INDENT)


def _start(figure: Figure, longest: int, widest: int) -> str:
    return f"  {_inside(figure):{longest}}  {short_value(figure.value, widest):>{widest}}  {figure.tag or '-':2}"


def _inside(figure: Figure) -> str:
    """The path within its section."""
    return figure.path.partition(".")[2] or figure.path


def _range(figure: Figure) -> str:
    if figure.low is None and figure.high is None:
        return ""
    return " to ".join("?" if bound is None else number_text(bound) for bound in (figure.low, figure.high))


def _text(figure: Figure) -> str:
    """What is said of a figure: its source, and how belief lies in its range."""
    text = f"default: {figure.source}" if figure.default and figure.tag is not None else figure.source
    return text if figure.law is None else f"{text} ({figure.law} belief)"
