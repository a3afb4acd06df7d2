"""The page of answered claims: all at a glance, then each with what would turn it, what decides it and what went in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sim.claims.judging import interval_of, short
from sim.claims.text import luck_text
from sim.experiment.grid import Cell, Grid, list_of
from sim.report.inputs import InputGroup, how_known, input_groups
from sim.report.page import command_line, page
from sim.report.provenance import provenance_rows
from sim.text import many

if TYPE_CHECKING:
    from sim.claims import Claim, Lever, Table

_STANDINGS = ("holds if", "holds", "fails")
"""How a verdict begins, the longer beginning before the shorter."""


@dataclass(frozen=True)
class ClaimView:
    """A claim as the page shows it."""

    claim: Claim
    answer: Cell
    standing: str
    """Of `_STANDINGS`; empty: none of them."""
    condition: str
    """The verdict but for its standing."""
    tables: tuple[tuple[str, Grid, str], ...]
    """(title, table, note), the path to viability first."""
    luck: str
    """The part of the interval that is luck; empty where there is no other, or no luck."""
    known: str
    inputs: list[InputGroup]


def claims_page(claims: Sequence[Claim], provenance: Mapping[str, Any]) -> str:
    """The page of claims: one HTML text, whole in itself.

    `provenance`: what made the answers, as of `sim.experiment.provenance`; its `command` makes them again.
    """
    views = [_view(claim) for claim in claims]
    command = provenance.get("command")
    return page(
        "claims.html.j2",
        title="Claims about data centres in orbit",
        question="What is said of data centres in orbit, and does it hold?",
        verdict=_summary(views),
        views=views,
        provenance=provenance_rows({key: value for key, value in provenance.items() if key != "command"}),
        commands=[("Compute the answers again", command_line(list(map(str, command))))] if command else [],
    )


def _view(claim: Claim) -> ClaimView:
    tables = [(table.title, _grid(table), table.note) for table in claim.tables]
    if claim.levers:
        note = "Each step keeps those above it. At a ratio of 1 the two cost the same."
        tables.insert(0, ("Path to viability", _levers(claim.levers), note))
    standing = next((one for one in _STANDINGS if claim.verdict.lower().startswith(one)), "")
    return ClaimView(
        claim,
        _answer(claim),
        standing,
        claim.verdict[len(standing) :].lstrip(" :,;."),
        tuple(tables),
        luck_text(claim),
        how_known(claim.inputs),
        input_groups(claim.inputs),
    )


def _answer(claim: Claim) -> Cell:
    """Three digits of the answer and of both ends: many an interval is wider than its figure."""
    found, unit = claim.estimate, f" {claim.unit}" if claim.unit not in ("", "1") else ""
    if found.mean is None:
        return Cell("undefined")
    low, high = interval_of(found)
    interval = "" if low is None else f"[{short(low)}, {short(high)}]"
    return Cell(short(found.mean), interval, unit=unit)


def _summary(views: Sequence[ClaimView]) -> str:
    """How many claims hold, hold if something, or fail."""
    words = {"holds": ("holds", "hold"), "holds if": ("holds on a condition", "hold on a condition")}
    words["fails"] = ("fails", "fail")
    counts = {standing: sum(view.standing == standing for view in views) for standing in words}
    parts = [f"{count} {words[standing][count > 1]}" for standing, count in counts.items() if count]
    rest = len(views) - sum(counts.values())
    parts += [f"{rest} cannot be said in one word"] if rest else []
    return f"Of {many(len(views), 'claim')} {list_of(parts)}." if parts else "No claim was asked about."


def _levers(levers: Sequence[Lever]) -> Grid:
    rows = [(one.name, _text(one.value, one.unit), f"{one.ratio_to_ground:.3g}") for one in levers]
    return Grid(("step", "becomes", "cost in orbit / on the ground"), tuple(rows))


def _grid(table: Table) -> Grid:
    return Grid(table.columns, tuple(tuple(_text(one) for one in row) for row in table.rows))


def _text(value: str | float | None, unit: str = "") -> str:
    """What stands in a table, with its unit: of a number four digits, and all of a whole one."""
    if value is None:
        return "-"
    if isinstance(value, (int, float)):
        value = f"{value:,.0f}" if abs(value) >= 1000 or value == int(value) else f"{value:.4g}"
    return f"{value} {unit}".rstrip()
