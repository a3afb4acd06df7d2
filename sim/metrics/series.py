"""What the log says over time: step functions (right-continuous, 0 before the first change) and exact integrals.

Nothing is sampled on a grid.
"""

from __future__ import annotations

from math import ceil, inf
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.environment import Capacity
from sim.events import EventKind
from sim.result import Result

Floats = NDArray[np.float64]


def online_capacity(result: Result) -> tuple[Floats, Floats]:
    """Online GPUs of the fleet as a step function: times in days from 0, strictly increasing, and GPUs from each on.

    In each plane and month of birth GPUs alive at work times the share that light, power and heat let run; summed over
    them, capped at nameplate.  Where the fleet was walked in blocks, the mean of each block.
    """
    log = result.events
    if result.scenario.in_blocks:
        blocks = log.of(EventKind.ONLINE)
        return log.time_days[blocks], np.clip(log.amount[blocks], 0.0, result.nameplate_gpus)
    moves = np.flatnonzero(log.gpus)
    steps = _with_standstills(result, moves)
    lengths = [len(step.times_days) for step in steps]
    at_steps = sum(lengths)
    group = np.concatenate([np.repeat(np.arange(len(steps)), lengths), result.capacity_of[log.satellite[moves]]])
    time = np.concatenate([*(step.times_days for step in steps), log.time_days[moves]])
    share = np.concatenate([*(step.values for step in steps), np.zeros(len(moves))])
    change = np.concatenate([np.zeros(at_steps, np.int64), log.gpus[moves]])

    # Group by group in order of time.  The sort is stable, and a group's share begins before its first satellite works.
    order = np.lexsort((time, group))
    group, time, share, change = group[order], time[order], share[order], change[order]
    is_step = order < at_steps
    share = share[np.maximum.accumulate(np.where(is_step, np.arange(len(order)), 0))]
    begins = np.flatnonzero(np.diff(group, prepend=-1))
    alive = np.cumsum(change)
    alive -= np.repeat(alive[begins], np.diff(begins, append=len(order)))
    difference = np.diff(alive * share, prepend=0.0)
    difference[begins] = 0.0  # nothing is online yet, and the group before it does not end here

    times, gpus = accumulate(time, difference, result.horizon_days)
    return times, np.clip(gpus, 0.0, result.nameplate_gpus)


def _with_standstills(result: Result, moves: NDArray[np.intp]) -> list[Capacity]:
    """The shares of their GPUs that satellites can run, 0 while their plane stands still."""
    log, steps = result.events, list(result.capacity)
    still = log.where(EventKind.STOOD_STILL)
    if len(still) == 0:
        return steps
    group, first = np.unique(result.capacity_of[log.satellite[moves]], return_index=True)
    for one, plane in zip(group.tolist(), log.plane[moves][first].tolist(), strict=True):
        mine = still.plane == plane
        begins, ends = still.time_days[mine], still.time_days[mine] + still.amount[mine]
        step = steps[one]
        times = np.unique(np.concatenate([step.times_days, begins, ends]))
        times = times[times >= step.times_days[0]]
        share = step.values[np.searchsorted(step.times_days, times, side="right") - 1]
        # Standstills may overlap: a plane moves again when all have ended.
        stands = np.searchsorted(np.sort(begins), times, side="right") > np.searchsorted(np.sort(ends), times, "right")
        steps[one] = Capacity(times, np.where(stands, 0.0, share))
    return steps


def working_satellites(result: Result) -> tuple[Floats, Floats]:
    """Satellites at work in slots as a step function: times in days from 0, strictly increasing, and the number."""
    log = result.events
    moves = np.flatnonzero(log.satellites)
    times, working = accumulate(log.time_days[moves], log.satellites[moves], result.horizon_days)
    return times, np.minimum(working, result.slots)  # spare hosts of a campus are more than its slots


def daily_series(result: Result) -> dict[str, Floats]:
    """Exact means over each mission day, shape (ceil(horizon),); the last day may be shorter.

    `online_fraction`: online capacity over nameplate; `satellites_working`: satellites at work in slots.
    """
    horizon = result.horizon_days
    times, online = online_capacity(result)
    return {
        "online_fraction": np.clip(daily_means(times, online, horizon) / result.nameplate_gpus, 0.0, 1.0),
        "satellites_working": np.clip(daily_means(*working_satellites(result), horizon), 0.0, result.slots),
    }


def accumulate(time: Floats, change: NDArray[Any], horizon: float) -> tuple[Floats, Floats]:
    """Step function from 0 on of changes at times in any order; changes at the horizon and later do not show."""
    moved = np.flatnonzero(change)
    time, change = time[moved], change[moved]
    if (time[1:] < time[:-1]).any():
        order = np.argsort(time, kind="stable")
        time, change = time[order], change[order]
    value = np.cumsum(change, dtype=float)
    last = np.flatnonzero(np.diff(time, append=inf))  # of changes at one time, the state after them all
    last = last[time[last] < horizon]
    time, value = time[last], value[last]
    if len(time) == 0 or time[0] > 0:
        time, value = np.concatenate([[0.0], time]), np.concatenate([[0.0], value])
    return time, value


def _integral(times: Floats, values: Floats, horizon: float) -> tuple[Floats, Floats]:
    """Integral of a step function from 0, at its steps and at the horizon: linear in between."""
    edges = np.append(times, horizon)
    return edges, np.concatenate([[0.0], np.cumsum(values * np.diff(edges))])


def mean(times: Floats, values: Floats, horizon: float, start: float = 0.0) -> float:
    """Mean of a step function from a day to the horizon."""
    # Not a dot product: BLAS splits long ones among threads, which is slower here and adds up in another order.
    lengths = np.diff(np.maximum(np.append(times, horizon), start))
    return float((values * lengths).sum() / (horizon - start))


def daily_means(times: Floats, values: Floats, horizon: float) -> Floats:
    """Mean of a step function over each day of the horizon."""
    edges, integral = _integral(times, values, horizon)
    # A last day that is a rounding error long takes its mean over a stretch that can be measured.
    starts = np.minimum(np.arange(ceil(horizon)), horizon * (1 - 1e-6))
    ends = np.minimum(np.arange(ceil(horizon)) + 1.0, horizon)
    means: Floats = (np.interp(ends, edges, integral) - np.interp(starts, edges, integral)) / (ends - starts)
    return means


def lowest_moving_mean(times: Floats, values: Floats, horizon: float, width: float, start: float = 0.0) -> float:
    """Exact minimum of the moving mean of a step function, over windows from a day to the horizon.

    The moving integral is piecewise linear in the window's start and bends only where an end of the window meets a
    step, so its minimum lies at one of those, or at the first.  A time shorter than the window is one window.
    """
    if horizon - start <= width:
        return mean(times, values, horizon, start)
    edges, integral = _integral(times, values, horizon)
    low = inf
    for starts in (edges[edges <= horizon - width], edges[edges >= width] - width, np.zeros(1)):
        starts = np.maximum(starts, start)
        moving = np.interp(starts + width, edges, integral) - np.interp(starts, edges, integral)
        low = min(low, float(moving.min()))
    return max(0.0, low / width)
