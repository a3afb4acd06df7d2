"""Online capacity of each strategy over the mission."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from sim.plots.axes import (
    beneath,
    date_axis,
    dates_of,
    looks,
    mark_end,
    marked_level,
    new_axes,
    percent,
    title_and_legend,
)
from sim.plots.light import light_strip
from sim.plots.style import styled

if TYPE_CHECKING:
    from sim.experiment.study import Study

Floats = NDArray[np.float64]


@styled
def compute_availability(study: Study, *, ax: Axes | None = None) -> Axes:
    """Share of the nameplate GPUs online over the mission: median and 10-90 % band of each strategy's replicates.

    A strip beneath shows the sunlit share of the orbit.  Days on which some plane has eclipses are shaded, unless all
    days have.
    """
    ax = new_axes(9.0, 5.2) if ax is None else ax
    scenario, environment = study.scenario, study.environment
    strip = ax if environment.hall is not None else beneath(ax, 0.22)  # no light to show on the ground
    # Planes that pause in turn alternate within weeks, which would hide the strategies: average over it.
    alternate = environment.policy in ("pause", "migrate") and len(environment.shell_planes) > 1
    lowest, replicates, ended = 100.0, study.replicates, False
    for name, look in zip(study.strategies, looks(len(study.strategies)), strict=True):
        series = np.asarray(study.daily(name, "online_fraction"), dtype=float)
        centres, online = _moving_mean(100 * series, 30 if alternate else 1)
        centres = np.minimum(centres, scenario.mission.days)  # the last day may be short
        end = _last_day(study, name)
        days, values = _until(end, centres, online)
        dates = dates_of(scenario.mission.start, days)
        low, median, high = np.quantile(values, (0.1, 0.5, 0.9), axis=0)
        if replicates > 1:
            ax.fill_between(dates, low, high, color=look["color"], alpha=0.18, linewidth=0)
        ax.plot(dates, median, label=name, **look)
        if end is not None:
            what = "satellite" if environment.hall is None else "host"
            mark_end(ax, dates[-1], look["color"], what=what, named=not ended)
            ended = True
        lowest = min(lowest, float(low.min()))
    sla = 100 * scenario.service.sla_capacity_fraction
    marked_level(ax, sla, f"SLA\n{sla:g} %")
    ax.set_ylim(max(0.0, min(lowest, sla) - 4), 101.5)
    percent(ax, 8)
    ax.set_ylabel("GPUs online (% of nameplate)")
    if environment.hall is None:
        light_strip(strip, environment, scenario.mission.start, ax)
    mean = "30-day" if alternate else "daily"
    what = (
        f"line: median of {replicates} replicates; band: 10th to 90th percentile" if replicates > 1 else "one replicate"
    )
    title_and_legend(
        ax, f"{scenario.name}: share of GPUs online, by strategy", f"{mean} means; {what}", scenario.changes_text
    )
    date_axis(strip, scenario.mission.start, scenario.mission.days)
    return ax


def _last_day(study: Study, strategy: str) -> float | None:
    """Day on which the last satellite of any replicate has ended; none: there are some at the mission's end."""
    series = np.asarray(study.daily(strategy, "satellites_working"))
    working, days = np.flatnonzero((series > 0).any(axis=0)), series.shape[-1]
    return float(working[-1] + 1) if len(working) and working[-1] + 1 < days else None


def _until(end: float | None, centres: Floats, values: Floats) -> tuple[Floats, Floats]:
    """Means (replicates, windows) at their middles until a day, on which they are 0."""
    if end is None:
        return centres, values
    shown = centres < end
    return np.append(centres[shown], end), np.pad(values[:, shown], ((0, 0), (0, 1)))


def _moving_mean(series: Floats, width: int) -> tuple[Floats, Floats]:
    """Mission days at the middle of windows of `width` days, and the means of daily `series` (..., days) in them."""
    width = min(width, series.shape[-1])
    total = np.cumsum(np.concatenate([np.zeros_like(series[..., :1]), series], axis=-1), axis=-1)
    means = (total[..., width:] - total[..., :-width]) * (1.0 / width)
    centres: Floats = np.arange(means.shape[-1]) + 0.5 * width
    return centres, means
