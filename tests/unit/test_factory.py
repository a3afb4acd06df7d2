"""The factory's section of a scenario, what it costs, and the metrics of the ground, on logs made by hand."""

from __future__ import annotations

from math import isnan

import numpy as np
import pytest
from pydantic import ValidationError

from sim.description import describe
from sim.description.numbers import facts
from sim.economics import Item, costs
from sim.errors import ScenarioError
from sim.events import Cause, EventKind, EventRecorder
from sim.launch import ConstantDelay
from sim.metrics import measure
from sim.metrics.ground import days_on_ground, ground_metrics
from sim.result import Controls, Result
from sim.scenario import load
from sim.scenario.factory import Factory, ready_days
from sim.scenario.models import Scenario

DAYS = 100.0
BUILD = {"kind": "constant", "days": 20}
STOCK = {"ground_stock": {"satellite": {"satellites": 3}}, "build_days": BUILD}
LATER = {"second": {"available_from_day": 30}}


# The scenario


@pytest.mark.parametrize(
    ("factory", "message"),
    [
        (
            {"ground_stock": {"third": {"satellites": 1}}, "build_days": BUILD},
            "factory.ground_stock.third is no design: must be one of satellite, second",
        ),
        ({"ground_stock": {"satellite": {"satellites": 1}}}, "build_days must be given where ground_stock keeps"),
        (
            {"ground_stock": {"satellite": {"satellites": 1, "at_start": 2}}, "build_days": BUILD},
            r"at_start \(2\) must not be above satellites \(1\)",
        ),
        (
            {"ground_stock": {"second": {"satellites": 2, "at_start": 1}}, "build_days": BUILD},
            r"factory.ground_stock.second.at_start \(1\) must be 0 or left out: .* from day 30 on",
        ),
        ({"satellites_per_year": 0}, "satellites_per_year"),
        ({"shelf_ageing": 1.5}, "shelf_ageing"),
    ],
)
def test_what_cannot_be_is_refused(fleet, factory, message):
    with pytest.raises(ValidationError, match=message):
        fleet(factory=factory, designs=LATER)


def test_a_file_gets_one_clear_message():
    with pytest.raises(ScenarioError) as raised:
        load(
            "baseline",
            set_=["factory={ground_stock: {satelite: {satellites: 1}}, build_days: {kind: constant, days: 5}}"],
        )
    [fault] = raised.value.faults
    assert "factory.ground_stock.satelite is no design: must be one of satellite" in fault.problem


def test_a_refresh_does_not_use_up_what_is_old(fleet):
    with pytest.raises(ValidationError, match="must not be stock_first: older satellites refresh nothing"):
        fleet(strategies={"generation_refresh": {"design": "stock_first"}})


def test_a_stock_of_none_needs_no_time_to_build(fleet):
    factory = fleet(factory={"ground_stock": {"satellite": {"satellites": 0}}}).factory
    assert factory.level("satellite") == factory.at_start("satellite") == 0


@pytest.mark.parametrize("rate", [25.0, {"first_per_year": 5, "last_per_year": 50, "years": 2}])
def test_places_and_days_are_one_another_inverted(rate):
    factory = Factory(satellites_per_year=rate)
    for place in (0, 0.5, 3, 54.9, 55, 56, 300):
        assert factory.places_until(factory.day_of(place)) == pytest.approx(place, abs=1e-9)
    assert factory.places_until(0) == 0
    assert factory.per_year_at_last == (25 if isinstance(rate, float) else 50)
    assert factory.places_until(20 * 365.25) - factory.places_until(19 * 365.25) == pytest.approx(
        factory.per_year_at_last
    )


def test_ways_to_get_a_satellite(fleet):
    lead = ConstantDelay(days=70)
    assert ready_days(None, ["satellite"], lead) == [70]
    factory = Factory.model_validate(STOCK)
    assert ready_days(factory, ["satellite"], lead) == [30, 50]
    assert ready_days(factory, ["satellite", "second"], lead) == [30, 50, 70]


# Money and metrics


