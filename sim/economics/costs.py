"""What a run costs: prices on its log.  Pure, so a sweep over prices reruns nothing.

Satellites and GPUs are paid for at launch, whether the flight succeeds or not.  Money is undiscounted.  At the
horizon the straight-line value of the life that is left in satellites in orbit is credited: otherwise a strategy that
stops maintaining its fleet near the end of the study would win by accounting alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.constants import DAYS_PER_YEAR
from sim.economics.bill import Bill, bills_of
from sim.economics.servicing import NO_SERVICING, ServicingCosts, servicing_costs
from sim.events import ARRIVALS, ENDS, GPU_LOSSES, Cause, EventKind
from sim.launch import AnyPrice
from sim.result import Result
from sim.scenario.models import Economics

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
    operations_usd: float
    """Fixed operations over the horizon, and those of working satellites."""
    deployment_usd: float
    """Part of satellites, GPUs and flights above that went into the initial deployment."""
    unexpired_credit_usd: float
    """Straight-line value, at the horizon, of the life left in satellites in orbit and on their way, and in servicers.
    """
    servicing: ServicingCosts = NO_SERVICING
    """Servicers, cartridges, their flights and hours, the first ones included."""

    @property
    def total_uncredited_usd(self) -> float:
        """All that was paid, the initial deployment included."""
        bought_usd = self.satellites_usd + self.gpus_usd + self.launches_usd
        return bought_usd + self.operations_usd + self.servicing.total_usd

    @property
    def total_usd(self) -> float:
        """All that was paid, less the value of unexpired life at the horizon."""
        return self.total_uncredited_usd - self.unexpired_credit_usd


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
        )

    def price_usd(self, launch_price: AnyPrice, bills: list[Bill]) -> Floats:
        """Price of each flight, USD."""
        # Few loads occur, each is priced once.
        loads, load_of = np.unique(np.stack([self.satellites, self.design]), axis=1, return_inverse=True)
        price = [bills[design].flight_usd(launch_price, float(count)) for count, design in loads.T]
        return np.array(price, dtype=float)[load_of.ravel()]


def costs(result: Result, *, economics: Economics | None = None, launch_price: AnyPrice | None = None) -> Costs:
    """What the run cost.

    `economics` and `launch_price` replace the price list and the price of a flight in the run's own scenario.  Launch
    decisions stay as they were: no strategy of this version looks at prices.
    """
    scenario = result.scenario
    prices = scenario.economics if economics is None else economics
    bills = bills_of(scenario.model_copy(update={"economics": prices}), result.parts)
    flights = Flights.of(result)
    flight_usd = flights.price_usd(scenario.launch.vehicle.price if launch_price is None else launch_price, bills)
    bus_usd = flights.satellites * np.array([bill.bus_usd for bill in bills])[flights.design]
    gpus_usd = flights.satellites * np.array([bill.gpus_usd for bill in bills])[flights.design]
    # A fleet that stands in place is charged what brings it up on average.
    times = np.where(flights.deployment, scenario.deployment_flights_each, 1.0)
    servicing = servicing_costs(result, bills[0])
    return Costs(
        satellites_usd=float((times * bus_usd).sum()),
        gpus_usd=float((times * gpus_usd).sum()),
        launches_usd=float((times * flight_usd).sum()),
        operations_usd=scenario.mission.years * prices.operations_usd_per_year
        + working_satellite_years(result) * prices.operations_usd_per_satellite_year,
        deployment_usd=float((times * (flight_usd + bus_usd + gpus_usd))[flights.deployment].sum()),
        servicing=servicing,
        unexpired_credit_usd=_unexpired_credit_usd(result, flights, flight_usd, bills) + servicing.unexpired_credit_usd,
    )


def working_satellite_years(result: Result) -> float:
    """Integral over the horizon of the number of satellites at work in slots, satellite-years."""
    log = result.events
    # Each change counts from its time to the horizon.
    return float((log.satellites * (result.horizon_days - log.time_days)).sum() / DAYS_PER_YEAR)


def _unexpired_credit_usd(result: Result, flights: Flights, flight_usd: Floats, bills: list[Bill]) -> float:
    """Value of the life left, straight line from arrival in orbit to the design life; a lost unit has none."""
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
    age_days = np.zeros(size)  # what is still on its way is new
    age_days[log.satellite[arrived]] = result.horizon_days - log.time_days[arrived]
    left = np.maximum(0.0, 1 - age_days / of_each([bill.life_days for bill in bills]))
    died = np.isin(log.kind, GPU_LOSSES)
    # A row of a single GPU has no amount.
    dead_gpus = np.bincount(log.satellite[died], np.maximum(log.amount[died], 1.0), minlength=size)[:size]
    back = log.kind == EventKind.SERVICED
    dead_gpus -= np.bincount(log.satellite[back], log.amount[back], minlength=size)[:size]
    living = of_each([bill.positions for bill in bills]) - dead_gpus
    value_usd = of_each([bill.bus_usd for bill in bills]) + of_each([bill.gpu_usd for bill in bills]) * living
    return float(((value_usd + (flight_usd / flights.satellites)[flight_of]) * left)[alive].sum())
