"""Which host of a hall fails next: every host has a clock of its own, which runs only while it computes.

A host has, for each cause that can take it out, an effective age and the age at which its accumulated hazard reaches
its threshold.  The clocks of all hosts at work run together with the job's, so what is left to a host when it joins is
fixed on the job's clock; the earliest of them fails next.  Nothing is drawn anew when the job stops and goes on, and no
step looks at hosts to which nothing happens.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from heapq import heappop, heappush
from math import inf, log

import numpy as np
from numpy.typing import NDArray

from sim.engine.draws import Part
from sim.engine.hazards import Hazard
from sim.engine.host_draws import FOUR, HostDraws
from sim.engine.indexed import IndexedSet
from sim.engine.paired_draws import Fleet, PairedDraws
from sim.reliability import Ageing, Exponential
from sim.streams import Streams

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Wear:
    """One cause that takes hosts out."""

    cause: int
    """Its number in the log."""
    part: int
    """What random numbers know its units by."""
    law: Ageing
    units: int
    """Units of a host, of which the first to fail takes it out."""
    pace: float
    """Effective days of a day at work, of a good host."""
    follows_fleet: bool = False
    """Whether its units are those of a satellite that the host stands for: not the satellite itself."""

    @classmethod
    def of(cls, hazard: Hazard, stress_pace: float) -> Wear:
        """What a cause of permanent loss is to the hosts of a hall in which electronics age so fast."""
        pace = stress_pace if hazard.clock == "stress" else 1.0
        assert hazard.units == 1, "the scenario sees to it"
        return cls(int(hazard.cause), hazard.part, hazard.law, hazard.groups, pace, hazard.part != Part.BUS)

    @cached_property
    def memoryless(self) -> bool:
        """Whether age does not matter."""
        return isinstance(self.law, Exponential)

    def lives(self, uniforms: Floats) -> Floats:
        """(thresholds, ages at which a new host reaches them) of as many ordinals as there are numbers, (n, 2 x 4)."""
        return self.lives_to(-np.log(uniforms) / self.units)

    def lives_to(self, thresholds: Floats) -> Floats:
        """The same of thresholds."""
        return np.concatenate([thresholds, self.law.inverse(thresholds)], axis=1)


def _draws(wear: Wear, streams: Streams, site: int, hosts: tuple[int, int], fleet: Fleet | None) -> HostDraws:
    """The failures of hosts, the first and how many, by one cause."""
    first, count = hosts
    if fleet is not None and wear.follows_fleet:
        return PairedDraws(streams, wear.part, hosts, fleet, wear.units, wear.lives_to)
    return HostDraws(streams, "lives of hosts", wear.part, site, count, wear.lives, first)


class HostClocks:
    """The clocks of all hosts, kept through whatever happens to others."""

    def __init__(
        self,
        wears: Sequence[Wear],
        streams: Streams,
        site: int,
        bad: NDArray[np.bool_],
        factor: float,
        *,
        first: int = 0,
        fleet: Fleet | None = None,
    ) -> None:
        """`bad`: which hosts are bad at first, shape (hosts,); `factor`: how many times as fast these age.

        `first`: address of the first host; `fleet`: satellites that they stand for.
        """
        self.now = 0.0
        """The job's clock, days of running."""
        self._wears = wears
        self._paces = [(k, wear.pace) for k, wear in enumerate(wears)]
        self._single = [wear.units == 1 for wear in wears]
        self._factor = factor
        self._draws = [_draws(one, streams, site, (first, len(bad)), fleet) for one in wears]
        self.bad = bad.tolist()
        """Whether each host is bad."""
        self._first = [draws.first()[:, FOUR] for draws in self._draws]  # ages at which new hosts fail
        self._goal = [goal.tolist() for goal in self._first]
        self._age = [[0.0] * len(bad) for _ in wears]
        self._ordinal = [[0] * len(bad) for _ in wears]
        self._due = [inf] * len(bad)  # on the job's clock; infinite: does not run
        self._since = [0.0] * len(bad)
        self._last = [0] * len(bad)  # position of the cause that took it out last
        self._fresh = [0.0] * len(bad)  # age at which that would take out a new host next
        # Those of the start in order, as far as none has stopped since, and those that have joined later.
        self._queue_due: list[float] = []
        self._queue: list[int] = []
        self._served = 0
        self._heap: list[tuple[float, int]] = []

    def start(self, hosts: Sequence[int]) -> None:
        """The clocks of many hosts, which are all new, begin to run."""
        chosen = np.array(hosts, np.intp)
        pace = np.where(np.array(self.bad)[chosen], self._factor, 1.0)
        left = [goal[chosen] / (wear.pace * pace) for goal, wear in zip(self._first, self._wears, strict=True)]
        due = self.now + (np.min(left, axis=0) if left else np.full(len(hosts), inf))
        order = np.argsort(due, kind="stable")
        whose = np.full(len(self._due), inf)
        whose[chosen] = due
        self._due = whose.tolist()
        self._queue_due, self._queue = due[order].tolist(), chosen[order].tolist()

    def join(self, host: int) -> None:
        """The clock of a host begins to run."""
        left = inf
        for k, pace in self._paces:
            days = (self._goal[k][host] - self._age[k][host]) / pace
            if days < left:
                left = days
        if self.bad[host]:
            left /= self._factor
        self._since[host] = self.now
        self._due[host] = due = self.now + (left if left > 0 else 0.0)
        if due < inf:
            heappush(self._heap, (due, host))

    def leave(self, host: int) -> None:
        """It stops."""
        ran = self.now - self._since[host]
        if self.bad[host]:
            ran *= self._factor
        for k, pace in self._paces:
            self._age[k][host] += ran * pace
        self._due[host] = inf

    def begin(self) -> None:
        """The job goes on."""

    def first(self) -> tuple[float, int]:
        """When, on the job's clock, the next host fails, and which; infinite: none ever does."""
        heap, due = self._heap, self._due
        while heap and due[heap[0][1]] != heap[0][0]:
            heappop(heap)  # it has stopped since
        at, queue, count = self._served, self._queue_due, len(self._queue)
        while at < count and due[self._queue[at]] != queue[at]:
            at += 1
        self._served = at
        if at < count and (not heap or queue[at] <= heap[0][0]):
            return queue[at], self._queue[at]
        return heap[0] if heap else (inf, -1)

    def fail(self, host: int) -> int:
        """A host that is due fails and its clock stops; returns the cause.  It is as old as before."""
        k = 0
        if len(self._wears) == 1:
            self._due[host] = inf
        else:
            self.leave(host)
            left = [goal[host] - age[host] for goal, age in zip(self._goal, self._age, strict=True)]
            paced = [days / wear.pace for days, wear in zip(left, self._wears, strict=True)]
            k = paced.index(min(paced))
        wear, age = self._wears[k], self._goal[k][host]
        self._last[host], self._age[k][host] = k, age
        self._ordinal[k][host] = ordinal = self._ordinal[k][host] + 1
        which, column = divmod(ordinal, FOUR)
        drawn, row = self._draws[k].columns(host, which)
        self._fresh[host] = fresh = drawn[FOUR + column][row]
        if wear.memoryless:
            self._goal[k][host] = age + fresh
        else:
            self._goal[k][host] = float(wear.law.inverse(wear.law.cumulative_hazard(age) + drawn[column][row]))
        return wear.cause

    def renew(self, host: int) -> None:
        """The part of a host that failed last is new.

        Of several alike, such as its GPUs, one new among the others changes little: they count as old as before.
        """
        k = self._last[host]
        if self._single[k]:
            self._age[k][host], self._goal[k][host] = 0.0, self._fresh[host]

    def turn(self, host: int, *, bad: bool) -> None:
        """A host turns bad, or good; its ages stay."""
        runs = self._due[host] < inf
        if runs:
            self.leave(host)
        self.bad[host] = bad
        if runs:
            self.join(host)


