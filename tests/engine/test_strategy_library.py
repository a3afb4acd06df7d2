"""What the strategies do that fill flights, weigh money, replace before a failure or outlive the design life."""

import numpy as np
import pytest

from sim.berths import layouts
from sim.design_view import DesignView
from sim.engine.known import known_designs
from sim.events import Cause, EventKind
from sim.fleet import Fleet, FleetView
from sim.scenario.models import Scenario
from sim.strategies import MarginalValue

YEAR = 365.25
DAILY_USD = 2.49 * 0.85 * 24
"""Worth of one GPU online for a day, by default."""
FAT_TANK = {"mass_kg": 1000, "propulsion": {"margin": 10, "manoeuvres_per_year": 0}}


def vehicle(seats, usd):
    """Launches of satellites of 1 kg at a price."""
    price = {"kind": "per_flight", "usd": usd}
    return {"vehicle": {"name": "test", "capacity_kg": seats, "price": price, "success_probability": 1}}


def with_design(scenario, **design):
    return Scenario.model_validate({**scenario.model_dump(mode="json"), "designs": {"new": design}})


def test_overbuild_and_decay_uses_up_its_spares_and_orders_nothing(fleet, checked_run, log, written_thresholds):
    laws = written_thresholds(bus={(0, 0): 100, (1, 0): 110, (2, 0): 120})
    scenario = fleet(slots=4, spare_berths=2, **laws)
    assert log(checked_run(scenario, "overbuild_and_decay")) == [
        (100, "BUS_FAILED"),
        (100, "ACTIVATED"),
        (102, "PLACED"),
        (110, "BUS_FAILED"),
        (110, "ACTIVATED"),
        (112, "PLACED"),
        (120, "BUS_FAILED"),
    ]


@pytest.mark.parametrize(("least_load", "ordered"), [(1.0, [3.0]), (0.3, [4.0])])
def test_block_launch_orders_whole_flights_at_its_reviews(fleet, checked_run, written_thresholds, least_load, ordered):
    laws = written_thresholds(bus={(slot, 0): 80 + slot for slot in range(4)})
    strategies = {"block_launch": {"review_period_days": 90, "least_load": least_load}}
    scenario = fleet(slots=6, per_flight=3, days=170, lead=10, strategies=strategies, **laws)
    orders = checked_run(scenario, "block_launch").events.where(EventKind.ORDERED)
    assert orders.time_days.tolist() == [90.0]
    assert orders.amount.tolist() == ordered


def test_block_launch_orders_its_spares_along_and_moves_them_at_once(fleet, checked_run, log, written_thresholds):
    laws = written_thresholds(bus={(0, 0): 80, (0, 1): 30})
    strategies = {"block_launch": {"review_period_days": 90, "spares_per_plane": 1, "least_load": 0}}
    scenario = fleet(slots=2, spare_berths=1, per_flight=3, days=170, lead=10, strategies=strategies, **laws)
    assert log(checked_run(scenario, "block_launch")) == [
        (80, "BUS_FAILED"),
        (80, "ACTIVATED"),
        (82, "PLACED"),
        (90, "ORDERED"),
        (100, "LAUNCHED"),
        (100, "STORED"),
    ]


def test_fill_the_vehicle_flies_when_full_or_when_waiting_has_cost_the_empty_seats(
    fleet, checked_run, log, written_thresholds
):
    laws = written_thresholds(bus={(0, 0): 100, (1, 0): 200, (2, 0): 205})
    # One of two seats empty costs half a flight; a vacancy of one GPU has cost that after 10 days.
    launch = vehicle(2, 2 * 10 * DAILY_USD)
    strategies = {"fill_the_vehicle": {"review_period_days": 1}}
    scenario = fleet(slots=4, days=300, lead=20, launch=launch, strategies=strategies, **laws)
    assert log(checked_run(scenario, "fill_the_vehicle"), EventKind.ORDERED) == [(110, "ORDERED"), (205, "ORDERED")]


