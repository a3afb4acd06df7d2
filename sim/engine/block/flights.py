"""From an order to orbit in blocks: readiness, launch dates, slips, failures and stand-downs of all vehicles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from heapq import heappop, heappush

import numpy as np
from numpy.typing import NDArray

from sim.engine.block.block_log import BlockLog
from sim.engine.block.built import Built
from sim.engine.vehicle_history import VehicleHistory
from sim.environment import Environment
from sim.events import Cause, EventKind
from sim.fleet import Fleet
from sim.launch import VehicleView
from sim.streams import Streams

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]


@dataclass
class Flight:
    """A flight that waits for its launch."""

    day: float
    """That it is set for; once it has flown, that on which it did."""
    plane: int
    design: int
    vehicle: int
    deployment: bool
    failed: bool
    stand_down_days: float
    """That its failure causes."""
    aboard: Built


@dataclass(frozen=True)
class Queue:
    """Satellites that are ready for flights of one vehicle, in order of readiness."""

    built: Built
    plane: NDArray[np.int32]
    ready_day: Floats


@dataclass(frozen=True)
class Flown:
    """What flew in a block."""

    flight: Flight
    first_serial: int


class Flights:
    """The vehicles, the satellites that wait for them, and their flights."""

    def __init__(self, environment: Environment, streams: Streams, fleet: Fleet, log: BlockLog) -> None:
        self.environment = environment
        self.streams = streams
        self.fleet = fleet
        self.log = log
        names = environment.scenario.launch.names
        self.histories = [VehicleHistory(environment, streams, vehicle) for vehicle in range(len(names))]
        self.now = 0.0
        """Mission day on which the strategy is asked."""
        self.serials = 0
        """Satellites launched so far."""
        self._rooms = environment.rooms
        self._queues: list[list[Queue]] = [[] for _ in names]
        self._ready: list[tuple[float, int, int, int, Built]] = []  # a heap: orders by day of readiness
        self._orders = 0
        self._flights: list[list[tuple[float, int, Flight]]] = [[] for _ in names]  # a heap for each vehicle
        self._numbers = 0
        self._last_date = [-1 for _ in names]

    def view(self, ready_days: float) -> tuple[VehicleView, ...]:
        """What an operator knows of the vehicles now; `ready_days`: until what is ordered now is ready."""
        return tuple(one.view(self.now, ready_days) for one in self.histories)

    # What is to fly

    def order(self, orders: Sequence[tuple[int, int, Built]], days: Floats) -> None:
        """Have the satellites of orders, (vehicle, plane, satellites), ready for flight as soon as they are built.

        `days`: on which each is ordered.
        """
        site, place, ordinal = self._addresses([built for _, _, built in orders])
        for vehicle in {vehicle for vehicle, _, _ in orders}:
            mine = [number for number, one in enumerate(orders) if one[0] == vehicle]
            drawn = self.streams.uniforms("order", vehicle, site[mine], place[mine], ordinal[mine], 1)[:, 0]
            ready = days[mine] + self.histories[vehicle].service.lead_time_days.quantile(drawn)
            for number, day in zip(mine, ready.tolist(), strict=True):
                heappush(self._ready, (day, self._orders + number, *orders[number]))
        self._orders += len(orders)

    def plan(self, days: Floats, planes: list[int], loads: list[Built]) -> None:
        """Plan flights of the initial fleet on these days."""
        site, place, ordinal = self._addresses(loads)
        drawn = self.streams.uniforms("deployment flight", 0, site, place, ordinal, 4)
        self._set_off(days, planes, 0, loads, drawn, deployment=True)

    def _addresses(self, loads: Sequence[Built]) -> tuple[Ints, Ints, Ints]:
        """(site, place, satellites built for it before) of the first satellite of each load."""
        berth = np.array([one.berth[0] for one in loads], np.intp)
        ordinal = np.array([one.ordinal[0] for one in loads], np.intp)
        return self.fleet.site[berth].astype(np.intp), self.fleet.place[berth].astype(np.intp), ordinal

    def _set_off(
        self, days: Floats, planes: list[int], vehicle: int, loads: list[Built], drawn: Floats, *, deployment: bool
    ) -> None:
        """Flights are loaded for these days: `drawn`, four uniform numbers of each, say what becomes of them."""
        history = self.histories[vehicle]
        service = history.service
        days = days + service.slip_days.quantile(drawn[:, 3])
        stands = service.stand_down.quantile(drawn[:, 1], drawn[:, 2])
        failed = drawn[:, 0] >= history.success
        waiting = self._flights[vehicle]
        each = zip(days.tolist(), planes, failed.tolist(), stands.tolist(), loads, strict=True)
        for number, (day, plane, fails, stand, aboard) in enumerate(each, self._numbers):
            flight = Flight(day, plane, int(aboard.design[0]), vehicle, deployment, fails, stand, aboard)
            heappush(waiting, (day, number, flight))
        self._numbers += len(loads)

    # A block

    def walk(self, start: float, end: float) -> list[Flown]:
        """What flies in a block, in order of launch."""
        self._get_ready(end)
        for vehicle in range(len(self.histories)):
            self._load(vehicle, start, end)
        flown: list[Flight] = []
        for vehicle, history in enumerate(self.histories):
            waiting = self._flights[vehicle]
            # While the vehicle is grounded all wait; then they go in the order of the days that they were set for.
            while waiting and max(waiting[0][0], history.grounded_until) < end:
                flight = heappop(waiting)[2]
                flight.day = max(flight.day, history.grounded_until)
                if flight.failed:
                    history.grounded_until = flight.day + flight.stand_down_days
                history.flew(len(flight.aboard), flight.design, failed=flight.failed)
                flown.append(flight)
        if len(self.histories) > 1:
            flown.sort(key=lambda one: one.day)
        found = []
        for flight in flown:
            found.append(Flown(flight, self.serials))
            self.serials += len(flight.aboard)
        if found:
            self._write(found)
        return found

    def _get_ready(self, end: float) -> None:
        """Orders that are built join the queue of their vehicle."""
        ready = []
        while self._ready and self._ready[0][0] < end:
            ready.append(heappop(self._ready))
        if not ready:
            return
        days, _, vehicles, planes, orders = zip(*ready, strict=True)
        sizes = [len(one) for one in orders]
        columns = {"plane": planes, "amount": sizes, "design": [int(one.design[0]) for one in orders]}
        self.log.extend(len(ready), time_days=days, kind=EventKind.READY, **columns)
        for vehicle in sorted(set(vehicles)):
            mine = [number for number, own in enumerate(vehicles) if own == vehicle]
            own = [sizes[number] for number in mine]
            where = np.repeat(np.array([planes[number] for number in mine], np.int32), own)
            when = np.repeat([days[number] for number in mine], own)
            self._queues[vehicle].append(Queue(Built.join([orders[number] for number in mine]), where, when))

    def _load(self, vehicle: int, start: float, end: float) -> None:
        """Load the flights of a vehicle's dates in a block, or all that can be where it flies on demand."""
        history, queues = self.histories[vehicle], self._queues[vehicle]
        service = history.service
        if not queues:
            return
        if service.on_demand:
            self._fill(vehicle, None, max(history.grounded_until, 0.0))
            return
        number = max(self._last_date[vehicle] + 1, service.opportunity_from(max(start, history.grounded_until)))
        while (day := service.opportunity_day(number)) < end and self._queues[vehicle]:
            self._last_date[vehicle] = number
            if history.grounded_until <= day:
                self._fill(vehicle, number, day)
            number += 1

    def _fill(self, vehicle: int, number: int | None, day: float) -> None:
        """Fill vehicles plane by plane, the plane whose satellite has waited longest first; `number` of the date."""
        parts = self._queues[vehicle]
        built = Built.join([part.built for part in parts])
        plane = np.concatenate([part.plane for part in parts])
        ready = np.concatenate([part.ready_day for part in parts])
        late = np.flatnonzero(ready > day) if number is not None else np.empty(0, np.intp)
        self._queues[vehicle] = []
        if len(late):  # ready in this block, but after the date: for the next one
            self._queues[vehicle] = [Queue(built.take(late), plane[late], ready[late])]
            due = np.flatnonzero(ready <= day)
            built, plane, ready = built.take(due), plane[due], ready[due]
            if len(due) == 0:
                return
        group = plane.astype(np.int64) * len(self.environment.designs) + built.design
        order = np.argsort(group, kind="stable")  # within one in order of readiness
        begins = np.flatnonzero(np.diff(group[order], prepend=-1))
        rank = np.arange(len(order)) - np.repeat(begins, np.diff(begins, append=len(order)))
        room = self._rooms[vehicle, built.design[order], plane[order]]
        heads = np.flatnonzero(rank % room == 0)  # where a vehicle is full, or its plane has no more
        most = self.histories[vehicle].service.flights_per_opportunity if number is not None else len(heads)
        first_come = np.argsort(order[heads], kind="stable")[:most]
        ends = np.append(heads[1:], len(order))
        if number is not None:
            drawn = self.streams.uniforms("flight", vehicle, number, np.arange(len(first_come)), 0, 4)
        else:
            firsts = order[heads[first_come]]
            site, place = self.fleet.site[built.berth[firsts]], self.fleet.place[built.berth[firsts]]
            drawn = self.streams.uniforms("flight on demand", vehicle, site, place, built.ordinal[firsts], 4)
        left = np.ones(len(order), bool)
        whose = [
            order[begin:end] for begin, end in zip(heads[first_come].tolist(), ends[first_come].tolist(), strict=True)
        ]
        for rows in whose:
            left[rows] = False
        days = [day if number is not None else max(day, float(ready[rows].max())) for rows in whose]
        loads = [built.take(rows) for rows in whose]
        planes = plane[order[heads[first_come]]].tolist()
        self._set_off(np.array(days), planes, vehicle, loads, drawn, deployment=False)
        rest = np.flatnonzero(left)
        if len(rest):
            self._queues[vehicle].insert(0, Queue(built.take(rest), plane[rest], ready[rest]))

    def _write(self, flown: list[Flown]) -> None:
        """Write flights into the log."""
        flights = [one.flight for one in flown]
        columns = {
            "time_days": np.array([one.day for one in flights]),
            "plane": np.array([one.plane for one in flights]),
            "satellite": np.array([one.first_serial for one in flown]),
            "amount": np.array([len(one.aboard) for one in flights]),
            "design": np.array([one.design for one in flights]),
            "vehicle": np.array([one.vehicle for one in flights]),
            "cause": np.where([one.deployment for one in flights], Cause.DEPLOYMENT, Cause.NONE),
        }
        every = np.arange(len(flown))
        rows = [(every, np.full(len(flown), EventKind.LAUNCHED), columns["cause"], columns["amount"])]
        later = np.flatnonzero(columns["cause"] == Cause.NONE)
        if len(later):
            reasons = [flights[number].aboard.reason for number in later]
            flight = np.repeat(later, [len(one) for one in reasons])
            key, count = np.unique(flight * 256 + np.concatenate(reasons), return_counts=True)
            of, reason = np.divmod(key, 256)
            rows.append((of, np.full(len(of), EventKind.ABOARD), reason, count))
        lost = np.flatnonzero([one.failed for one in flights])
        rows.append(
            (lost, np.full(len(lost), EventKind.LAUNCH_FAILED), columns["cause"][lost], columns["amount"][lost])
        )
        of, kind, cause, amount = (np.concatenate(parts) for parts in zip(*rows, strict=True))
        order = np.argsort(of, kind="stable")  # the rows of a flight follow one another
        of = of[order]
        same = {name: column[of] for name, column in columns.items() if name not in ("cause", "amount")}
        self.log.extend(len(of), kind=kind[order], cause=cause[order], amount=amount[order], **same)
