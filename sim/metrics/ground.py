"""Stock and production on the ground: what is kept there, how well it meets orders, how busy the factory is.

All from the log.  The n-th satellite of a design that flies is taken to be the n-th that was finished: the ground stock
and the queues for flights hand out the oldest first.
"""

from __future__ import annotations

from math import nan

import numpy as np
from numpy.typing import NDArray

from sim.economics import begun, built_for_stock, days_of_each, finished, flown
from sim.events import Cause, EventKind, EventLog
from sim.metrics.series import accumulate, mean
from sim.result import Result
from sim.scenario.factory import Factory

Floats = NDArray[np.float64]


def ground_metrics(result: Result, start: float = 0.0) -> dict[str, float]:
    """The metrics of the ground by name, from a day to the horizon, NaN where one is not defined."""
    log, horizon, factory = result.events, result.horizon_days, result.scenario.factory
    in_stock = np.where(log.of(EventKind.STOCKED), log.amount, 0.0) - log.of(EventKind.TAKEN)
    waits, launched = days_on_ground(log)
    limited = factory is not None and factory.has_limit
    return {
        "ground_fill_rate": _fill_rate(log, start),
        "mean_spares_ground": mean(*accumulate(log.time_days, in_stock, horizon), horizon, start),
        "days_on_ground": _mean(waits[launched >= start]),
        "factory_utilisation": _utilisation(log, factory, start, horizon) if factory and limited else nan,
    }


def _mean(values: Floats) -> float:
    return float(values.mean()) if len(values) else nan


def _fill_rate(log: EventLog, start: float) -> float:
    """Share of the satellites ordered of designs with a ground stock that were there to be taken at once."""
    counted = log.time_days >= start
    ordered = log.amount[counted & log.of(EventKind.ORDERED) & built_for_stock(log)].sum()
    at_once = np.count_nonzero(counted & log.of(EventKind.TAKEN) & (log.amount == 0))
    return float(at_once / ordered) if ordered else nan


def days_on_ground(log: EventLog) -> tuple[Floats, Floats]:
    """(days from completion to launch, day of launch) of each satellite launched after the initial deployment."""
    done, gone = finished(log), flown(log)
    waits, launched = [np.empty(0)], [np.empty(0)]
    for design in np.unique(log.design[gone > 0]):
        built, away = (days_of_each(log, which, design) for which in (done, gone))
        waits.append(away - built[: len(away)])
        launched.append(away)
    return np.concatenate(waits), np.concatenate(launched)


def _utilisation(log: EventLog, factory: Factory, start: float, horizon: float) -> float:
    """Share of the places on the line, from a day to the horizon, that somebody took.

    Places pass whether anybody has ordered or not; what is ordered takes those that come next.  So those taken by a day
    are what was ordered by then less what is still in the queue, the reflection of orders less places at 0.
    """
    orders = np.where(log.of(EventKind.COMMISSIONED) & (log.cause == Cause.DEPLOYMENT), 0.0, begun(log))
    rows = np.flatnonzero(orders)
    ahead = np.cumsum(orders[rows]) - np.array([factory.places_until(day) for day in log.time_days[rows].tolist()])
    unused = np.maximum.accumulate(np.maximum(orders[rows] - ahead, 0.0))

    def taken(day: float) -> float:
        """Places taken by a day."""
        before = int(np.searchsorted(log.time_days[rows], day, side="right"))
        ordered, lost = float(orders[rows[:before]].sum()), float(unused[before - 1]) if before else 0.0
        return min(ordered, factory.places_until(day) - lost)

    return (taken(horizon) - taken(start)) / (factory.places_until(horizon) - factory.places_until(start))
