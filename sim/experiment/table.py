"""A study's figures as plain text that a newcomer understands."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from typing import Any

from sim.experiment.envelope import Envelope
from sim.experiment.grid import ADJUSTED, Grid, Row, cell, with_half_width
from sim.experiment.intervals import FEWEST
from sim.experiment.statistics import Difference, Estimate
from sim.experiment.verdict import SUBJECTS, reversed_difference, verdicts
from sim.scenario.service import Service
from sim.text import digits

WIDTH = 110
"""Columns of text that the tables keep within."""
_NAME_WIDTH = 46  # a longer strategy or pair is broken into lines
_MOST_IN_PAIRS = 5  # strategies of which every two are compared; the JSON has all pairs
_LEAST_NAME = 10  # columns that a name has, however wide the numbers beside it are

_TABLES = (
    # metric, heading, factor, unit behind the number
    (
        ("compute_availability", "compute availability", 100.0, " %"),
        ("goodput", "goodput", 100.0, " %"),
        ("launches", "flights after deployment", 1.0, ""),
    ),
    (
        ("cost_per_useful_gpu_hour_usd", "USD per useful GPU-hour", 1.0, ""),
        ("total_cost_usd", "total cost, million USD", 1e-6, ""),
        ("total_cost_uncredited_usd", "uncredited, million USD", 1e-6, ""),
    ),
    (
        ("net_cost_usd", "net cost, million USD", 1e-6, ""),
        ("net_present_value_usd", "net present value, million USD", 1e-6, ""),
        ("carbon_kg_per_useful_gpu_hour", "kg of CO2 per useful GPU-hour", 1.0, ""),
    ),
)
_STEADY = (
    ("steady_cost_per_useful_gpu_hour_usd", "USD per useful GPU-hour, steady", 1.0, ""),
    ("steady_cost_usd", "paid, million USD", 1e-6, ""),
    ("steady_useful_gpu_hours", "useful GPU-hours, million", 1e-6, ""),
)
"""Between warm-up and wind-down, where there is a warm-up: the other way to account for the horizon."""
_INFERENCE = (
    ("tokens_served", "tokens sold, billion", 1e-9, ""),
    ("tokens_unmet", "unmet, billion", 1e-9, ""),
    ("inference_gpu_hours", "GPU-hours sold", 1.0, ""),
    ("unsold_gpu_hours", "not sent", 1.0, ""),
)
"""A table of its own where anything is asked of inference."""
_JOBS = (
    ("jobs_finished", "jobs finished", 1.0, ""),
    ("queueing_delay_days", "days waited for GPUs", 1.0, ""),
    ("bounded_slowdown", "slowdown by waiting", 1.0, ""),
    ("makespan_days", "days until all were done", 1.0, ""),
)
"""Likewise where any job has ended."""
_CAUSE_NAMES = {
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
_ON_GROUND = {"bus": "host failure"}
"""Those that are called otherwise on a campus."""

TERMS = (
    "Compute availability: GPUs that could work, of all that the scenario plans.  Goodput: work that was kept, of what "
    "all planned GPUs could do, dead ones included.  A useful GPU-hour is an hour of it."
)
_CREDIT = (
    "Total cost is the present value of all payments at {rate:g} % a year, in USD of {year}, less that of the life "
    "that {what} have left at the end; uncredited, it is not.  A useful GPU-hour costs that over the hours "
    "discounted alike."
)
_NET = (
    "Net cost is total cost less ${value:,.2f} (service.value_usd_per_gpu_hour) for each useful GPU-hour, of at most "
    "{demand:.3g} % of what the planned GPUs could do: what the same service costs where the rest is bought elsewhere. "
    "Net present value is what they bring in less total cost, where an hour loses {decline:.3g} % of its worth for "
    "each year of its GPU's age."
)
BEST = "Lowest net cost, by the value of a GPU-hour, and the 95 % interval of the value at which the best changes:"


def table(
    title: str,
    strategies: Mapping[str, Mapping[str, Estimate]],
    differences: Mapping[str, Mapping[str, Difference]],
    ranking: Mapping[str, Sequence[Mapping[str, Any]]],
    replicates: int,
    width: int = WIDTH,
    equal_service: tuple[Service, Envelope | None] | None = None,
    *,
    accounts: Sequence[str] = (),
    decision: Sequence[str] = (),
    on_ground: bool = False,
    rate_per_year: float = 0.0,
    currency_year: int = 2026,
) -> str:
    """The text of `Study.table`: estimates by strategy and metric, differences ("a - b"), ranking by metric, verdicts.

    Differences are shown as in the picture of them, the later strategy minus the earlier: against what was named first.
    `equal_service`: what a GPU-hour is worth, and which strategy is best at which value of one; `accounts`: tables of
    where GPU-hours and money went; `decision`: how sure the verdicts are; `on_ground`: of hosts, which do not fly;
    `rate_per_year`: at which money, of the `currency_year`, is discounted.  All lines keep within `width`, or `WIDTH`
    where that is less; in full width, the last line is the last verdict, a sentence of any length.
    """
    width = min(width, WIDTH)
    lines = wrapped(title, width)
    pairs = shown_pairs(strategies)
    for grid in (*estimate_grids(strategies, on_ground=on_ground), *difference_grids(pairs, differences)):
        lines += ["", *aligned(grid.text, width)]
    found = verdicts(strategies, differences) if pairs else []
    texts = [
        TERMS,
        intervals_text(strategies, differences, replicates, on_ground=on_ground),
        credit_text(on_ground, rate_per_year, currency_year),
    ]
    if equal_service:
        service, best = equal_service
        texts.append(net_text(service))
        if best and pairs:
            named = [line for one in best.text() for line in wrapped(one, width - 2, "  ")]
            lines += ["", *wrapped(BEST, width), *(f"  {line}" for line in named)]
    for account in filter(None, accounts):
        lines += ["", *account.splitlines()]
    texts += [*(shares_text(ranking[verdict.metric], verdict.metric) for verdict in found), *decision]
    lines += ["", *(line for text in texts for line in wrapped(text, width))]
    if found:
        *others, final = (verdict.text for verdict in found)
        last = [final] if width == WIDTH else wrapped(final, width)
        lines += ["", *(line for text in others for line in wrapped(text, width)), *last]
    return "\n".join(lines)


def estimate_grids(strategies: Mapping[str, Mapping[str, Estimate]], *, on_ground: bool = False) -> list[Grid]:
    """Estimates by strategy and metric: tables as wide as a terminal; `on_ground`: of hosts, which do not fly."""
    asked = any(estimates[metric].mean for estimates in strategies.values() for metric, *_ in _INFERENCE)
    ended = any(estimates["jobs_finished"].mean for estimates in strategies.values())
    grids = []
    steady = any(estimates["steady_cost_usd"].mean is not None for estimates in strategies.values())
    for every in (*_TABLES, *[_STEADY] * steady, *[_INFERENCE] * asked, *[_JOBS] * ended):
        columns = [column for column in every if not (on_ground and column[0] == "launches")]
        rows: list[Row] = [
            (name, *(cell(estimates[metric], factor, unit) for metric, _, factor, unit in columns))
            for name, estimates in strategies.items()
        ]
        grids.append(Grid(("strategy", *(heading for _, heading, _, _ in columns)), tuple(rows)))
    return grids


def shown_pairs(strategies: Iterable[str]) -> list[tuple[str, str]]:
    """Pairs to show: every two of a few strategies, and each of many with the first."""
    names = list(strategies)
    pairs = list(combinations(names, 2))
    return pairs if len(names) <= _MOST_IN_PAIRS else pairs[: len(names) - 1]


def difference_grids(
    pairs: Sequence[tuple[str, str]], differences: Mapping[str, Mapping[str, Difference]]
) -> list[Grid]:
    """The tables of differences ("a - b" by metric), the later strategy minus the earlier; none without pairs."""
    grids = []
    for columns in _TABLES if pairs else ():
        rows: list[Row] = [
            (
                f"{b} - {a}",
                *(
                    cell(reversed_difference(differences[metric][f"{a} - {b}"]), factor, _points(unit), "+")
                    for metric, _, factor, unit in columns
                ),
            )
            for a, b in pairs
        ]
        grids.append(Grid(("difference, same random draws", *(heading for _, heading, _, _ in columns)), tuple(rows)))
    return grids


def loss_grid(causes: Mapping[str, Mapping[str, Estimate]], *, on_ground: bool) -> Grid:
    """What each cause took a year: fields as of `sim.metrics.LossByCause`."""
    columns = {"interruptions": "interruptions", "gpus_lost": "GPUs lost", "lost_gpu_hours": "GPU-hours rolled back"}
    rows: list[Row] = [
        (cause_name(name, on_ground=on_ground), *(with_half_width(took[field]) for field in columns))
        for name, took in causes.items()
    ]
    return Grid(("What it lost in a year, by cause", *columns.values()), tuple(rows))


def losses(causes: Mapping[str, Mapping[str, Estimate]], dose: Mapping[str, float], width: int = WIDTH) -> str:
    """What each cause took a year, and the dose: fields as of `sim.metrics.LossByCause` and `Study.dose`."""
    width = min(width, WIDTH)
    on_ground = dose["planes"] == 0
    lines = aligned(loss_grid(causes, on_ground=on_ground).text, width) if causes else []
    if not on_ground:
        lines += ["", *wrapped(dose_text(dose), width)]
    return "\n".join(lines).lstrip("\n")


def dose_text(dose: Mapping[str, float]) -> str:
    """The dose behind the shield, of `Study.dose`, in a sentence."""
    planes = " in the most exposed plane" if dose["planes"] > 1 else ""
    return (
        f"Dose of a chip behind the shield{planes}: {digits(dose['krad_over_design_life'], 3)} krad(Si) over the "
        f"design life, expected solar storms included; {digits(dose['rad_per_year'], 3)} rad(Si) a year without storms."
    )


def cause_name(name: str, *, on_ground: bool = False) -> str:
    """What people call a cause."""
    if on_ground and name in _ON_GROUND:
        return _ON_GROUND[name]
    return _CAUSE_NAMES.get(name, name.replace("_", " "))


def credit_text(on_ground: bool, rate_per_year: float, currency_year: int) -> str:
    """What total cost is."""
    return _CREDIT.format(what=_what(on_ground), rate=100 * rate_per_year, year=currency_year)


def net_text(service: Service) -> str:
    """What net cost is."""
    decline = 100 * service.value_decline_per_year
    return _NET.format(value=service.value_usd_per_gpu_hour, demand=100 * service.demand, decline=decline)


def _what(on_ground: bool) -> str:
    return "hosts" if on_ground else "satellites"


def intervals_text(
    strategies: Mapping[str, Mapping[str, Estimate]],
    differences: Mapping[str, Mapping[str, Difference]],
    replicates: int,
    *,
    on_ground: bool = False,
) -> str:
    """What the brackets and the marks say."""
    what = _what(on_ground)
    shown = [
        estimates[metric]
        for estimates in (*strategies.values(), *_by_pair(differences))
        for columns in _TABLES
        for metric, *_ in columns
    ]
    if replicates == 1:
        return "One replicate: one possible history of the fleet.  More replicates give means with intervals."
    others = "too few replicates, values too rare or not linear in those draws, or no gain."
    adjusted = (
        f"{ADJUSTED} adjusted: the noise that the failures drawn for the first {what} explain is taken out.  The "
        f"others are not: {others}  Nor are the tables of where GPU-hours went and what one costs, whose parts add up."
        if any(e.adjusted for e in shown)
        else f"No mean is adjusted by the failures drawn for the first {what}: {others}"
    )
    few = (
        f"  Of fewer than {FEWEST} replicates nobody knows how skewed they are: the ranges are rough."
        if replicates < FEWEST
        else ""
    )
    return (
        "In brackets: the range that holds the mean with 95 % confidence.  It says how much chance is left in the mean "
        f"of {replicates} replicates, not how well the figures of the scenario are known.{few}  {adjusted}"
    )


def _by_pair(differences: Mapping[str, Mapping[str, Difference]]) -> list[dict[str, Difference]]:
    """Differences by metric, of each pair."""
    pairs = next(iter(differences.values()), {})
    return [{metric: of_pairs[pair] for metric, of_pairs in differences.items()} for pair in pairs]


def shares_text(rows: Sequence[Mapping[str, Any]], metric: str) -> str:
    """In what share of the replicates each strategy was best; nothing where that is not defined."""
    if any(row["p_best"] is None for row in rows):
        return ""
    named = rows if len(rows) <= _MOST_IN_PAIRS else [row for row in rows if row["p_best"] > 0]
    shares = ", ".join(f"{row['strategy']} {100 * row['p_best']:.0f} %" for row in named)
    shares += "" if len(named) == len(rows) else ", the others never"
    return f"{SUBJECTS[metric][0]} in single replicates: {shares}."


def _points(unit: str) -> str:
    """A difference of percentages is in points."""
    return " points" if unit == " %" else unit


def aligned(rows: Sequence[Sequence[str]], width: int) -> list[str]:
    """Rows as lines of at most `width`: names to the left, numbers to the right, a rule under the first row.

    Long names take several lines, and numbers that do not fit beside the others follow in a table of their own.
    """
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    longest = max(_LEAST_NAME, min(_NAME_WIDTH, width - 2 - max(widths[1:])))
    names = [wrapped(row[0], longest, "  ") for row in rows]
    left = max(len(line) for name in names for line in name)
    blocks: list[list[int]] = [[]]
    room = width - left
    for column in range(1, len(widths)):
        if blocks[-1] and 2 + widths[column] > room:
            blocks.append([])
            room = width - left
        blocks[-1].append(column)
        room -= 2 + widths[column]
    lines: list[str] = []
    for columns in blocks:
        block = []
        for name, row in zip(names, rows, strict=True):
            numbers = "".join("  " + row[column].rjust(widths[column]) for column in columns)
            block += [*name[:-1], name[-1].ljust(left) + numbers]
        above = len(names[0])
        lines += ["", *block[:above], "-" * max(map(len, block)), *block[above:]]
    return lines[1:]


def wrapped(text: str, width: int, indent: str = "") -> list[str]:
    """A text in lines, the first apart indented; words longer than a line are cut."""
    return textwrap.wrap(text, width, subsequent_indent=indent, break_on_hyphens=False)
