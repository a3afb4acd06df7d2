"""What a hall on the ground costs: its hosts, who mends them, and what is left of them in the end."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.constants import DAYS_PER_YEAR
from sim.economics.bill import Bill
from sim.events import ARRIVALS, Cause, EventKind
from sim.result import Result
from sim.scenario.campus import Campus


@dataclass(frozen=True)
class HallCosts:
    """The money that only a hall costs, USD, undiscounted."""

    hosts_usd: float
    """Hosts of both pools without their GPUs."""
    gpus_usd: float
    """Their GPUs."""
    technicians_usd: float
    """Hours of technicians."""
    parts_usd: float
    """Parts of manual repairs."""
    unexpired_credit_usd: float
    """Straight-line value at the horizon of the hosts that have not been given up."""


def hall_costs(result: Result, campus: Campus, bill: Bill) -> HallCosts:
    """What a hall cost in a run; `bill` of a host."""
    log, prices = result.events, campus.repair
    hosts = int(np.count_nonzero(np.isin(log.kind, ARRIVALS) & (log.cause == Cause.DEPLOYMENT)))
    given_up = log.count(EventKind.RETIRED)
    life_days = result.scenario.satellite.design_life_years * DAYS_PER_YEAR
    left = max(0.0, 1 - result.horizon_days / life_days)
    return HallCosts(
        hosts_usd=hosts * bill.bus_usd,
        gpus_usd=hosts * bill.gpus_usd,
        technicians_usd=log.total(EventKind.VISITED) * prices.technician_usd_per_hour,
        parts_usd=log.count(EventKind.VISITED) * prices.manual_parts_usd,
        unexpired_credit_usd=(hosts - given_up) * bill.usd * left,
    )
