"""Satellites and flights: what each cost and when it was paid, and what is left of it at the horizon."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.constants import DAYS_PER_YEAR
from sim.economics.bill import Bill, bills_of
from sim.economics.ground import begun, days_of_each, finished, flown
from sim.economics.ledger import Entry, Item, value_left
from sim.events import ARRIVALS, ENDS, GPU_LOSSES, Cause, EventKind
from sim.launch import AnyPrice, Purchase
from sim.result import Result
from sim.scenario.prices import Economics, Learning

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Flights:
    """The flights of a run, one entry each, in order of launch."""

    satellites: NDArray[np.int64]
    """Satellites aboard."""
    first_satellite: NDArray[np.int64]
    """Serial number of the first one; the others follow."""
    deployment: NDArray[np.bool_]
    """Whether it belongs to the initial deployment."""
    design: NDArray[np.int64]
    """Kind of satellite that it carries, a position in `Scenario.design_names`."""
    plane: NDArray[np.int64]
    """Where it goes."""
    vehicle: NDArray[np.int64]
    """What flies, a position in `LaunchService.names`."""
    day: Floats
    """Mission day of the launch."""
    failed: NDArray[np.bool_]
    """Whether it was lost."""

    @classmethod
    def of(cls, result: Result) -> Flights:
        """The flights in a run's log."""
        log = result.events
        rows = np.flatnonzero(log.of(EventKind.LAUNCHED))
        lost = log.satellite[log.of(EventKind.LAUNCH_FAILED)]
        return cls(
            satellites=np.rint(log.amount[rows]).astype(np.int64),
            first_satellite=log.satellite[rows].astype(np.int64),
            deployment=log.cause[rows] == Cause.DEPLOYMENT,
            design=log.design[rows].astype(np.int64),
            plane=log.plane[rows].astype(np.int64),
            vehicle=log.vehicle[rows].astype(np.int64),
            day=log.time_days[rows],
            failed=np.isin(log.satellite[rows], lost),
        )

    @property
    def flight_of_each(self) -> NDArray[np.int64]:
        """Flight of each satellite, in the order of launch."""
        return np.repeat(np.arange(len(self.satellites)), self.satellites)

    @property
    def serial_of_each(self) -> NDArray[np.int64]:
        """Serial number of each satellite, in the order of launch."""
        before = np.cumsum(self.satellites) - self.satellites
        within = np.arange(int(self.satellites.sum())) - np.repeat(before, self.satellites)
        return np.asarray(np.repeat(self.first_satellite, self.satellites) + within, np.int64)

    def price_usd(self, prices: Sequence[AnyPrice], bills: list[Bill], start_year: float) -> Floats:
        """Price of each flight on its day, USD; `prices` of each vehicle, `start_year` of the mission."""
        return self._priced(self.satellites, prices, bills, start_year)

    def seat_usd(
        self, prices: Sequence[AnyPrice], bills: list[Bill], start_year: float, rooms: NDArray[np.int64]
    ) -> Floats:
        """What each of its satellites would cost to bring up in a full flight on that day, of each flight, USD.

        `rooms`: shape (vehicles, designs, planes).
        """
        seats = np.maximum(rooms[self.vehicle, self.design, self.plane], self.satellites)
        return self._priced(seats, prices, bills, start_year) / seats

    def _priced(
        self, satellites: NDArray[np.int64], prices: Sequence[AnyPrice], bills: list[Bill], start_year: float
    ) -> Floats:
        """Price of each flight if it carried so many satellites, USD."""
        found = np.zeros(len(satellites))
        each_kg = np.array([bill.mass_kg for bill in bills])[self.design]
        for vehicle, price in enumerate(prices):
            rows = np.flatnonzero(self.vehicle == vehicle)
            flown_kg = np.cumsum((self.satellites * each_kg)[rows])
            bought = Purchase(
                day=self.day[rows],
                year=start_year + self.day[rows] / DAYS_PER_YEAR,
                flown_t=(flown_kg - (self.satellites * each_kg)[rows]) / 1000,
                flown=np.arange(len(rows)),
            )
            found[rows] = price.cost_usd((satellites * each_kg)[rows], satellites[rows], bought)
        return found


