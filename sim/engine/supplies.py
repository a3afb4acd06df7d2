"""Parts on their way from the factory to a depot: orders, flights that bring them and new servicers, the stock."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from math import inf
from typing import Any

import numpy as np
import simpy

from sim.engine.context import Context
from sim.engine.launches import LaunchSite
from sim.environment import Plane
from sim.errors import Fault, ScenarioError
from sim.events import NONE, Cause, EventKind
from sim.scenario.servicing import AnyServicing, Robots
from sim.servicing import ServiceColumns

Process = Generator[simpy.Event, Any, None]


@dataclass
class Depot:
    """The parts of a plane, or of all planes."""

    plane: int
    """Where it is; the first for one that serves all."""
    stock: int
    on_order: int = 0
    orders: int = 0
    """How many flights were ordered so far."""


class Supplies:
    """Keeps the depots full."""

    def __init__(
        self,
        context: Context,
        site: LaunchSite,
        servicing: AnyServicing,
        columns: ServiceColumns,
    ) -> None:
        """`site`: whose vehicle flies."""
        self.context = context
        self.site = site
        self.servicing = servicing
        self.columns = columns
        self.on_arrival: Callable[[], None] = lambda: None
        """Called when parts have come."""
        planes = context.environment.planes
        each = isinstance(servicing, Robots) and servicing.based == "each_plane"
        self.depots = [Depot(plane.id, 0) for plane in (planes if each else planes[:1])]
        self._most = [_cartridges_of_a_flight(context, planes[depot.plane], servicing) for depot in self.depots]

    def open(self) -> None:
        """The first stock is there from day 0."""
        for depot, most in zip(self.depots, self._most, strict=True):
            for parts in _loads(self.servicing.depot.parts, most):
                self._write(EventKind.SUPPLY_LAUNCHED, depot.plane, parts, Cause.DEPLOYMENT)
                self._receive(depot, parts, Cause.DEPLOYMENT)

    def take(self, depot: Depot, parts: int) -> int:
        """Parts that leave the depot, up to so many; more are ordered when few are left."""
        taken = min(depot.stock, parts)
        depot.stock -= taken
        self.columns.parts[depot.plane] = depot.stock
        wanted = self.servicing.depot
        position = depot.stock + depot.on_order
        if position <= wanted.reorder_level and self.context.now < self.context.scenario.mission.orders_until_day:
            most = self._most[self.depots.index(depot)]
            for load in _loads(wanted.parts - position, most):
                depot.on_order += load
                self.context.env.process(self._bring(depot, load))
        return taken

    def put_back(self, depot: Depot, parts: int) -> None:
        """Parts that nobody needed are in the depot again."""
        depot.stock += parts
        self.columns.parts[depot.plane] = depot.stock

    def _bring(self, depot: Depot, parts: int) -> Process:
        """An order, from the factory to the depot."""
        depot.orders += 1
        plane = self.context.fleet.planes[depot.plane]
        stream = self.context.streams.of("supply", plane.address, depot.orders)
        arrived = yield from self.fly(depot.plane, parts, stream)
        depot.on_order -= parts
        if arrived:
            self._receive(depot, parts, Cause.NONE)
        else:
            self.take(depot, 0)  # it is ordered again
        self.on_arrival()

    def fly(
        self, plane: int, parts: int, stream: np.random.Generator, servicer: int = NONE
    ) -> Generator[simpy.Event, Any, bool]:
        """Build and fly a load of parts, or a servicer with its number; returns whether it arrived."""
        context, service, servicing = self.context, self.context.scenario.launch, self.servicing
        if not isinstance(servicing, Robots):
            self._write(EventKind.SUPPLY_LAUNCHED, plane, parts, Cause.NONE)
            yield context.env.timeout(servicing.resupply_days)
            return True
        yield context.env.timeout(service.lead_time_days.draw(stream))
        if not service.on_demand:
            date = service.opportunity_day(service.opportunity_from(context.now))
            yield context.env.timeout(max(0.0, date - context.now))
        yield context.env.timeout(service.slip_days.draw(stream))
        yield from self.site.wait_for_clearance()
        failed = stream.random() >= self.site.history.success
        self._write(EventKind.SUPPLY_LAUNCHED, plane, parts, Cause.LAUNCH if failed else Cause.NONE, servicer)
        if failed:
            self.site.stand_down(service.stand_down.draw(stream))
            return False
        yield context.env.timeout(service.transfer_days)
        return True

    def _receive(self, depot: Depot, parts: int, cause: Cause) -> None:
        depot.stock += parts
        self.columns.parts[depot.plane] = depot.stock
        self._write(EventKind.SUPPLY_ARRIVED, depot.plane, parts, cause)
        self.context.changed.add(depot.plane)

    def _write(self, kind: EventKind, plane: int, parts: int, cause: Cause, servicer: int = NONE) -> None:
        self.context.log.append(self.context.now, kind, cause=cause, plane=plane, job=servicer, amount=parts)

    def deploy_servicer(self, plane: int, servicer: int) -> None:
        """A servicer of the first days is at its plane."""
        self._write(EventKind.SUPPLY_LAUNCHED, plane, 0, Cause.DEPLOYMENT, servicer)
        self._write(EventKind.SUPPLY_ARRIVED, plane, 0, Cause.DEPLOYMENT, servicer)

    def servicer_arrived(self, plane: int, servicer: int) -> None:
        """A servicer that follows a lost one is at its plane."""
        self._write(EventKind.SUPPLY_ARRIVED, plane, 0, Cause.NONE, servicer)


def _loads(parts: int, most: float) -> Sequence[int]:
    """Parts of each flight."""
    full, rest = divmod(parts, int(min(most, parts)))
    return [int(min(most, parts))] * full + ([rest] if rest else [])


def _cartridges_of_a_flight(context: Context, plane: Plane, servicing: AnyServicing) -> float:
    """How many cartridges a flight brings to a plane.  Raises `ScenarioError` where what must fly is too heavy."""
    if not isinstance(servicing, Robots):
        return inf
    scenario = context.scenario
    height = float(scenario.satellite.propulsion.insertion_km(plane.altitude_km))
    most_kg = scenario.launch.vehicle.payload_kg(height, plane.inclination_deg)
    cartridge_kg = servicing.cartridge.gpus * servicing.cartridge.kg_per_gpu
    for path, mass_kg in (("cartridge", cartridge_kg), ("dry_kg", servicing.wet_kg)):
        if mass_kg > most_kg:
            problem = (
                f"with {mass_kg:g} kg to fly, the vehicle's {most_kg:g} kg to plane {plane.name} (launch.vehicle."
                "capacity_kg) are too few"
            )
            raise ScenarioError([Fault("scenario", f"servicing.{path}", None, problem)])
    return max(most_kg // cartridge_kg, 1.0)
