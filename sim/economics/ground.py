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
    return np.isin(log.design, np.unique(log.design[log.kind == EventKind.COMMISSIONED]))


def begun(log: EventLog) -> Floats:
    """Satellites begun with each row, the initial fleet apart."""
    for_stock = built_for_stock(log)
    rows = (log.kind == EventKind.COMMISSIONED) | ((log.kind == EventKind.ORDERED) & ~for_stock)
    return np.where(rows, log.amount, 0.0)


def finished(log: EventLog) -> Floats:
    """Satellites finished with each row, likewise."""
    for_stock = built_for_stock(log)
    rows = (log.kind == EventKind.STOCKED) | ((log.kind == EventKind.READY) & ~for_stock)
    return np.where(rows, log.amount, 0.0)


def flown(log: EventLog) -> Floats:
    """Satellites launched with each row, likewise."""
    return np.where((log.kind == EventKind.LAUNCHED) & (log.cause != Cause.DEPLOYMENT), log.amount, 0.0)


def ground_satellite_years(result: Result, designs: int, start: float = 0.0) -> Floats:
    """Integral from a day to the horizon of built satellites that have not flown, by design, shape (designs,).

    In stock, in processing, and ready and waiting for a flight.
    """
    log = result.events
    years = (finished(log) - flown(log)) * (result.horizon_days - np.maximum(log.time_days, start)) / DAYS_PER_YEAR
    return np.bincount(log.design, years, minlength=designs).astype(float)
