"""The GPUs that are there to be used: which are idle, and who owns the others.  It knows nothing of work."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from sim.berths import PlaneLayout, Unit
from sim.workloads import Rooms

Ints = NDArray[np.intp]

# Plain numbers: numpy compares with them ten times as fast as with members of an enumeration.
_IDLE, _DEAD = int(Unit.IDLE), int(Unit.DEAD)


class Pool:
    """GPUs of all slots by plane and position.  An owner is a number >= 0 that a client of the pool chose."""

    def __init__(
        self,
        planes: tuple[PlaneLayout, ...],
        positions: int,
        noted: Callable[[int, int], None] | None = None,
    ) -> None:
        """`positions`: GPUs of a satellite, those in reserve included; `noted` hears of each berth whose idle GPUs
        change, and how many are idle."""
        berths = planes[-1].end_berth
        self.planes = planes
        self.positions = positions
        self.owner = np.full((berths, positions), Unit.ABSENT, np.int32)
        """What each GPU is: `Unit`, or its owner, shape (berths, positions)."""
        self.rooms = Rooms([0] * len(planes), self.satellites_for)
        """Idle GPUs of each plane, and when gangs give theirs back."""
        self._noted = noted
        self._flat = self.owner.ravel()
        self._idle = np.zeros(berths, np.int32)  # of each berth
        self._plane_of = np.concatenate([np.full(p.end_berth - p.first_berth, p.id) for p in planes]).tolist()

    def idle(self, plane: int) -> int:
        """Idle GPUs of a plane."""
        return self.rooms.idle[plane]

    def join(self, berth: int, working: NDArray[np.bool_]) -> None:
        """A satellite begins work in a slot; `working` are the GPUs that live and are not in reserve, (positions,)."""
        self.owner[berth] = Unit.ABSENT  # a satellite of another design may have fewer positions
        self.owner[berth, : len(working)] = np.where(working, _IDLE, _DEAD)
        self._count(berth, int(np.count_nonzero(working)))

    def leave(self, berth: int) -> list[int]:
        """The satellite in a slot stops work; returns the owners of its GPUs, in order."""
        row = self.owner[berth]
        owners = _owners(row)
        row[:] = Unit.ABSENT
        self._count(berth, -int(self._idle[berth]))
        return owners

    def lose(self, berth: int, units: Ints) -> list[int]:
        """GPUs of a satellite at work are gone; returns their owners, in order."""
        lost = self.owner[berth, units]
        self.owner[berth, units] = _DEAD
        self._count(berth, -int(np.count_nonzero(lost == _IDLE)))
        return _owners(lost)

    def gain(self, berth: int, units: Ints) -> None:
        """GPUs of a satellite at work that were in reserve are there to be used."""
        self.owner[berth, units] = _IDLE
        self._count(berth, len(units))

    def kept(self, owner: int, units: Ints) -> Ints:
        """Those of some GPUs, positions in the flattened table, that an owner still has."""
        return np.asarray(units[self._flat[units] == owner], np.intp)

    def take(self, plane: int, owner: int, count: int, held: Ints) -> Ints:
        """Give an owner idle GPUs of a plane, on as few satellites as may be; returns positions in the flat table.

        Satellites on which it has some come first, `held` by berth, then the emptiest whole, and for the rest the
        fullest that has room.  Raises `ValueError` when so many are not idle.
        """
        if count == 0:
            return np.empty(0, np.intp)
        if count > self.idle(plane):
            raise ValueError(f"count(={count}) must be <= {self.idle(plane)}, the idle GPUs of plane {plane}")
        chosen, rest = self._choose(plane, count, held)
        if len(chosen) == 1:  # as when a single GPU is replaced
            berth = int(chosen[0])
            units = (self.owner[berth] == _IDLE).nonzero()[0][:rest]
            self.owner[berth, units] = owner
            self._idle[berth] -= rest
            self._changed(plane, chosen, -count)
            return np.asarray(berth * self.positions + units, np.intp)
        rows, units = np.nonzero(self.owner[chosen] == _IDLE)
        keep = np.concatenate([np.flatnonzero(rows < len(chosen) - 1), np.flatnonzero(rows == len(chosen) - 1)[:rest]])
        taken = chosen[rows[keep]] * self.positions + units[keep]
        self._flat[taken] = owner
        used = self._idle[chosen].copy()
        used[-1] = rest
        self._idle[chosen] -= used
        self._changed(plane, chosen, -count)
        return np.asarray(taken, np.intp)

    def _choose(self, plane: int, count: int, held: Ints) -> tuple[Ints, int]:
        """The berths to take GPUs from, all idle ones but in the last, and how many from that one."""
        first = self.planes[plane].first_berth
        free = self._idle[self.planes[plane].slot_range]
        own = held - first
        there = free[own].cumsum()
        if len(own) and count <= there[-1]:
            last = int(there.searchsorted(count))
            before = int(there[last - 1]) if last else 0
            return held[last if before == 0 else 0 : last + 1], count - before
        if (len(own) == 0 or there[-1] == 0) and count <= (most := int(free.max())):
            # One satellite will do: the fullest that has room.
            fitting = np.where(free >= count, free, most + 1)
            return np.array([first + int(fitting.argmin())]), count
        is_other = free > 0
        is_other[own] = False
        others = np.flatnonzero(is_other)
        order = np.concatenate([own, others[np.argsort(-free[others], kind="stable")]])
        there = np.cumsum(free[order])
        last = int(np.searchsorted(there, count))  # the satellite on which the owner has all it wants
        rest = count - (int(there[last - 1]) if last else 0)
        left = order[last:]
        fitting = left[free[left] >= rest]
        order[last] = fitting[np.argmin(free[fitting])]
        return first + order[: last + 1], rest

    def pass_on(self, units: Ints, owner: int) -> None:
        """GPUs that somebody owns, positions in the flat table, have another owner now."""
        self._flat[units] = owner

    def satellites_for(self, plane: int, gpus: int) -> int:
        """On how many satellites so many idle GPUs of a plane lie at least."""
        free = np.sort(self._idle[self.planes[plane].slot_range])[::-1]
        return int(np.searchsorted(np.cumsum(free), gpus)) + 1

    def keep_fullest(self, plane: int, units: Ints, count: int) -> Ints:
        """Take some GPUs of a plane away from their owner but for so many, on the satellites where it has most.

        Positions in the flat table; returns those that it keeps.
        """
        berths, there = self.satellites_of(plane, units)
        rank = np.empty(len(berths), np.intp)
        rank[np.argsort(-there, kind="stable")] = np.arange(len(berths))
        order = np.argsort(rank[np.searchsorted(berths, units // self.positions)], kind="stable")
        self.give_back(plane, units[order[count:]])
        return np.sort(units[order[:count]])

    def satellites_of(self, plane: int, units: Ints) -> tuple[Ints, Ints]:
        """(berths, GPUs in each) of some GPUs of a plane, positions in the flat table."""
        first = self.planes[plane].first_berth
        counts = np.bincount(units // self.positions - first)
        there = counts.nonzero()[0]
        return first + there, counts[there]

    def give_back(self, plane: int, units: Ints) -> None:
        """GPUs of a plane, positions in the flat table, are idle again."""
        self._flat[units] = _IDLE
        np.add.at(self._idle, units // self.positions, 1)
        self._changed(plane, units // self.positions, len(units))

    def _count(self, berth: int, more: int) -> None:
        """So many more idle GPUs in a berth."""
        if more:
            self._idle[berth] += more
            self.rooms.change(self._plane_of[berth], more)
            if self._noted is not None:
                self._noted(berth, int(self._idle[berth]))

    def _changed(self, plane: int, berths: Ints, more: int) -> None:
        """So many more GPUs are idle in some berths of a plane."""
        self.rooms.change(plane, more)
        if self._noted is not None:
            for berth in sorted(set(berths.tolist())):
                self._noted(berth, int(self._idle[berth]))


def _owners(row: NDArray[np.int32]) -> list[int]:
    """The different owners among some GPUs, in order."""
    return [owner for owner in sorted(set(row.tolist())) if owner >= 0]
