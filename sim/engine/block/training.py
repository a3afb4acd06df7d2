"""Training of a fleet in blocks: gangs by plane and month, what they commit in closed form.

A gang's interruptions are those expected in its plane and month, bunched by passes of the Anomaly, and the losses of
GPUs that the fleet really has that month; what it commits under them follows from the gaps between them
(`sim.workloads.bunched`, derived in docs/checkpoints.md).  Against gangs followed one by one that is within 2 % of the
work, in the mean; bands of single gangs are not there, nor are their restarts to grow again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from math import ceil
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.constants import HOURS_PER_DAY, SECONDS_PER_DAY
from sim.engine.block.months import PlaneMonths
from sim.engine.hazards import hazards_of
from sim.environment import Environment
from sim.environment.gangs import FIRST_NEW
from sim.environment.interruptions import Per, storm_rates
from sim.environment.rhythms import Interruptions
from sim.events import NONE, STARTS, Cause, EventKind, EventLog
from sim.workloads import TrainingJob, useful_share

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Shares:
    """Of the time of a gang, what becomes of it; the rest is lost."""

    committed: float
    checkpoints: float
    restarts: float
    detection: float


def gangs_of(job: TrainingJob, alive: NDArray[np.int32], plane: NDArray[np.int32], planes: int) -> Floats:
    """(whole gangs, smaller ones, GPUs of the latter) for which each plane has room, shape (3, planes).

    Entries are satellites at work.
    """
    if job.within == "plane":
        alive, plane = np.bincount(plane, alive, minlength=planes).astype(np.int64), np.arange(planes, dtype=np.int32)
    whole, rest = np.divmod(alive, job.gpus)
    rest = rest // job.replica_gpus * job.replica_gpus
    rest[rest < job.least_gpus] = 0
    return np.array([np.bincount(plane, one, minlength=planes) for one in (whole, rest > 0, rest)])


def training_rows(
    environment: Environment, events: EventLog, months: PlaneMonths, fluence_per_day: Floats
) -> tuple[list[dict[str, Any]], Floats]:
    """Columns of rows for the log, and the GPU-days that gangs hold of each plane and month, (planes, months)."""
    if not environment.scenario.workload.jobs:
        return [], np.zeros_like(months.alive)
    gangs = _Gangs(environment, events, months, fluence_per_day)
    rows: list[dict[str, Any]] = []
    first = 0
    for number, (job, count) in enumerate(zip(environment.scenario.workload.jobs, environment.job_counts, strict=True)):
        rows += gangs.run(number, job, count, first)
        first += count
    return rows, gangs.held


class _Gangs:
    """The gangs of all jobs, in the order in which they take GPUs."""

    def __init__(
        self, environment: Environment, events: EventLog, months: PlaneMonths, fluence_per_day: Floats
    ) -> None:
        self.environment, self.months = environment, months
        self.days = np.diff(months.edges)
        self.held = np.zeros_like(months.alive)
        radiation = environment.radiation
        _, self._first_of, self._kind = np.unique(
            radiation.exposure_index[: len(months.alive)], return_index=True, return_inverse=True
        )
        self._first_day = float(events.time_days[events.of(*STARTS)].min(initial=np.inf))
        self._losses = _losses(environment, events, months)
        self._storms = self._monthly(fluence_per_day)
        self._rates = lru_cache(maxsize=None)(self._rates_of)

    def _monthly(self, values: Floats) -> Floats:
        """Means by month of values by mission day, (..., n)."""
        month = np.minimum((np.arange(values.shape[-1]) / self.days[0]).astype(np.intp), len(self.days) - 1)
        count = np.bincount(month, minlength=len(self.days))
        rows = values.reshape(-1, values.shape[-1])
        sums = np.array([np.bincount(month, row, minlength=len(self.days)) for row in rows])
        return np.asarray((sums / np.maximum(count, 1)).reshape(*values.shape[:-1], -1))

    def run(self, number: int, job: TrainingJob, count: int, first: int) -> Iterator[dict[str, Any]]:
        """The rows of the jobs of one description; `first`: number of the first of them."""
        months, days = self.months, self.days
        active = np.clip((months.edges[1:] - job.arrival_day) / days, 0.0, 1.0)
        free = np.maximum(months.alive - self.held, 0.0)
        left = np.divide(free, months.alive, out=np.zeros_like(free), where=months.alive > 0)
        whole, smaller, smaller_gpus = months.gangs[number] * left
        wanted = count * active
        taken = _share(wanted, whole.sum(axis=0))
        also = _share(wanted - taken * whole.sum(axis=0), smaller.sum(axis=0))
        gangs = whole * taken + smaller * also
        held = (whole * taken * job.gpus + smaller_gpus * also) * days
        self.held += held
        speed = np.divide(months.online, months.alive, out=np.zeros_like(held), where=months.alive > 0)
        work = {kind: np.zeros(len(days)) for kind in _KINDS}
        interruptions: dict[int, Floats] = {}
        for kind, plane in enumerate(self._first_of.tolist()):
            mine = self._kind == kind
            self._add(job, plane, gangs[mine], held[mine], speed[mine], work, interruptions)
        at = {"count": 1, "time_days": job.arrival_day, "job": first}
        yield at | {"kind": EventKind.JOB_ARRIVED, "amount": job.gpus}
        if gangs.any():
            begun = max(job.arrival_day, self._first_day)
            yield at | {"kind": EventKind.JOB_STARTED, "amount": job.gpus * count, "time_days": begun}
        ends = months.edges[1:] - 1e-6
        for (what, why), hours in work.items():
            some = hours > 0
            row = {"time_days": ends[some], "kind": what, "cause": why, "job": first, "plane": NONE}
            yield row | {"count": int(some.sum()), "amount": hours[some]}
        for cause, amount in interruptions.items():
            some = amount > 0
            row = {"time_days": ends[some], "kind": EventKind.SOFT_INTERRUPTED, "cause": cause, "job": first}
            yield row | {"count": int(some.sum()), "amount": amount[some]}

    def _add(
        self,
        job: TrainingJob,
        plane: int,
        gangs: Floats,
        held: Floats,
        speed: Floats,
        work: dict[tuple[EventKind, Cause], Floats],
        interruptions: dict[int, Floats],
    ) -> None:
        """Add what the gangs of planes with one exposure do, (planes, months)."""
        there = gangs.sum(axis=0)
        each = np.divide(held.sum(axis=0) / self.days, there, out=np.zeros(len(self.days)), where=there > 0)
        satellites = self._satellites(job, plane)
        made = self.environment.gangs
        talk = made.communication(job, satellites)
        units = made.fresh_units(job)
        counted = made.undisturbed(plane, [FIRST_NEW], units[:, None])
        hours, running = held * HOURS_PER_DAY, held * speed * HOURS_PER_DAY
        work[EventKind.SLOWED, Cause.ENERGY] += (hours - running).sum(axis=0)
        total = running.sum(axis=0)
        for month in np.flatnonzero(each).tolist():
            share, expected = self._shares(job, plane, month, each[month] / job.gpus)
            one = float(total[month])
            work[EventKind.COMMITTED, Cause.NONE][month] += one * share.committed * talk * counted
            work[EventKind.SLOWED, Cause.LINK][month] += one * share.committed * (1 - talk)
            work[EventKind.SLOWED, Cause.RETRIED][month] += one * share.committed * talk * (1 - counted)
            work[EventKind.CHECKPOINTED, Cause.NONE][month] += one * share.checkpoints
            work[EventKind.RESTARTED, Cause.NONE][month] += one * share.restarts
            work[EventKind.DETECTED, Cause.NONE][month] += one * share.detection
            lost = 1 - share.committed - share.checkpoints - share.restarts - share.detection
            work[EventKind.LOST, Cause.NONE][month] += one * max(lost, 0.0)
            days = float(gangs[:, month].sum()) * self.days[month]
            for cause, per_day in expected.items():
                interruptions.setdefault(cause, np.zeros(len(self.days)))[month] += days * per_day

    def _satellites(self, job: TrainingJob, plane: int) -> int:
        """Over which a fresh gang lies."""
        return min(ceil(job.gpus / self.environment.scenario.satellite.gpus), self.environment.planes[plane].slots)

    def _shares(self, job: TrainingJob, plane: int, month: int, size: float) -> tuple[Shares, dict[int, float]]:
        """What becomes of the time of a gang in a month, and its interruptions a day by cause.

        `size`: GPUs that it holds over those that it wants.
        """
        gangs, rhythms = self.environment.gangs, self.environment.rhythms
        units = gangs.fresh_units(job) * np.where(np.arange(len(Per)) == Per.JOB, 1.0, size)
        in_passes, steady = self._rates(plane)
        of = units[[cause.per for cause in gangs.causes]]
        passing, other = in_passes[:, month] * of, steady[:, month] * of
        late = gangs.late
        found: dict[int, float] = {}
        for cause, rate in zip(gangs.causes, (passing + other).tolist(), strict=True):
            found[int(cause.cause)] = found.get(int(cause.cause), 0.0) + rate
        hard = self._losses
        for (kind, number), per_unit in hard.items():
            found[number] = found.get(number, 0.0) + float(per_unit[month] * units[kind])
        lost = sum(float(per_unit[month] * units[kind]) for (kind, _), per_unit in hard.items())
        extra = float(((passing + other) * gangs.restart_days).sum())
        expected = Interruptions(
            float(other.sum()) + lost, float(passing[~late].sum()), float(passing[late].sum()), extra
        )
        if expected.per_day <= 0:
            rhythm = rhythms.even(job, expected.mtbf_days)
            return Shares(rhythm.interval / rhythm.cycle, rhythm.write / rhythm.cycle, 0.0, 0.0), found
        rhythm = rhythms.even(job, expected.mtbf_days)
        satellites = self._satellites(job, plane)
        gaps = rhythms.gaps(plane, np.arange(satellites), expected)
        if gaps is not None and job.checkpoint_interval_min == "optimum":
            rhythm = rhythms.bunched(job, rhythm, gaps, expected)
        # Silent corruption is noticed by itself: nothing passes until it is.
        detection = job.detection_s / SECONDS_PER_DAY * (1 - float((passing + other)[late].sum()) / expected.per_day)
        paused = replace(rhythm, restart=detection + rhythm.restart + expected.extra_restart / expected.per_day)
        exact = rhythms.exact_gaps(plane, np.arange(satellites), expected)
        if exact is None:
            useful = useful_share(expected.mtbf_days, paused)
            until_seen, until_back = -np.expm1(-expected.per_day * np.array([detection, paused.restart]))
        else:
            useful = exact.useful(paused)
            until_seen, until_back = exact.younger(detection), exact.younger(paused.restart)
        useful *= 1 - rhythms.corrupted(plane, np.arange(satellites), float((passing + other)[late].sum()))
        written = useful * rhythm.write / rhythm.interval
        return Shares(useful, written, float(until_back - until_seen), float(until_seen)), found

    def _rates_of(self, plane: int) -> tuple[Floats, Floats]:
        """Interruptions of a unit a day, in passes and at any time with storms, each of shape (causes, months)."""
        gangs = self.environment.gangs
        daily = gangs.daily_rates(plane)
        storms = storm_rates(gangs.radiation, gangs.causes, plane)
        steady = self._monthly(daily.steady) + storms[:, None] * self._storms
        return self._monthly(daily.in_passes), steady


def _share(wanted: Floats, there: Floats) -> Floats:
    """Of what there is that share that is wanted."""
    return np.clip(np.divide(wanted, there, out=np.zeros_like(wanted), where=there > 0), 0.0, 1.0)


_KINDS = (
    (EventKind.COMMITTED, Cause.NONE),
    (EventKind.SLOWED, Cause.ENERGY),
    (EventKind.SLOWED, Cause.LINK),
    (EventKind.SLOWED, Cause.RETRIED),
    (EventKind.CHECKPOINTED, Cause.NONE),
    (EventKind.RESTARTED, Cause.NONE),
    (EventKind.DETECTED, Cause.NONE),
    (EventKind.LOST, Cause.NONE),
)


def _losses(environment: Environment, events: EventLog, months: PlaneMonths) -> dict[tuple[Per, int], Floats]:
    """Losses that the fleet has of a unit a day in each month, by (kind of unit, cause)."""
    scenario, count = environment.scenario, months.alive.shape[1]
    length = np.diff(months.edges)[0]
    span = {one.cause: max(one.span, 1) for one in hazards_of(scenario)}
    alive, satellites = (np.maximum(one.sum(axis=0), 1e-9) for one in (months.alive, months.satellites))
    found: dict[tuple[Per, int], Floats] = {}
    month = np.minimum((events.time_days // length).astype(np.intp), count - 1)
    for kinds, unit in (
        ((EventKind.GPU_FAILED, EventKind.GROUP_FAILED), Per.GPU),
        ((EventKind.BUS_FAILED,), Per.SATELLITE),
    ):
        rows = np.flatnonzero(events.of(*kinds) & (events.gpus < 0))
        for cause in np.unique(events.cause[rows]).tolist():
            mine = rows[events.cause[rows] == cause]
            times = -events.gpus[mine] / span.get(cause, 1) if unit == Per.GPU else np.ones(len(mine))
            per_month = np.bincount(month[mine], times, minlength=count)
            found[unit, int(cause)] = per_month / (alive if unit == Per.GPU else satellites)
    return found