def test_two_vacancies_wait_half_as_long_and_those_on_order_cost_nothing_more(
    fleet, checked_run, log, written_thresholds
):
    laws = written_thresholds(bus={(0, 0): 100, (1, 0): 100, (2, 0): 104})
    # Two of three seats taken: a third of the flight is empty, 10 days of a vacancy, 5 of two.
    launch = vehicle(3, 30 * DAILY_USD)
    strategies = {"fill_the_vehicle": {"review_period_days": 0.5}}
    scenario = fleet(slots=6, days=140, lead=60, launch=launch, strategies=strategies, **laws)
    orders = checked_run(scenario, "fill_the_vehicle").events.where(EventKind.ORDERED)
    assert orders.time_days.tolist() == [104.0]  # a full flight on day 104, 8 slot-days into the wait
    laws = written_thresholds(bus={(0, 0): 100, (1, 0): 100, (2, 0): 108})
    scenario = fleet(slots=6, days=140, lead=60, launch=launch, strategies=strategies, **laws)
    orders = checked_run(scenario, "fill_the_vehicle").events.where(EventKind.ORDERED)
    # The third has the flight to itself: two empty seats of three are 20 days of its own wait.
    assert orders.time_days.tolist() == [105.0, 128.0]
    assert orders.amount.tolist() == [2.0, 1.0]


def test_condition_based_keeps_a_worn_satellite_at_work_until_its_successor_comes(
    fleet, checked_run, log, written_thresholds
):
    laws = written_thresholds(gpu={(1, 0, 0): 50, (1, 0, 1): 60, (2, 0, 2): 90})
    strategies = {"condition_based": {"retire_below_gpu_fraction": 0.6, "minimum_order": 1}}
    scenario = fleet(slots=3, gpus=4, days=150, lead=30, strategies=strategies, **laws)
    result = checked_run(scenario, "condition_based")
    assert log(result) == [
        (50, "GPU_FAILED"),
        (60, "GPU_FAILED"),
        (60, "ORDERED"),
        (90, "GPU_FAILED"),
        (90, "LAUNCHED"),
        (90, "RETIRED"),
        (90, "DELIVERED"),
    ]
    retired = result.events.where(EventKind.RETIRED)
    assert (retired.berth.tolist(), retired.cause.tolist()) == ([1], [Cause.REPLACED])


def test_condition_based_waits_for_enough_worn_and_lost(fleet, checked_run, written_thresholds):
    laws = written_thresholds(bus={(0, 0): 80}, gpu={(1, 0, 0): 50, (2, 0, 0): 70, (3, 0, 0): 100})
    strategies = {"condition_based": {"retire_below_gpu_fraction": 0.6, "minimum_order": 3}}
    scenario = fleet(slots=5, gpus=2, days=150, lead=30, strategies=strategies, **laws)
    result = checked_run(scenario, "condition_based")
    orders = result.events.where(EventKind.ORDERED)
    assert (orders.time_days.tolist(), orders.amount.tolist()) == ([80.0], [3.0])
    assert result.events.where(EventKind.RETIRED).berth.tolist() == [1, 2]


def test_condition_based_orders_nobody_who_would_come_too_late(fleet, checked_run, written_thresholds):
    laws = written_thresholds(gpu={(1, 0, 0): 121})
    strategies = {"condition_based": {"retire_below_gpu_fraction": 0.6, "minimum_order": 1}}
    scenario = fleet(slots=2, gpus=2, days=150, lead=30, strategies=strategies, **laws)
    assert checked_run(scenario, "condition_based").events.count(EventKind.ORDERED) == 0


@pytest.mark.parametrize(("credit", "days", "useful_days"), [(False, 200, 100), (False, 150, 50), (True, 150, 100)])
@pytest.mark.parametrize(("margin", "orders"), [(0.99, 0), (1.01, 1)])
def test_marginal_value_launches_what_is_worth_its_cost(fleet, checked_run, credit, days, useful_days, margin, orders):
    # A successor is due on day 100, in half of a flight, for 100 days; half of them are credited or lost after day 150.
    # The credit is half of what one costs in a full flight: of 2 x half a flight, half of half a flight.
    share = 0.75 if credit else 1.0
    launch = vehicle(2, (50 if credit else useful_days) * DAILY_USD / share / margin)
    strategies = {"marginal_value": {"credit_unexpired_life": credit, "useful_share": 0.85}}
    scenario = fleet(slots=1, days=days, life_days=100, lead=20, launch=launch, strategies=strategies)
    assert checked_run(scenario, "marginal_value").events.count(EventKind.ORDERED) == orders


