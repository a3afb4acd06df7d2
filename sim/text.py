"""Text for people: counts, values, names that were probably meant, and lines of a width."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Sequence
from textwrap import wrap
from typing import Any

_START = re.compile(r"\s*(?:[*!] |[a-z]+ {2,})?")
"""What stands before the text of a line: spaces, a mark, a word in a column of its own."""


def many(n: int, noun: str) -> str:
    """A count with its noun: `1 day`, `2 days`."""
    return f"{n:,} {noun if n == 1 else noun + 's'}"


def nearest(word: str, known: Sequence[str]) -> str:
    """`; did you mean 'x'?`, or nothing where no known word is near."""
    found = closest(word, known)
    return f"; did you mean {found!r}?" if found is not None else ""


def closest(word: str, known: Sequence[str]) -> str | None:
    """The known word that was probably meant; none: no one is near."""
    return next(iter(difflib.get_close_matches(word, known, n=1, cutoff=0.6)), None)


def folded(lines: Iterable[str], width: int) -> Iterator[str]:
    """Long lines as several of at most `width` characters, all indented as far as the text of the first."""
    for line in lines:
        joined = re.sub(r"(?<=\d) (?=\S)", "\u00a0", line)  # a number stays with its unit
        start = _START.match(line)
        indent = start.end() if start is not None and start.end() <= width // 2 else 0
        for part in wrap(joined, width, subsequent_indent=" " * indent, break_on_hyphens=False) or [""]:
            yield part.replace("\u00a0", " ")


def short_value(value: Any, longest: int) -> str:
    """A value in few characters; of a part of the scenario its kind and its numbers, as far as there is room."""
    if isinstance(value, bool) or value is None:
        return "none" if value is None else str(value).lower()
    if isinstance(value, (int, float)):
        return number_text(value)
    if isinstance(value, dict):
        parts = [
            f"{key} {short_value(part, longest)}" for key, part in value.items() if part is not None and key != "kind"
        ]
        text = ", ".join([str(value["kind"]), *parts] if "kind" in value else parts)
    elif isinstance(value, list):
        text = " ".join(short_value(part, longest) for part in value)
    else:
        text = str(value)
    if len(text) <= longest:
        return text
    cut = text[: longest - 3]
    # Of several numbers none is cut in the middle.
    return (cut.rpartition(" ")[0] or cut if isinstance(value, (dict, list)) else cut) + "..."


def number_text(value: float) -> str:
    """A number as a table shows it: `1,234.5`, `3e-07`."""
    return f"{value:,.10g}" if 1e-4 <= abs(value) < 1e8 else f"{value:g}".replace("e+", "e").replace("e0", "e")


def digits(value: float, count: int = 4) -> str:
    """A number of so many digits, without an exponent unless it is tiny or a thousand million: `4,430,000`."""
    rounded = float(f"{value:.{count}g}")  # 99.6 is 100 in two digits
    if rounded == 0 or 1e-4 <= abs(rounded) < 10.0**count:
        return f"{rounded:,.{count}g}"
    return f"{rounded:,.0f}" if 1 <= abs(rounded) < 1e9 else f"{rounded:.{count}g}"
