"""What the replicates of a study say: means with intervals, paired differences, rankings, and what pairing gained.

Pure.  A row is a replicate.  Means and differences are sharpened by the *birth controls* (`sim.result.Controls`), whose
expectations are known exactly: the intercept of a regression on (controls - expected) estimates the mean with the noise
that the controls explain taken out (control variates: Lavenberg & Welch 1981, doi 10.1287/mnsc.27.3.322).  Where the
metric and the controls are jointly normal, the intervals are exact for any number of replicates.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

Floats = NDArray[np.float64]

SPARE_REPLICATES = 8
"""Means are adjusted from this many replicates above the number of controls on: with fewer, the coefficients are so
uncertain that the adjusted interval can be the wider one."""
LEAST_FOR_PRECISION = 20
"""Replicates before a stopping rule may look at an interval's width: fewer too often look precise by luck."""
_COLLINEAR = 1e-4  # a control of which the others explain all but this share (of its standard deviation) is dropped
_EXACT = 1e-9  # residual variance, relative to the variance explained, below which a difference counts as determined
_TWO_SIDED = 0.975


@dataclass(frozen=True)
class Estimate:
    """A mean over replicates with its 95 % interval, adjusted by the controls, and the plain mean beside it.

    `None`: undefined (intervals of one replicate; everything where a replicate has no value of the metric).
    """

    mean: float | None
    ci_low: float | None
    ci_high: float | None
    raw_mean: float | None
    raw_ci_low: float | None
    raw_ci_high: float | None
    n: int
    """Replicates."""
    unit: str

    @property
    def half_width(self) -> float | None:
        """Half the width of the adjusted interval."""
        return None if self.ci_low is None or self.ci_high is None else 0.5 * (self.ci_high - self.ci_low)

    def to_json(self) -> dict[str, Any]:
        """The estimate as in the output of `run` and `compare`."""
        return asdict(self)


@dataclass(frozen=True)
class Difference(Estimate):
    """The mean of a - b over replicates that share their luck."""

    p_positive: float | None
    """Share of the replicates in which a exceeds b, ties counting half."""


@dataclass(frozen=True)
class Regression:
    """An orthonormal basis of the usable controls over the replicates, ready for any number of metrics.

    Written out as Gram-Schmidt sums instead of a library's least squares because these add up in one order wherever the
    arrays lie in memory: the same replicates give the same bytes.
    """

    basis: Floats
    """Orthonormal columns, each orthogonal to the constant, shape (replicates, kept)."""
    offset: Floats
    """Where the means of the controls lie, seen from their expectations, in that basis; shape (kept,)."""

    @classmethod
    def on(cls, controls: Floats, expected: Floats) -> Regression:
        """The regression on `controls`, shape (replicates, controls), with expectations of shape (controls,).

        Constant controls, and those that others determine, are left out: a pivoted Gram-Schmidt takes the control with
        the most left of it first, so the choice depends on the controls alone and cannot bias a metric.
        """
        n = len(controls)
        above = controls - expected
        centred = above - above.mean(axis=0) if n else above
        scale = np.sqrt((centred**2).sum(axis=0))
        varies = scale > 1e-12 * np.sqrt(n) * np.maximum(1.0, np.abs(expected))
        columns = centred[:, varies] / scale[varies]
        means = above.mean(axis=0)[varies] / scale[varies] if n else np.zeros(0)
        basis, offset = np.zeros((n, 0)), np.zeros(0)
        while columns.shape[1] and basis.shape[1] < n - 1:
            left = np.sqrt((columns**2).sum(axis=0))
            most = int(np.argmax(left))
            if left[most] < _COLLINEAR:
                break
            direction, mean = columns[:, most] / left[most], means[most] / left[most]
            basis, offset = np.column_stack([basis, direction]), np.append(offset, mean)
            others = np.arange(columns.shape[1]) != most
            share = (columns[:, others] * direction[:, None]).sum(axis=0)
            columns = columns[:, others] - direction[:, None] * share
            means = means[others] - mean * share
        return cls(basis, offset)

    @property
    def adjusts(self) -> bool:
        """Whether there are controls, and replicates enough to use them."""
        n, kept = len(self.basis), len(self.offset)
        return kept > 0 and n >= kept + SPARE_REPLICATES

    @property
    def degrees_of_freedom(self) -> int:
        """Replicates less the coefficients estimated."""
        return len(self.basis) - len(self.offset) - 1

    def fit(self, values: Floats) -> tuple[float, float, float]:
        """(intercept, its standard error, residual variance) of `values`, shape (replicates,).

        The standard error holds the uncertainty of the coefficients; the variance is unbiased.
        """
        n = len(values)
        mean = values.mean()
        explained = (self.basis * (values - mean)[:, None]).sum(axis=0)
        residual = values - mean - (self.basis * explained).sum(axis=1)
        variance = float((residual**2).sum()) / self.degrees_of_freedom
        error = np.sqrt(variance * (1 / n + (self.offset**2).sum()))
        return float(mean - (self.offset * explained).sum()), float(error), variance


