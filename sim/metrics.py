"""What a run was worth: every metric defined once, each a pure function of the Result.

The log holds changes; here they become step functions of time (right-continuous, 0 before the first change) and exact
integrals of them.  Nothing is sampled on a grid.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, inf, nan
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sim.constants import HOURS_PER_DAY
from sim.economics import costs
from sim.environment import Capacity
from sim.events import PLANNED, Cause, EventKind, EventLog
from sim.result import Result

Floats = NDArray[np.float64]

MONTH_DAYS = 30.0
"""Length of the moving mean of `worst_month_availability`, days."""

TIME_CLASSES = (
    EventKind.COMMITTED,
    EventKind.LOST,
    EventKind.CHECKPOINTED,
    EventKind.RESTARTED,
    EventKind.PAUSED,
    EventKind.WAITED,
    EventKind.UNCOMMITTED,
    EventKind.SLOWED,
)
"""Where a gang's time went: GPU-hours of these kinds partition GPUs x wall time of every job."""


@dataclass(frozen=True)
class Metric:
    """One figure of a run."""

    name: str
    """Its name in results, tables and JSON."""
    unit: str
    """Unit; "1" for a fraction or a count."""
    definition: str
    """What it means, in one sentence."""
    better: Literal["higher", "lower"]
    """Which way is better, all else equal."""
    low: float = 0.0
    """Smallest value that can occur."""
    high: float = inf
    """Largest value that can occur."""


METRICS: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        Metric(
            "compute_availability",
            "1",
            "Time-mean of online GPU capacity over nameplate: GPUs that work, on a satellite at work in its slot, and "
            "that power and light let run; deployment and pauses count as offline.",
            "higher",
            high=1.0,
        ),
        Metric(
            "satellite_availability",
            "1",
            "Time-mean of satellites at work in slots over slots, whatever their GPUs and the light.",
            "higher",
            high=1.0,
        ),
        Metric(
            "worst_month_availability",
            "1",
            "Lowest 30-day moving mean of online capacity over nameplate.",
            "higher",
            high=1.0,
        ),
        Metric(
            "time_below_sla_fraction",
            "1",
            "Share of time with online capacity below service.sla_capacity_fraction of nameplate.",
            "lower",
            high=1.0,
        ),
        Metric(
            "useful_gpu_hours",
            "GPU h",
            "Training work made durable by a checkpoint and never rolled back.",
            "higher",
        ),
        Metric(
            "goodput",
            "1",
            "Useful GPU-hours over nameplate GPUs x horizon.",
            "higher",
            high=1.0,
        ),
        Metric(
            "effective_training_time_ratio",
            "1",
            "Useful GPU-hours over GPU-hours of wall time since each job's first start; undefined if none started.",
            "higher",
            high=1.0,
        ),
        Metric(
            "lost_gpu_hours",
            "GPU h",
            "Training work rolled back after interruptions; checkpoints, restarts and waiting are not in it.",
            "lower",
        ),
        Metric(
            "job_interruptions",
            "1",
            "Interruptions of running gangs by failures, soft errors and whatever else is not planned.",
            "lower",
        ),
        Metric(
            "gpu_failures",
            "1",
            "GPUs that failed themselves, by age or radiation; not those lost with a satellite or a part they sat on.",
            "lower",
        ),
        Metric("bus_failures", "1", "Satellites lost by a failure, of their bus or another; not by plan.", "lower"),
        Metric("launches", "1", "Flights attempted after the initial deployment.", "lower"),
        Metric("satellites_launched", "1", "Satellites aboard flights after the initial deployment.", "lower"),
        Metric("mass_launched_t", "t", "Mass aboard flights after the initial deployment.", "lower"),
        Metric("deployment_launches", "1", "Flights attempted in the initial deployment.", "lower"),
        Metric("deployment_satellites", "1", "Satellites aboard flights of the initial deployment.", "lower"),
        Metric("deployment_mass_t", "t", "Mass aboard flights of the initial deployment.", "lower"),
        Metric(
            "total_cost_usd",
            "USD",
            "Satellites, GPUs, flights and operations, deployment included, undiscounted, less the straight-line value "
            "of unexpired life at the horizon.",
            "lower",
        ),
        Metric(
            "total_cost_uncredited_usd",
            "USD",
            "The same without the credit for unexpired life.",
            "lower",
        ),
        Metric(
            "cost_per_useful_gpu_hour_usd",
            "USD/(GPU h)",
            "total_cost_usd over useful_gpu_hours; undefined without useful work.",
            "lower",
        ),
    )
}
"""Every metric by name, in the order of tables."""


