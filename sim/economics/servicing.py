"""What it costs to mend satellites: servicers, parts, the flights that bring both, and hours of work."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.constants import DAYS_PER_YEAR
from sim.economics.bill import Bill
from sim.events import NONE, Cause, EventKind
from sim.launch import Purchase
from sim.result import Result
from sim.scenario.servicing import Robots


@dataclass(frozen=True)
class ServicingCosts:
    """The money of servicing in one run, USD, undiscounted."""

    servicers_usd: float = 0.0
    """Servicers launched."""
    parts_usd: float = 0.0
    """Cartridges with their GPUs, the first stock included."""
    flights_usd: float = 0.0
    """Flights that bring servicers and cartridges, the failed ones too."""
    hours_usd: float = 0.0
    """Hours of robots, or of crews."""
    unexpired_credit_usd: float = 0.0
    """Straight-line value, at the horizon, of the life left in servicers.  Cartridges in a depot count for nothing."""

    @property
    def total_usd(self) -> float:
        """All that was paid."""
        return self.servicers_usd + self.parts_usd + self.flights_usd + self.hours_usd


NO_SERVICING = ServicingCosts()


def servicing_costs(result: Result, bill: Bill) -> ServicingCosts:
    """What servicing cost in a run; `bill` prices a GPU.

    Servicers and parts of day 0 are there as a fleet in place is: charged the flights that success takes on average.
    """
    log, scenario, servicing = result.events, result.scenario, result.scenario.servicers
    supplies = log.where(EventKind.SUPPLY_LAUNCHED)
    hours = log.total(EventKind.VISITED)
    if len(supplies) == 0 and hours == 0:
        return NO_SERVICING
    times = np.ones(len(supplies))
    times[supplies.cause == Cause.DEPLOYMENT] = scenario.launch.vehicle.flights_per_delivery
    flights = servicers = credit = 0.0
    if isinstance(servicing, Robots):
        servicer = supplies.job != NONE
        cartridge_kg = servicing.cartridge.gpus * servicing.cartridge.kg_per_gpu
        mass_kg = np.where(servicer, servicing.wet_kg, supplies.amount * cartridge_kg)
        bought = Purchase(supplies.time_days, scenario.mission.start_year + supplies.time_days / DAYS_PER_YEAR)
        flights = float(times @ servicing.resupply_price.cost_usd(mass_kg, np.ones(len(mass_kg)), bought))
        servicers = float(times[servicer].sum()) * servicing.usd
        credit = _unexpired_credit_usd(result, servicing)
    else:
        times[:] = 1.0
    each_usd = servicing.cartridge.gpus * bill.gpu_usd + servicing.cartridge.usd
    return ServicingCosts(
        servicers_usd=servicers,
        parts_usd=float(times @ supplies.amount) * each_usd,
        flights_usd=flights,
        hours_usd=hours * servicing.usd_per_hour,
        unexpired_credit_usd=credit,
    )


def _unexpired_credit_usd(result: Result, servicing: Robots) -> float:
    """Value of the life left in servicers, straight line from arrival to the design life; a lost one has none."""
    log, life_days = result.events, servicing.life_years * DAYS_PER_YEAR
    arrived, lost = log.where(EventKind.SUPPLY_ARRIVED), log.where(EventKind.SERVICER_LOST)
    mine = arrived.job != NONE
    born = np.zeros(int(arrived.job.max(initial=NONE)) + 1)
    born[arrived.job[mine]] = arrived.time_days[mine]  # in order of time: the last of each place
    alive = np.bincount(arrived.job[mine], minlength=len(born)) > np.bincount(lost.job, minlength=len(born))
    left = np.maximum(0.0, 1 - (result.horizon_days - born) / life_days)
    return float(left[alive].sum() * servicing.usd)
