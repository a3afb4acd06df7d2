"""Selection of the best strategy: KN by hand, and what callers may ask for."""

import numpy as np
import pytest

from sim.errors import InputError
from sim.experiment.selection import Goal, screen, variance_factor


def goal(indifference=1.0, *, relative=False, confidence=0.95):
    return Goal("net_cost_usd", indifference, relative, confidence)


def by_hand(values, delta, first, confidence=0.95):
    """KN with c = 1 as its authors write it, one strategy after another; larger is better.

    (best, {strategy: replicates looked at when it was eliminated}).
    """
    k, alpha = len(values), 1 - confidence
    eta = 0.5 * ((2 * alpha / (k - 1)) ** (-2 / (first - 1)) - 1)
    h2 = 2 * eta * (first - 1)
    s2 = {
        (i, j): float(np.var(np.subtract(values[i][:first], values[j][:first]), ddof=1)) for i in values for j in values
    }
    left, out, r = list(values), {}, first
    most = max(int(h2 * one / delta**2) for one in s2.values())
    while len(left) > 1 and r <= most + 1:
        mean = {i: float(np.mean(values[i][:r])) for i in left}
        reach = {pair: max(0.0, delta / (2 * r) * (h2 * one / delta**2 - r)) for pair, one in s2.items()}
        keep = [i for i in left if all(mean[i] >= mean[j] - reach[i, j] for j in left if j != i)]
        out |= {i: r for i in left if i not in keep}
        left, r = keep, r + 1
    return left[0], out


@pytest.mark.parametrize("seed", range(8))
def test_it_is_the_procedure_of_kim_and_nelson(seed):
    rng = np.random.default_rng(seed)
    common = rng.normal(0, 2.0, 600)
    values = {
        name: mean + common + rng.normal(0, 3.0, 600) for name, mean in zip("abcd", (10, 10.5, 9, 12), strict=True)
    }
    best, out = by_hand(values, 1.0, 12)
    found = screen(values, goal(), 12, "higher")
    assert found.decided
    assert found.best == best
    assert {name: one.after for name, one in found.eliminated.items()} == out
    assert len(set(out.values())) > 1
    assert found.looked == max(out.values())


def test_lower_is_better_where_the_metric_says_so():
    rng = np.random.default_rng(1)
    values = {"dear": 12 + rng.normal(0, 1, 200), "cheap": 10 + rng.normal(0, 1, 200)}
    assert screen(values, goal(), 10).best == "cheap"
    assert screen(values, goal(), 10, "higher").best == "dear"
    assert screen(values, goal(), 10).eliminated["dear"].by == "cheap"


def test_the_variance_factor_solves_the_equation_of_its_authors():
    for k, first, confidence in ((2, 10, 0.95), (5, 20, 0.9), (10, 50, 0.99)):
        eta = variance_factor(k, first, confidence) / (2 * (first - 1))
        assert 0.5 * (1 + 2 * eta) ** (-(first - 1) / 2) == pytest.approx((1 - confidence) / (k - 1))


def test_it_goes_on_until_it_is_decided_and_replicates_grow_whatever_simulates():
    rng = np.random.default_rng(3)
    values = {"a": rng.normal(0, 3.0, 3000), "b": rng.normal(0.2, 3.0, 3000), "worse": rng.normal(-9, 3.0, 3000)}
    counts, seen = dict.fromkeys(values, 20), []
    while True:
        found = screen({name: own[: counts[name]] for name, own in values.items()}, goal(), 20, "higher")
        more = found.more(10_000)
        if more == counts:
            break
        seen.append(more)
        counts = more
    whole = screen(values, goal(), 20, "higher")
    assert (found.best, found.eliminated, found.looked) == (whole.best, whole.eliminated, whole.looked)
    assert counts["worse"] == 20
    assert counts["a"] == counts["b"] >= found.looked
    assert [one["a"] for one in seen][:2] == [25, 31]
    assert [one["a"] for one in seen][1:] == [int(1.25 * one["a"]) for one in seen[:-1]]
    assert len(seen) > 4


def test_it_gives_up_at_the_greatest_number_and_says_so():
    rng = np.random.default_rng(3)
    values = {"a": rng.normal(0, 3.0, 50), "b": rng.normal(0.2, 3.0, 50)}
    found = screen(values, goal(0.5), 20, "higher")
    assert not found.decided
    assert found.more(50) == {"a": 50, "b": 50}
    assert found.more(60)["a"] == 60
    assert f"not decided after 50 replicates; left are a, b, and at most {found.at_most:,}" in found.text()


def test_no_more_is_simulated_than_could_be_needed():
    found = screen({"a": np.zeros(20), "b": np.tile([-1.0, 1.0], 10)}, goal(0.505), 20, "higher")
    assert not found.decided
    assert found.at_most == 1 + int(variance_factor(2, 20, 0.95) * 20 / 19 / 0.505**2) == 22
    assert found.more(10_000)["a"] == 22


def test_strategies_that_are_the_same_end_it_at_once():
    values = np.random.default_rng(2).normal(5.0, 1.0, 20)
    found = screen({"a": values, "b": values.copy(), "c": values - 3}, goal(), 20, "higher")
    assert (found.decided, found.best, found.left) == (True, "a", ("a", "b"))
    assert "the same to the last digit: a, b" in found.text()
    assert list(found.eliminated) == ["c"]


def test_a_share_is_of_the_best_mean_after_the_first_stage():
    values = {"a": np.full(20, 200.0), "b": np.arange(20.0) + 400}
    found = screen(values, goal(0.01, relative=True), 10, "higher")
    assert found.indifference == pytest.approx(0.01 * 404.5)
    assert found.to_json()["relative_indifference"] == 0.01
    with pytest.raises(InputError, match="is 0, of which there is no share"):
        screen({"a": np.zeros(10), "b": np.zeros(10)}, goal(0.01, relative=True), 10)


def test_an_undefined_metric_is_refused():
    with pytest.raises(InputError, match="undefined in some replicates of b"):
        screen({"a": np.ones(10), "b": np.full(10, np.nan)}, goal(), 10)


@pytest.mark.parametrize(
    ("given", "expected"),
    [("1%", (0.01, True)), ("2.5 %", (0.025, True)), ("2e6", (2e6, False)), (0.01, (0.01, False))],
)
def test_an_indifference_is_a_number_or_a_percentage(given, expected):
    found = Goal.of("net_cost_usd", given)
    assert (found.indifference, found.relative) == (pytest.approx(expected[0]), expected[1])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("net_cost_usd", "much"), "indifference much: must be a number above 0, in the unit of net_cost_usd"),
        (("net_cost_usd", "0"), "must be a number above 0"),
        (("net_cost_usd", "-1%"), "must be a number above 0"),
        (("net_cost_usd", "nan"), "must be a number above 0"),
        (("net_cost_usd", "1", 1.0), "confidence 1.0: must be"),
        (("net_cost_usd", "1", 0.4), "confidence 0.4: must be"),
        (("net_cots_usd", "1"), "net_cost_usd"),
        (("cost_per_useful_gpu_hour_usd", "1%"), "a ratio of means"),
    ],
)
def test_what_cannot_be_selected_by_is_named(arguments, message):
    with pytest.raises(InputError, match=message):
        Goal.of(*arguments)
