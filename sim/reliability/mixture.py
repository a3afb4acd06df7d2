"""Units of several kinds that nobody can tell apart."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from pydantic import Field, model_validator

from sim.constants import DAYS_PER_YEAR
from sim.parameters import Parameters
from sim.reliability.burn_in import AgedWeibull
from sim.reliability.law import Floats, Law
from sim.reliability.root import bisect_newton


class WeibullPart(Parameters):
    """One population of a mixture."""

    share: float = Field(ge=1e-9, le=1)
    """Share of the units that are of this kind."""
    shape: float = Field(ge=0.01, le=50)
    """Weibull shape of their lives."""
    scale_years: float = Field(ge=1e-6, le=1e9)
    """Weibull scale of their lives, years."""


class WeibullMixture(Law):
    """Units of several kinds that nobody can tell apart: survival = sum of share exp(-(age / scale)^shape).

    Satellites (Castet and Saleh 2009, doi 10.1016/j.ress.2009.05.004): .9725 of shape .3760 and scale 14310.1 years,
    .0275 of shape 2.9937 and scale 9.3 years [R].
    """

    kind: Literal["weibull_mixture"] = "weibull_mixture"
    parts: tuple[WeibullPart, ...] = Field(min_length=1, max_length=100)
    """The populations; their shares sum to 1."""

    @model_validator(mode="after")
    def _shares_sum_to_one(self) -> WeibullMixture:
        total = sum(part.share for part in self.parts)
        if abs(total - 1) > 1e-6:  # what shares written with six decimals may miss
            raise ValueError(f"the shares of the parts must sum to 1, got {total:g}")
        return self

    def _shares(self) -> Floats:
        """Shares of the parts, to the last digit."""
        share = np.array([part.share for part in self.parts])
        return np.asarray(share / share.sum())

    def _kinds(self) -> AgedWeibull:
        """Hazards of the parts, one column each."""
        shape, scale = np.array([[part.shape, part.scale_years] for part in self.parts]).T
        return AgedWeibull(shape, scale * DAYS_PER_YEAR)

    def hazard_per_day(self, age_days: ArrayLike) -> Floats:
        kinds, age = self._kinds(), np.asarray(age_days, float)[..., None]
        with np.errstate(divide="ignore", over="ignore"):
            log_alive = np.log(self._shares()) - kinds.cumulative_hazard(age)
            alive = np.exp(log_alive - log_alive.max(axis=-1, keepdims=True))  # of each kind, up to a common factor
            each = kinds.hazard_per_day(age)
        return np.asarray((alive * each).sum(axis=-1) / alive.sum(axis=-1))

    def cumulative_hazard(self, age_days: ArrayLike) -> Floats:
        share = self._shares()
        each = self._kinds().cumulative_hazard(np.asarray(age_days, float)[..., None])
        dead = -(share * np.expm1(-each)).sum(axis=-1)
        with np.errstate(divide="ignore"):
            # Two forms of -ln S: the first keeps its digits while few are dead, the second when nearly all are.
            least = each.min(axis=-1)
            late = least - np.log((share * np.exp(np.minimum(least[..., None] - each, 0.0))).sum(axis=-1))
            return np.asarray(np.where(dead < 0.5, -np.log1p(-np.minimum(dead, 0.5)), late))

    def inverse(self, cumulative_hazard: ArrayLike) -> Floats:
        target = np.atleast_1d(np.asarray(cumulative_hazard, float))
        each = self._kinds().inverse(target[..., None])
        age = np.where(target <= 0, 0.0, np.inf)
        solve = (target > 0) & np.isfinite(each).all(axis=-1)
        # The mixture reaches a value after its first kind and before its last.  Both age and H0 in logarithms, from
        # that bound down: a single Weibull law would be a straight line.
        low, high = np.log(each[solve].min(axis=-1)), np.log(each[solve].max(axis=-1))

        def above(u: Floats) -> Floats:
            return np.log(self.cumulative_hazard(np.exp(low + u))) - first

        def slope(u: Floats) -> Floats:
            day = np.exp(low + u)
            return np.asarray(self.hazard_per_day(day) * day / self.cumulative_hazard(day))

        first = np.log(self.cumulative_hazard(np.exp(low)))
        upper = (high - low) * (1 + 1e-12) + 1e-12
        wanted = np.log(target[solve])
        found = bisect_newton(above, slope, wanted - first, upper, scale=1 + np.abs(wanted))
        age[solve] = np.exp(low + found)
        return age.reshape(np.shape(cumulative_hazard))

    def after_burn_in(self, days: float) -> Law:
        """Each kind by itself: fewer are left of those that die young, and of shapes below 1 the age goes on."""
        if days == 0:
            return self
        log_left = np.log(self._shares()) - self._kinds().cumulative_hazard(days)
        left = np.exp(log_left - log_left.max())
        left /= left.sum()
        parts = tuple(
            part.model_copy(update={"share": share})
            for part, share in zip(self.parts, left.tolist(), strict=True)
            if share > 0
        )
        return BurnedInMixture(calendar_factor=self.calendar_factor, parts=parts, burn_in_days=days)


class BurnedInMixture(WeibullMixture):
    """A mixture of which those are left that survived a burn-in; the shares are theirs."""

    burn_in_days: float
    """Effective days that kinds of shapes below 1 have aged."""

    def _kinds(self) -> AgedWeibull:
        kinds = super()._kinds()
        return AgedWeibull(kinds.shape, kinds.scale_days, np.where(np.asarray(kinds.shape) < 1, self.burn_in_days, 0.0))
