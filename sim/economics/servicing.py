"""What it costs to mend satellites: servicers, parts, the flights that bring both, and hours of work."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sim.constants import DAYS_PER_YEAR
from sim.economics.bill import Bill
from sim.economics.ledger import Entry, Item, value_left
from sim.events import NONE, Cause, EventKind
from sim.launch import Purchase
from sim.result import Result
from sim.scenario.prices import Economics
from sim.scenario.servicing import Robots


def servicing_entries(result: Result, bill: Bill, prices: Economics) -> Iterator[Entry]:
    """Payments for servicing in a run; `bill` prices a GPU.

    Servicers and parts of day 0 are there as a fleet in place is: charged the flights that success takes on average.
    """
    log, scenario, servicing = result.events, result.scenario, result.scenario.servicers
    supplies, visits = log.where(EventKind.SUPPLY_LAUNCHED), log.where(EventKind.VISITED)
    if len(supplies) == 0 and len(visits) == 0:
        return
    times = np.ones(len(supplies))
    if isinstance(servicing, Robots):
        times[supplies.cause == Cause.DEPLOYMENT] = scenario.launch.vehicle.flights_per_delivery
        servicer = supplies.job != NONE
        cartridge_kg = servicing.cartridge.gpus * servicing.cartridge.kg_per_gpu
        mass_kg = np.where(servicer, servicing.wet_kg, supplies.amount * cartridge_kg)
        bought = Purchase(supplies.time_days, scenario.mission.start_year + supplies.time_days / DAYS_PER_YEAR)
        flights = times * servicing.resupply_price.cost_usd(mass_kg, np.ones(len(mass_kg)), bought)
        yield Entry(Item.SERVICE_FLIGHTS, supplies.time_days, flights)
        yield Entry(Item.SERVICERS, supplies.time_days, times * servicer * servicing.usd)
        yield Entry(Item.CREDIT, result.horizon_days, -_unexpired_usd(result, servicing, prices))
    each_usd = servicing.cartridge.gpus * bill.gpu_usd + servicing.cartridge.usd
    yield Entry(Item.SERVICE_PARTS, supplies.time_days, times * supplies.amount * each_usd)
    yield Entry(Item.SERVICE_HOURS, visits.time_days, visits.amount * servicing.usd_per_hour)


def _unexpired_usd(result: Result, servicing: Robots, prices: Economics) -> float:
    """Value of the life left in servicers, from arrival to the design life; a lost one has none.  Cartridges in a depot
    count for nothing."""
    log = result.events
    arrived, lost = log.where(EventKind.SUPPLY_ARRIVED), log.where(EventKind.SERVICER_LOST)
    mine = arrived.job != NONE
    born = np.zeros(int(arrived.job.max(initial=NONE)) + 1)
    born[arrived.job[mine]] = arrived.time_days[mine]  # in order of time: the last of each place
    alive = np.bincount(arrived.job[mine], minlength=len(born)) > np.bincount(lost.job, minlength=len(born))
    age_years = (result.horizon_days - born) / DAYS_PER_YEAR
    rate, as_annuity = prices.discount.orbit_per_year, prices.depreciation == "annuity"
    left = value_left(age_years, servicing.life_years, rate, as_annuity=as_annuity)
    return float(left[alive].sum() * servicing.usd)