@dataclass(frozen=True)
class Quantity:
    """What `estimate` needs to know of a metric."""

    unit: str
    low: float = -np.inf
    """Least possible value."""
    high: float = np.inf
    """Greatest possible value."""

    def clip(self, value: float | None) -> float | None:
        """The value, brought into the range."""
        return None if value is None else float(np.clip(value, self.low, self.high))

    def of_differences(self) -> Quantity:
        """The same for the difference of two values."""
        return Quantity(self.unit, self.low - self.high, self.high - self.low)


def estimate(values: Floats, regression: Regression, quantity: Quantity) -> Estimate:
    """The mean of a metric over replicates; `values` and the rows of `regression` belong to the same replicates.

    Undefined where any replicate is: a mean over the others would be that of another quantity.  Means and interval ends
    lie in the range of the quantity.
    """
    n = len(values)
    if n == 0 or not np.isfinite(values).all():
        return Estimate(None, None, None, None, None, None, n, quantity.unit)
    raw = _interval(float(values.mean()), float(values.std(ddof=1)) / np.sqrt(n) if n > 1 else None, n - 1)
    adjusted = raw
    if regression.adjusts:
        intercept, error, _ = regression.fit(values)
        adjusted = _interval(intercept, error, regression.degrees_of_freedom)
    mean, low, high = map(quantity.clip, adjusted)
    raw_mean, raw_low, raw_high = map(quantity.clip, raw)
    return Estimate(mean, low, high, raw_mean, raw_low, raw_high, n, quantity.unit)


def difference(a: Floats, b: Floats, regression: Regression, quantity: Quantity) -> Difference:
    """The mean of a - b, replicate by replicate; arguments as in `estimate`, the quantity being that of a and b."""
    both = np.isfinite(a) & np.isfinite(b)
    difference = np.subtract(a, b, out=np.full(a.shape, np.nan), where=both)
    found = estimate(difference, regression, quantity.of_differences())
    p_positive = None if found.mean is None else float(((a > b) + 0.5 * (a == b)).mean())
    return Difference(**found.to_json(), p_positive=p_positive)


def ranking(values: Mapping[str, Floats], better: Literal["higher", "lower"]) -> list[dict[str, str | float | None]]:
    """How often each strategy is the best one, most often first: `[{"strategy", "p_best"}]`.

    `values` maps each strategy to its replicates; ties share a replicate evenly.  A strategy without a value is not the
    best, and replicates in which none has a value do not count; with none left `p_best` is `None`.
    """
    table = np.stack(list(values.values()))
    worst = -np.inf if better == "higher" else np.inf
    table = np.where(np.isfinite(table), table, worst)
    best = table == (table.max(axis=0) if better == "higher" else table.min(axis=0))
    counted = best[:, ~np.all(table == worst, axis=0)]
    share = (counted / counted.sum(axis=0)).mean(axis=1).tolist() if counted.size else [None] * len(values)
    found = [{"strategy": strategy, "p_best": p} for strategy, p in zip(values, share, strict=True)]
    return sorted(found, key=lambda row: -(row["p_best"] or 0.0))


def variance_reduction(a: Floats, b: Floats, regression: Regression) -> dict[str, Any]:
    """By what factors the variance of a - b falls below that of independent seeds.

    `pairing` by sharing luck, (var a + var b) / var(a - b); `controls` by the regression on top of it; `total` their
    product.  `exact` where nothing is left: the controls determine the difference.  `None` where too few replicates, or
    no variance at all, leave a factor undefined.
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


def replicates_for_precision(estimates: Sequence[Estimate], precision: float, most: int) -> int:
    """How many replicates to have next, for each estimate's half-width to be within `precision` of its mean.

    The present number when that is reached, or when it is `most`.  Otherwise what the present widths ask for, but at
    least a quarter more and at most double: so there are few looks, and an interval that is narrow by luck has few
    chances to end the study.  Never below `LEAST_FOR_PRECISION`.  Undefined estimates are ignored.
    """
    n = min(e.n for e in estimates)
    if n < LEAST_FOR_PRECISION:
        return min(LEAST_FOR_PRECISION, most)
    worst = max((relative_half_width(e) for e in estimates), default=0.0)
    if worst <= precision or n >= most:
        return n
    needed = n * (worst / precision) ** 2
    return min(most, int(np.ceil(np.clip(needed, 1.25 * n, 2 * n))))


def relative_half_width(e: Estimate) -> float:
    """Half the adjusted interval over the mean; 0 where either is undefined or the interval is a point."""
    if not e.half_width or e.mean is None:
        return 0.0
    return e.half_width / abs(e.mean) if e.mean else np.inf


def _interval(mean: float, error: float | None, degrees: int) -> tuple[float, float | None, float | None]:
    """A mean with this standard error and the ends of its 95 % Student interval; no ends without an error."""
    if error is None:
        return mean, None, None
    half = float(stdtrit(degrees, _TWO_SIDED)) * error
    return mean, mean - half, mean + half
