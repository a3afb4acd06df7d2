"""What a maintenance strategy is: parameters, and one verb that looks at the fleet and says what to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from sim.berths import BerthState, berths_where
from sim.design_view import DesignView
from sim.fleet import FleetView
from sim.launch import MAIN
from sim.parameters import Label, Parameters


@dataclass(frozen=True)
class Launch:
    """Order satellites for a plane, for its slots or for its spare berths.

    For slots: the empty ones nobody is on order for, then those in `relieve`, then those whose satellite's design life
    ends first; at work, they are relieved by the newcomer.  For spares: the free spare berths, then slots as above.
    Whoever arrives while a slot stands empty that nobody is on order for takes that slot.
    """

    plane: int
    satellites: int
    to: Literal["slots", "spares"] = "slots"
    design: str | None = None
    """Kind of satellite by name; none: the one that the fleet was deployed with."""
    relieve: tuple[int, ...] = ()
    """Slots of the plane whose satellites, at work, are to be relieved first, in this order."""
    vehicle: str | None = None
    """Launch vehicle by name, `main` or one under `launch.others`; none: the strategy's own `vehicle`, else `main`."""


@dataclass(frozen=True)
class Activate:
    """Move the spare in `spare` to the empty `slot` of its plane; it is checked out first (`constellation.spares`).

    Where spares wait in the plane's own orbit, `phasing_days` is the time of its way, at the delta-v that this takes;
    0: at once, without any.  Where they wait below, the geometry says (`FleetView.activation_days`): no `phasing_days`.
    """

    spare: int
    slot: int
    phasing_days: float | None = None


@dataclass(frozen=True)
class Retire:
    """Take the satellite in a slot or spare berth out of service and free its place."""

    berth: int


@dataclass(frozen=True)
class Transfer:
    """Send spares, the oldest first, from a parking orbit to a plane that it serves.

    They leave when the nodes align and arrive in spare berths of the plane, in empty slots where it has no more of
    those; `FleetView.transfer_days` says when.
    """

    from_plane: int
    to_plane: int
    satellites: int


@dataclass(frozen=True)
class Service:
    """Send servicers to satellites of a plane: they go as soon as they are free and have parts, and mend what they can.

    Only satellites at work with GPUs to mend that nobody was sent to are served; the others are passed over.
    """

    plane: int
    berths: tuple[int, ...] = ()
    """Slots of that plane; none: all whose satellite has GPUs to mend."""


Action = Launch | Activate | Retire | Transfer | Service


Lattice = Mapping[str, Sequence[Any]]
"""Values by parameter."""

NEWEST = "newest"
STOCK_FIRST = "stock_first"
EXPECTED_LEAD: Literal["expected_lead"] = "expected_lead"
_ROUNDING_DAYS = 1e-6
"""An end that comes into view now is in view: a tenth of a second covers the rounding of days."""


class Strategy(Parameters):
    """A maintenance strategy: its fields are its parameters, `decide` its one verb.

    It is called after every change of the fleet, its own doing included, until it wants nothing more, at each review
    where `reviews_every_days` is set, and before design lives end where `looks_ahead_days` is.  It keeps no memory,
    draws no random number and changes nothing: the engine alone carries actions out and enforces stock, capacity and
    lead time.  The class docstring's first line is its description in `orbitfleet strategies`.
    """

    kind: Label = ""
    """A built-in name, or `package.module:Class` for a user's own class."""
    tuned_over: ClassVar[Lattice] = {}
    """Values of its parameters, by name, among which `compare --tune` looks for the best; none: it is not tuned."""

    def decide(self, fleet: FleetView) -> list[Action]:
        """What to do now.  `fleet.changed` names the planes that changed since it was last asked."""
        raise NotImplementedError

    def reviews_every_days(self) -> float | None:
        """Days between periodic reviews; none: the strategy is asked only after changes of the fleet."""
        return None

    def looks_ahead_days(self, expected_lead_days: float) -> float:
        """Days before the end of each design life at which it is asked about the satellite's plane; 0: not before.

        `expected_lead_days`: mean time from an order to the start of work.
        """
        return 0.0

    def looks_at_age_days(self, expected_lead_days: float) -> float | None:
        """Age of each satellite, days in orbit, at which it is asked about the satellite's plane; none: not asked."""
        return None

    def initial_spares(self) -> int:
        """Spares per plane that the initial deployment brings along."""
        return 0

    def extends_life_days(self) -> float:
        """Days for which satellites work on beyond their design life, as long as their propellant lasts."""
        return 0.0

    def initial_parking_spares(self) -> int:
        """Spares per parking orbit that the initial deployment brings along."""
        return 0

    def watches_gpus(self) -> bool:
        """Whether it looks at the GPUs alive on satellites at work, and is asked after each loss of one."""
        return True

    def asked_below_gpu_fraction(self) -> float:
        """Share of its GPUs alive below which it is asked about a satellite at work, where it watches GPUs at all.

        1: it is asked after each loss and may look at `gpus_alive`; less: `worn_out` alone, with no larger share, which
        is much faster.
        """
        return 1.0

    def services(self) -> bool:
        """Whether it sends servicers: depots and servicers are there, and paid for, for a strategy that does."""
        return False