def test_marginal_value_leaves_those_behind_who_do_not_pay_for_a_flight_of_their_own(fleet, checked_run):
    launch = vehicle(2, 150 * DAILY_USD)  # two earn 200 days, one 100
    scenario = fleet(slots=3, days=200, life_days=100, lead=20, launch=launch)
    orders = checked_run(scenario, "marginal_value").events.where(EventKind.ORDERED)
    assert orders.amount.tolist() == [2.0]


@pytest.mark.parametrize(("flight_usd", "satellites"), [(1350.0, [2]), (1370.0, [])])
def test_marginal_value_credits_what_is_expected_to_live(flight_usd, satellites):
    # 50 of 100 days are left on arrival, in which half of the GPU-days are expected: a quarter of the cost comes back.
    # Two satellites earn 2 x 25 x 24 x .85 = 1,020 in a flight that costs 3/4 of its price.
    ages, gpu_days = np.array([0.0, 50.0, 100.0]), np.array([0.0, 25.0, 40.0])
    design = DesignView("satellite", 1, 2, 0.0, 100.0, 0.0, lambda _: flight_usd, lambda: (ages, gpu_days))
    view = FleetView(Fleet(layouts([2], 0)), (design,), expected_lead_days=20.0, mission_days=200.0, gpu_hour_usd=1.0)
    actions = MarginalValue().decide(view.at(130.0, np.arange(1), reviewing=False))
    assert [action.satellites for action in actions] == satellites


def test_an_operator_knows_prices_and_what_a_new_satellite_is_expected_to_do(fleet, environment):
    bus, gpu = 0.2, 0.5
    scenario = fleet(
        gpus=4,
        spare_berths=1,
        life_days=5 * YEAR,
        days=5 * YEAR,
        bus={"kind": "exponential", "rate_per_year": bus},
        gpu={"kind": "exponential", "rate_per_year": gpu},
        launch=vehicle(3, 30.0),
    )
    design, other = known_designs(environment(with_design(scenario, gpus=2, design_life_years=2, gpu_usd=7)))
    assert (design.satellite_usd, design.satellites_per_flight, design.life_days) == (5.0, 3, 5 * YEAR)
    assert (design.cost_usd(3), design.cost_usd(4), design.flight_usd(1.0)) == (15 + 30, 20 + 60, 30.0)
    assert (other.satellite_usd, other.gpus, other.life_days) == (1 + 2 * 7, 2, 2 * YEAR)
    for years in (0.0, 1.0, 3.0, 5.0):
        hours = 4 * 24 * YEAR * (1 - np.exp(-(bus + gpu) * years)) / (bus + gpu)
        assert design.expected_gpu_hours(years * YEAR) == pytest.approx(hours, rel=1e-4)
    assert other.expected_gpu_hours(9 * YEAR) == other.expected_gpu_hours(2 * YEAR)


def test_what_is_expected_of_a_satellite_is_what_the_engine_gives_it(fleet, checked_run, environment):
    law = {"kind": "weibull", "shape": 1.8, "scale_years": 2}
    scenario = fleet(
        slots=80,
        gpus=3,
        days=3 * YEAR,
        life_days=2 * YEAR,
        bus=law,
        gpu=law,
        reliability={
            "common_causes": {
                "shock": {
                    "kind": "shock",
                    "scope": "satellite",
                    "rate_per_year": 2,
                    "gpu_lethality": 0.1,
                    "satellite_lethality": 0.4,
                }
            }
        },
    )
    online = [
        float((log.gpus * (3 * YEAR - log.time_days)).sum()) / 80
        for log in (checked_run(scenario, replicate=replicate).events for replicate in range(6))
    ]
    expected = known_designs(environment(scenario))[0].expected_gpu_hours(2 * YEAR) / 24
    assert abs(np.mean(online) - expected) < 4 * np.std(online, ddof=1) / np.sqrt(len(online))