class RenewedClocks(HostClocks):
    """Clocks as simulators have them that draw all lives anew when the job goes on: hosts never age.

    Hosts of one kind are alike, so the first of n to fail is drawn at once: it reaches a threshold of 1/n.
    """

    def __init__(
        self,
        wears: Sequence[Wear],
        streams: Streams,
        site: int,
        bad: NDArray[np.bool_],
        factor: float,
        *,
        first: int = 0,
        fleet: Fleet | None = None,
    ) -> None:
        super().__init__(wears, streams, site, bad, factor, first=first, fleet=fleet)
        self._first_host = first
        self._streams = streams
        self._site = site
        self._begun = 0
        self._running = IndexedSet(), IndexedSet()  # good ones, bad ones
        self._next = inf, -1, 0

    def start(self, hosts: Sequence[int]) -> None:
        """The clocks of many hosts begin to run."""
        for host in hosts:
            self.join(host)

    def join(self, host: int) -> None:
        """The clock of a host begins to run."""
        self._running[self.bad[host]].add(host)

    def leave(self, host: int) -> None:
        """It stops."""
        self._running[self.bad[host]].discard(host)

    def begin(self) -> None:
        """The job goes on: all that run are new."""
        luck = self._streams.uniforms(
            "hosts renewed", 0, self._site, self._begun, self._first_host, 2 * len(self._wears) + 1
        )[0]
        self._begun += 1
        found = inf, -1, 0
        draws = iter(luck.tolist())
        which = next(draws)
        for hosts, factor in zip(self._running, (1.0, self._factor), strict=True):
            for wear in self._wears:
                threshold = -log(next(draws))
                if len(hosts):
                    days = float(wear.law.inverse(threshold / (len(hosts) * wear.units))) / (wear.pace * factor)
                    if days < found[0]:
                        found = days, hosts.at(int(which * len(hosts))), wear.cause
        self._next = self.now + found[0], found[1], found[2]

    def first(self) -> tuple[float, int]:
        """When, on the job's clock, the next host fails, and which; infinite: none ever does."""
        return self._next[:2]

    def fail(self, host: int) -> int:
        """A host that is due fails and its clock stops; returns the cause."""
        self.leave(host)
        return self._next[2]

    def renew(self, host: int) -> None:
        """All are new anyway."""

    def turn(self, host: int, *, bad: bool) -> None:
        """A host turns bad, or good."""
        runs = self._running[self.bad[host]].discard(host)
        self.bad[host] = bad
        if runs:
            self.join(host)
