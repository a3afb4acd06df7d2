"""Training gangs at work: placement, interruption, restart and the end.

A gang holds GPUs of one place: a plane, or planes that are joined by links.  Between two things that happen to it
nothing is simulated: where the time went follows in closed form from the checkpoint rhythm, the speed of its satellites
and the windows in which it may run.  Nobody asks where the time of a job without end went before the run is over, so
that is worked out later, for many gangs at once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Generator, Sequence
from math import inf
from typing import Any

import numpy as np
import simpy
from numpy.typing import NDArray

from sim.berths import JoinedLayout, PlaneLayout
from sim.constants import HOURS_PER_DAY
from sim.engine.copies import Copies
from sim.engine.gang import Gang, arrival_days
from sim.engine.gang_runs import GangRuns
from sim.engine.hot_spares import HotSpares
from sim.engine.idle_time import IdleTime
from sim.engine.job_queue import JobQueue
from sim.engine.pool import Pool
from sim.engine.scheduling import Scheduling
from sim.engine.segment import UnitArrivals
from sim.engine.stretch import Stretch
from sim.environment import Environment
from sim.events import NONE, Cause, EventKind, EventRecorder
from sim.fleet import Fleet
from sim.streams import Streams
from sim.workloads import Placement, Running, TrainingJob

Process = Generator[simpy.Event, Any, None]
Floats = NDArray[np.float64]


class TrainingJobs:
    """All training jobs of a run: a client of the pool of GPUs."""

    def __init__(
        self,
        env: simpy.Environment,
        environment: Environment,
        fleet: Fleet,
        log: EventRecorder,
        streams: Streams,
        fluence_per_day: Floats,
        *,
        jobs: Sequence[tuple[TrainingJob, int]],
        noted: Callable[[int, int], None] | None,
    ) -> None:
        """`fluence_per_day`: of solar storms, shape (days of the environment's tables,); `jobs`: each description, and
        how many there are; `noted` hears of each slot whose idle GPUs change, and how many are idle.
        """
        self.env = env
        self.environment = environment
        self.fleet = fleet
        self.log = log
        scenario = environment.scenario
        positions = max(scenario.design(name).positions for name in scenario.design_names)
        self.uses_gpus = scenario.workload.uses_gpus
        joined = [
            JoinedLayout(one.place, tuple(fleet.planes[plane] for plane in one.ids)) for one in environment.joined
        ]
        self.pool = Pool(fleet.planes, positions, noted, tuple(joined))
        self.runs = GangRuns(environment, fleet, log, fluence_per_day)
        self.idle_time = IdleTime(log)
        self.suspended_until = [0.0] * len(fleet.planes)
        self.queue = JobQueue()
        self._shrunk: list[dict[int, Gang]] = [{} for _ in self.pool.places]
        """Gangs at work that want more GPUs than they have, by place and job."""
        self._holding: dict[int, dict[int, Gang]] = {}
        """Gangs that hold GPUs and wait for others, by place and job."""
        self._missing = 0
        """GPUs that those at work want beside what they have."""
        self._tried = (-1, -1)
        self._running: list[dict[int, Gang]] = [{} for _ in fleet.planes]
        self.gangs: list[Gang] = []
        self.spares = HotSpares(env, self.pool, log, self.gangs)
        self.scheduling = Scheduling(environment, self.queue, self.pool.rooms, self.gangs)
        for spec, count in jobs:
            rhythm = environment.rhythms.first(spec)
            figures = environment.gangs.figures(spec)
            work = inf if figures.work_gpu_hours is None else figures.work_gpu_hours / HOURS_PER_DAY
            days, spans = arrival_days(spec, count, streams, len(self.gangs)), environment.gangs.places.spans(spec.gpus)
            for job, day in enumerate(days, start=len(self.gangs)):
                arrivals, copies = UnitArrivals(streams, job), Copies(spec, figures)
                self.gangs.append(Gang(day, job, spec, rhythm, arrivals, copies, work, since=day, spans=spans))

    def start(self) -> None:
        """Let the jobs arrive."""
        by_day: defaultdict[float, list[Gang]] = defaultdict(list)
        for gang in self.gangs:
            by_day[gang.arrival_day].append(gang)
        for day in sorted(by_day):
            if day == 0:
                self._arrive(by_day[day])
            else:
                self.env.process(self.arrive(day, by_day[day]))

    def arrive(self, day: float, gangs: list[Gang]) -> Process:
        """Join the queue on a day."""
        yield self.env.timeout(day)
        self._arrive(gangs)
        self.fill()

    # What the world tells the jobs

    def join(self, plane: PlaneLayout, berth: int, working: NDArray[np.bool_]) -> None:
        """A satellite begins work in a slot: its GPUs that live and are not in reserve are there to be used."""
        self.pool.join(berth, working)

    def leave(self, berth: int, cause: int, *, planned: bool) -> None:
        """The satellite in a slot stops work."""
        self.runs.lost.leave(berth, self.env.now, planned=planned)
        for job in self.spares.jobs_of(self.pool.leave(berth)):
            self.interrupt(self.gangs[job], cause, planned=planned, away=True)

    def lose_gpus(self, berth: int, units: NDArray[np.intp], cause: int, *, planned: bool = False) -> None:
        """GPUs on a satellite at work failed together, or are taken out by plan."""
        for job in self.spares.jobs_of(self.pool.lose(berth, units)):
            self.interrupt(self.gangs[job], cause, planned=planned)

    def gain_gpus(self, berth: int, units: NDArray[np.intp]) -> None:
        """Spare GPUs of a satellite at work begin to work."""
        self.pool.gain(berth, units)

    def disturb(self, berth: int, unit: int, cause: int, extra_days: float) -> None:
        """A fault of one GPU stops its gang and breaks nothing; its restart takes `extra_days` more."""
        owner = int(self.pool.owner[berth, unit])
        if 0 <= owner < len(self.gangs):
            self.interrupt(self.gangs[owner], cause, planned=False, extra_days=extra_days)

    def suspend(self, plane: int, until: float, cause: int) -> None:
        """A plane stops computing until a day: its gangs lose what is not committed, and wait where they are."""
        self.suspended_until[plane] = max(self.suspended_until[plane], until)
        for _, gang in sorted(self._running[plane].items()):
            if not gang.suspended_with(plane, self.env.now, until):
                self.interrupt(gang, cause, planned=False)

    def fill(self) -> None:
        """Let the scheduler start what it will, and gangs that have shrunk grow again."""
        if self.runs.many_noted:
            self.runs.settle(self.gangs)
        rooms = self.pool.rooms
        tried = rooms.version, self.queue.version
        if tried == self._tried:
            # A gang on one satellite may have come to lack GPUs while others are idle elsewhere.
            self.idle_time.note(self.env.now, rooms.total, self.queue.gpus, self._missing)
            return
        for wish, gang in self.scheduling.wishes(self.env.now):
            if isinstance(wish, Placement):
                self.place(gang, wish)
            else:
                self._preempt(gang)
        for place in sorted(rooms.freed):
            self._grow(place)
        rooms.freed.clear()
        self._tried = rooms.version, self.queue.version
        self.idle_time.note(self.env.now, rooms.total, self.queue.gpus, self._missing)

    # The life of a gang

    def place(self, gang: Gang, placement: Placement) -> None:
        """Give a queued gang idle GPUs of a place and let it run."""
        place = placement.plane
        plane = place if place < len(self.fleet.planes) else NONE
        self.queue.remove(gang)
        self.runs.time.waited(gang, self.env.now)
        gang.size = placement.gpus
        self.log.append(self.env.now, EventKind.JOB_STARTED, plane=plane, job=gang.job, amount=gang.spec.gpus)
        gang.place, gang.plane = place, plane
        if gang.size < gang.spec.gpus:
            self.log.append(self.env.now, EventKind.RESIZED, plane=plane, job=gang.job, amount=gang.size)
        gang.units = self.pool.take(place, gang.job, gang.size, gang.berths)
        self._run(gang, gang.rhythm.restart + gang.copies.away_days if gang.started else 0.0)
        gang.started = True

    def interrupt(self, gang: Gang, cause: int, *, planned: bool, extra_days: float = 0.0, away: bool = False) -> None:
        """A gang is stopped, GPUs or a satellite (`away`) may be gone: it goes on with what there is, or queues."""
        planned &= gang.spec.on_planned_removal == "migrate"
        if away:
            extra_days += gang.copies.hand_over_days if planned else gang.copies.away_days
        kept = self.pool.kept(gang.job, gang.units)
        if not gang.running:
            self._held(gang)
            gang.units = kept
            self.queue.awaits(gang, gang.spec.gpus - len(kept))
            return
        size = gang.spec.size_with(len(kept) + self.spares.ready(gang) + self._idle_for(gang, kept))
        self._end_run(gang, self.env.now, cause=cause, planned=planned, interrupted=True, goes_on=size > 0)
        swapped = size == gang.size and len(kept) < size <= len(kept) + self.spares.warm(gang)
        kept = self.spares.step_in(gang, kept, size or gang.spec.gpus)
        if size > 0:
            self._resize(gang, kept, size)
            detection = 0.0 if planned or swapped else gang.copies.detection_days
            saved = gang.spec.swap_saves_days if swapped else 0.0
            self._run(gang, gang.rhythm.restart + extra_days + detection - saved, detection)
            return
        gang.units, gang.since = kept, self.env.now
        if gang.spec.on_loss == "wait" and len(kept):
            self._hold(gang)
        else:
            self._release(gang)
            self.queue.add(gang)

    def _idle_for(self, gang: Gang, kept: NDArray[np.intp]) -> int:
        """Idle GPUs that a gang which keeps some may take beside them."""
        return self.pool.within_reach(gang.place, kept, on_one_satellite=gang.spec.within == "satellite")

    def _stopped(self, gang: Gang) -> None:
        """A gang is no longer at work in its planes."""
        for plane, _ in gang.shares:
            del self._running[plane][gang.job]
        for place, _ in self.pool.rooms.shared(gang.shares):
            del self.pool.rooms.gangs[place][gang.job]
        gang.shares = []

    def _preempt(self, gang: Gang) -> None:
        """A gang at work makes way for a more urgent one, after a checkpoint."""
        self._end_run(gang, self.env.now, planned=True)
        self._release(gang)
        gang.since = self.env.now
        self.queue.add(gang)

    def _grow(self, place: int) -> None:
        """Let gangs of a place that lack GPUs take idle ones: those that wait, those that have shrunk, then spares."""
        for _, gang in sorted(self._holding.get(place, {}).items()):
            if gang.spec.size_with(len(gang.units) + self._idle_for(gang, gang.units)):
                self._held(gang)
                self.queue.awaits(gang, 0)
                del self._holding[place][gang.job]
                self.runs.time.waited(gang, self.env.now)
                self._resize(gang, gang.units, gang.spec.gpus)
                self._run(gang, gang.rhythm.restart + gang.copies.away_days)
        for _, gang in sorted(self._shrunk[place].items()):
            if self.pool.idle(place) == 0:
                return
            size = gang.spec.size_with(gang.size + self._idle_for(gang, gang.units))
            if size - gang.size >= min(gang.spec.least_growth, gang.spec.gpus - gang.size):
                self._end_run(gang, self.env.now, planned=True, goes_on=True)
                self._resize(gang, gang.units, size)
                self._run(gang, gang.rhythm.restart + gang.copies.away_days)
        self.spares.refill(place)

    def _hold(self, gang: Gang) -> None:
        """A gang keeps the GPUs that it has, and waits in its place for the others."""
        if gang.remaining < inf:
            self.runs.settle([gang])
        self._holding.setdefault(gang.place, {})[gang.job] = gang
        self._stopped(gang)
        self._missed(gang, 0)
        self.queue.awaits(gang, gang.spec.gpus - len(gang.units))
        gang.held_since = self.env.now

    def _held(self, gang: Gang, day: float | None = None) -> None:
        """Write the time for which a gang has held GPUs without working on them."""
        now = self.env.now if day is None else day
        hours = (now - gang.held_since) * len(gang.units) * HOURS_PER_DAY
        if hours > 0:
            self.log.append(now, EventKind.HELD, plane=gang.plane, job=gang.job, amount=hours)
        gang.held_since = now

    def _missed(self, gang: Gang, gpus: int) -> None:
        """A gang at work lacks so many GPUs now; on one satellite no more count than are idle there."""
        own = gang.spec.within == "satellite"
        counted = min(gpus, self._idle_for(gang, gang.units)) if gpus and own else gpus
        self._missing += counted - gang.missing
        gang.missing = counted
        shrunk = self._shrunk[gang.place]
        if gpus:
            shrunk[gang.job] = gang
        else:
            shrunk.pop(gang.job, None)

    def _resize(self, gang: Gang, kept: NDArray[np.intp], size: int) -> None:
        """Make a gang that holds some GPUs one of so many: take idle ones of its place, or give some back."""
        if size > len(kept):
            berths, _ = self.pool.satellites_of(gang.place, kept)
            kept = np.concatenate([kept, self.pool.take(gang.place, gang.job, size - len(kept), berths)])
        elif size < len(kept):
            kept = self.pool.keep_fullest(gang.place, kept, size)
        if size != gang.size:
            self.log.append(self.env.now, EventKind.RESIZED, plane=gang.plane, job=gang.job, amount=size)
        gang.units, gang.size = kept, size

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
                continue
            self.runs.time.waited(gang, horizon_days)
            if gang.place >= 0:
                self._held(gang, horizon_days)
        self.runs.settle(self.gangs)
        self.idle_time.close(horizon_days)
        self.spares.close(horizon_days)

    # Parts of the above

    def _arrive(self, gangs: list[Gang]) -> None:
        for gang in gangs:
            self.log.append(gang.arrival_day, EventKind.JOB_ARRIVED, job=gang.job, amount=gang.spec.gpus)
            self.queue.add(gang)

    def _release(self, gang: Gang) -> None:
        if gang.remaining < inf:
            self.runs.settle([gang])
        self.spares.release(gang)
        self.pool.give_back(gang.place, gang.units)
        self._stopped(gang)
        self._missed(gang, 0)
        gang.units = gang.berths = np.empty(0, np.intp)
        gang.place = gang.plane = NONE

    def _run(self, gang: Gang, restart_days: float, detection_days: float = 0.0) -> None:
        """Begin a segment of running now."""
        now, rooms = self.env.now, self.pool.rooms
        gang.berths, gpus = self.pool.satellites_of(gang.place, gang.units)
        design, born = self.fleet.design[gang.berths], self.fleet.birth_day[gang.berths]
        self._stopped(gang)
        gang.shares = self.pool.shares(gang.place, gang.berths, gpus)
        planes = [plane for plane, _ in gang.shares]
        place = planes[0] if len(planes) == 1 else gang.place
        resume = max(now, *(self.suspended_until[plane] for plane in planes))
        gang.stretches.append(
            Stretch(place, len(planes), now, resume, restart_days, gang.berths, gpus, design, born, detection_days)
        )
        gang.generation += 1
        self.spares.fill(gang)
        for plane in planes:
            self._running[plane][gang.job] = gang
        for at, there in rooms.shared(gang.shares):
            rooms.gangs[at][gang.job] = Running(there, gang.spec.priority)
        self._missed(gang, gang.spec.gpus - gang.size)
        if gang.remaining == inf:
            return
        self.runs.settle([gang])
        gang.give_up(gang.copies.restore(gang.stretches[0], self.runs.lost))
        gang.end_day = self.runs.finish_day(gang, gang.stretches[0])
        for at, there in rooms.shared(gang.shares):
            rooms.run(at, gang.job, there, gang.end_day)
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
        stretch.cause, stretch.planned = cause, planned
        stretch.interrupted, stretch.goes_on, stretch.closing = interrupted, goes_on, closing
        self.runs.end(stretch, day)
        for place, gpus in self.pool.rooms.shared(gang.shares):
            self.pool.rooms.stop(place, gang.job, gpus, gang.end_day)
        gang.end_day = inf
        gang.generation += 1