@pytest.mark.parametrize("per_order", [1, 2])
def test_age_replacement_has_the_successor_there_on_the_day(fleet, checked_run, log, written_thresholds, per_order):
    laws = written_thresholds(bus={(0, 0): 70})
    strategies = {"age_replacement": {"age_years": 100 / YEAR, "minimum_order": per_order}}
    scenario = fleet(slots=2, days=190, lead=20, strategies=strategies, **laws)
    result = checked_run(scenario, "age_replacement")
    expected = {
        1: [
            (70, "BUS_FAILED"),
            (70, "ORDERED"),
            (80, "ORDERED"),
            (90, "LAUNCHED"),
            (90, "DELIVERED"),
            (100, "LAUNCHED"),
            (100, "RETIRED"),
            (100, "DELIVERED"),
        ],  # the one of day 90 becomes 100 days old at the end of the mission
        2: [
            (70, "BUS_FAILED"),
            (80, "ORDERED"),
            (100, "LAUNCHED"),
            (100, "DELIVERED"),
            (100, "RETIRED"),
            (100, "DELIVERED"),
        ],
    }
    assert sorted(log(result)) == sorted(expected[per_order])


def test_generation_refresh_replaces_a_share_of_the_older_design_at_its_dates(fleet, checked_run):
    strategies = {"generation_refresh": {"period_years": 50 / YEAR, "share": 0.5, "least_age_years": 40 / YEAR}}
    scenario = with_design(fleet(slots=5, days=240, lead=20, strategies=strategies), gpus=2, available_from_day=60)
    log = checked_run(scenario, "generation_refresh").events
    orders = log.where(EventKind.ORDERED)
    # From day 60 on there is something newer: three of five on day 100, as many as are left on day 150.
    assert (orders.time_days.tolist(), orders.amount.tolist()) == ([100.0, 150.0], [3.0, 2.0])
    assert set(orders.design.tolist()) == {1}
    retired = log.where(EventKind.RETIRED)
    assert (retired.design.tolist(), retired.berth.tolist()) == ([0] * 5, [0, 1, 2, 3, 4])


def test_satellites_too_young_or_of_the_newest_design_are_not_refreshed(fleet, checked_run):
    young = {"generation_refresh": {"period_years": 50 / YEAR, "least_age_years": 1}}
    scenario = with_design(fleet(slots=5, days=240, strategies=young), gpus=2, available_from_day=60)
    assert checked_run(scenario, "generation_refresh").events.count(EventKind.ORDERED) == 0
    scenario = fleet(slots=5, days=240, strategies={"generation_refresh": {"period_years": 0.1, "least_age_years": 0}})
    assert checked_run(scenario, "generation_refresh").events.count(EventKind.ORDERED) == 0


def test_life_extension_works_on_and_fails_as_its_laws_have_it(fleet, checked_run, log, written_thresholds):
    laws = written_thresholds(bus={(1, 0): 130, (2, 0): 170})
    strategies = {"life_extension": {"extension_years": 50 / YEAR}}
    scenario = fleet(
        slots=3, days=260, life_days=100, lead=400, per_flight=1e5, strategies=strategies, satellite=FAT_TANK, **laws
    )
    lost = log(checked_run(scenario, "life_extension"), EventKind.BUS_FAILED, EventKind.RETIRED)
    # The threshold of 170 days lies beyond the extended life of 150.
    assert lost == [(130, "BUS_FAILED"), (150, "RETIRED"), (150, "RETIRED")]
    usual = log(checked_run(scenario, "replace_on_failure"), EventKind.BUS_FAILED, EventKind.RETIRED)
    assert usual == [(100, "RETIRED")] * 3


@pytest.mark.parametrize(("margin", "end"), [(0.0, 100.0), (0.3, 130.0), (3.0, 150.0)])
def test_propellant_ends_an_extended_life(fleet, environment, margin, end):
    # Without air, a tank for 100 days with a margin of 30 % lasts 130.
    propulsion = {"margin": margin, "drag_coefficient": 0.5, "body_drag_area_m2": 0, "manoeuvres_per_year": 1000}
    scenario = fleet(
        slots=1,
        days=400,
        life_days=100,
        shell={"altitude_km": 1200},
        satellite={"mass_kg": 1000, "propulsion": propulsion},
        per_flight=5000,
    )
    site = environment(scenario).sites[0]
    assert site.planned_end(0, 0.0) == (100.0, False)
    found, dry = site.planned_end(0, 0.0, 50.0)
    assert found == pytest.approx(end, abs=1.01)
    assert dry == (end < 150)
