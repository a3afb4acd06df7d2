"""Units observed for some time, counted by age, and the share that survives (Kaplan-Meier)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
MAX_AGES = 20_000
NORMAL_95 = 1.959963984540054


@dataclass(frozen=True)
class Sample:
    """Units by the age at which their observation ended: `years` increasing, `ended` units there, `died` of them."""

    years: Floats
    ended: Floats
    died: Floats

    @classmethod
    def of(cls, years: ArrayLike, dead: ArrayLike) -> Sample:
        """From one entry a unit.  More than 20,000 different ages are rounded up to 1/20,000 of the longest."""
        ages, died = np.asarray(years, float), np.asarray(dead, bool)
        distinct, place = np.unique(ages, return_inverse=True)
        if distinct.size > MAX_AGES:
            step = distinct[-1] / MAX_AGES
            distinct, place = np.unique(np.maximum(np.ceil(ages / step), 1) * step, return_inverse=True)
        ended = np.bincount(place, minlength=distinct.size).astype(float)
        fallen = np.asarray(np.bincount(place, weights=died), float)
        return cls(distinct, ended, fallen)

    def coarse(self, count: int) -> Sample:
        """About the same sample at no more than `count` ages: neighbours gathered at their mean age."""
        if self.years.size <= count:
            return self
        first = np.linspace(0, self.years.size, count, endpoint=False).astype(int)
        ended, died = np.add.reduceat(self.ended, first), np.add.reduceat(self.died, first)
        return Sample(np.add.reduceat(self.ended * self.years, first) / ended, ended, died)

    @property
    def units(self) -> int:
        """Number of units."""
        return int(self.ended.sum())

    @property
    def deaths(self) -> int:
        """Number of deaths."""
        return int(self.died.sum())

    @property
    def unit_years(self) -> float:
        """Years observed, over all units."""
        return float(self.ended @ self.years)

    @property
    def reach_years(self) -> float:
        """The longest observation, years."""
        return float(self.years[-1])

    def death_years(self) -> tuple[Floats, Floats]:
        """(ages of death, deaths at each)."""
        here = self.died > 0
        return self.years[here], self.died[here]

    def exposure(self, years: Floats) -> Floats:
        """Unit-years lived up to each age."""
        before = np.concatenate([[0.0], np.cumsum(self.ended * self.years)])
        gone = np.concatenate([[0.0], np.cumsum(self.ended)])
        place = np.searchsorted(self.years, years, side="right")
        return np.asarray(before[place] + (gone[-1] - gone[place]) * years)


@dataclass(frozen=True)
class KaplanMeier:
    """Share of units that survive each age, with 95 % bands; begins with age 0 and survival 1."""

    years: Floats
    survival: Floats
    low: Floats
    high: Floats

    def at(self, years: ArrayLike) -> Floats:
        """Survival at other ages."""
        return np.asarray(self.survival[np.searchsorted(self.years, years, side="right") - 1])


def kaplan_meier(sample: Sample) -> KaplanMeier:
    """The product-limit estimate (Kaplan and Meier 1958, doi 10.1080/01621459.1958.10501452), a point at each death.

    Bands: Greenwood's variance on the scale ln(-ln S), so that they stay between 0 and 1.  Where the last unit died
    and S is 0, that variance has no value: the band there reaches from 0 to its last upper end.
    """
    here = sample.died > 0
    at_risk = (sample.units - np.cumsum(sample.ended) + sample.ended)[here]
    died = sample.died[here]
    survival = np.cumprod(1 - died / at_risk)
    alive = survival > 0
    variance = np.cumsum(died[alive] / (at_risk[alive] * (at_risk[alive] - died[alive])))
    spread = np.exp(NORMAL_95 * np.sqrt(variance) / -np.log(survival[alive]))
    low, high = survival[alive] ** spread, survival[alive] ** (1 / spread)
    if not alive.all():
        low, high = np.append(low, 0.0), np.append(high, high[-1] if high.size else 1.0)
    first = np.ones(1)
    return KaplanMeier(
        np.concatenate([[0.0], sample.years[here]]),
        np.concatenate([first, survival]),
        np.concatenate([first, low]),
        np.concatenate([first, high]),
    )
