"""A study's figures as plain text that a newcomer understands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import floor, log10
from typing import Any

from sim.experiment.statistics import Difference, Estimate

_COLUMNS = (
    # metric, heading, factor, unit behind the number
    ("compute_availability", "compute availability", 100.0, " %"),
    ("goodput", "goodput", 100.0, " %"),
    ("launches", "launches", 1.0, ""),
    ("cost_per_useful_gpu_hour_usd", "USD per useful GPU-hour", 1.0, ""),
)
_VERDICTS = (
    ("cost_per_useful_gpu_hour_usd", "The cheapest useful GPU-hour"),
    ("compute_availability", "The highest compute availability"),
)


def table(
    title: str,
    strategies: Mapping[str, Mapping[str, Estimate]],
    differences: Mapping[str, Mapping[str, Difference]],
    ranking: Mapping[str, Sequence[Mapping[str, Any]]],
    replicates: int,
) -> str:
    """The text of `Study.table`: estimates by strategy and metric, differences and ranking by metric."""
    headings = [heading for _, heading, _, _ in _COLUMNS]
    rows = [
        [name, *(_cell(estimates[metric], factor, unit) for metric, _, factor, unit in _COLUMNS)]
        for name, estimates in strategies.items()
    ]
    lines = [title, "", *_aligned([["strategy", *headings], *rows])]
    pairs = list(differences[_COLUMNS[0][0]])
    if pairs:
        rows = [
            [
                pair,
                *(_cell(differences[metric][pair], factor, _points(unit), "+") for metric, _, factor, unit in _COLUMNS),
            ]
            for pair in pairs
        ]
        lines += ["", *_aligned([["difference, on the same luck", *headings], *rows]), ""]
        lines += [line for metric, subject in _VERDICTS if (line := _verdict(ranking[metric], subject))]
    lines += ["", _meaning(replicates)]
    return "\n".join(lines)


def _meaning(replicates: int) -> str:
    if replicates == 1:
        return "One replicate: one possible history of the fleet.  More replicates give means with intervals."
    return (
        f"In brackets: the range that holds the mean with 95 % confidence.  It says how much luck is left in the mean\n"
        f"of {replicates} replicates, not how well the figures of the scenario are known."
    )


def _verdict(rows: Sequence[Mapping[str, Any]], subject: str) -> str | None:
    best, share = rows[0]["strategy"], rows[0]["p_best"]
    return None if share is None else f"{subject}: {best}, in {100 * share:.0f} % of the replicates."


def _cell(e: Estimate, factor: float, unit: str, sign: str = "") -> str:
    """`71.24 [70.90, 71.58] %`: as many decimals as the interval gives meaning to."""
    if e.mean is None:
        return "undefined"
    mean = e.mean * factor
    if e.ci_low is None or e.ci_high is None:
        return f"{mean:{sign},.{_decimals(mean, 4)}f}{unit}"
    low, high = e.ci_low * factor, e.ci_high * factor
    # An interval of no width is a figure without luck; it and the mean are shown to four digits.
    decimals = _decimals(0.5 * (high - low), 2) if high - low > 1e-9 * abs(mean) else _decimals(mean, 4)
    form = f"{sign},.{decimals}f"
    return f"{mean:{form}} [{low:{form}}, {high:{form}}]{unit}"


def _decimals(value: float, digits: int) -> int:
    """Decimals that show so many significant digits of a value, between 0 and 6."""
    return 0 if value == 0 else min(6, max(0, digits - 1 - floor(log10(abs(value)))))


def _points(unit: str) -> str:
    """A difference of percentages is in points."""
    return " points" if unit == " %" else unit


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows as lines: the first column to the left, the others to the right, a rule under the first row."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [
        "  ".join(
            text.ljust(width) if column == 0 else text.rjust(width)
            for column, (text, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
    return [lines[0], "-" * max(map(len, lines)), *lines[1:]]
