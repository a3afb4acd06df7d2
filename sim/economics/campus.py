"""What a hall on the ground costs: its hosts, who mends them, and what is left of them in the end."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sim.constants import DAYS_PER_YEAR
from sim.economics.bill import Bill
from sim.economics.ledger import Entry, Item, value_left
from sim.events import ARRIVALS, NONE, Cause, EventKind
from sim.result import Result
from sim.scenario.campus import Campus
from sim.scenario.prices import Economics


def hall_entries(result: Result, campus: Campus, bill: Bill, prices: Economics) -> Iterator[Entry]:
    """Payments for a hall in a run; `bill` of a host of either pool.

    A host is bought when it comes on line, and again at the end of each design life, as satellites are; the log goes
    on with the same one.  A repair of a GPU that failed by itself takes a new one, under warranty at no price.
    """
    log, horizon = result.events, result.horizon_days
    came = np.flatnonzero(log.of(*ARRIVALS) & (log.cause == Cause.DEPLOYMENT))
    since, until = log.time_days[came], np.full(len(came), horizon)
    place = np.full(int(log.satellite.max(initial=NONE)) + 1, NONE)
    place[log.satellite[came]] = np.arange(len(came))
    given_up = np.flatnonzero(log.of(EventKind.RETIRED))
    until[place[log.satellite[given_up]]] = log.time_days[given_up]
    life = result.scenario.satellite.design_life_years * DAYS_PER_YEAR
    # The end of the last life that has begun is no day of purchase.
    renewals = np.maximum(np.ceil((until - since) / life - 1e-9) - 1, 0).astype(np.int64)
    number = np.concatenate([np.zeros(0, np.int64), *(np.arange(1, count + 1) for count in renewals.tolist())])
    again = np.repeat(since, renewals) + number * life
    for item, usd in ((Item.SATELLITES, bill.bus_usd), (Item.GPUS, bill.gpus_usd)):
        yield Entry(item, since, np.full(len(came), usd), True)
        yield Entry(item, again, np.full(len(again), usd))
    visits = log.where(EventKind.VISITED)
    yield Entry(Item.SERVICE_HOURS, visits.time_days, visits.amount * campus.repair.technician_usd_per_hour)
    yield Entry(Item.SERVICE_PARTS, visits.time_days, np.full(len(visits), campus.repair.manual_parts_usd))
    dead = log.where(EventKind.HOST_FAILED)
    age_days = (dead.time_days - since[place[dead.satellite]]) % life
    paid = (dead.cause == Cause.GPU) & (age_days >= campus.repair.warranty_years * DAYS_PER_YEAR)
    yield Entry(Item.SERVICE_PARTS, dead.time_days, paid * bill.gpu_usd)
    left = value_left(
        (horizon - since - renewals * life) / DAYS_PER_YEAR,
        life / DAYS_PER_YEAR,
        prices.discount.ground_per_year,
        as_annuity=prices.depreciation == "annuity",
    )
    yield Entry(Item.CREDIT, horizon, -float(left[until == horizon].sum()) * bill.usd)
