"""The fleet as columns: berths, what stands in them, the legal moves, and the view of them that strategies get.

A **berth** is any place a satellite can be built for.  The berths of a plane are numbered on: first its slots (the
operational places), then its spare berths.  They are declared by the scenario, for all strategies alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int32]
Floats = NDArray[np.float64]


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


def layouts(slots_per_plane: list[int], spare_berths_per_plane: int) -> tuple[PlaneLayout, ...]:
    """Number the berths of all planes on from 0."""
    result, first = [], 0
    for plane, slots in enumerate(slots_per_plane):
        result.append(PlaneLayout(plane, first, slots, spare_berths_per_plane))
        first += slots + spare_berths_per_plane
    return tuple(result)


class Fleet:
    """The columns, one entry a berth.  The engine writes them; everybody else sees a `FleetView`."""

    def __init__(self, planes: tuple[PlaneLayout, ...], gpus_per_satellite: int, spare_gpus: int = 0) -> None:
        """`spare_gpus`: on each satellite, beside those at work."""
        berths = planes[-1].end_berth
        self.planes = planes
        self.gpus_per_satellite = gpus_per_satellite
        self.positions = gpus_per_satellite + spare_gpus
        self.state = np.zeros(berths, np.int8)
        self.satellite = np.full(berths, -1, np.int32)
        self.gpus_alive = np.zeros(berths, np.int32)
        self.birth_day = np.zeros(berths)
        self.life_end_day = np.full(berths, np.inf)
        self.blocked_until = np.zeros(berths)
        self.on_order = np.zeros(len(planes), np.int32)
        self.inbound = np.zeros(len(planes), np.int32)
        self.owner = np.full((berths, self.positions), Unit.ABSENT, np.int32)
        self.plane_of = np.concatenate([np.full(p.end_berth - p.first_berth, p.id, np.int32) for p in planes])
        self.is_slot = np.zeros(berths, bool)
        for plane in planes:
            self.is_slot[plane.slot_range] = True

    def move(self, berth: int, to: BerthState) -> None:
        """Change a berth's state; raises `ValueError` for a transition that cannot happen."""
        now = BerthState(int(self.state[berth]))
        if (now, to) not in LEGAL:
            raise ValueError(f"berth {berth} cannot go from {now.name} to {to.name}")
        if to is BerthState.WORKING and not self.is_slot[berth]:
            raise ValueError(f"berth {berth} is a spare berth: no satellite works there")
        self.state[berth] = to

    def working_satellites(self) -> int:
        """Satellites at work in slots."""
        return int(np.count_nonzero(self.state == BerthState.WORKING))

    def online_gpus(self) -> int:
        """GPUs alive on satellites at work in slots."""
        return int(self.gpus_alive[self.state == BerthState.WORKING].sum())


@dataclass(frozen=True)
class PlaneView:
    """One plane as a strategy sees it.  Arrays are read-only and valid during the call only."""

    id: int
    slots: int
    """Operational places."""
    spare_berths: int
    """Places for spares, declared by the scenario."""
    on_order: int
    """Satellites ordered for this plane and not yet arrived or lost."""
    inbound: int
    """Spares on their way from a spare berth to a slot."""
    state: NDArray[np.int8]
    """`BerthState` of each berth, slots first."""
    gpus_alive: Ints
    """GPUs alive on the satellite in each berth; 0 where there is none."""
    birth_day: Floats
    """Mission day on which the satellite in each berth arrived in orbit."""
    life_end_day: Floats
    """Mission day on which its design life ends."""
    first_berth: int
    """Number of the plane's first berth: berth i of the arrays is `first_berth + i` in an action."""

    @property
    def working(self) -> int:
        """Satellites at work in slots."""
        return int(np.count_nonzero(self.state == BerthState.WORKING))

    @property
    def spares(self) -> int:
        """Spares in spare berths."""
        return int(np.count_nonzero(self.state == BerthState.STORED))

    @property
    def empty_slots(self) -> list[int]:
        """Numbers of the slots without a satellite and without one on its way from a spare berth."""
        empty: list[int] = (self.first_berth + np.flatnonzero(self.state[: self.slots] == BerthState.EMPTY)).tolist()
        return empty

    @property
    def blocked_slots(self) -> list[int]:
        """Numbers of the slots from which a dead satellite still drifts off."""
        blocked: list[int] = (
            self.first_berth + np.flatnonzero(self.state[: self.slots] == BerthState.BLOCKED)
        ).tolist()
        return blocked

    @property
    def spare_list(self) -> list[int]:
        """Numbers of the spare berths that hold a spare, the one with most GPUs alive first."""
        stored = np.flatnonzero(self.state == BerthState.STORED)
        order = np.argsort(-self.gpus_alive[stored], kind="stable")
        spares: list[int] = (self.first_berth + stored[order]).tolist()
        return spares

    @property
    def unfilled(self) -> int:
        """Slots without a satellite at work, or one on its way from a spare berth, and not on order."""
        return max(0, len(self.empty_slots) + len(self.blocked_slots) - self.on_order)

    def ending_before(self, day: float) -> list[int]:
        """Numbers of the slots whose satellite is at work and reaches the end of its design life by then."""
        ending = (self.state == BerthState.WORKING) & (self.life_end_day <= day)
        slots: list[int] = (self.first_berth + np.flatnonzero(ending)).tolist()
        return slots

    def working_below(self, gpus: float) -> list[int]:
        """Numbers of the slots whose satellite works with fewer GPUs alive than this."""
        low = (self.state == BerthState.WORKING) & (self.gpus_alive < gpus)
        slots: list[int] = (self.first_berth + np.flatnonzero(low)).tolist()
        return slots


@dataclass(frozen=True)
class FleetView:
    """All that a strategy may know when it decides."""

    now_days: float
    """Mission day."""
    reviewing: bool
    """True at the strategy's periodic review, false after a change of the fleet."""
    gpus_per_satellite: int
    """GPUs of a new satellite."""
    satellites_per_flight: int
    """Satellites that one launch can carry."""
    planes: tuple[PlaneView, ...]
    """Every plane, in order of id."""


def view_of(fleet: Fleet, plane: PlaneLayout) -> PlaneView:
    """The plane as it stands, over read-only windows on the fleet's columns: nothing is copied."""
    span = slice(plane.first_berth, plane.end_berth)

    def window(column: NDArray[np.generic]) -> NDArray[np.generic]:
        # Over a read-only buffer, so that nobody can make it writeable again.
        return np.frombuffer(memoryview(column[span]).toreadonly(), column.dtype)  # type: ignore[arg-type]

    return PlaneView(
        id=plane.id,
        slots=plane.slots,
        spare_berths=plane.spare_berths,
        on_order=int(fleet.on_order[plane.id]),
        inbound=int(fleet.inbound[plane.id]),
        state=window(fleet.state),  # type: ignore[arg-type]
        gpus_alive=window(fleet.gpus_alive),  # type: ignore[arg-type]
        birth_day=window(fleet.birth_day),  # type: ignore[arg-type]
        life_end_day=window(fleet.life_end_day),  # type: ignore[arg-type]
        first_berth=plane.first_berth,
    )
