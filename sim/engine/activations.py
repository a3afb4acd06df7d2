"""Spares of a plane on their way to its slots: they are checked out, drift, climb if they waited below, and work."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from math import isfinite
from typing import Any

import numpy as np
import simpy

from sim.berths import BerthState
from sim.engine.cohort import Cohort
from sim.engine.context import Context
from sim.engine.movements import Movements
from sim.engine.satellites import Satellites
from sim.engine.units import Units
from sim.errors import InputError
from sim.events import NONE, Cause, EventKind
from sim.physics.repositioning import SpareWays
from sim.strategies import Activate

Process = Generator[simpy.Event, Any, None]


@dataclass(frozen=True)
class _Way:
    """How a spare comes to its slot."""

    days: float
    """Until it works there, check-out included."""
    delta_v_m_s: float
    spent_m_s: float
    """What that takes from the propellant that keeps it in orbit."""


class Activations:
    """Moves spares to slots of their plane."""

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

    def send(self, action: Activate) -> None:
        """Send a spare to an empty slot of its plane.  Raises `InputError` for why it cannot be."""
        context, fleet = self.context, self.context.fleet
        spare, slot = action.spare, action.slot
        if fleet.is_slot[spare] or fleet.satellite[spare] == NONE:
            raise InputError("there is no spare in that berth")
        if not fleet.is_slot[slot] or fleet.state[slot] != BerthState.EMPTY:
            raise InputError("that slot is not empty")
        if fleet.plane_of[slot] != fleet.plane_of[spare]:
            raise InputError("the two lie in different planes")
        plane, serial = int(fleet.plane_of[spare]), int(fleet.satellite[spare])
        cohort, i = self.units.home(serial)
        way = self._way(cohort, action)
        self.satellites.vacate(spare)
        fleet.move(slot, BerthState.RESERVED)
        fleet.inbound[plane] += 1
        cohort.berth[i], self.satellites.bound_for[serial] = NONE, slot
        context.changed.add(plane)
        context.log.append(
            context.now,
            EventKind.ACTIVATED,
            plane=plane,
            berth=spare,
            satellite=serial,
            amount=way.days,
            design=cohort.design,
        )
        ends_sooner = self._spend(cohort, i, way)
        self.units.wake(cohort, i, context.now)
        self.satellites.walk_on()
        context.env.process(self._fly(cohort, i, slot, way, ends_sooner=ends_sooner))

    def _way(self, cohort: Cohort, action: Activate) -> _Way:
        """How a spare of a cohort comes to the slot.  Raises `InputError` where the action leaves it open."""
        ways, layout = self._ways(cohort), self.context.fleet.planes[int(self.context.fleet.plane_of[action.slot])]
        plane, spare, slot = layout.id, action.spare - layout.spare_range.start, action.slot - layout.first_berth
        asked = action.phasing_days
        if ways.below_km > 0:
            if asked is not None:
                raise InputError("spares wait below the plane: the geometry says when one is there, not phasing_days")
            days = float(ways.days(self.context.now, plane, np.array([spare]), np.array([slot]))[0, 0])
            delta_v = ways.delta_v_m_s(plane, spare, slot, days)
        else:
            if asked is None:
                raise InputError("spares wait in the slots' own orbit: phasing_days must say when it is to be there")
            days = ways.checkout_days + asked
            delta_v = ways.delta_v_m_s(plane, spare, slot, asked)
        if not isfinite(delta_v):
            raise InputError("no orbit above the air brings it there in so short a time")
        return _Way(days, delta_v, ways.spent_m_s(plane, delta_v))

    def _ways(self, cohort: Cohort) -> SpareWays:
        return self.context.environment.designs[cohort.design].spare_ways

    def _spend(self, cohort: Cohort, i: int, way: _Way) -> bool:
        """Take what a way needs off the tank of a satellite; returns whether its life ends sooner by that."""
        if way.spent_m_s == 0:
            return False
        site = self.context.environment.sites[int(cohort.plane[i])]
        extended = self.units.extended_days
        end, dry = site.planned_end(cohort.design, cohort.birth_day, extended, spent_m_s=way.spent_m_s)
        end = max(end, self.context.now)
        if not (dry and end < cohort.life_end_day[i]):
            return False
        cohort.life_end_day[i], cohort.planned_end[i] = end, Cause.PROPELLANT
        return True

    def _fly(self, cohort: Cohort, i: int, slot: int, way: _Way, *, ends_sooner: bool) -> Process:
        """Come to a slot and begin work there."""
        yield self.context.env.timeout(way.days)
        if cohort.gone[i]:
            return
        context, fleet = self.context, self.context.fleet
        plane, serial = int(fleet.plane_of[slot]), int(cohort.serial[i])
        del self.satellites.bound_for[serial]
        cohort.berth[i] = slot
        fleet.inbound[plane] -= 1
        fleet.move(slot, BerthState.WORKING)
        fleet.satellite[slot], fleet.design[slot] = serial, cohort.design
        fleet.gpus_alive[slot] = cohort.working(i)
        fleet.birth_day[slot] = cohort.birth_day
        fleet.set_life_ends(np.array([slot]), cohort.life_end_day[[i]])
        context.changed.add(plane)
        context.log.append(
            context.now,
            EventKind.PLACED,
            plane=plane,
            berth=slot,
            satellite=serial,
            satellites=1,
            gpus=int(fleet.gpus_alive[slot]),
            amount=way.delta_v_m_s,
            design=cohort.design,
        )
        self.units.place(cohort, i, context.now)
        if self.satellites.repairs is not None:
            self.satellites.repairs.begins_work(cohort, i)
        self.satellites.offer_gpus(cohort, i, slot)
        self.satellites.walk_on()
        if ends_sooner:
            self.movements.foresee_ends(np.array([slot], np.intp))
        self.after_change()
