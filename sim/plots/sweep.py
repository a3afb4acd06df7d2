"""Pictures of a sweep: lines with bands over one input, heat maps and the map of the best strategy over two."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import isfinite, nan
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap, Normalize
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from sim.exploration.inputs import Input, shown
from sim.plots.axes import looks, new_axes, root, split, title_and_legend
from sim.plots.style import styled

if TYPE_CHECKING:
    from sim.exploration import Sweep
    from sim.metrics import Metric

Floats = NDArray[np.float64]

_MOST_WRITTEN = 10  # cells in a row that have room for a number
_HATCH = "////"


def pictures_of_sweep(sweep: Sweep) -> dict[str, Callable[[], Axes]]:
    """What draws each picture that a sweep has; `NAME.png` is its file in the sweep's folder."""
    if sweep.is_grid and len(sweep.inputs) == 1:
        return {"lines": lambda: sweep_lines(sweep)}
    if sweep.is_grid and len(sweep.inputs) == 2:
        found: dict[str, Callable[[], Axes]] = {"heat_map": lambda: heat_map(sweep)}
        return {**found, "regime_map": lambda: regime_map(sweep)} if len(sweep.strategies) > 1 else found
    return {"points": lambda: sweep_points(sweep)}


@styled
def sweep_lines(sweep: Sweep, *, ax: Axes | None = None) -> Axes:
    """The metric of each strategy over the only input: mean and 95 % interval.

    Raises `ValueError` for a sweep of several inputs.
    """
    if len(sweep.inputs) != 1:
        raise ValueError("lines need a sweep of one input")
    ax = new_axes(9.0, 5.0) if ax is None else ax
    (one,) = sweep.inputs
    factor, unit = scale_of(sweep.metric)
    order = sorted(range(len(sweep.outcomes)), key=lambda at: _sort_key(sweep.outcomes[at].values[one.path]))
    x = _positions(ax, one, [sweep.outcomes[at].values[one.path] for at in order])
    for name, look in zip(sweep.strategies, looks(len(sweep.strategies)), strict=True):
        estimates = [sweep.outcomes[at].estimates[name] for at in order]
        mean, low, high = (
            np.array([nan if value is None else factor * value for value in column])
            for column in zip(*((e.mean, e.ci_low, e.ci_high) for e in estimates), strict=True)
        )
        ax.fill_between(x, low, high, color=look["color"], alpha=0.15, linewidth=0)
        ax.plot(x, mean, label=name, marker="o", markersize=4, **look)
    if isinstance(one.base, (int, float)) and _is_numeric(one):
        ax.axvline(one.base, color="0.6", linewidth=1.0, linestyle="-", zorder=0)
        ax.annotate(f"{shown(one.base)} in the scenario", (one.base, 0.98), (3, 0), fontsize=9, color="0.4", va="top",
                    xycoords=("data", "axes fraction"), textcoords="offset points")  # fmt: skip
    several = len(sweep.strategies) > 1
    if several:
        _strip_of_the_best(ax, sweep, x, order)
    ax.set_xlabel(one.title)
    ax.set_ylabel(f"{readable(sweep.metric.name)}, {unit}")
    better = "higher" if sweep.metric.better == "higher" else "lower"
    title_and_legend(
        ax,
        f"{sweep.study.base.name}: {readable(sweep.metric.name)}{', by strategy' if several else ''}",
        f"{better} is better; {_replicates(sweep)}; band: 95 % interval{' of each alone' if several else ''}"
        + ("; strip: the best one, by paired differences" if several else ""),
        sweep.study.base.changes_text,
    )
    return ax


def _strip_of_the_best(ax: Axes, sweep: Sweep, x: Floats, order: Sequence[int]) -> None:
    """Along the bottom the colour of the best strategy at each point, hatched where that is not clear."""
    low, high = ax.get_ylim()
    ax.set_ylim(low - 0.09 * (high - low), high)
    place = np.log(x) if ax.get_xscale() == "log" else x
    middles = (place[1:] + place[:-1]) / 2
    left, right = ax.get_xlim()
    edges = np.exp(middles) if ax.get_xscale() == "log" else middles
    ends = np.concatenate([[left], edges, [right]])
    ax.set_xlim(left, right)
    colours = [look["color"] for look in looks(len(sweep.strategies))]
    unclear = False
    for number, at in enumerate(order):
        outcome = sweep.outcomes[at]
        if outcome.winner is None:
            continue
        unclear |= not outcome.clear
        ax.axvspan(ends[number], ends[number + 1], 0.0, 0.06, facecolor=colours[sweep.strategies.index(outcome.winner)],
                   hatch=None if outcome.clear else _HATCH, edgecolor="white", linewidth=0)  # fmt: skip
    if unclear:
        ax.add_patch(Rectangle((x[0], low), 0, 0, facecolor="0.6", hatch=_HATCH, edgecolor="white",
                               label="not clear at 95 %"))  # fmt: skip


