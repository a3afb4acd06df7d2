"""Prices of flights: whole, by the kilogram, rideshare; fixed, learned, by year; and what a record is worth."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from sim.economics import Item, costs
from sim.engine import simulate
from sim.events import Cause, EventKind
from sim.launch import (
    FlightRecord,
    LearningCurve,
    PerFlight,
    PerKilogram,
    PriceTable,
    Purchase,
    Ramp,
    Rideshare,
    Vehicle,
)
from sim.scenario import load
from sim.scenario.models import Scenario

CONFIGS = Path(__file__).parents[2] / "configs"
START = Purchase(day=0, year=2027)


def test_whoever_may_share_a_flight_pays_what_is_less():
    price = PerFlight(usd=10e6, rideshare=Rideshare(usd_per_kg=5000, minimum_usd=3e5, most_kg_per_satellite=600))
    satellites = np.array([1, 3, 4, 5])
    assert price.cost_usd(500.0 * satellites, satellites, START).tolist() == [2.5e6, 7.5e6, 10e6, 10e6]
    assert price.cost_usd(601.0, 1, START) == 10e6  # too heavy for a place
    assert price.cost_usd(10.0, 1, START) == 3e5
    alone = PerFlight(usd=10e6)
    assert alone.cost_usd(500.0 * satellites, satellites, START).tolist() == [10e6] * 4


def test_another_vehicle_does_not_inherit_places_on_shared_flights():
    for path in sorted((CONFIGS / "overlays" / "vehicles").glob("*.yaml")):
        price = load("suncatcher_81", path).launch.vehicle.price
        assert getattr(price, "rideshare", None) is None or path.stem == "falcon_9", path.stem


# Wright's curve, and tables


def test_wrights_curve_reaches_200_usd_per_kg_at_368_000_tonnes():
    # C = 1800 (Q / 400 t)^log2(.8): Suncatcher paper, arXiv 2511.19468.
    assert LearningCurve(usd=1800, reference=400, at_start=368_000).at(START) == pytest.approx(200, rel=1e-3)
    curve = LearningCurve(usd=1000, reference=10, at_start=10)
    assert [float(curve.at(replace(START, flown_t=q))) for q in (0, 10, 30)] == pytest.approx([1000, 800, 640])


def test_others_drive_a_curve_down_in_time_at_a_rate_that_grows():
    steady = LearningCurve(usd=100, reference=10, at_start=10, others_per_year=5, by="flights")
    assert steady.at(Purchase(day=2 * 365.25, year=2029)) == pytest.approx(80)  # doubled after two years
    grows = LearningCurve(usd=100, reference=10, at_start=10, others_per_year=5, others_growth=1.0, by="flights")
    # The integral of 5 x 2^t over two years is 5 x 3 / ln 2.
    assert grows.at(Purchase(day=2 * 365.25, year=2029)) == pytest.approx(
        100 * (1 + 1.5 / np.log(2)) ** np.log2(0.8), rel=1e-12
    )
    by_mass, by_flights = (LearningCurve(usd=1, reference=1, at_start=1, by=what) for what in ("mass_t", "flights"))
    assert by_mass.at(Purchase(0, 2027, flown_t=1, flown=3)) == pytest.approx(0.8)
    assert by_flights.at(Purchase(0, 2027, flown_t=1, flown=3)) == pytest.approx(0.64)


def test_a_table_has_straight_lines_between_years_and_stays_beyond_them():
    table = PriceTable(year=(2028, 2030), usd=(1000, 200))
    years = [2025, 2028, 2029, 2029.5, 2030, 2040]
    assert table.at(Purchase(day=0, year=years)).tolist() == [1000, 1000, 600, 400, 200, 200]
    with pytest.raises(ValidationError, match="year has 2 entries and usd 1"):
        PriceTable(year=(2028, 2030), usd=(1,))
    with pytest.raises(ValidationError, match="must rise"):
        PriceTable(year=(2030, 2028), usd=(1, 2))


def test_rideshare_charges_a_minimum_for_each_satellite():
    share = Rideshare(usd_per_kg=7000, minimum_usd=350e3)
    assert share.cost_usd(3 * 20, 3, START) == 3 * 350e3
    assert share.cost_usd(3 * 100, 3, START) == 3 * 700e3
    vehicle = Vehicle(name="v", capacity_kg=5000, price=share, success_probability=1)
    assert vehicle.refuses(830) is None
    assert "most_kg_per_satellite is 830" in vehicle.refuses(831)


@pytest.mark.parametrize("price", [PerFlight(usd=7), PerKilogram(usd_per_kg=2), Rideshare(usd_per_kg=2)])
def test_many_flights_are_priced_at_once(price):
    bought = Purchase(day=np.zeros(3), year=2027)
    mass, count = np.array([100.0, 200.0, 400.0]), np.array([1, 2, 4])
    together = price.cost_usd(mass, count, bought)
    assert together.tolist() == [float(price.cost_usd(m, c, START)) for m, c in zip(mass, count, strict=True)]


def test_flights_are_priced_on_their_days_after_those_before_them(fleet, checked_run):
    """Five flights of 1 kg each a year apart; the price list may change without running again."""
    deployment = {"kind": "launched", "first_launch_day": 0, "interval_days": 365.25}
    scenario = fleet(slots=5, days=5 * 365.25, per_flight=1, deployment=deployment)
    result = checked_run(scenario)
    table = {"kind": "table", "year": [2027, 2031], "usd": [50, 10]}
    assert costs(result, launch_price=PerFlight(usd=table))[Item.LAUNCHES] == pytest.approx(50 + 40 + 30 + 20 + 10)
    curve = {"kind": "learning", "usd": 100, "reference": 1, "at_start": 1, "by": "flights"}
    found = costs(result, launch_price=PerFlight(usd=curve))[Item.LAUNCHES]
    assert found == pytest.approx(sum(100 * n ** np.log2(0.8) for n in range(1, 6)))
    by_mass = {"kind": "learning", "usd": 100, "reference": 1e-3, "at_start": 1e-3}
    assert costs(result, launch_price=PerKilogram(usd_per_kg=by_mass))[Item.LAUNCHES] == pytest.approx(found)


def test_a_satellite_too_heavy_for_rideshare_is_refused(environment):
    price = "launch.vehicle.price={kind: rideshare, most_kg_per_satellite: 500}"
    with pytest.raises(Exception, match=r"price.most_kg_per_satellite is 500 kg: a heavier one needs a flight"):
        environment(load("suncatcher_81", set_=[price]))


# Reliability


@pytest.mark.parametrize(
    ("flights", "failures", "mean", "low", "high"), [(600, 3, 0.9942, 0.987, 0.9986), (5, 3, 0.417, 0.094, 0.791)]
)
def test_jeffreys_posterior(flights, failures, mean, low, high):
    record = FlightRecord(flights=flights, failures=failures)
    assert record.mean() == pytest.approx(mean, abs=5e-4)
    assert record.interval() == pytest.approx((low, high), abs=5e-4)


def test_belief_moves_with_each_flight_and_draws_follow_it():
    record = FlightRecord(flights=5, failures=3)
    assert record.mean(successes=1) == (2.5 + 1) / 7
    assert record.mean(failures=2) == 2.5 / 8
    assert record.mean(3, 1) == FlightRecord(flights=9, failures=4).mean()
    stream = np.random.default_rng(1)
    draws = np.array([record.draw(stream) for _ in range(20_000)])
    assert abs(draws.mean() - record.mean()) < 4 * draws.std() / np.sqrt(len(draws))
    # Of Beta(2.5, 3.5), E[1/p] = 5 / 1.5.  Its square has a mean only if the first shape is over 2.
    assert record.flights_per_delivery == pytest.approx(5 / 1.5)
    assert abs((1 / draws).mean() - record.flights_per_delivery) < 0.2
    assert FlightRecord(flights=3, failures=3).flights_per_delivery == float("inf")
    with pytest.raises(ValidationError, match=r"failures \(3\) must not exceed flights \(2\)"):
        FlightRecord(flights=2, failures=3)


def with_record(scenario, flights, failures):
    tree = scenario.model_dump(mode="json")
    tree["launch"]["vehicle"]["success_probability"] = {"flights": flights, "failures": failures}
    return Scenario.model_validate(tree)


def test_a_fleet_in_place_is_charged_the_mean_of_flights_and_needs_a_delivery_on_record(fleet, checked_run):
    scenario = fleet(slots=4, per_flight=2)
    assert costs(checked_run(with_record(scenario, 5, 3)))[Item.LAUNCHES] == pytest.approx(2 * 5 / 1.5)
    with pytest.raises(ValidationError, match="of 2 failures in 2 flights no number of flights can be told"):
        with_record(scenario, 2, 2)


def test_outcomes_follow_polyas_urn(fleet, environment):
    # From no record, s successes in n flights make the next one succeed with (s + .5) / (n + 1).
    deployment = {"kind": "launched", "first_launch_day": 0, "interval_days": 10}
    scenario = with_record(fleet(slots=3, days=60, per_flight=1, deployment=deployment), 0, 0)
    all_three = []
    for replicate in range(400):
        log = simulate(scenario, environment(scenario), "run_to_failure", 1, replicate).events
        all_three.append(log.count(EventKind.LAUNCH_FAILED) == 0)  # of three loads none flew again
    theory = 0.5 * (1.5 / 2) * (2.5 / 3)
    assert abs(np.mean(all_three) - theory) < 4 * np.sqrt(theory * (1 - theory) / 400)
    # Independent flights at the mean would give an eighth.
    assert np.mean(all_three) > 0.125 + 4 * np.sqrt(0.125 * 0.875 / 400)


def test_luck_stays_paired_where_a_record_stands_for_it(fleet, checked_run):
    base = fleet(
        slots=20,
        days=2500,
        spare_berths=6,
        per_flight=5,
        lead=60,
        bus={"kind": "exponential", "rate_per_year": 0.5},
        launch={"opportunity_interval_days": 30},
    )
    scenario = with_record(base, 5, 2)

    def outcomes(strategy):
        log = checked_run(scenario, strategy).events
        failed = set(log.where(EventKind.LAUNCH_FAILED).time_days.round(6).tolist())
        rows = log.where(EventKind.LAUNCHED)
        return {day: day in failed for day in rows.time_days[rows.cause != Cause.DEPLOYMENT].round(6).tolist()}

    one, other = outcomes("replace_on_failure"), outcomes("on_orbit_spares")
    both = one.keys() & other.keys()
    assert len(both) >= 8
    assert any(one[day] for day in both)
    assert all(one[day] == other[day] for day in both)


# Dates


def test_a_ramp_has_dates_whose_number_grows_and_then_stays():
    ramp = Ramp(first_per_year=2, last_per_year=10, years=4)
    year = 365.25
    assert ramp.dates == 24
    assert ramp.dates_until(0) == 0
    assert ramp.dates_until(4 * year) == pytest.approx(24)
    assert ramp.dates_until(6 * year) == pytest.approx(44)
    assert ramp.dates_until(2 * year) == pytest.approx(2 * 2 + 2 * 2**2 / 2)
    days = [ramp.day(number) for number in range(60)]
    assert [ramp.dates_until(day) for day in days] == pytest.approx(list(range(60)), abs=1e-9)
    gaps = np.diff(days)
    assert np.all(np.diff(gaps[:23]) < 0)
    assert gaps[30:] == pytest.approx(year / 10)
    level = Ramp(first_per_year=4, last_per_year=4, years=1)
    assert [level.day(number) for number in range(9)] == pytest.approx([number * year / 4 for number in range(9)])


def test_satellites_fit_by_volume_where_both_are_known():
    vehicle = Vehicle(name="v", capacity_kg=1000, fairing_m3=145, price=PerFlight(usd=1), success_probability=1)
    assert vehicle.satellites_per_flight(10, 1000, 5.0) == 29
    assert vehicle.satellites_per_flight(10, 1000) == 100
    assert vehicle.satellites_per_flight(10, 1000, 146.0) == 0


def test_a_satellite_larger_than_the_fairing_is_refused(environment):
    settings = ["satellite.stowed_m3=200", "launch.vehicle.fairing_m3=145", "mission.years=0.1"]
    with pytest.raises(Exception, match=r"satellite.stowed_m3 = 200.*is more than launch.vehicle.fairing_m3"):
        environment(load("suncatcher_81", set_=settings))
    eight = load("suncatcher_81", set_=["satellite.stowed_m3=18", *settings[1:]])
    assert environment(eight).designs[0].satellites_per_flight == (8,)
