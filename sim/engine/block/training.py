"""Training of a fleet in blocks: how many gangs there are, plane by plane and month by month, and what they do.

What becomes of their time is that of some gangs which are followed (`sim.engine.block.followed`).
"""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.constants import HOURS_PER_DAY
from sim.engine.block.followed import Crew, Crews, LosingGangs
from sim.engine.block.months import PlaneMonths
from sim.engine.block.starts import first_starts, gangs_in
from sim.engine.copies import Copies
from sim.engine.hazards import hazards_of
from sim.environment import Environment
from sim.environment.interruptions import InterruptionCause, Per
from sim.events import NONE, EventKind, EventLog
from sim.streams import Streams
from sim.workloads import TrainingJob

Floats = NDArray[np.float64]

MOST_STARTS = 100_000
"""Jobs of one description that have rows of their own; of more every n-th stands for n."""


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
    environment: Environment, events: EventLog, months: PlaneMonths, fluence_per_day: Floats, streams: Streams
) -> tuple[list[dict[str, Any]], Floats]:
    """Columns of rows for the log, and the GPU-days that gangs hold of each plane and month, (planes, months)."""
    if not environment.scenario.workload.jobs:
        return [], np.zeros_like(months.alive)
    gangs = _Gangs(environment, events, months, fluence_per_day, streams)
    rows: list[dict[str, Any]] = []
    first = 0
    for number, (job, count) in enumerate(zip(environment.scenario.workload.jobs, environment.job_counts, strict=True)):
        rows += gangs.run(number, job, count, first)
        first += count
    return rows, gangs.held


