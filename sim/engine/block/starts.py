"""When gangs of a fleet in blocks start first: as soon as its planes have room for so many."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from sim.events import ENDS, STARTS, EventLog
from sim.workloads import TrainingJob

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]


def first_starts(job: TrainingJob, count: int, events: EventLog, planes: int, taken_gpus: float) -> Floats:
    """Days on which the first, second, ... of `count` gangs start, those that do, never before the job arrives.

    `events`: the changes of GPUs at work, by day; `taken_gpus` go to jobs of other descriptions first.
    """
    rows = np.flatnonzero(events.gpus)
    plane, gpus = events.plane[rows].astype(np.intp), events.gpus[rows].astype(np.intp)
    if job.within == "plane":
        change = _changes_by_plane(job, plane, gpus, planes)
    else:  # a gang that loses GPUs of its satellite goes on with fewer
        whole = np.isin(events.kind[rows], (*STARTS, *ENDS))
        change = np.where(whole, np.sign(gpus) * gangs_in(job, np.abs(gpus)), 0)
    total = np.maximum(np.cumsum(gpus), 1)
    left = np.clip(1.0 - taken_gpus / total, 0.0, 1.0)
    most = np.maximum.accumulate(np.floor(np.cumsum(change) * left + 1e-9))
    at = np.searchsorted(most, np.arange(1, count + 1))
    return np.maximum(events.time_days[rows][at[at < len(rows)]], job.arrival_day)


def gangs_in(job: TrainingJob, gpus: Ints) -> Ints:
    """Gangs for which so many GPUs of one place are enough, the last of which may have fewer than it wants."""
    whole, rest = np.divmod(gpus, job.gpus)
    return np.asarray(whole + (rest // job.replica_gpus * job.replica_gpus >= job.least_gpus))


def _changes_by_plane(job: TrainingJob, plane: Ints, gpus: Ints, planes: int) -> Ints:
    """How the gangs that planes have room for change with each change of their GPUs."""
    found = np.zeros(len(gpus), np.intp)
    order = np.argsort(plane, kind="stable")
    bounds = np.searchsorted(plane[order], np.arange(planes + 1)).tolist()
    for begin, end in pairwise(bounds):
        mine = order[begin:end]
        found[mine] = np.diff(gangs_in(job, np.cumsum(gpus[mine])), prepend=0)
    return found
