"""What a run costs: prices on its log.  Pure, so a sweep over prices reruns nothing.

Every payment has its day (`Ledger`): satellites and GPUs are paid for in part when they are ordered, or begun for the
ground stock, in part when they are built, and for the rest at launch, whether the flight succeeds or not; what is due
at any time is paid by the month.  A payment counts by its value on the mission's first day, at the rate of
`economics.discount` for orbit or ground.  At the horizon the value of the life that is left in satellites in orbit is
credited: otherwise a strategy that stops maintaining its fleet near the end of the study would win by accounting alone.
No satellite is credited with more than it would cost to replace it in a full flight: seats that flew empty are gone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from sim.constants import DAYS_PER_YEAR
from sim.economics.bill import Bill
from sim.economics.campus import hall_entries
from sim.economics.facility import facility_entries
from sim.economics.ground import finished, flown
from sim.economics.ledger import SERVICING, Entry, Item, Ledger, monthly
from sim.economics.purchases import PricedFlights, flight_entries, priced_flights, unexpired_usd, unflown_entries
from sim.economics.servicing import servicing_entries
from sim.economics.spares import stored_changes, transfer_propellant_kg
from sim.events import EventKind
from sim.launch import AnyPrice
from sim.result import Result
from sim.scenario.models import Scenario
from sim.scenario.prices import Economics

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Costs:
    """The money of one run, USD."""

    ledger: Ledger
    """Every payment on its day, undiscounted."""
    rate_per_year: float
    """Discount rate."""

    def __getitem__(self, item: Item) -> float:
        """What was paid for an item, undiscounted."""
        return self.ledger.total(item)

    @cached_property
    def present(self) -> Ledger:
        """The payments at their value on the mission's first day."""
        return self.ledger.discounted(self.rate_per_year)

    @property
    def total_usd(self) -> float:
        """Present value of all payments, less that of what cancelled orders bring back and of unexpired life."""
        return self.present.total()

    @property
    def undiscounted_usd(self) -> float:
        """The same at a rate of 0."""
        return self.ledger.total()

    @property
    def total_uncredited_usd(self) -> float:
        """Present value of all that was paid, without refunds and credit."""
        return self.present.total(*(item for item in Item if item not in (Item.CREDIT, Item.REFUND)))

    @property
    def servicing_usd(self) -> float:
        """What mending costs, the first servicers and parts included, undiscounted."""
        return self.ledger.total(*SERVICING)

    @property
    def deployment_usd(self) -> float:
        """Satellites, GPUs and flights of the initial deployment, undiscounted."""
        return float(self.ledger.usd[self.ledger.initial].sum())


def discount_rate(scenario: Scenario, economics: Economics | None = None) -> float:
    """Discount rate of a scenario: that of the ground where it has a campus; `economics` replaces its price list."""
    rates = (scenario.economics if economics is None else economics).discount
    return rates.ground_per_year if scenario.campus else rates.orbit_per_year


def costs(result: Result, *, economics: Economics | None = None, launch_price: AnyPrice | None = None) -> Costs:
    """What the run cost.

    `economics` and `launch_price` replace the price list and the price of a flight of the main vehicle in the run's own
    scenario.  Launch decisions stay as they were, those of a strategy that looks at prices too.
    """
    scenario = result.scenario
    prices = scenario.economics if economics is None else economics
    priced = priced_flights(result, economics=prices, launch_price=launch_price)
    if scenario.campus:
        rate, as_annuity = prices.discount.ground_per_year, prices.depreciation == "annuity"
        entries = [
            *hall_entries(result, scenario.campus, priced.bills[0], prices),
            *facility_entries(result, scenario.campus, rate, as_annuity=as_annuity),
            *_kept(result, priced, prices),
        ]
    else:
        entries = [*_constellation(result, priced, prices), *_kept(result, priced, prices)]
    return Costs(Ledger.of(entries), discount_rate(scenario, prices))


def _constellation(result: Result, priced: PricedFlights, prices: Economics) -> Iterator[Entry]:
    """Payments for what flies."""
    scenario, log, flights, bills = result.scenario, result.events, priced.flights, priced.bills
    # A fleet in place has no failed flights in its log: it is charged those that success takes on average.
    times = np.ones(len(flights.satellites))
    if scenario.deployment.kind == "in_place":
        times[flights.deployment] = scenario.launch.vehicle.flights_per_delivery
    yield from flight_entries(result, priced, prices, times)
    yield from unflown_entries(result, priced, prices)
    yield from servicing_entries(result, bills[0], prices)
    burnt = transfer_usd(result, bills, prices)
    climbs = np.flatnonzero(burnt)
    yield Entry(Item.TRANSFERS, log.time_days[climbs], burnt[climbs])
    if prices.disposal_usd_per_satellite:
        ends = log.where(EventKind.BUS_FAILED, EventKind.RETIRED)
        yield Entry(Item.DISPOSAL, ends.time_days, np.full(len(ends), prices.disposal_usd_per_satellite))
    if scenario.ground and scenario.ground.stations:
        middles, years = monthly([0.0], [1.0], result.horizon_days)
        per_year = len(scenario.ground.stations) * prices.ground_station_usd_per_year
        yield Entry(Item.GROUND_SEGMENT, middles, per_year * years)
    elif scenario.ground:
        middles, years = monthly(log.time_days, log.satellites, result.horizon_days)
        yield Entry(Item.GROUND_SEGMENT, middles, years * prices.relay_usd_per_satellite_year)
    credit = unexpired_usd(result, priced, prices, discount_rate(scenario, prices))
    yield Entry(Item.CREDIT, result.horizon_days, -credit)


def _kept(result: Result, priced: PricedFlights, prices: Economics) -> Iterator[Entry]:
    """Payments that go on: development, operations, insurance, what is kept in store."""
    log, horizon, bills = result.events, result.horizon_days, priced.bills
    usd = np.array([bill.usd for bill in bills])
    # What is at work costs what was paid for it; hosts, which do not fly, all cost the same.
    rows = np.flatnonzero(log.satellites)
    days, change = log.time_days[rows], log.satellites[rows]
    paid = priced.usd_of_each
    worth = paid[log.satellite[rows]] if paid.size else usd[log.design[rows]]
    yield Entry(Item.DEVELOPMENT, 0.0, prices.development_usd)
    middles, fixed = monthly([0.0], [1.0], horizon)
    _, working = monthly(days, change, horizon)
    _, value = monthly(days, change * worth, horizon)
    of_each = prices.operations_usd_per_satellite_year * working + prices.operations_share_per_year * value
    yield Entry(Item.OPERATIONS, middles, prices.operations_usd_per_year * fixed + of_each)
    yield Entry(Item.MAINTENANCE, middles, prices.maintenance_share_per_year * value)
    yield Entry(Item.INSURANCE, middles, prices.insurance.orbit_share_per_year * value)
    _, stored = monthly(log.time_days, stored_changes(log), horizon)
    yield Entry(Item.HOLDING, middles, prices.holding_usd_per_satellite_year * stored)
    if prices.ground_holding_share_per_year:
        _, on_ground = monthly(log.time_days, (finished(log) - flown(log)) * usd[log.design], horizon)
        yield Entry(Item.GROUND_HOLDING, middles, prices.ground_holding_share_per_year * on_ground)


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
