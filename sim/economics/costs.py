"""What a run costs: prices on its log.  Pure, so a sweep over prices reruns nothing.

Satellites and GPUs are paid for in part when they are ordered, or begun for the ground stock, in part when they are
built, and for the rest at launch, whether the flight succeeds or not: what is ordered and never flies is not free.
Money is undiscounted.  At the horizon the straight-line value of the life that is left in satellites in orbit is
credited: otherwise a strategy that stops maintaining its fleet near the end of the study would win by accounting alone.
No satellite is credited with more than it would cost to replace it in a full flight: seats that flew empty are gone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.constants import DAYS_PER_YEAR
from sim.economics.bill import Bill, bills_of
from sim.economics.campus import HallCosts, hall_costs
from sim.economics.ground import begun, finished, flown, ground_satellite_years
from sim.economics.servicing import NO_SERVICING, ServicingCosts, servicing_costs
from sim.economics.spares import stored_satellite_years, transfer_propellant_kg
from sim.events import ARRIVALS, ENDS, GPU_LOSSES, Cause, EventKind
from sim.launch import AnyPrice, Purchase
from sim.result import Result
from sim.scenario.prices import Economics, Payment

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Costs:
    """The money of one run, USD, undiscounted."""

    satellites_usd: float
    """Satellites launched, without their GPUs."""
    gpus_usd: float
    """GPUs launched."""
    launches_usd: float
    """Flights, the failed ones too."""
    unflown_usd: float
    """Paid for satellites, GPUs included, that were ordered or built for stock and have not flown at the horizon."""
    unflown_refund_usd: float
    """What of it comes back: they are cancelled there."""
    operations_usd: float
    """Fixed operations over the horizon, and those of working satellites."""
    holding_usd: float
    """Spares in store, in planes and parking orbits."""
    transfers_usd: float
    """Propellant of climbs from parking orbits, where it is not in the price of the satellite, as it is where that is
    `sized`."""
    deployment_usd: float
    """Part of satellites, GPUs and flights above that went into the initial deployment."""
    unexpired_credit_usd: float
    """Straight-line value, at the horizon, of the life left in satellites in orbit and on their way: of the replacement
    cost in a full flight, until the design life ends or the propellant; and of that in servicers."""
    servicing: ServicingCosts = NO_SERVICING
    """Servicers, cartridges, their flights and hours, the first ones included."""
    ground_holding_usd: float = 0.0
    """Satellites on the ground that are built and have not flown: in stock, in processing and waiting for a flight."""

    @property
    def total_uncredited_usd(self) -> float:
        """All that was paid, the initial deployment included."""
        bought_usd = self.satellites_usd + self.gpus_usd + self.launches_usd + self.unflown_usd
        kept_usd = self.operations_usd + self.holding_usd + self.ground_holding_usd + self.transfers_usd
        return bought_usd + kept_usd + self.servicing.total_usd

    @property
    def total_usd(self) -> float:
        """All that was paid, less what cancelled orders bring back and the value of unexpired life at the horizon."""
        return self.total_uncredited_usd - self.unflown_refund_usd - self.unexpired_credit_usd


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

    @classmethod
    def of(cls, result: Result) -> Flights:
        """The flights in a run's log."""
        log = result.events
        rows = np.flatnonzero(log.kind == EventKind.LAUNCHED)
        return cls(
            satellites=np.rint(log.amount[rows]).astype(np.int64),
            first_satellite=log.satellite[rows].astype(np.int64),
            deployment=log.cause[rows] == Cause.DEPLOYMENT,
            design=log.design[rows].astype(np.int64),
            plane=log.plane[rows].astype(np.int64),
            vehicle=log.vehicle[rows].astype(np.int64),
            day=log.time_days[rows],
        )

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
    return PricedFlights(
        flights=flights,
        bills=bills,
        usd=flight_usd,
        share_usd=np.minimum(flight_usd / np.maximum(flights.satellites, 1), full_usd),
        bus_usd=flights.satellites * np.array([bill.bus_usd for bill in bills])[flights.design],
        gpus_usd=flights.satellites * np.array([bill.gpus_usd for bill in bills])[flights.design],
    )


def costs(result: Result, *, economics: Economics | None = None, launch_price: AnyPrice | None = None) -> Costs:
    """What the run cost.

    `economics` and `launch_price` replace the price list and the price of a flight of the main vehicle in the run's own
    scenario.  Launch decisions stay as they were, those of a strategy that looks at prices too.
    """
    scenario = result.scenario
    prices = scenario.economics if economics is None else economics
    priced = priced_flights(result, economics=economics, launch_price=launch_price)
    if scenario.campus is not None:
        return _costs_of_hall(result, hall_costs(result, scenario.campus, priced.bills[0]), prices)
    flights, bills, flight_usd, share_usd = priced.flights, priced.bills, priced.usd, priced.share_usd
    unflown = _paid_unflown_usd(result, bills, prices.payment)
    bus_usd, gpus_usd = priced.bus_usd, priced.gpus_usd
    # A fleet that stands in place is charged what brings it up on average.
    times = np.where(flights.deployment, scenario.deployment_flights_each, 1.0)
    servicing = servicing_costs(result, bills[0])
    return Costs(
        satellites_usd=float((times * bus_usd).sum()),
        gpus_usd=float((times * gpus_usd).sum()),
        launches_usd=float((times * flight_usd).sum()),
        unflown_usd=unflown,
        unflown_refund_usd=unflown * prices.payment.refund_share,
        operations_usd=_operations_usd(result, prices),
        holding_usd=stored_satellite_years(result) * prices.holding_usd_per_satellite_year,
        ground_holding_usd=_satellites_usd(ground_satellite_years(result, len(bills)), bills)
        * prices.ground_holding_share_per_year,
        transfers_usd=float(transfer_usd(result, bills, prices).sum()),
        deployment_usd=float((times * (flight_usd + bus_usd + gpus_usd))[flights.deployment].sum()),
        servicing=servicing,
        unexpired_credit_usd=_unexpired_credit_usd(result, flights, share_usd, bills) + servicing.unexpired_credit_usd,
    )


