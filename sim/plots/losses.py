"""GPUs offline and job interruptions, by cause."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator, StrMethodFormatter
from numpy.typing import NDArray

from sim.events import EventKind
from sim.experiment.table import cause_name
from sim.metrics import missing_capacity, unplanned
from sim.plots.axes import date_axis, dates_of, new_axes, percent, root, split, title_and_legend
from sim.plots.cause_looks import OTHERS, CauseLook, cause_looks
from sim.plots.style import styled
from sim.result import Result
from sim.scenario.models import Scenario

if TYPE_CHECKING:
    from sim.experiment.study import Study

Floats = NDArray[np.float64]

MOST_CAUSES = 6
"""Causes named in a panel; the rest are drawn as "others"."""
MOST_REPLICATES = 32
"""Replicates of a study that means are taken over: enough for a picture."""
MOST_STORMS = 12
"""Storms that are marked, the largest ones."""
MISSING_DAYS, INTERRUPTED_DAYS = 10, 30
"""Widths of the bins.  The log counts interruptions by single events in months of 30 days."""
_LEAST = 0.01  # a smaller share of all losses cannot be seen
_OTHERS = "others"


@styled
def losses_by_cause(result_or_study: Result | Study, *, strategy: str | None = None, ax: Axes | None = None) -> Axes:
    """Share of the nameplate GPUs offline by cause over the mission, and beneath it job interruptions by cause.

    For a study: means over at most `MOST_REPLICATES` replicates of one strategy, the last unless another is named.
    A scenario without jobs has the upper part only.
    """
    runs, whose = _runs(result_or_study, strategy)
    scenario, horizon = runs[0].scenario, runs[0].horizon_days
    start, jobs = scenario.mission.start, bool(scenario.workload.jobs)
    ax = new_axes(10.0, 6.8 if jobs else 4.4) if ax is None else ax

    edges = _edges(horizon, MISSING_DAYS)
    days = np.append(np.arange(ceil(horizon)), horizon)
    missing = {}
    for name, share in _mean([missing_capacity(run) for run in runs]).items():
        until = np.concatenate([[0.0], np.cumsum(share * np.diff(days))])
        missing[name] = 100 * np.diff(np.interp(edges, days, until)) / np.diff(edges)
    lower = _interruption_panel(ax, runs) if jobs else ax
    top = _stack(
        ax, dates_of(start, edges), _largest(missing, np.diff(edges)), _looks(scenario), " %", "no GPU is offline"
    )
    ax.set_ylim(0, max(4.0, (1.05 if jobs else 1.15) * top))
    percent(ax, 6)
    ax.set_ylabel("GPUs offline\n(% of nameplate)")
    _mark_storms(lower, runs)
    what = "GPUs offline and job interruptions" if jobs else "GPUs offline"
    title_and_legend(ax, f"{scenario.name}: {what}, by cause", whose, scenario.changes_text)
    date_axis(lower, start, horizon)
    return ax


def _interruption_panel(ax: Axes, runs: Sequence[Result]) -> Axes:
    """Interruptions of jobs by cause, beneath `ax`, in part of its place."""
    ax, lower = split(ax, 2, 1, height_ratios=(1, 0.9), hspace=0.06)
    ax.tick_params(labelbottom=False)
    lower.sharex(ax)
    scenario = runs[0].scenario
    months = _edges(runs[0].horizon_days, INTERRUPTED_DAYS)
    interrupted = _largest(_mean([_interruptions(run, months) for run in runs]), np.diff(months))
    dates = dates_of(scenario.mission.start, months)
    top = _stack(lower, dates, interrupted, _looks(scenario), " per day", "no job is interrupted")
    lower.set_ylim(0, 1.2 * top if top > 0 else 1.0)
    lower.yaxis.set_major_locator(MaxNLocator(5))
    lower.yaxis.set_major_formatter(StrMethodFormatter("{x:,.10g}"))
    lower.set_ylabel("job interruptions\n(per day, 30-day means)")
    return lower


def _looks(scenario: Scenario) -> dict[str, CauseLook]:
    """How each cause is drawn, and what is not named."""
    return {**cause_looks(scenario), _OTHERS: OTHERS}


def _runs(result_or_study: Result | Study, strategy: str | None) -> tuple[list[Result], str]:
    """The runs to show, and the words that say whose they are."""
    if isinstance(result_or_study, Result):
        run = result_or_study
        whose = f"strategy {run.strategy}, {_span(run.scenario)}, replicate {run.replicate} of seed {run.seed}"
        return [run], whose
    study = result_or_study
    name, count = strategy or study.strategies[-1], study.replicates
    shown = min(count, MOST_REPLICATES)
    mean = (
        "one replicate"
        if count == 1
        else f"mean of {'' if shown == count else f'the first {shown} of '}{count} replicates"
    )
    compared = "" if len(study.strategies) == 1 else f" (one of {len(study.strategies)} compared)"
    whose = f"strategy {name}{compared}, {_span(study.scenario)}, {mean}"
    return [study.result(name, r) for r in range(shown)], whose


def _span(scenario: Scenario) -> str:
    """How long the mission is."""
    years = scenario.mission.years
    return f"{scenario.mission.days:.0f} days" if years < 1 else f"{years:.4g} year{'' if years == 1 else 's'}"


def _edges(horizon: float, width: float) -> Floats:
    """Edges of bins from day 0; the last bin is up to half as long again, or half as long, as the others."""
    count = max(1, round(horizon / width))
    return np.append(width * np.arange(count), horizon).astype(float)


def _interruptions(run: Result, edges: Floats) -> dict[str, Floats]:
    """Interruptions of running gangs per day in each bin by cause, without planned ones."""
    log = run.events
    failures = log.of(EventKind.JOB_INTERRUPTED) & unplanned(run)
    number = np.where(failures, 1.0, np.where(log.of(EventKind.SOFT_INTERRUPTED), log.amount, 0.0))
    found = {}
    for cause in np.unique(log.cause[number > 0]).tolist():
        mine = log.cause == cause
        found[run.scenario.cause_name(cause)] = np.histogram(log.time_days[mine], edges, weights=number[mine])[0]
    return {name: np.asarray(counts / np.diff(edges), float) for name, counts in found.items()}


def _mean(runs: Sequence[Mapping[str, Floats]]) -> dict[str, Floats]:
    """Mean over runs; a cause that is absent from a run counts as 0 there."""
    total: dict[str, Floats] = {}
    for run in runs:
        for name, values in run.items():
            total[name] = total.get(name, 0.0) + values / len(runs)
    return total


def _largest(series: Mapping[str, Floats], widths: Floats) -> dict[str, Floats]:
    """The largest series, largest first, and the sum of the others."""
    amount = {name: float((values * widths).sum()) for name, values in series.items()}
    order = sorted(series, key=lambda name: -amount[name])
    least = _LEAST * sum(amount.values())
    named = [name for name in order if amount[name] >= least][:MOST_CAUSES]
    shown = {name: series[name] for name in named}
    rest = [name for name in order if name not in named]
    if len(rest) == 1:
        shown[rest[0]] = series[rest[0]]
    elif rest:
        shown[_OTHERS] = np.sum([series[name] for name in rest], axis=0)
    return shown


def _stack(
    ax: Axes, dates: Floats, series: Mapping[str, Floats], looks: Mapping[str, CauseLook], unit: str, nothing: str
) -> float:
    """Draw steps between dates on top of each other, with names on the right; returns the highest sum."""
    ax.margins(x=0)
    if not series:
        ax.annotate(nothing, (0.5, 0.5), xycoords="axes fraction", ha="center", va="center", color="0.35")
        return 0.0
    widths = np.diff(dates)
    names = list(series)
    level = np.zeros(len(widths))
    for name in names:
        above = level + series[name]
        ax.fill_between(
            dates, np.append(level, level[-1]), np.append(above, above[-1]), step="post", **_fill(looks[name])
        )
        level = above
    _name_bands(ax, {name: float((series[name] * widths).sum() / widths.sum()) for name in names}, looks, unit)
    return float(level.max())


def _mark_storms(ax: Axes, runs: Sequence[Result]) -> None:
    """Mark the largest solar storms along the top, if there are any, and say so on the right."""
    logs = [run.events.where(EventKind.STORM) for run in runs]
    days, protons = (np.concatenate([getattr(log, name) for log in logs]) for name in ("time_days", "amount"))
    largest = np.argsort(-protons, kind="stable")[:MOST_STORMS]
    if len(largest) == 0:
        return
    dates, protons = dates_of(runs[0].scenario.mission.start, days[largest]), protons[largest]
    size = 15 + 110 * np.sqrt(protons / max(protons[0], 1.0))
    ax.scatter(dates, np.full(len(dates), 0.95), size, color="black", marker="v", alpha=0.8, linewidths=0,
               transform=ax.get_xaxis_transform(), clip_on=False)  # fmt: skip
    which = f"{MOST_STORMS} largest solar storms" if len(days) > MOST_STORMS else "solar storms"
    ax.annotate(f"\N{BLACK DOWN-POINTING TRIANGLE} {which},\nlarger for more protons", (1.0, 0.0), (9, 0),
                xycoords="axes fraction", textcoords="offset points", va="bottom", fontsize=9)  # fmt: skip


def _fill(look: CauseLook) -> dict[str, Any]:
    """A band or patch of a cause; white is the hatching."""
    return {"facecolor": look.color, "hatch": look.hatch, "edgecolor": "white", "linewidth": 0}


def _name_bands(ax: Axes, means: Mapping[str, float], looks: Mapping[str, CauseLook], unit: str) -> None:
    """Names beside the axes in the order of the bands: a patch of colour, the name, the mean over the mission."""
    height_pt = ax.get_position().height * root(ax).get_figheight() * 72
    step = min(15.0, height_pt / (len(means) + 1)) / height_pt
    ax.annotate("mean over the mission", (1.0, 1.0 - 0.5 * step), (9, 0), xycoords="axes fraction",
                textcoords="offset points", va="center", fontsize=9, color="0.35")  # fmt: skip
    for row, (name, mean) in enumerate(reversed(list(means.items()))):
        y = 1.0 - (row + 1.5) * step
        patch = Rectangle((1.012, y - 0.36 * step), 0.026, 0.72 * step, transform=ax.transAxes, clip_on=False)
        patch.update(_fill(looks[name]))
        ax.add_patch(patch)
        digits = 2 if mean < 0.095 else 1 if mean < 9.5 else 0
        figure = f"{mean:,.{digits}f}" if mean >= 0.005 else "below 0.01"
        shown = looks[name].name or cause_name(name)
        ax.annotate(f"{shown}  {figure}{unit}", (1.038, y), (5, 0), xycoords="axes fraction",
                    textcoords="offset points", va="center", fontsize=9)  # fmt: skip
