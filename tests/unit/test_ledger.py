"""Payments on their days: sums, discounting, what is left of a price, and what is paid for by the month."""

from math import log

import numpy as np
import pytest

from sim.economics import Entry, Item, Ledger, annuity, capital_recovery, discount, mean_discount, value_left
from sim.economics.ledger import monthly

YEAR = 365.25


def ledger() -> Ledger:
    return Ledger.of(
        [
            Entry(Item.LAUNCHES, [0.0, 400.0], [10.0, 20.0], [True, False]),
            Entry(Item.CREDIT, 3 * YEAR, -6.0),
            Entry(Item.GPUS, -30.0, 5.0),
            Entry(Item.GPUS, [], []),
        ]
    )


def test_sums_by_item_and_year():
    found = ledger()
    assert found.total() == 29
    assert found.total(Item.LAUNCHES, Item.GPUS) == 35
    assert found.without(Item.CREDIT).total() == 35
    assert found.between(0, 400).total() == 10
    assert found.by_item() == {Item.GPUS: 5, Item.LAUNCHES: 30, Item.CREDIT: -6}
    years = found.by_year(3)
    assert years[Item.GPUS].tolist() == [5, 0, 0]  # before the mission
    assert years[Item.LAUNCHES].tolist() == [10, 20, 0]
    assert years[Item.CREDIT].tolist() == [0, 0, -6]  # at its end
    assert years.sum() == found.total()


def test_a_payment_counts_by_its_day():
    found = ledger().discounted(0.1)
    assert found.total(Item.LAUNCHES) == pytest.approx(10 + 20 / 1.1 ** (400 / YEAR))
    assert found.total(Item.GPUS) == pytest.approx(5 * 1.1 ** (30 / YEAR))
    assert ledger().discounted(0.0).total() == 29


def test_a_later_payment_never_costs_more():
    days = np.sort(np.random.default_rng(1).uniform(-400, 4000, 1000))
    for rate in (0.001, 0.08, 0.15, 1.0):
        assert (np.diff(discount(days, rate)) < 0).all()


@pytest.mark.parametrize(("start", "end"), [(0.0, 0.0), (10.0, 10.0 + 1e-7), (0.0, 30.0), (100.0, 4000.0)])
def test_the_mean_over_a_time_is_the_integral(start, end):
    days = np.linspace(start, end, 20_001)
    values = discount(days, 0.12)
    expected = values[0] if end == start else np.trapezoid(values, days) / (end - start)
    assert mean_discount(np.array([start]), np.array([end]), 0.12)[0] == pytest.approx(expected, rel=1e-8)
    assert mean_discount(np.array([start]), np.array([end]), 0.0)[0] == 1


def test_capital_recovery_is_that_of_textbooks():
    # 6.5 % over 5 and 14 years: .24063 and .11094.
    assert capital_recovery(0.065, 5) == pytest.approx(0.24063, abs=1e-5)
    assert capital_recovery(0.065, 14) == pytest.approx(0.11094, abs=1e-5)
    assert annuity(0.0, 5) == 5
    assert annuity(0.08, 5) == pytest.approx(sum(1.08**-year for year in range(1, 6)))


def test_what_is_left_of_a_price():
    assert value_left([0, 2, 5, 7], 5, 0.1, as_annuity=False).tolist() == [1, 0.6, 0, 0]
    left = value_left([0, 2, 5, 7], 5, 0.1, as_annuity=True)
    assert left.tolist() == pytest.approx([1, annuity(0.1, 3) / annuity(0.1, 5), 0, 0])
    assert value_left(1, 0, 0.1, as_annuity=True) == 0  # nothing lives for no time
    assert value_left(2, 5, 0.0, as_annuity=True) == 0.6


@pytest.mark.parametrize("years", [0.5, 1.0, 3.0, 4.5])
def test_with_an_annuity_a_year_costs_the_same_whatever_the_horizon(years):
    """A price, and years later what it is worth then: the capital recovery of those years, paid as time passes."""
    rate, life = 0.09, 5.0
    cost = 1 - float(value_left(years, life, rate, as_annuity=True)) * float(discount(years * YEAR, rate))
    flow = log(1 + rate)  # a USD a year, all the time
    assert cost / ((1 - (1 + rate) ** -years) / flow) == pytest.approx(1 / ((1 - (1 + rate) ** -life) / flow))


def test_a_level_is_paid_for_by_the_month():
    middles, years = monthly([0, 45, 60], [2, 1, -3], 100)
    assert len(middles) == 4
    assert years.sum() * YEAR == pytest.approx(2 * 45 + 3 * 15)
    month = YEAR / 12
    assert (years * YEAR).tolist() == pytest.approx([2 * month, 2 * (45 - month) + 3 * 15, 0, 0])
    assert middles.tolist() == pytest.approx([month / 2, 1.5 * month, 2.5 * month, (3 * month + 100) / 2])


def test_nothing_is_paid_in_no_time():
    assert monthly([0], [1], 0.0)[0].size == 0
