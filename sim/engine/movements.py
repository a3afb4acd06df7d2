"""Where satellites come from and where they go: the initial fleet, orders, flights, places of those that arrive."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import simpy
from numpy.typing import NDArray

from sim.berths import BerthState, PlaneLayout
from sim.engine.built import Built
from sim.engine.context import Context
from sim.engine.launches import LaunchSite, Manifest
from sim.engine.production import Production
from sim.engine.satellites import Satellites
from sim.errors import InputError
from sim.events import NONE, Cause, EventKind
from sim.scenario.deployment import Launched
from sim.strategies import Launch

Process = Generator[simpy.Event, Any, None]

# numpy compares with a plain number ten times as fast as with a member of an enumeration.
_EMPTY, _BLOCKED, _WORKING = int(BerthState.EMPTY), int(BerthState.BLOCKED), int(BerthState.WORKING)


class Movements:
    """Builds, orders, launches and places satellites."""

    def __init__(
        self,
        context: Context,
        satellites: Satellites,
        after_change: Callable[[], None],
        *,
        production: Production,
        looks_ahead_days: Sequence[float],
        looks_at_age_days: Sequence[float] = (),
    ) -> None:
        """`after_change` is called when something has happened that scheduler and strategy should know.

        Each of `looks_ahead_days` before the end of each design life, and when a satellite reaches each of
        `looks_at_age_days`, the strategy is asked about its plane.
        """
        self.context = context
        self.satellites = satellites
        self.after_change = after_change
        self.production = production
        self.looks_ahead_days = looks_ahead_days
        self.looks_at_age_days = looks_at_age_days
        self._serials = 0
        self.launch_sites = tuple(
            LaunchSite(context, vehicle, number_on=self._number_on, deliver=self.deliver, lose=self.lose)
            for vehicle in range(len(context.scenario.launch.names))
        )
        self.planned_days = [np.zeros(plane.slots) for plane in context.fleet.planes]
        """Planned arrival of the first satellite of each slot, by plane."""
        berths = len(context.fleet.state)
        self._ordinals = np.zeros(berths, np.int64)  # satellites built so far for each berth
        self._awaited = context.fleet.awaited

    # The initial fleet

    def deploy(self, spares_per_plane: int, spares_in_parking: int = 0) -> None:
        """Bring up the initial fleet, slots before spares: complete on day 0, or flight by flight."""
        context, fleet = self.context, self.context.fleet
        for site in self.launch_sites:
            context.env.process(site.pad())
        flights = context.environment.deployment_flights(spares_per_plane, spares_in_parking)
        loads = [[self.build(berth, 0) for berth in flight.berths] for flight in flights]
        for flight, load in zip(flights, loads, strict=True):
            fleet.on_order[flight.plane] += len(load)
        if not isinstance(context.scenario.deployment, Launched):
            self._deploy_in_place(loads)
            return
        for flight, load in zip(flights, loads, strict=True):
            if fleet.is_slot[flight.berths.start]:
                first = flight.berths.start - fleet.planes[flight.plane].first_berth
                arrival = flight.day + context.scenario.launch.transfer_days
                self.planned_days[flight.plane][first : first + len(load)] = arrival
            context.env.process(self._fly_deployment(flight.plane, load, flight.day))

    def _deploy_in_place(self, loads: list[list[Built]]) -> None:
        """The fleet stands complete on day 0, as one cohort; its flights are in the log, to be paid for."""
        sizes = np.array([len(load) for load in loads])
        first = self._number_on(int(sizes.sum())) + np.cumsum(sizes) - sizes
        planes = self.context.fleet.plane_of[[load[0].berth for load in loads]]
        self.context.log.extend(
            len(loads),
            time_days=0.0,
            kind=EventKind.LAUNCHED,
            cause=Cause.DEPLOYMENT,
            plane=planes,
            satellite=first,
            amount=sizes,
        )
        numbered = [
            replace(built, serial=serial + i)
            for load, serial in zip(loads, first.tolist(), strict=True)
            for i, built in enumerate(load)
        ]
        self._put(numbered, Cause.DEPLOYMENT)

    def _fly_deployment(self, plane: int, aboard: list[Built], day: float) -> Process:
        """Fly one load of the initial fleet on its planned day."""
        yield self.context.env.timeout(max(0.0, day - self.context.now))
        stream = self.context.streams.of("deployment flight", *aboard[0].address(self.context.fleet))
        yield from self.launch_sites[0].fly_planned([Manifest(plane, 0, aboard)], stream, Cause.DEPLOYMENT)

    def _number_on(self, satellites: int) -> int:
        """Number the satellites of a flight on; returns the first number."""
        self._serials += satellites
        return self._serials - satellites

    # Orders

    def build(self, berth: int, design: int, *, relieves: bool = False) -> Built:
        """The next satellite built for a berth."""
        self._ordinals[berth] += 1
        self._awaited[berth] = True
        return Built(-1, berth, int(self._ordinals[berth]) - 1, design, relieves, self._reason(berth, relieves))

    def _reason(self, berth: int, relieves: bool) -> Cause:
        """Why a satellite is ordered for a berth."""
        fleet = self.context.fleet
        if not fleet.is_slot[berth]:
            return Cause.STOCK
        return Cause.LOSS if fleet.lost[berth] and not relieves else Cause.END_OF_LIFE

    def candidates(self, action: Launch) -> tuple[list[int], list[int]]:
        """Berths that an order could be for, in the order of `Launch`: empty ones, and filled slots to relieve."""
        fleet = self.context.fleet
        plane = fleet.planes[action.plane]
        spares = self._free(plane.spare_range) if action.to == "spares" else []
        slots = self._free(plane.slot_range, _EMPTY, _BLOCKED)
        working = np.flatnonzero(fleet.state[plane.slot_range] == _WORKING) + plane.first_berth
        working = working[~self._awaited[working]]
        relieved: list[int] = working[np.argsort(fleet.life_end_day[working], kind="stable")].tolist()
        if action.relieve:
            first = {slot: None for slot in action.relieve if slot in set(relieved)}
            relieved = [*first, *(slot for slot in relieved if slot not in first)]
        return spares + slots, relieved

    def order(self, action: Launch, design: int, vehicle: int, candidates: tuple[list[int], list[int]]) -> None:
        """Order satellites, each for a berth of its own: one of these `candidates`."""
        empty, filled = candidates
        built = [self.build(berth, design) for berth in empty[: action.satellites]]
        built += [self.build(berth, design, relieves=True) for berth in filled[: action.satellites - len(built)]]
        self.context.fleet.on_order[action.plane] += len(built)
        self.context.changed.add(action.plane)
        row: dict[str, Any] = {"plane": action.plane, "amount": len(built), "design": design, "vehicle": vehicle}
        self.context.log.append(self.context.now, EventKind.ORDERED, **row)
        self.production.supply(self.launch_sites[vehicle], action.plane, built)

    # Berths for spares that come from a parking orbit

    def room_for_spares(self, plane: int) -> int:
        """Free spare berths and empty slots of a plane."""
        layout = self.context.fleet.planes[plane]
        return len(self._free(layout.spare_range)) + len(self._free(layout.slot_range))

    def keep_berths(self, plane: int, count: int) -> list[int]:
        """Keep so many of them, spare berths before slots."""
        layout = self.context.fleet.planes[plane]
        kept = (self._free(layout.spare_range) + self._free(layout.slot_range))[:count]
        self._awaited[kept] = True
        return kept

    def settle(self, berth: int) -> int:
        """Take a berth that was kept, or another one where somebody took it meanwhile; returns which."""
        fleet = self.context.fleet
        self._awaited[berth] = False
        if fleet.state[berth] != _EMPTY:
            return self._place(Built(-1, berth, 0, 0))
        fleet.move(berth, BerthState.WORKING if fleet.is_slot[berth] else BerthState.STORED)
        return berth

    # What comes of a flight

    def lose(self, load: list[Manifest], cause: Cause) -> None:
        """A flight failed: its satellites are lost; a load of the initial fleet is built and flown again."""
        if cause is Cause.DEPLOYMENT:
            again = [self.build(lost.berth, lost.design) for lost in load[0].aboard]
            deployment = self.context.scenario.deployment
            wait = deployment.interval_days if isinstance(deployment, Launched) else 0.0
            self.context.env.process(self._fly_deployment(load[0].plane, again, self.context.now + wait))
            return
        for part in load:
            self.context.fleet.on_order[part.plane] -= len(part.aboard)
            self.context.changed.add(part.plane)
            self._awaited[[lost.berth for lost in part.aboard]] = False
        self.after_change()

    def deliver(self, manifest: Manifest, cause: Cause) -> None:
        """A flight has brought its satellites to their plane."""
        self._put(manifest.aboard, cause)
        self.after_change()

    def _put(self, aboard: list[Built], cause: Cause) -> None:
        fleet = self.context.fleet
        found = [(built, self._place(built)) for built in aboard]
        placed = [(built, berth) for built, berth in found if berth != NONE]
        if placed:
            planes = fleet.plane_of[[built.berth for built, _ in placed]]
            np.subtract.at(fleet.on_order, planes, 1)
            self.satellites.arrive([built for built, _ in placed], [berth for _, berth in placed], cause)
            self.foresee_ends(np.array([berth for _, berth in placed]))
        for built, berth in found:
            if berth == NONE:
                self.context.env.process(self._wait_for_slot(built, cause))

    def foresee_ends(self, berths: NDArray[np.intp]) -> None:
        """See to it that the strategy is asked before the design lives of those that arrived end in the mission."""
        fleet, now, horizon = self.context.fleet, self.context.now, self.context.environment.horizon_days
        ends, planes = fleet.life_end_day[berths], fleet.plane_of[berths]
        everywhere = set(planes.tolist())
        for age in self.looks_at_age_days:
            if now + age < horizon:
                self.context.env.process(self._end_in_view(now + age, everywhere))
        for end in np.unique(ends[ends < horizon]).tolist() if self.looks_ahead_days else ():
            for ahead in self.looks_ahead_days:
                if end - ahead > now:  # else it is asked now that they have arrived
                    self.context.env.process(self._end_in_view(end - ahead, set(planes[ends == end].tolist())))

    def _end_in_view(self, day: float, planes: set[int]) -> Process:
        """Have the strategy look at some planes on a day."""
        yield self.context.env.timeout(day - self.context.now)
        self.context.changed.update(planes)
        self.after_change()

    def _wait_for_slot(self, built: Built, cause: Cause) -> Process:
        """Stand by until the dead satellite in its slot has drifted off; it counts as on order until then."""
        until = float(self.context.fleet.blocked_until[built.berth])
        yield self.context.env.timeout(max(0.0, until - self.context.now))
        self._put([built], cause)
        self.after_change()

    def _place(self, built: Built) -> int:
        """Choose the berth of an arriving satellite and take it; `Launch` has the rule.  None: it must wait."""
        fleet, own = self.context.fleet, built.berth
        plane = fleet.planes[int(fleet.plane_of[own])]
        state = fleet.state[own]
        # A fellow passenger may have taken the slot just now.
        if built.relieves and state == BerthState.WORKING and fleet.satellite[own] != NONE:
            self.satellites.remove(own, EventKind.RETIRED, Cause.REPLACED, planned=True)
            state = fleet.state[own]
        berth = self._choose(plane, own, state)
        if berth == NONE:
            return NONE
        self._awaited[own] = False
        fleet.move(berth, BerthState.WORKING if fleet.is_slot[berth] else BerthState.STORED)
        return berth

    def _choose(self, plane: PlaneLayout, own: int, state: int) -> int:
        """The berth for a satellite built for a berth in this state; none: it must wait for it."""
        fleet = self.context.fleet
        if fleet.is_slot[own] and state == _EMPTY:
            return own
        free_slots = self._free(plane.slot_range)
        if free_slots:
            return free_slots[0]
        if state == BerthState.EMPTY:
            return own
        if free_spares := self._free(plane.spare_range):
            return free_spares[0]
        if state == BerthState.BLOCKED:
            return NONE
        # The plane is full: relieve the satellite with the fewest GPUs, the oldest among equals.
        taken = np.arange(plane.first_berth, plane.end_berth)
        taken = taken[fleet.satellite[taken] >= 0]
        if len(taken) == 0:
            raise InputError(f"a satellite arrives in plane {plane.id}, whose every berth waits for another one")
        self.satellites.units.catch_up(fleet.satellite[taken].tolist(), self.context.now)
        worst = int(taken[np.lexsort((fleet.birth_day[taken], fleet.gpus_alive[taken]))[0]])
        self.satellites.remove(worst, EventKind.RETIRED, Cause.REPLACED, planned=True)
        return worst

    def _free(self, berths: slice, *states: int) -> list[int]:
        """Berths in a range, empty or in one of these states, that nobody is on order for."""
        state: NDArray[np.int8] = self.context.fleet.state[berths]
        wanted = state == (states[0] if states else _EMPTY)
        for other in states[1:]:
            wanted |= state == other
        numbers: list[int] = (berths.start + np.flatnonzero(wanted & ~self._awaited[berths])).tolist()
        return numbers
