"""What happened in one run, and when."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from sim.environment import Capacity
from sim.events import Cause, EventKind, EventLog
from sim.metrics import daily_series, online_capacity
from sim.plots.axes import beneath, date_axis, dates_of, marked_level, new_axes, title_and_legend
from sim.plots.style import styled
from sim.result import Result

_Row = tuple[str, tuple[EventKind, ...], str, str]
_ROWS: tuple[_Row, ...] = (
    ("flights, deployment included", (EventKind.LAUNCHED,), "^", "#0072B2"),
    ("launch failures", (EventKind.LAUNCH_FAILED,), "X", "#D55E00"),
    ("arrivals in slots", (EventKind.DELIVERED, EventKind.PLACED), "o", "#009E73"),
    ("arrivals of spares", (EventKind.STORED,), "D", "#56B4E9"),
    ("bus failures", (EventKind.BUS_FAILED,), "v", "#D55E00"),
    ("retirements", (EventKind.RETIRED,), "s", "#CC79A7"),
    ("GPU failures", (EventKind.GPU_FAILED,), "|", "#000000"),
)
_LIMITS = {Cause.BATTERY: "battery", Cause.ARRAY: "array", Cause.HEAT: "heat"}


@styled
def event_timeline(result: Result, *, ax: Axes | None = None) -> Axes:
    """One run: its online GPUs over time, and beneath them when what happened, one row a kind of event."""
    ax = new_axes(9.0, 6.0) if ax is None else ax
    rows_ax = beneath(ax, 0.85)
    scenario, log = result.scenario, result.events
    start, horizon = scenario.mission.start, result.horizon_days
    _online_lines(ax, result)
    labels = []
    rows = (*_ROWS, *_derated(log))
    for row, (name, kinds, marker, color) in enumerate(rows):
        happened = log.where(*kinds)
        labels.append(f"{name} ({len(happened):,})")
        look: dict[str, Any]
        if marker == "|":  # a rug reads as density; marks closer than a pixel fall together
            when = np.unique(np.round(happened.time_days / horizon * 2000)) * (horizon / 2000)
            look = {"s": 90, "alpha": 0.45, "linewidths": 0.5}
        else:
            when, together = np.unique(happened.time_days, return_counts=True)
            look = {"s": np.minimum(26 + 14 * np.sqrt(together - 1), 150), "alpha": 0.75, "linewidths": 0}
        rows_ax.scatter(
            dates_of(start, when), np.full(len(when), row), marker=marker, color=color, clip_on=False, zorder=3, **look
        )
    rows_ax.set_yticks(range(len(rows)), labels)
    rows_ax.set_ylim(len(rows) - 0.4, -0.6)
    rows_ax.tick_params(axis="y", length=0, pad=12)  # room for marks on day 0
    rows_ax.spines["left"].set_visible(False)
    title_and_legend(
        ax,
        f"{scenario.name}: one run of {result.strategy}",
        f"seed {result.seed}, replicate {result.replicate}; below: each event and how many there were; larger mark: "
        "several at once",
    )
    date_axis(rows_ax, start, horizon)
    return ax


def _derated(log: EventLog) -> list[_Row]:
    """A row for satellites that no longer run at full speed, where there are any."""
    causes = set(log.where(EventKind.DERATED).cause.tolist())
    limits = ", ".join(name for cause, name in _LIMITS.items() if cause in causes)
    return [(f"limited by {limits}", (EventKind.DERATED,), "P", "#E69F00")] if causes else []


def _online_lines(ax: Axes, result: Result) -> None:
    """Online GPUs as they step; where eclipses stop them, many times a day, their daily mean under those at work."""
    start, horizon = result.scenario.mission.start, result.horizon_days
    pauses = any(len(step.values) > 1 for step in result.capacity)
    light = tuple(Capacity(np.zeros(1), np.ones(1)) for _ in result.capacity)
    times, gpus = online_capacity(replace(result, capacity=light))
    label = "GPUs alive in slots" if pauses else None
    dates = dates_of(start, np.append(times, horizon))
    ax.step(dates, np.append(gpus, gpus[-1]), where="post", linewidth=1.2, linestyle="-", label=label)
    if pauses:
        daily = daily_series(result)["online_fraction"] * result.nameplate_gpus
        middles = dates_of(start, np.arange(len(daily), dtype=float) + 0.5)
        ax.plot(middles, daily, linewidth=1.2, label="of them online (daily mean)")
    marked_level(ax, result.nameplate_gpus, "nameplate")
    ax.set_ylim(0, result.nameplate_gpus * 1.06)
    ax.set_ylabel("GPUs" if pauses else "GPUs online")
