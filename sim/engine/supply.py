"""Where satellites come from and where they go: the initial fleet, orders, and the places of those that arrive."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace
from typing import Any, Protocol

import numpy as np
import simpy

from sim.engine.cohorts import Built
from sim.engine.launches import LaunchSite
from sim.errors import InputError
from sim.events import NONE, Cause, EventKind, EventRecorder
from sim.fleet import BerthState, Fleet, PlaneLayout
from sim.scenario.models import Launched, Scenario
from sim.strategies import Launch
from sim.streams import Streams

Process = Generator[simpy.Event, Any, None]


class Orbit(Protocol):
    """What the supply asks of the world."""

    def arrive(self, plane: int, aboard: list[Built], places: list[int], cause: Cause) -> None:
        """These satellites stand in these berths now."""

    def remove(self, berth: int, kind: EventKind, cause: Cause, *, planned: bool) -> None:
        """The satellite in a berth ends and leaves it empty."""

    def settle(self) -> None:
        """The fleet has changed."""


class Supply:
    """Builds, orders, launches and places satellites."""

    def __init__(
        self,
        env: simpy.Environment,
        scenario: Scenario,
        streams: Streams,
        fleet: Fleet,
        log: EventRecorder,
        orbit: Orbit,
    ) -> None:
        self.env = env
        self.scenario = scenario
        self.streams = streams
        self.fleet = fleet
        self.log = log
        self.orbit = orbit
        self.site = LaunchSite(env, scenario.launch, scenario.satellite.launch_mass_kg, streams, log, self)
        self.planned_days = [np.zeros(plane.slots) for plane in fleet.planes]
        """Planned arrival of the first satellite of each slot, by plane."""
        berths = len(fleet.state)
        self._ordinals = [0] * berths  # satellites built so far for each berth
        self._awaited = np.zeros(berths, bool)  # berths that a satellite on order was built for
        self._serials = 0

    @property
    def room(self) -> int:
        """Satellites that one flight can carry."""
        return self.site.room

    # The initial fleet

    def deploy(self, spares_per_plane: int) -> None:
        """Bring up the initial fleet, slots before spares: complete on day 0, or flight by flight."""
        self.env.process(self.site.pad())
        deployment = self.scenario.deployment
        slots = [(plane, self._loads(plane.slot_range)) for plane in self.fleet.planes]
        spares = [
            (plane, self._loads(slice(plane.spare_range.start, plane.spare_range.start + spares_per_plane)))
            for plane in self.fleet.planes
        ]
        if not isinstance(deployment, Launched):
            for (plane, loads), (_, more) in zip(slots, spares, strict=True):
                self._deploy_in_place(plane, [built for load in loads + more for built in load])
            return
        # All slots before any spare: the dates of the slots do not depend on the strategy's spares.
        flights = [(plane, load) for plane, loads in slots + spares for load in loads]
        for number, (plane, load) in enumerate(flights):
            day = deployment.first_launch_day + number * deployment.interval_days
            if self.fleet.is_slot[load[0].berth]:
                first = load[0].berth - plane.first_berth
                self.planned_days[plane.id][first : first + self.room] = day + self.scenario.launch.transfer_days
            self.env.process(self.fly_deployment(plane.id, load, day))

    def _loads(self, berths: slice) -> list[list[Built]]:
        """Satellites for these berths of one plane, as full flights and a rest."""
        built = [self.build(berth) for berth in range(berths.start, berths.stop)]
        if built:
            self.fleet.on_order[self.fleet.plane_of[berths.start]] += len(built)
        return [built[first : first + self.room] for first in range(0, len(built), self.room)]

    def _deploy_in_place(self, plane: PlaneLayout, built: list[Built]) -> None:
        """The plane's fleet stands complete on day 0, as one cohort; its flights are in the log, to be paid for."""
        serial = self.next_serial(len(built))
        for first in range(0, len(built), self.room):
            self.log.append(
                0.0,
                EventKind.LAUNCHED,
                cause=Cause.DEPLOYMENT,
                plane=plane.id,
                satellite=serial + first,
                amount=min(self.room, len(built) - first),
            )
        self._put(plane.id, [replace(one, serial=serial + i) for i, one in enumerate(built)], Cause.DEPLOYMENT)

    def fly_deployment(self, plane: int, aboard: list[Built], day: float) -> Process:
        """Fly one load of the initial fleet on its planned day."""
        yield self.env.timeout(max(0.0, day - self.env.now))
        luck = self.streams.of("deployment flight", aboard[0].berth, aboard[0].ordinal)
        yield from self.site.fly(plane, aboard, luck, Cause.DEPLOYMENT)

    # Orders

    def build(self, berth: int, *, relieves: bool = False) -> Built:
        """The next satellite built for a berth."""
        self._ordinals[berth] += 1
        self._awaited[berth] = True
        return Built(-1, berth, self._ordinals[berth] - 1, relieves)

    def next_serial(self, satellites: int) -> int:
        """Number the satellites of a flight on; returns the first number."""
        self._serials += satellites
        return self._serials - satellites

    def candidates(self, action: Launch) -> tuple[list[int], list[int]]:
        """Berths that an order could be for, in the order of `Launch`: empty ones, and filled slots to relieve."""
        plane = self.fleet.planes[action.plane]
        spares = self._free(plane.spare_range) if action.to == "spares" else []
        slots = self._free(plane.slot_range, BerthState.EMPTY, BerthState.BLOCKED)
        working = np.flatnonzero(self.fleet.state[plane.slot_range] == BerthState.WORKING) + plane.first_berth
        working = working[~self._awaited[working]]
        relieved = working[np.argsort(self.fleet.life_end_day[working], kind="stable")]
        return spares + slots, relieved.tolist()

    def order(self, action: Launch) -> None:
        """Order satellites, each for a berth of its own."""
        empty, filled = self.candidates(action)
        built = [self.build(berth) for berth in empty[: action.satellites]]
        built += [self.build(berth, relieves=True) for berth in filled[: action.satellites - len(built)]]
        self.fleet.on_order[action.plane] += len(built)
        self.log.append(self.env.now, EventKind.ORDERED, plane=action.plane, amount=len(built))
        self.env.process(self.site.prepare(action.plane, built))

    # What comes of a flight

    def lose(self, plane: int, aboard: list[Built], cause: Cause) -> None:
        """A flight failed: its satellites are lost; a load of the initial fleet is built and flown again."""
        if cause is Cause.DEPLOYMENT:
            again = [self.build(lost.berth) for lost in aboard]
            deployment = self.scenario.deployment
            wait = deployment.interval_days if isinstance(deployment, Launched) else 0.0
            self.env.process(self.fly_deployment(plane, again, self.env.now + wait))
            return
        self.fleet.on_order[plane] -= len(aboard)
        self._awaited[[lost.berth for lost in aboard]] = False
        self.orbit.settle()

    def deliver(self, plane: int, aboard: list[Built], cause: Cause) -> None:
        """A flight has brought its satellites to their plane."""
        self._put(plane, aboard, cause)
        self.orbit.settle()

    def _put(self, plane: int, aboard: list[Built], cause: Cause) -> None:
        found = [(built, self._place(self.fleet.planes[plane], built)) for built in aboard]
        placed = [(built, berth) for built, berth in found if berth != NONE]
        self.fleet.on_order[plane] -= len(placed)
        if placed:
            self.orbit.arrive(plane, [built for built, _ in placed], [berth for _, berth in placed], cause)
        for built, berth in found:
            if berth == NONE:
                self.env.process(self.wait_for_slot(plane, built, cause))

    def wait_for_slot(self, plane: int, built: Built, cause: Cause) -> Process:
        """Stand by until the dead satellite in its slot has drifted off; it counts as on order until then."""
        yield self.env.timeout(max(0.0, float(self.fleet.blocked_until[built.berth]) - self.env.now))
        self.deliver(plane, [built], cause)

    def _place(self, plane: PlaneLayout, built: Built) -> int:
        """Choose the berth of an arriving satellite and take it; `Launch` has the rule.  None: it must wait."""
        own, state = built.berth, self.fleet.state[built.berth]
        if built.relieves and state == BerthState.WORKING:
            self.orbit.remove(own, EventKind.RETIRED, Cause.REPLACED, planned=True)
            state = BerthState.EMPTY
        free_slots, free_spares = self._free(plane.slot_range), self._free(plane.spare_range)
        own_first = [own] if state == BerthState.EMPTY else []
        if self.fleet.is_slot[own]:
            choices = own_first + free_slots + free_spares
        else:
            choices = free_slots + own_first + free_spares
        if not choices and state == BerthState.BLOCKED:
            return NONE
        self._awaited[built.berth] = False
        if not choices:  # the plane is full: relieve the satellite with the fewest GPUs, the oldest among equals
            taken = np.arange(plane.first_berth, plane.end_berth)
            taken = taken[self.fleet.satellite[taken] >= 0]
            if len(taken) == 0:
                raise InputError(f"a satellite arrives in plane {plane.id}, whose every berth waits for another one")
            worst = np.lexsort((self.fleet.birth_day[taken], self.fleet.gpus_alive[taken]))[0]
            choices = [int(taken[worst])]
            self.orbit.remove(choices[0], EventKind.RETIRED, Cause.REPLACED, planned=True)
        berth = choices[0]
        self.fleet.move(berth, BerthState.WORKING if self.fleet.is_slot[berth] else BerthState.STORED)
        return berth

    def _free(self, berths: slice, *states: BerthState) -> list[int]:
        """Berths in a range, empty or in one of these states, that nobody is on order for."""
        free = np.isin(self.fleet.state[berths], states or (BerthState.EMPTY,)) & ~self._awaited[berths]
        numbers: list[int] = (berths.start + np.flatnonzero(free)).tolist()
        return numbers
