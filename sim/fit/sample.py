"""Units observed for some time, counted by age, and the share that survives (Kaplan-Meier)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
MAX_AGES = 20_000
NORMAL_95 = 1.959963984540054


@dataclass(frozen=True)
class Sample:
    """Units by age: at each of `years`, increasing, the observation of `ended` units ends, and `died` of them die.

    `entered` of them begin to be observed there, older than new (left truncation); the others were observed from birth.
    With a `resolution_years` r above 0 a death written at age a came between a - r and a (interval censoring), but not
    before that unit's entry: `spans` holds (age, earliest age, number) of those deaths.
    """

    years: Floats
    ended: Floats
    died: Floats
    entered: Floats
    resolution_years: float = 0.0
    spans: tuple[Floats, Floats, Floats] | None = None

    @classmethod
    def of(
        cls, years: ArrayLike, dead: ArrayLike, entry: ArrayLike | None = None, resolution_years: float = 0.0
    ) -> Sample:
        """From one entry a unit; `entry`: ages at which observation began, 0 from birth.

        More than 20,000 different ages are rounded up to 1/20,000 of the longest.
        """
        ages, died = np.asarray(years, float), np.asarray(dead, bool)
        begun = np.zeros(ages.shape) if entry is None else np.array(entry, float)
        late = begun > 0
        every = np.concatenate([ages, begun[late]])
        distinct, place = np.unique(every, return_inverse=True)
        if distinct.size > MAX_AGES:
            step = distinct[-1] / MAX_AGES
            distinct, place = np.unique(np.maximum(np.ceil(every / step), 1) * step, return_inverse=True)
        own, first = place[: ages.size], place[ages.size :]
        ended, fallen, entered = (
            np.asarray(np.bincount(where, weights=weight, minlength=distinct.size), float)
            for where, weight in ((own, np.ones(own.size)), (own, died), (first, np.ones(first.size)))
        )
        spans = None
        if resolution_years:
            begun[late] = distinct[first]
            last, since = distinct[own][died], begun[died]
            earliest = np.maximum(last - resolution_years, np.where(since < last, since, 0.0))
            pairs, count = np.unique(np.stack([last, np.maximum(earliest, 0.0)]), axis=1, return_counts=True)
            spans = pairs[0], pairs[1], np.asarray(count, float)
        return cls(distinct, ended, fallen, entered, resolution_years, spans)

    @cached_property
    def weight(self) -> Floats:
        """How often the hazard up to each age counts among what all units gather: at its end, less at its entry."""
        return self.ended - self.entered

    def coarse(self, count: int) -> Sample:
        """About the same sample at no more than `count` ages: neighbours gathered at their mean age."""
        if self.years.size <= count:
            return self
        first = np.linspace(0, self.years.size, count, endpoint=False).astype(int)
        ended, died, entered = (np.add.reduceat(one, first) for one in (self.ended, self.died, self.entered))
        both = self.ended + self.entered
        years = np.add.reduceat(both * self.years, first) / (ended + entered)
        return Sample(years, ended, died, entered, self.resolution_years)

    def at_midpoints(self) -> Sample:
        """The same with each death in the middle of the interval in which it came, as if that were known."""
        if self.spans is None:
            return self
        last, first, count = self.spans
        every = np.concatenate([self.years, 0.5 * (first + last)])
        distinct, place = np.unique(every, return_inverse=True)
        at_end, middle = place[: self.years.size], place[self.years.size :]
        died = np.asarray(np.bincount(middle, count, distinct.size), float)
        ended = np.bincount(at_end, self.ended - self.died, distinct.size) + died
        entered = np.asarray(np.bincount(at_end, self.entered, distinct.size), float)
        used = (ended > 0) | (entered > 0)
        return Sample(distinct[used], ended[used], died[used], entered[used])

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
        return float(self.weight @ self.years)

    @property
    def reach_years(self) -> float:
        """The longest observation, years."""
        return float(self.years[-1])

    def death_years(self) -> tuple[Floats, Floats]:
        """(ages of death, deaths at each)."""
        here = self.died > 0
        return self.years[here], self.died[here]

    def exposure(self, years: Floats) -> Floats:
        """Unit-years lived under observation up to each age."""
        before = np.concatenate([[0.0], np.cumsum(self.weight * self.years)])
        gone = np.concatenate([[0.0], np.cumsum(self.weight)])
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

    Units that enter late count among those at risk from their entry on; with few at risk early, one early death there
    pulls the whole curve down.
    Bands: Greenwood's variance on the scale ln(-ln S), so that they stay between 0 and 1.  Where the last unit died
    and S is 0, that variance has no value: the band there reaches from 0 to its last upper end.
    """
    here = sample.died > 0
    # Under observation just before: those that end there or later, less those that enter there or later.
    at_risk = np.cumsum(sample.weight[::-1])[::-1][here]
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
