"""Axes: where they stand, what is written on them, and their dates."""

from __future__ import annotations

from datetime import date
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter, date2num
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def new_axes(width: float, height: float) -> Axes:
    """Axes on a figure of their own, in inches."""
    figure = Figure(figsize=(width, height))
    FigureCanvasAgg(figure)
    axes: Axes = figure.add_subplot()
    return axes


def root(ax: Axes) -> Figure:
    """The whole figure that these axes stand in."""
    return ax.figure.canvas.figure


def beneath(ax: Axes, height: float) -> Axes:
    """Axes under `ax`, with the same x, `height` times as high; both share the place that `ax` had."""
    upper, lower = split(ax, 2, 1, height_ratios=(1, height), hspace=0.04)
    ax.tick_params(labelbottom=False)
    lower.sharex(upper)
    return lower


def split(ax: Axes, rows: int, columns: int, **spacing: Any) -> list[Axes]:
    """Divide the place of `ax` into a grid: `ax` itself in the first cell, new axes in the others."""
    place = ax.get_subplotspec()
    if place is None:
        raise ValueError("these axes have no place in a grid to divide; make them with add_subplot or subplots")
    grid = place.subgridspec(rows, columns, **spacing)
    ax.set_subplotspec(grid[0])
    figure = ax.figure
    return [ax, *(figure.add_subplot(grid[cell]) for cell in range(1, rows * columns))]


def looks(count: int) -> list[dict[str, Any]]:
    """Colour and dashes of each of `count` lines."""
    cycle = list(matplotlib.rcParams["axes.prop_cycle"])
    return [cycle[i % len(cycle)] for i in range(count)]


def percent(ax: Axes, ticks: int) -> None:
    """Whole percentages on the y axis, about so many."""
    ax.yaxis.set_major_locator(MaxNLocator(ticks, integer=True, steps=[1, 2, 5, 10]))
    ax.yaxis.set_major_formatter(PercentFormatter(decimals=0, symbol=" %"))


def marked_level(ax: Axes, level: float, text: str) -> None:
    """A level across the axes, named to the right of them."""
    ax.axhline(level, color="0.35", linewidth=1.0, linestyle=(0, (2, 2)))
    ax.annotate(text, (1.0, level), (6, 0), xycoords=("axes fraction", "data"), textcoords="offset points", va="center",
                fontsize=9, color="0.25")  # fmt: skip


def mark_end(ax: Axes, when: float, color: str, *, what: str = "satellite", named: bool = True) -> None:
    """Where a curve ends at 0 before the mission does: the last satellite, or what it is, has ended."""
    ax.plot([when], [0], marker="x", markersize=7, markeredgewidth=2, color=color, linestyle="none", clip_on=False,
            zorder=4, label=f"the last {what} ends" if named else None)  # fmt: skip


def title_and_legend(ax: Axes, title: str, subtitle: str, changes: str = "") -> None:
    """Above the axes, in lines that cannot meet: title, subtitle, then the legend where something has a label.

    `changes`: what was laid on the scenario (`Scenario.changes_text`), a line beneath the title.
    """
    labels = ax.get_legend_handles_labels()[1]
    columns = 2 if max((len(label) for label in labels), default=0) > 24 else 4
    rows = -(-len(labels) // columns)
    if labels:
        ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=columns, borderaxespad=0.2, borderpad=0.2,
                  handlelength=3.2, columnspacing=1.6)  # fmt: skip
    above = 6.0 + 15.0 * rows
    for text in filter(None, (subtitle, changes)):
        line = ax.annotate(text, (0, 1), (0, above), xycoords="axes fraction", textcoords="offset points", fontsize=9,
                           color="0.35", annotation_clip=False)  # fmt: skip
        line.set_in_layout(False)
        above += 13.0
    above -= 13.0
    # The layout takes a title to be as wide as a point at its middle, which may lie beyond narrow axes; so the title
    # stands aside, as does the subtitle, and an empty line keeps their room.
    ax.set_title(title, pad=above + 15).set_in_layout(False)
    ax.annotate(" ", (0, 1), (0, above + 18), xycoords="axes fraction", textcoords="offset points", fontsize=12,
                annotation_clip=False)  # fmt: skip


def dates_of(start: date, days: Floats) -> Floats:
    """Mission days as matplotlib's dates."""
    origin: float = date2num(start)  # type: ignore[no-untyped-call]  # matplotlib.dates has no types
    dates: Floats = origin + np.asarray(days, dtype=float)
    return dates


def date_axis(ax: Axes, start: date, horizon_days: float) -> None:
    """Calendar dates over the mission, on the lowest axes."""
    first, last = dates_of(start, np.array([0.0, horizon_days]))
    ax.set_xlim(first, last)
    locator = AutoDateLocator(minticks=3, maxticks=9)  # type: ignore[no-untyped-call]
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]
    ax.set_xlabel("date (UTC)")
