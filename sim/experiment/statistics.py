"""What the replicates of a study say: means with intervals, paired differences, and rankings.

Pure.  A row is a replicate.  Means and differences are adjusted by the *birth controls* (`sim.result.Controls`), whose
expectations are known exactly (`sim.experiment.controls`), where that can be trusted: with replicates enough, a metric
that is not rare and that follows the controls on a straight line.  The interval of an adjusted mean is that of its
jackknife pseudo-values (Efron & Stein 1981, doi 10.1214/aos/1176345462), which needs no constant variance.  All other
intervals are those of the plain replicates (`sim.experiment.intervals`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from sim.experiment.controls import Regression, no_controls
from sim.experiment.intervals import Interval, is_rare, mean_interval, skew_corrected, student

Floats = NDArray[np.float64]

WORTH_ADJUSTING = 0.75
"""Controls that leave more than this share of a metric's variance do not adjust its mean: they would widen it."""


@dataclass(frozen=True)
class Estimate:
    """A mean over replicates with its 95 % interval, and the plain mean with Student's interval beside it.

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
    adjusted: bool = field(default=False, kw_only=True)
    """Whether the controls adjusted mean and interval; otherwise both are of the plain replicates."""
    total_low: float | None = field(default=None, kw_only=True)
    """Of the interval of luck and beliefs together, where beliefs are drawn (`sim.experiment.total`)."""
    total_median: float | None = field(default=None, kw_only=True)
    """The median of the means under the draws."""
    total_high: float | None = field(default=None, kw_only=True)

    @property
    def half_width(self) -> float | None:
        """Half the width of the interval."""
        return None if self.ci_low is None or self.ci_high is None else 0.5 * (self.ci_high - self.ci_low)

    def to_json(self) -> dict[str, Any]:
        """The estimate as in the output of `run` and `compare`; without a total interval where there is none."""
        found = asdict(self)
        if self.total_low is None and self.total_high is None:
            return {key: value for key, value in found.items() if not key.startswith("total_")}
        return found


@dataclass(frozen=True)
class Difference(Estimate):
    """The mean of a - b over replicates of the same random draws."""

    p_positive: float | None
    """Share of the replicates in which a exceeds b, ties counting half."""


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


@dataclass(frozen=True)
class Ratio:
    """A ratio of means: the numerator and the denominator of each replicate, both of shape (replicates,)."""

    numerator: Floats
    denominator: Floats

    @property
    def of_means(self) -> float | None:
        """The mean numerator over the mean denominator; `None` where that is not positive or a part is undefined."""
        parts = np.array([self.numerator.mean(), self.denominator.mean()]) if len(self.numerator) else np.zeros(2)
        return float(parts[0] / parts[1]) if np.isfinite(parts).all() and parts[1] > 0 else None

    @property
    def of_each(self) -> Floats:
        """The ratio of each replicate; infinite where its denominator is 0."""
        positive = self.denominator > 0
        found: Floats = np.divide(self.numerator, self.denominator, out=np.full(len(positive), np.inf), where=positive)
        return found

    def linearised(self, at: float) -> Floats:
        """What each replicate moves the ratio of means by, in first order, shape (replicates,): of mean 0."""
        moved: Floats = (self.numerator - at * self.denominator) / self.denominator.mean()
        return moved

    def pseudo_values(self, regression: Regression) -> Floats | None:
        """The jackknife pseudo-values of the ratio of adjusted means; `None` where a denominator is not positive."""
        above, above_each = regression.without_each(self.numerator)
        below, below_each = regression.without_each(self.denominator)
        if not (below > 0 and (below_each > 0).all()):
            return None
        n = len(above_each)
        found: Floats = n * (above / below) - (n - 1) * (above_each / below_each)
        return found


def estimate(values: Floats, regression: Regression, quantity: Quantity) -> Estimate:
    """The mean of a metric over replicates; `values` and the rows of `regression` belong to the same replicates.

    Undefined where any replicate is: a mean over the others would be that of another quantity.  Means and interval ends
    lie in the range of the quantity.
    """
    n = len(values)
    if n == 0 or not np.isfinite(values).all():
        return _undefined(n, quantity)
    mean = float(values.mean())
    if n == 1:
        return _clipped(quantity, n, (mean, None), (mean, None))
    raw = mean, student(mean, float(values.std(ddof=1)) / np.sqrt(n), n - 1)
    if not _can_adjust(values, regression):
        return _clipped(quantity, n, (mean, mean_interval(values, quantity.low, quantity.high)), raw)
    whole, without_each = regression.without_each(values)
    return _adjusted(n * whole - (n - 1) * without_each, regression, quantity, raw)


def estimate_ratio(ratio: Ratio, regression: Regression, quantity: Quantity) -> Estimate:
    """The ratio of two means over replicates; arguments as in `estimate`.

    A replicate whose own ratio is undefined counts like any other.  The raw interval is that of the delta method.
    """
    mean = ratio.of_means
    if mean is None:
        return _undefined(len(ratio.numerator), quantity)
    plain = ratio.pseudo_values(no_controls(len(ratio.numerator))) if len(ratio.numerator) > 1 else None
    adjusted = ratio.pseudo_values(regression) if regression.adjusts else None
    return _of_pseudo_values(mean, ratio.linearised(mean), plain, adjusted, regression, quantity)


def difference(a: Floats, b: Floats, regression: Regression, quantity: Quantity) -> Difference:
    """The mean of a - b, replicate by replicate; arguments as in `estimate`, the quantity being that of a and b."""
    both = np.isfinite(a) & np.isfinite(b)
    difference = np.subtract(a, b, out=np.full(a.shape, np.nan), where=both)
    found = estimate(difference, regression, quantity.of_differences())
    return Difference(**found.to_json(), p_positive=None if found.mean is None else _p_positive(a, b))


def difference_of_ratios(a: Ratio, b: Ratio, regression: Regression, quantity: Quantity) -> Difference:
    """The ratio of means of a less that of b; arguments as in `difference`."""
    n, of_a, of_b = len(a.numerator), a.of_means, b.of_means
    if of_a is None or of_b is None:
        return Difference(**_undefined(n, quantity).to_json(), p_positive=None)

    def both(regression: Regression) -> Floats | None:
        first, second = a.pseudo_values(regression), b.pseudo_values(regression)
        return None if first is None or second is None else first - second

    found = _of_pseudo_values(
        of_a - of_b,
        a.linearised(of_a) - b.linearised(of_b),
        both(no_controls(n)) if n > 1 else None,
        both(regression) if regression.adjusts else None,
        regression,
        quantity.of_differences(),
    )
    return Difference(**found.to_json(), p_positive=_p_positive(a.of_each, b.of_each))


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


def _of_pseudo_values(
    mean: float,
    linearised: Floats,
    plain: Floats | None,
    adjusted: Floats | None,
    regression: Regression,
    quantity: Quantity,
) -> Estimate:
    """The estimate of a ratio, or of a difference of ratios, by the jackknife; no interval without pseudo-values."""
    n = len(linearised)
    if plain is None:
        return _clipped(quantity, n, (mean, None), (mean, None))
    raw = mean, student(mean, float(linearised.std(ddof=1)) / np.sqrt(n), n - 1)
    if adjusted is not None and _can_adjust(linearised, regression):
        return _adjusted(adjusted, regression, quantity, raw)
    low, high = mean_interval(mean + linearised) if is_rare(linearised) else skew_corrected(plain, n - 1)
    return _clipped(quantity, n, (mean, (min(low, mean), max(high, mean))), raw)


def _can_adjust(values: Floats, regression: Regression) -> bool:
    """Whether the interval of an adjusted mean can be trusted, and is worth the coefficients that it costs."""
    if not regression.adjusts or is_rare(values):
        return False
    worth_it = regression.fit(values)[2] < WORTH_ADJUSTING * values.var(ddof=1)
    return bool(worth_it) and regression.is_linear(values)


def _adjusted(
    pseudo_values: Floats, regression: Regression, quantity: Quantity, raw: tuple[float, Interval]
) -> Estimate:
    """The estimate from pseudo-values of an adjusted mean: their mean has less bias than the intercept."""
    interval = skew_corrected(pseudo_values, regression.degrees_of_freedom)
    return _clipped(quantity, len(pseudo_values), (float(pseudo_values.mean()), interval), raw, adjusted=True)


def _clipped(
    quantity: Quantity,
    n: int,
    best: tuple[float, Interval | None],
    raw: tuple[float, Interval | None],
    *,
    adjusted: bool = False,
) -> Estimate:
    """An estimate whose means and interval ends lie in the range of the quantity."""
    mean, low, high, raw_mean, raw_low, raw_high = (
        quantity.clip(x) for mean, ends in (best, raw) for x in (mean, *(ends or (None, None)))
    )
    return Estimate(mean, low, high, raw_mean, raw_low, raw_high, n, quantity.unit, adjusted=adjusted)


def _undefined(n: int, quantity: Quantity) -> Estimate:
    return Estimate(None, None, None, None, None, None, n, quantity.unit)


def _p_positive(a: Floats, b: Floats) -> float:
    """Share of the replicates in which a exceeds b, ties counting half."""
    return float(((a > b) + 0.5 * (a == b)).mean())
