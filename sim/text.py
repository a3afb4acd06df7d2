"""Text for people: counts, and lines of a width."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from textwrap import wrap

_START = re.compile(r"\s*(?:[*!] |[a-z]+ {2,})?")
"""What stands before the text of a line: spaces, a mark, a word in a column of its own."""


def many(n: int, noun: str) -> str:
    """A count with its noun: `1 day`, `2 days`."""
    return f"{n:,} {noun if n == 1 else noun + 's'}"


def folded(lines: Iterable[str], width: int) -> Iterator[str]:
    """Long lines as several of at most `width` characters, all indented as far as the text of the first."""
    for line in lines:
        joined = re.sub(r"(?<=\d) (?=\S)", "\u00a0", line)  # a number stays with its unit
        start = _START.match(line)
        indent = start.end() if start is not None and start.end() <= width // 2 else 0
        for part in wrap(joined, width, subsequent_indent=" " * indent, break_on_hyphens=False) or [""]:
            yield part.replace("\u00a0", " ")
