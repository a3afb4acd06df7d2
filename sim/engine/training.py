"""Training gangs at work: placement, interruption, restart and the end.

A gang holds GPUs of one plane.  Between two things that happen to it nothing is simulated: where the time went follows
in closed form from the checkpoint rhythm, the speed of its satellites and the windows in which it may run.  Nobody asks
where the time of a job without end went before the run is over, so that is worked out later, for many gangs at once.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import Counter, defaultdict
from collections.abc import Generator, Iterator, Sequence
from dataclasses import replace
from math import inf
from typing import Any

import numpy as np
import simpy
from numpy.typing import NDArray

from sim.berths import PlaneLayout
from sim.constants import HOURS_PER_DAY
from sim.engine.copies import Copies, LostSatellites
from sim.engine.gang import Gang
from sim.engine.gang_time import GangTime
from sim.engine.pool import Pool
from sim.engine.run_segments import run_segments
from sim.engine.segment import Asked, Before, Composition, UnitArrivals
from sim.engine.stretch import Stretch
from sim.environment import Environment
from sim.environment.recent import Recent
from sim.environment.saa_passes import block_means
from sim.events import Cause, EventKind, EventRecorder
from sim.fleet import Fleet
from sim.scenario.models import Scenario
from sim.streams import Streams
from sim.workloads import Queued, TrainingJob, WorkTable

Process = Generator[simpy.Event, Any, None]
Floats = NDArray[np.float64]

NOTED_AT_MOST = 2048
"""Run segments that wait to be accounted for, a few kilobytes each; those of more than 32 satellites count for more."""
TOGETHER_DAYS = 10_000.0
"""Gang time that is followed at once: 30 MB where gangs pause in every eclipse."""
TOGETHER_INTERRUPTIONS = 1e6
"""Interruptions that are followed at once, as far as that may be parted among gangs: 200 MB."""

_STANDING = WorkTable(np.zeros(1))


class TrainingJobs:
    """All training jobs of a run: a client of the pool of GPUs."""

    def __init__(
        self,
        env: simpy.Environment,
        scenario: Scenario,
        environment: Environment,
        fleet: Fleet,
        log: EventRecorder,
        streams: Streams,
        fluence_per_day: Floats,
    ) -> None:
        """`fluence_per_day`: of solar storms, shape (days of the environment's tables,)."""
        self.env = env
        self.environment = environment
        self.fluence_per_day = fluence_per_day
        self.fleet = fleet
        self.log = log
        self.scheduler = scenario.workload.scheduler
        positions = max(scenario.design(name).positions for name in scenario.design_names)
        self.pool = Pool(fleet.planes, positions)
        self.time = GangTime(log, [cause.cause for cause in environment.gangs.causes])
        self.suspended_until = [0.0] * len(fleet.planes)
        self.queue: list[tuple[float, int]] = []
        """(day of arrival, job) of those that wait, in order."""
        self._waiting_sizes: Counter[int] = Counter()
        self._tried = (-1, -1)
        self._queue_version = 0
        self._running: list[dict[int, Gang]] = [{} for _ in fleet.planes]
        self._noted = 0
        """Run segments that are over and not accounted for, by weight."""
        self._stops: dict[int, float] = {}  # by the description of a job
        self._storms: Recent[float, Floats] = Recent(64)
        self._lost = LostSatellites()
        self.gangs: list[Gang] = []
        for spec, count in zip(scenario.workload.jobs, environment.job_counts, strict=True):
            rhythm = environment.rhythms.first(spec)
            figures = environment.gangs.figures(spec)
            work_days = inf if (work := figures.work_gpu_hours) is None else work / spec.gpus / HOURS_PER_DAY
            for job in range(len(self.gangs), len(self.gangs) + count):
                arrivals, copies, day = UnitArrivals(streams, job), Copies(spec, figures), spec.arrival_day
                self.gangs.append(Gang(day, job, spec, rhythm, arrivals, copies, work_days, since=day))

    def start(self) -> None:
        """Let the jobs arrive."""
        by_day: defaultdict[float, list[Gang]] = defaultdict(list)
        for gang in self.gangs:
            by_day[gang.arrival_day].append(gang)
        for day in sorted(by_day):
            if day == 0:
                for gang in by_day[day]:
                    self._enqueue(gang)
            else:
                self.env.process(self.arrive(day, by_day[day]))

    def arrive(self, day: float, gangs: list[Gang]) -> Process:
        """Join the queue on a day."""
        yield self.env.timeout(day)
        for gang in gangs:
            self._enqueue(gang)
        self.fill()

    # What the world tells the jobs

    def join(self, plane: PlaneLayout, berth: int, working: NDArray[np.bool_]) -> None:
        """A satellite begins work in a slot: its GPUs that live and are not in reserve are there to be used."""
        self.pool.join(berth, working)

    def leave(self, berth: int, cause: int, *, planned: bool) -> None:
        """The satellite in a slot stops work."""
        self._lost.leave(berth, self.env.now, planned=planned)
        for job in self.pool.leave(berth):
            self.interrupt(self.gangs[job], cause, planned=planned, extra_days=self.gangs[job].copies.away_days)

    def lose_gpus(self, berth: int, units: NDArray[np.intp], cause: int, *, planned: bool = False) -> None:
        """GPUs on a satellite at work failed together, or are taken out by plan."""
        for job in self.pool.lose(berth, units):
            self.interrupt(self.gangs[job], cause, planned=planned)

    def gain_gpus(self, berth: int, units: NDArray[np.intp]) -> None:
        """Spare GPUs of a satellite at work begin to work."""
        self.pool.gain(berth, units)

    def disturb(self, berth: int, unit: int, cause: int, extra_days: float) -> None:
        """A fault of one GPU stops its gang and breaks nothing; its restart takes `extra_days` more."""
        owner = int(self.pool.owner[berth, unit])
        if owner >= 0:
            self.interrupt(self.gangs[owner], cause, planned=False, extra_days=extra_days)

    def suspend(self, plane: int, until: float, cause: int) -> None:
        """A plane stops computing until a day: its gangs lose what is not committed, and wait where they are."""
        self.suspended_until[plane] = max(self.suspended_until[plane], until)
        for _, gang in sorted(self._running[plane].items()):
            self.interrupt(gang, cause, planned=False)

    def fill(self) -> None:
        """Let the scheduler start what it will."""
        if self._noted >= NOTED_AT_MOST:
            self.settle(self.gangs)
        rooms = self.pool.rooms
        tried = rooms.version, self._queue_version
        if not self.queue or tried == self._tried:
            return
        if rooms.largest >= min(self._waiting_sizes):
            for placement in self.scheduler.place(self._queued(), rooms, self.env.now):
                self.place(self.gangs[placement.job], placement.plane)
        self._tried = rooms.version, self._queue_version

    # The life of a gang

    def place(self, gang: Gang, plane: int) -> None:
        """Give a queued gang idle GPUs of a plane and let it run."""
        del self.queue[bisect_left(self.queue, (gang.arrival_day, gang.job))]
        self._waiting_sizes[gang.spec.gpus] -= 1
        if self._waiting_sizes[gang.spec.gpus] == 0:
            del self._waiting_sizes[gang.spec.gpus]
        self._queue_version += 1
        self.time.waited(gang, self.env.now)
        self.log.append(self.env.now, EventKind.JOB_STARTED, plane=plane, job=gang.job, amount=gang.spec.gpus)
        gang.plane = plane
        self._running[plane][gang.job] = gang
        gang.units = self.pool.take(plane, gang.job, gang.spec.gpus, gang.berths)
        self._run(gang, gang.rhythm.restart + gang.copies.away_days if gang.started else 0.0)
        gang.started = True

    def interrupt(self, gang: Gang, cause: int, *, planned: bool, extra_days: float = 0.0) -> None:
        """A running gang is stopped, some GPUs may be gone: swap in idle ones and go on, or back to the queue."""
        kept = self.pool.kept(gang.job, gang.units)
        missing = gang.spec.gpus - len(kept)
        swap = self.pool.idle(gang.plane) >= missing
        self._end_run(gang, self.env.now, cause=cause, planned=planned, interrupted=True, goes_on=swap)
        if swap:
            if missing:
                berths, _ = self.pool.satellites_of(gang.plane, kept)
                kept = np.concatenate([kept, self.pool.take(gang.plane, gang.job, missing, berths)])
            gang.units = kept
            detection = 0.0 if planned else gang.copies.detection_days
            self._run(gang, gang.rhythm.restart + extra_days + detection, detection)
        else:
            gang.units = kept
            self._release(gang)
            gang.since = self.env.now
            self._enqueue(gang)

    def run_job(self, gang: Gang, generation: int) -> Process:
        """Compute until the work is committed, unless something stops the gang first."""
        yield self.env.timeout(gang.end_day - self.env.now)
        if gang.generation != generation:
            return
        # Its last checkpoint ends the segment, like one before a planned pause.
        plane = gang.plane
        self._end_run(gang, self.env.now, planned=True)
        gang.done = True
        self._release(gang)
        self.log.append(self.env.now, EventKind.JOB_FINISHED, plane=plane, job=gang.job, amount=gang.spec.gpus)
        self.fill()

    def close(self, horizon_days: float) -> None:
        """Account for all gangs at the horizon."""
        for gang in self.gangs:
            if gang.done or gang.arrival_day >= horizon_days:
                continue
            if gang.running:
                self._end_run(gang, horizon_days, closing=True)
            else:
                self.time.waited(gang, horizon_days)
        self.settle(self.gangs)

    # Parts of the above

    def _enqueue(self, gang: Gang) -> None:
        insort(self.queue, (gang.arrival_day, gang.job))
        self._waiting_sizes[gang.spec.gpus] += 1
        self._queue_version += 1

    def _queued(self) -> Iterator[Queued]:
        """The queue as it stands, in order, as long as there is room for anybody in it."""
        for _, job in list(self.queue):
            if self.pool.rooms.largest < min(self._waiting_sizes, default=0):
                return
            gang = self.gangs[job]
            yield Queued(job, gang.spec.gpus, gang.rhythm.time_for(gang.remaining_days))

    def _release(self, gang: Gang) -> None:
        if gang.remaining_days < inf:
            self.settle([gang])
        self.pool.give_back(gang.plane, gang.units)
        del self._running[gang.plane][gang.job]
        gang.units = gang.berths = np.empty(0, np.intp)
        gang.plane = -1

    def _run(self, gang: Gang, restart_days: float, detection_days: float = 0.0) -> None:
        """Begin a segment of running now."""
        plane, now = gang.plane, self.env.now
        gang.berths, gpus = self.pool.satellites_of(plane, gang.units)
        design, born = self.fleet.design[gang.berths], self.fleet.birth_day[gang.berths]
        resume = max(now, self.suspended_until[plane])
        gang.stretches.append(
            Stretch(plane, now, resume, restart_days, gang.berths, gpus, design, born, detection_days)
        )
        gang.generation += 1
        if gang.remaining_days == inf:
            return
        self.settle([gang])
        gang.give_up(gang.copies.restore(gang.stretches[0], self._lost))
        gang.end_day = self._finish_day(gang, gang.stretches[0])
        self.pool.rooms.run(plane, gang.job, gang.spec.gpus, gang.end_day)
        if gang.end_day < self.environment.horizon_days:
            self.env.process(self.run_job(gang, gang.generation))

    def _end_run(
        self,
        gang: Gang,
        day: float,
        *,
        cause: int = Cause.NONE,
        planned: bool = False,
        interrupted: bool = False,
        goes_on: bool = False,
        closing: bool = False,
    ) -> None:
        """End the segment of running: its process stops, its end counts no longer."""
        stretch = gang.stretches[-1]
        stretch.end_day, stretch.cause, stretch.planned = day, cause, planned
        stretch.interrupted, stretch.goes_on, stretch.closing = interrupted, goes_on, closing
        self._noted += stretch.weight
        self.pool.rooms.stop(gang.plane, gang.job, gang.spec.gpus, gang.end_day)
        gang.end_day = inf
        gang.generation += 1

    # Where the time went

    def settle(self, gangs: Sequence[Gang]) -> None:
        """Account for all segments of these gangs that are over."""
        while open_ := [gang for gang in gangs if gang.stretches and gang.stretches[0].ended]:
            open_.sort(key=lambda gang: gang.stretches[0].plane)  # one plane's eclipses after the other's
            together: list[Gang] = []
            share = 0.0  # of what may be followed at once
            for gang in open_:
                days = gang.stretches[0].end_day - gang.stretches[0].since
                share += days * max(1 / TOGETHER_DAYS, self._stops_per_day(gang.spec) / TOGETHER_INTERRUPTIONS)
                together.append(gang)
                if share >= 1 or gang is open_[-1]:
                    self._account(together)
                    together, share = [], 0.0

    def _stops_per_day(self, spec: TrainingJob) -> float:
        """Interruptions of a new gang that break nothing, in the first plane."""
        if id(spec) not in self._stops:
            self._stops[id(spec)] = sum(self.environment.gangs.per_day(0, spec).values())
        return self._stops[id(spec)]

    def _account(self, gangs: Sequence[Gang]) -> None:
        """Write where the first segment of each of these gangs went, and carry on what it leaves."""
        stretches = [gang.stretches.popleft() for gang in gangs]
        self._noted -= sum(stretch.weight for stretch in stretches)
        for gang, stretch in zip(gangs, stretches, strict=True):
            gang.give_up(gang.copies.restore(stretch, self._lost))
        asked = [
            self._ask(gang, stretch, stretch.end_day, planned=stretch.planned)
            for gang, stretch in zip(gangs, stretches, strict=True)
        ]
        segments = run_segments(asked)
        left_days, used, net = segments.restart_left_days.tolist(), segments.used.tolist(), segments.net.tolist()
        for number, (gang, stretch, left) in enumerate(zip(gangs, stretches, left_days, strict=True)):
            gang.remaining_days = max(gang.remaining_days - net[number], 0.0)
            gang.used = used[number]
            gang.pending = segments.pending[number]
            gang.copies.follow(stretch, segments, number)
            unnoticed = left > 0 and not gang.spec.failures_during_restart
            if stretch.goes_on and unnoticed:
                gang.stretches[0].go_on(left, float(segments.detection_left_days[number]))
            if stretch.interrupted and not (stretch.goes_on and (segments.paused[number] or unnoticed)):
                self.log.append(
                    stretch.end_day,
                    EventKind.JOB_INTERRUPTED,
                    cause=stretch.cause,
                    plane=stretch.plane,
                    job=gang.job,
                    amount=gang.spec.gpus,
                )
        self.time.ran(gangs, stretches, segments)

    def _ask(self, gang: Gang, stretch: Stretch, until: float, *, planned: bool) -> Asked:
        """What to ask about a segment, up to a day; `planned`: a checkpoint precedes its end."""
        start = min(stretch.resume_day, until)
        slots = stretch.berths - self.fleet.planes[stretch.plane].first_berth
        starts, ends = self.environment.sites[stretch.plane].run_windows(slots, start, until)
        restart, detection = stretch.restart_days, stretch.detection_days
        before = Before(stretch.since, restart, gang.unit_arrivals, gang.used, detection, gang.pending)
        if len(starts) == 0:
            # It never runs, so nobody asks how fast it would, and what would interrupt it.
            standing = Composition(self.environment.gangs, stretch.plane, gang.rhythm, _STANDING, 0.0, None, True)
            return Asked(standing, before, starts, ends, until, planned)
        return Asked(self._composition(gang, stretch), before, starts, ends, until, planned)

    def _composition(self, gang: Gang, stretch: Stretch) -> Composition:
        """How a gang runs in a segment; worked out once."""
        if stretch.composition is None:
            gang.composition = stretch.composition = self._compose(gang, stretch)
            gang.rhythm = stretch.composition.rhythm
        return stretch.composition

    def _compose(self, gang: Gang, stretch: Stretch) -> Composition:
        """How a gang runs on the GPUs that it holds."""
        gangs, plane, spec, makes = self.environment.gangs, stretch.plane, gang.spec, stretch.makes
        slots = stretch.berths - self.fleet.planes[plane].first_berth
        units = gangs.units(stretch.gpus, makes)
        before = gang.composition
        rhythm = self.environment.rhythms.of(plane, spec, slots, makes, units, stretch.since)
        made_of = plane, stretch.berths.tolist(), makes, stretch.gpus.tolist()
        same = before is not None and before.made_of[:3] == made_of[:3]
        if before is not None and before.made_of == made_of:
            return replace(before, rhythm=rhythm)
        return Composition(
            gangs=gangs,
            plane=plane,
            rhythm=rhythm,
            speed=before.speed if same and before is not None else gangs.speed(plane, makes, slots),
            efficiency=gangs.efficiency(plane, spec, makes, units),
            rates=gangs.rates(plane, slots, makes, units, self._storm_fluence) if gangs.causes else None,
            failures_during_restart=spec.failures_during_restart,
            detection_days=gang.copies.detection_days,
            made_of=made_of,
        )

    def _storm_fluence(self, edges: Floats) -> Floats:
        """Fluence of solar storms a day, means over the spans between some days; `edges` are evenly spaced from 0."""
        return self._storms.get(float(edges[1]), lambda: block_means(self.fluence_per_day, edges))

    def _finish_day(self, gang: Gang, stretch: Stretch) -> float:
        """Day on which the gang's work is committed if nothing breaks; infinite if not before the horizon."""
        composition = self._composition(gang, stretch)
        if composition.efficiency == 0:
            return inf
        table, horizon = composition.speed, self.environment.horizon_days
        # Not before this day, even without checkpoints.
        least = table.when(table.at(stretch.resume_day) + gang.remaining_days / composition.efficiency)
        if least >= horizon:
            return inf
        needed = least - stretch.since + stretch.restart_days + gang.rhythm.time_for(gang.remaining_days)
        end = min(stretch.since + 0.1 + 1.25 * needed, horizon)
        while True:
            segment = run_segments([self._ask(gang, stretch, end, planned=False)])
            day = segment.finish_day(0, gang.rhythm, gang.remaining_days)
            if day < inf or end >= horizon:
                return day
            end = min(2 * end - stretch.since, horizon)