def _costs_of_hall(result: Result, hall: HallCosts, prices: Economics) -> Costs:
    """What a campus cost: its hosts in place of satellites, its technicians in place of servicers."""
    return Costs(
        satellites_usd=hall.hosts_usd,
        gpus_usd=hall.gpus_usd,
        launches_usd=0.0,
        unflown_usd=0.0,
        unflown_refund_usd=0.0,
        operations_usd=_operations_usd(result, prices),
        holding_usd=stored_satellite_years(result) * prices.holding_usd_per_satellite_year,
        transfers_usd=0.0,
        deployment_usd=hall.hosts_usd + hall.gpus_usd,
        servicing=ServicingCosts(parts_usd=hall.parts_usd, hours_usd=hall.technicians_usd),
        unexpired_credit_usd=hall.unexpired_credit_usd,
    )


def _operations_usd(result: Result, prices: Economics) -> float:
    """Operations, fixed and of what works."""
    fixed_usd = result.scenario.mission.years * prices.operations_usd_per_year
    return fixed_usd + working_satellite_years(result) * prices.operations_usd_per_satellite_year


def working_satellite_years(result: Result) -> float:
    """Integral over the horizon of the number of satellites at work in slots, satellite-years."""
    log = result.events
    # Each change counts from its time to the horizon.
    return float((log.satellites * (result.horizon_days - log.time_days)).sum() / DAYS_PER_YEAR)


def transfer_usd(result: Result, bills: list[Bill], prices: Economics) -> Floats:
    """Propellant of climbs from parking orbits, with each row of the log, USD."""
    log = result.events
    extra = np.array([bill.given_usd is not None for bill in bills])[log.design]
    return np.asarray(transfer_propellant_kg(log) * extra * prices.parts.propellant_usd_per_kg, float)


def _paid_unflown_usd(result: Result, bills: list[Bill], payment: Payment) -> float:
    """What was paid by the horizon for satellites that have been begun, to order or for stock, and have not flown."""
    log = result.events
    paid = payment.order_share * (begun(log) - flown(log)) + payment.delivery_share * (finished(log) - flown(log))
    return _satellites_usd(np.bincount(log.design, paid, minlength=len(bills)).astype(float), bills)


def _satellites_usd(satellites: Floats, bills: list[Bill]) -> float:
    """Price of so many satellites of each design."""
    return float(satellites @ np.array([bill.usd for bill in bills]))


def _unexpired_credit_usd(result: Result, flights: Flights, share_usd: Floats, bills: list[Bill]) -> float:
    """Value of the life left, straight line from arrival in orbit to the end of the design life, or of the propellant
    where that is earlier; a lost unit has none.

    `share_usd`: what it took to bring up one satellite of each flight.
    """
    log = result.events
    if len(flights.satellites) == 0:
        return 0.0
    size = int((flights.first_satellite + flights.satellites).max())
    flight_of = np.full(size, -1)
    serial = np.repeat(flights.first_satellite, flights.satellites)
    within = np.arange(len(serial)) - np.repeat(np.cumsum(flights.satellites) - flights.satellites, flights.satellites)
    flight_of[serial + within] = np.repeat(np.arange(len(flights.satellites)), flights.satellites)

    alive = flight_of >= 0
    alive[log.satellite[np.isin(log.kind, ENDS)]] = False
    failed = np.flatnonzero(log.kind == EventKind.LAUNCH_FAILED)
    flew_to_loss = np.isin(flights.first_satellite, log.satellite[failed])
    alive &= ~flew_to_loss[flight_of]

    def of_each(values: list[float]) -> Floats:
        """A figure of each satellite's design."""
        return np.asarray(np.array(values)[flights.design[flight_of]], float)

    arrived = np.isin(log.kind, ARRIVALS)
    age_days, life_days = np.zeros(size), np.ones(size)  # what is still on its way is new
    age_days[log.satellite[arrived]] = result.horizon_days - log.time_days[arrived]
    # Nobody writes off more slowly because of what a strategy does later: else one that extends lives wins by it.
    scenario = result.scenario
    design_days = [scenario.design(name).design_life_years * DAYS_PER_YEAR for name in scenario.design_names]
    life_days[log.satellite[arrived]] = np.minimum(log.amount, np.array(design_days)[log.design])[arrived]
    left = 1 - np.minimum(1.0, np.divide(age_days, life_days, out=np.ones(size), where=life_days > 0))
    died = np.isin(log.kind, GPU_LOSSES)
    # A row of a single GPU has no amount.
    dead_gpus = np.bincount(log.satellite[died], np.maximum(log.amount[died], 1.0), minlength=size)[:size]
    back = log.kind == EventKind.SERVICED
    dead_gpus -= np.bincount(log.satellite[back], log.amount[back], minlength=size)[:size]
    living = of_each([bill.positions for bill in bills]) - dead_gpus
    value_usd = of_each([bill.bus_usd for bill in bills]) + of_each([bill.gpu_usd for bill in bills]) * living
    return float(((value_usd + share_usd[flight_of]) * left)[alive].sum())
