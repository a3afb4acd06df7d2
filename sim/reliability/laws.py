"""Laws of lifetime: hazard, cumulative hazard, and its inverse.

A unit draws E ~ Exp(1) when it is made and fails when its accumulated hazard reaches E.  A `Law` gives the cumulative
hazard H0 of a unit's own clock (its effective age).  The clock runs at a pace (1 at work, less when dormant), and a
calendar factor multiplies the hazard of everything alive on a date:

    H(t) = integral of f(date) h0(clock) dclock,    dclock = pace dt

Pace is the accelerated-failure-time reading (temperature, cycling, dormancy), the factor the proportional-hazard one
(shocks, radiation); the two differ widely for wear-out laws (Nelson, Accelerated Testing, doi 10.1002/9780470316795).
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Annotated, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import Field, model_validator

from sim.constants import DAYS_PER_YEAR
from sim.parameters import Parameters

Floats = NDArray[np.float64]


class CalendarFactor(Parameters):
    """A factor on the hazard that depends on the date, the same for all units alive: piecewise constant."""

    years: tuple[Annotated[float, Field(ge=0)], ...] = Field(min_length=1)
    """Mission years at which a factor begins, increasing.  Before the first one the factor is 1."""
    factors: tuple[Annotated[float, Field(ge=0)], ...] = Field(min_length=1)
    """Factor on the hazard from each of these years on, until the next."""

    @model_validator(mode="after")
    def _steps_are_ordered(self) -> CalendarFactor:
        if len(self.years) != len(self.factors):
            raise ValueError(f"years has {len(self.years)} entries and factors {len(self.factors)}: they must be equal")
        if any(b <= a for a, b in pairwise(self.years)):
            raise ValueError(f"years must increase, got {list(self.years)}")
        return self

    def pieces(self) -> tuple[Floats, Floats]:
        """(start day, factor) of each piece; the first piece starts at -infinity with factor 1."""
        starts = np.concatenate([[-np.inf], np.asarray(self.years) * DAYS_PER_YEAR])
        return starts, np.concatenate([[1.0], self.factors])


class Law(Parameters):
    """A lifetime law.  Ages are effective ages in days (the unit's own clock)."""

    calendar_factor: CalendarFactor | None = None
    """Factor on the hazard by date; none: the hazard depends on the unit's age alone."""

    def hazard_per_day(self, age_days: ArrayLike) -> Floats:
        """Hazard h0 at each age, 1/day."""
        raise NotImplementedError

    def cumulative_hazard(self, age_days: ArrayLike) -> Floats:
        """H0 at each age: integral of the hazard from 0, without the calendar factor."""
        raise NotImplementedError

    def inverse(self, cumulative_hazard: ArrayLike) -> Floats:
        """Age in days at which H0 reaches each value; infinite where it never does."""
        raise NotImplementedError

    def survival(self, age_days: ArrayLike) -> Floats:
        """Share of units that reach each age: exp(-H0), without the calendar factor."""
        return np.exp(-self.cumulative_hazard(age_days))

    def most_hazard(self, days: float) -> float:
        """No unit accumulates more hazard in this many days, whatever the dates and however often it rests."""
        factors = (1.0,) if self.calendar_factor is None else (1.0, *self.calendar_factor.factors)
        return max(factors) * float(self.cumulative_hazard(days))

    def mean_rate_per_day(self, over_days: float) -> float:
        """Hazard averaged over the ages from 0 to `over_days`, 1/day, without the calendar factor."""
        return float(self.cumulative_hazard(over_days)) / over_days


class Exponential(Law):
    """Constant hazard: a unit of any age is as good as new."""

    kind: Literal["exponential"] = "exponential"
    rate_per_year: float = Field(ge=0, le=1e6)
    """Failures per unit and year."""

    def hazard_per_day(self, age_days: ArrayLike) -> Floats:
        return np.full_like(np.asarray(age_days, float), self.rate_per_year / DAYS_PER_YEAR)

    def cumulative_hazard(self, age_days: ArrayLike) -> Floats:
        return np.asarray(age_days, float) * (self.rate_per_year / DAYS_PER_YEAR)

    def inverse(self, cumulative_hazard: ArrayLike) -> Floats:
        with np.errstate(divide="ignore"):
            return np.asarray(cumulative_hazard, float) / (self.rate_per_year / DAYS_PER_YEAR)


class Weibull(Law):
    """H0 = (age / scale)^shape: infant mortality below shape 1, wear-out above it."""

    kind: Literal["weibull"] = "weibull"
    shape: float = Field(gt=0, le=50)
    """Shape, dimensionless: 1 is exponential."""
    scale_years: float = Field(ge=1e-6, le=1e9)
    """Scale, years: the age that a share 1/e of the units reaches."""

    def hazard_per_day(self, age_days: ArrayLike) -> Floats:
        scale = self.scale_years * DAYS_PER_YEAR
        with np.errstate(divide="ignore"):
            return self.shape / scale * (np.asarray(age_days, float) / scale) ** (self.shape - 1)

    def cumulative_hazard(self, age_days: ArrayLike) -> Floats:
        return (np.asarray(age_days, float) / (self.scale_years * DAYS_PER_YEAR)) ** self.shape

    def inverse(self, cumulative_hazard: ArrayLike) -> Floats:
        return self.scale_years * DAYS_PER_YEAR * np.asarray(cumulative_hazard, float) ** (1 / self.shape)


class Bathtub(Law):
    """Infant mortality that ends, plus a constant hazard, plus Weibull wear-out.

    H0 = -ln(1 - infant_loss_fraction) (min(age, infant_days) / infant_days)^infant_shape
         + constant_per_year age + (age / wear_out_scale_years)^wear_out_shape
    """

    kind: Literal["bathtub"] = "bathtub"
    infant_loss_fraction: float = Field(default=0.0, ge=0, lt=1)
    """Share of units that infant mortality alone would take within `infant_days`."""
    infant_days: float = Field(default=90.0, gt=0)
    """Age at which infant mortality ends, days.  90 [A]."""
    infant_shape: float = Field(default=0.7, gt=0, le=1)
    """Weibull shape of infant mortality, .6-.8 [A]."""
    constant_per_year: float = Field(default=0.0, ge=0)
    """Constant hazard, failures per unit and year."""
    wear_out_shape: float = Field(default=3.0, ge=1, le=50)
    """Weibull shape of wear-out, 2-4 [A]."""
    wear_out_scale_years: float | None = Field(default=None, ge=1e-6, le=1e9)
    """Weibull scale of wear-out, years, 8-12 [A]; none: no wear-out."""

    def _infant_total(self) -> float:
        return float(-np.log1p(-self.infant_loss_fraction))

    def hazard_per_day(self, age_days: ArrayLike) -> Floats:
        age = np.asarray(age_days, float)
        with np.errstate(divide="ignore"):
            infant = self._infant_total() * self.infant_shape / self.infant_days
            total = np.where(age < self.infant_days, infant * (age / self.infant_days) ** (self.infant_shape - 1), 0.0)
        if self.infant_loss_fraction == 0:
            total = np.zeros_like(age)
        total = total + self.constant_per_year / DAYS_PER_YEAR
        if self.wear_out_scale_years is not None:
            scale = self.wear_out_scale_years * DAYS_PER_YEAR
            total = total + self.wear_out_shape / scale * (age / scale) ** (self.wear_out_shape - 1)
        return total

    def cumulative_hazard(self, age_days: ArrayLike) -> Floats:
        age = np.asarray(age_days, float)
        total = self._infant_total() * np.minimum(age / self.infant_days, 1.0) ** self.infant_shape
        total = total + self.constant_per_year / DAYS_PER_YEAR * age
        if self.wear_out_scale_years is not None:
            total = total + (age / (self.wear_out_scale_years * DAYS_PER_YEAR)) ** self.wear_out_shape
        return total

    def inverse(self, cumulative_hazard: ArrayLike) -> Floats:
        # Each part alone needs at least this long to reach the value, so the smallest is an upper bound of the age.
        target = np.atleast_1d(np.asarray(cumulative_hazard, float))
        bounds = [np.full_like(target, np.inf)]
        if self.infant_loss_fraction > 0:
            share = target / self._infant_total()
            bounds.append(
                np.where(share <= 1, self.infant_days * np.minimum(share, 1) ** (1 / self.infant_shape), np.inf)
            )
        if self.constant_per_year > 0:
            bounds.append(target / (self.constant_per_year / DAYS_PER_YEAR))
        if self.wear_out_scale_years is not None:
            bounds.append(self.wear_out_scale_years * DAYS_PER_YEAR * target ** (1 / self.wear_out_shape))
        upper = np.minimum.reduce(bounds)
        age = np.where(np.isfinite(upper), 0.0, np.inf)
        solve = np.isfinite(upper)
        age[solve] = _bisect_newton(self.cumulative_hazard, self.hazard_per_day, target[solve], upper[solve])
        return age.reshape(np.shape(cumulative_hazard))


def _bisect_newton(
    value: Callable[[Floats], Floats], slope: Callable[[Floats], Floats], target: Floats, upper: Floats
) -> Floats:
    """Solve value(x) = target for an increasing `value` with value(0) = 0 and value(upper) >= target.

    Newton steps kept inside a shrinking bracket: quadratic on the smooth parts, halving across the kink where infant
    mortality ends.  Stops at a relative step of 1e-13.
    """
    low, high = np.zeros_like(upper), upper.copy()
    x = upper.copy()
    for _ in range(200):
        excess = value(x) - target
        high = np.where(excess >= 0, x, high)
        low = np.where(excess < 0, x, low)
        with np.errstate(divide="ignore", invalid="ignore"):
            step = x - excess / slope(x)
        inside = (step > low) & (step < high)
        new = np.where(inside, step, 0.5 * (low + high))
        new = np.where(excess == 0, x, new)
        if np.all(np.abs(new - x) <= 1e-13 * high):
            return new
        x = new
    return x


AnyLaw = Annotated[Exponential | Weibull | Bathtub, Field(discriminator="kind")]
