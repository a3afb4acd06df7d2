"""What must hold after every run."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.constants import HOURS_PER_DAY
from sim.events import EventKind, EventLog
from sim.result import Result

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
    # What a silent corruption, noticed late, rolls back of earlier checkpoints is taken off what was committed.
    paid = rows & (log.kind != EventKind.COMMITTED)
    _check("GPU-hours not negative", bool(np.all(log.amount[paid] >= -1e-6)))
    spent = np.bincount(log.job[rows], weights=log.amount[rows], minlength=len(jobs))
    wrong = np.flatnonzero(~np.isclose(spent, wall, rtol=1e-7, atol=1e-6))
    detail = ", ".join(f"job {j}: {spent[j]:.9g} of {wall[j]:.9g} GPU h" for j in wrong[:3])
    _check(f"classes of time add up to wall time ({detail})", len(wrong) == 0)


def _check(what: str, holds: bool) -> None:
    if not holds:
        raise AssertionError(f"invariant broken: {what}")
