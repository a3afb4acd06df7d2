"""Where a unit stands on its own clock, and the day on which its luck runs out."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sim.reliability.laws import Bathtub, Law

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Life:
    """Where a unit stands on its own clock from `day` on: arrays of one shape, or scalars.

    `day` mission day at which this stretch of life begins; `age_days` effective age then; `hazard` accumulated hazard
    then, calendar factor included; `pace` effective days per day from then on.
    """

    day: Floats
    age_days: Floats
    hazard: Floats
    pace: Floats

    @classmethod
    def born(cls, day: ArrayLike, pace: ArrayLike = 1.0) -> Life:
        """A new unit on `day`."""
        start, speed = np.broadcast_arrays(np.asarray(day, float), np.asarray(pace, float))
        return cls(start, np.zeros_like(start), np.zeros_like(start), speed)

    def at(self, law: Law, day: ArrayLike, pace: ArrayLike) -> Life:
        """The same unit on a later day, its hazard carried forward, going on at another pace."""
        then = np.asarray(day, float)
        age = self.age_days + self.pace * (then - self.day)
        return Life(then, age, self.hazard_until(law, then), np.asarray(pace, float))

    def take(self, index: NDArray[np.intp]) -> Life:
        """The lives at these positions."""
        return Life(self.day[index], self.age_days[index], self.hazard[index], self.pace[index])

    def hazard_until(self, law: Law, day: ArrayLike) -> Floats:
        """Accumulated hazard on a later day."""
        then = np.asarray(day, float)
        total = self.hazard + np.zeros_like(then)
        for start, end, factor in _pieces(law):
            begin = np.maximum(self.day, start)  # a piece before this stretch of life is empty
            finish = np.maximum(begin, np.minimum(then, end))
            total = total + factor * (
                law.cumulative_hazard(self._age(finish)) - law.cumulative_hazard(self._age(begin))
            )
        return np.asarray(total)

    def failure_day(self, law: Law, luck: ArrayLike) -> Floats:
        """Mission day on which the accumulated hazard reaches `luck` (E ~ Exp(1)); infinite if it never does."""
        luck = np.asarray(luck, float)
        if law.calendar_factor is None:
            age = law.inverse(luck)
            with np.errstate(divide="ignore", invalid="ignore"):
                wait = np.where(age > self.age_days, (age - self.age_days) / self.pace, 0.0)
            return self.day + wait
        day = np.full(np.broadcast_shapes(luck.shape, self.day.shape), np.inf)
        reached = np.broadcast_to(self.hazard, day.shape).copy()
        for start, end, factor in _pieces(law):
            begin = np.maximum(self.day, start)
            h_begin = law.cumulative_hazard(self._age(begin))
            h_end = law.cumulative_hazard(self._age(np.maximum(begin, end))) if np.isfinite(end) else np.inf
            piece = factor * (h_end - h_begin) if factor > 0 else np.zeros_like(h_begin)
            here = np.isinf(day) & (luck <= reached + piece) & (factor > 0) & (end > self.day)
            if np.any(here):
                with np.errstate(divide="ignore", invalid="ignore"):
                    age = law.inverse(np.where(here, h_begin + (luck - reached) / factor, 0.0))
                    found = begin + (age - self._age(begin)) / self.pace
                day = np.where(here, np.maximum(found, begin), day)
            reached = reached + piece
        return day

    def _age(self, day: Floats) -> Floats:
        return self.age_days + self.pace * (day - self.day)


def _pieces(law: Law) -> list[tuple[float, float, float]]:
    """(start day, end day, factor) of the law's calendar factor; one piece of factor 1 where there is none."""
    if law.calendar_factor is None:
        return [(-np.inf, np.inf, 1.0)]
    starts, factors = law.calendar_factor.pieces()
    return list(zip(starts.tolist(), [*starts[1:].tolist(), np.inf], factors.tolist(), strict=True))


@cache
def _gauss_legendre(count: int) -> tuple[Floats, Floats]:
    nodes, weights = np.polynomial.legendre.leggauss(count)
    return nodes, weights


def mean_life_days(law: Law, birth_day: ArrayLike, until_day: float, other: Law | None = None) -> Floats:
    """Expected days lived between each birth and `until_day` by a unit that never rests, calendar factor included.

    With `other`, by a unit that ends with the first of two independent laws.  Gauss-Legendre quadrature of the survival
    function in the square root of the span, which tames an infinite hazard at birth, split at the kinks of the hazard;
    good to 1e-9 of the span for the laws above.
    """
    births = np.atleast_1d(np.asarray(birth_day, float))
    nodes, weights = _gauss_legendre(48)
    kinks = sorted({0.0} | {law_.infant_days for law_ in (law, other) if isinstance(law_, Bathtub)})
    dates = [start for law_ in (law, other) if law_ is not None for start, _, _ in _pieces(law_) if np.isfinite(start)]
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
            hazard = life.hazard_until(law, birth + ages)
            if other is not None:
                hazard = hazard + life.hazard_until(other, birth + ages)
            result[i] += float(np.sum(np.exp(-hazard) * jacobian))
    return result.reshape(np.shape(birth_day))
