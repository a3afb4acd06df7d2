"""The events of one run over time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import StrMethodFormatter
from numpy.typing import NDArray

from sim.environment import Capacity
from sim.events import HOSTS_BACK, HOSTS_OUT, STARTS, Cause, EventKind, EventLog
from sim.metrics import daily_series, flight_rows, online_capacity, working_satellites
from sim.metrics.causes import DARK
from sim.plots.axes import beneath, date_axis, dates_of, mark_end, marked_level, new_axes, title_and_legend
from sim.plots.cause_looks import built_in_color
from sim.plots.style import styled
from sim.result import Result

Floats = NDArray[np.float64]

_LATER, _FIRST = "0.25", "0.6"
"""Flights and arrivals are grey: a colour is a cause."""
_MARKS: tuple[tuple[str, tuple[EventKind, ...], str, str], ...] = (
    ("failed flights", (EventKind.LAUNCH_FAILED,), "X", built_in_color("launch")),
    ("arrivals in slots", STARTS, "o", _LATER),
    ("arrivals of spares", (EventKind.STORED,), "D", _FIRST),
    ("satellite failures", (EventKind.BUS_FAILED,), "v", built_in_color("bus")),
    ("retirements", (EventKind.RETIRED,), "s", built_in_color("end_of_life")),
    ("GPU failures", (EventKind.GPU_FAILED,), "|", built_in_color("gpu")),
)
_HALL_MARKS: tuple[tuple[str, tuple[EventKind, ...], str, str], ...] = (
    ("hosts chosen for the job", (EventKind.JOB_STARTED,), "^", _LATER),
    ("spare hosts that came", (EventKind.PLACED,), "D", _LATER),
    ("hosts taken out", HOSTS_OUT, "|", built_in_color("bus")),
    ("failures put down to nobody", (EventKind.UNDIAGNOSED,), "|", built_in_color("bus")),
    ("hosts mended", HOSTS_BACK, "|", _LATER),
    ("hosts given up", (EventKind.RETIRED,), "s", built_in_color("end_of_life")),
    ("ends of the job", (EventKind.JOB_FINISHED, EventKind.JOB_ABANDONED), "X", _LATER),
)
"""On a campus, where nothing flies."""
MANY = 3000
"""Of more events than these no mark can be told from the next: they are drawn as a band, in so many steps:"""
STEPS = 120
_LIMITS = {Cause.BATTERY: "battery", Cause.ARRAY: "array", Cause.HEAT: "heat"}


@dataclass(frozen=True)
class _Row:
    """Events that are marked in one row."""

    name: str
    days: Floats
    marker: str
    color: str
    each: Floats
    """Events on each of the days: a row of the log may stand for several."""

    @property
    def number(self) -> int:
        """How many they are."""
        return round(float(self.each.sum()))


@styled
def event_timeline(result: Result, *, ax: Axes | None = None) -> Axes:
    """One run: online GPUs over time, and beneath them the dates of events, one row for each kind."""
    ax = new_axes(9.0, 6.0) if ax is None else ax
    rows_ax = beneath(ax, 0.85)
    scenario, log = result.scenario, result.events
    start, horizon = scenario.mission.start, result.horizon_days
    _online_lines(ax, result)
    _shade_what_is_not_steady(ax, result)
    rows = _rows(log) if scenario.campus is None else _marked(log, _HALL_MARKS)
    for number, row in enumerate(rows):
        if row.number > MANY:
            _draw_band(rows_ax, row, number, start, horizon)
        else:
            _draw_marks(rows_ax, row, number, start, horizon)
    labels = [f"{row.name} ({row.number:,})" for row in rows]
    rows_ax.set_yticks(range(len(rows)), labels)
    rows_ax.set_ylim(len(rows) - 0.4, -0.6)
    rows_ax.tick_params(axis="y", length=0, pad=12)  # room for marks on day 0
    rows_ax.spines["left"].set_visible(False)
    bands = any(row.number > MANY for row in rows)
    title_and_legend(
        ax,
        f"{scenario.name}: one run of {result.strategy}",
        f"seed {result.seed}, replicate {result.replicate}; below: events and their number; "
        + ("higher band: more at that time" if bands else "larger mark: several at one time"),
        scenario.changes_text,
    )
    date_axis(rows_ax, start, horizon)
    return ax


def _draw_marks(ax: Axes, row: _Row, at: int, start: date, horizon: float) -> None:
    """A mark for each event, at the height `at`; a larger one for several."""
    look: dict[str, Any]
    if row.marker == "|":  # many short lines show density; lines closer than a pixel are drawn once
        days = np.unique(np.round(row.days / horizon * 2000)) * (horizon / 2000)
        look = {"s": 90, "alpha": 0.45, "linewidths": 0.5}
    else:
        days, count = np.unique(row.days, return_counts=True)
        look = {"s": np.minimum(26 + 14 * np.sqrt(count - 1), 150), "alpha": 0.75, "linewidths": 0}
    ax.scatter(
        dates_of(start, days),
        np.full(len(days), at),
        marker=row.marker,
        color=row.color,
        clip_on=False,
        zorder=3,
        **look,
    )


def _draw_band(ax: Axes, row: _Row, at: int, start: date, horizon: float) -> None:
    """A band around the height `at`, highest where events are most frequent."""
    often, edges = np.histogram(row.days, STEPS, (0.0, horizon), weights=row.each)
    half = 0.42 * np.append(often, often[-1]) / often.max()
    ax.fill_between(dates_of(start, edges), at - half, at + half, step="post", color=row.color, linewidth=0, zorder=3)


def _rows(log: EventLog) -> list[_Row]:
    """Flights, the events of `_MARKS`, and the first day on which each limited cohort is limited."""
    deployment, later = (log.time_days[rows] for rows in flight_rows(log))
    rows = [
        _Row("deployment flights", deployment, "^", _FIRST, np.ones(len(deployment))),
        _Row("flights after deployment", later, "^", _LATER, np.ones(len(later))),
    ]
    rows += _marked(log, _MARKS)
    limited = log.where(EventKind.DERATED)
    causes = ", ".join(name for cause, name in _LIMITS.items() if cause in limited.cause)
    if causes:
        days = limited.time_days
        rows.append(_Row(f"first day limited by {causes}", days, "P", built_in_color(DARK), np.ones(len(days))))
    return rows


def _marked(log: EventLog, marks: Sequence[tuple[str, tuple[EventKind, ...], str, str]]) -> list[_Row]:
    """A row for each kind of events."""
    rows = []
    for name, kinds, marker, color in marks:
        mine = log.where(*kinds)
        many = np.maximum(mine.amount, 1.0) if kinds == (EventKind.GPU_FAILED,) else np.ones(len(mine))
        rows.append(_Row(name, mine.time_days, marker, color, many))
    return rows


def _online_lines(ax: Axes, result: Result) -> None:
    """Online GPUs; where eclipses stop them many times a day, working GPUs and the daily mean of those online."""
    start, horizon = result.scenario.mission.start, result.horizon_days
    pauses = any(len(step.values) > 1 for step in result.capacity)
    light = tuple(Capacity(np.zeros(1), np.ones(1)) for _ in result.capacity)
    times, gpus = online_capacity(replace(result, capacity=light))
    label = "working GPUs in slots" if pauses else None
    end = _last_day(result)
    times, gpus = times[times <= end], gpus[times <= end]
    dates = dates_of(start, np.append(times, end))
    ax.step(dates, np.append(gpus, gpus[-1]), where="post", linewidth=1.2, linestyle="-", label=label)
    if pauses:
        daily = daily_series(result)["online_fraction"] * result.nameplate_gpus
        begins = np.arange(len(daily), dtype=float)
        middles = 0.5 * (begins + np.minimum(begins + 1, horizon))
        shown = middles <= end
        ax.plot(dates_of(start, middles[shown]), daily[shown], linewidth=1.2, label="of these online (daily mean)")
    if end < horizon:
        mark_end(ax, dates[-1], "0.1", what="satellite" if result.scenario.campus is None else "host")
    marked_level(ax, result.nameplate_gpus, "nameplate")
    ax.set_ylim(0, result.nameplate_gpus * 1.06)
    ax.yaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    ax.set_ylabel("GPUs" if pauses else "GPUs online")


def _shade_what_is_not_steady(ax: Axes, result: Result) -> None:
    """The years that metrics of the steady state leave out."""
    mission = result.scenario.mission
    for name, begin, end, where in (
        ("warm-up", 0.0, mission.warm_up_days, "left"),
        ("no more orders", mission.orders_until_day, mission.days, "right"),
    ):
        if end - begin > 1e-6:
            left, right = dates_of(mission.start, np.array([begin, end]))
            ax.axvspan(left, right, color="0.93", linewidth=0, zorder=0)
            edge = left if where == "left" else right
            ax.annotate(f" {name} ", (edge, 0.02), xycoords=("data", "axes fraction"), ha=where, color="0.4")


def _last_day(result: Result) -> float:
    """Day on which the last satellite ends, or the mission."""
    times, number = working_satellites(result)
    return float(times[-1]) if number[-1] == 0 and len(times) > 1 else result.horizon_days
