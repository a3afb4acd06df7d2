"""Gangs at work: placement, interruption, restart and the account of where their time went.

A gang holds GPUs of one plane.  Between two things that happen to it nothing is simulated: where the time went follows
in closed form from the checkpoint rhythm and the windows of light.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Generator
from math import inf
from typing import Any

import numpy as np
import simpy
from numpy.typing import NDArray

from sim.constants import HOURS_PER_DAY
from sim.engine.gang import Gang
from sim.engine.stretches import NOBODY, Luck, Stretch, run_through
from sim.environment import Environment
from sim.events import Cause, EventKind, EventRecorder
from sim.fleet import Fleet, PlaneLayout, Unit
from sim.scenario.models import Scenario
from sim.streams import Streams
from sim.workloads import Queued, Running

Process = Generator[simpy.Event, Any, None]

MONTH_DAYS = 30.0
"""Interruptions that break nothing are written month by month."""
NOTHING = 1e-12
"""Days below which a share of a stretch is rounding."""


class Jobs:
    """All jobs of a run and the GPUs they own."""

    def __init__(
        self,
        env: simpy.Environment,
        scenario: Scenario,
        environment: Environment,
        fleet: Fleet,
        log: EventRecorder,
        streams: Streams,
        fluence_per_day: NDArray[np.float64],
    ) -> None:
        """`fluence_per_day`: of solar storms, shape (days of the environment's tables,)."""
        self.env = env
        self.environment = environment
        self.fluence_per_day = fluence_per_day
        self._fluence = np.concatenate([[0.0], np.cumsum(fluence_per_day)])
        self.fleet = fleet
        self.positions = max(scenario.design(name).positions for name in scenario.design_names)
        self.owner = np.full((len(fleet.state), self.positions), Unit.ABSENT, np.int32)
        self.log = log
        self.scheduler = scenario.workload.scheduler
        self.idle = [0] * len(fleet.planes)
        self.still_until = [0.0] * len(fleet.planes)
        self.queue: list[Gang] = []
        self._numbers = np.array([cause.cause for cause in environment.gangs.causes], np.intp)
        self._tried: tuple[tuple[int, ...], tuple[int, ...]] = ((), ())
        self.gangs = [
            Gang(
                spec.arrival_day,
                job,
                spec,
                spec.rhythm(environment.gangs.mtbf_days(spec)),
                Luck(streams, job),
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

    def join(self, plane: PlaneLayout, berth: int, working: NDArray[np.bool_]) -> None:
        """A satellite begins work in a slot: its GPUs that live and are not in reserve are there to be used."""
        self.owner[berth] = np.where(working, Unit.IDLE, Unit.DEAD)
        self.idle[plane.id] += int(np.count_nonzero(working))

    def leave(self, berth: int, cause: int, *, planned: bool) -> None:
        """The satellite in a slot stops work."""
        row = self.owner[berth]
        owners = [int(job) for job in np.unique(row) if job >= 0]
        self.idle[self.fleet.plane_of[berth]] -= int(np.count_nonzero(row == Unit.IDLE))
        row[:] = Unit.ABSENT
        for job in owners:
            self.strike(self.gangs[job], cause, planned=planned)

    def lose_gpus(self, berth: int, units: NDArray[np.intp], cause: int) -> None:
        """GPUs on a satellite at work failed together."""
        row = self.owner[berth]
        owners = [int(job) for job in np.unique(row[units]) if job >= 0]
        self.idle[self.fleet.plane_of[berth]] -= int(np.count_nonzero(row[units] == Unit.IDLE))
        row[units] = Unit.DEAD
        for job in owners:
            self.strike(self.gangs[job], cause, planned=False)

    def gain_gpus(self, berth: int, units: NDArray[np.intp]) -> None:
        """Spare GPUs of a satellite at work begin to work."""
        self.owner[berth, units] = Unit.IDLE
        self.idle[self.fleet.plane_of[berth]] += len(units)

    def disturb(self, berth: int, unit: int, cause: int, extra_days: float) -> None:
        """A fault of one GPU stops its gang and breaks nothing."""
        owner = int(self.owner[berth, unit])
        if owner >= 0:
            self.strike(self.gangs[owner], cause, planned=False, extra_days=extra_days)

    def hold(self, plane: int, until: float, cause: int) -> None:
        """A plane stands still until a day: its gangs lose what is not committed, and wait where they are."""
        self.still_until[plane] = max(self.still_until[plane], until)
        for gang in self.gangs:
            if gang.running and gang.plane == plane:
                self.strike(gang, cause, planned=False)

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

    def strike(self, gang: Gang, cause: int, *, planned: bool, extra_days: float = 0.0) -> None:
        """A running gang is stopped, some GPUs may be gone: swap in idle ones and go on, or back to the queue."""
        stretch = self._so_far(gang, self.env.now, planned=planned)
        kept = gang.units[self.owner.ravel()[gang.units] == gang.job]
        missing = gang.spec.gpus - len(kept)
        swap = self.idle[gang.plane] >= missing
        shrugged_off = stretch.restart_left_days > 0 and not gang.spec.failures_during_restart
        interrupted = not (swap and (stretch.paused or shrugged_off))
        if interrupted:
            self.log.append(
                self.env.now,
                EventKind.JOB_INTERRUPTED,
                cause=cause,
                plane=gang.plane,
                job=gang.job,
                amount=gang.spec.gpus,
            )
        self._account(gang, stretch, cause=cause)
        gang.units = kept
        if swap:
            self._take(gang, missing)
            self._run(gang, stretch.restart_left_days if shrugged_off else gang.rhythm.restart + extra_days)
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
        self._account(gang, self._so_far(gang, self.env.now, planned=True))
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
                self._account(gang, self._so_far(gang, horizon_days, planned=False), day=horizon_days)
            else:
                self._spend_waiting(gang, horizon_days)

    # Parts of the above

    def _take(self, gang: Gang, count: int) -> None:
        """Own idle GPUs of the gang's plane, on as few satellites as may be.

        Those it is on already come first, then the emptiest whole, and for the rest the fullest that has room.
        """
        if count == 0:
            return
        plane, owner = self.fleet.planes[gang.plane], self.owner
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
        gang.units = np.concatenate([gang.units, berths * self.positions + units[keep]])
        self.idle[gang.plane] -= count

    def _release(self, gang: Gang) -> None:
        self.owner.ravel()[gang.units] = Unit.IDLE
        self.idle[gang.plane] += len(gang.units)
        gang.units = np.empty(0, np.intp)
        gang.plane = -1
        gang.end_day = inf
        gang.generation += 1

    def _run(self, gang: Gang, restart_days: float) -> None:
        """Begin a stretch of running now."""
        gang.since = self.env.now
        gang.restart_days = restart_days
        gang.resume_day = max(self.env.now, self.still_until[gang.plane])
        gang.generation += 1
        berths, gpus = np.unique(gang.units // self.positions, return_counts=True)
        environment, births = self.environment, self.fleet.birth_day[berths].tolist()
        slots = berths - self.fleet.planes[gang.plane].first_berth
        efficiency = environment.gangs.efficiency(gang.plane, gang.spec, len(berths))
        gang.work = environment.gangs.work(gang.plane, births, slots, efficiency)
        gang.threat = None
        if environment.gangs.causes:
            units = environment.gangs.units(berths, gpus)
            gang.threat = environment.gangs.threat(
                gang.plane, slots, births, units, self.fluence_per_day, self._fluence
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
            day = inf
            if speed > 0:
                stretch = self._so_far(gang, end, planned=False)
                wanted = gang.remaining_days / speed
                day = gang.rhythm.finish(stretch.pieces, wanted, stretch.taken_back)
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
        holds[gang.units // self.positions] = True
        return np.flatnonzero(holds)

    def _speed(self, gang: Gang, until: float) -> float:
        """Mean speed of a gang from the start of its stretch to a day."""
        if until <= gang.since:
            return 1.0
        begun, done = np.interp([gang.since, until], self.environment.days, gang.work)
        speed = float(done - begun) / (until - gang.since)
        return speed if speed < 1 - 1e-9 else 1.0

    def _so_far(self, gang: Gang, until: float, *, planned: bool) -> Stretch:
        """Where the gang's present stretch went, up to a day; `planned`: a checkpoint precedes its end."""
        start = min(gang.resume_day, until)
        plane = self.fleet.planes[gang.plane]
        slots = self._berths(gang) - plane.first_berth if self.environment.pauses else gang.units[:0]
        windows = self.environment.run_windows(gang.plane, slots, start, until)
        return run_through(
            windows,
            gang.since,
            until,
            gang.restart_days,
            gang.rhythm,
            planned,
            not gang.spec.failures_during_restart,
            self.environment.gangs,
            gang.plane,
            gang.threat,
            gang.luck,
            gang.hazard,
            gang.pending,
        )

    def _account(self, gang: Gang, stretch: Stretch, *, cause: int = Cause.NONE, day: float | None = None) -> None:
        """Write where the stretch that ends now went; at the horizon, `day`, work not committed is still open."""
        now = self.env.now if day is None else day
        # Where in a stretch the gang was slower is not resolved: a stretch is days long, speed changes over weeks.
        speed = self._speed(gang, now)
        spent = stretch.spent
        undone = spent.uncommitted * ~stretch.pieces.planned
        last = float(undone[-1]) if len(undone) and stretch.causes[-1] == NOBODY else 0.0
        self._log_interruptions(gang, stretch, undone + stretch.taken_back, speed)
        computed = float(spent.committed.sum() + spent.uncommitted.sum())
        accounted = float((stretch.pieces.ends - stretch.pieces.starts).sum())
        gang.remaining_days -= stretch.net * speed
        for kind, why, days in (
            (EventKind.COMMITTED, Cause.NONE, stretch.net * speed),
            (EventKind.LOST if day is None else EventKind.UNCOMMITTED, cause, last * speed),
            (EventKind.SLOWED, Cause.NONE, computed * (1 - speed)),
            (EventKind.CHECKPOINTED, Cause.NONE, float(spent.written.sum())),
            (EventKind.RESTARTED, Cause.NONE, float(spent.restarted.sum())),
            (EventKind.PAUSED, Cause.NONE, now - gang.since - accounted + float(spent.idle.sum())),
        ):
            if abs(days) > NOTHING:
                amount = days * gang.spec.gpus * HOURS_PER_DAY
                self.log.append(now, kind, cause=why, plane=gang.plane, job=gang.job, amount=amount)
        gang.hazard += stretch.hazard
        gang.pending = stretch.pending

    def _log_interruptions(self, gang: Gang, stretch: Stretch, lost: NDArray[np.float64], speed: float) -> None:
        """The interruptions of a stretch by month and cause: how many, and the work that they rolled back."""
        hit = np.flatnonzero(stretch.causes != NOBODY)
        if len(hit) == 0:
            return
        days, kinds = stretch.pieces.ends[hit], stretch.causes[hit]
        month, number = (days // MONTH_DAYS).astype(np.intp), self._numbers[kinds]
        order = np.lexsort((number, month))
        key = month[order] * 1024 + number[order]
        begins = np.flatnonzero(np.diff(key, prepend=-1))
        count = np.diff(begins, append=len(key))
        hours = np.add.reduceat(lost[hit[order]], begins) * (speed * gang.spec.gpus * HOURS_PER_DAY)
        # Dated by the last of them: days are in order within a month and cause.
        when, what = days[order[begins + count - 1]], key[begins] % 1024
        for day, cause, often, gone in zip(when.tolist(), what.tolist(), count.tolist(), hours.tolist(), strict=True):
            about = {"cause": cause, "plane": gang.plane, "job": gang.job}
            self.log.append(day, EventKind.SOFT_INTERRUPTED, amount=often, **about)
            if gone > 0:
                self.log.append(day, EventKind.LOST, amount=gone, **about)

    def _spend_waiting(self, gang: Gang, day: float | None = None) -> None:
        now = self.env.now if day is None else day
        if now > gang.since:
            amount = (now - gang.since) * gang.spec.gpus * HOURS_PER_DAY
            self.log.append(now, EventKind.WAITED, job=gang.job, amount=amount)
