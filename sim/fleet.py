"""The fleet as columns: berths, what stands in them, the legal moves, and the view of them that strategies get.

A **berth** is any place a satellite can be built for.  The berths of a plane are numbered on: first its slots (the
operational places), then its spare berths.  They are declared by the scenario, for all strategies alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from math import inf
from typing import overload

import numpy as np
from numpy.typing import NDArray

from sim.berths import LEGAL_TABLE, SPARE_PLACES, BerthState, PlaneLayout, berths_where
from sim.design_view import DesignView
from sim.errors import InputError
from sim.launch import VehicleView
from sim.physics.phasing import Transfers
from sim.physics.repositioning import SpareWays
from sim.plane_view import NOT_WATCHED, PlaneView, read_only, too_rarely_asked
from sim.servicing import ServiceView

Ints = NDArray[np.int32]
Floats = NDArray[np.float64]


class Fleet:
    """The columns, one entry a berth.  The engine writes them; everybody else sees a `FleetView`."""

    def __init__(self, planes: tuple[PlaneLayout, ...]) -> None:
        berths = planes[-1].end_berth
        sizes = [plane.end_berth - plane.first_berth for plane in planes]
        self._of_each = sizes[0] if len(set(sizes)) == 1 else 0  # berths of each plane, where all have as many
        self.planes = planes
        self.state = np.zeros(berths, np.int8)
        self.satellite = np.full(berths, -1, np.int32)
        self.design = np.zeros(berths, np.int8)
        self.gpus_alive = np.zeros(berths, np.int32)
        self.birth_day = np.zeros(berths)
        self.life_end_day = np.full(berths, np.inf)
        self.first_end_day = np.full(len(planes), np.inf)
        """No life in a plane ends by plan before this day; kept by `set_life_ends`."""
        self.blocked_until = np.zeros(berths)
        self.vacant_since = np.zeros(berths)  # the last satellite left, of each slot
        self.lost = np.zeros(berths, bool)  # it failed, or had too few GPUs left
        self.awaited = np.zeros(berths, bool)  # a satellite on order was built for it, or a spare is on its way there
        self.plane_of = np.repeat(np.arange(len(planes), dtype=np.int32), sizes)
        self.is_slot = np.zeros(berths, bool)
        self.place = np.zeros(berths, np.uint64)
        """What random numbers know a berth by within its plane."""
        for plane in planes:
            self.is_slot[plane.slot_range] = True
            self.place[plane.slot_range] = np.arange(plane.slots)
            self.place[plane.spare_range] = np.arange(plane.spare_berths) + SPARE_PLACES
        self.site = np.repeat(np.array([plane.address for plane in planes], np.uint64), sizes)
        """What random numbers know a berth's plane by."""
        self.on_order = np.zeros(len(planes), np.int32)
        self.inbound = np.zeros(len(planes), np.int32)
        self.transferring = np.zeros(len(planes), np.int32)
        self.slots_in = np.zeros((len(BerthState), len(planes)), np.int32)
        """Slots of each plane in each state."""
        self.spares_in = np.zeros((len(BerthState), len(planes)), np.int32)
        """Spare berths of each plane in each state."""
        self.slots_in[BerthState.EMPTY] = [plane.slots for plane in planes]
        self.spares_in[BerthState.EMPTY] = [plane.spare_berths for plane in planes]

    def set_life_ends(self, berths: NDArray[np.intp], days: Floats) -> None:
        """The lives of satellites in these berths end by plan on these days."""
        self.life_end_day[berths] = days
        np.minimum.at(self.first_end_day, self.plane_of[berths], days)

    def move(self, berth: int, to: BerthState) -> None:
        """Change a berth's state; raises `ValueError` for a transition that cannot happen."""
        now, slot = int(self.state[berth]), bool(self.is_slot[berth])
        if not LEGAL_TABLE[now, to]:
            raise ValueError(f"berth {berth} cannot go from {BerthState(now).name} to {to.name}")
        if to is BerthState.WORKING and not slot:
            raise ValueError(f"berth {berth} is a spare berth: no satellite works there")
        self.state[berth] = to
        counts, plane = self.slots_in if slot else self.spares_in, self.plane_of[berth]
        counts[now, plane] -= 1
        counts[to, plane] += 1

    def move_all(self, berths: NDArray[np.intp], to: BerthState) -> None:
        """Change the state of berths, each named once; raises `ValueError` where one cannot go there."""
        now = self.state[berths]
        if not LEGAL_TABLE[now, to].all() or (to is BerthState.WORKING and not self.is_slot[berths].all()):
            raise ValueError(f"not all of {len(berths)} berths can go to {to.name}")
        self.state[berths] = to
        planes, count = self.plane_of[berths], len(self.planes)
        for counts, these in ((self.slots_in, self.is_slot[berths]), (self.spares_in, ~self.is_slot[berths])):
            if these.any():
                place = now[these].astype(np.intp) * count + planes[these]
                counts -= np.bincount(place, minlength=counts.size).reshape(counts.shape).astype(np.int32)
                counts[to] += np.bincount(planes[these], minlength=count).astype(np.int32)

    def in_state(self, state: BerthState, planes: NDArray[np.intp]) -> NDArray[np.intp]:
        """Berths of some planes, in ascending order, in a state."""
        number = int(state)  # NumPy compares with an enum ten times as slowly
        if len(planes) > _FEW_PLANES and self._of_each:
            found = np.flatnonzero(self.state.reshape(len(self.planes), -1)[planes] == number)
            row, berth = np.divmod(found, self._of_each)
            return np.asarray(planes[row] * self._of_each + berth)
        berths = [np.empty(0, np.intp)]
        for layout in (self.planes[plane] for plane in planes.tolist()):
            own = self.state[layout.first_berth : layout.end_berth]
            berths.append(layout.first_berth + np.flatnonzero(own == number))
        return np.concatenate(berths)

    def working_satellites(self) -> int:
        """Satellites at work in slots."""
        return int(self.slots_in[BerthState.WORKING].sum())


