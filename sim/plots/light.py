"""The share of each orbit in sunlight, and eclipse seasons, beneath other pictures."""

from __future__ import annotations

from datetime import date

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from sim.environment import Environment
from sim.plots.axes import dates_of, percent
from sim.plots.planes import LINES, plane_bands

Floats = NDArray[np.float64]

_COLOR = "#8A5A00"
_LINE_COLORS = ("#5C3A00", "#E69F00", "#A86A00", "#F0C24B", "#000000")
"""Of the lines of a few planes: which is which does not matter here."""


def light_strip(strip: Axes, environment: Environment, start: date, main: Axes) -> None:
    """Draw the sunlit share of the orbit on `strip`, and shade eclipse seasons there and on `main`."""
    dates, sunlit = light_of(environment, start)
    planes = len(sunlit)
    if planes <= LINES:
        for line, color in zip(sunlit, _LINE_COLORS, strict=False):
            strip.plot(dates, line, color=color, linewidth=1.2 if planes == 1 else 0.8, linestyle="-")
        said = f"a line for\neach of the\n{planes} planes"
    else:
        plane_bands(strip, dates, sunlit, color=_COLOR, width=1.2)
        said = f"{planes:,} planes:\nmedian, 10-90 %\nand range"
    if planes > 1:
        strip.annotate(said, (1.0, 0.5), (6, 0), xycoords="axes fraction", textcoords="offset points", va="center",
                       fontsize=8, color="0.25")  # fmt: skip
    strip.set_ylabel("sunlit\n(% of orbit)")
    percent(strip, 2)
    strip.set_ylim(min(float(sunlit.min()), 99.0) - 1.0, 101.0)
    dark = sunlit.min(axis=0) < 100 * (1 - 1e-9)
    if dark.any() and not dark.all():
        for axes, label in ((main, "eclipse season"), (strip, None)):
            axes.fill_between(dates, 0, 1, where=dark, transform=axes.get_xaxis_transform(), color="0.9", linewidth=0,
                              zorder=0, label=label)  # fmt: skip


def light_of(environment: Environment, start: date) -> tuple[Floats, Floats]:
    """Dates of the mission's days, shape (days,), and sunlit share of each plane's orbit, %, shape (planes, days)."""
    inside = environment.days <= environment.horizon_days
    return dates_of(start, environment.days[inside]), np.asarray(100 * environment.sunlit[:, inside], dtype=float)