@styled
def heat_map(sweep: Sweep, *, ax: Axes | None = None) -> Axes:
    """The mean of the metric over two inputs, a panel for each strategy, in one scale of colours.

    Raises `ValueError` for a sweep that is no grid of two inputs.
    """
    across, up = _two_inputs(sweep)
    count = len(sweep.strategies)
    ax = new_axes(2.2 + max(0.75 * len(across.values), 2.6) * count, 2.2 + 0.55 * len(up.values)) if ax is None else ax
    factor, unit = scale_of(sweep.metric)
    grids = [factor * _grid(sweep, lambda o, name=name: o.estimates[name].mean) for name in sweep.strategies]  # type: ignore[misc]
    known = np.concatenate([grid[np.isfinite(grid)] for grid in grids])
    norm = Normalize(float(known.min()), float(known.max())) if len(known) else Normalize(0, 1)
    colours = "viridis" if sweep.metric.better == "higher" else "viridis_r"
    panels = split(ax, 1, count, wspace=0.04)
    for panel, name, grid in zip(panels, sweep.strategies, grids, strict=True):
        mesh = panel.pcolormesh(np.arange(len(across.values)), np.arange(len(up.values)), grid, cmap=colours, norm=norm,
                                edgecolors="white", linewidth=0.8)  # fmt: skip
        _write(panel, grid, lambda at, v: _ink(norm(v), colours), spread=float(np.ptp(known)) if len(known) else 1.0)
        _cell_axes(panel, across, up, labelled=panel is ax)
        panel.set_xlabel(f"{_wrapped(across.title, 46)}\n{name}")
    bar = root(ax).colorbar(mesh, ax=panels, fraction=0.04, pad=0.01)
    bar.set_label(f"{unit}; yellow is best")
    title_and_legend(
        ax,
        f"{sweep.study.base.name}: {readable(sweep.metric.name)}",
        f"mean of {_replicates(sweep)}, {unit}; {sweep.metric.better} is better",
        sweep.study.base.changes_text,
    )
    return ax


@styled
def regime_map(sweep: Sweep, *, ax: Axes | None = None) -> Axes:
    """Which strategy is best where, over two inputs; hatched where that is not clear with 95 % confidence.

    The number is by how much the best one is ahead of the next.  Raises `ValueError` for a sweep that is no grid of two
    inputs.
    """
    across, up = _two_inputs(sweep)
    ax = new_axes(2.6 + max(1.0 * len(across.values), 4.5), 2.4 + 0.62 * len(up.values)) if ax is None else ax
    factor, unit = scale_of(sweep.metric, difference=True)
    colours = [look["color"] for look in looks(len(sweep.strategies))]
    winners = _grid(sweep, lambda o: None if o.winner is None else sweep.strategies.index(o.winner))
    ax.pcolormesh(np.arange(len(across.values)), np.arange(len(up.values)), winners, cmap=ListedColormap(colours),
                  norm=Normalize(-0.5, len(colours) - 0.5), edgecolors="white", linewidth=0.8, alpha=0.8)  # fmt: skip
    clear = _grid(sweep, lambda o: float(o.clear))
    for row, column in np.argwhere(clear == 0):
        ax.add_patch(Rectangle((column - 0.5, row - 0.5), 1, 1, fill=False, hatch=_HATCH, edgecolor="white",
                               linewidth=0))  # fmt: skip
    ahead = factor * _grid(sweep, lambda o: abs(o.differences[o.order[1]].mean or 0.0) if len(o.order) > 1 else None)
    _write(ax, ahead, lambda at, v: "white", spread=float(np.nanmax(ahead)), box=colours, which=winners)
    _cell_axes(ax, across, up, labelled=True)
    present = sorted({int(w) for w in winners[np.isfinite(winners)]})
    for at in present:
        ax.scatter([], [], marker="s", s=90, color=colours[at], label=f"{sweep.strategies[at]} is best", alpha=0.8)
    if (clear == 0).any():
        ax.add_patch(Rectangle((-9, -9), 0, 0, facecolor="0.6", hatch=_HATCH, edgecolor="white",
                               label="not clear at 95 %"))  # fmt: skip
    _mark_base(ax, across, up)
    title_and_legend(
        ax,
        f"{sweep.study.base.name}: which strategy is best where",
        f"by {readable(sweep.metric.name)}; number: how far ahead of the next, {unit}; {_replicates(sweep)}",
        sweep.study.base.changes_text,
    )
    return ax