class Replenishing(Strategy):
    """Common parameters of the strategies that order satellites."""

    order_ahead_days: Annotated[float, Field(ge=0, le=3652.5)] | Literal["expected_lead"] = EXPECTED_LEAD
    """Count a satellite as gone this many days before its design life ends, so that its successor is there in time;
    `expected_lead`: the mean time from an order to the start of work, which `describe` prints; 0: only once it has
    gone.  A strategy with reviews sees what ends by then at its reviews only.  A satellite that lasts to the end of the
    mission gets no successor."""
    retire_below_gpu_fraction: float = Field(default=0.0, ge=0, le=1)
    """Retire a satellite whose share of GPUs alive is below this, and so replace it; 0: never."""
    design: Label = NEWEST
    """Kind of satellite that it orders: `satellite` or a name under `designs`; `newest`: the last that is available;
    `stock_first`: what of older ones stands finished on the ground (`factory.ground_stock`), then the newest."""
    vehicle: Label = MAIN
    """Launch vehicle that it orders on: `main`, which is `launch.vehicle`, or a name under `launch.others`."""

    vehicle_fields: ClassVar[tuple[str, ...]] = ("vehicle",)
    """Parameters that name a vehicle."""
    further_vehicle_names: ClassVar[tuple[str, ...]] = ()
    """What those beside `vehicle` may say instead of a name."""

    def looks_ahead_days(self, expected_lead_days: float) -> float:
        # One with reviews orders at its reviews.
        return self.ahead_days(expected_lead_days) if self.reviews_every_days() is None else 0.0

    def ahead_days(self, expected_lead_days: float) -> float:
        """Days before the end of its design life from which a satellite counts as gone."""
        return expected_lead_days if self.order_ahead_days == EXPECTED_LEAD else self.order_ahead_days

    def watches_gpus(self) -> bool:
        return self.retire_below_gpu_fraction > 0

    def asked_below_gpu_fraction(self) -> float:
        return self.retire_below_gpu_fraction

    @property
    def orders_newest(self) -> bool:
        """Whether it goes on to each newer design once that is available."""
        return self.design in (NEWEST, STOCK_FIRST)

    def ordered_design(self, fleet: FleetView) -> str:
        """Name of the kind of satellite to order now, what is left in stock of older ones apart."""
        return fleet.newest_design.name if self.orders_newest else self.design

    def next_design(self, fleet: FleetView) -> str:
        """Name of the kind of satellite that it would order first now."""
        return next(iter(self._left_in_stock(fleet)), self.ordered_design(fleet))

    def stock_first(self, fleet: FleetView, launches: Sequence[Launch]) -> list[Launch]:
        """The same orders, with what is left in stock of older designs in place of others, the oldest first."""
        left, found = self._left_in_stock(fleet), list[Launch]()
        if not left:
            return list(launches)
        for one in launches:
            missing = one.satellites
            for name in left:
                if taken := min(missing, left[name]):
                    found.append(replace(one, satellites=taken, design=name))
                    missing, left[name] = missing - taken, left[name] - taken
            if missing:
                found.append(replace(one, satellites=missing))
        return found

    def _left_in_stock(self, fleet: FleetView) -> dict[str, int]:
        """Finished satellites of older designs that it wants to use up, the oldest first."""
        if self.design != STOCK_FIRST:
            return {}
        newest = fleet.newest_design.available_from_day
        older = sorted((one.available_from_day, one.name) for one in fleet.designs if one.available_from_day < newest)
        stock = fleet.ground_stock
        return {name: stock[name] for _, name in older if stock.get(name, 0) > 0}

    def ordered_view(self, fleet: FleetView) -> DesignView:
        """The kind of satellite to order now, with room and today's price of a flight on the strategy's vehicle."""
        name = self.ordered_design(fleet)
        design = next(design for design in fleet.designs if design.name == name)
        for vehicle in fleet.vehicles:
            if vehicle.name == self.vehicle:
                room, usd = vehicle.satellites_per_flight[name], partial(vehicle.flight_usd, name)
                return replace(design, satellites_per_flight=room, flight_usd=usd)
        return design

    def worn_out(self, fleet: FleetView, planes: Sequence[int] | None = None) -> list[Retire]:
        """Retire what has too few GPUs left in some planes, or in those that changed."""
        if self.retire_below_gpu_fraction == 0:
            return []
        return [Retire(berth) for berth in fleet.worn_out(self.retire_below_gpu_fraction, planes)]

    def in_view_until(self, fleet: FleetView) -> float:
        """Day up to which ends are in view now; those at the end of the mission are not."""
        in_view = fleet.now_days + self.ahead_days(fleet.expected_lead_days) + _ROUNDING_DAYS
        return min(in_view, fleet.mission_days - _ROUNDING_DAYS)

    def vacant(self, fleet: FleetView, planes: NDArray[np.intp] | None = None) -> NDArray[np.int32]:
        """Slots of each plane that need a satellite: empty, left by a dead one, or soon at the end of a life.

        `planes`: in which to look for the last; none: those that changed.
        """
        vacant = fleet.empty + fleet.blocked
        if self.ahead_days(fleet.expected_lead_days):
            which = fleet.changed if planes is None else planes
            vacant = vacant + fleet.ending_before(self.in_view_until(fleet), which)
        return vacant

    def replenish(self, fleet: FleetView, at_least: int = 1) -> list[Action]:
        """Retire what is worn out, and order for each plane all that it needs if that is this many or more."""
        if retired := self.worn_out(fleet):
            return list(retired)  # it is asked again once they have gone
        missing = self.vacant(fleet) - fleet.on_order
        return [*self.orders(fleet, np.where(missing >= at_least, missing, 0))]

    def orders(
        self, fleet: FleetView, satellites: NDArray[np.int32], to: Literal["slots", "spares"] = "slots"
    ) -> list[Launch]:
        """Launches of so many satellites for each plane; only planes that changed, and numbers above 0, count."""
        wanted = satellites[fleet.changed]
        short = np.flatnonzero(wanted > 0)
        each = zip(fleet.changed[short].tolist(), wanted[short].tolist(), strict=True)
        return self.stock_first(fleet, [Launch(plane, count, to, self.ordered_design(fleet)) for plane, count in each])


