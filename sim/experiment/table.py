"""A study's figures as plain text that a newcomer understands."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from itertools import combinations
from math import floor, log10
from typing import Any

from sim.experiment.statistics import Difference, Estimate

WIDTH = 110
"""Columns of text that the tables keep within."""
_NAME_WIDTH = 46  # a longer strategy or pair is broken into lines

_TABLES = (
    # metric, heading, factor, unit behind the number
    (
        ("compute_availability", "compute availability", 100.0, " %"),
        ("goodput", "goodput", 100.0, " %"),
        ("launches", "launches", 1.0, ""),
    ),
    (
        ("cost_per_useful_gpu_hour_usd", "USD per useful GPU-hour", 1.0, ""),
        ("total_cost_usd", "total cost, million USD", 1e-6, ""),
        ("total_cost_uncredited_usd", "uncredited, million USD", 1e-6, ""),
    ),
)
_VERDICTS = (
    ("cost_per_useful_gpu_hour_usd", "The cheapest useful GPU-hour"),
    ("compute_availability", "The highest compute availability"),
)

_CAUSE_WORDS = {
    "gpu": "GPU failure",
    "bus": "bus failure",
    "end_of_life": "end of design life",
    "replaced": "replaced by a newer one",
    "strategy": "strategy's decision",
    "launch": "failed launch",
    "debris": "debris hit",
    "propellant": "propellant used up",
    "reset": "GPU reset",
    "warning": "GPU fault before failure",
    "dose": "radiation dose",
    "tray": "tray switched off",
    "puncture": "coolant puncture",
    "latch_up": "latch-up",
    "too_few_gpus": "too few GPUs left",
    "stand_off": "distance from a dead one",
}
"""Causes whose names are not plain words."""

_CREDIT = "Total cost is less the value of the life that satellites have left at the end; uncredited, it is not."


def table(
    title: str,
    strategies: Mapping[str, Mapping[str, Estimate]],
    differences: Mapping[str, Mapping[str, Difference]],
    ranking: Mapping[str, Sequence[Mapping[str, Any]]],
    replicates: int,
) -> str:
    """The text of `Study.table`: estimates by strategy and metric, differences ("a - b") and ranking by metric.

    Differences are shown as in the picture of them, the later strategy minus the earlier: against what was named first.
    """
    lines = _wrapped(title)
    for columns in _TABLES:
        head = [heading for _, heading, _, _ in columns]
        rows = [
            [name, *(_cell(estimates[metric], factor, unit) for metric, _, factor, unit in columns)]
            for name, estimates in strategies.items()
        ]
        lines += ["", *_aligned([["strategy", *head], *rows])]
    pairs = list(combinations(strategies, 2))
    for columns in _TABLES if pairs else ():
        head = [heading for _, heading, _, _ in columns]
        rows = [
            [
                f"{b} - {a}",
                *(
                    _cell(_reversed(differences[metric][f"{a} - {b}"]), factor, _points(unit), "+")
                    for metric, _, factor, unit in columns
                ),
            ]
            for a, b in pairs
        ]
        lines += ["", *_aligned([["difference, on the same luck", *head], *rows])]
    if pairs:
        lines += [""]
        for metric, subject in _VERDICTS:
            lines += _wrapped(_verdict(ranking[metric], subject))
    lines += ["", *_wrapped(_meaning(replicates)), *_wrapped(_CREDIT)]
    return "\n".join(lines)


def losses(causes: Mapping[str, Mapping[str, Estimate]], dose: Mapping[str, float]) -> str:
    """What each cause took a year, and the dose: fields as of `sim.metrics.LossByCause` and `Study.dose`."""
    lines = []
    if causes:
        columns = {
            "interruptions": "interruptions",
            "gpus_lost": "GPUs lost",
            "lost_gpu_hours": "GPU-hours rolled back",
        }
        rows = [
            [cause_words(name), *(_with_half_width(took[field]) for field in columns)] for name, took in causes.items()
        ]
        lines += _aligned([["What it lost in a year, by cause", *columns.values()], *rows])
    planes = " in the most exposed plane" if dose["planes"] > 1 else ""
    lines += [
        "",
        *_wrapped(
            f"Dose of a chip behind the shield{planes}: {dose['krad_over_design_life']:,.3g} krad(Si) over the design "
            f"life, expected solar storms included; {dose['rad_per_year']:,.3g} rad(Si) a year without storms."
        ),
    ]
    return "\n".join(lines).lstrip("\n")


def cause_words(name: str) -> str:
    """What people call a cause."""
    return _CAUSE_WORDS.get(name, name.replace("_", " "))


def _with_half_width(e: Estimate) -> str:
    """`1,234 ± 56`: as many decimals as the interval gives meaning to, at least one of a small number."""
    if not e.mean:
        return "-"
    if not e.half_width:
        return f"{e.mean:,.{_decimals(e.mean, 2) if e.mean < 100 else 0}f}"
    decimals = _decimals(e.half_width, 2) if e.half_width < 100 else 0
    return f"{e.mean:,.{decimals}f} ± {e.half_width:,.{decimals}f}"


def _meaning(replicates: int) -> str:
    if replicates == 1:
        return "One replicate: one possible history of the fleet.  More replicates give means with intervals."
    return (
        "In brackets: the range that holds the mean with 95 % confidence.  It says how much luck is left in the mean "
        f"of {replicates} replicates, not how well the figures of the scenario are known."
    )


def _reversed(e: Estimate) -> Estimate:
    """The estimate of b - a, of that of a - b."""

    def negative(value: float | None) -> float | None:
        return None if value is None else 0.0 - value  # not -value: no difference is +0

    return Estimate(
        negative(e.mean),
        negative(e.ci_high),
        negative(e.ci_low),
        negative(e.raw_mean),
        negative(e.raw_ci_high),
        negative(e.raw_ci_low),
        e.n,
        e.unit,
    )


def _verdict(rows: Sequence[Mapping[str, Any]], subject: str) -> str:
    """Who is best most often; nothing where that is not defined."""
    best, share = rows[0]["strategy"], rows[0]["p_best"]
    return "" if share is None else f"{subject}: {best}, in {100 * share:.0f} % of the replicates."


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
    """Rows as lines of at most `WIDTH`: names to the left, numbers to the right, a rule under the first row.

    Long names take several lines, and numbers that do not fit beside the others follow in a table of their own.
    """
    names = [_wrapped(row[0], _NAME_WIDTH) for row in rows]
    left = max(len(line) for name in names for line in name)
    blocks: list[list[int]] = [[]]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    room = WIDTH - left
    for column in range(1, len(widths)):
        if blocks[-1] and 2 + widths[column] > room:
            blocks.append([])
            room = WIDTH - left
        blocks[-1].append(column)
        room -= 2 + widths[column]
    lines: list[str] = []
    for columns in blocks:
        block = []
        for name, row in zip(names, rows, strict=True):
            numbers = "".join("  " + row[column].rjust(widths[column]) for column in columns)
            block += [*name[:-1], name[-1].ljust(left) + numbers]
        lines += ["", block[0], "-" * max(map(len, block)), *block[1:]]
    return lines[1:]


def _wrapped(text: str, width: int = WIDTH) -> list[str]:
    """A text in lines; words longer than a line are cut."""
    return textwrap.wrap(text, width, subsequent_indent="  " if width < WIDTH else "", break_on_hyphens=False)
