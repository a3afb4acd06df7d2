"""Training of a fleet in blocks: jobs are those of the exact engine, to which what the walk wrote is told in turn."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from dataclasses import replace
from itertools import groupby
from operator import itemgetter
from typing import Any

import numpy as np
import simpy
from numpy.typing import NDArray

from sim.berths import Unit
from sim.constants import HOURS_PER_DAY
from sim.engine.block.deaths import Deaths
from sim.engine.block.left import Left
from sim.engine.block.sample import Sample
from sim.engine.idle_notes import IdleNotes
from sim.engine.training import TrainingJobs
from sim.environment import Environment
from sim.events import COLUMNS, ENDS, NONE, PLANNED, STARTS, Cause, EventKind, EventLog, EventRecorder
from sim.fleet import Fleet
from sim.streams import Streams

Process = Generator[simpy.Event, Any, None]
Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

OF_JOBS = (EventKind.JOB_ARRIVED, EventKind.JOB_STARTED, EventKind.JOB_FINISHED)
"""Kinds of which a row is of one job."""
_Told = tuple[float, int, Callable[..., None], tuple[Any, ...]]
"""Of what is told to jobs: the day, its turn on that day, whom to call, and with what."""
OF_NO_TIME = (*OF_JOBS, EventKind.JOB_INTERRUPTED, EventKind.SOFT_INTERRUPTED, EventKind.RESIZED)
"""Kinds whose amounts are no hours."""
FULL = 0.9
"""Share of the GPUs that jobs have from which they are taken to have nearly all."""
FIRST, THEN, LAST = range(3)
"""What comes first of what happens on one day: satellites end, GPUs fail, satellites begin work."""


def training_rows(
    environment: Environment,
    sample: Sample,
    events: EventLog,
    deaths: Deaths,
    alive_days: float,
    fluence_per_day: Floats,
    streams: Streams,
) -> tuple[list[dict[str, Any]], Left]:
    """Columns of rows for the log, and what the jobs leave idle.

    `events`: what the walk wrote of arrivals, ends and planes that stand still; `alive_days`: GPU-days of the fleet's
    GPUs on satellites at work; `fluence_per_day`: of solar storms.
    """
    env, fleet, log, notes = simpy.Environment(), Fleet(sample.layouts), EventRecorder(), EventRecorder()
    noted = IdleNotes(env, fleet, notes).note if environment.scenario.workload.inference else None
    wanted = list(zip(sample.jobs, sample.counts, strict=True))
    jobs = TrainingJobs(env, environment, fleet, log, streams, fluence_per_day, jobs=wanted, noted=noted)
    replay = _Replay(env, sample, jobs, streams)
    env.process(replay.go(events, deaths))
    env.run(until=environment.horizon_days)
    jobs.close(environment.horizon_days)
    days, more = np.array(replay.alive).reshape(-1, 2).T
    rows = log.finish()
    if not sample.is_whole:
        sample = _weighed(sample, rows, float((more * (environment.horizon_days - days)).sum()), alive_days)
    return list(_rows(rows, sample, environment)), Left(sample, notes.finish(), (days, more.astype(np.intp)))


class _Replay:
    """Tells the jobs of a sample what happened to its satellites."""

    def __init__(self, env: simpy.Environment, sample: Sample, jobs: TrainingJobs, streams: Streams) -> None:
        self.env, self.sample, self.fleet, self.jobs = env, sample, jobs.fleet, jobs
        self.alive: list[tuple[float, int]] = []
        """(day, GPUs more or fewer) of those that live on followed satellites at work."""
        self._luck = streams.of("GPUs of a satellite that die")

    def go(self, events: EventLog, deaths: Deaths) -> Process:
        """Day by day."""
        self.jobs.start()
        told = sorted((*self._of_satellites(events), *self._of_gpus(deaths)), key=itemgetter(0, 1))
        for day, these in groupby(told, key=itemgetter(0)):
            if day > self.env.now:
                yield self.env.timeout(day - self.env.now)
            for _, _, tell, what in these:
                tell(*what)
            self.jobs.fill()

    def _of_satellites(self, events: EventLog) -> Iterator[_Told]:
        """What the walk wrote about satellites and planes that are followed."""
        number = np.where(events.berth >= 0, self.sample.number_of[events.berth], NONE)
        starts, ends = events.of(*STARTS), events.of(*ENDS)
        woken = events.satellite[events.of(EventKind.PLACED) & (number != NONE)]
        stored = np.flatnonzero(events.of(EventKind.STORED) & np.isin(events.satellite, woken))
        born = dict(zip(events.satellite[stored].tolist(), events.time_days[stored].tolist(), strict=True))
        for row in np.flatnonzero((number != NONE) & (starts | (ends & (events.gpus != 0)))).tolist():
            day, berth, satellite = float(events.time_days[row]), int(number[row]), int(events.satellite[row])
            if starts[row]:
                birth, gpus, design = born.get(satellite, day), int(events.gpus[row]), int(events.design[row])
                yield day, LAST, self._begin, (berth, satellite, design, birth, gpus)
            else:
                planned = int(events.kind[row]) == EventKind.RETIRED
                yield day, FIRST, self._end, (berth, satellite, int(events.cause[row]), planned)
        followed = np.isin(events.plane, self.sample.planes)
        for row in np.flatnonzero(events.of(EventKind.STOOD_STILL) & followed).tolist():
            day, plane = float(events.time_days[row]), int(events.plane[row])
            yield day, FIRST, self.jobs.suspend, (plane, day + float(events.amount[row]), int(events.cause[row]))

    def _of_gpus(self, deaths: Deaths) -> Iterator[_Told]:
        columns = (deaths.day, deaths.slot, deaths.satellite, deaths.cause, deaths.gpus)
        for day, *what in zip(*(column.tolist() for column in columns), strict=True):
            yield day, THEN, self._lose, tuple(what)

    def _begin(self, berth: int, satellite: int, design: int, birth: float, gpus: int) -> None:
        fleet = self.fleet
        if fleet.satellite[berth] != NONE:  # who makes room has ended on the same day
            self._end(berth, int(fleet.satellite[berth]), Cause.REPLACED, planned=True)
        fleet.satellite[berth], fleet.design[berth], fleet.birth_day[berth] = satellite, design, birth
        plane = fleet.planes[int(fleet.plane_of[berth])]
        self.alive.append((self.env.now, gpus))
        self.jobs.join(plane, berth, np.ones(gpus, bool))

    def _end(self, berth: int, satellite: int, cause: int, planned: bool) -> None:
        if self.fleet.satellite[berth] != satellite:
            return
        self.fleet.satellite[berth] = NONE
        living = int(np.count_nonzero(self.jobs.pool.owner[berth] >= Unit.IDLE))
        self.alive.append((self.env.now, -living))
        self.jobs.leave(berth, cause, planned=planned)

    def _lose(self, berth: int, satellite: int, cause: int, gpus: int) -> None:
        """GPUs of a satellite that died together: a row of them, somewhere on it."""
        if self.fleet.satellite[berth] != satellite:
            return
        living = np.flatnonzero(self.jobs.pool.owner[berth] >= Unit.IDLE)
        if len(living):
            first = int(self._luck.random() * len(living))
            units = living[(first + np.arange(min(gpus, len(living)))) % len(living)]
            self.alive.append((self.env.now, -len(units)))
            self.jobs.lose_gpus(berth, units, cause)


def _weighed(sample: Sample, log: EventLog, followed_days: float, alive_days: float) -> Sample:
    """A sample whose jobs stand for GPUs, not for jobs, where they have nearly all that there are.

    What they do not have would else be the small difference of two large numbers, of which one is drawn by chance.
    """
    used = ~log.of(*OF_NO_TIME, EventKind.IDLE, EventKind.WAITED)
    hours = log.amount * used / HOURS_PER_DAY
    share = float(hours.sum()) / max(followed_days, 1e-9)
    if share < FULL:
        return sample
    by = share * alive_days / float((hours * _weights(log, sample)).sum())
    return replace(sample, hours_of_each=tuple(by * weight for weight in sample.weights), weight=by * sample.weight)


def _weights(log: EventLog, sample: Sample) -> Floats:
    """Hours of the fleet that an hour of each row stands for."""
    of = np.repeat(np.arange(len(sample.counts)), sample.counts)  # each followed job's description
    return np.append(np.array(sample.hours_of_each)[of], sample.weight)[log.job]  # rows of no job have the last


def _rows(log: EventLog, sample: Sample, environment: Environment) -> Iterator[dict[str, Any]]:
    """Rows of the log for the fleet: a followed job's hours are those of all jobs that it stands for."""
    if sample.is_whole:
        yield _columns(log, np.arange(len(log)))
        return
    migrate = [job.on_planned_removal == "migrate" for job in environment.scenario.workload.jobs]
    told = np.append(np.repeat(migrate, sample.counts), False)[log.job]
    single, hit = log.of(*OF_JOBS), log.of(EventKind.JOB_INTERRUPTED)
    weights = np.where(log.of(EventKind.RESIZED), 1.0, _weights(log, sample))
    # A row of one interruption cannot stand for several: it becomes one that says their number.
    rows = np.flatnonzero(~single & ~(hit & np.isin(log.cause, PLANNED) & told))
    columns = _columns(log, rows)
    columns["kind"] = np.where(hit[rows], EventKind.SOFT_INTERRUPTED, columns["kind"])
    columns["amount"] = np.where(hit[rows], 1.0, columns["amount"]) * weights[rows]
    begin, end = sample.stands_for(environment.job_counts)
    columns["job"] = np.append(begin, NONE)[log.job[rows]]
    yield columns
    rows = np.flatnonzero(single)
    many = (end - begin)[log.job[rows]]
    columns = _columns(log, np.repeat(rows, many))
    nth = np.arange(len(columns["job"])) - np.repeat(np.cumsum(many) - many, many)
    columns["job"] = np.repeat(begin[log.job[rows]], many) + nth
    yield columns


def _columns(log: EventLog, rows: Ints) -> dict[str, Any]:
    """Some rows of a log as columns for another."""
    return {name: getattr(log, name)[rows] for name in COLUMNS} | {"count": len(rows)}
