"""What a useful GPU-hour costs, kind by kind; of one strategy also in which year it falls due."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from sim.economics import discount_rate
from sim.experiment.spending import GROUPS, LEAST_USD
from sim.plots.axes import new_axes, title_and_legend
from sim.plots.style import styled

if TYPE_CHECKING:
    from sim.experiment.study import Study

Floats = NDArray[np.float64]

_COLORS = {
    "satellites": "#0072B2",
    "hosts": "#999933",
    "GPUs": "#113094",
    "launches": "#D55E00",
    "ordered, not flown": "#F2D4FF",
    "building, power": "#0072B2",
    "network": "#6A156A",
    "energy": "#E69F00",
    "staff": "#CC79A7",
    "operations": "#56B4E9",
    "spares kept": "#F0E442",
    "repairs and servicing": "#009E73",
    "reserve": "#810000",
    "ground links": "#473B4E",
    "insurance": "#8C6D31",
    "disposal": "#7F7F7F",
    "development": "#17A2A2",
    "value left": "#BDBDBD",
}
MOST_STRATEGIES = 20
"""Bars of strategies; of more the first ones."""


@styled
def cost(study: Study, *, ax: Axes | None = None) -> Axes:
    """Present value of all payments over the discounted useful GPU-hours, means over replicates, USD.

    One strategy: step by step from nothing to the whole cost, and small numbers beside each step of the years in which
    it falls due.  Several: a bar each.
    """
    spent = {name: one for name, one in list(study.spending.items())[:MOST_STRATEGIES] if one.hours > 0}
    each = {name: one.per_hour() for name, one in spent.items()}
    groups = [group for group in GROUPS if any(abs(one.get(group, 0.0)) >= LEAST_USD for one in each.values())]
    alone = len(each) == 1
    rows = len(groups) + 1 if alone else max(len(each), 1)
    ax = new_axes(9.0, 2.1 + 0.36 * rows + (0.0 if alone else 0.7)) if ax is None else ax
    if alone:
        name, one = next(iter(spent.items()))
        _steps(ax, each[name], {group: usd / one.hours for group, usd in one.by_year().items()}, groups)
    else:
        _bars(ax, each, groups)
    ax.set_xlabel("USD per useful GPU-hour")
    ax.grid(axis="y", visible=False)
    count = study.replicates
    mean = "one replicate" if count == 1 else f"mean of {count} replicates"
    whose = f"strategy {next(iter(each))}, " if alone else ""
    if not each:
        ax.text(0.5, 0.5, "nothing useful was done", transform=ax.transAxes, ha="center", color="0.35")
    title_and_legend(
        ax,
        f"{study.scenario.name}: what a useful GPU-hour costs",
        f"{whose}present value at {100 * discount_rate(study.scenario):g} % a year, {mean}",
        study.scenario.changes_text,
    )
    return ax


def _steps(ax: Axes, each: dict[str, float], by_year: dict[str, Floats], groups: list[str]) -> None:
    """A row for each kind, from what came before it; beside it the years in which it falls due."""
    at = 0.0
    most = max(np.cumsum([each.get(group, 0.0) for group in groups]).max(initial=0.0), 1e-9)
    for row, group in enumerate(groups):
        usd = each.get(group, 0.0)
        ax.barh(row, usd, left=at, color=_COLORS[group], height=0.7)
        right = max(at, at + usd)
        sign = "\N{MINUS SIGN}" if usd < 0 else ""
        ax.text(right + 0.01 * most, row, f"{sign}${abs(usd):.3f}  {_when(by_year[group])}", va="center", fontsize=9)
        at += usd
        ax.plot([at, at], [row, row + 1], color="0.6", linewidth=0.7, linestyle="-", zorder=0)
    ax.barh(len(groups), at, color="0.25", height=0.7)
    ax.text(at + 0.01 * most, len(groups), f"${at:.3f}", va="center", fontweight="bold")
    ax.set_yticks(range(len(groups) + 1), [*groups, "in all"])
    ax.set_ylim(len(groups) + 0.5, -0.6)
    ax.set_xlim(0, 1.32 * most)


def _when(usd: Floats) -> str:
    """In which years of the mission most of it falls due."""
    share = usd / usd.sum()
    first, years = float(share[0]), len(share)
    if years == 1 or first > 0.995:
        return "in year 1"
    if float(share[-1]) > 0.995:
        return f"in year {years}"
    return f"{100 * first:.0f} % in year 1" if first >= 0.005 else "later than year 1"


def _bars(ax: Axes, each: dict[str, dict[str, float]], groups: list[str]) -> None:
    """A bar for each strategy: what is paid to the right of 0, what comes back to the left."""
    right, left = np.zeros(len(each)), np.zeros(len(each))
    for group in groups:
        usd = np.array([one.get(group, 0.0) for one in each.values()])
        begin = np.where(usd >= 0, right, left)
        ax.barh(range(len(each)), usd, left=begin, color=_COLORS[group], height=0.75, label=group)
        right += np.maximum(usd, 0.0)
        left += np.minimum(usd, 0.0)
    most = max(right.max(initial=0.0), 1e-9)
    for row, one in enumerate(each.values()):
        ax.text(right[row] + 0.01 * most, row, f"${sum(one.values()):.2f}", va="center", fontweight="bold")
    ax.axvline(0, color="0.3", linewidth=0.8)
    ax.set_xlim(1.05 * left.min(initial=0.0), 1.15 * most)
    ax.set_yticks(range(len(each)), [name.replace("_", " ") for name in each])
    ax.set_ylim(len(each) - 0.4, -0.6)
