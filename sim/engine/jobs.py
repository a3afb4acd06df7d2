"""Gangs at work: placement, interruption, restart and the account of where their time went.

A gang holds GPUs of one plane.  Between two things that happen to it nothing is simulated: where the time went follows
in closed form from the checkpoint rhythm and the windows of light.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Generator
from dataclasses import dataclass, field
from math import inf
from typing import Any

import numpy as np
import simpy
from numpy.typing import NDArray

from sim.constants import HOURS_PER_DAY
from sim.environment import Environment
from sim.events import Cause, EventKind, EventRecorder
from sim.fleet import Fleet, PlaneLayout, Unit
from sim.scenario.models import Scenario
from sim.workloads import Queued, Rhythm, Running, TrainingJob

Process = Generator[simpy.Event, Any, None]


@dataclass(order=True)
class Gang:
    """One job and, while it runs, its GPUs.  Ordered by arrival: the order of the queue."""

    arrival_day: float
    job: int
    spec: TrainingJob = field(compare=False)
    rhythm: Rhythm = field(compare=False)
    remaining_days: float = field(compare=False)
    """Gang time of work still to commit; infinite for a job without end."""
    units: NDArray[np.intp] = field(compare=False, default_factory=lambda: np.empty(0, np.intp))
    """Its GPUs as positions in the fleet's flattened `owner`; empty while it waits."""
    plane: int = field(compare=False, default=-1)
    since: float = field(compare=False, default=0.0)
    """Day on which the present stretch (of running, or of waiting) began."""
    work: NDArray[np.float64] = field(compare=False, default_factory=lambda: np.empty(0))
    """Work done from mission day 0 to each day if it ran at all times, days at full speed: its slope is the speed."""
    restart_days: float = field(compare=False, default=0.0)
    """Restart with which the present stretch began."""
    end_day: float = field(compare=False, default=inf)
    """Day on which it ends if nothing happens."""
    generation: int = field(compare=False, default=0)
    """Counts the stretches; a process that waits for an older one's end stops."""
    done: bool = field(compare=False, default=False)
    started: bool = field(compare=False, default=False)

    @property
    def running(self) -> bool:
        """Whether it holds its GPUs."""
        return len(self.units) > 0


@dataclass(frozen=True)
class Moment:
    """What a running gang is doing at an instant."""

    starts: NDArray[np.float64]
    ends: NDArray[np.float64]
    """The windows of its present stretch, up to the instant."""
    paused: bool
    """In the dark, its work committed."""
    restart_left_days: float
    """Of the restart under way; 0 when there is none."""


