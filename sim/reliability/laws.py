"""Laws of lifetime: hazard, cumulative hazard, and its inverse.

A unit draws E ~ Exp(1) when it is made and fails when its accumulated hazard reaches E.  A `Law` gives the cumulative
hazard H0 of a unit's own clock (its effective age).  The clock runs at a pace (1 at work, less when dormant), and a
calendar factor multiplies the hazard of everything alive on a date:

    H(t) = integral of f(date) h0(clock) dclock,    dclock = pace dt

Pace is the accelerated-failure-time reading (temperature, cycling, dormancy), the factor the proportional-hazard one
(shocks, radiation); the two differ widely for wear-out laws (Nelson, Accelerated Testing, doi 10.1002/9780470316795).
"""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import Field, model_validator

from sim.constants import DAYS_PER_YEAR
from sim.parameters import Parameters
from sim.reliability.root import bisect_newton

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

    def kinks_days(self) -> list[float]:
        """Ages at which the hazard jumps, increasing, in days: where a quadrature over the ages should be split."""
        return []

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

    def kinks_days(self) -> list[float]:
        return [self.infant_days] if self.infant_loss_fraction > 0 else []

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
        age[solve] = bisect_newton(self.cumulative_hazard, self.hazard_per_day, target[solve], upper[solve])
        return age.reshape(np.shape(cumulative_hazard))


class DelayedOnset(Law):
    """A calm hazard, and from an age on a second one: a defect that takes time to show (corrosion, a worn lubricant).

    H0 = calm_per_year age + (rate_per_year max(0, age - onset_years))^shape; at shape 1 the hazard jumps by
    rate_per_year at the onset and stays.  Two years of calm, then .1 a year, is what the GPUs of Titan's first batch
    did (Ostrouchov et al., SC20, doi 10.1109/SC41405.2020.00045 [S]).
    """

    kind: Literal["delayed_onset"] = "delayed_onset"
    calm_per_year: float = Field(default=0.0, ge=0, le=1e6)
    """Hazard at every age, failures per unit and year."""
    onset_years: float = Field(ge=0, le=1e9)
    """Age at which the second hazard sets in, years."""
    rate_per_year: float = Field(ge=0, le=1e6)
    """Second hazard at shape 1, failures per unit and year; else the inverse of its Weibull scale, 1/year."""
    shape: float = Field(default=1.0, gt=0, le=50)
    """Weibull shape of the second hazard, counted from the onset; 1: constant."""

    def kinks_days(self) -> list[float]:
        return [self.onset_years * DAYS_PER_YEAR] if self.onset_years > 0 and self.rate_per_year > 0 else []

    def _late(self, years: Floats) -> tuple[Floats, Floats]:
        """Second hazard (1/year) and its integral, at years since the onset."""
        reached = self.rate_per_year * np.maximum(years, 0.0)
        if self.rate_per_year == 0:
            return np.zeros_like(reached), reached
        with np.errstate(divide="ignore"):
            hazard = self.shape * self.rate_per_year * reached ** (self.shape - 1)
        return np.where(years >= 0, hazard, 0.0), reached**self.shape

    def hazard_per_day(self, age_days: ArrayLike) -> Floats:
        late, _ = self._late(np.asarray(age_days, float) / DAYS_PER_YEAR - self.onset_years)
        return (self.calm_per_year + late) / DAYS_PER_YEAR

    def cumulative_hazard(self, age_days: ArrayLike) -> Floats:
        years = np.asarray(age_days, float) / DAYS_PER_YEAR
        return self.calm_per_year * years + self._late(years - self.onset_years)[1]

    def inverse(self, cumulative_hazard: ArrayLike) -> Floats:
        target = np.atleast_1d(np.asarray(cumulative_hazard, float))
        rest = target - self.calm_per_year * self.onset_years  # what is left to reach after the onset
        with np.errstate(divide="ignore", invalid="ignore"):
            years = target / self.calm_per_year
            # Each hazard alone needs at least this long, so the smaller is an upper bound.
            upper = np.minimum(rest / self.calm_per_year, np.maximum(rest, 0) ** (1 / self.shape) / self.rate_per_year)
        late = rest > 0
        years[late] = np.inf
        solve = late & np.isfinite(upper)
        if self.calm_per_year == 0:
            years[solve] = self.onset_years + upper[solve]
        else:
            since = bisect_newton(
                lambda x: self.calm_per_year * x + self._late(x)[1],
                lambda x: self.calm_per_year + self._late(x)[0],
                rest[solve],
                upper[solve],
            )
            years[solve] = self.onset_years + since
        years[target <= 0] = 0.0
        return (years * DAYS_PER_YEAR).reshape(np.shape(cumulative_hazard))


