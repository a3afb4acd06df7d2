"""What a run costs: prices on its log.  Pure, so a sweep over prices reruns nothing.

Satellites and GPUs are paid for at launch, whether the flight succeeds or not.  Money is undiscounted.  At the
horizon the straight-line value of the life that is left in satellites in orbit is credited: otherwise a strategy that
stops maintaining its fleet near the end of the study would win by accounting alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

import numpy as np
from numpy.typing import NDArray

from sim.constants import DAYS_PER_YEAR
from sim.events import Cause, EventKind
from sim.launch import AnyPrice
from sim.result import Result
from sim.scenario.models import Economics, Scenario

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
    """Straight-line value, at the horizon, of the life left in satellites in orbit and on their way."""

    @property
    def total_uncredited_usd(self) -> float:
        """All that was paid, the initial deployment included."""
        return self.satellites_usd + self.gpus_usd + self.launches_usd + self.operations_usd

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

    @classmethod
    def of(cls, result: Result) -> Flights:
        """The flights in a run's log."""
        log = result.events
        rows = np.flatnonzero(log.kind == EventKind.LAUNCHED)
        return cls(
            satellites=np.rint(log.amount[rows]).astype(np.int64),
            first_satellite=log.satellite[rows].astype(np.int64),
            deployment=log.cause[rows] == Cause.DEPLOYMENT,
        )

    def price_usd(self, launch_price: AnyPrice, satellite_mass_kg: float) -> Floats:
        """Price of each flight, USD."""
        # Few loads occur, each is priced once.
        loads, load_of = np.unique(self.satellites, return_inverse=True)
        price = np.array([launch_price.cost_usd(float(n) * satellite_mass_kg) for n in loads], dtype=float)
        return price[load_of]


def costs(result: Result, *, economics: Economics | None = None, launch_price: AnyPrice | None = None) -> Costs:
    """What the run cost.

    `economics` and `launch_price` replace the price list and the price of a flight in the run's own scenario.  Launch
    decisions stay as they were: no strategy of this version looks at prices.
    """
    scenario = result.scenario
    prices = scenario.economics if economics is None else economics
    flights = Flights.of(result)
    flight_usd = flights.price_usd(
        scenario.launch.vehicle.price if launch_price is None else launch_price, scenario.satellite.launch_mass_kg
    )
    satellites = int(flights.satellites.sum())
    gpus_usd = scenario.satellite.positions * flown_gpu_usd(scenario, prices)
    deployed = flights.deployment
    paid_usd = flight_usd + flights.satellites * (prices.bus_usd + gpus_usd)
    return Costs(
        satellites_usd=satellites * prices.bus_usd,
        gpus_usd=satellites * gpus_usd,
        launches_usd=float(flight_usd.sum()),
        operations_usd=scenario.mission.years * prices.operations_usd_per_year
        + working_satellite_years(result) * prices.operations_usd_per_satellite_year,
        deployment_usd=float(paid_usd[deployed].sum()),
        unexpired_credit_usd=_unexpired_credit_usd(result, flights, flight_usd, prices),
    )


def flown_gpu_usd(scenario: Scenario, prices: Economics) -> float:
    """Price of a GPU that flies: it bears those that died in the burn-in beside it."""
    passes = float(scenario.reliability.gpu.survival(scenario.reliability.gpu_burn_in_days))
    return prices.gpu_usd / passes if passes > 0 else inf


def working_satellite_years(result: Result) -> float:
    """Integral over the horizon of the number of satellites at work in slots, satellite-years."""
    log = result.events
    # Each change counts from its time to the horizon.
    return float((log.satellites * (result.horizon_days - log.time_days)).sum() / DAYS_PER_YEAR)


def _unexpired_credit_usd(result: Result, flights: Flights, flight_usd: Floats, prices: Economics) -> float:
    """Value of the life left, straight line from arrival in orbit to the design life; a lost unit has none."""
    log, satellite = result.events, result.scenario.satellite
    if len(flights.satellites) == 0:
        return 0.0
    size = int((flights.first_satellite + flights.satellites).max())
    flight_of = np.full(size, -1)
    serial = np.repeat(flights.first_satellite, flights.satellites)
    within = np.arange(len(serial)) - np.repeat(np.cumsum(flights.satellites) - flights.satellites, flights.satellites)
    flight_of[serial + within] = np.repeat(np.arange(len(flights.satellites)), flights.satellites)

    lost = np.isin(log.kind, (EventKind.BUS_FAILED, EventKind.RETIRED))
    alive = flight_of >= 0
    alive[log.satellite[lost]] = False
    failed = np.flatnonzero(log.kind == EventKind.LAUNCH_FAILED)
    flew_to_loss = np.isin(flights.first_satellite, log.satellite[failed])
    alive &= ~flew_to_loss[flight_of]

    arrived = np.isin(log.kind, (EventKind.DELIVERED, EventKind.STORED))
    age_days = np.zeros(size)  # what is still on its way is new
    age_days[log.satellite[arrived]] = result.horizon_days - log.time_days[arrived]
    left = np.maximum(0.0, 1 - age_days / (satellite.design_life_years * DAYS_PER_YEAR))
    died = np.isin(log.kind, (EventKind.GPU_FAILED, EventKind.GROUP_FAILED, EventKind.TRAY_OFF))
    # A row of a single GPU has no amount.
    dead_gpus = np.bincount(log.satellite[died], np.maximum(log.amount[died], 1.0), minlength=size)[:size]
    gpu_usd = flown_gpu_usd(result.scenario, prices)
    value_usd = (
        prices.bus_usd + (flight_usd / flights.satellites)[flight_of] + gpu_usd * (satellite.positions - dead_gpus)
    )
    return float((value_usd * left)[alive].sum())
