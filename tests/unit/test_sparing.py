"""Closed forms of sparing against values worked out apart from this program, each with its formula."""

from __future__ import annotations

from math import exp, factorial

import numpy as np
import pytest
from scipy.stats import binom

from sim.reliability import Exponential, Weibull
from sim.sparing import (
    TwoEchelon,
    age_replacement_cost_rate,
    base_stock,
    erlang_b,
    erlang_c,
    expected_backorders,
    machine_repair,
    metric_two_echelon,
    optimal_replacement_age_days,
    periodic_review,
    reorder_quantity,
    standby_mttf,
)

TIGHT = {"rel": 1e-12}
YEAR = 365.25


@pytest.mark.parametrize(
    ("level", "fill", "ready", "backorders", "wait"),
    [
        (3, 0.42319008112684364, 0.6472318887822313, 0.6721254229661635, 0.22404180765538784),
        (5, 0.8152632445237722, 0.9160820579686966, 0.13462055627216657, 0.044873518757388854),
        (8, 0.9880954961436426, 0.996197007938324, 0.0052895750756645115, 0.0017631916918881706),
    ],
)
def test_base_stock(level, fill, ready, backorders, wait):
    # Pipeline Poisson with mean 3: fill P(X <= S-1), ready P(X <= S), backorders sum of (x - S)+ p(x), wait EBO / mean.
    found = base_stock(level, rate=6.0, lead=0.5)
    assert (found.fill, found.ready) == pytest.approx((fill, ready), **TIGHT)
    assert found.backorders == pytest.approx(backorders, rel=1e-9)
    assert found.mean_wait / 0.5 == pytest.approx(wait, rel=1e-9)


def test_expected_backorders_by_the_sum():
    summed = sum((x - 3) * exp(-2) * 2**x / factorial(x) for x in range(4, 60))
    assert expected_backorders(3, 2.0) == pytest.approx(summed, rel=1e-12)
    assert expected_backorders(3, 2.0) == pytest.approx(0.2180, abs=5e-5)
    assert expected_backorders(-2, 3.0) == pytest.approx(5.0, rel=1e-12)


def test_reorder_quantity():
    # Position uniform on r+1 .. r+Q, r = 2, Q = 4, mean 3.
    found = reorder_quantity(2, 4, rate=1.0, lead=3.0)
    assert found.fill == pytest.approx(0.700441818100386, **TIGHT)
    assert found.backorders == pytest.approx(0.29420147630689697, rel=1e-10)
    assert reorder_quantity(2, 1, 1.0, 3.0) == base_stock(3, 1.0, 3.0)


def test_periodic_review():
    # 12 a year, R = .5, L = .25, S = 14: P(Poisson(9) > 14), fill 1 - (EBO(9) - EBO(3)) / 6.
    out, fill = periodic_review(14, rate=12.0, review=0.5, lead=0.25)
    assert (out, fill) == pytest.approx((0.041466325472903715, 0.9859787421984216), **TIGHT)


def test_two_echelons_one_for_one():
    # W0 = EBO(S0; 10 x .5) / 10; pipeline 2 x (.1 + W0).
    found = metric_two_echelon(bases=5, rate=2.0, base_level=1, base_lead=0.1, depot_level=4, depot_lead=0.5)
    assert found.depot_backorders == pytest.approx(1.4368435637740395, rel=1e-12)
    assert found.depot_delay == pytest.approx(0.14368435637740395, rel=1e-12)
    assert found.pipeline == pytest.approx(0.4873687127548079, rel=1e-12)
    assert found.base.backorders == pytest.approx(0.10160922562996869, rel=1e-10)
    assert found.base.fill == pytest.approx(0.6142405128751608, **TIGHT)


def test_erlang():
    assert erlang_b(5, 3.0) == pytest.approx(0.11005434782608696, **TIGHT)
    assert erlang_c(5, 3.0) == pytest.approx((0.23615160349854225, 0.11807580174927113), **TIGHT)
    with pytest.raises(ValueError, match=r"load = 5.0: must be from 0 to below the number of servers \(5\)"):
        erlang_c(5, 5.0)


@pytest.mark.parametrize(
    ("spares", "crews", "down", "operating", "all_up", "busy"),
    [
        (0, 2, 17.459747726582435, 82.54025227341754, 0.004325896690449636, 0.9904830272810103),
        (5, 4, 2.8009152639170987, 99.76266781580442, 0.8998565618198842, 0.5985760068948265),
    ],
)
def test_machine_repair(spares, crews, down, operating, all_up, busy):
    # Birth rate min(M, M + S - i) / MTTF, death rate min(i, c) / MTTR.
    found = machine_repair(places=100, spares=spares, crews=crews, mttf=1000.0, mttr=24.0)
    seen = (found.down, found.operating, found.all_operating, found.utilisation)
    assert seen == pytest.approx((down, operating, all_up, busy), rel=1e-11)


def test_machines_of_a_large_fleet_do_not_overflow():
    found = machine_repair(places=20_000, spares=0, crews=20_000, mttf=1000.0, mttr=24.0)
    assert found.operating == pytest.approx(20_000 / 1.024, rel=1e-9)  # each by itself


def test_cold_spares():
    assert standby_mttf(needed=4096, spares=216, rate=0.01) == pytest.approx(5.2978515625, **TIGHT)


