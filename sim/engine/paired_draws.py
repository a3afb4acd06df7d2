"""Random numbers of hosts that stand for the satellites of a fleet: what fails there by itself fails here too.

The units of a satellite, its GPUs or what carries some of them, lie on hosts in their order.  Each unit has the
threshold that it has in orbit (`sim.engine.draws`); what takes its place after a repair has one of its own, in addition
to the hazard that its host has used up: it counts as old as the unit before, as `HostClocks.renew` has it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.engine.draws import Addresses, Question, draw
from sim.engine.host_draws import FOUR, HostDraws
from sim.streams import Streams

Floats = NDArray[np.float64]
Words = NDArray[np.uint64]


@dataclass(frozen=True)
class Fleet:
    """The satellites that hosts stand for, `each` of them side by side for one satellite."""

    sites: Words
    """What random numbers know each satellite's plane by."""
    places: Words
    """Its slot."""
    each: int


class PairedDraws(HostDraws):
    """The failures of hosts by one cause: their hazard between one failure and the next, four at a time."""

    def __init__(
        self,
        streams: Streams,
        part: int,
        hosts: tuple[int, int],
        fleet: Fleet,
        units: int,
        make: Callable[[Floats], Floats],
    ) -> None:
        """`hosts`: the first, and how many; `units` of the cause on a host; `make` turns increments into rows."""
        first, count = hosts
        super().__init__(streams, "replaced on hosts", part, 0, count, make, first)
        satellites = np.arange(first // fleet.each, -(-(first + count) // fleet.each))
        where = Addresses(fleet.sites[satellites], fleet.places[satellites], np.zeros(len(satellites), np.uint64))
        aboard = fleet.each * units
        (found,) = draw(streams, where, [Question(part, aboard, np.full(len(satellites), np.inf), second=False)])
        thresholds = np.empty((len(satellites), aboard))
        thresholds[found.satellite, found.unit] = found.threshold
        begin = first - int(satellites[0]) * fleet.each
        self._pending = thresholds.reshape(-1, units)[begin : begin + count]
        self._used = np.zeros(count)
        self._made: list[Floats] = []

    def _draw(self, hosts: NDArray[np.intp], ordinal: int) -> Floats:
        while len(self._made) <= ordinal:
            self._made.append(self._next(len(self._made)))
        return self._make(self._made[ordinal][hosts])

    def _next(self, ordinal: int) -> Floats:
        """The hazard that each host uses up until each of its next four failures, shape (hosts, 4)."""
        every = np.arange(len(self._used))
        fresh = -np.log(self.uniforms(every, ordinal))
        steps = np.empty((len(every), FOUR))
        for k in range(FOUR):
            unit = self._pending.argmin(axis=1)
            reached = self._pending[every, unit]
            steps[:, k] = reached - self._used
            self._pending[every, unit] = reached + fresh[:, k]
            self._used = reached
        return steps
