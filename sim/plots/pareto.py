"""The designs of a search: what each costs and yields, and those that none beats in both."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter

from sim.experiment.statistics import Estimate
from sim.exploration.candidate import Refusal
from sim.exploration.inputs import shown
from sim.exploration.optimum import Look, Optimum
from sim.exploration.optimum_text import listed, plain
from sim.metrics import METRICS
from sim.plots.axes import looks, new_axes, title_and_legend
from sim.plots.style import styled

if TYPE_CHECKING:
    from sim.experiment.sample import Sample
    from sim.scenario import Scenario

_ROOM = 0.06  # around what is shown, as a share of it
_FAR = 1.5  # times the span of the designs looked at: dots farther off are left out, and counted
_LINE = 12.5  # points from a line of text to the next
_LONGEST = 150  # characters of a line beneath the axes


class _Axis(NamedTuple):
    """A metric as an axis shows it."""

    metric: str
    factor: float
    label: str
    relative: bool
    """Whether as the paired difference to the reference."""


@styled
def pareto(found: Optimum, scenario: Scenario, *, ax: Axes | None = None) -> Axes:
    """Cost against output of all designs of a search, or against the metric of its first service level.

    Cost and output are differences to the scenario as given on the same replicates: what luck does to all alike is out.
    Grey dots: designs tried, means of the search's replicates.  In colour, by strategy: designs looked at again, with
    95 % intervals on fresh replicates; full where none beats them, hollow where one does or a service level is missed.
    Star: the scenario as given.
    """
    ax = new_axes(9.0, 6.2) if ax is None else ax
    axes = _axes_of(found)
    left_out = _dots(ax, found, axes)
    strategies = list(dict.fromkeys(trial.candidate.strategy for trial in found.trials))
    best = _best(found)
    for look_of, strategy in zip(looks(len(strategies)), strategies, strict=True):
        _strategy(ax, [one for one in found.looks if one.candidate.strategy == strategy], best, look_of["color"],
                  (found, axes))  # fmt: skip
    if found.goal.slas:
        _level(ax, found, axes[0])
    else:
        higher = METRICS[found.goal.output].better == "higher"
        points = zip(*[_point(one, found, axes) for one in best], strict=True)
        ax.step(*points, where="pre" if higher else "post", color="0.45", linewidth=1.0,
                linestyle=(0, (2, 2)), zorder=2)  # fmt: skip
    if not isinstance(found.as_given, Refusal):
        x, y = _point(found.as_given, found, axes)
        ax.plot([x], [y], "*", color="0.1", markersize=13, linestyle="none", zorder=6,
                label=f"as given ({found.given.strategy})")  # fmt: skip
    _name_designs(ax, found, axes, best)
    _dress(ax, found, scenario, left_out)
    return ax


def _best(found: Optimum) -> list[Look]:
    """The designs that are drawn full."""
    return found.pareto if not found.goal.slas else [found.winner] if found.winner else []


def _dress(ax: Axes, found: Optimum, scenario: Scenario, left_out: int) -> None:
    """Title, what is drawn, legend."""
    few, many = len(found.effort.search), len(found.effort.fresh)
    off = f", {left_out} far off left out" if left_out else ""
    if found.goal.slas:
        level = found.goal.slas[0]
        title = f"{scenario.name}: " + ("the cheapest design that meets " if found.winner else "no design meets ")
        title += str(level)
    else:
        count = len(found.pareto)
        those = "that one" if count == 1 else f"these {count}"
        title = f"{scenario.name}: no design does more for less than {those}"
    tried = f"dots: all {found.designs} designs tried, mean of {few} replicates{off}"
    said = f"{tried}; in colour: 95 % interval of {many} fresh ones"
    title_and_legend(ax, title, said, scenario.changes_text)


def _dots(ax: Axes, found: Optimum, axes: tuple[_Axis, _Axis]) -> int:
    """All designs tried; how many are too far off to be shown."""
    own = found.reference.tried
    tried = [trial.sample for trial in found.trials if trial.sample is not None]
    dots = [tuple(_dot(one, own, axis) for axis in axes) for one in tried]
    seen = [_point(one, found, axes) for one in (found.reference, *found.looks)]
    ends = [[end for one in found.looks for end in _ends(one, found, axis)] for axis in axes]
    limits = [_limits([pair[i] for pair in dots], [*(pair[i] for pair in seen), *ends[i]]) for i in (0, 1)]
    inside = [pair for pair in dots if all(low <= v <= high for v, (low, high) in zip(pair, limits, strict=True))]
    ax.set_xlim(*limits[0])
    ax.set_ylim(*limits[1])
    if inside:
        ax.plot(*zip(*inside, strict=True), "o", color="0.75", markersize=4, linestyle="none", zorder=1)
    return len(dots) - len(inside)


def _ends(look: Look, found: Optimum, axis: _Axis) -> list[float]:
    """Of the interval of a design that was looked at again."""
    e = _estimate(look, found, axis)
    return [axis.factor * end for end in (e.ci_low, e.ci_high) if end is not None]


def _dot(sample: Sample, own: Sample, axis: _Axis) -> float:
    """Where a design lies on the search's replicates."""
    mean, less = sample.estimate(axis.metric).raw_mean, own.estimate(axis.metric).raw_mean if axis.relative else 0.0
    return float("nan") if mean is None or less is None else axis.factor * (mean - less)


