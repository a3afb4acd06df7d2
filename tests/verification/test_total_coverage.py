"""A total interval holds the mean under the true figures as often as it says, where belief and luck are known laws."""

from __future__ import annotations

import numpy as np
import pytest

from sim.experiment.controls import no_controls
from sim.experiment.statistics import Quantity, estimate
from sim.experiment.total import Layout, coverage, total_interval

STUDIES = 3_000
SPREAD = 0.5
"""Standard deviation of the logarithm of the price: 5 to 95 % span a factor of five."""


def held(draws: int, n: int, luck: float, noise: float) -> tuple[float, float]:
    """Shares of studies whose total interval, and whose Monte Carlo interval, hold the cost at the true price.

    A cost is a price times a number of units.  The price is believed to be lognormal, and the truth is one more draw of
    it; the units vary by luck that is common to all draws and by noise that is not.
    """
    rng, total, luck_alone = np.random.default_rng([draws, n]), 0, 0
    for _ in range(STUDIES):
        common = rng.normal(0, luck, 20)
        own = 1.0 + common + rng.normal(0, noise, 20)  # at a price of 1, the median
        prices = rng.lognormal(0.0, SPREAD, draws)
        drawn = prices[:, None] * (1.0 + common[None, :n] + rng.normal(0, noise, (draws, n)))
        e = estimate(own, no_controls(20), Quantity("USD", 0.0))
        found = total_interval(e, Layout.of(own[:n], drawn), Quantity("USD", 0.0))
        truth = rng.lognormal(0.0, SPREAD)
        total += found.low <= truth <= found.high
        luck_alone += e.ci_low <= truth <= e.ci_high
    return total / STUDIES, luck_alone / STUDIES


@pytest.mark.slow
@pytest.mark.parametrize(
    ("draws", "n", "luck", "noise"),
    [(40, 4, 0.1, 0.1), (100, 2, 0.1, 0.1), (200, 4, 0.0, 0.0), (12, 4, 0.1, 0.05), (40, 4, 0.3, 0.3)],
)
def test_total_intervals_hold_the_truth(draws, n, luck, noise):
    total, luck_alone = held(draws, n, luck, noise)
    nominal = coverage(draws)
    error = np.sqrt(nominal * (1 - nominal) / STUDIES)
    # Half-widths that add by squares are exact for normal errors alone: a hundredth of the studies more or less.
    assert abs(total - nominal) < 4 * error + 0.01
    assert luck_alone < 0.5
