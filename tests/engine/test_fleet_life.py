"""The life of a fleet: how it grows, its steady state, how it runs out; and what its launches are for."""

import numpy as np
import pytest
from pydantic import ValidationError

from sim.economics import Item, costs, tessac
from sim.events import EventKind
from sim.metrics import measure
from sim.scenario.models import Mission

YEAR = 365.25
ONE_SPARE = {"on_orbit_spares": {"spares_per_plane": 1, "reorder_point": 0}}
REASONS = ("launches_for_losses", "launches_for_planned_ends", "launches_for_spares")


def with_mission(scenario, **mission):
    return scenario.model_copy(update={"mission": scenario.mission.model_copy(update=mission)})


def days_of(result, kind):
    return result.events.where(kind).time_days[-3:].tolist()


def test_nothing_is_ordered_in_the_wind_down(fleet, checked_run, written_thresholds):
    laws = written_thresholds(bus={(0, 0): 100, (1, 0): 210, (2, 0): 220})
    whole = fleet(slots=3, days=300, lead=30, **laws)
    runs_out = with_mission(whole, wind_down_years=100 / YEAR)
    delivered, ordered = EventKind.DELIVERED, EventKind.ORDERED
    assert days_of(checked_run(whole, "replace_on_failure"), delivered) == [130, 240, 250]
    result = checked_run(runs_out, "replace_on_failure")
    assert (days_of(result, ordered), days_of(result, delivered)) == ([100], [0, 0, 130])
    assert days_of(result, EventKind.BUS_FAILED) == [100, 210, 220]


def test_what_was_ordered_before_the_wind_down_still_flies(fleet, checked_run, written_thresholds):
    laws = written_thresholds(bus={(0, 0): 190})
    scenario = with_mission(fleet(slots=2, days=300, lead=30, **laws), wind_down_years=100 / YEAR)
    assert days_of(checked_run(scenario, "replace_on_failure"), EventKind.DELIVERED) == [0, 0, 220]


def test_nothing_is_retired_for_wear_in_the_wind_down(fleet, checked_run, written_thresholds):
    worn = {"replace_on_failure": {"retire_below_gpu_fraction": 0.6}}
    laws = written_thresholds(gpu={(0, 0, 0): 50, (1, 0, 0): 220})
    whole = fleet(slots=2, gpus=2, days=300, lead=30, strategies=worn, **laws)
    runs_out = with_mission(whole, wind_down_years=100 / YEAR)
    assert days_of(checked_run(whole, "replace_on_failure"), EventKind.RETIRED) == pytest.approx([50, 220])
    assert days_of(checked_run(runs_out, "replace_on_failure"), EventKind.RETIRED) == pytest.approx([50])


def test_the_steady_state_is_what_lies_between(fleet, checked_run, written_thresholds):
    # Of two satellites one is missing for the first 40 days' end, and for all of the last 100.
    laws = written_thresholds(bus={(0, 0): 20, (0, 1): 300})
    scenario = fleet(slots=2, days=300, lead=30, **laws)
    steady = with_mission(scenario, warm_up_years=40 / YEAR, wind_down_years=100 / YEAR)
    found = measure(checked_run(steady, "replace_on_failure"))
    assert found["satellite_availability"] == pytest.approx(1 - 10 / 160 / 2)
    laws = written_thresholds(bus={(0, 0): 210})
    dying = with_mission(fleet(slots=2, days=300, lead=30, **laws), wind_down_years=100 / YEAR)
    result = checked_run(dying, "replace_on_failure")
    found = measure(result)
    assert found["satellite_availability"] == found["compute_availability"] == 1
    assert found["expected_backorders"] == 0
    assert found["bus_failures"] == 1
    assert found["total_cost_usd"] == pytest.approx(costs(result).total_usd)


def test_a_steady_state_must_be_left(fleet):
    with pytest.raises(ValidationError, match="so that a steady state is left"):
        Mission(start="2027-01-01", years=1, warm_up_years=0.4, wind_down_years=0.6)