class _Gangs:
    """The gangs of all jobs, in the order in which they take GPUs."""

    def __init__(
        self,
        environment: Environment,
        events: EventLog,
        months: PlaneMonths,
        fluence_per_day: Floats,
        streams: Streams,
    ) -> None:
        self.environment, self.months, self.streams = environment, months, streams
        self._fluence_per_day = fluence_per_day
        self.days = np.diff(months.edges)
        self.held = np.zeros_like(months.alive)
        radiation = environment.radiation
        _, self._first_of, self._kind = np.unique(
            radiation.exposure_index[: len(months.alive)], return_index=True, return_inverse=True
        )
        self.events = events
        self._taken_gpus = 0.0
        self._losses = _losses(environment, events, months)

    def _losing(self, job: TrainingJob) -> LosingGangs:
        """Gangs that lose GPUs as the fleet does; who loses a satellite loads its share from elsewhere."""
        gangs = self.environment.gangs
        away = {Per.SATELLITE: Copies(job, gangs.figures(job)).away_days}
        causes = [InterruptionCause(cause, unit, away.get(unit, 0.0)) for unit, cause in self._losses]
        by_month = np.array([*self._losses.values()]).reshape(len(causes), -1)
        return LosingGangs.losing(gangs, causes, np.repeat(by_month, round(self.days[0]), axis=1))

    def run(self, number: int, job: TrainingJob, count: int, first: int) -> Iterator[dict[str, Any]]:
        """The rows of the jobs of one description; `first`: number of the first of them."""
        months, days = self.months, self.days
        active = np.clip((months.edges[1:] - job.arrival_day) / days, 0.0, 1.0)
        gangs, gpus = self._places(number, job, count * active)
        held = gpus * days
        self.held += held
        crews = Crews(self.environment, self._losing(job), job, months.edges, self._fluence_per_day)
        found = crews.follow(self._crews(gangs, held), self.streams, number)
        yield from self._starts(job, count, first)
        ends = months.edges[1:] - 1e-6
        hours, gang_days = self._by_kind(held) * HOURS_PER_DAY, self._by_kind(gangs * days)
        for (what, why), share in found.shares.items():
            yield _row(ends, (share * hours).sum(axis=0), what, why, first)
        for cause, per_day in found.interruptions.items():
            yield _row(ends, (per_day * gang_days).sum(axis=0), EventKind.SOFT_INTERRUPTED, cause, first)

    def _places(self, number: int, job: TrainingJob, wanted: Floats) -> tuple[Floats, Floats]:
        """Gangs at work and the GPUs that they have, in the mean of each plane and month, (planes, months).

        As the scheduler places them: a plane is filled before the next one.  Once started a gang goes on with the GPUs
        that it can get there, down to the fewest that it works with, and does not move to where more are free.  It does
        where the loss of one satellite leaves it with too few: then a plane has as many gangs as its satellites had
        room for when they were new.
        """
        months = self.months
        alive = months.alive / self.days
        free = np.maximum(months.alive - self.held, 0.0) / self.days
        whole, smaller, smaller_gpus = months.gangs[number]
        room = whole + smaller
        if job.within == "plane":
            aboard = self.environment.scenario.satellite.gpus
            if min(aboard, job.gpus) > job.gpus - job.least_gpus:
                room = gangs_in(job, np.rint(months.satellites / self.days * aboard).astype(np.intp)).astype(float)
            else:
                room = np.maximum.accumulate(room, axis=1)
        room = np.minimum(
            room * np.divide(free, alive, out=np.zeros_like(free), where=alive > 0), free / job.least_gpus
        )
        before = np.cumsum(room, axis=0) - room
        gangs = np.clip(wanted - before, 0.0, room)
        if job.within == "plane":
            return gangs, np.minimum(gangs * job.gpus, free)
        there, fresh = whole + smaller, float(job.gpus)
        each = np.divide(whole * job.gpus + smaller_gpus, there, out=np.full_like(there, fresh), where=there > 0)
        each = 0.5 * (each + np.concatenate([each[:, :1], each[:, :-1]], axis=1))  # of a month's beginning and end
        return gangs, np.minimum(gangs * each, free)

    def _starts(self, job: TrainingJob, count: int, first: int) -> Iterator[dict[str, Any]]:
        """Arrivals and first starts of the jobs of one description, of every n-th where they are very many."""
        step = ceil(count / MOST_STARTS)
        started = first_starts(job, count, self.events, len(self.months.alive), self._taken_gpus)[step - 1 :: step]
        self._taken_gpus += count * job.gpus
        jobs = first + np.arange(ceil(count / step)) * step
        yield {"count": len(jobs), "kind": EventKind.JOB_ARRIVED, "time_days": job.arrival_day, "job": jobs} | {
            "amount": job.gpus
        }
        yield {"count": len(started), "kind": EventKind.JOB_STARTED, "time_days": started} | {
            "job": jobs[: len(started)],
            "amount": job.gpus * step,
        }

    def _crews(self, gangs: Floats, held: Floats) -> list[Crew]:
        """The gangs of planes by exposure, from gangs and the GPU-days that they hold, (planes, months)."""
        months = self.months

        def mean(part: Floats, whole: Floats) -> Floats:
            return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)

        found = []
        for kind, plane in enumerate(self._first_of.tolist()):
            mine = self._kind == kind
            alive = months.alive[mine].sum(axis=0)
            found.append(
                Crew(
                    plane=plane,
                    gpus=mean(held[mine].sum(axis=0) / self.days, gangs[mine].sum(axis=0)),
                    aboard=mean(alive, months.satellites[mine].sum(axis=0)),
                    speed=np.minimum(mean(months.online[mine].sum(axis=0), alive), 1.0),
                    born=np.zeros_like(self.days),
                )
            )
        return found

    def _by_kind(self, values: Floats) -> Floats:
        """Sums over the planes of one exposure, (kinds, months), of values by plane."""
        found = np.zeros((len(self._first_of), values.shape[1]))
        np.add.at(found, self._kind, values)
        return found


def _row(days: Floats, amounts: Floats, kind: EventKind, cause: int, job: int) -> dict[str, Any]:
    """Rows of the months in which there is something."""
    some = amounts > 0
    row = {"time_days": days[some], "kind": kind, "cause": cause, "job": job, "plane": NONE}
    return row | {"count": int(some.sum()), "amount": amounts[some]}


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
