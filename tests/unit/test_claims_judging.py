import math
from dataclasses import replace

import numpy as np
import pytest

from sim.claims.claim import Input
from sim.claims.judging import crossing, drawn, first_where, judged, over_ranges, short, with_total, with_values
from sim.experiment import Estimate
from sim.scenario import load


def figure(value, low=None, high=None, law=None, path="claims:x"):
    return Input(path, value, "A", "a test", low, high, law)


def estimate(low, mean, high):
    return Estimate(mean, low, high, mean, low, high, 1, "1")


def test_the_interval_of_a_straight_line_is_that_of_its_input():
    # 2 x + 1 for x even between 0 and 1: the central 95 % are 1.05 to 2.95.
    found = over_ranges(
        lambda v: 2 * v["claims:x"] + 1, [figure(0.4, 0.0, 1.0)], np.random.default_rng(1), "m", draws=20_000
    )
    assert found.mean == 1.8
    assert found.unit == "m"
    # The ends are order statistics: their standard error is sqrt(p (1 - p) / n) over the density, here 1 / 2.
    error = 2 * math.sqrt(0.025 * 0.975 / 20_000)
    assert found.total_low == pytest.approx(1.05, abs=4 * error)
    assert found.total_high == pytest.approx(2.95, abs=4 * error)
    assert found.total_median == pytest.approx(2.0, abs=4 * 2 * 0.5 / math.sqrt(20_000))
    assert found.ci_low == found.ci_high == 1.8  # nothing in it is luck


def test_the_interval_holds_the_answer_at_the_own_values():
    found = over_ranges(lambda v: v["claims:x"], [figure(5.0, 0.0, 5.0)], np.random.default_rng(1), "m")
    assert found.total_high == 5.0


def test_an_input_without_a_range_stays_and_a_wide_one_is_even_in_its_logarithm():
    rows = drawn([figure(3.0), figure(10.0, 1.0, 10_000.0, path="claims:y")], np.random.default_rng(2), 4000)
    assert {row["claims:x"] for row in rows} == {3.0}
    share = np.mean([row["claims:y"] < 100 for row in rows])
    assert share == pytest.approx(0.5, abs=4 * 0.5 / math.sqrt(4000))


def test_a_stated_law_wins_over_the_width_of_the_range():
    rows = drawn([figure(2.0, 1.0, 4.0, "log_uniform")], np.random.default_rng(2), 4000)
    assert np.mean([row["claims:x"] < 2 for row in rows]) == pytest.approx(0.5, abs=4 * 0.5 / math.sqrt(4000))


@pytest.mark.parametrize("sign", [1, -1])
def test_the_crossing_of_a_curve_is_found_and_there_is_none_outside(sign):
    found = crossing(lambda x: sign * x**3, sign * 8.0, 0.0, 10.0)
    assert found == pytest.approx(2.0, rel=1e-12)
    assert crossing(lambda x: sign * x**3, sign * 2000.0, 0.0, 10.0) is None


def test_a_curve_that_is_infinite_at_an_end_is_crossed_all_the_same():
    assert crossing(lambda x: math.inf if x < 1 else 1 / x, 0.5, 0.0, 10.0) == pytest.approx(2.0, rel=1e-12)


def test_the_first_value_at_which_something_holds():
    assert first_where(lambda x: x >= 7.3, 0.0, 10.0, 0.01) == pytest.approx(7.3, abs=0.01)
    assert first_where(lambda x: False, 0.0, 10.0, 0.01) is None
    assert first_where(lambda x: True, 0.0, 10.0, 0.01) == 0.0


@pytest.mark.parametrize(
    ("ends", "at_least", "verdict"),
    [
        ((5, 6, 7), True, "holds: 6, against five"),
        ((2, 3, 4), True, "fails: 3, against five"),
        ((4, 6, 7), True, "holds if so"),
        ((2, 3, 5), False, "holds: 3, against five"),
        ((6, 7, 8), False, "fails: 7, against five"),
        ((4, 6, 7), False, "holds if so"),
    ],
)
def test_the_verdict_follows_the_whole_interval(ends, at_least, verdict):
    assert judged(estimate(*ends), 5.0, "five", at_least=at_least, condition="so") == verdict


def test_without_an_interval_the_mean_decides_and_without_a_mean_nothing_does():
    bare = Estimate(6.0, None, None, 6.0, None, None, 1, "1")
    assert judged(bare, 5.0, "five", at_least=True, condition="so") == "holds: 6, against five"
    none = Estimate(None, None, None, None, None, None, 1, "1")
    assert judged(none, 5.0, "five", at_least=True, condition="so") == "holds if so"


def test_values_at_paths_change_nothing_else():
    scenario = load("spacex_ai1")
    changed = with_values(scenario, {"satellite.links.rate_gb_s": 5.0, "satellite.gpus": 8, "economics.bus_usd": 1.0})
    assert (changed.satellite.links.rate_gb_s, changed.satellite.gpus, changed.economics.bus_usd) == (5.0, 8, 1.0)
    assert changed.satellite.links.range_km == scenario.satellite.links.range_km
    assert scenario.satellite.gpus == 72
    with pytest.raises(TypeError, match="jobs"):
        with_values(scenario, {"workload.jobs.0": 1})


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "-"), (0, "0"), (1234.5, "1,230"), (0.01234, "0.0123"), (2.5e6, "2.5 million"), (1.4e12, "1.4 trillion")],
)
def test_numbers_have_three_digits(value, text):
    assert short(value) == text


def test_a_verdict_is_of_the_total_interval_where_inputs_have_ranges():
    narrow = Estimate(2.0, 1.9, 2.1, 2.0, 1.9, 2.1, 9, "m")
    wide = replace(narrow, total_low=0.5, total_median=2.0, total_high=3.0)
    assert judged(narrow, 1.0, "1 claimed", at_least=True, condition="it is").startswith("holds:")
    assert judged(wide, 1.0, "1 claimed", at_least=True, condition="it is") == "holds if it is"
    assert with_total(narrow, np.array([1.95, 2.0, 2.05])).total_low == 1.9  # it holds the Monte Carlo interval
