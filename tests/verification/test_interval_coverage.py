"""Do the 95 % intervals of a study hold the truth in 95 % of studies, whatever the metric looks like?

Families of a metric and two controls whose truth is known in closed form: linear, curved, capped, skewed, rare.  The
aim is .93 at 8 to 200 replicates; where it is missed stands in `NOT_REACHED`, with the reason.
"""

from __future__ import annotations

from collections.abc import Callable
from math import exp, log, pi, sqrt

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import ndtr

from sim.experiment.controls import Regression, no_controls
from sim.experiment.statistics import (
    Quantity,
    Ratio,
    difference_of_ratios,
    estimate,
    estimate_ratio,
)

Floats = NDArray[np.float64]
Family = Callable[[np.random.Generator, int], tuple[Floats, Floats]]
FREE, SHARE = Quantity("1"), Quantity("1", 0.0, 1.0)
AIM = 0.93


def _normal(rng: np.random.Generator, n: int) -> tuple[Floats, Floats]:
    return rng.standard_normal((n, 2)), rng.standard_normal(n)


def linear(rng: np.random.Generator, n: int) -> tuple[Floats, Floats]:
    x, e = _normal(rng, n)
    return x, x @ [1, 0.5] + 0.5 * e


def exponential_of_control(rng: np.random.Generator, n: int) -> tuple[Floats, Floats]:
    x, e = _normal(rng, n)
    return x, np.exp(0.7 * x[:, 0]) + 0.2 * e


def square_of_control(rng: np.random.Generator, n: int) -> tuple[Floats, Floats]:
    x, e = _normal(rng, n)
    return x, x[:, 0] + 0.5 * x[:, 0] ** 2 + 0.2 * e


def capped(rng: np.random.Generator, n: int) -> tuple[Floats, Floats]:
    """An availability that is 1 in one study of six."""
    x, e = _normal(rng, n)
    return x, np.minimum(1.0, 0.98 + 0.02 * x[:, 0] + 0.01 * e)


def lognormal(rng: np.random.Generator, n: int) -> tuple[Floats, Floats]:
    x, e = _normal(rng, n)
    return x, np.exp(0.5 * (0.9 * x[:, 0] + sqrt(0.19) * e))


def lognormal_heavy(rng: np.random.Generator, n: int) -> tuple[Floats, Floats]:
    x, e = _normal(rng, n)
    return x, np.exp(0.9 * x[:, 0] + sqrt(0.19) * e)


def waiting_time(rng: np.random.Generator, n: int) -> tuple[Floats, Floats]:
    return rng.standard_normal((n, 2)), rng.exponential(1.0, n)


def uneven_noise(rng: np.random.Generator, n: int) -> tuple[Floats, Floats]:
    x, e = _normal(rng, n)
    return x, x[:, 0] + np.abs(x[:, 0]) * e


def count(rng: np.random.Generator, n: int) -> tuple[Floats, Floats]:
    x, _ = _normal(rng, n)
    return x, rng.poisson(np.exp(-0.7 + 0.5 * x[:, 0])).astype(float)


def rare_event(rng: np.random.Generator, n: int) -> tuple[Floats, Floats]:
    """Something that happens in one replicate of twenty, where the first control is high."""
    x, _ = _normal(rng, n)
    return x, (x[:, 0] > 1.6448536).astype(float)


def event(rng: np.random.Generator, n: int) -> tuple[Floats, Floats]:
    x, e = _normal(rng, n)
    return x, (x[:, 0] + e > 0.8416212 * sqrt(2)).astype(float)


def rare_loss(rng: np.random.Generator, n: int) -> tuple[Floats, Floats]:
    """Noise that the controls explain, and in one replicate of twenty a loss that they do not."""
    x, e = _normal(rng, n)
    return x, x @ [0.2, 0.1] + 0.1 * e - (rng.random(n) < 0.05) * rng.exponential(1.0, n)


_CAP = 0.02 / sqrt(0.0005)  # of `capped`: the cap above its mean, in standard deviations
TRUTH: dict[Family, tuple[float, Quantity]] = {
    linear: (0.0, FREE),
    exponential_of_control: (exp(0.245), FREE),
    square_of_control: (0.5, FREE),
    capped: (
        0.98 * ndtr(_CAP) - sqrt(0.0005) * exp(-(_CAP**2) / 2) / sqrt(2 * pi) + 1 - ndtr(_CAP),
        SHARE,
    ),
    lognormal: (exp(0.125), FREE),
    lognormal_heavy: (exp(0.5), FREE),
    waiting_time: (1.0, FREE),
    uneven_noise: (0.0, FREE),
    count: (exp(-0.7 + 0.125), Quantity("1", 0.0)),
    rare_event: (0.05, SHARE),
    event: (0.2, SHARE),
    rare_loss: (-0.05, FREE),
}
NOT_REACHED = {
    # Half of a lognormal mean of this width comes from one value in six: few replicates hold none of the largest.
    (lognormal_heavy, 8): 0.88,
    (lognormal_heavy, 12): 0.88,
    (lognormal_heavy, 20): 0.88,
    # Half of all studies of 12 and a third of those of 20 see no loss; with 50 the largest losses are still missing.
    (rare_loss, 12): 0.84,
    (rare_loss, 20): 0.77,
    (rare_loss, 50): 0.79,
}
"""Families that stay below the aim, and what they keep above."""


