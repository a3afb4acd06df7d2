"""The GPUs that are there to be used: which are idle, and who owns the others.  It knows nothing of work."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from sim.berths import JoinedLayout, PlaneLayout, Unit
from sim.workloads import Rooms

Ints = NDArray[np.intp]

# Plain numbers: numpy compares with them ten times as fast as with members of an enumeration.
_IDLE, _DEAD = int(Unit.IDLE), int(Unit.DEAD)


class Pool:
    """GPUs of all slots by plane and position.  An owner is a number >= 0 that a client of the pool chose.

    A place is a plane, or planes that are joined, which are numbered after all planes.
    """

    def __init__(
        self,
        planes: tuple[PlaneLayout, ...],
        positions: int,
        noted: Callable[[int, int], None] | None = None,
        joined: tuple[JoinedLayout, ...] = (),
    ) -> None:
        """`positions`: GPUs of a satellite, those in reserve included; `noted` hears of each berth whose idle GPUs
        change, and how many are idle."""
        berths = planes[-1].end_berth
        self.planes = planes
        self.joined = joined
        self.places: tuple[PlaneLayout | JoinedLayout, ...] = (*planes, *joined)
        self.positions = positions
        self.owner = np.full((berths, positions), Unit.ABSENT, np.int32)
        """What each GPU is: `Unit`, or its owner, shape (berths, positions)."""
        of = [tuple(plane.id for plane in one.planes) for one in joined]
        self.rooms = Rooms([0] * len(planes), self.satellites_for, of, self.on_one)
        """Idle GPUs of each place, and when gangs give theirs back."""
        self._noted = noted
        self._flat = self.owner.ravel()
        self._idle = np.zeros(berths, np.int32)  # of each berth
        self._plane_of = np.concatenate([np.full(p.end_berth - p.first_berth, p.id) for p in planes]).tolist()
        self._plane_ends = np.array([plane.end_berth for plane in planes])

    def idle(self, place: int) -> int:
        """Idle GPUs of a place."""
        return self.rooms.idle[place]

    def shares(self, place: int, berths: Ints, gpus: Ints) -> list[tuple[int, int]]:
        """(plane, GPUs there) of GPUs in some berths of a place, in order."""
        if place < len(self.planes):
            return [(place, int(gpus.sum()))]
        in_plane = np.bincount(np.searchsorted(self._plane_ends, berths, side="right"), gpus)
        return [(plane, int(in_plane[plane])) for plane in in_plane.nonzero()[0].tolist()]

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

    def take(self, place: int, owner: int, count: int, held: Ints) -> Ints:
        """Give an owner idle GPUs of a place, on as few satellites as may be; returns positions in the flat table.

        Satellites on which it has some come first, `held` by berth, then the emptiest whole, and for the rest the
        fullest that has room; of joined planes as few as may be that follow one another.  Raises `ValueError` when so
        many are not idle.
        """
        if count == 0:
            return np.empty(0, np.intp)
        if count > self.idle(place):
            raise ValueError(f"count(={count}) must be <= {self.idle(place)}, the idle GPUs of place {place}")
        chosen, rest = self._choose(place, count, held)
        if len(chosen) == 1:  # as when a single GPU is replaced
            berth = int(chosen[0])
            units = (self.owner[berth] == _IDLE).nonzero()[0][:rest]
            self.owner[berth, units] = owner
            self._idle[berth] -= rest
            self._changed(self._plane_of[berth], chosen, -count)
            return np.asarray(berth * self.positions + units, np.intp)
        rows, units = np.nonzero(self.owner[chosen] == _IDLE)
        keep = np.concatenate([np.flatnonzero(rows < len(chosen) - 1), np.flatnonzero(rows == len(chosen) - 1)[:rest]])
        taken = chosen[rows[keep]] * self.positions + units[keep]
        self._flat[taken] = owner
        used = self._idle[chosen].copy()
        used[-1] = rest
        self._idle[chosen] -= used
        for plane, gpus in self.shares(place, chosen, used.astype(np.intp)):
            self._changed(plane, chosen if place == plane else self._of_plane(chosen, plane), -gpus)
        return np.asarray(taken, np.intp)

    def _of_plane(self, berths: Ints, plane: int) -> Ints:
        """Those of some berths that are in a plane."""
        layout = self.planes[plane]
        return np.asarray(berths[(berths >= layout.first_berth) & (berths < layout.end_berth)], np.intp)

    def _free(self, place: int, count: int, held: Ints) -> NDArray[np.int32]:
        """Idle GPUs of the slots of a place from which so many may be taken, by slot."""
        if place < len(self.planes):
            return self._idle[self.planes[place].slot_range]
        one = self.joined[place - len(self.planes)]
        idle = np.array([self.rooms.idle[plane.id] for plane in one.planes])
        own = np.searchsorted([plane.end_berth for plane in one.planes], held, side="right")
        first, last = fewest_in_a_row(idle, count, own)
        free = self._idle[one.slot_range].copy()
        free[: one.planes[first].first_berth - one.first_berth] = 0
        free[one.planes[last].slot_range.stop - one.first_berth :] = 0
        return free

    def _choose(self, place: int, count: int, held: Ints) -> tuple[Ints, int]:
        """The berths to take GPUs from, all idle ones but in the last, and how many from that one."""
        first = self.places[place].first_berth
        free = self._free(place, count, held)
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

    def satellites_for(self, place: int, gpus: int) -> int:
        """On how many satellites so many idle GPUs of a place lie at least."""
        free = np.sort(self._idle[self.places[place].slot_range])[::-1]
        return int(np.searchsorted(np.cumsum(free), gpus)) + 1

    def on_one(self, place: int, jobs: Sequence[int] = ()) -> int:
        """Most idle GPUs on one satellite of a place, those of some owners counted as idle."""
        slots = self.places[place].slot_range
        if not jobs:
            return int(self._idle[slots].max(initial=0))
        owner = self.owner[slots]
        return int(np.count_nonzero((owner == _IDLE) | np.isin(owner, jobs), axis=1).max(initial=0))

    def within_reach(self, place: int, held: Ints, *, on_one_satellite: bool) -> int:
        """Idle GPUs that whoever has some of a place, positions in the flat table, may take beside them."""
        if not on_one_satellite:
            return self.idle(place)
        return int(self._idle[np.unique(held // self.positions)].sum()) if len(held) else self.on_one(place)

    def keep_fullest(self, place: int, units: Ints, count: int) -> Ints:
        """Take some GPUs of a place away from their owner but for so many, on the satellites where it has most.

        Positions in the flat table; returns those that it keeps.
        """
        berths, there = self.satellites_of(place, units)
        rank = np.empty(len(berths), np.intp)
        rank[np.argsort(-there, kind="stable")] = np.arange(len(berths))
        order = np.argsort(rank[np.searchsorted(berths, units // self.positions)], kind="stable")
        self.give_back(place, units[order[count:]])
        return np.sort(units[order[:count]])

    def satellites_of(self, place: int, units: Ints) -> tuple[Ints, Ints]:
        """(berths, GPUs in each) of some GPUs of a place, positions in the flat table."""
        first = self.places[place].first_berth
        counts = np.bincount(units // self.positions - first)
        there = counts.nonzero()[0]
        return first + there, counts[there]

    def give_back(self, place: int, units: Ints) -> None:
        """GPUs of a place, positions in the flat table, are idle again."""
        self._flat[units] = _IDLE
        berths = units // self.positions
        np.add.at(self._idle, berths, 1)
        if place < len(self.planes):
            self._changed(place, berths, len(units))
            return
        for plane, gpus in self.shares(place, berths, np.ones(len(units), np.intp)):
            self._changed(plane, self._of_plane(berths, plane), gpus)

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


def fewest_in_a_row(idle: Ints, count: int, own: Ints) -> tuple[int, int]:
    """First and last of the fewest neighbouring planes, with these idle GPUs, that have so many; the first such.

    `own`: planes that must be among them.  All planes where they have not so many.
    """
    least, most = (int(own.min()), int(own.max())) if len(own) else (len(idle), -1)
    total = np.concatenate([[0], np.cumsum(idle)])
    for planes in range(max(most - least + 1, 1), len(idle)):
        first = np.arange(len(idle) - planes + 1)
        fits = total[first + planes] - total[first] >= count
        if len(own):
            fits &= (first <= least) & (first + planes > most)
        if fits.any():
            begin = int(first[fits][0])
            return begin, begin + planes - 1
    return 0, len(idle) - 1


def _owners(row: NDArray[np.int32]) -> list[int]:
    """The different owners among some GPUs, in order."""
    return [owner for owner in sorted(set(row.tolist())) if owner >= 0]
