"""Single events in time: a non-homogeneous Poisson process of many targets, by the minute, from arrivals of unit rate.

Trapped particles come in passes of the South Atlantic Anomaly.  What a satellite meets in a revolution depends on the
longitude of its node and on where along the orbit it is, so one table of an orbit's geometry serves every satellite and
date: nothing is stored by time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from sim.constants import TAU
from sim.physics.trapped import PassProfile

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

PHASES_KEPT = 512
"""Phases of a plane whose periods are kept: 100 kB each over five years."""


@dataclass(frozen=True, eq=False)
class Passes:
    """The passes of one plane's satellites."""

    profile: PassProfile
    period_days: float
    node_rad: float
    """Longitude of the ascending node over the turning Earth on mission day 0."""
    turn_rad: float
    """How far it moves west in a revolution."""
    horizon_days: float
    _by_phase: dict[float, NDArray[np.float32]] = field(default_factory=dict, repr=False)

    def by_period(self, phase_rad: float) -> NDArray[np.float32]:
        """Relative dose in each period from mission day 0 on, days, of satellites with a phase, shape (periods,)."""
        if phase_rad not in self._by_phase:
            if len(self._by_phase) >= PHASES_KEPT:
                self._by_phase.clear()
            around = np.arange(np.ceil(self.horizon_days / self.period_days) + 2) + phase_rad / TAU
            revolution = np.floor(around)
            rows = self.rows(np.asarray(phase_rad), revolution)
            at = self.within(rows, around - revolution)
            whole = self.profile.cumulative[:, -1] * self.period_days
            self._by_phase[phase_rad] = (whole[rows[:-1]] - at[:-1] + at[1:]).astype(np.float32)
        return self._by_phase[phase_rad]

    @cached_property
    def day_of_period(self) -> Ints:
        """Mission day on which each period begins."""
        periods = int(np.ceil(self.horizon_days / self.period_days)) + 1
        return (np.arange(periods) * self.period_days).astype(np.intp)

    def until(self, phase_rad: Floats, day: Floats) -> tuple[Floats, Ints, Floats, Floats]:
        """(revolution, row, dose within it so far, dose of the whole) on some days at some phases; broadcasts."""
        around = day / self.period_days + phase_rad / TAU
        revolution = np.floor(around)
        rows = self.rows(phase_rad, revolution)
        whole = self.profile.cumulative[rows, -1] * self.period_days
        return revolution, rows, self.within(rows, around - revolution), whole

    def between(self, phase_rad: Floats, starts: Floats, ends: Floats) -> Floats:
        """Relative dose of spans of at most a period, days, shape (phases, spans)."""
        both = np.concatenate([starts, ends])
        revolution, _, dose, whole = self.until(phase_rad[:, None], both)
        n = len(starts)
        later = revolution[:, n:] > revolution[:, :n]
        return dose[:, n:] - dose[:, :n] + np.where(later, whole[:, :n], 0.0)

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

    @cached_property
    def _stacked(self) -> Floats:
        table = self.profile.cumulative
        below = np.concatenate([[0.0], np.cumsum(table[:-1, -1])])
        return np.asarray((table + below[:, None]).ravel())


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
    period, phases = passes.period_days, rates.phases_rad
    first, last = int(np.floor(start / period)) + 1, int(np.ceil(end / period)) - 1
    if last < first:  # within one period
        edges = np.array([start, end])
        day = np.array([int(start)])
        dose = passes.between(phases, edges[:1], edges[1:])
    else:
        edges = np.concatenate([[start], np.arange(first, last + 1) * period, [end]])
        day = np.concatenate([[int(start)], passes.day_of_period[first : last + 1]])
        both_ends = passes.between(phases, edges[[0, -2]], edges[[1, -1]])
        dose = np.empty((len(phases), len(day)))
        dose[:, 0], dose[:, -1] = both_ends.T
        for row, phase in zip(dose, phases.tolist(), strict=True):
            row[1:-1] = passes.by_period(phase)[first:last]
    day = np.minimum(day, len(rates.steady) - 1)
    weight = rates.in_passes[:, day]
    shares = np.concatenate([weight * dose, [rates.steady[day] * np.diff(edges)]])
    level = shares.sum(axis=0)
    total = np.cumsum(level)
    hazard = float(total[-1])

    struck = luck(hazard)
    count = len(struck)
    number = np.arange(count)
    slice_ = np.minimum(np.searchsorted(total, struck, side="left"), len(total) - 1)
    rest = struck - (total[slice_] - level[slice_])
    tower = np.cumsum(shares[:, slice_], axis=0)
    share = (rest > tower).sum(axis=0)
    share = np.minimum(share, len(rates.phases_rad))
    rest = rest - np.where(share > 0, tower[share - 1, number], 0.0)
    in_pass = share < len(rates.phases_rad)

    days = np.empty(count)
    flat = ~in_pass
    with np.errstate(divide="ignore", invalid="ignore"):
        part = rest[flat] / shares[-1, slice_[flat]]
    days[flat] = edges[slice_[flat]] + np.nan_to_num(part, nan=0.5) * (edges[slice_[flat] + 1] - edges[slice_[flat]])
    p, s = share[in_pass], slice_[in_pass]
    # From the beginning of its slice on, in the revolution under way or in the next.
    wanted = rest[in_pass] / weight[p, s]
    revolution, row, before, whole_row = passes.until(phases[p], edges[s])
    later = wanted > whole_row - before
    row = np.where(later, passes.rows(phases[p], revolution + 1), row)
    found = passes.turn_at(row, np.where(later, wanted - (whole_row - before), before + wanted))
    days[in_pass] = (revolution + later + found - phases[p] / TAU) * period
    order = np.argsort(days, kind="stable")
    return Arrivals(np.clip(days[order], start, end), number[order], in_pass[order], hazard)
