"""Which strategy is best at which value of a GPU-hour, on lines worked out by hand and on random ones."""

from math import inf, isnan

import numpy as np
import pytest

from sim.experiment.envelope import Envelope


def of(lines: dict[str, tuple[float, float]], noise: float = 0.0, n: int = 10, seed: int = 1) -> Envelope:
    """An envelope of strategies with these mean (cost, hours); each replicate off by some noise, in cost alone."""
    rng = np.random.default_rng(seed)
    cost = {name: c + noise * rng.standard_normal(n) for name, (c, _) in lines.items()}
    return Envelope.of(cost, {name: np.full(n, h) for name, (_, h) in lines.items()})


LINES = {"dear": (400.0, 90.0), "nothing": (100.0, 50.0), "some": (150.0, 75.0), "waste": (390.0, 60.0)}


def test_the_lower_envelope_worked_out_by_hand() -> None:
    # nothing -> some at 50 / 25 = 2; some -> dear at 250 / 15 = 16.67; waste is never best.
    found = of(LINES)
    assert [(one.strategy, one.from_usd) for one in found.stretches] == [
        ("nothing", 0.0), ("some", 2.0), ("dear", pytest.approx(250 / 15)),
    ]  # fmt: skip
    assert found.stretches[-1].to_usd == inf
    assert [(one.before, one.after) for one in found.flips] == [("nothing", "some"), ("some", "dear")]
    assert [found.at(value) for value in (0, 1.9, 2.1, 16, 17, 1e9)] == [
        "nothing", "nothing", "some", "some", "dear", "dear",
    ]  # fmt: skip


def test_random_lines_against_brute_force() -> None:
    rng = np.random.default_rng(7)
    for _ in range(200):
        lines = {f"s{i}": (float(c), float(h)) for i, (c, h) in enumerate(rng.uniform(0, 100, (8, 2)))}
        found = of(lines, n=1)
        for value in rng.uniform(0, 20, 20):
            least = min(c - value * h for c, h in lines.values())
            cost, hours = lines[found.at(value)]
            assert cost - value * hours == pytest.approx(least)
        hours_ = [lines[one.strategy][1] for one in found.stretches]
        assert hours_ == sorted(hours_)  # a dearer hour never wants fewer of them
        assert lines[found.stretches[0].strategy][0] == min(c for c, _ in lines.values())
        assert hours_[-1] == max(h for _, h in lines.values())


def test_equal_lines_are_one_and_the_first_named_stands_for_them() -> None:
    found = of({"first": (100, 50), "second": (100, 50), "more": (100, 60)})
    assert [one.strategy for one in found.stretches] == ["more"]
    assert [one.strategy for one in of({"first": (100, 50), "second": (100, 50)}).stretches] == ["first"]
    # Three lines through one point: the middle one is best nowhere alone.
    assert [one.strategy for one in of({"a": (0, 0), "b": (10, 10), "c": (20, 20)}).stretches] == ["a", "c"]


def test_fiellers_interval_covers_the_quotient() -> None:
    """Of 400 studies of 12 replicates, 95 % of the intervals hold the true value, within 4 standard errors."""
    rng, truth, held = np.random.default_rng(3), 2.0, 0
    for _ in range(400):
        shared = rng.standard_normal(12)
        hours = 25 + 4 * rng.standard_normal(12)
        cost = 50 + 20 * shared + 2 * (hours - 25)
        zero = np.zeros(12)
        [flip] = Envelope.of({"a": zero, "b": cost}, {"a": zero, "b": hours}).flips
        held += flip.low_usd <= truth <= flip.high_usd
    assert abs(held / 400 - 0.95) < 4 * np.sqrt(0.95 * 0.05 / 400)


def test_no_bound_where_the_hours_may_be_alike_and_no_interval_of_one_replicate() -> None:
    rng = np.random.default_rng(5)
    hours = {"a": np.full(6, 50.0), "b": 50.1 + 5 * rng.standard_normal(6)}
    hours["b"] += 50.1 - hours["b"].mean()
    cost = {"a": np.full(6, 100.0), "b": np.full(6, 110.0)}
    [flip] = Envelope.of(cost, hours).flips
    assert (flip.low_usd, flip.high_usd) == (0.0, inf)
    [alone] = of({"a": (0, 0), "b": (10, 10)}, n=1).flips
    assert isnan(alone.low_usd)
    assert isnan(alone.high_usd)


def test_the_text_and_the_json_say_the_same() -> None:
    found = of(LINES, noise=1.0)
    text, said = found.text(), found.to_json()
    assert [line.split(":")[0] for line in text] == [one["strategy"] for one in said["intervals"]]
    assert said["intervals"][0]["from_usd_per_gpu_hour"] == 0
    assert said["intervals"][-1]["to_usd_per_gpu_hour"] is None
    for flip, line in zip(said["flips"], text[1:], strict=True):
        assert f"{flip['value']:,.2f} [{flip['ci_low']:,.2f}, {flip['ci_high']:,.2f}]" in line
    assert of({"a": (1, 1), "b": (2, 1)}).text() == ["a: at every value of a GPU-hour"]


def test_how_far_above_the_lowest() -> None:
    values = np.array([0.0, 10.0])
    bands = of(LINES).above_lowest(values)
    assert bands["nothing"].mean == pytest.approx([0, (100 - 500) - (150 - 750)])
    assert bands["some"].mean == pytest.approx([50, 0])
    assert bands["dear"].low == pytest.approx(bands["dear"].high)  # no noise, no width
