"""From an order to orbit on one vehicle: lead time, launch dates, pads, slips, failures, stand-downs, transfer."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace
from heapq import heapify, heappop, heappush
from typing import Any

import numpy as np
import simpy

from sim.engine.built import Built
from sim.engine.context import Context
from sim.engine.vehicle_history import VehicleHistory
from sim.events import Cause, EventKind
from sim.launch import VehicleView

Process = Generator[simpy.Event, Any, None]
Taken = list[simpy.resources.resource.Request]


@dataclass(frozen=True)
class Manifest:
    """What one vehicle carries for one plane: satellites of one design."""

    plane: int
    design: int
    aboard: list[Built]
    wait_days: float = 0.0
    """In the drift orbit, until it has the node of the plane."""


class LaunchSite:
    """Flies what is ordered on one vehicle, and tells the customer what came of each flight."""

    def __init__(
        self,
        context: Context,
        vehicle: int,
        *,
        number_on: Callable[[int], int],
        deliver: Callable[[Manifest, Cause], None],
        lose: Callable[[list[Manifest], Cause], None],
    ) -> None:
        """`vehicle`: its position in `LaunchService.names`.

        `number_on` numbers so many satellites on, and returns the first number; `deliver` and `lose` hear of what each
        flight brought, or lost.
        """
        self.context = context
        self.vehicle = vehicle
        self.history = VehicleHistory(context.environment, context.streams, vehicle)
        self.name, self.service, self.room = self.history.name, self.history.service, self.history.room
        self._number_on, self._deliver, self._lose = number_on, deliver, lose
        self._ready: dict[tuple[int, int], deque[tuple[int, Built]]] = {}  # by (plane, design), in order of readiness
        self._heads: list[tuple[int, tuple[int, int]]] = []  # a heap: when the first of each queue got ready
        self._numbers = 0
        self._wake: simpy.Event | None = None
        self._last_opportunity = -1
        limits = [limit for limit in (self.service.pads, self.service.boosters) if limit is not None]
        self._limits = [(simpy.Resource(context.env, limit.count), limit.days) for limit in limits]

    def view(self, ready_days: float) -> VehicleView:
        """What an operator knows of the vehicle now; `ready_days`: until what is ordered now is ready for it."""
        return self.history.view(self.context.now, ready_days)

    # Loading

    def ready(self, plane: int, satellites: list[Built]) -> None:
        """Satellites of an order are ready: they join the queue for flights."""
        first = satellites[0]
        self.context.log.append(
            self.context.now, EventKind.READY, plane=plane, amount=len(satellites), design=first.design
        )
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
        context, service = self.context, self.service
        while True:
            if not self._heads:
                self._wake = context.env.event()
                yield self._wake
            if service.on_demand:
                taken = yield from self._take()
                if self.history.grounded_until > context.now:
                    yield context.env.timeout(self.history.grounded_until - context.now)
                load = self._load()
                stream = self.history.stream("flight on demand", *load[0].aboard[0].address(context.fleet))
                context.env.process(self.fly(load, stream, Cause.NONE, taken))
                continue
            earliest = max(context.now, self.history.grounded_until)
            number = max(self._last_opportunity + 1, service.opportunity_from(earliest))
            yield context.env.timeout(max(0.0, service.opportunity_day(number) - context.now))
            if self.history.grounded_until > context.now:
                continue
            self._last_opportunity = number
            for flight in range(service.flights_per_opportunity):
                if not self._heads or any(things.count == things.capacity for things, _ in self._limits):
                    break
                taken = [things.request() for things, _ in self._limits]
                context.env.process(self.fly(self._load(), self.history.stream("flight", number, flight), Cause.NONE, taken))

    def _take(self) -> Generator[simpy.Event, Any, Taken]:
        """Wait for a pad and a booster, where they are few, and take them."""
        taken = []
        for things, _ in self._limits:
            taken.append(things.request())
            yield taken[-1]
        return taken

    def _turn_around(self, taken: Sequence[simpy.resources.resource.Request]) -> None:
        """Make what a flight has taken ready for another."""
        for (things, days), request in zip(self._limits, taken, strict=True):
            self.context.env.process(self._release(things, days, request))

    def _release(self, things: simpy.Resource, days: float, request: simpy.resources.resource.Request) -> Process:
        yield self.context.env.timeout(days)
        things.release(request)

    def _load(self) -> list[Manifest]:
        """Fill one vehicle: the plane whose satellite has waited longest, first come, first served.

        A launch serves one plane: another node costs weeks of drift.  Where the scenario has a drift orbit, what room
        is left goes to planes that it reaches in time, in the same order.
        """
        _, (plane, design) = heappop(self._heads)
        room = self.room(plane, design)
        load = [self._part(plane, design, room, 0.0)]
        if queue := self._ready[plane, design]:
            heappush(self._heads, (queue[0][0], (plane, design)))
        if self.service.drift is None or len(load[0].aboard) == room:
            return load
        aboard = len(load[0].aboard)
        for _, (further, of) in sorted(self._heads):
            if of != design or further == plane:
                continue
            wait = self.context.environment.drift_days(self.vehicle, of, plane, further, self.context.now)
            allowed = min(room, self.room(further, of))
            if wait is not None and allowed > aboard:
                room = allowed
                load.append(self._part(further, design, room - aboard, wait))
                aboard += len(load[-1].aboard)
        self._heads = [(queue[0][0], key) for key, queue in self._ready.items() if queue]
        heapify(self._heads)
        return load

    def _part(self, plane: int, design: int, most: int, wait_days: float) -> Manifest:
        """Up to so many of the satellites that are ready for a plane."""
        queue = self._ready[plane, design]
        return Manifest(plane, design, [queue.popleft()[1] for _ in range(min(most, len(queue)))], wait_days)

    # Flight

    def wait_for_clearance(self) -> Process:
        """Wait while the vehicle is grounded."""
        while self.history.grounded_until > self.context.now:
            yield self.context.env.timeout(self.history.grounded_until - self.context.now)

    def stand_down(self, days: float) -> None:
        """A failure grounds the vehicle from now on."""
        self.history.grounded_until = self.context.now + days

    def fly_planned(self, load: list[Manifest], stream: np.random.Generator, cause: Cause) -> Process:
        """Fly a load that waits for nothing but a pad."""
        taken = yield from self._take()
        yield from self.fly(load, stream, cause, taken)

    def fly(self, load: list[Manifest], stream: np.random.Generator, cause: Cause, taken: Taken) -> Process:
        """Slip, launch, and deliver what survives; `taken`: what the flight has of each limit."""
        context = self.context
        failed = stream.random() >= self.history.success
        stand_down = self.service.stand_down.draw(stream)
        yield context.env.timeout(self.service.slip_days.draw(stream))
        yield from self.wait_for_clearance()
        load = self._launched(load, cause, failed=failed)
        self._turn_around(taken)
        if failed:
            # Nothing flies while the vehicle is grounded, so this cannot end an earlier stand-down.
            self.stand_down(stand_down)
            self._lose(load, cause)
            return
        for part in load[1:]:
            context.env.process(self._arrive(part, cause))
        yield from self._arrive(load[0], cause)

    def _launched(self, load: list[Manifest], cause: Cause, *, failed: bool) -> list[Manifest]:
        """Number the satellites of a flight, and write it down."""
        context, aboard = self.context, sum(len(part.aboard) for part in load)
        first = serial = self._number_on(aboard)
        numbered = []
        for part in load:
            built = [self._numbered(built, serial + i) for i, built in enumerate(part.aboard)]
            numbered.append(replace(part, aboard=built))
            serial += len(built)
        row: dict[str, Any] = {"cause": cause, "design": load[0].design, "vehicle": self.vehicle}
        whole = {"plane": load[0].plane, "satellite": first, "amount": aboard}
        context.log.append(context.now, EventKind.LAUNCHED, **row, **whole)
        for part in numbered[1:]:
            own = {"plane": part.plane, "satellite": part.aboard[0].serial, "amount": len(part.aboard)}
            context.log.append(context.now, EventKind.CARRIED, **row, **own)
        if cause is not Cause.DEPLOYMENT:
            reasons = Counter(built.reason for part in load for built in part.aboard)
            for reason, number in sorted(reasons.items()):
                own = row | {"plane": load[0].plane, "cause": reason, "amount": number}
                context.log.append(context.now, EventKind.ABOARD, **own)
        if failed:
            context.log.append(context.now, EventKind.LAUNCH_FAILED, **row, **whole)
        self.history.flew(aboard, load[0].design, failed=failed)
        return numbered

    def _numbered(self, built: Built, serial: int) -> Built:
        """A satellite at its launch."""
        waited = 0.0 if built.finished_day is None else self.context.now - built.finished_day
        return replace(built, serial=serial, ground_days=waited)

    def _arrive(self, part: Manifest, cause: Cause) -> Process:
        """Wait for the node of the plane, go there, and begin work."""
        yield self.context.env.timeout(part.wait_days + self.service.transfer_days)
        self._deliver(part, cause)
