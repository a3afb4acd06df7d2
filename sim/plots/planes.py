"""A quantity of each plane, day by day: a line each, or bands of many."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from sim.plots.axes import looks

Floats = NDArray[np.float64]

LINES = 5
"""Up to so many planes have a line each; of more planes bands are drawn."""
MEDIAN, MIDDLE, ALL = "median of {} planes", "10th to 90th percentile", "lowest to highest"


def plane_lines(ax: Axes, dates: Floats, values: Floats, *, width: float, names: list[str] | None = None) -> None:
    """A line for each plane; `values`, shape (planes, days), are NaN where nothing is to be shown."""
    for number, (line, look) in enumerate(zip(values, looks(len(values)), strict=True)):
        # Dashes of more than two lines that cross many times cannot be followed.
        how = look if len(values) <= 2 else {"color": look["color"], "linestyle": "-"}
        ax.plot(dates, line, label=names[number] if names else None, **{**how, "linewidth": width})


def plane_bands(ax: Axes, dates: Floats, values: Floats, *, color: str, width: float, named: bool = False) -> None:
    """Median over planes, the band of the middle 80 %, and that of all; `values` as in `plane_lines`."""
    shown = np.isfinite(values).any(axis=0)
    low, first, median, last, high = np.full((5, values.shape[1]), np.nan)
    levels = np.nanquantile(values[:, shown], (0.0, 0.1, 0.5, 0.9, 1.0), axis=0)
    low[shown], first[shown], median[shown], last[shown], high[shown] = levels
    look: dict[str, Any] = {"color": color, "linewidth": 0}
    ax.fill_between(dates, low, high, alpha=0.13, label=ALL if named else None, **look)
    ax.fill_between(dates, first, last, alpha=0.27, label=MIDDLE if named else None, **look)
    label = MEDIAN.format(len(values)) if named else None
    ax.plot(dates, median, color=color, linewidth=width, linestyle="-", label=label)
