"""The log-normal law: a hazard that rises from 0 to a peak and falls again."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from pydantic import Field
from scipy.special import log_ndtr, ndtri_exp

from sim.constants import DAYS_PER_YEAR
from sim.reliability.law import Floats, Law

_ROOT = np.sqrt(2 * np.pi)


class Lognormal(Law):
    """ln(age) is normal: H0 = -ln Phi(-z), z = ln(age / median) / sigma.

    Its mean is median exp(sigma^2 / 2).
    """

    kind: Literal["lognormal"] = "lognormal"
    median_years: float = Field(ge=1e-9, le=1e30)
    """Age that half of the units reach, years."""
    sigma: float = Field(ge=0.01, le=20)
    """Standard deviation of ln(age): the smaller, the closer together they fail."""

    def _z(self, age_days: ArrayLike) -> Floats:
        with np.errstate(divide="ignore"):
            found = np.log(np.asarray(age_days, float) / (self.median_years * DAYS_PER_YEAR)) / self.sigma
        return np.asarray(found)

    def hazard_per_day(self, age_days: ArrayLike) -> Floats:
        age, z = np.asarray(age_days, float), self._z(age_days)
        # In logarithms: both the density and the survival underflow far out.
        with np.errstate(divide="ignore", invalid="ignore"):
            logarithm = -0.5 * z**2 - log_ndtr(-z) - np.log(self.sigma * _ROOT * age)
        return np.asarray(np.where(age > 0, np.exp(logarithm), 0.0))

    def cumulative_hazard(self, age_days: ArrayLike) -> Floats:
        return np.asarray(-log_ndtr(-self._z(age_days)))

    def inverse(self, cumulative_hazard: ArrayLike) -> Floats:
        z = -ndtri_exp(-np.asarray(cumulative_hazard, float))
        with np.errstate(over="ignore"):
            return np.asarray(self.median_years * DAYS_PER_YEAR * np.exp(self.sigma * z))

    def after_burn_in(self, days: float) -> Law:
        # It rises from 0, and for longer than any burn-in lasts: nothing of it is taken away.
        return self