def measure(result: Result) -> dict[str, float]:
    """Every metric of one run, in the order of `METRICS`; NaN where one is not defined."""
    log, scenario = result.events, result.scenario
    horizon = result.horizon_days
    times, online = online_capacity(result)
    nameplate = result.nameplate_gpus
    sla = scenario.service.sla_capacity_fraction * nameplate

    launched = log.kind == EventKind.LAUNCHED
    deployment = launched & (log.cause == Cause.DEPLOYMENT)
    later = launched & ~deployment
    satellites_later, satellites_deployed = float(log.amount[later].sum()), float(log.amount[deployment].sum())
    tonnes = scenario.satellite.launch_mass_kg / 1000
    unplanned = (log.kind == EventKind.JOB_INTERRUPTED) & ~np.isin(log.cause, PLANNED)
    useful = log.total(EventKind.COMMITTED)
    money = costs(result)
    values = {
        "compute_availability": _mean(times, online, horizon) / nameplate,
        "satellite_availability": _mean(*working_satellites(result), horizon) / result.slots,
        "worst_month_availability": _lowest_moving_mean(times, online, horizon, MONTH_DAYS) / nameplate,
        # The promised level itself is not below: .55 x 100 GPUs is 55.000000000000007 in floating point.
        "time_below_sla_fraction": _mean(times, (online < sla * (1 - 1e-12)).astype(float), horizon),
        "useful_gpu_hours": useful,
        "goodput": useful / (nameplate * horizon * HOURS_PER_DAY),
        "effective_training_time_ratio": _ratio(useful, _gpu_hours_since_first_start(log, horizon)),
        "lost_gpu_hours": log.total(EventKind.LOST),
        "job_interruptions": float(np.count_nonzero(unplanned)) + log.total(EventKind.SOFT_INTERRUPTED),
        "gpu_failures": float(log.count(EventKind.GPU_FAILED)),
        "bus_failures": float(log.count(EventKind.BUS_FAILED)),
        "launches": float(np.count_nonzero(later)),
        "satellites_launched": satellites_later,
        "mass_launched_t": satellites_later * tonnes,
        "deployment_launches": float(np.count_nonzero(deployment)),
        "deployment_satellites": satellites_deployed,
        "deployment_mass_t": satellites_deployed * tonnes,
        "total_cost_usd": money.total_usd,
        "total_cost_uncredited_usd": money.total_uncredited_usd,
        "cost_per_useful_gpu_hour_usd": _ratio(money.total_usd, useful),
    }
    return {name: values[name] for name in METRICS}


def online_capacity(result: Result) -> tuple[Floats, Floats]:
    """Online GPUs of the fleet as a step function: times in days from 0, strictly increasing, and GPUs from each on.

    In each plane and month of birth GPUs alive at work times the share that light, power and heat let run; summed over
    them, capped at nameplate.
    """
    log = result.events
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

    times, gpus = _accumulate(time, difference, result.horizon_days)
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
    return _accumulate(log.time_days[moves], log.satellites[moves].astype(float), result.horizon_days)


def daily_series(result: Result) -> dict[str, Floats]:
    """Exact means over each mission day, shape (ceil(horizon),); the last day may be shorter.

    `online_fraction`: online capacity over nameplate; `satellites_working`: satellites at work in slots.
    """
    horizon = result.horizon_days
    times, online = online_capacity(result)
    return {
        "online_fraction": np.clip(_daily_means(times, online, horizon) / result.nameplate_gpus, 0.0, 1.0),
        "satellites_working": np.clip(_daily_means(*working_satellites(result), horizon), 0.0, result.slots),
    }


def _accumulate(time: Floats, change: Floats, horizon: float) -> tuple[Floats, Floats]:
    """Step function from 0 on of changes at times in any order; changes at the horizon and later do not show."""
    order = np.argsort(time, kind="stable")
    time, value = time[order], np.cumsum(change[order])
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


def _mean(times: Floats, values: Floats, horizon: float) -> float:
    """Mean of a step function over the horizon."""
    # Not a dot product: BLAS splits long ones among threads, which is slower here and adds up in another order.
    return float((values * np.diff(times, append=horizon)).sum() / horizon)


def _daily_means(times: Floats, values: Floats, horizon: float) -> Floats:
    """Mean of a step function over each day of the horizon."""
    edges, integral = _integral(times, values, horizon)
    # A last day that is a rounding error long takes its mean over a stretch that can be measured.
    starts = np.minimum(np.arange(ceil(horizon)), horizon * (1 - 1e-6))
    ends = np.minimum(np.arange(ceil(horizon)) + 1.0, horizon)
    means: Floats = (np.interp(ends, edges, integral) - np.interp(starts, edges, integral)) / (ends - starts)
    return means


def _lowest_moving_mean(times: Floats, values: Floats, horizon: float, width: float) -> float:
    """Exact minimum of the moving mean of a step function, over windows inside the horizon.

    The moving integral is piecewise linear in the window's start and bends only where an end of the window meets a
    step, so its minimum lies at one of those.  A horizon shorter than the window is one window.
    """
    if horizon <= width:
        return _mean(times, values, horizon)
    edges, integral = _integral(times, values, horizon)
    low = inf
    for starts in (edges[edges <= horizon - width], edges[edges >= width] - width):
        moving = np.interp(starts + width, edges, integral) - np.interp(starts, edges, integral)
        low = min(low, float(moving.min()))
    return max(0.0, low / width)


