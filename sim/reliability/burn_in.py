"""Units that have survived a burn-in: infant mortality goes on from the age reached, everything else starts anew."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from pydantic import InstanceOf

from sim.reliability.law import Floats, Law
from sim.reliability.root import bisect_newton


@dataclass(frozen=True)
class AgedWeibull:
    """A Weibull hazard of units that have already reached an age a.

    H(t) = size (((t + a) / scale)^shape - (a / scale)^shape), and no more from `end_days` on.
    The parameters are numbers, or arrays that broadcast with the ages: one entry for each kind of unit.
    """

    shape: Floats | float
    """Dimensionless."""
    scale_days: Floats | float
    """Age at which the hazard of a new unit has added up to `size`, days."""
    age_days: Floats | float = 0.0
    """Age reached before t = 0, days; the shapes of those above 0 are at most 1."""
    size: float = 1.0
    end_days: float = np.inf
    """Time t at which the hazard ends, days."""

    def hazard_per_day(self, days: ArrayLike) -> Floats:
        """Hazard after these days, 1/day."""
        t = np.asarray(days, float)
        with np.errstate(divide="ignore", over="ignore"):
            hazard = self.size * self.shape / self.scale_days * self._ratio(t) ** (self.shape - 1)
        return np.asarray(np.where(t < self.end_days, hazard, 0.0))

    @np.errstate(over="ignore")
    def cumulative_hazard(self, days: ArrayLike) -> Floats:
        """Integral of the hazard from 0 to these days."""
        t = np.minimum(np.asarray(days, float), self.end_days)
        age = np.where(np.asarray(self.age_days) > 0, self.age_days, 1.0)
        # a difference of powers that keeps its digits soon after the burn-in
        grown = (age / self.scale_days) ** self.shape * np.expm1(
            np.where(np.asarray(self.age_days) > 0, self.shape, 0.0) * np.log1p(t / age)
        )
        return np.asarray(self.size * np.where(np.asarray(self.age_days) > 0, grown, self._ratio(t) ** self.shape))

    def inverse(self, cumulative_hazard: ArrayLike) -> Floats:
        """Days after which the hazard adds up to each value; infinite where it never does."""
        share = np.asarray(cumulative_hazard, float) / self.size
        age = np.where(np.asarray(self.age_days) > 0, self.age_days, 1.0)
        with np.errstate(over="ignore"):
            grown = age * np.expm1(np.log1p(share / (age / self.scale_days) ** self.shape) / self.shape)
            days = np.where(np.asarray(self.age_days) > 0, grown, self.scale_days * share ** (1 / self.shape))
        if self.end_days < np.inf:
            days = np.where(share * self.size <= self.cumulative_hazard(self.end_days), days, np.inf)
        return np.asarray(days)

    def _ratio(self, days: Floats) -> Floats:
        return np.asarray((days + self.age_days) / self.scale_days)


class BurnedIn(Law):
    """Infant mortality that a burn-in has partly used up, beside a law of the units' age since."""

    kind: Literal["burned_in"] = "burned_in"
    infant: InstanceOf[AgedWeibull]
    """What falls with age."""
    rest: InstanceOf[Law] | None = None
    """What does not; none: nothing else."""

    def hazard_per_day(self, age_days: ArrayLike) -> Floats:
        infant = self.infant.hazard_per_day(age_days)
        return infant if self.rest is None else infant + self.rest.hazard_per_day(age_days)

    def cumulative_hazard(self, age_days: ArrayLike) -> Floats:
        infant = self.infant.cumulative_hazard(age_days)
        return infant if self.rest is None else infant + self.rest.cumulative_hazard(age_days)

    def inverse(self, cumulative_hazard: ArrayLike) -> Floats:
        if self.rest is None:
            return self.infant.inverse(cumulative_hazard)
        target = np.atleast_1d(np.asarray(cumulative_hazard, float))
        # Each part alone needs at least this long to reach the value.
        upper = np.minimum(self.infant.inverse(target), self.rest.inverse(target))
        age = np.where(np.isfinite(upper), 0.0, np.inf)
        solve = np.isfinite(upper) & (target > 0)
        age[solve] = bisect_newton(self.cumulative_hazard, self.hazard_per_day, target[solve], upper[solve])
        return age.reshape(np.shape(cumulative_hazard))

    def kinks_days(self) -> list[float]:
        kinks = [] if self.rest is None else self.rest.kinks_days()
        return sorted([*kinks, *([self.infant.end_days] if np.isfinite(self.infant.end_days) else [])])