def test_a_deployment_grows_along_its_ramp(fleet, checked_run):
    ramp = {"first_per_year": 2, "last_per_year": 10, "years": 1}
    deployment = {"kind": "launched", "first_launch_day": 5, "ramp": ramp}
    result = checked_run(fleet(slots=12, per_flight=2, days=400, deployment=deployment))
    days = result.events.where(EventKind.LAUNCHED).time_days
    # Flights flown by t years: 2 t + 4 t^2.
    years = (days - 5) / YEAR
    assert 2 * years + 4 * years**2 == pytest.approx(np.arange(6))
    with pytest.raises(ValidationError, match="ramp beside dates"):
        fleet(slots=2, deployment={"kind": "launched", "ramp": ramp, "dates": [{"date": 3}]})


def test_launches_are_told_apart_by_what_they_are_for(fleet, checked_run, written_thresholds):
    laws = written_thresholds(bus={(0, 0): 100, (1, 0): 100, (0, 1): 1000, (1, 1): 1000})
    scenario = fleet(
        slots=4,
        spare_berths=1,
        per_flight=4,
        days=0.9 * YEAR,
        life_days=0.6 * YEAR,
        lead=30,
        strategies=ONE_SPARE,
        **laws,
    )
    result = checked_run(scenario, "on_orbit_spares")
    found = measure(result)
    # The spare goes to one slot, so one satellite follows for the other slot and one for the spare berth.
    flown = result.events.where(EventKind.LAUNCHED, EventKind.ABOARD)
    assert sum(found[name] for name in REASONS) == pytest.approx(found["launches"])
    assert found["launches_for_losses"] > 0
    assert found["launches_for_spares"] > 0
    assert found["launches_for_planned_ends"] > 0
    whole = flown.amount[flown.kind == EventKind.LAUNCHED].sum()
    assert flown.amount[flown.kind == EventKind.ABOARD].sum() == whole - found["deployment_satellites"]


def test_a_worn_out_satellite_is_a_loss_and_a_successor_in_time_is_planned(fleet, checked_run, written_thresholds):
    laws = written_thresholds(gpu={(0, 0, 0): 50, (0, 0, 1): 60})
    strategies = {"replace_on_failure": {"retire_below_gpu_fraction": 0.9}}
    worn = measure(checked_run(fleet(slots=1, gpus=2, strategies=strategies, days=200, **laws), "replace_on_failure"))
    assert (worn["launches"], worn["launches_for_losses"]) == (1, 1)
    old = measure(checked_run(fleet(slots=1, life_days=0.3 * YEAR, days=200, lead=10), "replace_on_failure"))
    assert old["launches"] == old["launches_for_planned_ends"] > 0


def test_the_annual_cost_of_sparing_is_what_was_paid_for_replacements(fleet, checked_run, written_thresholds):
    laws = written_thresholds(bus={(0, 0): 100, (1, 0): 150})
    scenario = fleet(slots=2, spare_berths=1, days=400, lead=30, strategies=ONE_SPARE, **laws)
    prices = {"bus_usd": 1e6, "gpu_usd": 1e3, "holding_usd_per_satellite_year": 5e4}
    economics = scenario.economics.model_copy(update=prices)
    result = checked_run(scenario.model_copy(update={"economics": economics}), "on_orbit_spares")
    years, paid = 400 / YEAR, costs(result)
    found = tessac(result)
    later = paid[Item.SATELLITES] + paid[Item.GPUS] + paid[Item.LAUNCHES] - paid.deployment_usd
    assert (found.manufacturing + found.launch) * years == pytest.approx(later)
    assert found.holding * years == pytest.approx(paid[Item.HOLDING])
    assert found.holding > 0
    flown = result.events.where(EventKind.LAUNCHED)
    assert found.launch * years == pytest.approx(costs(result)[Item.LAUNCHES] * np.mean(flown.time_days > 0))
    measured = measure(result)
    assert measured["tessac_usd_per_year"] == pytest.approx(found.total)
    # From a day on, only what falls after it counts.
    assert tessac(result, start=399).manufacturing == 0


def test_a_longer_life_is_not_written_off_more_slowly(fleet, checked_run):
    scenario = fleet(slots=3, days=0.9 * YEAR, life_days=YEAR, lead=10)
    longer, usual = (costs(checked_run(scenario, name)) for name in ("life_extension", "run_to_failure"))
    assert -longer[Item.CREDIT] == pytest.approx(-usual[Item.CREDIT], rel=1e-6)
    assert -usual[Item.CREDIT] > 0
