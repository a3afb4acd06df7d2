"""Satellites between order and launch, from the log: what they are paid and kept by.

A design with a ground stock is built for stock: COMMISSIONED and STOCKED are its satellites, and an order takes one of
them.  Of any other design they are those of the orders themselves, ORDERED and READY.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.constants import DAYS_PER_YEAR
from sim.events import Cause, EventKind, EventLog
from sim.result import Result

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


def built_for_stock(log: EventLog) -> Flags:
    """Rows of a design that is built for stock."""
    return np.isin(log.design, np.unique(log.design[log.of(EventKind.COMMISSIONED)]))


def begun(log: EventLog) -> Floats:
    """Satellites begun with each row, the initial fleet apart."""
    for_stock = built_for_stock(log)
    rows = log.of(EventKind.COMMISSIONED) | (log.of(EventKind.ORDERED) & ~for_stock)
    return np.where(rows, log.amount, 0.0)


def finished(log: EventLog) -> Floats:
    """Satellites finished with each row, likewise."""
    for_stock = built_for_stock(log)
    rows = log.of(EventKind.STOCKED) | (log.of(EventKind.READY) & ~for_stock)
    return np.where(rows, log.amount, 0.0)


def flown(log: EventLog) -> Floats:
    """Satellites launched with each row, likewise."""
    return np.where(log.of(EventKind.LAUNCHED) & (log.cause != Cause.DEPLOYMENT), log.amount, 0.0)


def days_of_each(log: EventLog, satellites: Floats, design: int) -> Floats:
    """The day of each satellite of a design; `satellites`: how many with each row, as `begun` has them."""
    rows = np.flatnonzero(satellites)
    rows = rows[log.design[rows] == design]
    return np.repeat(log.time_days[rows], satellites[rows].astype(np.intp))


def ground_satellite_years(result: Result, designs: int, start: float = 0.0) -> Floats:
    """Integral from a day to the horizon of built satellites that have not flown, by design, shape (designs,).

    In stock, in processing, and ready and waiting for a flight.
    """
    log = result.events
    change = finished(log) - flown(log)
    rows = np.flatnonzero(change)
    left = result.horizon_days - np.maximum(log.time_days[rows], start)
    years = change[rows] * left / DAYS_PER_YEAR
    return np.bincount(log.design[rows], years, minlength=designs).astype(float)
