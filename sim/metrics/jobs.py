"""How jobs fare: how long they wait, how much longer they take than alone, when the last is done.  All from the log."""

from __future__ import annotations

from math import nan

import numpy as np
from numpy.typing import NDArray

from sim.events import PLANNED, EventKind, EventLog
from sim.result import Result

Floats = NDArray[np.float64]

SHORT_DAYS = 10 / 86400
"""Run times below this count as this in the slowdown: 10 s, as is usual (Feitelson and Rudolph 1998,
doi 10.1007/BFb0053978)."""


def job_metrics(result: Result) -> dict[str, float]:
    """The metrics of jobs by name, NaN where one is not defined."""
    log = result.events
    arrived, started, finished = (
        _days(log, kind) for kind in (EventKind.JOB_ARRIVED, EventKind.JOB_STARTED, EventKind.JOB_FINISHED)
    )
    begun, done = np.isfinite(started), np.isfinite(finished)
    run = np.maximum(finished[done] - started[done], SHORT_DAYS)
    return {
        "queueing_delay_days": _mean(started[begun] - arrived[begun]),
        "bounded_slowdown": _mean(np.maximum((finished[done] - arrived[done]) / run, 1.0)),
        "deadlines_met": _deadlines_met(result, arrived, finished),
        "jobs_never_started": float(np.count_nonzero(~begun)),
        "jobs_finished": float(np.count_nonzero(done)),
        "makespan_days": float(finished.max() - arrived.min()) if len(done) and done.all() else nan,
    }


def unplanned(result: Result) -> NDArray[np.bool_]:
    """Which rows of the log have a cause that no plan foresees, or belong to a job that is not told of plans."""
    jobs, log = result.scenario.workload.jobs, result.events
    found = ~np.isin(log.cause, PLANNED)
    untold = np.array([job.on_planned_removal == "interrupt" for job in jobs], bool)
    if not untold.any():
        return found
    ends = np.cumsum(result.job_counts)
    of = np.minimum(np.searchsorted(ends, log.job, side="right"), len(jobs) - 1)
    return np.asarray(found | ((log.job >= 0) & untold[of]))


def _days(log: EventLog, kind: EventKind) -> Floats:
    """The day on which each job that arrived has its first event of a kind; infinite where it has none."""
    jobs = np.unique(log.job[log.of(EventKind.JOB_ARRIVED)])
    found = np.full(len(jobs), np.inf)
    mine = log.of(kind) & np.isin(log.job, jobs)
    np.minimum.at(found, np.searchsorted(jobs, log.job[mine]), log.time_days[mine])
    return found


def _deadlines_met(result: Result, arrived: Floats, finished: Floats) -> float:
    """Share of the jobs with a deadline within the mission that ended by it."""
    jobs = result.scenario.workload.jobs
    if all(job.deadline_days is None for job in jobs):
        return nan
    within = [np.inf if job.deadline_days is None else job.deadline_days for job in jobs]
    number = np.unique(result.events.job[result.events.of(EventKind.JOB_ARRIVED)])
    ends = np.cumsum(result.job_counts)
    due = arrived + np.array(within)[np.searchsorted(ends, number, side="right")]
    known = due <= result.horizon_days
    return _mean((finished <= due)[known].astype(float))


def _mean(values: Floats) -> float:
    return float(values.mean()) if len(values) else nan
