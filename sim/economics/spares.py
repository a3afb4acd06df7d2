"""Spares in store and on their way, from the log: what holding and moving them is priced by."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.constants import DAYS_PER_YEAR
from sim.events import ENDS, NONE, EventKind, EventLog
from sim.result import Result

Ints = NDArray[np.int64]


def stored_changes(log: EventLog) -> Ints:
    """Change in the number of spares in berths, in planes and parking orbits, with each row of the log.

    A spare on its way, to a slot or from a parking orbit to a plane, is in no berth.
    """
    comes = log.of(EventKind.STORED, EventKind.ARRIVED)
    leaves = log.of(EventKind.ACTIVATED, EventKind.TRANSFERRED)
    ends = log.of(*ENDS) & (log.satellites == 0) & (log.berth != NONE)
    return np.asarray(comes.astype(np.int64) - leaves - ends)


def stored_satellite_years(result: Result) -> float:
    """Integral over the horizon of the number of spares in berths, satellite-years."""
    log = result.events
    return float((stored_changes(log) * (result.horizon_days - log.time_days)).sum() / DAYS_PER_YEAR)


def transfer_propellant_kg(log: EventLog) -> NDArray[np.float64]:
    """Propellant burnt on the way from a parking orbit, with each row of the log, kg."""
    return np.where(log.of(EventKind.ARRIVED), log.amount, 0.0)