def on_the_ground() -> EventRecorder:
    """Two at the start, one more begun; an order of 3 takes 2 at once and waits 10 days for the third."""
    log = EventRecorder()
    log.append(0, EventKind.COMMISSIONED, cause=Cause.DEPLOYMENT, amount=2)
    log.append(0, EventKind.STOCKED, cause=Cause.DEPLOYMENT, amount=2)
    log.append(0, EventKind.COMMISSIONED, amount=1)
    log.append(40, EventKind.ORDERED, plane=0, amount=3)
    log.extend(2, time_days=40, kind=EventKind.TAKEN, plane=0)
    log.append(40, EventKind.COMMISSIONED, amount=3)
    log.append(45, EventKind.READY, plane=0, amount=2)
    log.append(50, EventKind.STOCKED, amount=1)
    log.append(50, EventKind.TAKEN, plane=0, amount=10)
    log.append(55, EventKind.READY, plane=0, amount=1)
    log.append(60, EventKind.LAUNCHED, plane=0, satellite=0, amount=3)
    log.append(70, EventKind.STOCKED, amount=1)
    return log


def result_of(fleet, environment, log: EventRecorder, **over) -> Result:
    scenario = fleet(slots=4, days=DAYS, gpus=10, **over)
    world, events = environment(scenario), log.finish()
    return Result.of(scenario, world, ("by_hand", 1, 0), events, Controls((), np.zeros(0), np.zeros(0)))


PRICES = {"bus_usd": 900, "gpu_usd": 10, "ground_holding_share_per_year": 0.2}


def test_what_is_built_for_stock_is_paid_for_once(fleet, environment):
    result = result_of(fleet, environment, on_the_ground(), factory=STOCK, economics=PRICES)
    found = costs(result)
    # Six were begun and four finished; three of them flew and are paid in full.
    assert found[Item.SATELLITES] + found[Item.GPUS] == 3 * 1000
    assert found[Item.UNFLOWN] == pytest.approx(1000 * (3 * 0.3 + 1 * 0.5))
    assert -found[Item.REFUND] == pytest.approx(0.5 * found[Item.UNFLOWN])


def test_what_stands_on_the_ground_costs_from_completion_to_launch(fleet, environment):
    result = result_of(fleet, environment, on_the_ground(), factory=STOCK, economics=PRICES)
    days = 2 * 60 + 10 + 30
    held = costs(result)[Item.GROUND_HOLDING]
    assert held == pytest.approx(0.2 * 1000 * days / 365.25)
    free = costs(result, economics=result.scenario.economics.model_copy(update={"ground_holding_share_per_year": 0}))
    assert costs(result).total_usd - free.total_usd == pytest.approx(held)
    assert measure(result)["total_cost_usd"] == costs(result).total_usd


def test_what_is_built_to_order_is_held_from_readiness_on(fleet, environment):
    log = EventRecorder()
    log.append(0, EventKind.LAUNCHED, cause=Cause.DEPLOYMENT, plane=0, satellite=0, amount=4)
    log.append(10, EventKind.ORDERED, plane=0, amount=2)
    log.append(30, EventKind.READY, plane=0, amount=2)
    log.append(50, EventKind.LAUNCHED, plane=0, satellite=4, amount=1)
    result = result_of(fleet, environment, log, economics=PRICES)
    assert costs(result)[Item.GROUND_HOLDING] == pytest.approx(0.2 * 1000 * (20 + 70) / 365.25)
    assert costs(result)[Item.UNFLOWN] == pytest.approx(1000 * 0.8)
    found = ground_metrics(result)
    assert found["days_on_ground"] == 20
    assert found["mean_spares_ground"] == 0
    assert isnan(found["ground_fill_rate"])
    assert isnan(found["factory_utilisation"])


def test_metrics_of_the_ground(fleet, environment):
    result = result_of(fleet, environment, on_the_ground(), factory=STOCK)
    found = ground_metrics(result)
    assert found["ground_fill_rate"] == pytest.approx(2 / 3)
    assert found["mean_spares_ground"] == pytest.approx((2 * 40 + 30) / DAYS)
    assert found["days_on_ground"] == pytest.approx((60 + 60 + 10) / 3)
    assert isnan(found["factory_utilisation"])
    late = ground_metrics(result, start=50)
    assert isnan(late["ground_fill_rate"])
    assert late["mean_spares_ground"] == pytest.approx(30 / 50)
    assert late["days_on_ground"] == found["days_on_ground"]
    assert isnan(ground_metrics(result, start=61)["days_on_ground"])


def test_the_first_of_a_design_that_flies_is_the_first_that_was_finished():
    log = EventRecorder()
    for day, design in ((10, 0), (20, 1), (30, 0)):
        log.append(day, EventKind.READY, plane=0, amount=1, design=design)
    log.append(40, EventKind.LAUNCHED, plane=0, amount=1, design=1)
    log.append(50, EventKind.LAUNCHED, plane=0, amount=2, design=0)
    waits, launched = days_on_ground(log.finish())
    assert sorted(zip(waits.tolist(), launched.tolist(), strict=True)) == [(20, 40), (20, 50), (40, 50)]


