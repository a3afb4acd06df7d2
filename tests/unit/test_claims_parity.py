"""C3: costs as straight lines in prices, the year of parity, the frontier and the path."""

import numpy as np
import pytest

from sim.claims.cheapest import cheapest_place
from sim.claims.evidence import Evidence
from sim.claims.linear import PricedCost, Prices, between, cost_and_hours, repriced
from sim.claims.parity import Case
from sim.claims.viability import Optimist, path

SHORT = {"spacex_ai1": ("mission.years=2",)}


@pytest.fixture(scope="module")
def case():
    return Case(Evidence(replicates=3, workers=1, settings=SHORT))


@pytest.fixture(scope="module")
def central(case):
    return {one.path: float(one.value) for one in case.inputs.values()}


def test_costs_are_straight_lines_in_prices(case):
    study = case.study()
    cost = PricedCost.of_each(study)["scheduled_batch"]
    for prices in (Prices(0.0, 0.0, 0.0), case.today, Prices(37.0, 2.5e6, 9e4)):
        anew = cost_and_hours(repriced(study, prices), "scheduled_batch")[0]
        assert cost.usd(prices) == pytest.approx(anew, rel=1e-9)


def test_at_the_break_even_price_an_hour_costs_what_it_should(case):
    cost = case.central["scheduled_batch"]
    usd_per_kg = cost.usd_per_kg_for(9.0, case.today.bus_usd, case.today.gpu_usd)
    assert cost.usd_per_hour(Prices(usd_per_kg, case.today.bus_usd, case.today.gpu_usd)) == pytest.approx(9.0)


def test_between_two_levels_costs_lie_between(case):
    low, high = (level.costs["run_to_failure"] for level in case.levels[::2])
    half = between(low, high, 0.5)
    assert half.hours == pytest.approx(0.5 * (low.hours + high.hours))
    assert case.between(case.levels[1].rate)[2] == pytest.approx(1.0)


def test_a_plane_of_many_bears_the_expected_number_of_failed_flights(case):
    # Flown by itself it is lost whole in 3 % of the replicates, and an hour costs twice as much there.
    studies = case.study(), case.evidence.study(case.evidence.scenario("spacex_ai1"), "run_to_failure")
    together, alone = (study.scenario.deployment.kind for study in studies)
    assert (together, alone) == ("in_place", "launched")
    cost = case.central["run_to_failure"]
    each = 40 / 0.97  # satellites and flights paid for
    assert cost.per_usd_per_kg.mean() <= each * 2100  # less the credit for the life that is left
    assert cost.per_usd_per_kg.mean() > 0.5 * each * 2100


def test_fewer_failures_make_an_hour_cheaper(case):
    each = [level.costs["run_to_failure"].usd_per_hour(case.today) for level in case.levels]
    assert each == sorted(each)


def test_the_ratio_today_is_that_of_the_runs(case, central):
    orbit = min(cost.usd_per_hour(case.today) for cost in case.central.values())
    assert case.ratio(central, case.scenario.mission.start_year) == pytest.approx(
        orbit / case.ground_usd_per_hour, rel=1e-6
    )


def test_at_given_prices_a_campus_twice_as_dear_halves_the_ratio_and_free_launch_takes_the_launches_off(case, central):
    dearer = {**central, case.inputs["ground_usd_per_gw"].path: 2 * central[case.inputs["ground_usd_per_gw"].path]}
    assert case.ratio_at(case.today, dearer) == pytest.approx(case.ratio_at(case.today, central) / 2)
    free = Prices(0.0, case.today.bus_usd, case.today.gpu_usd)
    orbit = min(cost.usd_per_hour(free) for cost in case.central.values())
    assert case.ratio_at(free, central) == pytest.approx(orbit / case.ground_usd_per_hour, rel=1e-6)


def test_prices_fall_with_the_years_and_a_satellite_of_its_parts_is_heavier(case, central):
    start = case.scenario.mission.start_year
    now, later = case.prices(central, start), case.prices(central, start + 10)
    assert now.usd_per_kg == pytest.approx(case.today.usd_per_kg)
    assert later.usd_per_kg < now.usd_per_kg
    assert later.bus_usd == pytest.approx(now.bus_usd * (1 + 10 * 6700 / 1000) ** np.log2(0.85))
    assert later.gpu_usd == now.gpu_usd
    bus = case.inputs["bus"]
    dear = case.prices({**central, bus.path: bus.high}, start)
    assert dear.usd_per_kg == pytest.approx(now.usd_per_kg * 4291 / 2100, rel=1e-3)


def test_parity_comes_when_the_ratio_is_one(case, central):
    dear_ground = {**central, case.inputs["ground_usd_per_gw"].path: 38e9 * case.ratio(central, 2035.0)}
    assert case.parity_year(dear_ground) == pytest.approx(2035.0, abs=0.1)
    free = {**central, case.inputs["ground_usd_per_gw"].path: 1e13}
    assert case.parity_year(free) == case.scenario.mission.start_year
    assert case.parity_year({**central, case.inputs["ground_usd_per_gw"].path: 1e9}) == np.inf


def test_each_step_of_the_path_makes_orbit_cheaper_against_the_ground(case):
    ratios = [lever.ratio_to_ground for lever in path(case)]
    assert len(ratios) == 8
    assert ratios == sorted(ratios, reverse=True)
    assert ratios[1] == pytest.approx(case.ratio({one.path: float(one.value) for one in case.inputs.values()}, 2028.0))


def test_the_cheapest_satellite_is_no_dearer_than_announced(case):
    usd, lighter = Optimist(case).satellite
    assert 0 < usd <= case.today.bus_usd
    assert 0 < lighter <= 1


def test_orbit_is_the_cheapest_where_nothing_but_its_chips_costs_anything_and_the_ground_is_dear():
    cheap = (*SHORT["spacex_ai1"], "economics.bus_usd=1000", "launch.vehicle.price.usd=1000")
    rates = ("reliability.gpu.constant_per_year=0.01", "reliability.bus.constant_per_year=0.01")
    power = {"ground_stargate": ("campus.facility.supply.usd_per_kwh=2.0",)}
    claim = cheapest_place(Evidence(replicates=2, workers=1, settings={"spacex_ai1": (*cheap, *rates), **power}))
    assert claim.estimate.mean < 1
    assert claim.threshold.value > 1000 / 2100 / 47
    plain = cheapest_place(Evidence(replicates=2, workers=1, settings=SHORT))
    assert plain.estimate.mean > 1
    assert plain.standing == "fails"