_FEW_PLANES = 64
"""Planes that are looked at one by one; of more the whole column is."""


class FleetView:
    """All that a strategy may know when it decides: columns over planes, and each plane by itself.

    Arrays are read-only and valid during the call only; those over planes have one entry a plane, in order of id.
    """

    def __init__(
        self,
        fleet: Fleet,
        designs: tuple[DesignView, ...],
        *,
        asked_below: float = 1.0,
        expected_lead_days: float | Callable[[], float] = 0.0,
        mission_days: float = inf,
        gpu_hour_usd: float = 0.0,
        vehicles: Callable[[], tuple[VehicleView, ...]] = tuple,
        ground_stock: Callable[[], Mapping[str, int]] = dict,
        transfers: Transfers | None = None,
        spare_ways: tuple[SpareWays, ...] = (),
        service: ServiceView | None = None,
    ) -> None:
        """A view that follows the fleet; `at` says when it is looked at, and what can be called is asked then.

        `asked_below`: share of its GPUs alive below which the strategy is asked about a satellite; 0: it does not look.
        """
        self._fleet = fleet
        self._vehicles, self._ground_stock, self._lead_days = vehicles, ground_stock, expected_lead_days
        self._asked_below, self._service = asked_below, service
        self.mission_days = mission_days
        """Mission day on which the study ends."""
        self.gpu_hour_usd = gpu_hour_usd
        """Value of a useful GPU-hour, USD."""
        self.now_days = 0.0
        """Mission day."""
        self.reviewing = False
        """True at the strategy's periodic review, false after a change of the fleet."""
        self.changed: NDArray[np.intp] = np.arange(len(fleet.planes))
        """Ids of the planes to look at: those that changed since the strategy was last asked; at a review, all."""
        self.designs = designs
        """Kinds of satellite that can be ordered, the one that the fleet was deployed with first."""
        self.on_order: Ints = read_only(fleet.on_order)
        """Satellites ordered for each plane and not yet arrived or lost."""
        self.inbound: Ints = read_only(fleet.inbound)
        """Spares on their way from a spare berth to a slot of each plane."""
        self.transferring: Ints = read_only(fleet.transferring)
        """Spares on their way from a parking orbit to each plane."""
        self._transfers, self._spare_ways = transfers, spare_ways
        self.working: Ints = read_only(fleet.slots_in[BerthState.WORKING])
        """Satellites at work in slots of each plane."""
        self.empty: Ints = read_only(fleet.slots_in[BerthState.EMPTY])
        """Slots of each plane without a satellite, and without one on its way from a spare berth."""
        self.blocked: Ints = read_only(fleet.slots_in[BerthState.BLOCKED])
        """Slots of each plane from which a dead satellite still drifts off."""
        self.stored: Ints = read_only(fleet.spares_in[BerthState.STORED])
        """Spares in spare berths of each plane."""
        self.state: NDArray[np.int8] = read_only(fleet.state)
        """`BerthState` of each berth, plane by plane, slots first."""
        self.plane_of: Ints = read_only(fleet.plane_of)
        """Plane of each berth."""
        self.design_of: NDArray[np.int8] = read_only(fleet.design)
        """Kind of the satellite in each berth, a position in `designs`."""
        self.birth_day: Floats = read_only(fleet.birth_day)
        """Mission day on which the satellite in each berth arrived in orbit."""
        self.life_end_day: Floats = read_only(fleet.life_end_day)
        """Mission day on which its life ends by plan."""
        self._vacant_since, self._gpus_alive = read_only(fleet.vacant_since), read_only(fleet.gpus_alive)

    def at(self, now_days: float, changed: NDArray[np.intp], *, reviewing: bool) -> FleetView:
        """The same view at a moment."""
        self.now_days, self.changed, self.reviewing = now_days, changed, reviewing
        return self

    @cached_property
    def _gpus_of_design(self) -> NDArray[np.int_]:
        return np.array([design.gpus for design in self.designs])

    @cached_property
    def slots(self) -> Ints:
        """Operational places of each plane."""
        slots: Ints = read_only(np.array([plane.slots for plane in self._fleet.planes], np.int32))
        return slots

    @cached_property
    def spare_berths(self) -> Ints:
        """Places for spares in each plane."""
        berths: Ints = read_only(np.array([plane.spare_berths for plane in self._fleet.planes], np.int32))
        return berths

    @cached_property
    def parking(self) -> NDArray[np.intp]:
        """Ids of the parking orbits: planes with spare berths alone, which are never in `changed`."""
        return np.zeros(0, np.intp) if self._transfers is None else self._transfers.parking

    @property
    def expected_lead_days(self) -> float:
        """Mean days from an order now to the start of work, launch failures and queues for flights apart.

        On the strategy's vehicle, of the design that it would get next.  With a factory, what is in stock on the
        ground, being built for stock and waiting for the line counts, by mean times: of the last of so many satellites
        as reach the end of their design life while one is built, or of one where none does.
        """
        return self._lead_days if isinstance(self._lead_days, (int, float)) else self._lead_days()

    @property
    def ground_stock(self) -> Mapping[str, int]:
        """Finished satellites on the ground that no order has taken, by design; empty where nothing is kept there."""
        return self._ground_stock()

    @property
    def vehicles(self) -> tuple[VehicleView, ...]:
        """Launch vehicles that can be ordered on, the main one first."""
        return self._vehicles()

    @property
    def service(self) -> ServiceView:
        """What is broken, and who can mend it.  Raises `InputError` for a strategy whose `services` says no."""
        if self._service is None:
            raise InputError("it asks for servicers, but its services() says False")
        return self._service

    @property
    def newest_design(self) -> DesignView:
        """The kind of satellite that became available last."""
        there = [design for design in self.designs if design.available_from_day <= self.now_days]
        return max(there, key=lambda design: design.available_from_day, default=self.designs[0])

    def plane(self, number: int) -> PlaneView:
        """One plane by itself, over windows on the fleet's columns: nothing is copied."""
        layout = self._fleet.planes[number]
        span = slice(layout.first_berth, layout.end_berth)
        return PlaneView(
            id=number,
            slots=layout.slots,
            spare_berths=layout.spare_berths,
            on_order=int(self.on_order[number]),
            inbound=int(self.inbound[number]),
            state=self.state[span],
            birth_day=self.birth_day[span],
            life_end_day=self.life_end_day[span],
            first_berth=layout.first_berth,
            _gpus_alive=self._gpus_alive[span],
            _asked_below=self._asked_below,
        )

    def transfer_days(self, plane: int) -> Floats:
        """Days until a spare sent now from each parking orbit, in the order of `parking`, is in a plane.

        It waits for the nodes to align and climbs; infinite from where no spare goes to that plane.
        """
        return np.zeros(0) if self._transfers is None else self._transfers.days(self.now_days, plane)

    @property
    def spares_wait_below(self) -> bool:
        """Whether spares wait below their planes, so that the geometry of the day says when one is in a slot."""
        return any(ways.below_km > 0 for ways in self._spare_ways)

    def activation_days(self, spares: Sequence[int], slots: Sequence[int]) -> Floats:
        """Days until spares of a plane (rows, by berth), activated now, are at work in slots of it (columns).

        For spares that wait below their plane.  Raises `InputError` where they wait in its own orbit: there the
        strategy says itself, `Activate.phasing_days`.
        """
        if not self.spares_wait_below:
            raise InputError("spares wait in their slots' own orbit: phasing_days of Activate says when they are there")
        days = np.zeros((len(spares), len(slots)))
        if days.size == 0:
            return days
        layout = self._fleet.planes[int(self.plane_of[slots[0]])]
        rows, columns = np.asarray(spares) - layout.spare_range.start, np.asarray(slots) - layout.first_berth
        designs = self.design_of[np.asarray(spares)]
        for design in np.unique(designs).tolist():
            mine = designs == design
            days[mine] = self._spare_ways[design].days(self.now_days, layout.id, rows[mine], columns)
        return days

    def spares_and_empty_slots(self, planes: NDArray[np.intp]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Berths of the spares of some planes, those with most GPUs alive first, and their empty slots, by plane."""
        planes = np.sort(planes)
        spares, slots = self._fleet.in_state(BerthState.STORED, planes), self._fleet.in_state(BerthState.EMPTY, planes)
        order = np.lexsort((-self._gpus_alive[spares], self.plane_of[spares]))  # stable: by berth among equals
        return spares[order], slots[self._fleet.is_slot[slots]]

    @property
    def planes(self) -> Sequence[PlaneView]:
        """Every plane by itself, in order of id, each made when it is asked for."""
        return _Planes(self)

    def ending_before(self, day: float, planes: NDArray[np.intp] | None = None) -> Ints:
        """Satellites of each plane at work in slots that reach the end of their design life by then.

        `planes`: in which to look, the others have 0; none: all.
        """
        fleet = self._fleet
        which = np.arange(len(self.slots)) if planes is None else planes
        which = which[fleet.first_end_day[which] <= day]
        if len(which) > _FEW_PLANES:
            ending = berths_where(self.life_end_day <= day)
            if planes is not None:
                among = np.zeros(len(self.slots), bool)
                among[which] = True
                ending = ending[among[self.plane_of[ending]]]
        else:
            found = [np.empty(0, np.intp)]
            for plane in which.tolist():
                layout = fleet.planes[plane]
                own = self.life_end_day[layout.first_berth : layout.end_berth]
                found.append(layout.first_berth + np.flatnonzero(own <= day))
                fleet.first_end_day[plane] = own.min()
            ending = np.concatenate(found)
        ending = ending[self.state[ending] == int(BerthState.WORKING)]
        return np.bincount(self.plane_of[ending], minlength=len(self.slots)).astype(np.int32)

    def per_plane(self, berths: NDArray[np.bool_]) -> Ints:
        """How many of these berths, a mask over all, each plane has."""
        return np.bincount(self.plane_of[berths], minlength=len(self.slots)).astype(np.int32)

    def waited_days(self) -> Floats:
        """Days for which slots of each plane have stood vacant that nobody is on order for, summed over them.

        Orders are taken to be for the slots that have waited longest.
        """
        vacant = (self.state == int(BerthState.EMPTY)) | (self.state == int(BerthState.BLOCKED))
        slots = berths_where(vacant & self._fleet.is_slot)
        slots = slots[np.lexsort((self._vacant_since[slots], self.plane_of[slots]))]
        plane = self.plane_of[slots]
        rank = np.arange(len(slots)) - np.searchsorted(plane, plane)
        slots = slots[rank >= self.on_order[plane]]
        waited = self.now_days - self._vacant_since[slots]
        return np.bincount(self.plane_of[slots], waited, minlength=len(self.slots)).astype(float)

    def worn_out(self, share: float, planes: Sequence[int] | NDArray[np.intp] | None = None) -> list[int]:
        """Slots whose satellite works with less than this share of the GPUs that one of its design has when new.

        `planes`: in which to look; none: in those of `changed`.  Raises `InputError` for a strategy that is not asked
        below that share.
        """
        if self._asked_below == 0:
            raise InputError(NOT_WATCHED)
        if share > self._asked_below:
            raise too_rarely_asked(f"satellites with less than {share:g} of their GPUs", self._asked_below)
        which = self.changed if planes is None else planes
        layouts_ = self._fleet.planes
        if len(which) == len(layouts_):
            berths = np.arange(len(self.state))
        else:
            spans = [np.arange(layouts_[p].first_berth, layouts_[p].end_berth) for p in which]
            berths = np.concatenate([np.empty(0, np.intp), *spans])
        limit = share * self._gpus_of_design[self._fleet.design[berths]]
        worn = (self.state[berths] == BerthState.WORKING) & (self._gpus_alive[berths] < limit)
        found: list[int] = berths[worn].tolist()
        return found


class _Planes(Sequence[PlaneView]):
    """The planes of a view."""

    def __init__(self, view: FleetView) -> None:
        self._view = view

    def __len__(self) -> int:
        return len(self._view.slots)

    @overload
    def __getitem__(self, number: int) -> PlaneView: ...
    @overload
    def __getitem__(self, number: slice) -> Sequence[PlaneView]: ...
    def __getitem__(self, number: int | slice) -> PlaneView | Sequence[PlaneView]:
        if isinstance(number, slice):
            return [self._view.plane(i) for i in range(*number.indices(len(self)))]
        if not -len(self) <= number < len(self):
            raise IndexError(f"no plane {number}: there are {len(self)}")
        return self._view.plane(number % len(self))

    def __iter__(self) -> Iterator[PlaneView]:
        return (self._view.plane(number) for number in range(len(self)))
