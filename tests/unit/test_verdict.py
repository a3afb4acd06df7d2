import pytest

from sim.experiment.statistics import Difference, Estimate
from sim.experiment.verdict import verdicts
from sim.metrics import METRICS

COST = "cost_per_useful_gpu_hour_usd"


def one(mean, low=None, high=None, n=20):
    return Estimate(mean, low, high, mean, low, high, n, "")


def judged(costs, pairs, n=20):
    """The verdict on costs by strategy, with intervals of differences by pair; availability is undefined."""
    none = one(None)
    strategies = {name: dict.fromkeys(METRICS, none) | {COST: one(cost, n=n)} for name, cost in costs.items()}
    found = {pair: Difference(**one(*e, n=n).to_json(), p_positive=0.5) for pair, e in pairs.items()}
    undefined = {pair: Difference(**none.to_json(), p_positive=None) for pair in pairs}
    return verdicts(strategies, {metric: found if metric == COST else undefined for metric in METRICS})


def test_the_verdict_follows_means_and_their_difference():
    """replace_on_failure is cheapest in most replicates; the mean of run_to_failure is lower, and shown to be."""
    [found] = judged(
        {"run_to_failure": 4.09, "replace_on_failure": 5.0},
        {"run_to_failure - replace_on_failure": (-0.93, -1.76, -0.10)},
    )
    assert (found.best, found.alike, found.no_difference) == ("run_to_failure", (), ())
    assert found.text == "Cheapest useful GPU-hour: run_to_failure, 4.09 USD; the other is worse with 95 % confidence."


def test_strategies_that_cannot_be_told_apart_from_the_best_are_named():
    [found] = judged(
        {"a": 5.0, "b": 4.0, "c": 4.1, "d": 7.0},
        {
            "a - b": (1.0, 0.5, 1.5),
            "a - c": (0.9, -0.1, 1.9),
            "a - d": (-2.0, -3, -1),
            "b - c": (-0.1, -0.4, 0.2),
            "b - d": (-3.0, -4, -2),
            "c - d": (-2.9, -4, -2),
        },
    )
    assert (found.best, found.alike) == ("b", ("c",))
    assert found.no_difference == ("a - c", "b - c")
    assert found.text == (
        "Cheapest useful GPU-hour: b, 4 USD, but c cannot be told apart from it with 95 % confidence."
    )


def test_one_that_another_is_shown_to_better_is_not_the_best():
    """Means may be adjusted for one strategy and plain for the other; the paired difference decides."""
    [found] = judged({"a": 4.0, "b": 4.1}, {"a - b": (0.2, 0.1, 0.3)})
    assert found.best == "b"


def test_strategies_that_do_the_same_are_not_called_hard_to_tell_apart():
    [found] = judged({"a": 4.0, "b": 4.0}, {"a - b": (0.0, 0.0, 0.0)})
    assert found.text == "Cheapest useful GPU-hour: a, 4 USD, and b the same in every replicate."


def test_one_replicate_tells_nothing_apart():
    [found] = judged({"a": 4.0, "b": 4.1}, {"a - b": (-0.1,)}, n=1)
    assert (found.best, found.alike, found.no_difference) == ("a", ("b",), ())
    assert found.text == "Cheapest useful GPU-hour: a, 4 USD, in one replicate, which tells nothing apart."


def test_undefined_strategies_are_named_and_none_leaves_no_verdict():
    [found] = judged({"a": 4.0, "b": None, "c": None}, {f"{p}": (None,) for p in ("a - b", "a - c", "b - c")})
    assert found.text == "Cheapest useful GPU-hour: a, 4 USD.  Undefined for b and c."
    assert judged({"a": None, "b": None}, {"a - b": (None,)}) == []


@pytest.mark.parametrize(("means", "best"), [((0.9, 0.8), "a"), ((0.8, 0.9), "b")])
def test_more_availability_is_better(means, best):
    none = one(None)
    strategies = {
        name: dict.fromkeys(METRICS, none) | {"compute_availability": one(mean)}
        for name, mean in zip("ab", means, strict=True)
    }
    apart = means[0] - means[1]
    pair = {"a - b": Difference(**one(apart, apart - 0.01, apart + 0.01).to_json(), p_positive=0.5)}
    undefined = {"a - b": Difference(**none.to_json(), p_positive=None)}
    [found] = verdicts(strategies, {m: pair if m == "compute_availability" else undefined for m in METRICS})
    assert found.best == best
    assert found.text == f"Highest compute availability: {best}, 90 %; the other is worse with 95 % confidence."
