"""95 % intervals of the mean of few replicates, skewed and rare ones among them.

Which interval was chosen, and what it covers: docs/decisions.md and tests/verification/test_interval_coverage.py.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv, stdtrit

Floats = NDArray[np.float64]
Interval = tuple[float, float]

FEWEST = 8
"""Values from which skewness is corrected for: coverage was measured from there on."""
_TAIL = 0.025  # on each side, of an interval of 95 %
_NO_SKEW = 1e-6  # skewness below which the correction is that of none


def student(mean: float, error: float, degrees: int, tail: float = _TAIL) -> Interval:
    """Student's interval of a mean with this standard error and these degrees of freedom."""
    half = -float(stdtrit(degrees, tail)) * error
    return mean - half, mean + half


def skew_corrected(values: Floats, degrees: int, tail: float = _TAIL) -> Interval:
    """Student's interval, widened on the side to which `values`, shape (replicates,), are skewed.

    The wider end, on each side, of Student's interval and of Hall's, who transforms the studentised mean by a monotone
    cubic that takes out its skewness (Hall 1992, doi 10.1111/j.2517-6161.1992.tb01876.x).  Hall's alone is too narrow
    against the skew at small n, Student's alone along it.  Of fewer than `FEWEST` values the skewness is anybody's
    guess, and the correction can be many times the spread of the values: they get Student's.
    """
    n = len(values)
    mean, spread = float(values.mean()), float(values.std(ddof=1))
    error = spread / np.sqrt(n)
    low, high = student(mean, error, degrees, tail)
    if n < FEWEST or spread == 0:
        return low, high
    skewness = float((((values - mean) / spread) ** 3).sum()) * n / ((n - 1) * (n - 2))
    if abs(skewness) < _NO_SKEW:
        return low, high
    reach = -float(stdtrit(degrees, tail)) / np.sqrt(n)

    def studentised(quantile: float) -> float:
        return 3 / skewness * float(np.cbrt(1 + skewness * (quantile - skewness / (6 * n))) - 1)

    return min(low, mean - spread * studentised(reach)), max(high, mean - spread * studentised(-reach))


def share(count: float, n: int, tail: float = _TAIL) -> Interval:
    """Clopper & Pearson's exact interval of a probability, of which `count` of `n` trials came true.

    A share of a trial, as of a tie, lies between the whole ones.
    """
    low = float(betaincinv(count, n - count + 1, tail)) if count > 0 else 0.0
    high = float(betaincinv(count + 1, n - count, 1 - tail)) if count < n else 1.0
    return low, high


def is_rare(values: Floats) -> bool:
    """Whether `values` are one value and a rarer departure from it, or two values only: not a case for a normal law."""
    ordered = np.sort(values)
    two = np.all((ordered == ordered[0]) | (ordered == ordered[-1]))
    modal = np.count_nonzero(values == ordered[len(values) // 2])
    return bool((two and len(values) > 3) or 2 * modal > len(values))


def mean_interval(values: Floats, low: float = -np.inf, high: float = np.inf, *, tail: float = _TAIL) -> Interval:
    """The interval of the mean of at least two `values` of a quantity that lies between `low` and `high`.

    `tail`: the probability that the mean lies below its low end, and that it lies above its high end.

    `skew_corrected`; and where more than half the replicates agree (`is_rare`), at least the mean departure from their
    value times the exact interval of its probability.  Values that all lie at one end of a bounded range leave the mean
    anywhere up to the exact interval of a probability seen 0 times of n.  Other values that are all equal have an
    interval of no width: what does not occur in n replicates is not seen.
    """
    n = len(values)
    least, most = float(values.min()), float(values.max())
    if least == most:
        reach = share(0, n, tail)[1] * (high - low) if np.isfinite(high - low) and least in (low, high) else 0.0
        return max(least - reach, low), min(most + reach, high)
    if not is_rare(values):
        return skew_corrected(values, n - 1, tail)
    error = float(values.std(ddof=1)) / np.sqrt(n)
    # Of an event, 0 or 1, the exact interval knows the skewness; what has no bound may yet take other values.
    is_event = (least, most) == (low, high) and bool(np.all((values == least) | (values == most)))
    mean = float(values.mean())
    found = student(mean, error, n - 1, tail) if is_event else skew_corrected(values, n - 1, tail)
    usual = float(np.sort(values)[n // 2])
    others = values[values != usual]
    departure = float((others - usual).mean())
    ends = [usual + departure * probability for probability in share(len(others), n, tail)]
    return min(found[0], *ends), max(found[1], *ends)
