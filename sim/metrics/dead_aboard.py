"""GPUs that are dead aboard satellites at work, by cause, where the log adds up losses over a plane and month.

Which satellite lost a GPU is not in such a log.  What a satellite leaves behind when it ends is taken off the dead of
its plane in proportion to their causes: the sum of a plane is right, and a cause's share of it in the mean.
"""

from __future__ import annotations

from math import ceil

import numpy as np
from numpy.typing import NDArray

from sim.events import ENDS, GPU_LOSSES, STARTS
from sim.result import Result

Floats = NDArray[np.float64]

_MONTH_DAYS = 30.0
"""Over which the log adds up; in between the dead grow evenly."""


def dead_aboard(result: Result) -> dict[int, Floats]:
    """GPUs missing on satellites at work by cause number, mean of each day, shape (days,)."""
    log, gpus = result.events, result.scenario.satellite.gpus
    losses = log.of(*GPU_LOSSES) & (log.satellite < 0)
    numbers, cause = np.unique(log.cause[losses], return_inverse=True)
    if len(numbers) == 0:
        return {}
    planes, months = int(log.plane.max()) + 1, ceil(result.horizon_days / _MONTH_DAYS)

    def by_month(rows: NDArray[np.bool_], amounts: Floats) -> Floats:
        """Sums in each month and plane, shape (months, planes)."""
        month = np.minimum(log.time_days[rows] // _MONTH_DAYS, months - 1).astype(np.intp)
        sums = np.bincount(month * planes + log.plane[rows], amounts, minlength=months * planes)
        return np.asarray(sums.reshape(months, planes), float)

    def by_cause(amounts: Floats) -> Floats:
        """Of the losses, shape (causes, months, planes)."""
        of = np.zeros(len(log), np.intp)
        of[losses] = cause
        each = (losses & (of == number) for number in range(len(numbers)))
        return np.array([by_month(rows, amounts[rows[losses]]) for rows in each])

    working = -log.gpus[losses].astype(float)
    at_work, in_store = by_cause(working), by_cause(log.amount[losses] - working)
    starts = log.of(*STARTS)
    ends = log.of(*ENDS) & (log.satellites < 0)
    brought = by_month(starts, gpus - log.gpus[starts].astype(float))
    left = by_month(ends, gpus + log.gpus[ends].astype(float))

    known = np.zeros((len(numbers), months + 1))
    dead, stored = np.zeros((len(numbers), planes)), np.zeros((len(numbers), planes))
    for month in range(months):
        stored += in_store[:, month]
        dead += at_work[:, month] + brought[month] * _shares(stored)
        dead -= _shares(dead) * np.minimum(left[month], dead.sum(axis=0))
        known[:, month + 1] = dead.sum(axis=1)
    ends_of_months = np.minimum(np.arange(months + 1) * _MONTH_DAYS, result.horizon_days)
    begins = np.arange(ceil(result.horizon_days), dtype=float)
    middles = 0.5 * (begins + np.minimum(begins + 1, result.horizon_days))
    return {
        number: np.interp(middles, ends_of_months, row) for number, row in zip(numbers.tolist(), known, strict=True)
    }


def _shares(number: Floats) -> Floats:
    """Each cause's share in each plane; 0 where there is none of any, shape (causes, planes)."""
    total = number.sum(axis=0)
    return np.asarray(np.divide(number, total, out=np.zeros_like(number), where=total > 0))
