"""What every law of lifetime says: hazard, cumulative hazard, its inverse, and the law after a burn-in.

A unit draws E ~ Exp(1) when it is made and fails when its accumulated hazard reaches E.  A `Law` gives the cumulative
hazard H0 of a unit's own clock (its effective age).  The clock runs at a pace (1 at work, less when dormant), and a
calendar factor multiplies the hazard of everything alive on a date:

    H(t) = integral of f(date) h0(clock) dclock,    dclock = pace dt

Pace is the accelerated-failure-time reading (temperature, cycling, dormancy), the factor the proportional-hazard one
(shocks, radiation); the two differ widely for wear-out laws (Nelson, Accelerated Testing, doi 10.1002/9780470316795).
"""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import Field, model_validator

from sim.constants import DAYS_PER_YEAR
from sim.parameters import Parameters

Floats = NDArray[np.float64]


class CalendarFactor(Parameters):
    """A factor on the hazard that depends on the date, the same for all units alive: piecewise constant."""

    years: tuple[Annotated[float, Field(ge=0, le=1e3)], ...] = Field(min_length=1)
    """Mission years at which a factor begins, increasing.  Before the first one the factor is 1."""
    factors: tuple[Annotated[float, Field(ge=0, le=1e6)], ...] = Field(min_length=1)
    """Factor on the hazard from each of these years on, until the next."""

    @model_validator(mode="after")
    def _steps_are_ordered(self) -> Self:
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

    def after_burn_in(self, days: float) -> Law:
        """Law of a unit that has survived a burn-in of this many effective days, its age counted from the end of it.

        A part of the hazard that falls with age goes on from the burn-in, H(t + days) - H(days); a part that is
        constant or rises with age starts anew.  So a burn-in takes infant mortality away, and a unit wears out no
        earlier for it.  Returns this law itself where nothing falls with age.
        """
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
