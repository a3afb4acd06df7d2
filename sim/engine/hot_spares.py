"""GPUs that gangs hold beside those on which they compute, to take the place of one that is lost."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import simpy
from numpy.typing import NDArray

from sim.constants import HOURS_PER_DAY, MINUTES_PER_DAY
from sim.engine.gang import Gang
from sim.engine.pool import Pool
from sim.events import EventKind, EventRecorder

Ints = NDArray[np.intp]
Floats = NDArray[np.float64]
_NONE, _NEVER = np.empty(0, np.intp), np.empty(0)


class HotSpares:
    """The hot spares of all gangs of a run: idle, warm, and in the pool's eyes owned by a number of their own.

    A gang has them while it is at work on all the GPUs that it wants; one that shrinks gives them back.  Those that
    start with it are warm with it, those that it takes later after as long as a restart takes.
    """

    def __init__(self, env: simpy.Environment, pool: Pool, log: EventRecorder, gangs: Sequence[Gang]) -> None:
        """`gangs`: in order of job."""
        self._env, self._pool, self._log, self._gangs = env, pool, log, gangs
        self._units: dict[int, Ints] = {}  # of each job, positions in the pool's flat table
        self._warm_from: dict[int, Floats] = {}  # day from which each is warm
        self._since: dict[int, float] = {}
        self._short: list[dict[int, Gang]] = [{} for _ in pool.places]

    def jobs_of(self, owners: Sequence[int]) -> list[int]:
        """The jobs among the owners of GPUs that were lost; the spares among these GPUs are written off."""
        jobs = [owner for owner in owners if owner < len(self._gangs)]
        for owner in owners[len(jobs) :]:
            gang = self._gangs[owner - len(self._gangs)]
            units = self._units[gang.job]
            there = np.isin(units, self._pool.kept(owner, units))
            self._hold(gang, units[there], self._warm_from[gang.job][there])
            if gang.job not in jobs:  # else when it goes on
                self.fill(gang)
        return jobs

    def ready(self, gang: Gang) -> int:
        """How many a gang has."""
        return len(self._units.get(gang.job, _NONE))

    def warm(self, gang: Gang) -> int:
        """How many of them can take the place of others at once."""
        return int(np.count_nonzero(self._warm_from.get(gang.job, _NEVER) <= self._env.now))

    def step_in(self, gang: Gang, kept: Ints, size: int) -> Ints:
        """Let spares of a gang, the warm ones first, join the GPUs that it kept, up to so many; returns these."""
        units = self._units.get(gang.job, _NONE)
        number = min(max(size - len(kept), 0), len(units))
        if number == 0:
            return kept
        self._pool.pass_on(units[:number], gang.job)
        self._hold(gang, units[number:], self._warm_from[gang.job][number:])
        return np.sort(np.concatenate([kept, units[:number]]))

    def fill(self, gang: Gang) -> None:
        """Give a gang at work the spares that it lacks, as far as GPUs that it may take are idle."""
        if gang.spec.hot_spares == 0 or not gang.running:
            return
        if gang.size < gang.spec.gpus:
            self.release(gang)
            return
        units = self._units.get(gang.job, _NONE)
        lacking = gang.spec.hot_spares - len(units)
        alone = gang.spec.within == "satellite"
        if (more := min(lacking, self._pool.within_reach(gang.place, gang.units, on_one_satellite=alone))) > 0:
            berths, _ = self._pool.satellites_of(gang.place, gang.units)
            taken = self._pool.take(gang.place, len(self._gangs) + gang.job, more, berths)
            warm_from = self._env.now + (gang.spec.restart_min / MINUTES_PER_DAY if gang.started else 0.0)
            before = self._warm_from.get(gang.job, _NEVER)
            self._hold(gang, np.concatenate([units, taken]), np.append(before, np.full(more, warm_from)))
        if more < lacking:
            self._short[gang.place][gang.job] = gang
        else:
            self._short[gang.place].pop(gang.job, None)

    def refill(self, place: int) -> None:
        """Give the gangs of a place the spares that they lack, the first job first."""
        for _, gang in sorted(self._short[place].items()):
            self.fill(gang)

    def release(self, gang: Gang) -> None:
        """A gang gives its spares back."""
        self._short[gang.place].pop(gang.job, None)
        if self.ready(gang):
            self._pool.give_back(gang.place, self._units[gang.job])
            self._hold(gang, _NONE, _NEVER)

    def close(self, day: float) -> None:
        """The mission ends."""
        for job in sorted(self._units):
            self._write(self._gangs[job], day)

    def _hold(self, gang: Gang, units: Ints, warm_from: Floats) -> None:
        """From now on these are a gang's spares, in the order in which they are warm."""
        self._write(gang, self._env.now)
        self._units[gang.job], self._warm_from[gang.job] = units, warm_from

    def _write(self, gang: Gang, day: float) -> None:
        """Write the time for which GPUs have been spares."""
        hours = self.ready(gang) * (day - self._since.get(gang.job, day)) * HOURS_PER_DAY
        if hours > 0:
            self._log.append(day, EventKind.IDLE, plane=gang.plane, job=gang.job, amount=hours)
        self._since[gang.job] = day
