"""Servicers at work: who waits for one, how it gets there, what it does, and how it ends."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass
from math import inf
from typing import Any

import numpy as np
import simpy
from numpy.typing import NDArray
from scipy.special import ndtri

from sim.berths import BerthState
from sim.constants import DAYS_PER_YEAR
from sim.engine.context import Context
from sim.engine.draws import part_named
from sim.engine.repairs import Operation, Repairs, affordable
from sim.engine.satellites import Satellites
from sim.engine.supplies import Depot, Supplies
from sim.environment.reach import Reach
from sim.events import NONE, Cause, EventKind
from sim.physics.drag import propellant_kg
from sim.reliability import Life
from sim.scenario.servicing import AnyServicing, Robots
from sim.streams import uniforms_at

Process = Generator[simpy.Event, Any, None]
Floats = NDArray[np.float64]

_WORKING = int(BerthState.WORKING)
_LUCK = part_named("servicing", "operation")
_LOOKS_AGAIN_DAYS = 10.0


@dataclass(eq=False)
class Servicer:
    """One servicer, or one crew."""

    number: int
    ordinal: int
    """How many were in its place before it."""
    home: Depot
    propellant_kg: float
    plane: int
    slot: int = 0
    """Where it is."""
    parts: int = 0
    wants: int = 0
    """Cartridges that it had too few of on its last visit: it comes back with so many."""
    lost: bool = False
    idle: simpy.Event | None = None
    """What it waits for when it has nothing to do."""


class Services:
    """The servicers of a run, and the satellites that wait for them."""

    def __init__(
        self,
        context: Context,
        satellites: Satellites,
        repairs: Repairs,
        supplies: Supplies,
        after_change: Callable[[], None],
    ) -> None:
        """`after_change` is called when something has happened that scheduler and strategy should know."""
        self.context = context
        self.satellites = satellites
        self.repairs = repairs
        self.supplies = supplies
        self.columns = repairs.columns
        self.servicing: AnyServicing = repairs.servicing
        self.reach = Reach(context.environment.planes, self.servicing)
        self.after_change = after_change
        self.servicers: list[Servicer] = []
        supplies.on_arrival = self.wake
        self._requests = 0
        self._attempts: dict[tuple[int, str, int], int] = {}
        self._flies = isinstance(self.servicing, Robots)
        self._stays = isinstance(self.servicing, Robots) and self.servicing.based == "each_plane"

    def open(self) -> None:
        """Depots and servicers are there from day 0."""
        self.supplies.open()
        servicing = self.servicing
        each = servicing.number if isinstance(servicing, Robots) else servicing.crews
        for depot in self.supplies.depots:
            for _ in range(each):
                if isinstance(servicing, Robots):
                    self.supplies.deploy_servicer(depot.plane, len(self.servicers))
                self._commission(len(self.servicers), 0, depot)
        homes, planes = self.supplies.depots, range(len(self.columns.reached))
        self.columns.reached[:] = [any(self._serves(depot.plane, plane) for depot in homes) for plane in planes]

    def _serves(self, home: int, plane: int) -> bool:
        """Whether servicers of one plane reach another on the first day, and come back."""
        ways = self.reach.between(home, plane, 0.0), self.reach.between(plane, home, 0.0)
        return None not in ways

    def _commission(self, number: int, ordinal: int, home: Depot) -> None:
        """A servicer begins its life at its depot."""
        servicing = self.servicing
        fuel = servicing.propellant_kg if isinstance(servicing, Robots) else inf
        servicer = Servicer(number, ordinal, home, fuel, home.plane)
        if ordinal == 0:
            self.servicers.append(servicer)
        else:
            self.servicers[number] = servicer
        self.context.env.process(self._work(servicer))
        if isinstance(servicing, Robots):
            drawn = float(self.context.streams.of("servicer", number, ordinal).standard_exponential())
            failure = float(Life.born(self.context.now).failure_day(servicing.life, drawn))
            end = self.context.now + servicing.life_years * DAYS_PER_YEAR
            self.context.env.process(self._end(servicer, min(failure, end), failed=failure < end))

    # What the strategy wants

    def request(self, plane: int, berths: Iterable[int]) -> int:
        """Have the satellites in some berths of a plane served; returns how many wait now that did not before."""
        fleet, columns = self.context.fleet, self.columns
        new = [berth for berth in berths if fleet.state[berth] == _WORKING]
        new = [berth for berth in new if columns.mendable[berth] > 0 and not columns.waiting[berth]]
        for berth in new:
            self._requests += 1
            columns.queued[berth], columns.waiting[berth] = self._requests, True
        if new:
            self.context.changed.add(plane)
            self.wake()
        return len(new)

    def wake(self) -> None:
        """As many as are wanted of those who have nothing to do look again."""
        wanted = int(np.count_nonzero(self.columns.queued))
        for servicer in self.servicers:
            if wanted == 0:
                return
            idle = servicer.idle
            if idle is not None and not idle.triggered and self._plane_for(servicer) is not None:
                idle.succeed()
                wanted -= 1

    # The life of a servicer

    def _work(self, servicer: Servicer) -> Process:
        """Serve who waits; go home for parts, or when nobody waits."""
        while not servicer.lost:
            if (found := self._next(servicer)) is not None:
                yield from self._visit(servicer, *found)
            elif not self._is_home(servicer) or servicer.parts:
                yield from self._go_home(servicer)
            else:
                yield from self._rest(servicer)

    def _rest(self, servicer: Servicer) -> Process:
        """Wait until somebody wants something, or parts have come."""
        free, home = self.columns.free, servicer.home.plane
        free[home] += 1
        servicer.idle = self.context.env.event()
        self.context.changed.add(home)
        self.after_change()
        yield servicer.idle
        servicer.idle = None
        free[home] -= 1

    def _is_home(self, servicer: Servicer) -> bool:
        # Technicians have their store at hand.
        return not self._flies or (servicer.plane, servicer.slot) == (servicer.home.plane, 0)

    def _next(self, servicer: Servicer) -> tuple[int, int] | None:
        """(plane, serial number) of the satellite that a servicer is to serve next, with parts from its depot."""
        columns, home = self.columns, self._is_home(servicer)
        takes = self.servicing.takes_parts
        at_hand = servicer.parts + (servicer.home.stock if home else 0)
        if takes and at_hand < max(servicer.wants, 1):
            return None
        if (plane := self._plane_for(servicer)) is None:
            return None
        berth = self._berth_for(servicer, plane)
        columns.queued[berth] = 0
        if takes and home:
            wanted = max(int(columns.mendable[berth]), servicer.wants)
            if isinstance(self.servicing, Robots):
                wanted = self.servicing.parts_aboard - servicer.parts
            servicer.parts += self.supplies.take(servicer.home, wanted)
            servicer.wants = 0
        return plane, int(self.context.fleet.satellite[berth])

    def _plane_for(self, servicer: Servicer) -> int | None:
        """Where somebody waits whom it can reach and come back from, the plane that it is in first."""
        columns, here = self.columns, servicer.plane
        if columns.queued[columns.spans[here]].any():
            return here
        if self._stays or not columns.queued.any():
            return None
        for plane in self.reach.reached(here, self.context.now):
            back = self.reach.between(plane, servicer.home.plane, self.context.now)
            if back is not None and columns.queued[columns.spans[plane]].any():
                return plane
        return None

    def _berth_for(self, servicer: Servicer, plane: int) -> int:
        """Who is served next of those that wait in a plane: the nearest ahead; on the ground the first that came."""
        layout = self.context.fleet.planes[plane]
        queued = self.columns.queued[layout.slot_range]
        waiting = np.flatnonzero(queued)
        if not self._flies:
            return layout.first_berth + int(waiting[np.argmin(queued[waiting])])
        here = servicer.slot if servicer.plane == plane else 0
        return layout.first_berth + int(waiting[np.argmin((waiting - here) % layout.slots)])

    def _stands(self, serial: int) -> bool:
        """Whether a satellite is at work in a slot."""
        cohort, i = self.satellites.units.home(serial)
        berth = int(cohort.berth[i])
        return berth != NONE and not cohort.gone[i] and self.context.fleet.state[berth] == _WORKING

    def _slot(self, serial: int) -> int:
        """Number of a satellite's slot within its plane."""
        cohort, i = self.satellites.units.home(serial)
        berth = int(cohort.berth[i])
        return berth - self.context.fleet.planes[int(self.context.fleet.plane_of[berth])].first_berth

    # Ways

    def _fly(self, servicer: Servicer, plane: int, slot: int) -> Generator[simpy.Event, Any, bool]:
        """Go to a slot; returns whether it got there."""
        across = self.reach.between(servicer.plane, plane, self.context.now)
        if across is None:
            # The nodes have drifted apart: they will come together again.
            yield self.context.env.timeout(_LOOKS_AGAIN_DAYS)
            return not servicer.lost
        start = servicer.slot if servicer.plane == plane else 0
        along = self.reach.along(plane, start, slot)
        if not self._burn(servicer, across.delta_v_m_s + along.delta_v_m_s):
            self._lose(servicer, Cause.PROPELLANT)
            return False
        yield self.context.env.timeout(across.days + along.days)
        if servicer.lost:
            return False
        servicer.plane, servicer.slot = plane, slot
        return True

    def _burn(self, servicer: Servicer, delta_v_m_s: float) -> bool:
        """Spend the propellant of a way; false where there is too little."""
        if not isinstance(self.servicing, Robots):
            return True
        cartridge = self.servicing.cartridge
        parts_kg = servicer.parts * cartridge.gpus * cartridge.kg_per_gpu
        mass_kg = self.servicing.dry_kg + servicer.propellant_kg + parts_kg
        burnt_kg = float(propellant_kg(mass_kg, delta_v_m_s, self.servicing.isp_s))
        if burnt_kg > servicer.propellant_kg:
            return False
        servicer.propellant_kg -= burnt_kg
        return True

    def _go_home(self, servicer: Servicer) -> Process:
        """Back to the depot; what it did not need goes into store."""
        if not self._is_home(servicer):
            yield from self._fly(servicer, servicer.home.plane, 0)
        if self._is_home(servicer) and not servicer.lost:
            self._unload(servicer)

    def _unload(self, servicer: Servicer) -> None:
        self.supplies.put_back(servicer.home, servicer.parts)
        servicer.parts = 0

    # Work

    def _visit(self, servicer: Servicer, plane: int, serial: int) -> Process:
        """Fly to a satellite that waits, and mend what can be."""
        if not (yield from self._fly(servicer, plane, self._slot(serial))) or servicer.plane != plane:
            self._dismiss(serial)
            return
        if not self._stands(serial):
            return
        units, now = self.satellites.units, self.context.now
        units.catch_up([serial], now)
        cohort, i = units.home(serial)
        whole = self.repairs.plan(cohort, i, self.repairs.broken(cohort, i))
        plan = affordable(whole, servicer.parts)
        luck = self._luck(serial, plan)
        hours = self.servicing.hours_per_visit
        hours += sum(self._hours(operation, uniform) for operation, uniform in zip(plan, luck[:, 1], strict=True))
        yield self.context.env.timeout(hours / self.servicing.hours_a_day)
        if servicer.lost:
            self._dismiss(serial)
            return
        self._note(EventKind.VISITED, plane, serial, hours)
        if self._stands(serial):
            self._finish(servicer, serial, plan, luck[:, 0])
            if len(plan) < len(whole):  # its parts did not suffice
                servicer.wants = max(operation.parts for operation in whole if operation not in plan)
                self.request(plane, [int(self.satellites.units.home(serial)[0].berth[0])])
        if not self._flies:
            self._unload(servicer)
        self.after_change()

    def _finish(self, servicer: Servicer, serial: int, plan: list[Operation], luck: Floats) -> None:
        """The operations of a visit succeed or not."""
        if used := sum(operation.parts for operation in plan):
            servicer.parts -= used
            self._note(EventKind.PARTS_USED, servicer.plane, serial, used)
        self.satellites.units.catch_up([serial], self.context.now)
        chance = self.servicing.success_probability
        self.repairs.carry_out(serial, [one for one, u in zip(plan, luck, strict=True) if u < chance])
        self.satellites.walk_on()
        self._dismiss(serial)

    def _dismiss(self, serial: int) -> None:
        """A satellite waits for nobody any more."""
        if self._stands(serial):
            cohort, i = self.satellites.units.home(serial)
            self.columns.waiting[cohort.berth[i]] = False
            self.context.changed.add(int(cohort.plane[i]))

    def _luck(self, serial: int, plan: list[Operation]) -> Floats:
        """Numbers of each operation, which is known by what it is done to and how often that was tried; (n, 4)."""
        if not plan:
            return np.empty((0, 4))
        keys = []
        for operation in plan:
            key = serial, operation.what, operation.first
            attempt = self._attempts[key] = self._attempts.get(key, 0) + 1
            keys.append(self.context.streams.key(f"{operation.what} {attempt}", _LUCK))
        cohort, i = self.satellites.units.home(serial)
        own, words = cohort.addresses, np.array(keys, np.uint64)
        site, place, built = (np.full(len(plan), word[i], np.uint64) for word in (own.site, own.place, own.ordinal))
        first = np.array([operation.first for operation in plan], np.uint64)
        return uniforms_at((site, place, built, first), (words[:, 0], words[:, 1])).T

    def _hours(self, operation: Operation, uniform: float) -> float:
        """Hours that an operation takes."""
        servicing = self.servicing
        mean = servicing.hours_per_part * operation.parts
        if operation.what == "loops":
            mean = servicing.hours_per_loop
        match servicing.hours_law:
            case "exponential":
                return -mean * float(np.log(uniform))
            case "lognormal":
                sigma = servicing.hours_sigma
                return mean * float(np.exp(sigma * ndtri(uniform) - 0.5 * sigma**2))
        return mean

    def _note(self, kind: EventKind, plane: int, serial: int, amount: float) -> None:
        cohort, i = self.satellites.units.home(serial)
        berth = int(cohort.berth[i])
        self.context.log.append(
            self.context.now, kind, plane=plane, berth=berth, satellite=serial, amount=amount, design=cohort.design
        )

    # Ends

    def _end(self, servicer: Servicer, day: float, *, failed: bool) -> Process:
        """A servicer fails, or reaches the end of its design life."""
        yield self.context.env.timeout(max(0.0, day - self.context.now))
        if not servicer.lost:
            self._lose(servicer, Cause.BUS if failed else Cause.END_OF_LIFE)
            if servicer.idle is not None and not servicer.idle.triggered:
                servicer.idle.succeed()

    def _lose(self, servicer: Servicer, cause: Cause) -> None:
        """A servicer is no more, with the parts aboard; another follows."""
        servicer.lost = True
        self.context.log.append(
            self.context.now,
            EventKind.SERVICER_LOST,
            cause=cause,
            plane=servicer.plane,
            job=servicer.number,
            amount=servicer.parts,
        )
        if isinstance(self.servicing, Robots) and self.servicing.replaced:
            self.context.env.process(self._follow(servicer))

    def _follow(self, lost: Servicer) -> Process:
        """The next servicer comes to the place of a lost one."""
        home, ordinal, flight = lost.home, lost.ordinal + 1, 0
        while True:
            stream = self.context.streams.of("servicer flight", lost.number, ordinal, flight)
            if (yield from self.supplies.fly(home.plane, 0, stream, lost.number)):
                break
            flight += 1
        self.supplies.servicer_arrived(home.plane, lost.number)
        self._commission(lost.number, ordinal, home)
