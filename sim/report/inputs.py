"""The figures that went into an answer, assumptions first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sim.parameters import TAGS, Tag
from sim.report.page import without_folders
from sim.scenario import Figure
from sim.text import many, number_text, short_value

if TYPE_CHECKING:
    from sim.claims import Input

_LONGEST = 160
"""Characters of a value."""
ASSUMED: Tag = "A"
_GROUPS: tuple[tuple[str, frozenset[str | None]], ...] = (
    ("Assumptions: nobody has published these", frozenset({ASSUMED})),
    ("Without a source", frozenset({None})),
    ("Recalled, not yet verified", frozenset({"R"})),
    ("Read, quoted or computed", frozenset({"P", "S", "S2", "X", "C"})),
)


@dataclass(frozen=True)
class InputRow:
    """A figure as the page shows it."""

    path: str
    value: str
    range: str
    """Empty: none is given."""
    tag: str
    """Of `sim.parameters.TAGS`; a dash: none."""
    source: str
    assumed: bool


@dataclass(frozen=True)
class InputGroup:
    """Figures that are known alike."""

    title: str
    rows: tuple[InputRow, ...]
    assumed: bool


def input_groups(figures: Iterable[Figure | Input]) -> list[InputGroup]:
    """Figures by how they are known, the least certain first; empty groups are left out."""
    rows = [(figure.tag, _row(figure)) for figure in figures]
    return [
        InputGroup(f"{title} ({len(found)})", found, ASSUMED in tags)
        for title, tags in _GROUPS
        if (found := tuple(row for tag, row in rows if tag in tags))
    ]


def tag_counts(figures: Sequence[Figure | Input]) -> list[tuple[str, str, int]]:
    """(tag, meaning, how many) of each tag that occurs, assumptions first, then what has no tag, the best last."""
    order: list[Tag | None] = [ASSUMED, None, *(tag for tag in reversed(list(TAGS)) if tag != ASSUMED)]
    counts = {tag: sum(figure.tag == tag for figure in figures) for tag in order}
    return [
        (tag or "-", "no source given" if tag is None else TAGS[tag], count) for tag, count in counts.items() if count
    ]


def how_known(figures: Sequence[Figure | Input]) -> str:
    """How many figures are assumed, and how many nobody vouches for, in words."""
    assumed = sum(figure.tag == ASSUMED for figure in figures)
    without = sum(figure.tag is None for figure in figures)
    parts = [f"{assumed:,} {'is an assumption' if assumed == 1 else 'are assumptions'}"] if assumed else []
    parts += [f"{without:,} {'has' if without == 1 else 'have'} no source"] if without else []
    count = many(len(figures), "figure")
    return f"of {count} {' and '.join(parts)}" if parts else f"{count}, none of them an assumption"


def _row(figure: Figure | Input) -> InputRow:
    default = isinstance(figure, Figure) and figure.default
    law = f" ({figure.law} belief)" if isinstance(figure, Figure) and figure.law else ""
    bounds = (figure.low, figure.high)
    return InputRow(
        figure.path,
        without_folders(short_value(figure.value, _LONGEST)),
        "" if bounds == (None, None) else " to ".join("?" if one is None else number_text(one) for one in bounds),
        figure.tag or "-",
        without_folders(f"{'default: ' if default else ''}{figure.source}{law}"),
        figure.tag == ASSUMED,
    )
