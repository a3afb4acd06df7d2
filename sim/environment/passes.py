"""Single events in time: a non-homogeneous Poisson process of many targets, by the minute, from arrivals of unit rate.

Trapped particles come in passes of the South Atlantic Anomaly.  What a satellite meets in a revolution depends on the
longitude of its node and on where along the orbit it is, so one table of an orbit's geometry serves every satellite and
date: nothing is stored by time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.constants import TAU
from sim.physics.trapped import PassProfile

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Passes:
    """The passes of one plane's satellites."""

    profile: PassProfile
    period_days: float
    node_rad: float
    """Longitude of the ascending node over the turning Earth on mission day 0."""
    turn_rad: float
    """How far it moves west in a revolution."""

    def rows(self, phase_rad: Floats, revolution: Floats) -> Ints:
        """Row of the table for the revolution (counted by ascending nodes) of satellites with a phase at day 0."""
        begun = revolution - phase_rad / TAU
        longitude = (self.node_rad - self.turn_rad * begun) % TAU
        rows = len(self.profile.cumulative)
        return np.asarray(longitude * (rows / TAU), np.intp) % rows

    def within(self, rows: Ints, turn: Floats) -> Floats:
        """Relative dose of a revolution up to a share of it, days: its mean over many revolutions is the period."""
        table = self.profile.cumulative
        steps = table.shape[1] - 1
        place = turn * steps
        low = np.minimum(place.astype(np.intp), steps - 1)
        flat = table.ravel()
        first = rows * (steps + 1) + low
        below = flat[first]
        return np.asarray((below + (place - low) * (flat[first + 1] - below)) * self.period_days)

    def turn_at(self, rows: Ints, dose: Floats) -> Floats:
        """Share of a revolution at which its relative dose reaches a value: the inverse of `within`."""
        steps = self.profile.cumulative.shape[1] - 1
        wanted = np.asarray(dose, float) / self.period_days
        flat = self._stacked
        # Each row rises by its own dose; stacked on one another, the rows are one increasing table.
        target = wanted + flat[rows * (steps + 1)]
        found = np.searchsorted(flat, target, side="left") - 1
        low = np.clip(found, rows * (steps + 1), rows * (steps + 1) + steps - 1)
        rise = flat[low + 1] - flat[low]
        part = np.where(rise > 0, (target - flat[low]) / np.where(rise > 0, rise, 1.0), 0.5)
        return np.asarray(np.clip((low - rows * (steps + 1) + part) / steps, 0.0, 1.0))

    @property
    def _stacked(self) -> Floats:
        cached = self.__dict__.get("_stack")
        if cached is None:
            table = self.profile.cumulative
            below = np.concatenate([[0.0], np.cumsum(table[:-1, -1])])
            cached = (table + below[:, None]).ravel()
            object.__setattr__(self, "_stack", cached)
        return np.asarray(cached)


@dataclass(frozen=True, eq=False)
class Rates:
    """Events of a gang by day: what comes in passes, by phase, and what comes at any time of the day."""

    phases_rad: Floats
    """Where along the orbit the gang's satellites are on mission day 0, shape (p,)."""
    in_passes: Floats
    """Events a day in passes at each phase, shape (p, n)."""
    steady: Floats
    """Events a day at any time of it, shape (n,)."""


@dataclass(frozen=True, eq=False)
class Arrivals:
    """Events of a stretch of time, in order."""

    days: Floats
    number: Ints
    """Which of the unit-rate arrivals each one is."""
    in_pass: NDArray[np.bool_]
    hazard: float
    """Expected number of events in the stretch: unit-rate time used up."""


def arrivals(passes: Passes, rates: Rates, start: float, end: float, luck: Callable[[float], Floats]) -> Arrivals:
    """Map unit-rate arrivals to days between `start` and `end`; `luck(hazard)` gives those up to a hazard, in order.

    Exact: within a revolution, which is cut into the satellites' shares and the steady one, the place of an arrival in
    its share says when, so the mapping preserves measure and the result is the Poisson process of the sum of all rates.
    """
    period = passes.period_days
    inner = np.arange(np.floor(start / period) + 1, np.ceil(end / period)) * period
    edges = np.concatenate([[start], inner[(inner > start) & (inner < end)], [end]])
    day = np.minimum(edges[:-1].astype(np.intp), len(rates.steady) - 1)
    phase = rates.phases_rad[:, None]
    around = edges / period + phase / TAU
    revolution = np.floor(around)
    turn = around - revolution
    # A slice ends in the revolution it began in, or in the next.
    rows = passes.rows(phase, revolution)
    at = passes.within(rows, turn)
    whole = passes.profile.cumulative[:, -1] * period
    left = np.where(revolution[:, 1:] > revolution[:, :-1], whole[rows[:, :-1]] - at[:, :-1], at[:, 1:] - at[:, :-1])
    beyond = np.where(revolution[:, 1:] > revolution[:, :-1], at[:, 1:], 0.0)
    weight = rates.in_passes[:, day]
    shares = np.concatenate([weight * (left + beyond), [rates.steady[day] * np.diff(edges)]])
    tower = np.cumsum(shares, axis=0)
    total = np.cumsum(tower[-1])
    hazard = float(total[-1])

    struck = luck(hazard)
    count = len(struck)
    number = np.arange(count)
    slice_ = np.minimum(np.searchsorted(total, struck, side="left"), len(total) - 1)
    rest = struck - (total[slice_] - tower[-1, slice_])
    share = (rest > tower[:, slice_]).sum(axis=0)
    share = np.minimum(share, len(rates.phases_rad))
    rest = rest - np.where(share > 0, tower[share - 1, slice_], 0.0)
    in_pass = share < len(rates.phases_rad)

    days = np.empty(count)
    flat = ~in_pass
    with np.errstate(divide="ignore", invalid="ignore"):
        part = rest[flat] / shares[-1, slice_[flat]]
    days[flat] = edges[slice_[flat]] + np.nan_to_num(part, nan=0.5) * (edges[slice_[flat] + 1] - edges[slice_[flat]])
    p, s = share[in_pass], slice_[in_pass]
    dose = rest[in_pass] / weight[p, s]
    later = dose > left[p, s]
    row = np.where(later, rows[p, s + 1], rows[p, s])
    begun = np.where(later, 0.0, at[p, s])
    found = passes.turn_at(row, begun + np.where(later, dose - left[p, s], dose))
    around_then = np.where(later, revolution[p, s + 1], revolution[p, s]) + found
    days[in_pass] = (around_then - rates.phases_rad[p] / TAU) * period
    order = np.argsort(days, kind="stable")
    return Arrivals(np.clip(days[order], start, end), number[order], in_pass[order], hazard)
