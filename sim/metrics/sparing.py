"""How well spares and orders meet the losses of satellites: stock, backorders, waits.

A plane's **net stock** is the spares in its spare berths less the slots that a satellite has left and no spare is on
its way to: each arrival adds one, each end of a satellite takes one, and the first satellite of a slot counts nothing.
Below 0 it is a backorder.  A slot that a newer satellite takes over at once is no demand for a spare.
"""

from __future__ import annotations

from math import nan
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.economics import stored_changes
from sim.events import ARRIVALS, ENDS, NONE, STARTS, Cause, EventKind, EventLog
from sim.metrics.series import accumulate, mean

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


def sparing_metrics(log: EventLog, horizon: float, start: float = 0.0) -> dict[str, float]:
    """The metrics of sparing by name, from a day to the horizon, NaN where one is not defined."""
    demands = _demands(log)
    counted = demands & (log.time_days >= start)
    in_stock, backorders = _net_stock(log, counted)
    waits, refilled = vacancies(log, demands, horizon, start)

    def time_mean(days: Floats, changes: NDArray[Any]) -> float:
        return mean(*accumulate(days, changes, horizon), horizon, start)

    return {
        "order_fill_rate": float(in_stock.mean()) if len(in_stock) else nan,
        "expected_backorders": time_mean(*backorders),
        "mean_spares_orbit": time_mean(log.time_days, stored_changes(log)),
        "mean_on_order": time_mean(*_on_order(log)),
        "time_to_restore_days": _mean_wait(waits, refilled),
        "spares_consumed": float(log.count(EventKind.ACTIVATED)),
        "time_to_activate_days": _mean_amount(log, EventKind.ACTIVATED),
        "repositioning_m_s": log.total(EventKind.PLACED),
        "mean_repositioning_m_s": _mean_amount(log, EventKind.PLACED),
        "satellites_relieved": float(np.count_nonzero(_relieved(log))),
    }


def _mean_amount(log: EventLog, kind: EventKind) -> float:
    """Mean of `amount` over the rows of a kind, NaN without any."""
    rows = log.count(kind)
    return log.total(kind) / rows if rows else nan


def _relieved(log: EventLog) -> Flags:
    """Rows in which a satellite at work makes room for a newer one."""
    return np.asarray(log.of(EventKind.RETIRED) & (log.cause == Cause.REPLACED) & (log.satellites < 0))


def _demands(log: EventLog) -> Flags:
    """Rows in which a slot falls empty."""
    return log.of(*ENDS) & (log.satellites < 0) & ~_relieved(log)


def _net_stock(log: EventLog, demands: Flags) -> tuple[Flags, tuple[Floats, Floats]]:
    """(whether a free spare stood in the plane, for each demand; days and changes of the backorders of all planes)."""
    starts = np.flatnonzero(log.of(*STARTS))
    # Of several rows that are written to one place the last remains: here the earliest of each berth.
    first = np.full(int(log.berth.max(initial=NONE)) + 2, -1)
    first[log.berth[starts[::-1]] - NONE] = starts[::-1]
    comes = log.of(*ARRIVALS) | log.of(EventKind.ARRIVED)
    goes = (log.of(*ENDS) & ~_ends_between_planes(log)) | log.of(EventKind.TRANSFERRED)
    change = comes.astype(np.int64) - goes
    change[first[first >= 0]] -= 1
    rows = np.flatnonzero(change)
    rows = rows[np.argsort(log.plane[rows], kind="stable")]
    plane, moved = log.plane[rows], change[rows]
    begins = np.searchsorted(plane, plane)
    stock = np.cumsum(moved)
    stock -= np.concatenate([[0], stock])[begins]  # of the planes before
    before = stock - moved
    short, short_before = np.maximum(-stock, 0), np.maximum(-before, 0)
    return before[demands[rows]] > 0, (log.time_days[rows], (short - short_before).astype(float))


def _ends_between_planes(log: EventLog) -> Flags:
    """Rows in which a spare ends on its way from a parking orbit, which it has left, to a plane where it is not yet."""
    sent = np.unique(log.satellite[log.of(EventKind.TRANSFERRED)])
    there = np.unique(log.satellite[log.of(EventKind.ARRIVED)])
    return log.of(*ENDS) & np.isin(log.satellite, np.setdiff1d(sent, there))


def _on_order(log: EventLog) -> tuple[Floats, Floats]:
    """Days and changes of the number of satellites ordered that have not arrived and are not lost."""
    ordered, lost = log.of(EventKind.ORDERED), log.of(EventKind.LAUNCH_FAILED)
    arrived, later = log.of(*ARRIVALS), log.cause != Cause.DEPLOYMENT
    change = np.where(ordered, log.amount, 0.0) - np.where(lost & later, log.amount, 0.0) - (arrived & later)
    return log.time_days, change


def vacancies(log: EventLog, demands: Flags, horizon: float, start: float = 0.0) -> tuple[Floats, Flags]:
    """Days for which each slot that fell empty stood vacant until work began there again, and whether it did.

    `demands`: rows in which slots fall empty; those before `start` are left out.  The last ones end with the horizon.
    """
    rows = np.flatnonzero(demands | log.of(*STARTS))
    rows = rows[np.argsort(log.berth[rows], kind="stable")]
    days = log.time_days[rows]
    fell = demands[rows] & (days >= start)
    refilled = np.append(log.berth[rows[1:]] == log.berth[rows[:-1]], np.zeros(len(rows[:1]), bool))
    until = np.where(refilled, np.append(days[1:], days[:1]), horizon)
    return (until - days)[fell], refilled[fell]


def _mean_wait(days: Floats, ended: Flags) -> float:
    """Mean of the Kaplan-Meier estimate of waits of which some were still going on; the longest counts as ended."""
    if not ended.any():
        return nan
    order = np.lexsort((~ended, days))  # at one day those that end come before those that go on
    days, ended = days[order], ended[order]
    at_risk = np.arange(len(days), 0, -1)
    going_on = np.concatenate([[1.0], np.cumprod(1 - ended / at_risk)[:-1]])
    return float((going_on * np.diff(days, prepend=0.0)).sum())
