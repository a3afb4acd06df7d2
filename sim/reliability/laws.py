"""The laws of lifetime that a scenario can name.  What they have in common: `sim.reliability.law`."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Literal

import numpy as np
from numpy.typing import ArrayLike
from pydantic import Field, model_validator

from sim.constants import DAYS_PER_YEAR
from sim.parameters import cited
from sim.reliability.burn_in import AgedWeibull, BurnedIn
from sim.reliability.law import Floats, Law
from sim.reliability.lognormal import Lognormal
from sim.reliability.mixture import WeibullMixture
from sim.reliability.root import bisect_newton

_beyond_floats = np.errstate(over="ignore")
"""A power of an age may be beyond the largest number: infinite then, which means that nobody lives to that age."""


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

    def after_burn_in(self, days: float) -> Law:
        return self


class Weibull(Law):
    """H0 = (age / scale)^shape: infant mortality below shape 1, wear-out above it."""

    kind: Literal["weibull"] = "weibull"
    shape: float = Field(ge=0.01, le=50)
    """Shape, dimensionless: 1 is exponential."""
    scale_years: float = Field(ge=1e-6, le=1e30)
    """Scale, years: the age that a share 1/e of the units reaches; beyond all ages where few units fail, and early."""

    @_beyond_floats
    def hazard_per_day(self, age_days: ArrayLike) -> Floats:
        scale = self.scale_years * DAYS_PER_YEAR
        with np.errstate(divide="ignore"):
            return self.shape / scale * (np.asarray(age_days, float) / scale) ** (self.shape - 1)

    @_beyond_floats
    def cumulative_hazard(self, age_days: ArrayLike) -> Floats:
        return (np.asarray(age_days, float) / (self.scale_years * DAYS_PER_YEAR)) ** self.shape

    @_beyond_floats
    def inverse(self, cumulative_hazard: ArrayLike) -> Floats:
        return self.scale_years * DAYS_PER_YEAR * np.asarray(cumulative_hazard, float) ** (1 / self.shape)

    def after_burn_in(self, days: float) -> Law:
        if days == 0 or self.shape >= 1:
            return self
        infant = AgedWeibull(self.shape, self.scale_years * DAYS_PER_YEAR, days)
        return BurnedIn(calendar_factor=self.calendar_factor, infant=infant)


class Bathtub(Law):
    """Infant mortality that ends, plus a constant hazard, plus Weibull wear-out.

    H0 = -ln(1 - infant_loss_fraction) (min(age, infant_days) / infant_days)^infant_shape
         + constant_per_year age + (age / wear_out_scale_years)^wear_out_shape
    """

    kind: Literal["bathtub"] = "bathtub"
    infant_loss_fraction: float = Field(default=0.0, ge=0, lt=1)
    """Share of units that infant mortality alone would take within `infant_days`."""
    infant_days: float = Field(default=90.0, ge=1e-4, le=36525, json_schema_extra=cited("A", "engineering judgement"))
    """Age at which infant mortality ends, days."""
    infant_shape: float = Field(
        default=0.7, ge=0.01, le=1, json_schema_extra=cited("A", "a hazard that falls with age", 0.6, 0.8)
    )
    """Weibull shape of infant mortality."""
    constant_per_year: float = Field(default=0.0, ge=0, le=1e6)
    """Constant hazard, failures per unit and year."""
    wear_out_shape: float = Field(default=3.0, ge=1, le=50, json_schema_extra=cited("A", "engineering judgement", 2, 4))
    """Weibull shape of wear-out."""
    wear_out_scale_years: float | None = Field(default=None, ge=1e-6, le=1e9)
    """Weibull scale of wear-out, years; none: no wear-out."""

    def kinks_days(self) -> list[float]:
        return [self.infant_days] if self.infant_loss_fraction > 0 else []

    def _infant_total(self) -> float:
        return float(-np.log1p(-self.infant_loss_fraction))

    @_beyond_floats
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

    @_beyond_floats
    def cumulative_hazard(self, age_days: ArrayLike) -> Floats:
        age = np.asarray(age_days, float)
        total = self._infant_total() * np.minimum(age / self.infant_days, 1.0) ** self.infant_shape
        total = total + self.constant_per_year / DAYS_PER_YEAR * age
        if self.wear_out_scale_years is not None:
            total = total + (age / (self.wear_out_scale_years * DAYS_PER_YEAR)) ** self.wear_out_shape
        return total

    @_beyond_floats
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

    def after_burn_in(self, days: float) -> Law:
        if days == 0 or self.infant_loss_fraction == 0:
            return self
        rest = self.model_copy(update={"infant_loss_fraction": 0.0})
        if days >= self.infant_days:
            return rest
        infant = AgedWeibull(
            self.infant_shape, self.infant_days, days, size=self._infant_total(), end_days=self.infant_days - days
        )
        return BurnedIn(calendar_factor=self.calendar_factor, infant=infant, rest=rest)


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
    shape: float = Field(default=1.0, ge=0.01, le=50)
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

    @_beyond_floats
    def hazard_per_day(self, age_days: ArrayLike) -> Floats:
        late, _ = self._late(np.asarray(age_days, float) / DAYS_PER_YEAR - self.onset_years)
        return (self.calm_per_year + late) / DAYS_PER_YEAR

    @_beyond_floats
    def cumulative_hazard(self, age_days: ArrayLike) -> Floats:
        years = np.asarray(age_days, float) / DAYS_PER_YEAR
        return self.calm_per_year * years + self._late(years - self.onset_years)[1]

    @_beyond_floats
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

    def after_burn_in(self, days: float) -> Law:
        # A hazard that has yet to set in does not fall: only one that sets in at birth can be burned in.
        if days == 0 or self.onset_years > 0 or self.shape >= 1 or self.rate_per_year == 0:
            return self
        infant = AgedWeibull(self.shape, DAYS_PER_YEAR / self.rate_per_year, days)
        calm = Exponential(rate_per_year=self.calm_per_year)
        return BurnedIn(calendar_factor=self.calendar_factor, infant=infant, rest=calm)


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

    def after_burn_in(self, days: float) -> Law:
        """The lowest rate seen so far falls with age and goes on from the burn-in; what is above it starts anew.

        A table that falls and then rises keeps its rise where it was; a rate that first rises is not burned in.
        """
        starts, rates, _ = self._pieces()
        lowest = np.minimum.accumulate(rates)
        if days == 0 or lowest[-1] == lowest[0]:
            return self
        edges = np.union1d(starts, starts[starts > days] - days)
        now, later = (np.searchsorted(starts, at, side="right") - 1 for at in (edges, edges + days))
        return PiecewiseConstant(
            calendar_factor=self.calendar_factor,
            years=tuple((edges / DAYS_PER_YEAR).tolist()),
            rates_per_year=tuple(((rates[now] - lowest[now] + lowest[later]) * DAYS_PER_YEAR).tolist()),
        )


AnyLaw = Annotated[
    Exponential | Weibull | Lognormal | Bathtub | DelayedOnset | PiecewiseConstant | WeibullMixture,
    Field(discriminator="kind"),
]
