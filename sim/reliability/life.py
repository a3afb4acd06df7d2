"""Where a unit stands on its own clock, and the day on which its accumulated hazard reaches its threshold.

A unit draws E ~ Exp(1) when it is made and fails when its accumulated hazard reaches E.  A `Law` gives the cumulative
hazard H0 over the unit's own clock (its effective age); a calendar factor multiplies the hazard of everything alive on
a date:

    H(t) = integral of f(date) h0(age) dage,    dage = pace dclock

`Clock` turns mission days into effective days (temperature and cycling accelerate it) or into any other exposure that
wears a unit (dose); `pace` slows it for a dormant unit.  Both are the accelerated-failure-time reading, the factor the
proportional-hazard one (shocks); the two differ widely for wear-out laws (Nelson, Accelerated Testing,
doi 10.1002/9780470316795).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sim.reliability.law import CalendarFactor, Law

Floats = NDArray[np.float64]


class Ageing(Protocol):
    """What a law of lifetime must say: every `Law` does, and so may a hazard by dose."""

    @property
    def calendar_factor(self) -> CalendarFactor | None:
        """Factor on the hazard by date."""

    def cumulative_hazard(self, age_days: ArrayLike, /) -> Floats:
        """H0 at each age."""

    def inverse(self, cumulative_hazard: ArrayLike, /) -> Floats:
        """Age at which H0 reaches each value."""


@dataclass(frozen=True, eq=False)
class Clock:
    """Exposure by mission day: increasing, straight between its points, at the last point's rate beyond them."""

    days: Floats
    """Mission days, shape (n,), n >= 2."""
    total: Floats
    """Exposure from some origin to each of them, shape (n,)."""

    def at(self, day: ArrayLike) -> Floats:
        """Exposure on these days."""
        then = np.asarray(day, float)
        if then.size == 0 or then.max() <= self.days[-1]:
            return np.asarray(np.interp(then, self.days, self.total))
        beyond = np.where(np.isfinite(then), np.maximum(then - self.days[-1], 0.0), 0.0)
        found = np.interp(then, self.days, self.total) + self._last_rate * beyond
        return np.asarray(np.where(then == np.inf, np.inf, found))

    def when(self, exposure: ArrayLike) -> Floats:
        """Day on which the exposure reaches these values; infinite where it never does."""
        wanted = np.asarray(exposure, float)
        found = np.interp(wanted, self.total, self.days)
        if wanted.size == 0 or wanted.max() <= self.total[-1]:
            return np.asarray(found)
        with np.errstate(divide="ignore", invalid="ignore"):
            later = self.days[-1] + (wanted - self.total[-1]) / np.float64(self._last_rate)
        return np.asarray(np.where(wanted > self.total[-1], later, found))

    def take(self, index: Any) -> Clock:
        """The clock of the units at these positions: one clock is everybody's."""
        return self

    @property
    def _last_rate(self) -> float:
        return float((self.total[-1] - self.total[-2]) / (self.days[-1] - self.days[-2]))


