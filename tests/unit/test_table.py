import re
from itertools import combinations

import pytest

from sim.experiment.statistics import Difference, Estimate
from sim.experiment.table import WIDTH, table
from sim.metrics import METRICS

BUILT_IN = ["run_to_failure", "replace_on_failure", "scheduled_batch", "batch", "mystrat:Patient"]
LONG = ["my_company.strategies.experimental:PatientReplacementOfWholePlanes", "a" * 80, "run_to_failure"]
VALUES = {
    "compute_availability": 0.8123,
    "goodput": 0.7645,
    "launches": 123.4,
    "cost_per_useful_gpu_hour_usd": 1234.56,
    "total_cost_usd": 98_765_432_100.0,
    "total_cost_uncredited_usd": 123_456_789_000.0,
}


def estimate(mean, half=None, adjusted=False):
    low, high = (None, None) if half is None else (mean - half, mean + half)
    return Estimate(mean, low, high, mean, low, high, 20, "", adjusted=adjusted)


def difference(mean, half=None):
    return Difference(**estimate(mean, half).to_json(), p_positive=0.5)


def text_of(names, *, replicates=20, gap=0.0441, share=0.03, width=WIDTH):
    """A table in which each strategy is `gap` above the one before, in every metric relative to its value."""
    half = None if replicates == 1 else share
    values = {name: {metric: VALUES.get(metric, 1.0) for metric in METRICS} for name in names}
    return table(
        f"test: 5 years, {replicates} replicates, seed 1",
        {
            name: {metric: estimate(value, half and half * value) for metric, value in values[name].items()}
            for name in names
        },
        {
            metric: {
                f"{a} - {b}": difference(-gap * (names.index(b) - names.index(a)), half and half * gap)
                for a, b in combinations(names, 2)
            }
            for metric in METRICS
        },
        {metric: [{"strategy": names[0], "p_best": 1.0}] for metric in METRICS},
        replicates,
        width,
    )


@pytest.mark.parametrize("names", [BUILT_IN[:1], BUILT_IN[:2], BUILT_IN, LONG], ids=["one", "two", "five", "long"])
@pytest.mark.parametrize("replicates", [1, 20])
def test_it_fits_a_terminal(names, replicates):
    text = text_of(names, replicates=replicates)
    # The verdict is one line, whatever the names, so that it can be found and equals that of the JSON.
    lines = text.splitlines()[: -1 if len(names) > 1 else None]
    assert max(map(len, lines)) <= WIDTH, text
    assert not [line for line in text.splitlines() if line != line.rstrip()]


@pytest.mark.parametrize("names", [BUILT_IN[:1], BUILT_IN, LONG], ids=["one", "five", "long"])
@pytest.mark.parametrize("width", [60, 80])
def test_it_fits_a_narrow_terminal_and_cuts_no_number(names, width):
    text = text_of(names, width=width)
    assert max(map(len, text.splitlines())) <= width, text
    wide = text_of(names)
    numbers = re.compile(r"[+-]?[\d,.]+ \[[^]]*\](?: points| %)?")
    assert sorted(numbers.findall(text)) == sorted(numbers.findall(wide))
    for name in names:
        assert name in "".join(text.split()), text


def test_the_rule_stands_under_the_whole_heading():
    lines = text_of(BUILT_IN, width=60).splitlines()
    at = next(i for i, line in enumerate(lines) if line.startswith("difference, same"))
    rule = next(i for i, line in enumerate(lines) if i > at and line.startswith("---"))
    assert "draws" in " ".join(lines[at:rule])


def test_a_screen_wider_than_the_table_changes_nothing():
    assert text_of(BUILT_IN, width=200) == text_of(BUILT_IN)


def test_a_long_name_is_broken_and_nothing_of_it_is_lost():
    text = text_of(LONG)
    for name in LONG:
        assert name in "".join(text.split()), text


def test_wide_numbers_go_to_a_table_of_their_own():
    """Twelve digits each: the three columns of costs do not fit side by side."""
    text = text_of(BUILT_IN, share=1e-9)
    assert max(map(len, text.splitlines()[:-1])) <= WIDTH
    assert text.count("uncredited, million USD") == 2


def test_a_difference_is_the_later_strategy_minus_the_earlier():
    """As in the picture: a strategy that is better than the first named shows a plus."""
    text = text_of(["run_to_failure", "scheduled_batch"])
    [row] = [
        line for line in text.splitlines() if line.startswith("scheduled_batch - run_to_failure") and "points" in line
    ]
    assert row.split()[3:7] == ["+4.41", "[+4.28,", "+4.54]", "points"]
    assert "run_to_failure - scheduled_batch" not in text


def test_many_strategies_are_compared_with_the_first_alone():
    names = [f"strategy_{number}" for number in range(8)]
    text = text_of(names)
    assert "strategy_7 - strategy_0" in text
    assert "strategy_7 - strategy_1" not in text
    assert "strategy_4 - strategy_3" in text_of(names[:5])


def test_no_difference_has_no_minus_sign():
    assert not re.search(r"(?<![\de])-0", text_of(["run_to_failure", "scheduled_batch"], gap=0.0))


def test_total_cost_stands_beside_the_uncredited_one():
    text = text_of(["run_to_failure"], replicates=1)
    [head] = [line for line in text.splitlines() if "total cost" in line and "uncredited" in line and "USD per" in line]
    assert head.index("total cost, million USD") < head.index("uncredited, million USD")
    assert "98,765" in text
    assert "123,457" in text
    assert "in USD of 2026, less that of the life that satellites have left" in " ".join(text.split())


def test_what_is_not_defined_is_said_so():
    names = ["run_to_failure", "batch"]
    none = Estimate(None, None, None, None, None, None, 3, "")
    text = table(
        "test",
        {name: dict.fromkeys(METRICS, none) for name in names},
        {metric: {"run_to_failure - batch": Difference(**none.to_json(), p_positive=None)} for metric in METRICS},
        {metric: [{"strategy": name, "p_best": None} for name in names] for metric in METRICS},
        3,
    )
    assert text.count("undefined") == 3 * 9
    assert "None" not in text
    assert "cheapest" not in text.lower()


def test_adjusted_means_are_marked_and_the_mark_explained():
    one = {metric: estimate(VALUES.get(metric, 1.0), 0.01, adjusted=metric == "goodput") for metric in METRICS}
    text = table("test", {"batch": one}, {}, {}, 20)
    [row] = [line for line in text.splitlines() if line.startswith("batch") and "%" in line]
    assert row.count("]*") == 1
    assert "76.4 [75.4, 77.5]* %" in row, row
    assert "* adjusted" in text
    plain = text_of(["batch"])
    assert "*" not in plain
    assert "No mean is adjusted" in plain


def test_flights_are_those_after_the_deployment():
    assert "flights after deployment" in text_of(["batch"])


def test_jobs_that_have_ended_have_a_table_of_their_own():
    one = {metric: estimate(1.0, 0.01) for metric in METRICS}
    assert "days waited for GPUs" in table("test", {"batch": one}, {}, {}, 20)
    none = one | {"jobs_finished": estimate(0.0, 0.0)}
    assert "days waited for GPUs" not in table("test", {"batch": none}, {}, {}, 20)