def test_hot_spares_are_k_out_of_n_and_warm_ones_lie_between():
    # 3 of 5 with hot spares: 1/5 + 1/4 + 1/3; half as fast: 1/4 + 1/3.5 + 1/3; cold: 3/3.
    for dormancy, mttf in ((1.0, 1 / 5 + 1 / 4 + 1 / 3), (0.5, 1 / 4 + 1 / 3.5 + 1 / 3), (0.0, 1.0)):
        assert standby_mttf(needed=3, spares=2, rate=0.1, dormancy=dormancy) == pytest.approx(10 * mttf, **TIGHT)
    with pytest.raises(ValueError, match="dormancy = 2: must be from 0 to 1"):
        standby_mttf(needed=3, spares=2, rate=0.1, dormancy=2)


def test_machines_with_warm_spares():
    # Hot spares and a crew for everyone: each of the 7 is down by itself, a share r / (f + r) of the time.
    found = machine_repair(places=5, spares=2, crews=7, mttf=100.0, mttr=25.0, dormancy=1.0)
    assert found.down == pytest.approx(7 * 0.2, **TIGHT)
    assert found.all_operating == pytest.approx(float(binom.cdf(2, 7, 0.2)), **TIGHT)
    # One place, one warm spare, one crew, by hand: states 0, 1, 2 failed; up 1 + d and 1 a hundred days, down 1 in 25.
    ratio = np.cumprod([1.0, 1.5 / 4, 1 / 4])
    warm = machine_repair(places=1, spares=1, crews=1, mttf=100.0, mttr=25.0, dormancy=0.5)
    assert warm.operating == pytest.approx(float(ratio[:2].sum() / ratio.sum()), **TIGHT)


def test_age_replacement_of_a_rayleigh_life_by_the_sum():
    # Weibull 2, scale 8 years: (c_p R + c_f F) / integral of R by 200,000 trapezia of 5 years.
    law, age, steps = Weibull(shape=2, scale_years=8), 5.0, 200_000
    survival = [exp(-((age * i / steps / 8) ** 2)) for i in range(steps + 1)]
    lived = (sum(survival) - 0.5 * (survival[0] + survival[-1])) * age / steps
    expected = (1 * survival[-1] + 5 * (1 - survival[-1])) / lived
    found = age_replacement_cost_rate(law, age * YEAR, preventive=1.0, failure=5.0) * YEAR
    assert found == pytest.approx(expected, rel=1e-8)


def test_the_best_age_costs_least():
    law = Weibull(shape=2, scale_years=8)
    best = optimal_replacement_age_days(law, preventive=1.0, failure=5.0)
    cost = [age_replacement_cost_rate(law, best * by, preventive=1.0, failure=5.0) for by in (0.99, 1.0, 1.01)]
    assert cost[1] < min(cost[0], cost[2])
    # At the optimum the cost rate is (c_f - c_p) h(T) (Barlow & Proschan 1965, section 4.2).
    assert cost[1] == pytest.approx(4.0 * float(law.hazard_per_day(best)), rel=1e-9)


def test_what_does_not_wear_is_not_replaced():
    assert optimal_replacement_age_days(Exponential(rate_per_year=0.3), preventive=1.0, failure=5.0) == float("inf")
    assert optimal_replacement_age_days(Weibull(shape=0.7, scale_years=8), preventive=1.0, failure=9.0) == float("inf")
    assert optimal_replacement_age_days(Weibull(shape=3, scale_years=8), preventive=2.0, failure=2.0) == float("inf")
    rate = age_replacement_cost_rate(Exponential(rate_per_year=0.3), float("inf"), preventive=1.0, failure=5.0)
    assert rate * YEAR == pytest.approx(1.5, rel=1e-9)


# Jakob et al. 2019, doi 10.2514/1.A34387, the case of 40 x 40 satellites [S]; its year has 365 days, ours 365.25.


def test_two_echelons_in_orbit_against_the_paper():
    found = TwoEchelon().solve()
    assert found.tessac_musd == pytest.approx(319.1, rel=2e-4)
    assert found.manufacturing_musd == pytest.approx(40.0, **TIGHT)
    assert found.holding_musd == pytest.approx(158.95, rel=2e-4)
    assert found.launch_musd == pytest.approx(119.0, **TIGHT)
    assert found.manoeuvring_musd == pytest.approx(1.18, abs=0.005)
    assert found.global_fill == pytest.approx(0.951, abs=5e-4)
    assert found.plane_lead_days == pytest.approx(81.0, abs=0.05)
    assert found.delta_v_m_s == pytest.approx(203.3, abs=0.05)
    assert found.propellant_kg == pytest.approx(14.80, abs=0.005)
    assert found.plane_stock == pytest.approx(5.056, abs=1e-3)
    assert found.parking_stock_batches == pytest.approx(9.638, abs=3e-3)


def test_the_cheapest_flights():
    case = TwoEchelon()
    prices = [case.launches_musd(number) for number in (0, 1, 4, 5, 34, 35, 38, 39)]
    assert prices == pytest.approx([0, 10, 40, 47.6, 47.6, 57.6, 87.6, 95.2])


def test_a_fixed_launch_lead_and_orbits_that_never_align():
    fixed = TwoEchelon(launch_wait_days=0).solve()
    # Batches demanded in 90 days: 80 / 4 / 3 a year.
    mean = 80 / 4 / 3 * 90 / YEAR
    assert fixed.parking_fill == pytest.approx(1 - expected_backorders(8, mean) / 8, rel=1e-9)
    with pytest.raises(ValueError, match="no parking orbit ever aligns"):
        TwoEchelon(inclination_deg=90.0).solve()