def test_utilisation_is_the_share_of_places_taken(fleet, environment):
    # A place every 10 days.  The three of day 25 take what is free from then to day 55; from 80 on the line is busy.
    log = EventRecorder()
    log.append(0, EventKind.COMMISSIONED, cause=Cause.DEPLOYMENT, amount=50)  # bought, not built here
    log.append(25, EventKind.COMMISSIONED, amount=3)
    log.append(80, EventKind.COMMISSIONED, amount=9)
    line = STOCK | {"satellites_per_year": 36.525}
    result = result_of(fleet, environment, log, factory=line)
    assert ground_metrics(result)["factory_utilisation"] == pytest.approx((30 + 20) / 100)
    assert ground_metrics(result, start=50)["factory_utilisation"] == pytest.approx((5 + 20) / 50)


# Words


def test_the_factory_is_described(fleet):
    ramp = {"first_per_year": 10, "last_per_year": 40, "years": 3}
    scenario = fleet(lead=99, factory=STOCK | {"satellites_per_year": ramp}, economics=PRICES)
    text = " ".join(describe(scenario).split())
    assert "its line takes on 10 satellites a year, growing to 40 within 3 years" in text
    assert "by the same factor" not in text
    grown = fleet(lead=99, factory=STOCK | {"satellites_per_year": ramp | {"growth": "geometric"}}, economics=PRICES)
    assert "to 40 within 3 years, by the same factor each year, first come" in " ".join(describe(grown).split())
    assert "ground stock of 3 satellites of design satellite ($2.73k), 3 of them at the start" in text
    assert "keeping them costs $546 a year" in text
    assert "mean 30 days from stock (processing 30 days), 50 from the line (building 20 days)" in text
    assert "ageing rate on the ground before launch 0.08" in text
    assert facts(fleet())["launch"]["factory"] is None
    assert "factory:" not in describe(fleet())


def warned(scenario: Scenario) -> str:
    return " / ".join(facts(scenario)["warnings"])


def test_warnings_say_what_a_factory_does_not_do(fleet):
    lossy = {"kind": "exponential", "rate_per_year": 1}
    slow = fleet(bus=lossy, strategies={}, factory={"satellites_per_year": 3})
    assert "the factory's line takes on 3 satellites a year; failures and design life remove 4: what" in warned(slow)
    fast = replace_factory(slow, satellites_per_year=5.0)
    assert "the factory's line" not in warned(fast)
    free = fleet(factory=STOCK | {"ground_stock": {"satellite": {"satellites": 5}}})
    assert "the ground stock costs nothing to keep" in warned(free)
    assert "keeps 5 satellites for 4 slots" in warned(free)
    assert "run_to_failure orders nothing: the ground stock is bought and never used" in warned(free)
    orders = free.model_copy(update={"strategy": "replace_on_failure"})
    assert "orders nothing" not in warned(orders)


@pytest.mark.parametrize(
    ("life_days", "deployment", "a_year"),
    [
        (400, None, "3"),  # four slots: on days 400, 800 and 1200 of 1461, four years
        (365.25, None, "3"),  # the fourth end is that of the mission
        (1000, None, "1"),
        (1461, None, None),
        (2000, None, None),
        (1000, {"kind": "launched", "first_launch_day": 500}, None),  # no life that began so late ends
    ],
)
def test_ends_of_life_past_the_mission_need_no_satellites(fleet, life_days, deployment, a_year):
    given = {} if deployment is None else {"deployment": deployment}
    scenario = fleet(
        days=1461, life_days=life_days, strategies={}, factory={"satellites_per_year": 0.5}, lead=10, **given
    )
    told = warned(scenario)
    assert ("the factory's line takes on 0.5" in told) is (a_year is not None)
    if a_year is not None:
        assert f"design life remove {a_year}: what is ordered" in told


def test_a_stock_that_will_be_outdated_is_told(fleet):
    given = {"designs": LATER, "factory": STOCK, "economics": PRICES}
    for design, told in (("newest", True), ("stock_first", False), ("satellite", False)):
        scenario = fleet(**given, strategies={"replace_on_failure": {"design": design}})
        scenario = scenario.model_copy(update={"strategy": "replace_on_failure"})
        assert ("what is left of the ground stock of satellite is never used" in warned(scenario)) is told


def replace_factory(scenario: Scenario, **over) -> Scenario:
    return scenario.model_copy(update={"factory": scenario.factory.model_copy(update=over)})