class Jobs:
    """All jobs of a run and the GPUs they own."""

    def __init__(
        self, env: simpy.Environment, scenario: Scenario, environment: Environment, fleet: Fleet, log: EventRecorder
    ) -> None:
        self.env = env
        self.environment = environment
        self.fleet = fleet
        self.log = log
        self.scheduler = scenario.workload.scheduler
        self.idle = [0] * len(fleet.planes)
        self.queue: list[Gang] = []
        self._tried: tuple[tuple[int, ...], tuple[int, ...]] = ((), ())
        self.gangs = [
            Gang(
                spec.arrival_day,
                job,
                spec,
                spec.rhythm(scenario.gang_mtbf_days(spec)),
                inf if spec.work_gpu_hours is None else spec.work_gpu_hours / spec.gpus / HOURS_PER_DAY,
                since=spec.arrival_day,
            )
            for job, spec in enumerate(spec for spec in scenario.workload.jobs for _ in range(spec.count))
        ]

    def start(self) -> None:
        """Let the jobs arrive."""
        for day in sorted({gang.arrival_day for gang in self.gangs}):
            if day == 0:
                self.queue += [gang for gang in self.gangs if gang.arrival_day == 0]
            else:
                self.env.process(self.arrive(day))

    def arrive(self, day: float) -> Process:
        """Join the queue on a day."""
        yield self.env.timeout(day)
        self.queue += [gang for gang in self.gangs if gang.arrival_day == day]
        self.fill()

    # What the world tells the jobs

    def join(self, plane: PlaneLayout, berth: int, alive: NDArray[np.bool_]) -> None:
        """A satellite begins work in a slot: its GPUs are there to be used."""
        self.fleet.owner[berth] = np.where(alive, Unit.IDLE, Unit.DEAD)
        self.idle[plane.id] += int(np.count_nonzero(alive))

    def leave(self, berth: int, cause: Cause, *, planned: bool) -> None:
        """The satellite in a slot stops work."""
        row = self.fleet.owner[berth]
        owners = [int(job) for job in np.unique(row) if job >= 0]
        self.idle[self.fleet.plane_of[berth]] -= int(np.count_nonzero(row == Unit.IDLE))
        row[:] = Unit.ABSENT
        for job in owners:
            self.strike(self.gangs[job], cause, planned=planned)

    def lose_gpu(self, berth: int, unit: int) -> None:
        """One GPU on a satellite at work failed."""
        owner = int(self.fleet.owner[berth, unit])
        self.fleet.owner[berth, unit] = Unit.DEAD
        if owner >= 0:
            self.strike(self.gangs[owner], Cause.GPU, planned=False)
        elif owner == Unit.IDLE:
            self.idle[self.fleet.plane_of[berth]] -= 1

    def fill(self) -> None:
        """Let the scheduler start what it will."""
        tried = (tuple(self.idle), tuple(gang.job for gang in self.queue))
        if not self.queue or tried == self._tried:
            return
        now = self.env.now
        queue = [Queued(gang.job, gang.spec.gpus, gang.rhythm.time_for(gang.remaining_days)) for gang in self.queue]
        running = [Running(g.plane, g.spec.gpus, g.end_day) for g in self.gangs if g.running]
        for placement in self.scheduler.place(queue, list(self.idle), running, now):
            self.place(self.gangs[placement.job], placement.plane)
        self._tried = (tuple(self.idle), tuple(gang.job for gang in self.queue))

    # The life of a gang

    def place(self, gang: Gang, plane: int) -> None:
        """Give a queued gang idle GPUs of a plane and let it run."""
        self.queue.remove(gang)
        self._spend_waiting(gang)
        self.log.append(self.env.now, EventKind.JOB_STARTED, plane=plane, job=gang.job, amount=gang.spec.gpus)
        gang.plane = plane
        self._take(gang, gang.spec.gpus)
        self._run(gang, gang.rhythm.restart if gang.started else 0.0)
        gang.started = True

    def strike(self, gang: Gang, cause: Cause, *, planned: bool) -> None:
        """Some GPUs of a running gang are gone: swap in idle ones and go on, or back to the queue."""
        moment = self._moment(gang)
        kept = gang.units[self.fleet.owner.ravel()[gang.units] == gang.job]
        missing = gang.spec.gpus - len(kept)
        swap = self.idle[gang.plane] >= missing
        shrugged_off = moment.restart_left_days > 0 and not gang.spec.failures_during_restart
        interrupted = not (swap and (moment.paused or shrugged_off))
        if interrupted:
            self.log.append(
                self.env.now,
                EventKind.JOB_INTERRUPTED,
                cause=cause,
                plane=gang.plane,
                job=gang.job,
                amount=gang.spec.gpus,
            )
        self._account(gang, moment, EventKind.LOST, planned=planned)
        gang.units = kept
        if swap:
            self._take(gang, missing)
            self._run(gang, moment.restart_left_days if shrugged_off else gang.rhythm.restart)
        else:
            self._release(gang)
            gang.since = self.env.now
            insort(self.queue, gang)

    def run_job(self, gang: Gang, generation: int) -> Process:
        """Compute until the work is committed, unless something stops the gang first."""
        yield self.env.timeout(gang.end_day - self.env.now)
        if gang.generation != generation:
            return
        # Its last checkpoint ends the stretch, like one before a planned pause.
        self._account(gang, self._moment(gang), EventKind.LOST, planned=True)
        gang.remaining_days = 0.0
        gang.done = True
        self.log.append(self.env.now, EventKind.JOB_FINISHED, plane=gang.plane, job=gang.job, amount=gang.spec.gpus)
        self._release(gang)
        self.fill()

    def close(self, horizon_days: float) -> None:
        """Account for all gangs at the horizon."""
        for gang in self.gangs:
            if gang.done or gang.arrival_day >= horizon_days:
                continue
            if gang.running:
                self._account(gang, self._moment(gang, horizon_days), EventKind.UNCOMMITTED, planned=False)
            else:
                self._spend_waiting(gang, horizon_days)

    # Parts of the above

    def _take(self, gang: Gang, count: int) -> None:
        """Own idle GPUs of the gang's plane, on as few satellites as may be.

        Those it is on already come first, then the emptiest whole, and for the rest the fullest that has room.
        """
        if count == 0:
            return
        plane, owner = self.fleet.planes[gang.plane], self.fleet.owner
        idle = owner[plane.slot_range] == Unit.IDLE
        free = idle.sum(axis=1)
        holds = np.zeros(plane.slots, bool)
        if gang.running:
            holds[self._berths(gang) - plane.first_berth] = True
        own, others = np.flatnonzero(holds), np.flatnonzero(~holds)
        order = np.concatenate([own, others[np.argsort(-free[others], kind="stable")]])
        held = np.cumsum(free[order])
        last = int(np.searchsorted(held, count))  # the satellite on which the gang becomes complete
        rest = count - (int(held[last - 1]) if last else 0)
        if last >= len(own):
            others = order[last:]
            fitting = others[free[others] >= rest]
            order[last] = fitting[np.argmin(free[fitting])]
        chosen = order[: last + 1]
        rows, units = np.nonzero(idle[chosen])
        keep = np.concatenate([np.flatnonzero(rows < last), np.flatnonzero(rows == last)[:rest]])
        berths = plane.first_berth + chosen[rows[keep]]
        owner[berths, units[keep]] = gang.job
        gang.units = np.concatenate([gang.units, berths * self.fleet.gpus_per_satellite + units[keep]])
        self.idle[gang.plane] -= count

    def _release(self, gang: Gang) -> None:
        self.fleet.owner.ravel()[gang.units] = Unit.IDLE
        self.idle[gang.plane] += len(gang.units)
        gang.units = np.empty(0, np.intp)
        gang.plane = -1
        gang.end_day = inf
        gang.generation += 1

    def _run(self, gang: Gang, restart_days: float) -> None:
        """Begin a stretch of running now."""
        gang.since = self.env.now
        gang.restart_days = restart_days
        gang.generation += 1
        berths = self._berths(gang)
        efficiency = self.environment.communication(gang.spec, len(berths))
        first = self.fleet.planes[gang.plane].first_berth
        gang.work = self.environment.gang_work(
            gang.plane, self.fleet.birth_day[berths].tolist(), berths - first, efficiency
        )
        gang.end_day = self._finish_day(gang)
        if gang.end_day < self.environment.horizon_days:
            self.env.process(self.run_job(gang, gang.generation))

    def _finish_day(self, gang: Gang) -> float:
        """Day on which the gang's work is committed if nothing happens; infinite if not before the horizon."""
        if gang.remaining_days == inf:
            return inf
        horizon = self.environment.horizon_days
        span = 1.0 + 1.5 * (gang.restart_days + gang.rhythm.time_for(gang.remaining_days))
        speed = self._speed(gang, min(gang.since + span, horizon))
        while True:
            end = min(gang.since + span, horizon)
            starts, ends = self._windows(gang, gang.since, end)
            cut = len(ends) > 0 and ends[-1] >= end
            day = inf
            if speed > 0:
                wanted = gang.remaining_days / speed
                day = gang.rhythm.finish(starts, ends, gang.restart_days, wanted, planned_last=not cut)
            if day == inf and end >= horizon:
                return inf
            if day < inf:
                # The mean speed depends on the day it ends: a few rounds settle it, since speed changes over weeks.
                settled = self._speed(gang, day)
                if abs(settled - speed) <= 1e-9:
                    return day
                speed = settled
            else:
                span *= 2
                speed = self._speed(gang, min(gang.since + span, horizon))

    def _berths(self, gang: Gang) -> NDArray[np.intp]:
        """Slots that the gang's GPUs lie in, in order."""
        holds = np.zeros(len(self.fleet.state), bool)
        holds[gang.units // self.fleet.gpus_per_satellite] = True
        return np.flatnonzero(holds)

    def _speed(self, gang: Gang, until: float) -> float:
        """Mean speed of a gang from the start of its stretch to a day."""
        if until <= gang.since:
            return 1.0
        begun, done = np.interp([gang.since, until], self.environment.days, gang.work)
        speed = float(done - begun) / (until - gang.since)
        return speed if speed < 1 - 1e-9 else 1.0

    def _windows(self, gang: Gang, start: float, end: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        plane = self.fleet.planes[gang.plane]
        slots = self._berths(gang) - plane.first_berth if self.environment.pauses else gang.units[:0]
        return self.environment.run_windows(gang.plane, slots, start, end)

    def _moment(self, gang: Gang, day: float | None = None) -> Moment:
        now = self.env.now if day is None else day
        starts, ends = self._windows(gang, gang.since, now)
        if now <= gang.since:
            return Moment(starts, ends, False, gang.restart_days)
        if len(ends) == 0 or ends[-1] < now:
            return Moment(starts, ends, True, 0.0)
        restart = gang.restart_days if len(starts) == 1 else gang.rhythm.restart
        return Moment(starts, ends, False, max(0.0, restart - (now - float(starts[-1]))))

    def _account(self, gang: Gang, moment: Moment, uncommitted: EventKind, *, planned: bool) -> None:
        """Write where the stretch that ends now went; work not committed is lost, or still open at the horizon."""
        now = self.environment.horizon_days if uncommitted is EventKind.UNCOMMITTED else self.env.now
        spent = gang.rhythm.spend(
            moment.starts, moment.ends, gang.since, now, gang.restart_days, planned or moment.paused
        )
        # Where in a stretch the gang was slower is not resolved: a stretch is days long, speed changes over weeks.
        speed = self._speed(gang, now)
        gang.remaining_days -= spent.committed * speed
        for kind, days in (
            (EventKind.COMMITTED, spent.committed * speed),
            (uncommitted, spent.uncommitted * speed),
            (EventKind.SLOWED, (spent.committed + spent.uncommitted) * (1 - speed)),
            (EventKind.CHECKPOINTED, spent.written),
            (EventKind.RESTARTED, spent.restarted),
            (EventKind.PAUSED, spent.paused),
        ):
            if days > 0:
                amount = days * gang.spec.gpus * HOURS_PER_DAY
                self.log.append(now, kind, plane=gang.plane, job=gang.job, amount=amount)

    def _spend_waiting(self, gang: Gang, day: float | None = None) -> None:
        now = self.env.now if day is None else day
        if now > gang.since:
            amount = (now - gang.since) * gang.spec.gpus * HOURS_PER_DAY
            self.log.append(now, EventKind.WAITED, job=gang.job, amount=amount)
