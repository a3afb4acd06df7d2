"""Spares on their way from a parking orbit to a plane: they wait until the nodes align, climb, and take a berth."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import simpy
from numpy.typing import NDArray

from sim.berths import BerthState
from sim.engine.cohort import Cohort
from sim.engine.context import Context
from sim.engine.movements import Movements
from sim.engine.satellites import Satellites
from sim.engine.units import Units
from sim.errors import InputError
from sim.events import Cause, EventKind
from sim.strategies import Transfer

Process = Generator[simpy.Event, Any, None]
Ints = NDArray[np.intp]


@dataclass(frozen=True)
class _Sent:
    """Spares of one cohort that leave together."""

    cohort: Cohort
    positions: Ints
    """In the cohort."""
    berths: list[int]
    """Kept for them in their plane."""
    propellant_kg: float
    """What each burns."""


class Transfers:
    """Moves spares from parking orbits to planes."""

    def __init__(
        self,
        context: Context,
        units: Units,
        satellites: Satellites,
        movements: Movements,
        after_change: Callable[[], None],
    ) -> None:
        """`after_change` is called when something has happened that scheduler and strategy should know."""
        self.context = context
        self.units = units
        self.satellites = satellites
        self.movements = movements
        self.after_change = after_change

    def send(self, action: Transfer) -> None:
        """Send the oldest spares of a parking orbit on their way.  Raises `InputError` for why it cannot be."""
        spares = self._spares(action)
        kept = self.movements.keep_berths(action.to_plane, action.satellites)
        fleet = self.context.fleet
        by_cohort: dict[int, list[tuple[int, int]]] = {}
        for spare, berth in zip(spares, kept, strict=True):
            cohort, _ = self.units.home(int(fleet.satellite[spare]))
            by_cohort.setdefault(id(cohort), []).append((spare, berth))
        for pairs in by_cohort.values():
            self._depart(action, pairs)
        fleet.transferring[action.to_plane] += len(spares)
        self.context.changed.update((action.from_plane, action.to_plane))

    def _spares(self, action: Transfer) -> list[int]:
        """Berths of the spares to send, the oldest first."""
        context, fleet = self.context, self.context.fleet
        parks = context.environment.designs[0].transfers
        planes = range(len(fleet.planes))
        if action.from_plane not in planes or action.to_plane not in planes:
            raise InputError("no such plane")
        if action.from_plane not in parks.parking:
            raise InputError("from_plane is no parking orbit")
        row = int(np.searchsorted(parks.parking, action.from_plane))
        if parks.relative_rate_rad_per_day[row, action.to_plane] == 0:
            raise InputError("that parking orbit does not serve that plane")
        berths = fleet.planes[action.from_plane].spare_range
        stored = berths.start + np.flatnonzero(fleet.state[berths] == BerthState.STORED)
        if not 0 < action.satellites <= len(stored):
            raise InputError(f"the parking orbit has {len(stored)} spares")
        if action.satellites > (room := self.movements.room_for_spares(action.to_plane)):
            raise InputError(f"the plane has free berths for {room} more")
        oldest = stored[np.argsort(fleet.birth_day[stored], kind="stable")]
        chosen: list[int] = oldest[: action.satellites].tolist()
        return chosen

    def _depart(self, action: Transfer, pairs: list[tuple[int, int]]) -> None:
        """Spares of one cohort leave their berths."""
        context, fleet = self.context, self.context.fleet
        spares = [spare for spare, _ in pairs]
        serials = fleet.satellite[spares].astype(np.intp)
        homes = [self.units.home(serial) for serial in serials.tolist()]
        cohort, positions = homes[0][0], np.array([i for _, i in homes], np.intp)
        design = context.environment.designs[cohort.design]
        row = int(np.searchsorted(design.transfers.parking, action.from_plane))
        days = float(design.transfers.days(context.now, action.to_plane)[row])
        context.log.extend(
            len(spares),
            time_days=context.now,
            kind=EventKind.TRANSFERRED,
            plane=action.from_plane,
            berth=spares,
            satellite=serials,
            amount=days,
            design=cohort.design,
        )
        for (spare, berth), serial in zip(pairs, serials.tolist(), strict=True):
            self.satellites.vacate(spare)
            self.satellites.sent_to[serial] = berth
        cohort.berth[positions] = -1
        propellant = design.transfer_propellant_kg(action.from_plane, action.to_plane)
        sent = _Sent(cohort, positions, [berth for _, berth in pairs], propellant)
        context.env.process(self._fly(sent, action.to_plane, days))

    def _fly(self, sent: _Sent, plane: int, days: float) -> Process:
        """Wait for the nodes, climb, and take the berths kept."""
        yield self.context.env.timeout(days)
        left = np.flatnonzero(~sent.cohort.gone[sent.positions])
        if len(left) == 0:
            return
        fleet, positions = self.context.fleet, sent.positions[left]
        berths = [self.movements.settle(sent.berths[one]) for one in left.tolist()]
        fleet.transferring[plane] -= len(left)
        for serial in sent.cohort.serial[positions].tolist():
            del self.satellites.sent_to[serial]
        self._arrive(move(self.units, sent.cohort, positions, np.array(berths, np.intp), self.context.now), sent)
        self.movements.foresee_ends(np.array(berths, np.intp))
        self.after_change()

    def _arrive(self, cohort: Cohort, sent: _Sent) -> None:
        """Enter those that arrived in the fleet's columns and the log; one in a slot goes to work at once."""
        context, fleet, places = self.context, self.context.fleet, cohort.berth
        working = np.array([cohort.working(i) for i in range(len(cohort))])
        fleet.satellite[places], fleet.design[places] = cohort.serial, cohort.design
        fleet.gpus_alive[places] = working
        fleet.birth_day[places] = cohort.birth_day
        fleet.set_life_ends(np.asarray(places), cohort.life_end_day)
        context.changed.update(cohort.plane.tolist())
        row: dict[str, Any] = {"time_days": context.now, "plane": cohort.plane, "design": cohort.design}
        row |= {"berth": places, "satellite": cohort.serial}
        context.log.extend(len(cohort), kind=EventKind.ARRIVED, amount=sent.propellant_kg, **row)
        slots = np.flatnonzero(fleet.is_slot[places])
        if len(slots):
            row |= {"plane": cohort.plane[slots], "berth": places[slots], "satellite": cohort.serial[slots]}
            context.log.extend(len(slots), kind=EventKind.ACTIVATED, cause=Cause.NONE, **row)
            context.log.extend(len(slots), kind=EventKind.PLACED, satellites=1, gpus=working[slots], **row)
        for i in slots.tolist():
            if self.satellites.repairs is not None:
                self.satellites.repairs.begins_work(cohort, i)
            self.satellites.offer_gpus(cohort, i, int(places[i]))
        self.satellites.walk_on()


