"""What becomes of an order until it is ready for flight: turns on the line, the ground stock, processing.

A design with a ground stock is built for stock alone: orders take what is finished, the oldest first, and what is not
as it comes from the line, first come, first served.  All other satellites are built to order.
"""

from __future__ import annotations

import zlib
from collections import deque
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import simpy

from sim.engine.built import Built
from sim.engine.context import Context
from sim.engine.launches import LaunchSite
from sim.events import Cause, EventKind
from sim.scenario.factory import Factory

Process = Generator[simpy.Event, Any, None]


@dataclass(frozen=True)
class _Waiting:
    """A satellite that an order waits for: the next one built for stock is for it."""

    site: LaunchSite
    plane: int
    built: Built
    since: float


@dataclass
class _Stock:
    """The ground stock of one design."""

    design: int
    level: int
    """Base stock."""
    finished: deque[float] = field(default_factory=deque)
    """Days on which those in stock were finished, the oldest first."""
    due: dict[int, float] = field(default_factory=dict)
    """Day on which each one that is being built is expected to be finished, by its number."""
    waiting: deque[_Waiting] = field(default_factory=deque)
    begun: int = 0
    """Satellites built for it so far, those of the start apart: what random numbers know them by."""

    @property
    def position(self) -> int:
        """What is in stock or being built, less what orders wait for."""
        return len(self.finished) + len(self.due) - len(self.waiting)


class _Line:
    """The turns on the line of a factory."""

    def __init__(self, factory: Factory) -> None:
        self._factory = factory
        self._next = 0.0  # its next free place

    def turn(self, nth: int, now: float) -> float:
        """Day on which the n-th one (from 1) that is ordered now would have its turn."""
        if not self._factory.has_limit:
            return now
        return max(now, self._factory.day_of(max(self._next, self._factory.places_until(now)) + nth - 1))

    def take(self, count: int, now: float) -> list[float]:
        """Take the next turns of so many satellites; returns their days."""
        days = [self.turn(nth, now) for nth in range(1, count + 1)]
        if self._factory.has_limit:
            self._next = max(self._next, self._factory.places_until(now)) + count
        return days


