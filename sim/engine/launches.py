"""From an order to orbit: lead time, launch opportunities, slips, failures, stand-downs, transfer."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from heapq import heappop, heappush
from math import ceil
from typing import Any

import numpy as np
import simpy

from sim.engine.context import Context
from sim.engine.satellites import Built
from sim.events import Cause, EventKind

Process = Generator[simpy.Event, Any, None]


@dataclass(frozen=True)
class Manifest:
    """What one vehicle carries: satellites of one design for one plane."""

    plane: int
    design: int
    aboard: list[Built]


class LaunchSite:
    """Flies what is ordered, and tells the customer what came of each flight."""

    def __init__(
        self,
        context: Context,
        *,
        deliver: Callable[[Manifest, Cause], None],
        lose: Callable[[Manifest, Cause], None],
    ) -> None:
        """`deliver` and `lose` hear of each flight that came or failed."""
        self.context = context
        self.service = context.scenario.launch
        self._deliver, self._lose = deliver, lose
        self._grounded_until = 0.0
        self._ready: dict[tuple[int, int], deque[tuple[int, Built]]] = {}  # by (plane, design), in order of readiness
        self._heads: list[tuple[int, tuple[int, int]]] = []  # a heap: when the first of each queue got ready
        self._numbers = 0
        self._serials = 0
        self._wake: simpy.Event | None = None
        self._last_opportunity = -1

    def room(self, plane: int, design: int) -> int:
        """Satellites of a design that one flight brings to a plane."""
        return self.context.environment.sites[plane].satellites_per_flight(design)

    def next_serial(self, satellites: int) -> int:
        """Number the satellites of a flight on; returns the first number."""
        self._serials += satellites
        return self._serials - satellites

    def prepare(self, plane: int, satellites: list[Built], stream: np.random.Generator) -> Process:
        """Build an order; when it is ready it joins the queue for flights."""
        yield self.context.env.timeout(self.service.lead_time_days.draw(stream))
        for built in satellites:
            queue = self._ready.setdefault((plane, built.design), deque())
            if not queue:
                heappush(self._heads, (self._numbers, (plane, built.design)))
            queue.append((self._numbers, built))
            self._numbers += 1
        if self._wake is not None and not self._wake.triggered:
            self._wake.succeed()

    def pad(self) -> Process:
        """Fly the queue: at the vehicle's calendar dates, or at once where launches are on demand."""
        context, interval = self.context, self.service.opportunity_interval_days
        while True:
            if not self._heads:
                self._wake = context.env.event()
                yield self._wake
            if interval == 0:
                if self._grounded_until > context.now:
                    yield context.env.timeout(self._grounded_until - context.now)
                while self._heads:
                    load = self._load()
                    fleet, first = context.fleet, load.aboard[0]
                    address = int(fleet.site[first.berth]), int(fleet.place[first.berth]), first.ordinal
                    stream = context.streams.of("flight on demand", *address)
                    context.env.process(self.fly(load, stream, Cause.NONE))
                continue
            earliest = max(context.now, self._grounded_until)
            number = max(self._last_opportunity + 1, ceil(earliest / interval - 1e-9))
            yield context.env.timeout(max(0.0, number * interval - context.now))
            if self._grounded_until > context.now:
                continue
            self._last_opportunity = number
            for flight in range(self.service.flights_per_opportunity):
                if not self._heads:
                    break
                context.env.process(self.fly(self._load(), context.streams.of("flight", number, flight), Cause.NONE))

    def _load(self) -> Manifest:
        """Fill one vehicle: the plane whose satellite has waited longest, first come, first served.

        A launch serves one plane: another node costs weeks of drift.
        """
        _, key = heappop(self._heads)
        queue = self._ready[key]
        aboard = [queue.popleft()[1] for _ in range(min(self.room(*key), len(queue)))]
        if queue:
            heappush(self._heads, (queue[0][0], key))
        return Manifest(*key, aboard)

    def wait_for_clearance(self) -> Process:
        """Wait while the vehicle is grounded."""
        while self._grounded_until > self.context.now:
            yield self.context.env.timeout(self._grounded_until - self.context.now)

    def stand_down(self, days: float) -> None:
        """A failure grounds the vehicle from now on."""
        self._grounded_until = self.context.now + days

    def fly(self, load: Manifest, stream: np.random.Generator, cause: Cause) -> Process:
        """Slip, launch, and deliver what survives."""
        context = self.context
        failed = stream.random() >= self.service.vehicle.success_probability
        stand_down = self.service.stand_down.draw(stream)
        yield context.env.timeout(self.service.slip_days.draw(stream))
        yield from self.wait_for_clearance()
        serial = self.next_serial(len(load.aboard))
        load = replace(load, aboard=[replace(built, serial=serial + i) for i, built in enumerate(load.aboard)])
        row: dict[str, Any] = {
            "cause": cause,
            "plane": load.plane,
            "satellite": serial,
            "amount": len(load.aboard),
            "design": load.design,
        }
        context.log.append(context.now, EventKind.LAUNCHED, **row)
        if failed:
            context.log.append(context.now, EventKind.LAUNCH_FAILED, **row)
            # Nothing flies while the vehicle is grounded, so this cannot end an earlier stand-down.
            self.stand_down(stand_down)
            self._lose(load, cause)
            return
        yield context.env.timeout(self.service.transfer_days)
        self._deliver(load, cause)
