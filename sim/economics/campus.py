"""What a hall on the ground costs: its hosts, who mends them, and what is left of them in the end."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sim.constants import DAYS_PER_YEAR
from sim.economics.bill import Bill
from sim.economics.ledger import Entry, Item, value_left
from sim.events import ARRIVALS, Cause, EventKind
from sim.result import Result
from sim.scenario.campus import Campus
from sim.scenario.prices import Economics


def hall_entries(result: Result, campus: Campus, bill: Bill, prices: Economics) -> Iterator[Entry]:
    """Payments for a hall in a run; `bill` of a host of either pool."""
    log = result.events
    came = np.isin(log.kind, ARRIVALS) & (log.cause == Cause.DEPLOYMENT)
    hosts = int(np.count_nonzero(came))
    yield Entry(Item.SATELLITES, log.time_days[came], np.full(hosts, bill.bus_usd), True)
    yield Entry(Item.GPUS, log.time_days[came], np.full(hosts, bill.gpus_usd), True)
    visits = log.where(EventKind.VISITED)
    yield Entry(Item.SERVICE_HOURS, visits.time_days, visits.amount * campus.repair.technician_usd_per_hour)
    yield Entry(Item.SERVICE_PARTS, visits.time_days, np.full(len(visits), campus.repair.manual_parts_usd))
    left = value_left(
        (result.horizon_days - log.time_days[came]) / DAYS_PER_YEAR,
        result.scenario.satellite.design_life_years,
        prices.discount.ground_per_year,
        as_annuity=prices.depreciation == "annuity",
    )
    given_up = log.count(EventKind.RETIRED)
    credit = float(left.sum()) * bill.usd * (hosts - given_up) / max(hosts, 1)
    yield Entry(Item.CREDIT, result.horizon_days, -credit)
