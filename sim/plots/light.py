"""Sunlight over the mission."""

from __future__ import annotations

from datetime import date

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from sim.environment import Environment
from sim.plots.axes import date_axis, dates_of, looks, new_axes, percent, root, title_and_legend
from sim.plots.style import styled

Floats = NDArray[np.float64]


@styled
def sunlit(environment: Environment, start: date, *, ax: Axes | None = None) -> Axes:
    """Share of each orbit in light over the mission; `start` is the date of mission day 0.

    Lines for one or two planes; a map of plane and date for more, whose lines would hide each other.
    """
    planes = environment.planes
    ax = new_axes(9.0, 4.2) if ax is None else ax
    dates, share = light_of(environment, start)
    names = [
        f"plane {p.name}, LTAN {p.ltan_h:g} h" if p.ltan_h is not None else f"plane {p.name}, RAAN {p.raan_deg:.0f}°"
        for p in planes
    ]
    if len(planes) <= 2:
        for name, values, look in zip(names, share, looks(len(planes)), strict=True):
            ax.plot(dates, values, label=name, **look)
        ax.set_ylim(min(float(share.min()), 99.0) - 1.0, 100.5)
        percent(ax, 8)
        ax.set_ylabel("sunlit (% of orbit)")
    else:
        extent = (float(dates[0]), float(dates[-1]), len(planes) - 0.5, -0.5)
        image = ax.imshow(share, extent=extent, aspect="auto", interpolation="nearest", cmap="cividis", vmax=100)
        percent(root(ax).colorbar(image, ax=ax, label="sunlit (% of orbit)").ax, 8)
        ax.grid(visible=False)
        if len(planes) <= 12:
            ax.set_yticks(range(len(planes)), names)
        else:
            ax.set_ylabel("plane (number, from 0)")
    title_and_legend(ax, "Share of each orbit in sunlight", "day by day; 100 %: no eclipse")
    date_axis(ax, start, environment.horizon_days)
    return ax


def light_strip(strip: Axes, environment: Environment, start: date, main: Axes) -> None:
    """Share of the orbit in light beneath the main axes, and its eclipse seasons shaded in both."""
    dates, sunlit = light_of(environment, start)
    low, high = sunlit.min(axis=0), sunlit.max(axis=0)
    strip.plot(dates, sunlit.mean(axis=0), color="#8A5A00", linewidth=1.2, linestyle="-")
    if len(sunlit) > 1:
        strip.fill_between(dates, low, high, color="#E69F00", alpha=0.45, linewidth=0)
        strip.annotate("mean,\nrange of\nplanes", (1.0, 0.5), (6, 0), xycoords="axes fraction",
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
    """Dates of the mission's days, and each plane's share of the orbit in light on them, %."""
    inside = environment.days <= environment.horizon_days
    return dates_of(start, environment.days[inside]), np.asarray(100 * environment.sunlit[:, inside], dtype=float)
