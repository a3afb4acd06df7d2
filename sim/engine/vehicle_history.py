"""One vehicle in one replicate: what it has flown so far, and what an operator knows of it by that."""

from __future__ import annotations

import zlib

import numpy as np

from sim.environment import Environment
from sim.launch import FlightRecord, Purchase, VehicleView
from sim.streams import Streams


class VehicleHistory:
    """The flights of a vehicle so far, and whether it is grounded."""

    def __init__(self, environment: Environment, streams: Streams, vehicle: int) -> None:
        """`vehicle`: its position in `LaunchService.names`."""
        self.environment = environment
        self.vehicle = vehicle
        self.name = environment.scenario.launch.names[vehicle]
        self.service = environment.scenario.launch.services[vehicle]
        self._streams = streams
        # By its name, not its number: another vehicle beside it changes nothing.
        self.address = () if vehicle == 0 else (zlib.crc32(self.name.encode()),)
        known = self.service.vehicle.success_probability
        self.success = known.draw(self.stream("success")) if isinstance(known, FlightRecord) else known
        """Of its flights in this replicate: what nobody knows, where the vehicle has a record."""
        self.succeeded, self.failed, self.flown_kg = 0, 0, 0.0
        self.grounded_until = 0.0

    def stream(self, purpose: str, *key: int) -> np.random.Generator:
        """The random numbers of one of its flights."""
        purpose = purpose if self.vehicle == 0 else f"{purpose} of another vehicle"
        return self._streams.of(purpose, *self.address, *key)

    def room(self, plane: int, design: int) -> int:
        """Satellites of a design that one flight brings to a plane."""
        return self.environment.sites[plane].satellites_per_flight(design, self.vehicle)

    def flew(self, satellites: int, design: int, *, failed: bool) -> None:
        """One more flight, with so many satellites of a design."""
        self.failed, self.succeeded = self.failed + failed, self.succeeded + (not failed)
        self.flown_kg += satellites * self.environment.designs[design].mass_kg

    def view(self, now: float, ready_days: float) -> VehicleView:
        """What an operator knows of it now; `ready_days`: until what is ordered now is ready for it."""
        vehicle = self.service.vehicle
        year = self.environment.scenario.mission.start_year + now / 365.25
        bought = Purchase(now, year, self.flown_kg / 1000, self.succeeded + self.failed)
        designs = {design.name: design for design in self.environment.designs}
        known = vehicle.success_probability

        def flight_usd(design: str, satellites: float) -> float:
            return float(vehicle.price.cost_usd(satellites * designs[design].mass_kg, satellites, bought))

        return VehicleView(
            name=self.name,
            satellites_per_flight={name: min(design.rooms[self.vehicle]) for name, design in designs.items()},
            flight_usd=flight_usd,
            expected_lead_days=self.service.expected_lead_days(ready_days),
            grounded=self.grounded_until > now,
            success_probability=known.mean(self.succeeded, self.failed) if isinstance(known, FlightRecord) else known,
        )
