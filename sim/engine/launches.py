"""From an order to orbit: lead time, launch opportunities, slips, failures, stand-downs, transfer."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field, replace
from math import ceil
from typing import Any, Protocol

import simpy

from sim.engine.cohorts import Built
from sim.events import Cause, EventKind, EventRecorder
from sim.launch import LaunchService
from sim.streams import Streams

Process = Generator[simpy.Event, Any, None]


@dataclass(frozen=True)
class Ready:
    """A satellite that stands ready for flight."""

    satellite: Built
    plane: int
    day: float


class Customer(Protocol):
    """Whose satellites fly."""

    def next_serial(self, satellites: int) -> int:
        """Number the satellites of a flight on; returns the first number."""

    def deliver(self, plane: int, aboard: list[Built], cause: Cause) -> None:
        """A flight has brought its satellites to their plane."""

    def lose(self, plane: int, aboard: list[Built], cause: Cause) -> None:
        """A flight failed with its satellites aboard."""


@dataclass
class LaunchSite:
    """Flies what is ordered, and tells the customer what came of each flight."""

    env: simpy.Environment
    service: LaunchService
    satellite_mass_kg: float
    streams: Streams
    log: EventRecorder
    customer: Customer
    grounded_until: float = 0.0
    _queue: list[Ready] = field(default_factory=list)
    _wake: simpy.Event | None = None
    _last_opportunity: int = -1

    @property
    def room(self) -> int:
        """Satellites that one flight can carry."""
        return self.service.vehicle.satellites_per_flight(self.satellite_mass_kg)

    def prepare(self, plane: int, satellites: list[Built]) -> Process:
        """Build an order; when it is ready it joins the queue for flights."""
        first = satellites[0]
        # Addressed by the first satellite's place, which is ordered only once: any strategy that orders it waits alike.
        lead = self.service.lead_time_days.draw(self.streams.of("order", first.berth, first.ordinal))
        yield self.env.timeout(lead)
        self._queue += [Ready(satellite, plane, self.env.now) for satellite in satellites]
        if self._wake is not None and not self._wake.triggered:
            self._wake.succeed()

    def pad(self) -> Process:
        """Fly the queue: at the vehicle's calendar dates, or at once where launches are on demand."""
        interval = self.service.opportunity_interval_days
        while True:
            if not self._queue:
                self._wake = self.env.event()
                yield self._wake
            if interval == 0:
                if self.grounded_until > self.env.now:
                    yield self.env.timeout(self.grounded_until - self.env.now)
                while self._queue:
                    plane, load = self._load()
                    luck = self.streams.of("flight on demand", load[0].berth, load[0].ordinal)
                    self.env.process(self.fly(plane, load, luck, Cause.NONE))
                continue
            earliest = max(self.env.now, self.grounded_until)
            number = max(self._last_opportunity + 1, ceil(earliest / interval - 1e-9))
            yield self.env.timeout(max(0.0, number * interval - self.env.now))
            if self.grounded_until > self.env.now:
                continue
            self._last_opportunity = number
            for flight in range(self.service.flights_per_opportunity):
                if not self._queue:
                    break
                plane, load = self._load()
                self.env.process(self.fly(plane, load, self.streams.of("flight", number, flight), Cause.NONE))

    def _load(self) -> tuple[int, list[Built]]:
        """Fill one vehicle: the plane whose satellite has waited longest, first come, first served.

        A launch serves one plane: another node costs weeks of drift.
        """
        plane = self._queue[0].plane
        aboard = [ready for ready in self._queue if ready.plane == plane][: self.room]
        taken = {id(ready) for ready in aboard}
        self._queue = [ready for ready in self._queue if id(ready) not in taken]
        return plane, [ready.satellite for ready in aboard]

    def fly(self, plane: int, aboard: list[Built], luck: Any, cause: Cause) -> Process:
        """Slip, launch, and deliver what survives."""
        failed = luck.random() >= self.service.vehicle.success_probability
        stand_down = self.service.stand_down.draw(luck)
        yield self.env.timeout(self.service.slip_days.draw(luck))
        while self.grounded_until > self.env.now:
            yield self.env.timeout(self.grounded_until - self.env.now)
        serial = self.customer.next_serial(len(aboard))
        aboard = [replace(built, serial=serial + i) for i, built in enumerate(aboard)]
        what: dict[str, Any] = {"cause": cause, "plane": plane, "satellite": serial, "amount": len(aboard)}
        self.log.append(self.env.now, EventKind.LAUNCHED, **what)
        if failed:
            self.log.append(self.env.now, EventKind.LAUNCH_FAILED, **what)
            self.grounded_until = max(self.grounded_until, self.env.now + stand_down)
            self.customer.lose(plane, aboard, cause)
            return
        yield self.env.timeout(self.service.transfer_days)
        self.customer.deliver(plane, aboard, cause)
