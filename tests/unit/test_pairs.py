"""What pairing and controls gain, and how many replicates a decision takes with and without them."""

import numpy as np
import pytest
from scipy import stats

from sim.experiment.decision import gain_text, needed_text
from sim.experiment.pairs import POWER, Pair, ReplicatesNeeded, replicates_to_tell
from sim.experiment.sample import Sample
from sim.metrics import METRICS


def sample(controls=None, **columns):
    n = len(next(iter(columns.values())))
    table = np.full((n, len(METRICS)), np.nan)
    for name, values in columns.items():
        table[:, list(METRICS).index(name)] = values
    controls = np.zeros((n, 0)) if controls is None else controls
    return Sample(table, (), controls, np.zeros(controls.shape[1]))


@pytest.mark.parametrize(("size", "n"), [(2.0, 5), (1.0, 13), (0.5, 44), (0.1, 1053)])
def test_replicates_that_tell_are_those_of_the_power_of_students_test(size, n):
    found = replicates_to_tell(size * 3.0, 3.0)

    def power(n):
        return 1 - stats.nct.cdf(stats.t.ppf(0.975, n - 1), n - 1, size * np.sqrt(n))

    assert found == n
    assert power(n) >= POWER > power(n - 1)


def test_a_coefficient_takes_a_replicate():
    assert replicates_to_tell(1.0, 1.0, 4) == replicates_to_tell(1.0, 1.0) + 4
    assert replicates_to_tell(1.0, 0.0, 4) == 6


def test_nothing_tells_what_does_not_differ():
    assert replicates_to_tell(0.0, 1.0) is None
    assert replicates_to_tell(1e-6, 1.0) is None
    assert replicates_to_tell(1.0, float("nan")) is None
    assert replicates_to_tell(1.0, 0.0) == 2
    assert replicates_to_tell(1e-3, 1.0) == pytest.approx(((1.959964 + 1.281552) / 1e-3) ** 2, rel=1e-3)


DIFFERENCE = 0.15  # takes 120 replicates: of fewer than 80 some look bent, and are not adjusted


def correlated(n, seed, at=0.4, noise=0.5):
    """Two strategies that share most of their noise, of which the controls explain most of what is left."""
    rng = np.random.default_rng(seed)
    common, control, own = rng.normal(0, 2.0, n), rng.normal(0, 1.0, (n, 1)), rng.normal(0, noise, n)
    a = 1000 + common + control[:, 0] + own
    return Pair.of(sample(control, net_cost_usd=a), sample(control, net_cost_usd=1000 - at + common))


def test_the_replicates_that_a_decision_takes_follow_the_three_variances():
    """Independent: 4 + 4 + 1 + 1/4; paired: 1 + 1/4; with controls: 1/4."""
    found = correlated(2000, 1).replicates_needed("net_cost_usd", difference=0.4)
    for needed, variance in (
        (found.needed, 0.25),
        (found.needed_paired, 1.25),
        (found.needed_independent, 9.25),
    ):
        assert needed == pytest.approx(variance * ((1.96 + 1.2816) / 0.4) ** 2 + 2, rel=0.12)
    assert (found.replicates, found.more, found.settled) == (2000, 0, True)
    assert correlated(2000, 1).gain("net_cost_usd") == pytest.approx(9.25 / 0.25, rel=0.15)


@pytest.mark.slow
def test_that_many_replicates_do_tell_them_apart():
    """Of studies with so many replicates the share asked for settles the matter; independent ones need theirs."""
    needed = correlated(20_000, 1).replicates_needed("net_cost_usd", difference=DIFFERENCE)
    trials, settled, apart = 1500, 0, 0
    for trial in range(trials):
        found = correlated(needed.needed, 10 + trial, at=DIFFERENCE).difference("net_cost_usd")
        settled += found.ci_low > 0
    rng = np.random.default_rng(5)
    n = needed.needed_independent
    for _ in range(trials):
        a, b = DIFFERENCE + rng.normal(0, np.sqrt(5.25), n), rng.normal(0, 2.0, n)
        apart += stats.t.interval(0.95, n - 1, (a - b).mean(), stats.sem(a - b))[0] > 0
    error = np.sqrt(POWER * (1 - POWER) / trials)
    assert abs(apart / trials - POWER) < 4 * error
    # The interval is Hall's where that is wider, which costs two points or three.
    assert POWER - 0.05 < settled / trials < POWER + 4 * error


def test_a_pair_has_the_replicates_that_both_have():
    a, b = np.arange(20.0), np.arange(12.0) ** 1.5
    pair = Pair.of(sample(net_cost_usd=a), sample(net_cost_usd=b))
    assert pair.difference("net_cost_usd").n == 12
    assert pair.difference("net_cost_usd").raw_mean == pytest.approx((a[:12] - b).mean())


def test_of_a_ratio_of_means_the_gain_is_that_of_its_interval():
    rng = np.random.default_rng(2)
    common = rng.normal(0, 1.0, 4000)
    hours = 100 + rng.normal(0, 1, 4000)
    first = sample(total_cost_usd=500 + 20 * common, **denominators(hours))
    second = sample(total_cost_usd=510 + 20 * common + rng.normal(0, 5, 4000), **denominators(hours))
    pair = Pair.of(first, second)
    found = pair.difference("cost_per_useful_gpu_hour_usd")
    alone = [one.estimate("cost_per_useful_gpu_hour_usd").half_width for one in (first, second)]
    assert pair.gain("cost_per_useful_gpu_hour_usd") == pytest.approx(
        (alone[0] ** 2 + alone[1] ** 2) / found.half_width**2, rel=0.05
    )


def denominators(hours):
    return {METRICS["cost_per_useful_gpu_hour_usd"].ratio_of[1]: hours}


def needed(**changes):
    usual = {"metric": "net_cost_usd", "difference": -2e6, "replicates": 20, "needed": 143}
    usual |= {"needed_paired": 300, "needed_independent": 5712, "settled": False}
    return ReplicatesNeeded(**usual | changes)


def test_the_table_says_what_would_tell():
    assert needed_text("a", "net_cost_usd", {"b": needed()}) == (
        "If differences are as large as seen, a is told apart with 90 % probability from b by about 130 more "
        "replicates, of 5,800 in all with independent runs (seen: 2 million USD)."
    )
    assert needed_text("a", "net_cost_usd", {}) == ""
    assert needed_text("a", "net_cost_usd", {"b": needed(difference=0.0)}) == ""
    assert "From b no number" in needed_text("a", "net_cost_usd", {"b": needed(needed=None)})


def test_the_table_says_what_pairing_gained():
    text = gain_text({"compute_availability": [12.34, None, 3.0], "net_cost_usd": [250.4], "goodput": []})
    assert text.endswith("3 to 12-fold in compute availability and 250-fold in net cost.")
    assert gain_text({"net_cost_usd": [None]}) == ""
