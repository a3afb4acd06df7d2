"""Berths: what may stand in them, the moves that are possible, and how those of a plane are numbered."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray


class BerthState(IntEnum):
    """What stands in a berth."""

    EMPTY = 0
    RESERVED = 1  # a spare is on its way to this slot
    WORKING = 2  # a satellite at work (slots only)
    STORED = 3  # a dormant spare (spare berths only)
    BLOCKED = 4  # a dead satellite drifts off (slots only)


LEGAL = {
    (BerthState.EMPTY, BerthState.WORKING),  # delivery
    (BerthState.EMPTY, BerthState.STORED),  # delivery of a spare
    (BerthState.EMPTY, BerthState.RESERVED),  # activation: the slot waits for the spare
    (BerthState.RESERVED, BerthState.WORKING),  # the spare arrives
    (BerthState.RESERVED, BerthState.EMPTY),  # the spare died on its way
    (BerthState.WORKING, BerthState.EMPTY),  # retirement, or a failure that leaves the slot at once
    (BerthState.WORKING, BerthState.BLOCKED),  # failure: nobody steers the satellite out of the slot
    (BerthState.BLOCKED, BerthState.EMPTY),  # it has drifted off
    (BerthState.STORED, BerthState.EMPTY),  # failure, retirement, or departure for a slot
}
"""The transitions a berth may make; `Fleet.move` refuses all others."""
LEGAL_TABLE = np.array([[(now, to) in LEGAL for to in BerthState] for now in BerthState])


def berths_where(there: NDArray[np.bool_]) -> NDArray[np.intp]:
    """The positions that are true, in order: several times as fast as NumPy's where few of many are."""
    whole = len(there) & ~7
    words = np.flatnonzero(there[:whole].view(np.uint64))  # eight at a time
    if 32 * len(words) > whole:
        return np.flatnonzero(there)
    near = (8 * words[:, None] + np.arange(8)).ravel()
    return np.concatenate([near[there[near]], whole + np.flatnonzero(there[whole:])])


class Unit(IntEnum):
    """What a GPU position of a slot holds; positive numbers and 0 are the job that owns it."""

    IDLE = -1
    DEAD = -2  # or a spare in reserve
    ABSENT = -3


@dataclass(frozen=True)
class PlaneLayout:
    """The berths of one plane: `first_berth` .. `first_berth + slots + spare_berths - 1`, slots first."""

    id: int
    first_berth: int
    slots: int
    spare_berths: int
    address: int
    """What random numbers know the plane by."""

    @property
    def slot_range(self) -> slice:
        """The plane's slots among all berths."""
        return slice(self.first_berth, self.first_berth + self.slots)

    @property
    def spare_range(self) -> slice:
        """The plane's spare berths among all berths."""
        start = self.first_berth + self.slots
        return slice(start, start + self.spare_berths)

    @property
    def end_berth(self) -> int:
        """One past the plane's last berth."""
        return self.first_berth + self.slots + self.spare_berths


@dataclass(frozen=True)
class JoinedLayout:
    """Planes that are joined by links, numbered after all planes; they follow one another."""

    id: int
    planes: tuple[PlaneLayout, ...]

    @property
    def first_berth(self) -> int:
        """The first berth of the first."""
        return self.planes[0].first_berth

    @property
    def slot_range(self) -> slice:
        """Their slots among all berths, with the spare berths between them."""
        return slice(self.first_berth, self.planes[-1].slot_range.stop)


def layouts(
    slots_per_plane: list[int], spare_berths_per_plane: int | list[int], addresses: list[int] | None = None
) -> tuple[PlaneLayout, ...]:
    """Number the berths of all planes on from 0; without `addresses` planes are addressed by their number."""
    result, first = [], 0
    for plane, slots in enumerate(slots_per_plane):
        spares = spare_berths_per_plane if isinstance(spare_berths_per_plane, int) else spare_berths_per_plane[plane]
        result.append(PlaneLayout(plane, first, slots, spares, plane if addresses is None else addresses[plane]))
        first += slots + spares
    return tuple(result)


SPARE_PLACES = 1 << 31
"""Spare berths are addressed from here, slots from 0: however many there are of one, the other keeps its numbers."""
