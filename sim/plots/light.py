"""The share of each orbit in sunlight, and eclipse seasons, beneath other pictures."""

from __future__ import annotations

from datetime import date

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from sim.environment import Environment
from sim.plots.axes import dates_of, percent

Floats = NDArray[np.float64]


def light_strip(strip: Axes, environment: Environment, start: date, main: Axes) -> None:
    """Draw the sunlit share of the orbit on `strip`, and shade eclipse seasons there and on `main`."""
    dates, sunlit = light_of(environment, start)
    low, high = sunlit.min(axis=0), sunlit.max(axis=0)
    strip.plot(dates, sunlit.mean(axis=0), color="#8A5A00", linewidth=1.2, linestyle="-")
    if len(sunlit) > 1:
        strip.fill_between(dates, low, high, color="#E69F00", alpha=0.45, linewidth=0)
        strip.annotate("mean and\nrange of\nplanes", (1.0, 0.5), (6, 0), xycoords="axes fraction",
                       textcoords="offset points", va="center", fontsize=8, color="0.25")  # fmt: skip
    strip.set_ylabel("sunlit\n(% of orbit)")
    percent(strip, 2)
    strip.set_ylim(min(float(low.min()), 99.0) - 1.0, 101.0)
    dark = low < 100 * (1 - 1e-9)
    if dark.any() and not dark.all():
        for axes, label in ((main, "eclipse season"), (strip, None)):
            axes.fill_between(dates, 0, 1, where=dark, transform=axes.get_xaxis_transform(), color="0.9", linewidth=0,
                              zorder=0, label=label)  # fmt: skip


def light_of(environment: Environment, start: date) -> tuple[Floats, Floats]:
    """Dates of the mission's days, shape (days,), and sunlit share of each plane's orbit, %, shape (planes, days)."""
    inside = environment.days <= environment.horizon_days
    return dates_of(start, environment.days[inside]), np.asarray(100 * environment.sunlit[:, inside], dtype=float)
