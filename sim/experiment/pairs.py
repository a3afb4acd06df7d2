"""Two strategies under common random numbers: their difference, what pairing gains, and how many replicates tell it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cached_property
from math import ceil, inf, isfinite, isnan, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import nctdtr, ndtri, stdtrit

from sim.experiment import statistics
from sim.experiment.controls import Regression
from sim.experiment.sample import QUANTITIES, Sample
from sim.experiment.statistics import Difference

Floats = NDArray[np.float64]

POWER = 0.9
"""With which probability the replicates asked for show a difference."""
_TAIL = 0.025  # on each side
_EXACT = 1e-9  # residual variance, relative to the variance explained, below which a difference counts as determined
_MANY = 100_000  # replicates from which Student's laws are normal ones
_MOST = 10**9  # replicates that nobody simulates


@dataclass(frozen=True)
class ReplicatesNeeded:
    """How many replicates show that two strategies differ, with probability `POWER`, were the difference this large.

    `None`: undefined, or more than a thousand million.
    """

    metric: str
    difference: float | None
    """The difference that is to be told from 0: the one seen, unless the caller names another."""
    replicates: int
    """Of those seen."""
    needed: int | None
    """As the study does it: paired, and adjusted by the controls where they adjust this difference."""
    needed_paired: int | None
    """Paired, without controls."""
    needed_independent: int | None
    """With other random numbers for each strategy."""
    settled: bool
    """Whether the 95 % interval of the difference leaves out 0 already."""

    @property
    def more(self) -> int | None:
        """Replicates beyond those seen."""
        return None if self.needed is None else max(0, self.needed - self.replicates)

    def to_json(self) -> dict[str, Any]:
        """As in the output of `compare`."""
        return asdict(self)


@dataclass(frozen=True, eq=False)
class Pair:
    """The replicates that two strategies have in common."""

    a: Sample
    b: Sample

    @classmethod
    def of(cls, a: Sample, b: Sample) -> Pair:
        """The pair of two samples: a strategy that was eliminated has fewer replicates than another."""
        n = min(len(a), len(b))
        return cls(a.first(n), b.first(n))

    @cached_property
    def regression(self) -> Regression:
        """On the controls of both: what is common to both drops out."""
        return Regression.on(
            np.hstack([self.a.controls, self.b.controls]), np.hstack([self.a.expected, self.b.expected])
        )

    def difference(self, metric: str) -> Difference:
        """The mean of a - b."""
        first, second = self.a.ratio(metric), self.b.ratio(metric)
        if first and second:
            return statistics.difference_of_ratios(first, second, self.regression, QUANTITIES[metric])
        values = self.a.values(metric), self.b.values(metric)
        return statistics.difference(*values, self.regression, QUANTITIES[metric])

    def variance_reduction(self, metric: str) -> dict[str, Any]:
        """As `variance_reduction` of a metric; of a ratio of means in first order."""
        return variance_reduction(*self._moves(metric), self.regression)

    def gain(self, metric: str) -> float | None:
        """How many times the replicates independent runs without controls would need for a difference as sharp.

        Controls count where they adjust the difference.  `None` where nothing varies, or too little is known.
        """
        found = self.variance_reduction(metric)
        gain: float | None = found["total"] if self.difference(metric).adjusted else found["pairing"]
        return gain

    def replicates_needed(self, metric: str, difference: float | None = None) -> ReplicatesNeeded:
        """How many replicates tell a - b from 0: the difference seen, or another one in the metric's unit."""
        found = self.difference(metric)
        n, seen = found.n, found.mean if difference is None else difference
        settled = found.ci_low is not None and found.ci_high is not None and not found.ci_low <= 0 <= found.ci_high
        if n < 3 or seen is None:
            return ReplicatesNeeded(metric, seen, n, None, None, None, settled)
        a, b = self._moves(metric)
        paired, apart = float((a - b).var(ddof=1)), float(a.var(ddof=1) + b.var(ddof=1))
        kept = len(self.regression.offset)
        left = self.regression.fit(a - b)[2] if found.adjusted else paired
        return ReplicatesNeeded(
            metric,
            seen,
            n,
            replicates_to_tell(seen, sqrt(left), kept if found.adjusted else 0),
            replicates_to_tell(seen, sqrt(paired)),
            replicates_to_tell(seen, sqrt(apart)),
            settled,
        )

    def _moves(self, metric: str) -> tuple[Floats, Floats]:
        """What each replicate has of a metric, or moves a ratio of means by; NaN where that is undefined."""
        first, second = self.a.ratio(metric), self.b.ratio(metric)
        if not (first and second):
            return self.a.values(metric), self.b.values(metric)
        of_a, of_b = first.of_means, second.of_means
        if of_a is None or of_b is None:
            nothing = np.full(len(self.a), np.nan)
            return nothing, nothing
        return first.linearised(of_a), second.linearised(of_b)


def variance_reduction(a: Floats, b: Floats, regression: Regression) -> dict[str, Any]:
    """By what factors the variance of a - b falls below that of independent seeds.

    `pairing` by common random numbers, (var a + var b) / var(a - b); `controls` by the regression on top of it; `total`
    their product.  `exact` where nothing is left: the controls determine the difference.  `None` where too few
    replicates, or no variance at all, leave a factor undefined.
    """
    none: dict[str, Any] = {"pairing": None, "controls": None, "total": None}
    if len(a) < 3 or not (np.isfinite(a).all() and np.isfinite(b).all()):
        return none
    apart = float(a.var(ddof=1) + b.var(ddof=1))
    paired = float((a - b).var(ddof=1))
    rounding = (1e-14 * float(max(np.abs(a).max(), np.abs(b).max()))) ** 2
    if paired <= max(rounding, _EXACT**2 * apart):
        return {**none, "exact": True}
    pairing = apart / paired
    if not regression.adjusts:
        return {**none, "pairing": pairing}
    residual = regression.fit(a - b)[2]
    if residual <= max(rounding, _EXACT * paired):
        return {**none, "pairing": pairing, "exact": True}
    return {"pairing": pairing, "controls": paired / residual, "total": apart / residual}


def replicates_to_tell(difference: float, deviation: float, coefficients: int = 0) -> int | None:
    """Replicates of which Student's 95 % interval leaves out 0 with probability `POWER`.

    `difference`: the true mean; `deviation`: the standard deviation of a replicate about it; `coefficients`: those of
    an adjustment: each takes a degree of freedom and, as it is estimated, about a replicate.  `None` beyond a thousand
    million, and where the difference is 0.
    """
    least = coefficients + 2
    if deviation == 0 or not isfinite(deviation):
        return least if deviation == 0 and difference else None
    size = abs(difference) / deviation
    reach = float(ndtri(1 - _TAIL) + ndtri(POWER))
    wanted = (reach / size) ** 2 if size > 0 else inf
    if isnan(wanted) or wanted > _MOST:
        return None
    n = ceil(wanted)
    # The normal law asks for too few: Student's has longer tails, and a quantile of its own for each n.
    while n < _MANY and (n < 2 or _power(size, n) < POWER):
        n += 1
    return max(least, n + coefficients)


def _power(size: float, n: int) -> float:
    """Probability that Student's interval of n replicates leaves out 0, the true mean being `size` deviations."""
    return 1 - float(nctdtr(n - 1, size * sqrt(n), -float(stdtrit(n - 1, _TAIL))))