@dataclass(frozen=True)
class Life:
    """Where a unit stands on its own clock from `day` on: arrays of one shape, or scalars.

    `day` mission day at which this part of life begins; `age_days` effective age then; `hazard` accumulated hazard
    then, calendar factor included; `pace` of its clock from then on; `clock` none: mission days.
    """

    day: Floats
    age_days: Floats
    hazard: Floats
    pace: Floats
    clock: Clock | None = None

    @classmethod
    def born(cls, day: ArrayLike, pace: ArrayLike = 1.0, *, clock: Clock | None = None) -> Life:
        """A new unit on `day`."""
        start, speed = np.asarray(day, float), np.asarray(pace, float)
        if start.shape != speed.shape:
            start, speed = np.broadcast_arrays(start, speed)
        return cls(start, np.zeros_like(start), np.zeros_like(start), speed, clock)

    def at(self, law: Ageing, day: ArrayLike, pace: ArrayLike) -> Life:
        """The same unit on a later day, its hazard carried forward, going on at another pace."""
        then = np.asarray(day, float)
        return Life(then, self._age(then), self.hazard_until(law, then), np.asarray(pace, float), self.clock)

    def take(self, index: Any) -> Life:
        """Return the lives at these positions."""
        clock = None if self.clock is None else self.clock.take(index)
        return Life(self.day[index], self.age_days[index], self.hazard[index], self.pace[index], clock)

    def put(self, index: Any, other: Life) -> Life:
        """The lives with those at these positions replaced."""
        columns = [self.day.copy(), self.age_days.copy(), self.hazard.copy(), self.pace.copy()]
        for column, value in zip(columns, (other.day, other.age_days, other.hazard, other.pace), strict=True):
            column[index] = value
        day, age, hazard, pace = columns
        return Life(day, age, hazard, pace, self.clock)

    def hazard_until(self, law: Ageing, day: ArrayLike) -> Floats:
        """Accumulated hazard on a later day."""
        then = np.asarray(day, float)
        if law.calendar_factor is None:
            reached = law.cumulative_hazard(self._age(np.maximum(then, self.day)))
            return np.asarray(self.hazard + (reached - self._own(law)))
        total = self.hazard + np.zeros_like(then)
        for start, end, factor in _pieces(law):
            begin = np.maximum(self.day, start)  # a piece before this part of life is empty
            finish = np.maximum(begin, np.minimum(then, end))
            total = total + factor * (
                law.cumulative_hazard(self._age(finish)) - law.cumulative_hazard(self._age(begin))
            )
        return np.asarray(total)

    def failure_day(self, law: Ageing, threshold: ArrayLike) -> Floats:
        """Mission day on which the accumulated hazard reaches `threshold`, the unit's E ~ Exp(1); infinite if never."""
        threshold = np.asarray(threshold, float)
        if law.calendar_factor is None:
            age = law.inverse(self._own(law) + (threshold - self.hazard))
            return np.where(age > self.age_days, self._when(age), self.day)
        day = np.full(np.broadcast_shapes(threshold.shape, self.day.shape), np.inf)
        reached = np.broadcast_to(self.hazard, day.shape).copy()
        for start, end, factor in _pieces(law):
            begin = np.maximum(self.day, start)
            h_begin = law.cumulative_hazard(self._age(begin))
            h_end = law.cumulative_hazard(self._age(np.maximum(begin, end))) if np.isfinite(end) else np.inf
            piece = factor * (h_end - h_begin) if factor > 0 else np.zeros_like(h_begin)
            here = np.isinf(day) & (threshold <= reached + piece) & (factor > 0) & (end > self.day)
            if np.any(here):
                with np.errstate(invalid="ignore"):
                    age = law.inverse(np.where(here, h_begin + (threshold - reached) / factor, 0.0))
                day = np.where(here, np.maximum(self._when(age), begin), day)
            reached = reached + piece
        return day

    def _own(self, law: Ageing) -> Floats | float:
        """H0 at the age that it has now: 0 of new units, for every law."""
        return law.cumulative_hazard(self.age_days) if self.age_days.any() else 0.0

    def _age(self, day: Floats) -> Floats:
        if self.clock is None:
            return self.age_days + self.pace * (day - self.day)
        return self.age_days + self.pace * (self.clock.at(day) - self.clock.at(self.day))

    def _when(self, age: Floats) -> Floats:
        """Day on which the unit reaches an age, at or after `day`."""
        with np.errstate(divide="ignore", invalid="ignore"):
            wait = np.maximum(age - self.age_days, 0.0) / self.pace
        wait = np.where(np.isnan(wait), 0.0, wait)  # a clock that does not run, at the very age asked for
        if self.clock is None:
            return np.asarray(self.day + wait)
        return np.maximum(self.clock.when(self.clock.at(self.day) + wait), self.day)


def _pieces(law: Ageing) -> list[tuple[float, float, float]]:
    """(start day, end day, factor) of the law's calendar factor; one piece of factor 1 where there is none."""
    if law.calendar_factor is None:
        return [(-np.inf, np.inf, 1.0)]
    starts, factors = law.calendar_factor.pieces()
    return list(zip(starts.tolist(), [*starts[1:].tolist(), np.inf], factors.tolist(), strict=True))


@cache
def _gauss_legendre(count: int) -> tuple[Floats, Floats]:
    nodes, weights = np.polynomial.legendre.leggauss(count)
    return nodes, weights


def mean_life_days(
    law: Law,
    birth_day: ArrayLike,
    until_day: float,
    other: Law | None = None,
) -> Floats:
    """Expected days lived between each birth and `until_day` by a unit that never rests, calendar factor included.

    With `other`, by a unit that ends with the first of two independent laws.
    Gauss-Legendre quadrature of the survival function in the fourth root of the span, which tames an infinite
    hazard at birth, split at the kinks of the hazard; good to 1e-9 of the span for the laws of this package.
    """
    births = np.atleast_1d(np.asarray(birth_day, float))
    nodes, weights = _gauss_legendre(48)
    laws = [law] if other is None else [law, other]
    kinks = sorted({0.0} | {kink for law_ in laws for kink in law_.kinks_days()})
    dates = [start for law_ in laws for start, _, _ in _pieces(law_) if np.isfinite(start)]
    result = np.zeros_like(births)
    for i, birth in enumerate(births):
        span = until_day - birth
        if span <= 0:
            continue
        edges = sorted({k for k in [*kinks, *(d - birth for d in dates), span] if 0 <= k <= span})
        life = Life.born(birth)
        for a, b in pairwise(edges):
            u = 0.5 * (nodes + 1)
            ages = a + (b - a) * u**4  # du^4: a Weibull hazard of shape .3 or more becomes smooth at birth
            jacobian = (b - a) * 4 * u**3 * 0.5 * weights
            hazard = sum((life.hazard_until(law_, birth + ages) for law_ in laws), start=np.zeros_like(ages))
            result[i] += float(np.sum(np.exp(-hazard) * jacobian))
    return result.reshape(np.shape(birth_day))