def move(units: Units, cohort: Cohort, positions: Ints, berths: Ints, day: float) -> Cohort:
    """Satellites of a cohort go on in other berths, of one plane, from a day on; they slept until now.

    What each unit has accumulated is carried along, and its threshold with it; clocks and rates are those of the new
    place from now on.  Units in reserve aboard are taken to have aged like the others of a sleeping satellite.
    """
    plane = int(units.fleet.plane_of[berths[0]])
    end, dry = units.environment.sites[plane].planned_end(cohort.design, cohort.birth_day, units.extended_days)
    moved = Cohort(
        scenario=cohort.scenario,
        design=cohort.design,
        addresses=cohort.addresses.take(positions),
        plane=np.full(len(positions), plane, np.intp),
        serial=cohort.serial[positions],
        birth_day=cohort.birth_day,
        life_end_day=np.full(len(positions), max(end, day)),
        planned_end=[Cause.PROPELLANT if dry else Cause.END_OF_LIFE] * len(positions),
        hazards=[],
        berth=berths.copy(),
        awake=units.awake_in(berths),
    )
    moved.alive, moved.active = cohort.alive[positions].copy(), cohort.active[positions].copy()
    lives = []
    for one in cohort.hazards:
        here, there = units.scale(one.hazard, cohort)[positions], units.scale(one.hazard, moved)
        until = one.born.take(positions).at(one.hazard.law, np.full(len(positions), day), units.pace(moved, one.hazard))
        share = np.divide(here, there, out=np.zeros_like(there), where=there > 0)
        lives.append(replace(until, hazard=until.hazard * share, clock=units.clock(one.hazard, moved)))
    moved.hazards = units.drawn(moved, lives)
    cohort.gone[positions] = True
    units.follow(moved, day)
    return moved
