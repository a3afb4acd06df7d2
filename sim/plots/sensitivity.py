"""Pictures of a sensitivity analysis: tornado, indices, and what knowing an input is worth."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes

from sim.exploration.bootstrap import Spread
from sim.exploration.inputs import shown
from sim.exploration.outputs import WINS
from sim.metrics import METRICS
from sim.plots.axes import looks, new_axes, title_and_legend
from sim.plots.style import styled
from sim.plots.sweep import readable, scale_of
from sim.text import many

if TYPE_CHECKING:
    from sim.exploration import Input, Sensitivity
    from sim.exploration.one_at_a_time import Swing

MOST = 12
"""Inputs that a picture shows: those that matter most."""
_ROW = 0.42
_MOST_SHARE = 130.0
"""Per cent of a variance at which an axis ends: a share is 100 at most, and its estimate may be above."""
_ROOM = 0.11
"""Share of a tornado's width that the values of an input take beside its bar."""
_NAME = 44
"""Letters of a name in one line."""


def pictures_of_sensitivity(found: Sensitivity) -> dict[str, Callable[[], Axes]]:
    """What draws each picture that an analysis has; `NAME.png` is its file in its folder."""
    drawings: dict[str, Callable[[], Axes]] = {"tornado": lambda: tornado(found)}
    drawings["indices" if found.method == "sobol" else "screening"] = lambda: indices(found)
    if found.information is not None:
        drawings["information"] = lambda: information(found)
    return drawings


@styled
def tornado(found: Sensitivity, *, output: str | None = None, ax: Axes | None = None) -> Axes:
    """How far a figure moves when each input alone goes to the ends of its range, the most first.

    `output`: one of `found.outputs.names`; none: the first.
    """
    output = output or found.outputs.names[0]
    order = sorted(range(len(found.inputs)), key=lambda one: -found.swings[one].width(output))[:MOST]
    ax = _axes(len(order), ax)
    factor, unit = _scale(found, output)
    base = factor * float(found.outputs.of(found.base)[output].mean())
    for row, one in enumerate(order):
        _swing(ax, row, found.swings[one], found.inputs[one], (output, base, factor))
    ax.axvline(base, color="0.2", linewidth=1.2, linestyle="-")
    reach = [factor * end for one in order for end in _extent(found.swings[one], output)]
    ends = _with_room(base + min(0.0, *reach), base + max(0.0, *reach))
    ax.set_xlim(*ends)
    if ends[0] < 0 < ends[1] and output not in found.study.strategies:
        ax.axvline(0, color="0.5", linewidth=1.0, linestyle=(0, (2, 2)))
    _named(ax, found, order)
    ax.set_xlabel(f"{readable(found.outputs.said(output))}, {unit}")
    title_and_legend(
        ax,
        f"{found.study.base.name}: what it depends on, each input alone",
        f"{many(found.study.plan.replicates, 'replicate')}, paired; line: {base:,.4g} in the scenario; "
        "whisker: 95 % interval",
        found.study.base.changes_text,
    )
    return ax


@styled
def indices(found: Sensitivity, *, output: str | None = None, ax: Axes | None = None) -> Axes:
    """Sobol indices of each input, first and total, or Morris's mu* with sigma; the most important first."""
    output = output or found.outputs.names[0]
    order = found.order(output)[:MOST]
    ax = _axes(len(order), ax)
    first_look, second_look = looks(2)
    sobol = found.method == "sobol"
    factor, unit = (100.0, "% of the variance that is not chance") if sobol else _scale(found, output)
    names = (
        ("total: with what it does together with others", "first order: alone")
        if sobol
        else ("mu*: mean size of its effect over its range", "sigma: how much the effect varies")
    )
    for row, one in enumerate(order):
        spreads = _importance(found, output, one)
        for spread, look, place, name in zip(spreads, (first_look, second_look), (-0.17, 0.17), names, strict=True):
            ax.barh(row + place, factor * max(spread.value or 0.0, 0.0), height=0.3, color=look["color"], alpha=0.85,
                    label=None if row else name)  # fmt: skip
            _interval(ax, row + place, 0.0, factor, spread, _MOST_SHARE if sobol else None)
    if not sobol:
        noise = [found.screened[output][one].noise for one in order]
        if all(value is not None for value in noise):
            level = factor * float(np.mean([value or 0.0 for value in noise]))
            ax.axvline(level, color="0.35", linewidth=1.0, linestyle=(0, (2, 2)), label="mu* by chance alone")
    ax.set_xlim(0, min(1.05 * ax.dataLim.x1 or 100.0, _MOST_SHARE) if sobol else None)
    _named(ax, found, order)
    chance = ""
    if sobol and (share := found.decomposed[output].noise_share) is not None and share.value is not None:
        chance = f"\n{100 * share.value:.0f} % of the variance of single replicates is chance, which is taken out"
    ax.set_xlabel(f"{unit}{chance}")
    title_and_legend(
        ax,
        f"{found.study.base.name}: {'shares of variance' if sobol else 'screening'}",
        f"{readable(found.outputs.said(output))}; whisker: 95 % interval",
        found.study.base.changes_text,
    )
    return ax