class Relieving(Replenishing):
    """Replaces satellites before they fail: each works on until its successor arrives."""

    minimum_order: int = Field(default=1, gt=0, le=1_000_000)
    """Order nothing for a plane until this many satellites are wanted, for empty slots and as successors."""

    def due_day(self, fleet: FleetView) -> NDArray[np.float64]:
        """Mission day by which a successor is wanted for the satellite at work in each berth."""
        raise NotImplementedError

    def relieve(self, fleet: FleetView) -> list[Launch]:
        """Order for each plane what it misses, and successors of what is due within the time that an order takes."""
        day = self.due_day(fleet)
        due = (fleet.state == int(BerthState.WORKING)) & (day <= self.in_view_until(fleet))
        missing = fleet.empty + fleet.blocked + fleet.per_plane(due) - fleet.on_order
        orders = self.orders(fleet, np.where(missing >= self.minimum_order, missing, 0))
        slots = berths_where(due)
        slots = slots[np.lexsort((day[slots], fleet.plane_of[slots]))]
        bounds = np.searchsorted(fleet.plane_of[slots], np.arange(len(fleet.slots) + 1))
        return [
            replace(one, relieve=tuple(slots[bounds[one.plane] : bounds[one.plane + 1]].tolist())) for one in orders
        ]
