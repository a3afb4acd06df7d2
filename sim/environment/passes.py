"""Single events in time: a non-homogeneous Poisson process of many targets, by the minute, from arrivals of unit rate.

Trapped particles come in passes of the South Atlantic Anomaly.  What a satellite meets in a revolution depends on the
longitude of its node and on where along the orbit it is, so one table of an orbit's geometry serves every satellite and
date: nothing is stored by time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sim.constants import TAU
from sim.physics.trapped import PassProfile

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

PHASES_KEPT = 256
"""Phases of a plane whose totals are kept: 200 kB each over five years."""
SAME_EDGE = 1e-9
"""Periods, microseconds, within which a day is taken as the edge of a period."""
BLOCK = 15
"""Periods, about a day, over which a gang's rates are averaged."""


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
    _totals: dict[float, Floats] = field(default_factory=dict, repr=False)

    def total(self, phase_rad: float) -> Floats:
        """Relative dose from mission day 0 to the end of each period, days, of satellites with a phase: from 0 on."""
        if phase_rad not in self._totals:
            if len(self._totals) >= PHASES_KEPT:
                self._totals.clear()
            periods = int(np.ceil(self.horizon_days / self.period_days)) + 2 * BLOCK
            ends = np.arange(periods + 1, dtype=float) * self.period_days
            _, _, dose, whole = self.until(np.asarray(phase_rad), ends)
            self._totals[phase_rad] = np.concatenate([[0.0], np.cumsum(whole[:-1] - dose[:-1] + dose[1:])])
        return self._totals[phase_rad]

    def until(self, phase_rad: Floats, day: Floats) -> tuple[Floats, Ints, Floats, Floats]:
        """(revolution, row, dose within it so far, dose of the whole) on some days at some phases; broadcasts."""
        turns = day / self.period_days
        # 122 periods over a period are 121.99.. in floating point, and would count that revolution twice.
        edge = np.round(turns)
        around = np.where(np.abs(turns - edge) < SAME_EDGE, edge, turns) + phase_rad / TAU
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


class Rated(Protocol):
    """Whose events are mapped."""

    @property
    def phases_rad(self) -> Floats:
        """Where along the orbit the satellites are on mission day 0, shape (p,)."""

    def mean(self, edges: Floats) -> tuple[Floats, Floats]:
        """Mean events a day over the spans between some days: in passes, (p, spans), and at any time, (spans,)."""


@dataclass(frozen=True, eq=False)
class Rates:
    """Events of a gang by day: what comes in passes, by phase, and what comes at any time of the day."""

    phases_rad: Floats
    """Where along the orbit the gang's satellites are on mission day 0, shape (p,)."""
    in_passes: Floats
    """Events a day in passes at each phase, shape (p, n)."""
    steady: Floats
    """Events a day at any time of it, shape (n,)."""

    def mean(self, edges: Floats) -> tuple[Floats, Floats]:
        """Means of both over the spans between some days, shapes (p, spans) and (spans,)."""
        length = np.diff(edges)
        days = np.arange(len(self.steady) + 1)
        passing, steady = self._summed
        means = [np.diff(np.interp(edges, days, row)) / length for row in passing]
        return np.array(means), np.diff(np.interp(edges, days, steady)) / length

    @cached_property
    def _summed(self) -> tuple[Floats, Floats]:
        first = np.zeros((len(self.phases_rad), 1))
        passing = np.concatenate([first, np.cumsum(self.in_passes, axis=1)], axis=1)
        return passing, np.concatenate([[0.0], np.cumsum(self.steady)])


@dataclass(frozen=True, eq=False)
class Arrivals:
    """Events of a stretch of time, in order."""

    days: Floats
    number: Ints
    """Which of the unit-rate arrivals each one is."""
    in_pass: NDArray[np.bool_]
    hazard: float
    """Expected number of events in the stretch: unit-rate time used up."""


def arrivals(passes: Passes, rates: Rated, start: float, end: float, luck: Callable[[float], Floats]) -> Arrivals:
    """Map unit-rate arrivals to days between `start` and `end`; `luck(hazard)` gives those up to a hazard, in order.

    Exact: within a revolution, which is cut into the satellites' shares and the steady one, the place of an arrival in
    its share says when, so the mapping preserves measure and the result is the Poisson process of the sum of all rates.
    """
    period, phases = passes.period_days, rates.phases_rad
    totals = [passes.total(phase) for phase in phases.tolist()]
    # Blocks of about a day between the ends, which lie within a period.
    block = np.arange(int(start / (BLOCK * period)) + 1, int(np.ceil(end / (BLOCK * period)))) * BLOCK
    edges = np.concatenate([[start], block * period, [end]])
    outer = np.floor(edges[[0, -1]] / period)
    rest_of = passes.between(phases, outer * period, edges[[0, -1]])
    reached = np.empty((len(phases), len(edges)))
    for row, total, rest in zip(reached, totals, rest_of, strict=True):
        row[1:-1] = total[block]
        row[[0, -1]] = total[outer.astype(np.intp)] + rest
    dose = np.diff(reached, axis=1)
    weight, steady = rates.mean(edges)
    shares = np.concatenate([weight * dose, [steady * np.diff(edges)]])
    level = shares.sum(axis=0)
    risen = np.cumsum(level)
    hazard = float(risen[-1])

    struck = luck(hazard)
    count = len(struck)
    number = np.arange(count)
    slice_ = np.minimum(np.searchsorted(risen, struck, side="left"), len(risen) - 1)
    rest = struck - (risen[slice_] - level[slice_])
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
    wanted = reached[p, s] + rest[in_pass] / weight[p, s]
    within = np.zeros(len(p))
    for number_, total in enumerate(totals):
        mine = p == number_
        begun = np.maximum(np.searchsorted(total, wanted[mine], side="right") - 1, 0)
        within[mine] = begun
        wanted[mine] -= total[begun]
    # From the beginning of its period on, in the revolution under way or in the next.
    revolution, own, before, whole = passes.until(phases[p], within * period)
    later = wanted > whole - before
    rows: Ints = np.where(later, passes.rows(phases[p], revolution + 1), own)
    found = passes.turn_at(rows, np.where(later, wanted - (whole - before), before + wanted))
    days[in_pass] = (revolution + later + found - phases[p] / TAU) * period
    order = np.argsort(days, kind="stable")
    return Arrivals(np.clip(days[order], start, end), number[order], in_pass[order], hazard)
