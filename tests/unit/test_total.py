"""Total intervals and the best strategy over draws, on studies whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest

from sim.experiment import statistics
from sim.experiment.controls import no_controls
from sim.experiment.statistics import Estimate, Quantity, Ratio
from sim.experiment.total import Layout, Repeated, best_over_beliefs, coverage, total_interval, wilson

USD = Quantity("USD")


def estimate(values):
    """The plain mean with its interval, as the program has it of few replicates."""
    return statistics.estimate(np.asarray(values, float), no_controls(len(values)), USD)


def a_study(rng, *, draws=40, n=4, replicates=20, belief=2.0, luck=3.0, noise=1.0):
    """Own replicates, and the first n under draws: belief, luck common to all draws, and what is neither."""
    common = rng.normal(0, luck, replicates)
    own = 10.0 + common + rng.normal(0, noise, replicates)
    effects = rng.normal(0, belief, draws)
    drawn = 10.0 + effects[:, None] + common[None, :n] + rng.normal(0, noise, (draws, n))
    return own, drawn


def test_the_variance_of_beliefs_is_estimated_without_bias():
    rng, found = np.random.default_rng(1), []
    for _ in range(400):
        layout = Layout.of(*a_study(rng, belief=1.0, n=3))
        found.append(layout.changes.var(ddof=1) - layout.noise_variance)
    assert abs(np.mean(found) - 1.0) < 4 * np.std(found) / np.sqrt(len(found))
    # The noise of single replicates would have made it 1 + 1/3.
    assert abs(np.mean(found) - 4 / 3) > 4 * np.std(found) / np.sqrt(len(found))


def test_draws_that_differ_by_noise_alone_leave_luck_alone():
    rng, wider = np.random.default_rng(2), []
    for _ in range(100):
        own, drawn = a_study(rng, belief=0.0, noise=0.5, n=8)
        e = estimate(own)
        total = total_interval(e, Layout.of(own[:8], drawn), USD)
        wider.append((total.high - total.low) / (e.ci_high - e.ci_low))
    assert min(wider) >= 1.0
    assert np.median(wider) < 1.15


def test_without_luck_the_interval_is_that_of_the_draws():
    values = np.arange(1.0, 40.0)  # 39 draws: the quantiles are the outermost
    own, drawn = np.full(5, 20.0), np.repeat(values[:, None], 3, axis=1)
    e = Estimate(20.0, 20.0, 20.0, 20.0, 20.0, 20.0, 5, "USD")
    found = total_interval(e, Layout.of(own[:3], drawn), USD)
    assert tuple(found) == pytest.approx((1.0, 20.0, 39.0))


def test_it_holds_the_monte_carlo_interval_where_the_own_figures_lie_at_an_end():
    own, drawn = np.full(5, 0.0), np.repeat(np.arange(1.0, 40.0)[:, None], 2, axis=1)
    e = Estimate(0.0, -1.0, 1.0, 0.0, -1.0, 1.0, 5, "USD")
    found = total_interval(e, Layout.of(own[:2], drawn), USD)
    assert found.low == -1.0
    assert found.median == pytest.approx(20.0)
    assert found.high > 39.0


def test_luck_common_to_all_draws_is_no_noise_of_theirs():
    rng = np.random.default_rng(3)
    own, drawn = a_study(rng, luck=100.0, noise=1e-9, belief=1.0)
    layout = Layout.of(own[:4], drawn)
    assert layout.noise_variance < 1e-12
    assert layout.changes.std() == pytest.approx(1.0, rel=0.5)


def test_one_replicate_a_draw_leaves_its_noise_in():
    own, drawn = a_study(np.random.default_rng(4), n=1)
    layout = Layout.of(own[:1], drawn)
    assert layout.noise_variance is None
    assert layout.without_noise == pytest.approx(layout.changes)


def test_an_undefined_draw_leaves_no_interval():
    own, drawn = a_study(np.random.default_rng(5))
    drawn[3, 0] = np.nan
    assert total_interval(estimate(own), Layout.of(own[:4], drawn), USD) is None
    assert total_interval(Estimate(*[None] * 6, 20, "USD"), Layout.of(own[:4], drawn[:3]), USD) is None


def test_ends_lie_in_the_range_of_the_quantity():
    own, drawn = a_study(np.random.default_rng(6), belief=50.0)
    found = total_interval(estimate(own), Layout.of(own[:4], drawn), Quantity("USD", 0.0, 12.0))
    assert (found.low, found.high) == (0.0, 12.0)


def test_a_ratio_of_means_is_taken_draw_by_draw():
    rng = np.random.default_rng(7)
    hours = rng.uniform(5, 10, 20)
    prices = np.array([1.0, 2.0, 4.0])
    own = Ratio(3.0 * hours, hours)
    drawn = Ratio(prices[:, None] * hours[None, :4], np.repeat(hours[None, :4], 3, axis=0))
    layout = Repeated(own, drawn).layout
    assert layout.changes == pytest.approx(prices - 3.0)
    assert layout.noise_variance == pytest.approx(0.0, abs=1e-20)
    nobody = Ratio(drawn.numerator, 0 * drawn.denominator)
    assert np.isnan(Repeated(own, nobody).layout.changes).all()


def test_a_difference_drops_what_draws_do_to_both():
    rng = np.random.default_rng(8)
    own, drawn = a_study(rng, belief=30.0)
    one, other = Repeated(own, drawn), Repeated(own - 5.0, drawn - np.arange(40.0)[:, None])
    assert one.less(other).changes == pytest.approx(np.arange(40.0) - 5.0)


def test_few_draws_are_said_to_hold_less():
    assert coverage(39) == coverage(1000) == 0.95
    assert coverage(12) == pytest.approx(11 / 13)


def best(a, b, better="lower"):
    """p_best of two strategies, each (own, drawn)."""
    repeated = {"a": Repeated(*a), "b": Repeated(*b)}
    means = {name: float(np.mean(one.own)) for name, one in repeated.items()}
    rows = best_over_beliefs(means, repeated, better, np.random.default_rng(0))
    return {row["strategy"]: (row["p_best"], row["ci_low"], row["ci_high"]) for row in rows}


def test_the_best_is_counted_over_draws():
    effects = np.linspace(-1.0, 3.0, 40) + 1e-3  # b less a: a is the better one in three of four
    own, drawn = np.zeros(20), np.zeros((40, 4))
    found = best((own, drawn), (own, drawn + effects[:, None]))
    assert found["a"][0] == 0.75
    assert found["b"][0] == 0.25
    assert found["a"][1:] == pytest.approx(wilson(0.75, 40), abs=0.02)
    assert best((own, drawn), (own, drawn + effects[:, None]), "higher")["b"][0] == 0.75


def test_luck_in_the_means_widens_how_often_one_is_best():
    rng = np.random.default_rng(9)
    common, effects = rng.normal(0, 1, 20), np.linspace(-1.0, 3.0, 40)
    own = np.zeros(20)
    quiet = best((own, np.zeros((40, 4))), (own, np.repeat(effects[:, None], 4, axis=1)))
    noisy = best((own, np.zeros((40, 4))), (5 * common, effects[:, None] + 5 * common[None, :4]))
    assert noisy["a"][2] - noisy["a"][1] > 1.5 * (quiet["a"][2] - quiet["a"][1])


def test_the_first_replicates_luck_does_not_decide():
    own = np.r_[np.full(4, 100.0), np.zeros(16)]  # bad luck of b in the replicates that draws repeat
    found = best((np.full(20, 50.0), np.full((40, 4), 50.0)), (own, np.full((40, 4), 100.0)))
    assert found["b"][0] == 1.0


def test_ties_but_for_rounding_are_shared():
    own, drawn = np.full(20, 0.1), np.full((40, 4), 0.3)
    found = best((own, drawn), (own, drawn * (1 + 1e-15)))
    assert found["a"][0] == found["b"][0] == 0.5


def test_a_strategy_without_a_mean_is_never_the_best():
    own, drawn = np.zeros(20), np.zeros((40, 4))
    repeated = {"a": Repeated(own, drawn), "b": Repeated(own, drawn)}
    rows = best_over_beliefs({"a": None, "b": 0.0}, repeated, "lower", np.random.default_rng(0))
    assert [(row["strategy"], row["p_best"]) for row in rows] == [("b", 1.0), ("a", 0.0)]
    rows = best_over_beliefs({"a": None, "b": None}, repeated, "lower", np.random.default_rng(0))
    assert all(row["p_best"] is row["ci_low"] is None for row in rows)


def test_wilson_s_interval_is_that_of_scipy():
    for count, n in ((0, 12), (3, 12), (12, 12), (80, 300)):
        authority = binomtest(count, n).proportion_ci(method="wilson")
        assert wilson(count / n, n) == pytest.approx((authority.low, authority.high), abs=1e-12)