@styled
def sweep_points(sweep: Sweep, *, ax: Axes | None = None) -> Axes:
    """Every point over each input: the difference of the two strategies that are best most often.

    Of a single strategy its metric.  Filled where the difference is clear with 95 % confidence, hollow where it is not.
    """
    inputs = sweep.inputs
    columns = min(len(inputs), 4)
    rows = -(-len(inputs) // columns)
    ax = new_axes(2.9 * columns + 0.8, 2.7 * rows + 1.0) if ax is None else ax
    value, label, first = _compared(sweep)
    factor, unit = scale_of(sweep.metric, difference=len(sweep.strategies) > 1)
    y = np.array([nan if (v := value(outcome)) is None else factor * v for outcome in sweep.outcomes])
    clear = np.array([outcome.clear for outcome in sweep.outcomes]) | (len(sweep.strategies) == 1)
    panels = split(ax, rows, columns, wspace=0.04, hspace=0.08)
    for number, panel in enumerate(panels):
        if number >= len(inputs):
            panel.set_visible(False)
            continue
        one = inputs[number]
        x = _positions(panel, one, [outcome.values[one.path] for outcome in sweep.outcomes])
        panel.axhline(0, color="0.35", linewidth=1.0) if len(sweep.strategies) > 1 else None
        for mark, filled in ((clear, True), (~clear, False)):
            panel.scatter(x[mark], y[mark], s=16, facecolors=looks(1)[0]["color"] if filled else "none",
                          edgecolors=looks(1)[0]["color"], linewidths=0.9)  # fmt: skip
        panel.set_xlabel(_wrapped(one.title, 30), fontsize=9)
        if number % columns:
            panel.tick_params(labelleft=False)
        else:
            panel.set_ylabel(unit)
    title_and_legend(ax, f"{sweep.study.base.name}: {label}", f"{_replicates(sweep)} at each of {len(y)} points{first}",
                     sweep.study.base.changes_text)  # fmt: skip
    return ax


def _compared(sweep: Sweep) -> tuple[Callable[[Any], float | None], str, str]:
    """(value of an outcome, what it is, how to read it)."""
    if len(sweep.strategies) == 1:
        name = sweep.strategies[0]
        return (lambda o: o.estimates[name].mean), readable(sweep.metric.name), ""
    often = [o.winner for o in sweep.outcomes]
    a, b = sorted(sweep.strategies, key=lambda name: -often.count(name))[:2]

    def ahead(outcome: Any) -> float | None:
        first, second = outcome.estimates[a].mean, outcome.estimates[b].mean
        return None if first is None or second is None else float(first - second)

    side = "above" if sweep.metric.better == "higher" else "below"
    return ahead, f"{readable(sweep.metric.name)}, {a} less {b}", f"; {side} 0 {a} is better; hollow: best is not clear"


def scale_of(metric: Metric, *, difference: bool = False) -> tuple[float, str]:
    """By what values are multiplied, and the unit of the product."""
    if metric.high == 1.0:
        return 100.0, "percentage points" if difference else "%"
    if metric.unit == "USD":
        return 1e-6, "million USD"
    return 1.0, metric.unit_text or "number"


def readable(text: str) -> str:
    """A metric's name as one reads it, without a unit that stands elsewhere."""
    for old, new in (("_usd", ""), ("_", " "), ("gpu hour", "GPU-hour"), ("gpu", "GPU"), ("mwh", "MWh")):
        text = text.replace(old, new)
    return text


def _replicates(sweep: Sweep) -> str:
    count = sweep.study.plan.replicates
    return f"{count} replicates" if count > 1 else "1 replicate"


def _two_inputs(sweep: Sweep) -> tuple[Input, Input]:
    """(across, up) of a grid."""
    if len(sweep.inputs) != 2 or not sweep.is_grid:
        raise ValueError("a map needs a grid of two inputs")
    return sweep.inputs[0], sweep.inputs[1]


def _grid(sweep: Sweep, of: Callable[[Any], float | None]) -> Floats:
    """A figure of each outcome, shape (values up, values across)."""
    across, up = _two_inputs(sweep)
    values = [nan if (value := of(outcome)) is None else float(value) for outcome in sweep.outcomes]
    return np.array(values).reshape(len(across.values), len(up.values)).T


def _cell_axes(ax: Axes, across: Input, up: Input, *, labelled: bool) -> None:
    ax.grid(visible=False)
    ax.set_xlim(-0.5, len(across.values) - 0.5)
    ax.set_ylim(-0.5, len(up.values) - 0.5)
    ax.set_xticks(range(len(across.values)), [shown(value) for value in across.values])
    ax.set_yticks(range(len(up.values)), [shown(value) for value in up.values] if labelled else [])
    ax.tick_params(length=0)
    for side in ("left", "bottom"):
        ax.spines[side].set_visible(False)
    ax.set_xlabel(_wrapped(across.title, 46))
    if labelled:
        ax.set_ylabel(_wrapped(up.title, 34))


def _write(
    ax: Axes,
    grid: Floats,
    ink: Callable[[tuple[int, int], float], str],
    *,
    spread: float,
    box: Sequence[str] | None = None,
    which: Floats | None = None,
) -> None:
    """The number in each cell, where there is room, on a patch of the cell's colour where it is hatched."""
    if grid.shape[1] > _MOST_WRITTEN:
        return
    size = max(abs(spread), 1e-12)
    places = int(np.clip(2 - np.floor(np.log10(size)), 0, 4))
    for (row, column), value in np.ndenumerate(grid):
        if isfinite(value):
            behind = None
            if box is not None and which is not None:
                behind = {"facecolor": box[int(which[row, column])], "edgecolor": "none", "pad": 1.5, "alpha": 0.9}
            ax.text(column, row, f"{value:,.{places}f}", ha="center", va="center", fontsize=8.5,
                    color=ink((row, column), value), bbox=behind)  # fmt: skip


def _ink(share: float, colours: str) -> str:
    """Letters that can be read on a colour of a map."""
    light = share > 0.55 if colours == "viridis" else share < 0.45
    return "black" if light else "white"


def _mark_base(ax: Axes, across: Input, up: Input) -> None:
    """A ring where the scenario's own values lie, if they lie inside."""
    x, y = (_place(one) for one in (across, up))
    if x is not None and y is not None:
        ax.plot([x], [y], marker="*", markersize=13, markerfacecolor="white", markeredgecolor="black", linestyle="none",
                label="the scenario's own values")  # fmt: skip


def _place(one: Input) -> float | None:
    """Where the base value lies among the values of a grid, in cells; none: outside, or no number."""
    if not _is_numeric(one) or not isinstance(one.base, (int, float)) or isinstance(one.base, bool):
        return None
    values = np.array(one.values, dtype=float)
    if one.base < values.min() or one.base > values.max() or (np.diff(values) <= 0).any():
        return None
    axis = np.log(values) if one.logarithmic else values
    return float(np.interp(np.log(one.base) if one.logarithmic else one.base, axis, np.arange(len(values))))


def _is_numeric(one: Input) -> bool:
    return all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in one.values)


def _positions(ax: Axes, one: Input, values: Sequence[Any]) -> Floats:
    """Where values lie on the x axis, which gets their ticks or a logarithmic scale."""
    if _is_numeric(one):
        if one.logarithmic:
            ax.set_xscale("log")
            ticks = [factor * 10.0**power for power in range(-12, 13) for factor in (1, 2, 5)]
            inside = [tick for tick in ticks if min(values) * 0.999 <= tick <= max(values) * 1.001]
            step = max(1, -(-len(inside) // 6))
            ax.set_xticks(inside[::step], [shown(tick) for tick in inside[::step]])
            ax.minorticks_off()
        return np.array(values, dtype=float)
    names = [str(value) for value in one.values]
    ax.set_xticks(range(len(names)), names)
    return np.array([names.index(str(value)) for value in values], dtype=float)


def _sort_key(value: Any) -> tuple[bool, Any]:
    text = isinstance(value, (str, bool))
    return text, 0 if text else value


def _wrapped(text: str, width: int) -> str:
    from textwrap import fill

    return fill(text, width)