@styled
def information(found: Sensitivity, *, ax: Axes | None = None) -> Axes:
    """What knowing each input before a strategy is chosen is worth, and knowing all of them.

    Raises `ValueError` where the analysis has no value of information.
    """
    known = found.information
    if known is None:
        raise ValueError("the value of information needs Sobol's method and two strategies or more")
    order = sorted(range(len(found.inputs)), key=lambda one: -(known.each[one].value.value or 0.0))[:MOST]
    ax = _axes(len(order) + 1, ax)
    factor, unit = scale_of(METRICS[found.study.metric], difference=True)
    one_look, all_look = looks(2)
    for row, (worth, look) in enumerate(
        [(known.everything, all_look), *((known.each[one], one_look) for one in order)]
    ):
        ax.barh(row, factor * (worth.value.value or 0.0), height=0.6, color=look["color"], alpha=0.85)
        _interval(ax, row, 0.0, factor, worth.value)
    ax.set_xlim(left=0)
    _named(ax, found, order, before=("everything",))
    ax.set_xlabel(f"{readable(found.study.metric)}, {unit}")
    best = found.study.strategies[known.best]
    title_and_legend(
        ax,
        f"{found.study.base.name}: what is worth knowing before a strategy is chosen",
        f"today {best} is chosen; another one is better with probability {known.p_other:.2f}; whisker: 95 % interval",
        found.study.base.changes_text,
    )
    return ax


def _swing(ax: Axes, row: int, swing: Swing, given: Input, at: tuple[str, float, float]) -> None:
    """The two bars of an input, each with its whisker, and the value of the input behind them."""
    output, base, factor = at
    low_look, high_look = looks(2)
    both = (
        (swing.low[output], given.range.low, low_look, "low"),
        (swing.high[output], given.range.high, high_look, "high"),
    )
    values = [factor * (spread.value or 0.0) for spread, *_ in both]
    for (spread, end, look, name), value, other in zip(both, values, reversed(values), strict=True):
        ax.barh(row, value, left=base, height=0.62, color=look["color"], alpha=0.85,
                label=None if row else f"input at its {name} end")  # fmt: skip
        _interval(ax, row, base, factor, spread)
        right = value > other if value != other else name == "high"
        outer = (max if right else min)(*(factor * reach for reach in _extent(swing, output)), 0.0)
        ax.annotate(shown(end), (base + outer, row), (5 if right else -5, 0), textcoords="offset points",
                    ha="left" if right else "right", va="center", fontsize=8.5)  # fmt: skip


def _importance(found: Sensitivity, output: str, one: int) -> tuple[Spread, Spread]:
    """(total, first order), or (mu*, sigma), of an input."""
    if found.method == "sobol":
        indices = found.decomposed[output].indices[one]
        return indices.total, indices.first
    screened = found.screened[output][one]
    return screened.mu_star, screened.sigma


def _with_room(low: float, high: float) -> tuple[float, float]:
    """An axis from low to high, with room for what is written beside the bars."""
    room = _ROOM * (high - low) or max(abs(low), 1.0)
    return low - room, high + room


def _extent(swing: Swing, output: str) -> tuple[float, ...]:
    """Where bars and whiskers of an input end."""
    both = swing.low[output], swing.high[output]
    return tuple(end for one in both for end in (one.value, one.ci_low, one.ci_high) if end is not None)


def _axes(rows: int, ax: Axes | None) -> Axes:
    return new_axes(10.0, 1.9 + _ROW * rows) if ax is None else ax


def _scale(found: Sensitivity, output: str) -> tuple[float, str]:
    if output == WINS:
        return 100.0, "%"
    return scale_of(METRICS[found.study.metric], difference=output not in found.study.strategies)


def _interval(ax: Axes, row: float, base: float, factor: float, spread: Spread, most: float | None = None) -> None:
    """A whisker; one that reaches beyond `most`, where the axis ends, ends there in an arrow and its value."""
    if spread.ci_low is None or spread.ci_high is None or spread.ci_high <= spread.ci_low:
        return
    low, high = base + factor * spread.ci_low, base + factor * spread.ci_high
    if most is not None and high > most:
        ax.plot([most], [row], marker=">", markersize=5, color="0.15", clip_on=False)
        ax.annotate(f"{high:.0f}", (most, row), (6, 0), textcoords="offset points", va="center", fontsize=8.5,
                    annotation_clip=False)  # fmt: skip
        high = most
    ax.plot([min(low, high), high], [row, row], color="0.15", linewidth=1.0, linestyle="-")


def _named(ax: Axes, found: Sensitivity, order: Sequence[int], before: Sequence[str] = ()) -> None:
    from textwrap import fill

    names = [*before, *(fill(found.inputs[one].title, _NAME) for one in order)]
    ax.set_yticks(range(len(names)), names)
    ax.set_ylim(len(names) - 0.4, -0.6)
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    ax.grid(visible=False, axis="y")
