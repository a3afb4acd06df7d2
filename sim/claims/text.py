"""Answers as text, for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from textwrap import wrap

from sim.claims.claim import Claim
from sim.claims.judging import interval_of, short

WIDTH = 110
_QUESTION, _ANSWER = 46, 34


def claims_text(claims: Sequence[Claim], width: int = WIDTH) -> str:
    """A table of all answers, and under it what would turn each, and what decides it."""
    lines = [*_table(claims, width), ""]
    for claim in claims:
        lines += [*_details(claim, width), ""]
    return "\n".join(lines[:-1])


def answer_text(claim: Claim) -> str:
    """The estimate with its widest interval and unit."""
    found = claim.estimate
    if found.mean is None:
        return "undefined"
    ends = interval_of(found)
    span = "" if ends[0] is None or ends[0] == ends[1] else f" ({short(ends[0])} to {short(ends[1])})"
    return f"{short(found.mean)}{span} {claim.unit}".rstrip()


def luck_text(claim: Claim) -> str:
    """The part of the interval that is luck, in words; empty where there is no other, or no luck."""
    found = claim.estimate
    if found.total_low is None or found.ci_low is None or found.ci_low == found.ci_high:
        return ""
    return f"; by luck alone {short(found.ci_low)} to {short(found.ci_high)}"


def _table(claims: Sequence[Claim], width: int) -> Iterator[str]:
    rest = width - 5
    question = min(_QUESTION, rest * 2 // 5)
    answer = min(_ANSWER, rest * 3 // 10)
    verdict = rest - question - answer - 4
    for cells in (
        ("", "question", "answer (95 %)", "verdict"),
        *((c.id, c.question, answer_text(c), c.verdict) for c in claims),
    ):
        columns = [wrap(cells[1], question), wrap(cells[2], answer), wrap(cells[3], verdict)]
        for row in range(max(map(len, columns))):
            first = cells[0] if row == 0 else ""
            parts = [column[row] if row < len(column) else "" for column in columns]
            yield f"{first:<4} {parts[0]:<{question}}  {parts[1]:<{answer}}  {parts[2]}".rstrip()


def _details(claim: Claim, width: int) -> Iterator[str]:
    assumed = sum(one.assumed for one in claim.inputs)
    rows = (
        ("", f"{claim.id}  {claim.said}"),
        ("computed", f"{claim.quantity}: {answer_text(claim)} ({claim.interval}){luck_text(claim)}"),
        ("verdict", claim.verdict),
        ("turns at", claim.threshold.text),
        ("decided by", claim.binding),
        ("inputs", f"{len(claim.inputs)} figures, {assumed} of them assumptions"),
    )
    for head, text in rows:
        first, later = ("", "     ") if not head else (f"     {head:<11}", " " * 16)
        yield from wrap(text, width, initial_indent=first, subsequent_indent=later)
    for at, lever in enumerate(claim.levers):
        value = lever.value if isinstance(lever.value, str) else short(lever.value)
        head = "path" if at == 0 else ""
        yield from wrap(
            f"{lever.ratio_to_ground:.2f} times the ground: {lever.name}, {value} {lever.unit}".rstrip(),
            width,
            initial_indent=f"     {head:<11}",
            subsequent_indent=" " * 18,
        )
