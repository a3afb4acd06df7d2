"""Net cost of each strategy against the value of a GPU-hour, and where the best one changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from sim.plots.axes import beneath, looks, new_axes, percent, title_and_legend
from sim.plots.style import styled

if TYPE_CHECKING:
    from sim.experiment.envelope import Stretch
    from sim.experiment.study import Study

Floats = NDArray[np.float64]

_VALUES = 200  # points of a curve
_MANY = 6  # strategies that have a look of their own, whether best anywhere or not
_FAR = 20.0  # times today's value
_FLIPS_SHOWN = 1.4  # the axis reaches so far past the last flip
_LEAST_REACH = 2.0  # and past today's value
_STRIP = -0.12  # bottom of the axes, as a share of their top
_LETTER = 0.012  # width of a letter, as a share of the axes


@styled
def net_cost(study: Study, *, ax: Axes | None = None) -> Axes:
    """How much more each strategy costs at equal service than the best one, by the value of a GPU-hour.

    Line: mean; band: 95 % interval of the paired difference to the best one at that value.  The strip beneath says
    which is best, and the axes below how sure that is: lines, the probability that a strategy's mean is the lowest;
    dots, the share of single replicates in which it is.  Raises `ValueError` for a study without jobs or of one
    strategy.
    """
    best = study.envelope()
    if best is None or len(study.strategies) < 2:
        raise ValueError("net cost needs jobs, and two strategies or more")
    ax = new_axes(9.0, 6.4) if ax is None else ax
    below = beneath(ax, 0.34)
    today = study.scenario.service.value_usd_per_gpu_hour
    last = best.flips[-1].value_usd if best.flips else 0.0
    reach = max(_FLIPS_SHOWN * last, _LEAST_REACH * today, 1.0)
    values = _value_axis(ax, reach, today)
    above = best.above_lowest(values)
    styles = _styles(study.strategies, [one.strategy for one in best.stretches])
    for name, band in above.items():
        mean, low, high = (line / 1e6 for line in band)
        if look := styles.get(name):
            ax.fill_between(values, low, high, color=look["color"], alpha=0.15, linewidth=0)
            ax.plot(values, mean, label=name, **look)
        else:
            ax.plot(values, mean, color="0.75", linewidth=0.9, zorder=1)
    if others := len(study.strategies) - len(styles):
        ax.plot([], [], color="0.75", linewidth=0.9, label=f"{others} others, best at no value")
    ends = {name: float(band.mean[[0, -1]].max()) / 1e6 for name, band in above.items()}
    # As high as what is best somewhere rises, and at least as the one that comes nearest to it.
    nearest = min((end for end in ends.values() if end > 0), default=1.0)
    top = 1.15 * max(nearest, *(ends[one.strategy] for one in best.stretches))
    ax.set_ylim(_STRIP * top, top)
    for number, stretch in enumerate(best.stretches):
        _stretch(ax, number, stretch, reach, styles[stretch.strategy]["color"])
    if outside := [name for name in styles if above[name].mean.min() / 1e6 > top]:
        ax.annotate(f"above the scale: {', '.join(outside)}", (0.995, 0.985), xycoords="axes fraction", ha="right",
                    va="top", fontsize=8.5, color="0.35")  # fmt: skip
    ax.axvline(today, color="0.6", linewidth=1.0, linestyle="-")
    ax.annotate(f"${today:g}: value in the scenario", (today, 0.80), (3, 0), xycoords=("data", "axes fraction"),
                textcoords="offset points", va="top", fontsize=9, color="0.4")  # fmt: skip
    _chance_lines(below, study, values, styles)
    ax.set_ylabel("net cost above the lowest, million USD")
    count = study.replicates
    many = f"line: mean of {count} replicates; band: 95 % interval" if count > 1 else "one replicate"
    title_and_legend(
        ax,
        f"{study.scenario.name}: which strategy is best at which value of a GPU-hour",
        f"0 is the best one, which the strip beneath names by its colour; {many}",
        study.scenario.changes_text,
    )
    return ax


def _chance_lines(ax: Axes, study: Study, values: Floats, styles: Mapping[str, Mapping[str, Any]]) -> None:
    """How sure it is at each value which strategy is the best: in the mean, and in single replicates."""
    assert study.chances is not None
    found = [study.chances.at(float(value)) for value in values]
    for number, name in enumerate(study.strategies):
        if look := styles.get(name):
            ax.plot(values, [100 * one[number].p_best for one in found], color=look["color"], linestyle="none",
                    marker=".", markersize=4, markevery=4)  # fmt: skip
            if study.replicates > 1:
                ax.plot(values, [100 * (one[number].p_lowest_mean or 0.0) for one in found], **look)
    ax.set_ylim(-4, 104)
    percent(ax, 2)
    ax.set_ylabel("is the best")
    ax.set_xlabel(
        "value of a useful GPU-hour, USD\nbelow, line: probability that the mean is the lowest; dots: share of single "
        "replicates"
    )


def _value_axis(ax: Axes, reach: float, today: float) -> Floats:
    """Set the axis of values, logarithmic beyond today's where the last flip lies far beyond; the values of a curve."""
    if reach <= _FAR * max(today, 1.0):
        ax.set_xlim(0, reach)
        return np.linspace(0, reach, _VALUES)
    linear = max(today, 1.0)
    ax.set_xscale("symlog", linthresh=linear, linscale=0.7)
    ax.set_xlim(0, reach)
    steps = [factor * 10.0**power for power in range(-2, 8) for factor in (1, 2, 5)]
    shown = [step for step in steps if linear / 3 < step < reach]
    ax.set_xticks([0.0, *shown], ["0", *(f"{step:,g}" for step in shown)])
    ax.minorticks_off()
    beyond = np.geomspace(linear, reach, _VALUES)
    return np.concatenate([np.linspace(0, linear, _VALUES // 4, endpoint=False), beyond])


def _styles(names: Sequence[str], best: Sequence[str]) -> dict[str, dict[str, Any]]:
    """How strategies are drawn; where there are many, only those that are best somewhere have a look of their own."""
    shown = names if len(names) <= _MANY else list(dict.fromkeys(best))
    return dict(zip(shown, looks(len(shown)), strict=True))


def _stretch(ax: Axes, number: int, stretch: Stretch, reach: float, colour: str) -> None:
    """The strip of the best strategy in its colour, named where there is room, and the value at which it begins."""
    left, right = stretch.from_usd, min(stretch.to_usd, reach)
    bottom = ax.get_ylim()[0]
    ax.fill_between([left, right], bottom, 0.3 * bottom, color=colour, alpha=0.9, linewidth=0)
    begin, end = _share_of_axis(ax, left), _share_of_axis(ax, right)
    if end - begin > _LETTER * len(stretch.strategy):
        ax.annotate(stretch.strategy, (0.5 * (begin + end), 0.65 * bottom), xycoords=ax.get_yaxis_transform(),
                    ha="center", va="center", fontsize=9, color="white", fontweight="bold")  # fmt: skip
    if number:
        ax.axvline(left, color="0.35", linewidth=1.0, linestyle=(0, (2, 2)))
        # Neighbours stand on different heights.
        ax.annotate(f"${left:,.2f}", (left, 1.0), (3, -4 - 13 * (number % 3)), xycoords=("data", "axes fraction"),
                    textcoords="offset points", va="top", fontsize=9, color="0.25")  # fmt: skip


def _share_of_axis(ax: Axes, value: float) -> float:
    """Where a value lies on the axis of values, from 0 at its left end to 1."""
    x, _ = ax.transAxes.inverted().transform(ax.transData.transform((value, 0.0)))
    return float(x)