def _limits(dots: Sequence[float], seen: Sequence[float]) -> tuple[float, float]:
    """Ends of an axis: all dots, as far as they are not far off what was looked at again."""
    low, high = min(seen), max(seen)
    reach = _FAR * max(high - low, 0.01 * max(abs(low), abs(high)), 1e-9)
    low, high = max(min([*dots, low]), low - reach), min(max([*dots, high]), high + reach)
    room = _ROOM * (high - low) or 1.0  # where all cost or yield the same
    return low - room, high + room


def _strategy(
    ax: Axes, ones: Sequence[Look], best: Sequence[Look], colour: str, of: tuple[Optimum, tuple[_Axis, _Axis]]
) -> None:
    """The designs of a strategy that were looked at again."""
    for i, look in enumerate(ones):
        good = any(look is one for one in best)
        across, up = (_estimate(look, of[0], axis) for axis in of[1])
        x, y = _point(look, *of)
        ax.errorbar(
            [x],
            [y],
            xerr=_reach(across, of[1][0].factor),
            yerr=_reach(up, of[1][1].factor),
            marker="o",
            markersize=8 if good else 6,
            color=colour,
            markerfacecolor=colour if good else "white",
            linewidth=1.2,
            linestyle="none",
            alpha=1.0 if good else 0.6,
            zorder=5 if good else 3,
            label=None if i else look.candidate.strategy,
        )


def _level(ax: Axes, found: Optimum, across: _Axis) -> None:
    """The limit of the first service level, where it is one of the mean."""
    sla = found.goal.slas[0]
    x = across.factor * sla.limit
    low, high = ax.get_xlim()
    room = _ROOM * (high - low)
    ax.set_xlim(min(low, x - room), max(high, x + room))
    ax.axvline(x, color="0.35", linewidth=1.0, linestyle=(0, (2, 2)))
    ax.annotate(str(sla), (x, 0.98), (-3, 0), xycoords=("data", "axes fraction"), textcoords="offset points",
                ha="right", va="top", rotation=90, fontsize=9, color="0.25")  # fmt: skip


def _name_designs(ax: Axes, found: Optimum, axes: tuple[_Axis, _Axis], best: Sequence[Look]) -> None:
    """Numbers at the ends and in the middle of the front, or at the winner, and beneath the axes what they are.

    They are those of the table.
    """
    places = sorted({0, len(best) // 2, len(best) - 1}) if best else []
    depth = 46.0
    for place in places:
        number = next(str(at) for at, look in enumerate(listed(found), start=1) if look is best[place])
        x, y = _point(best[place], found, axes)
        ax.annotate(number, (x, y), (8, 7), textcoords="offset points", fontsize=11, fontweight="bold", color="0.15",
                    zorder=7)  # fmt: skip
        for line in _what(number, best[place], found):
            ax.annotate(line, (0, 0), (0, -depth), xycoords="axes fraction", textcoords="offset points", va="top",
                        fontsize=8.5, color="0.2", annotation_clip=False)  # fmt: skip
            depth += _LINE
    across, up = axes
    ax.set_xlabel(across.label)
    ax.set_ylabel(up.label)
    for axis, side in ((across, ax.xaxis), (up, ax.yaxis)):
        if axis.factor == 100.0:
            side.set_major_formatter(PercentFormatter(xmax=100, symbol=" %"))


def _what(number: str, look: Look, found: Optimum) -> list[str]:
    """A design in words, in as many lines as it takes."""
    titles = {one.path: one.title for one in found.inputs}
    texts = [look.candidate.strategy, *(f"{titles[path]} {shown(v)}" for path, v in look.candidate.values.items())]
    lines = [f"{number}   {texts[0]}"]
    for text in texts[1:]:
        if len(lines[-1]) + len(text) > _LONGEST:
            lines.append(f"     {text}")
        else:
            lines[-1] += f";  {text}"
    return lines


def _axes_of(found: Optimum) -> tuple[_Axis, _Axis]:
    """Across and up."""
    goal = found.goal
    across = _axis(goal.slas[0].metric, found, False) if goal.slas else _axis(goal.output, found, True)
    return across, _axis(goal.cost, found, True)


def _axis(metric: str, found: Optimum, relative: bool) -> _Axis:
    """How a metric is shown: money and hours in millions where they are large, shares in percent."""
    about = METRICS[metric]
    name = plain(metric)
    if relative:
        name += " above the cheapest" if isinstance(found.as_given, Refusal) else " above the scenario as given"
    if about.unit == "1" and about.high == 1.0:
        return _Axis(metric, 100.0, name, relative)
    unit = about.unit_text
    largest = abs(found.reference.sample.estimate(metric).mean or 0.0)
    if largest >= 1e6:
        return _Axis(metric, 1e-6, f"{name}, million {unit}".rstrip(), relative)
    return _Axis(metric, 1.0, f"{name}, {unit}" if unit else name, relative)


def _estimate(look: Look, found: Optimum, axis: _Axis) -> Estimate:
    """Of a design on fresh replicates."""
    return found.above_reference(look, axis.metric) if axis.relative else look.sample.estimate(axis.metric)


def _point(look: Look, found: Optimum, axes: tuple[_Axis, _Axis]) -> tuple[float, float]:
    """Where a design lies on fresh replicates."""
    x, y = (axis.factor * (_estimate(look, found, axis).mean or 0.0) for axis in axes)
    return x, y


def _reach(estimate: Estimate, factor: float) -> list[list[float]] | None:
    """How far the interval of a mean reaches to either side."""
    if estimate.mean is None or estimate.ci_low is None or estimate.ci_high is None:
        return None
    down, up = estimate.mean - estimate.ci_low, estimate.ci_high - estimate.mean
    return [[factor * max(down, 0.0)], [factor * max(up, 0.0)]]