class PiecewiseConstant(Law):
    """A constant hazard from each of several ages on, until the next: a life table as it was observed."""

    kind: Literal["piecewise_constant"] = "piecewise_constant"
    years: tuple[Annotated[float, Field(ge=0, le=1e9)], ...] = Field(min_length=1)
    """Ages at which a rate begins, years: the first is 0, the rest increase."""
    rates_per_year: tuple[Annotated[float, Field(ge=0, le=1e6)], ...] = Field(min_length=1)
    """Failures per unit and year from each of these ages on; the last one holds ever after."""

    @model_validator(mode="after")
    def _pieces_are_ordered(self) -> PiecewiseConstant:
        if len(self.years) != len(self.rates_per_year):
            raise ValueError(
                f"years has {len(self.years)} entries and rates_per_year {len(self.rates_per_year)}: they must be equal"
            )
        if self.years[0] != 0:
            raise ValueError(f"years must begin with 0, got {self.years[0]:g}")
        if any(b <= a for a, b in pairwise(self.years)):
            raise ValueError(f"years must increase, got {list(self.years)}")
        return self

    def kinks_days(self) -> list[float]:
        return [start * DAYS_PER_YEAR for start in self.years[1:]]

    def _pieces(self) -> tuple[Floats, Floats, Floats]:
        """(start day, rate per day, H0 at the start) of each piece."""
        starts, rates = np.asarray(self.years) * DAYS_PER_YEAR, np.asarray(self.rates_per_year) / DAYS_PER_YEAR
        return starts, rates, np.concatenate([[0.0], np.cumsum(rates[:-1] * np.diff(starts))])

    def hazard_per_day(self, age_days: ArrayLike) -> Floats:
        starts, rates, _ = self._pieces()
        return rates[np.maximum(np.searchsorted(starts, np.asarray(age_days, float), side="right") - 1, 0)]

    def cumulative_hazard(self, age_days: ArrayLike) -> Floats:
        starts, rates, before = self._pieces()
        age = np.asarray(age_days, float)
        piece = np.maximum(np.searchsorted(starts, age, side="right") - 1, 0)
        return before[piece] + rates[piece] * (age - starts[piece])

    def inverse(self, cumulative_hazard: ArrayLike) -> Floats:
        starts, rates, before = self._pieces()
        target = np.asarray(cumulative_hazard, float)
        # The last piece that begins below the value: it reaches it, and so has a rate, unless it is the last of all.
        piece = np.maximum(np.searchsorted(before, target, side="left") - 1, 0)
        with np.errstate(divide="ignore", invalid="ignore"):
            age = starts[piece] + (target - before[piece]) / rates[piece]
        return np.where(target <= 0, 0.0, age)


class WeibullPart(Parameters):
    """One population of a mixture."""

    share: float = Field(gt=0, le=1)
    """Share of the units that are of this kind."""
    shape: float = Field(gt=0, le=50)
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

    def _columns(self) -> tuple[Floats, Floats, Floats]:
        """(share, shape, scale in days) of the parts, one column each; shares to the last digit."""
        share, shape, scale = np.array([[part.share, part.shape, part.scale_years] for part in self.parts]).T
        return share / share.sum(), shape, scale * DAYS_PER_YEAR

    def hazard_per_day(self, age_days: ArrayLike) -> Floats:
        share, shape, scale = self._columns()
        ratio = np.asarray(age_days, float)[..., None] / scale
        with np.errstate(divide="ignore", over="ignore"):
            log_alive = np.log(share) - ratio**shape
            alive = np.exp(log_alive - log_alive.max(axis=-1, keepdims=True))  # of each kind, up to a common factor
            each = shape / scale * ratio ** (shape - 1)
        return np.asarray((alive * each).sum(axis=-1) / alive.sum(axis=-1))

    def cumulative_hazard(self, age_days: ArrayLike) -> Floats:
        share, shape, scale = self._columns()
        each = (np.asarray(age_days, float)[..., None] / scale) ** shape
        dead = -(share * np.expm1(-each)).sum(axis=-1)
        with np.errstate(divide="ignore"):
            # Two forms of -ln S: the first keeps its digits while few are dead, the second when nearly all are.
            least = each.min(axis=-1)
            late = least - np.log((share * np.exp(np.minimum(least[..., None] - each, 0.0))).sum(axis=-1))
            return np.asarray(np.where(dead < 0.5, -np.log1p(-np.minimum(dead, 0.5)), late))

    def inverse(self, cumulative_hazard: ArrayLike) -> Floats:
        _, shape, scale = self._columns()
        target = np.atleast_1d(np.asarray(cumulative_hazard, float))
        each = scale * target[..., None] ** (1 / shape)
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
        found = bisect_newton(above, slope, np.log(target[solve]) - first, upper)
        age[solve] = np.exp(low + found)
        return age.reshape(np.shape(cumulative_hazard))


AnyLaw = Annotated[
    Exponential | Weibull | Bathtub | DelayedOnset | PiecewiseConstant | WeibullMixture, Field(discriminator="kind")
]