def held(family: Family, n: int, studies: int, *, shift: float = 0.0) -> tuple[float, float]:
    """(share of studies whose interval holds the truth, mean width over that of the raw interval).

    `shift` falsifies the expectations of the controls, in standard deviations.
    """
    rng = np.random.default_rng([20270101, n])
    truth, quantity = TRUTH[family]
    hits, width, raw = 0, 0.0, 0.0
    for _ in range(studies):
        controls, values = family(rng, n)
        found = estimate(values, Regression.on(controls, np.full(2, shift)), quantity)
        assert found.ci_low is not None
        assert found.ci_high is not None
        assert found.raw_ci_low is not None
        assert found.raw_ci_high is not None
        hits += found.ci_low <= truth <= found.ci_high
        width += found.ci_high - found.ci_low
        raw += found.raw_ci_high - found.raw_ci_low
    return hits / studies, width / raw


def check(family: Family, n: int, studies: int) -> None:
    covered, _ = held(family, n, studies)
    least = NOT_REACHED.get((family, n), AIM)
    assert covered > least - 2 * sqrt(least * (1 - least) / studies), (family.__name__, n, covered)


@pytest.mark.parametrize("family", TRUTH, ids=lambda family: family.__name__)
def test_intervals_cover_at_twelve_replicates(family: Family) -> None:
    check(family, 12, 700)


@pytest.mark.slow
@pytest.mark.parametrize("n", [8, 12, 20, 50, 200])
@pytest.mark.parametrize("family", TRUTH, ids=lambda family: family.__name__)
def test_intervals_cover(family: Family, n: int) -> None:
    check(family, n, 2000)


def test_students_interval_alone_would_not_cover() -> None:
    """The families are hard enough to tell: Student's interval holds a rare event in .64 of studies of 20."""
    rng = np.random.default_rng(3)
    seen = rng.binomial(20, 0.05, 2000)
    reach = 2.093 * np.sqrt(seen / 20 * (1 - seen / 20) / 19)
    assert np.mean(np.abs(seen / 20 - 0.05) <= reach) < 0.7
    covered, _ = held(rare_event, 20, 300)
    assert covered > AIM


def test_controls_pay_where_the_metric_is_linear() -> None:
    """Their noise left is .41 of all: at 20 replicates intervals are little wider, at 200 no wider, than that."""
    assert held(linear, 20, 300)[1] < 0.7
    assert held(linear, 100, 100)[1] < 0.45
    assert held(linear, 8, 300)[1] < 1.4  # too few to adjust: the price of covering skewed metrics


def test_wrong_expectations_of_the_controls_are_caught() -> None:
    assert held(linear, 100, 300, shift=0.2)[0] < 0.8


COST, WORK = 100.0, 10.0


def ratio_of_means(rng: np.random.Generator, n: int, spread: float) -> tuple[Floats, Ratio]:
    """A cost that hardly varies over work that varies much, down to nothing in some replicates."""
    x, e = _normal(rng, n)
    level = np.maximum(0.0, 1 + spread * (0.8 * x[:, 0] + 0.6 * e))
    return x, Ratio(COST * (1 + 0.05 * x[:, 1]) + 2 * level, WORK * level)


def ratio_held(n: int, studies: int, spread: float) -> tuple[float, float, float]:
    """(shares of studies whose interval of a ratio, and of a difference of two, holds the truth; of the mean ratio)."""
    rng = np.random.default_rng([7, n])
    level = ndtr(1 / spread) + spread * exp(-0.5 / spread**2) / sqrt(2 * pi)  # the mean of a normal cut at 0
    truth, truth_of_other = (COST + 2 * level) / (WORK * level), (COST + 10 + 2 * level) / (WORK * level + 2)
    hits, differences, naive = 0, 0, 0
    for _ in range(studies):
        x, one = ratio_of_means(rng, n, spread)
        other = Ratio(one.numerator + 10, one.denominator + 2 * (1 + 0.2 * rng.standard_normal(n)))
        regression = Regression.on(x, np.zeros(2))
        a = estimate_ratio(one, regression, FREE)
        d = difference_of_ratios(one, other, regression, FREE)
        assert a.ci_low is not None
        assert a.ci_high is not None
        assert d.ci_low is not None
        assert d.ci_high is not None
        hits += a.ci_low <= truth <= a.ci_high
        differences += d.ci_low <= truth - truth_of_other <= d.ci_high
        each = one.of_each[np.isfinite(one.of_each)]
        mean = estimate(each, no_controls(len(each)), FREE)
        assert mean.ci_low is not None
        assert mean.ci_high is not None
        naive += mean.ci_low <= truth <= mean.ci_high
    return hits / studies, differences / studies, naive / studies


def check_ratio(n: int, studies: int, spread: float) -> None:
    error = 2 * sqrt(AIM * (1 - AIM) / studies)
    covered, difference, _ = ratio_held(n, studies, spread)
    assert min(covered, difference) > AIM - error, (n, spread, covered, difference)


def test_intervals_of_a_ratio_of_means_cover() -> None:
    check_ratio(20, 500, 0.4)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("n", "spread"), [(n, s) for n in (8, 12, 20, 50) for s in (0.1, 0.4, 0.7) if (n, s) != (8, 0.7)]
)
def test_intervals_of_a_ratio_of_means_cover_widely(n: int, spread: float) -> None:
    """Up to work of which one replicate in 13 has none; of that, the difference of two reaches .90 at n = 8."""
    check_ratio(n, 2000, spread)


def test_the_mean_of_ratios_is_another_quantity() -> None:
    assert ratio_held(50, 200, 0.4)[2] < 0.7


def test_closed_form_truths() -> None:
    """Of the families whose mean is not plain to see: the mean of a million draws."""
    rng = np.random.default_rng(1)
    for family in (capped, count, exponential_of_control, rare_event, event):
        _, values = family(rng, 1_000_000)
        assert abs(values.mean() - TRUTH[family][0]) < 4 * values.std() / 1000, family.__name__
    assert log(TRUTH[lognormal][0]) == 0.125