@dataclass(frozen=True)
class PricedFlights:
    """The flights of a run with what each cost, one entry each, USD."""

    flights: Flights
    bills: list[Bill]
    """Of a satellite of each design."""
    usd: Floats
    """The flight."""
    share_usd: Floats
    """The seat of one of its satellites: no more than in a full flight."""
    bus_usd: Floats
    """Its satellites without their GPUs."""
    gpus_usd: Floats
    """Their GPUs."""
    bus_now_usd: Floats
    """One of its satellites without its GPUs, as it would cost when the last one of the run was built."""
    learnt: float
    """Price of that last one, without GPUs, over that of the first."""

    @property
    def usd_of_each(self) -> Floats:
        """Price of each satellite with its GPUs, by serial number; 0 of those that never flew."""
        flights, each = self.flights, np.maximum(self.flights.satellites, 1)
        found = np.zeros(int((flights.first_satellite + flights.satellites).max(initial=0)))
        found[flights.serial_of_each] = ((self.bus_usd + self.gpus_usd) / each)[flights.flight_of_each]
        return found


def priced_flights(
    result: Result, *, economics: Economics | None = None, launch_price: AnyPrice | None = None
) -> PricedFlights:
    """What each flight of a run cost; other prices as in `costs`."""
    scenario = result.scenario
    prices = scenario.economics if economics is None else economics
    bills = bills_of(scenario.model_copy(update={"economics": prices}), result.parts)
    flights = Flights.of(result)
    launch_prices = [service.vehicle.price for service in scenario.launch.services]
    if launch_price is not None:
        launch_prices[0] = launch_price
    year = scenario.mission.start_year
    flight_usd = flights.price_usd(launch_prices, bills, year)
    # Nobody pays more for a second-hand satellite than for a new one in a full flight.
    full_usd = flights.seat_usd(launch_prices, bills, year, result.rooms)
    bus_usd = np.array([bill.bus_usd for bill in bills])[flights.design]
    learnt, last = _learnt(flights.satellites, prices.learning)
    return PricedFlights(
        flights=flights,
        bills=bills,
        usd=flight_usd,
        share_usd=np.minimum(flight_usd / np.maximum(flights.satellites, 1), full_usd),
        bus_usd=flights.satellites * bus_usd * learnt,
        gpus_usd=flights.satellites * np.array([bill.gpus_usd for bill in bills])[flights.design],
        bus_now_usd=bus_usd * last,
        learnt=last,
    )


def _learnt(satellites: NDArray[np.int64], learning: Learning | None) -> tuple[Floats, float]:
    """Mean price of the satellites of each flight over that of the first, and that of the last one of all.

    The mean over a batch is that of its middle satellite: within a thousandth for a batch of a tenth of those before.
    """
    if learning is None:
        return np.ones(len(satellites)), 1.0
    until = np.cumsum(satellites)
    built = learning.built_before
    middle = (built + until - satellites / 2) / built
    return middle**learning.exponent, float((built + until.max(initial=0)) / built) ** learning.exponent


def flight_entries(result: Result, priced: PricedFlights, prices: Economics, times: Floats) -> Iterator[Entry]:
    """Payments for flights and their satellites; `times` as many of each flight were paid for."""
    flights, payment = priced.flights, prices.payment
    yield Entry(Item.LAUNCHES, flights.day, times * priced.usd, flights.deployment)
    ordered, ready = _paid_before(result, flights)
    at_launch = np.where(flights.deployment, 1.0, 1 - payment.order_share - payment.delivery_share)
    each, flight = np.maximum(flights.satellites, 1), flights.flight_of_each
    later = ~flights.deployment[flight]
    for item, usd in ((Item.SATELLITES, priced.bus_usd), (Item.GPUS, priced.gpus_usd)):
        yield Entry(item, flights.day, times * usd * at_launch, flights.deployment)
        one = (usd / each)[flight][later]
        yield Entry(item, ordered[later], one * payment.order_share)
        yield Entry(item, ready[later], one * payment.delivery_share)
    if prices.insurance.launches:
        value = priced.usd + priced.bus_usd + priced.gpus_usd
        # Of a fleet in place those that fail are the flights beyond the first.
        lost = (times - 1) + flights.failed
        yield Entry(Item.INSURANCE, flights.day, prices.insurance.launch_share * times * value, flights.deployment)
        yield Entry(Item.INSURANCE, flights.day, -lost * value, flights.deployment)


