"""Training gangs at work: placement, interruption, restart and the end.

A gang holds GPUs of one plane.  Between two things that happen to it nothing is simulated: where the time went follows
in closed form from the checkpoint rhythm, the speed of its satellites and the windows in which it may run.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import Counter, defaultdict
from collections.abc import Generator, Iterator
from dataclasses import replace
from math import inf
from typing import Any

import numpy as np
import simpy
from numpy.typing import NDArray

from sim.constants import HOURS_PER_DAY
from sim.engine.gang import Gang
from sim.engine.gang_time import GangTime
from sim.engine.pool import Pool
from sim.engine.run_segments import Before, Composition, RunSegment, UnitArrivals, finish_day, run_segment
from sim.environment import Environment
from sim.environment.design import birth_key
from sim.environment.recent import Recent
from sim.environment.saa_passes import block_means
from sim.events import Cause, EventKind, EventRecorder
from sim.fleet import Fleet, PlaneLayout
from sim.scenario.models import Scenario
from sim.streams import Streams
from sim.workloads import Queued

Process = Generator[simpy.Event, Any, None]
Floats = NDArray[np.float64]


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
        self._storms: Recent[float, Floats] = Recent(64)
        self.gangs: list[Gang] = []
        for spec in scenario.workload.jobs:
            rhythm = environment.gangs.first_rhythm(spec)
            work_days = inf if spec.work_gpu_hours is None else spec.work_gpu_hours / spec.gpus / HOURS_PER_DAY
            for job in range(len(self.gangs), len(self.gangs) + spec.count):
                arrivals = UnitArrivals(streams, job)
                self.gangs.append(
                    Gang(spec.arrival_day, job, spec, rhythm, arrivals, work_days, since=spec.arrival_day)
                )

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
        for job in self.pool.leave(berth):
            self.interrupt(self.gangs[job], cause, planned=planned)

    def lose_gpus(self, berth: int, units: NDArray[np.intp], cause: int) -> None:
        """GPUs on a satellite at work failed together."""
        for job in self.pool.lose(berth, units):
            self.interrupt(self.gangs[job], cause, planned=False)

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
        self._run(gang, gang.rhythm.restart if gang.started else 0.0)
        gang.started = True

    def interrupt(self, gang: Gang, cause: int, *, planned: bool, extra_days: float = 0.0) -> None:
        """A running gang is stopped, some GPUs may be gone: swap in idle ones and go on, or back to the queue."""
        segment = self._so_far(gang, self.env.now, planned=planned)
        kept = self.pool.kept(gang.job, gang.units)
        missing = gang.spec.gpus - len(kept)
        swap = self.pool.idle(gang.plane) >= missing
        unnoticed = segment.restart_left_days > 0 and not gang.spec.failures_during_restart
        if not (swap and (segment.paused or unnoticed)):
            self.log.append(
                self.env.now,
                EventKind.JOB_INTERRUPTED,
                cause=cause,
                plane=gang.plane,
                job=gang.job,
                amount=gang.spec.gpus,
            )
        self._account(gang, segment, cause=cause)
        self._end_run(gang)
        if swap:
            if missing:
                berths, _ = self.pool.satellites_of(gang.plane, kept)
                kept = np.concatenate([kept, self.pool.take(gang.plane, gang.job, missing, berths)])
            gang.units = kept
            self._run(gang, segment.restart_left_days if unnoticed else gang.rhythm.restart + extra_days)
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
        self._account(gang, self._so_far(gang, self.env.now, planned=True), cause=Cause.NONE)
        gang.done = True
        self.log.append(self.env.now, EventKind.JOB_FINISHED, plane=gang.plane, job=gang.job, amount=gang.spec.gpus)
        self._end_run(gang)
        self._release(gang)
        self.fill()

    def close(self, horizon_days: float) -> None:
        """Account for all gangs at the horizon."""
        for gang in self.gangs:
            if gang.done or gang.arrival_day >= horizon_days:
                continue
            if gang.running:
                segment = self._so_far(gang, horizon_days, planned=False)
                self.time.ran(gang, segment, horizon_days, cause=Cause.NONE, closing=True)
            else:
                self.time.waited(gang, horizon_days)

    # Parts of the above

    def _enqueue(self, gang: Gang) -> None:
        insort(self.queue, (gang.arrival_day, gang.job))
        self._waiting_sizes[gang.spec.gpus] += 1
        self._queue_version += 1

    def _queued(self) -> Iterator[Queued]:
        """The queue as it stands, in order."""
        for _, job in list(self.queue):
            gang = self.gangs[job]
            yield Queued(job, gang.spec.gpus, gang.rhythm.time_for(gang.remaining_days))

    def _release(self, gang: Gang) -> None:
        self.pool.give_back(gang.plane, gang.units)
        del self._running[gang.plane][gang.job]
        gang.units = gang.berths = np.empty(0, np.intp)
        gang.plane, gang.composition = -1, None

    def _run(self, gang: Gang, restart_days: float) -> None:
        """Begin a segment of running now."""
        gang.since = self.env.now
        gang.resume_day = max(self.env.now, self.suspended_until[gang.plane])
        gang.composition = self._compose(gang)
        gang.rhythm = gang.composition.rhythm
        gang.restart_days = restart_days
        gang.generation += 1
        gang.end_day = self._finish_day(gang, gang.composition)
        self.pool.rooms.run(gang.plane, gang.job, gang.spec.gpus, gang.end_day)
        if gang.end_day < self.environment.horizon_days:
            self.env.process(self.run_job(gang, gang.generation))

    def _end_run(self, gang: Gang) -> None:
        """End the segment of running: its process stops, its end counts no longer."""
        self.pool.rooms.stop(gang.plane, gang.job, gang.spec.gpus, gang.end_day)
        gang.end_day = inf
        gang.generation += 1

    def _compose(self, gang: Gang) -> Composition:
        """How a gang runs on the GPUs that it holds."""
        gangs, plane, spec = self.environment.gangs, gang.plane, gang.spec
        berths, gpus = self.pool.satellites_of(plane, gang.units)
        born = (birth_key(day) for day in self.fleet.birth_day[berths].tolist())
        makes = list(zip(self.fleet.design[berths].tolist(), born, strict=True))
        slots = berths - self.fleet.planes[plane].first_berth
        units = gangs.units(gpus, makes)
        before, gang.berths = gang.composition, berths
        rhythm = gangs.rhythm(plane, spec, makes, units, self.env.now)
        made_of = plane, berths.tolist(), makes, gpus.tolist()
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
            made_of=made_of,
        )

    def _storm_fluence(self, edges: Floats) -> Floats:
        """Fluence of solar storms a day, means over the spans between some days; `edges` are evenly spaced from 0."""
        return self._storms.get(float(edges[1]), lambda: block_means(self.fluence_per_day, edges))

    def _finish_day(self, gang: Gang, composition: Composition) -> float:
        """Day on which the gang's work is committed if nothing breaks; infinite if not before the horizon."""
        if gang.remaining_days == inf or composition.efficiency == 0:
            return inf
        table, horizon = composition.speed, self.environment.horizon_days
        # Not before this day, even without checkpoints.
        least = table.when(table.at(gang.resume_day) + gang.remaining_days / composition.efficiency)
        if least >= horizon:
            return inf
        needed = least - gang.since + gang.restart_days + gang.rhythm.time_for(gang.remaining_days)
        end = min(gang.since + 0.1 + 1.25 * needed, horizon)
        while True:
            segment = self._so_far(gang, end, planned=False)
            day = finish_day(segment, gang.rhythm, gang.remaining_days)
            if day < inf or end >= horizon:
                return day
            end = min(2 * end - gang.since, horizon)

    def _so_far(self, gang: Gang, until: float, *, planned: bool) -> RunSegment:
        """Where the gang's present segment goes, up to a day; `planned`: a checkpoint precedes its end."""
        assert gang.composition is not None
        start = min(gang.resume_day, until)
        slots = gang.berths - self.fleet.planes[gang.plane].first_berth
        windows = self.environment.sites[gang.plane].run_windows(slots, start, until)
        before = Before(gang.since, gang.restart_days, gang.unit_arrivals, gang.used, gang.pending)
        return run_segment(gang.composition, before, windows, until, planned=planned)

    def _account(self, gang: Gang, segment: RunSegment, *, cause: int) -> None:
        """Write where the segment that ends now went, and carry on what it leaves."""
        self.time.ran(gang, segment, self.env.now, cause=cause)
        gang.remaining_days = max(gang.remaining_days - segment.net, 0.0)
        gang.used = segment.used
        gang.pending = segment.pending
