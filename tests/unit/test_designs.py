"""Further kinds of satellite: what they take over, what they cost, and who may order them when."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sim.engine import simulate
from sim.environment import Environment
from sim.errors import InputError, ScenarioError
from sim.events import EventKind
from sim.scenario import load
from sim.scenario.models import Scenario
from sim.strategies import Launch, Strategy

SHORT_LIVED = {"kind": "exponential", "rate_per_year": 12.0}


class Says(Strategy):
    """Says what a test makes it say."""

    said: Any = None
    period: float | None = None

    def decide(self, fleet):
        return self.said(fleet)

    def reviews_every_days(self):
        return self.period


def with_designs(scenario: Scenario, **designs: Any) -> Scenario:
    """The scenario with further designs, given as in a file."""
    return Scenario.model_validate({**scenario.model_dump(mode="json"), "designs": designs})


def test_a_design_is_laid_over_the_satellite_to_any_depth(fleet):
    scenario = with_designs(
        fleet(gpus=4, satellite={"radiator": {"tube_fraction": 0, "attitude": "zenith", "sides": 1}}),
        large={"gpus": 8, "radiator": {"junction_limit_c": 80}, "gpu_usd": 5.0, "available_from_day": 100},
        same=None,
    )
    first, large, same = (scenario.design(name) for name in scenario.design_names)
    assert scenario.design_names == ("satellite", "large", "same")
    assert (large.gpus, large.radiator.junction_limit_c) == (8, 80)
    assert (large.radiator.attitude, large.radiator.sides) == ("zenith", 1)
    assert large.battery == first.battery
    fields = type(first).model_fields
    assert {field: getattr(same, field) for field in fields} == {field: getattr(first, field) for field in fields}
    alone = scenario.with_design("large")
    assert alone.satellite.gpus == 8
    assert (alone.economics.gpu_usd, alone.economics.bus_usd) == (5.0, scenario.economics.bus_usd)


def test_an_unknown_field_of_a_design_is_named():
    with pytest.raises(ScenarioError, match="did you mean 'gpus'"):
        load("baseline", set_=["designs.large.gpuss=8"])


def test_the_first_design_keeps_its_name():
    with pytest.raises(ScenarioError, match="is the name of the design under `satellite`"):
        load("baseline", set_=["designs.satellite.gpus=8"])


def test_a_design_that_no_vehicle_carries_is_refused():
    heavy = ["designs.heavy.mass_kg=900000"]
    with pytest.raises(ScenarioError, match=r"capacity_kg \(17500\) is too little for one heavy"):
        load("baseline", set_=[*heavy, "launch.vehicle.capacity_kg=17500"])
    with pytest.raises(ScenarioError, match=r"designs.heavy.mass_kg = 900000.0: .* too little for one heavy"):
        Environment.build(load("baseline", set_=[*heavy, "mission.years=0.1"]))


def order(design):
    """Order one of a design for the first slot that is empty."""

    def say(fleet):
        plane = fleet.plane(0)
        return [Launch(0, 1, design=design)] if plane.unfilled else []

    return say


def log_of(fleet, environment, said, **large):
    """The log of two short-lived satellites of 4 GPUs, replaced as said; a large one has 6."""
    plain = with_designs(fleet(slots=2, gpus=4, bus=SHORT_LIVED, days=200), large={"gpus": 6, **large})
    scenario = plain.model_copy(update={"strategies": {"says": Says(kind="says", said=said)}})
    return simulate(scenario, environment(plain), "says", 1, 0).events


def test_satellites_ordered_of_a_design_are_of_that_design(fleet, environment):
    arrived = log_of(fleet, environment, order("large")).where(EventKind.DELIVERED)
    later = arrived.time_days > 0
    assert later.sum() >= 2
    assert arrived.design.tolist() == np.where(later, 1, 0).tolist()
    assert arrived.gpus.tolist() == np.where(later, 6, 4).tolist()
    unnamed = log_of(fleet, environment, order(None)).where(EventKind.DELIVERED)
    assert len(unnamed) > 2
    assert not unnamed.design.any()


def test_a_design_of_no_such_name_is_refused(fleet, environment):
    with pytest.raises(InputError, match=r"Launch\(.*'huge'.*\).* cannot be done: designs are satellite, large"):
        log_of(fleet, environment, order("huge"))


def test_a_design_is_refused_before_its_day_and_ordered_from_it_on(fleet, environment):
    with pytest.raises(InputError, match="cannot be done: that design can be ordered from day 190 on"):
        log_of(fleet, environment, order("large"), available_from_day=190.0)

    def newest(fleet):
        return order(fleet.newest_design.name)(fleet)

    arrived = log_of(fleet, environment, newest, available_from_day=90.0).where(EventKind.DELIVERED)
    assert 2 < np.count_nonzero(arrived.design == 0) < len(arrived)
    assert ((arrived.time_days >= 90) == (arrived.design == 1)).all()


def test_a_strategy_that_never_has_enough_is_told_so(fleet, environment):
    """Each order leaves room for another: more than a thousand in one instant, though each of them is legal."""
    plain = fleet(slots=1100, lead=30.0, days=60, life_days=60)

    def run(said):
        scenario = plain.model_copy(update={"strategies": {"says": Says(kind="says", said=said, period=10.0)}})
        return simulate(scenario, environment(plain), "says", 1, 0).events

    with pytest.raises(
        InputError, match=r"strategy says still acts after 1000 rounds on day [\d.]+: last it wanted La"
    ):
        run(lambda fleet: [Launch(0, 1)])
    ordered = run(lambda fleet: [Launch(0, 1)] if fleet.on_order[0] < 900 and fleet.now_days < 20 else [])
    assert ordered.total(EventKind.ORDERED) == 900  # in one instant, and nobody minds


def test_a_fault_that_a_design_takes_over_from_the_satellite_is_told_once():
    with pytest.raises(ScenarioError) as error:
        load("baseline", set_=["satellite.battery.depth_limit=60", "designs.large.gpus=40"])
    assert [fault.path for fault in error.value.faults] == ["satellite.battery.depth_limit"]
    both = ["satellite.battery.depth_limit=60", "designs.large.battery.depth_limit=70"]
    with pytest.raises(ScenarioError) as error:
        load("baseline", set_=both)
    places = ["satellite.battery.depth_limit", "designs.large.battery.depth_limit"]
    assert [fault.path for fault in error.value.faults] == places


def test_what_only_the_physics_finds_is_reported_at_the_design_that_has_it():
    scenario = load("baseline", set_=["designs.large.propulsion.propellant_kg=0.001", "designs.large.mass_kg=700"])
    with pytest.raises(ScenarioError) as error:
        Environment.build(scenario)
    assert [fault.path for fault in error.value.faults] == ["designs.large.propulsion.propellant_kg"]


def test_a_strategy_that_orders_what_is_no_design_is_refused_before_it_runs():
    settings = ["strategy=scheduled_batch", "strategies.scheduled_batch.design=nosuch"]
    with pytest.raises(ScenarioError, match=r"orders 'nosuch', which is no design: .* newest, stock_first, satellite$"):
        load("baseline", set_=settings)
    load("baseline", set_=[*settings, "designs.nosuch.gpus=40"])