def _gpu_hours_since_first_start(log: EventLog, horizon: float) -> float:
    """GPUs x wall time of all jobs, each from its first start to its end or the horizon, GPU-hours."""
    starts = np.flatnonzero(log.kind == EventKind.JOB_STARTED)
    if len(starts) == 0:
        return 0.0
    jobs, first = np.unique(log.job[starts], return_index=True)
    first = starts[first]
    end = np.full(int(jobs[-1]) + 1, horizon)
    finished = log.kind == EventKind.JOB_FINISHED
    end[log.job[finished]] = log.time_days[finished]
    return float((log.amount[first] * (end[jobs] - log.time_days[first])).sum() * HOURS_PER_DAY)


def _ratio(value: float, by: float) -> float:
    """Quotient, NaN where it is not defined."""
    return value / by if by > 0 else nan


def check_invariants(result: Result) -> None:
    """What must hold after every run, whatever its parameters.  Raises `AssertionError` naming what does not.

    Times in order and inside the horizon; working satellites and their GPUs never negative nor more than their plane's
    slots hold; every satellite launched before it arrives, once; each job's classes of time add up to its gang's GPUs x
    wall time from arrival to its end or the horizon.
    """
    log, horizon = result.events, result.horizon_days
    _check("times in order", bool(np.all(np.diff(log.time_days) >= 0)))
    _check("times inside the horizon", bool(np.all((log.time_days >= 0) & (log.time_days <= horizon))))
    slots = np.asarray(result.slots_per_plane)
    for name, change, most in (
        ("working satellites", log.satellites, slots),
        ("GPUs at work", log.gpus, slots * result.scenario.satellite.gpus),
    ):
        rows = np.flatnonzero(change)
        rows = rows[np.argsort(log.plane[rows], kind="stable")]
        plane, level = log.plane[rows], np.cumsum(change[rows])
        begins = np.flatnonzero(np.diff(plane, prepend=-1))
        level -= np.repeat(level[begins] - change[rows][begins], np.diff(begins, append=len(rows)))
        _check(f"{name} not negative", bool(np.all(level >= 0)))
        _check(f"{name} within the plane's slots", bool(np.all(level <= most[plane])))
    for step in result.capacity:
        inside = bool(np.all((step.values >= 0) & (step.values <= 1)))
        _check("share of GPUs that light, power and heat let run", inside)

    flights = log.where(EventKind.LAUNCHED)
    built = int(flights.amount.sum())
    _check("serial numbers run on", bool(np.array_equal(np.sort(flights.satellite), _first_serials(flights))))
    arrived = log.where(EventKind.DELIVERED, EventKind.STORED).satellite
    _check("a satellite arrives once, after its launch", len(np.unique(arrived)) == len(arrived))
    _check("only launched satellites arrive", bool(np.all((arrived >= 0) & (arrived < built))))
    begins = np.array([step.times_days[0] for step in result.capacity])
    born = log.where(EventKind.DELIVERED, EventKind.STORED).time_days
    _check("a capacity from birth on", bool(np.all(begins[result.capacity_of[arrived]] <= born)))
    _check_jobs(result)


def _first_serials(flights: EventLog) -> NDArray[np.int64]:
    """Serial number of each flight's first satellite, if numbers run on from 0 in order of flights' first numbers."""
    aboard = flights.amount[np.argsort(flights.satellite, kind="stable")].astype(np.int64)
    return np.cumsum(aboard) - aboard


def _check_jobs(result: Result) -> None:
    """Classes of gang time partition GPUs x wall time of every job."""
    log, horizon = result.events, result.horizon_days
    jobs = [job for job in result.scenario.workload.jobs for _ in range(job.count)]
    if not jobs:
        return
    end = np.full(len(jobs), horizon)
    finished = log.kind == EventKind.JOB_FINISHED
    end[log.job[finished]] = log.time_days[finished]
    gpus, arrival = np.array([job.gpus for job in jobs]), np.array([job.arrival_day for job in jobs])
    wall = gpus * np.maximum(0.0, end - arrival) * HOURS_PER_DAY
    rows = np.isin(log.kind, TIME_CLASSES)
    _check("GPU-hours not negative", bool(np.all(log.amount[rows] >= -1e-6)))
    spent = np.bincount(log.job[rows], weights=log.amount[rows], minlength=len(jobs))
    wrong = np.flatnonzero(~np.isclose(spent, wall, rtol=1e-7, atol=1e-6))
    detail = ", ".join(f"job {j}: {spent[j]:.9g} of {wall[j]:.9g} GPU h" for j in wrong[:3])
    _check(f"classes of time add up to wall time ({detail})", len(wrong) == 0)


def _check(what: str, holds: bool) -> None:
    if not holds:
        raise AssertionError(f"invariant broken: {what}")
