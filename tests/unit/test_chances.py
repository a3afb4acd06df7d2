"""How likely a strategy is to be the best, in one history and in the mean, at any value of a GPU-hour."""

import numpy as np
import pytest
from scipy import stats

from sim.experiment.chances import RESAMPLES, Chances
from sim.experiment.envelope import Envelope


def chances(cost, hours):
    return Chances.of(Envelope.of({k: np.asarray(v, float) for k, v in cost.items()},
                                  {k: np.asarray(v, float) for k, v in hours.items()}))  # fmt: skip


def test_single_histories_are_counted_with_the_exact_interval():
    found = chances({"cheap": [1.0] * 10, "good": [2.0] * 7 + [0.5] * 3}, {"cheap": [1.0] * 10, "good": [1.0] * 10})
    cheap, good = found.at(0.0)
    assert (cheap.strategy, cheap.p_best, good.p_best) == ("cheap", 0.7, pytest.approx(0.3))
    exact = stats.binomtest(7, 10).proportion_ci()
    assert (cheap.ci_low, cheap.ci_high) == pytest.approx((exact.low, exact.high))


def test_the_value_of_an_hour_decides():
    cost = {"cheap": np.full(20, 10.0), "good": np.full(20, 20.0)}
    hours = {"cheap": np.full(20, 1.0), "good": np.full(20, 3.0)}
    found = chances(cost, hours)
    assert found.lowest_mean(4.9) == {"cheap": 1.0, "good": 0.0}
    assert found.lowest_mean(5.1) == {"cheap": 0.0, "good": 1.0}
    assert found.lowest_mean(5.0) == {"cheap": 0.5, "good": 0.5}
    assert [one.p_best for one in found.at(5.1)] == [0.0, 1.0]


def test_of_two_normal_ones_it_is_the_probability_of_the_mean():
    rng = np.random.default_rng(3)
    common = rng.normal(0, 5, 200)
    a, b = 10 + common, 10.1 + common + rng.normal(0, 1, 200)
    difference = b - a
    expected = stats.norm.cdf(difference.mean() / (difference.std() / np.sqrt(200)))
    found = chances({"a": a, "b": b}, {"a": np.ones(200), "b": np.ones(200)}).lowest_mean(1.0)
    # Of a bootstrap of n replicates that is exact but for terms of 1 / sqrt(n) in the skewness, here 0, and chance.
    assert 0.6 < expected < 0.99
    assert abs(found["a"] - expected) < 4 * np.sqrt(0.25 / RESAMPLES)


def test_often_best_is_not_best_in_the_mean():
    lucky = np.where(np.arange(100) % 10 == 0, 50.0, 0.9)
    found = chances({"steady": np.ones(100), "lucky": lucky}, {"steady": np.ones(100), "lucky": np.ones(100)})
    steady, risky = found.at(0.0)
    assert risky.p_best == 0.9
    assert steady.p_lowest_mean > 0.99


def test_the_same_replicates_give_the_same_bytes_and_the_same_strategy_the_same_chance():
    rng = np.random.default_rng(4)
    cost = rng.normal(10, 1, (3, 50))
    of = {"a": cost[0], "b": cost[1], "c": cost[0].copy(), "d": cost[2]}
    hours = {name: np.ones(50) for name in of}
    first, again = chances(of, hours), chances(of, hours)
    assert first.to_json(1.0) == again.to_json(1.0)
    sure = first.lowest_mean(1.0)
    assert sure["a"] == sure["c"]
    assert sum(sure.values()) == pytest.approx(1.0)


def test_the_output_holds_the_value_its_multiples_and_the_flips():
    cost = {"cheap": np.full(20, 10.0), "good": np.full(20, 20.0)}
    hours = {"cheap": np.full(20, 1.0), "good": np.full(20, 3.0)}
    best = Envelope.of(cost, hours)
    found = Chances.of(best).to_json(2.0, best.flips)
    assert [row["value_usd_per_gpu_hour"] for row in found] == [0.0, 0.5, 1.0, 2.0, 4.0, 5.0, 8.0]
    assert Chances.of(best).text(2.0) == (
        "Lowest mean net cost, by resampling the replicates: at $1.00 a GPU-hour cheap 100 %; at $2.00 a GPU-hour "
        "cheap 100 %; at $4.00 a GPU-hour cheap 100 %."
    )


def test_one_replicate_is_sure_of_nothing():
    found = chances({"a": [1.0], "b": [2.0]}, {"a": [1.0], "b": [1.0]})
    assert found.at(0.0)[0].p_lowest_mean is None
    assert found.text(1.0) == ""