def _paid_before(result: Result, flights: Flights) -> tuple[Floats, Floats]:
    """(day on which each satellite was begun, day on which it was built), in the order of launch.

    The n-th satellite of a design that flies is the n-th that was begun, and built; those of the deployment are begun
    and built when they fly.
    """
    log, flight = result.events, flights.flight_of_each
    day = flights.day[flight]
    later = ~flights.deployment[flight]
    found = []
    for rows in (begun(log), finished(log)):
        when = day.copy()
        for design in np.unique(flights.design):
            whose = np.flatnonzero(later & (flights.design[flight] == design))
            days = days_of_each(log, rows, design)[: len(whose)]
            when[whose[: len(days)]] = np.minimum(days, day[whose[: len(days)]])
        found.append(when)
    return found[0], found[1]


def unflown_entries(result: Result, priced: PricedFlights, prices: Economics) -> Iterator[Entry]:
    """What was paid for satellites that have not flown at the horizon, and what comes back for them there."""
    log, payment = result.events, prices.payment
    paid = 0.0
    for design, bill in enumerate(priced.bills):
        own = log.design == design
        gone = int(flown(log)[own].sum())
        for rows, share in ((begun(log), payment.order_share), (finished(log), payment.delivery_share)):
            days = days_of_each(log, rows, design)[gone:]
            usd = bill.bus_usd * priced.learnt + bill.gpus_usd
            yield Entry(Item.UNFLOWN, days, np.full(len(days), share * usd))
            paid += share * usd * len(days)
    yield Entry(Item.REFUND, result.horizon_days, -paid * payment.refund_share)


def dead_gpus(result: Result, satellites: int) -> Floats:
    """GPUs that each satellite has lost by the horizon, by serial number."""
    log = result.events
    if result.scenario.in_blocks:
        # Those of all satellites of one age, put down to one of them.
        rows = log.of(EventKind.DEAD_ABOARD)
        dead = np.bincount(log.satellite[rows], log.amount[rows], minlength=satellites)
        return np.asarray(dead[:satellites], float)
    died, back = log.of(*GPU_LOSSES), log.of(EventKind.SERVICED)
    # A row of a single GPU has no amount.
    dead = np.bincount(log.satellite[died], np.maximum(log.amount[died], 1.0), minlength=satellites)[:satellites]
    return np.asarray(dead - np.bincount(log.satellite[back], log.amount[back], minlength=satellites)[:satellites])


def unexpired_usd(result: Result, priced: PricedFlights, prices: Economics, rate_per_year: float) -> float:
    """Value at the horizon of the life left, from arrival in orbit to the end of the design life, or of the propellant
    where that is earlier; a lost unit has none."""
    log, flights, bills = result.events, priced.flights, priced.bills
    if len(flights.satellites) == 0:
        return 0.0
    size = int((flights.first_satellite + flights.satellites).max())
    flight_of = np.full(size, -1)
    flight_of[flights.serial_of_each] = flights.flight_of_each

    alive = flight_of >= 0
    alive[log.satellite[log.of(*ENDS)]] = False
    alive &= ~flights.failed[flight_of]

    def of_each(values: list[float]) -> Floats:
        """A figure of each satellite's design."""
        return np.asarray(np.array(values)[flights.design[flight_of]], float)

    arrived = log.of(*ARRIVALS)
    age_days, life_days = np.zeros(size), np.ones(size)  # what is still on its way is new
    age_days[log.satellite[arrived]] = result.horizon_days - log.time_days[arrived]
    # Nobody writes off more slowly because of what a strategy does later: else one that extends lives wins by it.
    scenario = result.scenario
    design_days = [scenario.design(name).design_life_years * DAYS_PER_YEAR for name in scenario.design_names]
    life_days[log.satellite[arrived]] = np.minimum(log.amount, np.array(design_days)[log.design])[arrived]
    years = (age_days / DAYS_PER_YEAR, life_days / DAYS_PER_YEAR)
    left = value_left(*years, rate_per_year, as_annuity=prices.depreciation == "annuity")
    living = of_each([bill.positions for bill in bills]) - dead_gpus(result, size)
    value_usd = priced.bus_now_usd[flight_of] + of_each([bill.gpu_usd for bill in bills]) * living
    return float(((value_usd + priced.share_usd[flight_of]) * left)[alive].sum())
