"""A run of a campus: one job on the hosts of a hall, and what is done when one of them fails.

At a failure a standby takes the place of the host that failed; without one the hosts are chosen anew from the pool,
which spare hosts fill up where it is too small; without those the job stalls until repairs have filled it, and is given
up where they never can.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator
from math import inf
from typing import Any

import numpy as np
import simpy

from sim.constants import HOURS_PER_DAY, MINUTES_PER_DAY
from sim.engine.context import Context
from sim.engine.hall_hazards import HallHazards
from sim.engine.hall_hosts import bad_hosts, fleet_of
from sim.engine.hall_time import HallTime, Segment
from sim.engine.host_clocks import HostClocks, RenewedClocks
from sim.engine.host_draws import HostDraws
from sim.engine.host_pool import HostPool
from sim.engine.indexed import IndexedSet, some_of
from sim.engine.power_up import PowerUp
from sim.engine.retirement import Retiring
from sim.engine.workshop import Crew, Mended, Workshop
from sim.environment import Hall, HallPart
from sim.events import NONE, Cause, EventKind

Process = Generator[simpy.Event, Any, None]
Answer = Generator[simpy.Event, Any, bool]

# Plain numbers, looked up once: an enumeration takes its time, and rows of them cost the garbage collector nothing.
_HOST_FAILED, _VISITED, _NO_CAUSE = int(EventKind.HOST_FAILED), int(EventKind.VISITED), int(Cause.NONE)
_REPAIRED, _MISREPAIRED = int(EventKind.REPAIRED), int(EventKind.MISREPAIRED)


class HallRun:
    """All that happens to one job and its hosts."""

    def __init__(self, context: Context, hall: Hall, part: HallPart, crew: Crew) -> None:
        self.context = context
        self._env = context.env
        self.part = part
        self.campus = campus = part.campus
        scenario, streams, env = context.scenario, context.streams, context.env
        assert part.job is not None
        self.spec = spec = part.job
        self.size = spec.gpus // hall.gpus_per_host
        """Hosts that compute."""
        site, first = hall.layout.address, part.first
        self.address = site + part.number
        self._key = (part.number,) if part.number else ()
        hazards = HallHazards.of(scenario, hall, spec)
        bad = bad_hosts(campus, streams.of("bad hosts", *self._key))
        self._stops = hall.interruptions(spec)
        self._stops_per_day = sum(one.per_day for one in self._stops)
        made = RenewedClocks if campus.restart_renews_hosts else HostClocks
        self.clocks = made(
            hazards.wears, streams, site, bad, campus.bad.rate_factor, first=first, fleet=fleet_of(campus)
        )
        self._power = PowerUp(context, campus, first)
        self.pool = HostPool(self._power.hosts, self._power.spares)
        figures = hall.figures(spec)
        rhythm = None
        if not campus.continuous_checkpoints:
            rhythm = spec.rhythm(hazards.job_mtbf_days, figures.durable_s, figures.load_s)
        self._checkpoints = rhythm is not None
        self.time = HallTime(hall.gpus_per_host, spec.gpus, rhythm, part, len(self.pool))
        self._note = self.time.note_host
        self.retiring = Retiring(campus.retirement)
        self.workshop = Workshop(env, campus.repair, (streams, site, first, campus.all_hosts), crew, self._give_back)
        self._diagnoses = HostDraws(streams, "diagnoses of hosts", 0, site, campus.all_hosts, np.asarray, first)
        self._failures = [0] * campus.all_hosts
        self._selections = 0
        self._restart_days = spec.restart_min / MINUTES_PER_DAY
        self._owed_restart_days = 0.0
        self._due, self._finishes = (inf, -1), False  # of the segment that runs
        self._interruptions = streams.of("interruptions", part.number) if self._stops else None
        self._next_stop = inf if self._interruptions is None else self._until_stop()
        self.active = IndexedSet()
        self.standbys: deque[int] = deque()
        self._warm_standbys = campus.warm_standbys
        self._sure = campus.diagnosis.probability == 1 and campus.diagnosis.uncertainty == 0
        self._place_taken_until = 0.0
        self._running = self._over = False
        self._turned: list[int] = []  # active ones that have turned bad since the job last stopped
        self._activated: set[int] = set()  # since the hosts were chosen, from behind the front
        self._retired: set[int] = set()
        self._returned: simpy.Event | None = None
        work = figures.work_gpu_hours
        self.remaining_days = inf if work is None else work / spec.gpus / HOURS_PER_DAY
        self._since = 0.0
        self._now_doing: EventKind | None = None

    def begin(self) -> None:
        """Let things happen from now on."""
        context, campus = self.context, self.campus
        self._power.begin(self._note, self._comes)
        context.env.process(self._run_job())
        if campus.bad.regeneration_interval_days is not None:
            context.env.process(self._regenerate(campus.bad.regeneration_interval_days))

    def _comes(self, host: int) -> None:
        """A host gets power."""
        if host < self.campus.hosts:
            self._rejoin(host)
        else:
            self.pool.spares.append(host)
        self._tell_returned()

    # The job

    def _run_job(self) -> Process:
        """From its arrival to its end, or until it is given up."""
        env = self._env
        idle_restarts = not self.spec.failures_during_restart  # all stand idle then, and none of them fails
        if self.spec.arrival_day > 0:
            yield env.timeout(self.spec.arrival_day)
        self._note_job(EventKind.JOB_ARRIVED)
        while True:
            self._begin(EventKind.WAITED)
            if not (yield from self._fill_pool()):
                self._end()
                self._over = True
                self._note_job(EventKind.JOB_ABANDONED)
                return
            self._select()
            self._note_job(EventKind.JOB_STARTED)
            if self.campus.selection_min > 0:
                yield env.timeout(self.campus.selection_min / MINUTES_PER_DAY)
            self._end()
            complete, idle = True, 0.0
            while complete:
                days = self._run_on(idle)
                yield env.timeout(idle + days)
                if self._stop_running(days):
                    self._over = True
                    self._note_job(EventKind.JOB_FINISHED)
                    return
                if not idle_restarts:
                    complete = self._complete()
                    continue
                idle, self._owed_restart_days = self._owed_restart_days, 0.0
                was_complete, complete = len(self.active) == self.size, self._complete()
                if complete and not was_complete:
                    # The standby is taken when the restart is over: until then nobody else takes its place.
                    self._place_taken_until = env.now + idle
                elif not complete:
                    self._begin(EventKind.RESTARTED)
                    yield env.timeout(idle)
                    self._end()
                    complete, idle = self._complete(), 0.0

    def _run_on(self, idle_days: float) -> float:
        """Begin a segment of running after so many idle days; days from there until something fails or work is done."""
        clocks = self.clocks
        clocks.begin()
        self._due = due, _ = clocks.first()
        restart = self._owed_restart_days
        self.time.segments.append(Segment(self._env.now + idle_days, restart, idle_days))
        until = (due if due < self._next_stop else self._next_stop) - clocks.now
        work = self.remaining_days
        finish = restart + (self.time.days_for(work) if self._checkpoints else work)
        self._finishes, self._running = until >= finish, True
        if self._finishes and finish == inf:
            return self.context.environment.horizon_days  # nothing will ever happen to it
        return finish if self._finishes else until

    def _stop_running(self, days: float) -> bool:
        """End the segment, which has taken so many days; whether the work is done."""
        segment, (due, host) = self.time.segments[-1], self._due
        segment.end = self._env.now
        self.clocks.now += days
        self._running = False
        for turned in self._turned:
            self.clocks.turn(turned, bad=True)
        self._turned.clear()
        if self._finishes:
            segment.planned = True
            self.remaining_days = 0.0
            return True
        ran = days - segment.restart
        self.remaining_days -= self.time.committed_days(segment) if self._checkpoints else ran if ran > 0 else 0.0
        self._owed_restart_days = self._restart_days
        if due <= self._next_stop:
            self.clocks.now = due  # without rounding errors
            segment.cause, segment.by_host = self._host_fails(host, days), True
        else:
            segment.cause = self._job_stops()
        return False

    def _job_stops(self) -> int:
        """Something stops the job and breaks nothing; returns its cause."""
        assert self._interruptions is not None
        which = self._interruptions.random() * self._stops_per_day
        position = int(np.searchsorted(np.cumsum([one.per_day for one in self._stops]), which, side="right"))
        stop = self._stops[min(position, len(self._stops) - 1)]
        self._owed_restart_days += stop.restart_days
        self._next_stop = self.clocks.now + self._until_stop()
        self._note_job(EventKind.SOFT_INTERRUPTED, stop.cause, 1.0)
        return stop.cause

    def _until_stop(self) -> float:
        assert self._interruptions is not None
        return float(self._interruptions.standard_exponential() / self._stops_per_day)

    # Failure and diagnosis

    def _host_fails(self, host: int, computed_days: float) -> int:
        """A host that computes fails: it, or another in its place, is taken out; returns the cause."""
        cause = self.clocks.fail(host)
        self.active.discard(host)
        self.pool.remove(host)
        if self.retiring.ever:
            self.retiring.fails(host, self._env.now, computed_days)
        if self._sure:
            self._take_out(host, _HOST_FAILED, cause)
        else:
            self._diagnose(host, cause)
        return cause

    def _diagnose(self, host: int, cause: int) -> None:
        """A failure is put down to the host that failed, to another, or to none."""
        diagnosis = self.campus.diagnosis
        drawn, row = self._diagnoses.columns(host, self._failures[host])
        seen, right, which = (drawn[column][row] for column in range(3))
        self._failures[host] += 1
        if seen >= diagnosis.probability:
            self._note((self._env.now, EventKind.UNDIAGNOSED, cause, host, 0, 0.0))
            self._rejoin(host)
        elif right < diagnosis.uncertainty and len(self.active):
            other = self.active.at(int(which * len(self.active)))
            self._stop(other)
            self.pool.remove(other)
            # The one that failed goes on, and is last in the order of hosts from now on.
            self.pool.append(host)
            self._activate(host)
            self._take_out(other, EventKind.MISTAKEN, cause)
        else:
            self._take_out(host, _HOST_FAILED, cause)

    def _take_out(self, host: int, kind: int, cause: int) -> None:
        """A host goes to repair."""
        if self.retiring.ever:
            self.retiring.blamed(host)
        self._note((self._env.now, kind, cause, host, -1, 0.0))
        self.workshop.take(host, failed_itself=kind == _HOST_FAILED)

    def _give_back(self, mended: Mended) -> None:
        """A host comes back from repair, or is given up."""
        host, day = mended.host, self._env.now
        if mended.manual_days > 0:
            self._note((day, _VISITED, _NO_CAUSE, host, 0, mended.manual_days * HOURS_PER_DAY))
        if mended.fixed:
            if mended.failed_itself:
                self.clocks.renew(host)
            if self.clocks.bad[host]:
                self.clocks.turn(host, bad=False)
        if self.retiring.ever and self.retiring.retires(host, day):
            self._retired.add(host)
            self._note((day, EventKind.RETIRED, Cause.STRATEGY, host, 0, 0.0))
        else:
            self._note((day, _REPAIRED if mended.fixed else _MISREPAIRED, _NO_CAUSE, host, 1, day - mended.taken_day))
            self._rejoin(host)
        self._tell_returned()

    def _tell_returned(self) -> None:
        """Whoever waits for hosts looks again."""
        if self._returned is not None:
            self._returned.succeed()
            self._returned = None

    def _rejoin(self, host: int) -> None:
        """A host is last in the order of the pool, and stands by at once where one is wanted."""
        self.pool.append(host)
        taken = len(self.standbys) + (self._env.now < self._place_taken_until)
        if taken < self._warm_standbys:
            self.standbys.append(host)

    # Hosts for the job

    def _complete(self) -> bool:
        """Let standbys take the places of hosts that are missing; whether the job is complete."""
        missing = self.size - len(self.active)
        while missing and self.standbys:
            self._activate(self.standbys.popleft())
            missing -= 1
        return not missing

    def _fill_pool(self) -> Answer:
        """Wait until the pool holds hosts for the job; whether it ever does."""
        wanted = self.size + self.campus.warm_standbys
        if len(self.pool) >= self.size:
            return True
        while len(self.pool) < wanted:
            if self.pool.spares:
                spare = self.pool.spares.popleft()
                days = self.campus.spare_wait_min / MINUTES_PER_DAY
                self._note((self._env.now, EventKind.ACTIVATED, Cause.NONE, spare, 0, days))
                yield self._env.timeout(days)
                self.pool.append(spare)
                self._note((self._env.now, EventKind.PLACED, Cause.NONE, spare, 1, 0.0))
            elif self.campus.all_hosts - len(self._retired) < wanted:
                return False
            else:
                self._returned = self._env.event()
                yield self._returned
        return True

    def _select(self) -> None:
        """Choose the hosts that compute and those that stand by from the front of the pool; all others stop."""
        new = self.pool.advance(self.size + self.campus.warm_standbys)
        front, first = self.pool.front, self._selections == 0
        count = len(front) - self.size
        address = self.address, self._selections, 0
        luck = self.context.streams.uniforms("selection of hosts", 0, *address, max(count, 1))[0, :count].tolist()
        self._selections += 1
        chosen = [front.at(place) for place in some_of(len(front), luck)]
        stand_by = set(chosen)
        if first:
            hosts = [host for host in new if host not in stand_by]
            self.active = IndexedSet(hosts)
            self.clocks.start(hosts)
            if self.retiring.ever:
                for host in hosts:
                    self.retiring.joins(host)
        else:
            for host in (*chosen, *sorted(self._activated)):
                if host in self.active and (host in stand_by or host not in front):
                    self._stop(host)
            for host in (*new, *self.standbys):
                if host in front and host not in stand_by and host not in self.active:
                    self._activate(host)
        self._activated.clear()
        self.standbys = deque(chosen)

    def _activate(self, host: int) -> None:
        """A host begins to compute."""
        self.active.add(host)
        self.clocks.join(host)
        if host not in self.pool.front:
            self._activated.add(host)
        if self.retiring.ever:
            self.retiring.joins(host)

    def _stop(self, host: int) -> None:
        """A host that computes stops."""
        self.clocks.leave(host)
        self.active.discard(host)
        if self.retiring.ever:
            self.retiring.leaves(host)

    def _regenerate(self, interval_days: float) -> Process:
        """Turn some good hosts bad, again and again."""
        number = 0
        while not self._over:
            yield self._env.timeout(interval_days)
            good = [host for host, bad in enumerate(self.clocks.bad) if not bad and host not in self._retired]
            if good:
                count = max(1, int(len(good) * self.campus.bad.regeneration_share))
                luck = self.context.streams.of("hosts that turn bad", number, *self._key)
                for host in (good[place] for place in luck.choice(len(good), count, replace=False).tolist()):
                    if self._running and host in self.active:
                        self._turned.append(host)  # felt when the job next stops
                    else:
                        self.clocks.turn(host, bad=True)
                self._note((self._env.now, EventKind.TURNED_BAD, Cause.NONE, NONE, 0, float(count)))
            number += 1

    # Notes

    def _note_job(self, kind: EventKind, cause: int = Cause.NONE, amount: float | None = None) -> None:
        self.time.note_job(self._env.now, kind, cause, amount)

    def _begin(self, kind: EventKind) -> None:
        """The job's GPUs do something beside computing from now on."""
        self._now_doing, self._since = kind, self._env.now

    def _end(self) -> None:
        """They have done it."""
        self._close_span(self._env.now)

    def _close_span(self, day: float) -> None:
        if self._now_doing is not None:
            self.time.note_time(day, self._now_doing, day - self._since)
        self._now_doing = None

    def close(self, horizon: float) -> None:
        """Account for the job at the horizon."""
        self._close_span(horizon)
        running = bool(self.time.segments) and self.time.segments[-1].end == inf
        if running:
            self.time.segments[-1].cut_off(horizon)
        self.time.write(self.context.log, running=running)