class Production:
    """Builds what is ordered, and what is kept on the ground."""

    def __init__(
        self,
        context: Context,
        available_from: Mapping[str, float],
        by_name: str | None = None,
    ) -> None:
        """`available_from`: mission day from which each design can be ordered, by name, in the scenario's order.

        `by_name`: the design that the strategy orders whatever newer ones there are, or none.
        """
        self.context = context
        self._available_from = available_from
        self._names = list(available_from)
        self._by_name = by_name
        self._factory = context.scenario.factory
        self._line = None if self._factory is None else _Line(self._factory)
        self._stocks: dict[int, _Stock] = {}

    def open(self) -> None:
        """Begin to keep what is to be kept, each design from the day on which it can be ordered."""
        for design, (name, day) in enumerate(self._available_from.items()):
            if self._factory is None or not self._factory.level(name):
                continue
            if day == 0:
                self._open(design, self._factory)
            else:
                self.context.env.process(self._open_on(day, design))

    def _open_on(self, day: float, design: int) -> Process:
        yield self.context.env.timeout(day)
        self._stock_of(design)

    def _stock_of(self, design: int) -> _Stock | None:
        """The stock of a design, none where it has none; it is opened here for who comes first on its first day."""
        name, factory = self._names[design], self._factory
        due = factory is not None and factory.level(name) > 0 and self._available_from[name] <= self.context.now
        if factory is not None and due and design not in self._stocks:
            self._open(design, factory)
        return self._stocks.get(design)

    def _open(self, design: int, factory: Factory) -> None:
        name, now = self._names[design], self.context.now
        stock = self._stocks[design] = _Stock(design, factory.level(name))
        if now == 0 and (there := factory.at_start(name)):
            stock.finished.extend([now] * there)
            row: dict[str, Any] = {"cause": Cause.DEPLOYMENT, "amount": there, "design": design}
            self.context.log.append(now, EventKind.COMMISSIONED, **row)
            self.context.log.append(now, EventKind.STOCKED, **row)
        self._commission(stock, stock.level - stock.position)

    # What an operator knows

    @property
    def in_stock(self) -> dict[str, int]:
        """Finished satellites on the ground that no order has taken, by design."""
        return {name: len(self._stocks[i].finished) if i in self._stocks else 0 for i, name in enumerate(self._names)}

    def ready_days(self, design: int, vehicle: int, nth: int = 1) -> float:
        """Mean days until the n-th of so many ordered now is ready for flight.

        By what is in stock, being built and waited for, as an operator reckons: by mean times.
        """
        lead, now = self.context.scenario.launch.services[vehicle].lead_time_days, self.context.now
        if self._factory is None or self._line is None:
            return lead.expected_days()
        stock = self._stock_of(design)
        if stock is None:
            return self._line.turn(nth, now) - now + lead.expected_days()
        processing = self._factory.processing_days.expected_days()
        if nth <= len(stock.finished):
            return processing
        before = len(stock.waiting) + nth - len(stock.finished) - 1  # of those that are being built, for others
        if before < len(stock.due):
            finished = sorted(stock.due.values())[before]
        else:
            finished = self._line.turn(before - len(stock.due) + 1, now) + self._factory.mean_build_days()
        return max(0.0, finished - now) + processing

    # Orders

    def supply(self, site: LaunchSite, plane: int, ordered: Sequence[Built]) -> None:
        """Have satellites of one design ready for flight, as soon as it can be."""
        now, stock = self.context.now, self._stock_of(ordered[0].design)
        if stock is None:
            turns = self._line.take(len(ordered), now) if self._line is not None else []
            self.context.env.process(self._build_to_order(site, plane, ordered, turns))
            return
        at_once = ordered[: len(stock.finished)]
        wanted = [_Waiting(site, plane, built, now) for built in ordered]
        taken = [stock.finished.popleft() for _ in at_once]
        stock.waiting.extend(wanted[len(taken) :])
        if taken:
            self._take(wanted[: len(taken)], taken)
        self._commission(stock, (stock.level if self._refilled(stock) else 0) - stock.position)

    def _refilled(self, stock: _Stock) -> bool:
        """Whether what is taken from a stock is built anew: of the newest design, or of the one ordered by name."""
        now, name = self.context.now, self._names[stock.design]
        there = [other for other, day in self._available_from.items() if day <= now]
        return name in (self._by_name, max(there, key=lambda other: self._available_from[other]))

    def _build_to_order(self, site: LaunchSite, plane: int, ordered: Sequence[Built], turns: list[float]) -> Process:
        """Build an order, each satellite from its turn on the line on, all as fast as one another."""
        env = self.context.env
        # Addressed by the first satellite's place, which is ordered only once: any strategy that orders it waits alike.
        stream = self.context.streams.of("order", *ordered[0].address(self.context.fleet))
        days = site.service.lead_time_days.draw(stream)
        if self._factory is None or not self._factory.has_limit:
            yield env.timeout(days)
            site.ready(plane, [replace(built, finished_day=self.context.now) for built in ordered])
            return
        for built, turn in zip(ordered, turns, strict=True):
            yield env.timeout(max(0.0, turn + days - self.context.now))
            site.ready(plane, [replace(built, finished_day=self.context.now)])

    # The ground stock

    def _commission(self, stock: _Stock, count: int) -> None:
        """Begin so many satellites for stock."""
        if count <= 0:
            return
        assert self._factory is not None
        assert self._line is not None
        now, expected = self.context.now, self._factory.mean_build_days()
        self.context.log.append(now, EventKind.COMMISSIONED, amount=count, design=stock.design)
        for turn in self._line.take(count, now):
            stock.due[stock.begun] = turn + expected
            self.context.env.process(self._build_for_stock(stock, stock.begun, turn))
            stock.begun += 1

    def _build_for_stock(self, stock: _Stock, number: int, turn: float) -> Process:
        """Build one; it is for the order that has waited longest, if one waits."""
        assert self._factory is not None
        assert self._factory.build_days is not None
        name = zlib.crc32(self._names[stock.design].encode())
        stream = self.context.streams.of("build for stock", name, number)
        yield self.context.env.timeout(turn - self.context.now + self._factory.build_days.draw(stream))
        now = self.context.now
        del stock.due[number]
        self.context.log.append(now, EventKind.STOCKED, amount=1, design=stock.design)
        if stock.waiting:
            self._take([stock.waiting.popleft()], [now])
        else:
            stock.finished.append(now)

    def _take(self, wanted: Sequence[_Waiting], finished: Sequence[float]) -> None:
        """Take satellites from stock, finished on these days, for one order, and send them to their launch."""
        first, now = wanted[0], self.context.now
        self.context.log.extend(
            len(wanted),
            time_days=now,
            kind=EventKind.TAKEN,
            plane=first.plane,
            amount=[now - one.since for one in wanted],
            design=first.built.design,
            vehicle=first.site.vehicle,
        )
        satellites = [replace(one.built, finished_day=day) for one, day in zip(wanted, finished, strict=True)]
        self.context.env.process(self._process(first.site, first.plane, satellites))

    def _process(self, site: LaunchSite, plane: int, satellites: list[Built]) -> Process:
        """Ship satellites to the launch site and make them ready for flight."""
        assert self._factory is not None
        stream = self.context.streams.of("processing", *satellites[0].address(self.context.fleet))
        yield self.context.env.timeout(self._factory.processing_days.draw(stream))
        site.ready(plane, satellites)
