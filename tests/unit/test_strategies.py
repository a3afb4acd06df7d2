from typing import Any

import pytest
from pydantic import ValidationError

from sim.engine import simulate
from sim.errors import InputError, ScenarioError
from sim.events import EventKind
from sim.scenario.models import Scenario
from sim.strategies import BUILT_IN, Activate, Launch, OnOrbitSpares, Replenishing, Retire, Strategy, strategy_class

SMALL = {"gpus": 3, "available_from_day": 1}
FLIGHT_USD = 60_000
"""A satellite of 4 GPUs that works for 350 days on average earns $2.49 x .85 x 4 x 24 x 350 = 71,000."""
ORDERING = tuple(kind for kind, strategy in BUILT_IN.items() if issubclass(strategy, Replenishing))
SMALL_VEHICLE = {
    "name": "small",
    "capacity_kg": 4,
    "price": {"kind": "per_flight", "usd": FLIGHT_USD},
    "success_probability": 1,
}
"""Too small for servicers, which fly on a larger one."""
EXPRESS = {
    "vehicle": {
        "name": "express",
        "capacity_kg": 2,
        "price": {"kind": "per_flight", "usd": 1},
        "success_probability": 1,
    },
    "lead_time_days": {"kind": "constant", "days": 15},
}
SPARING = ("on_orbit_spares", "overbuild_and_decay", "parking_orbit")
SERVING = ("robotic_servicing", "servicing_and_replacement")
ONLY_SATELLITE = {(kind, "design"): "satellite" for kind in ORDERING}
OTHER_VEHICLE = {(kind, "vehicle"): "express" for kind in ORDERING}
AHEAD = {(kind, "order_ahead_days"): 120 for kind in ORDERING}
WORN = {(kind, "retire_below_gpu_fraction"): 0.8 for kind in ORDERING}
CHANGES = {
    **ONLY_SATELLITE,
    **OTHER_VEHICLE,
    **AHEAD,
    **WORN,
    ("overbuild_and_decay", "spares_per_plane"): 3,
    ("overbuild_and_decay", "phasing_days"): 9,
    ("batch", "reorder_point"): 2,
    ("scheduled_batch", "order_ahead_days"): 200,
    ("scheduled_batch", "review_period_days"): 31,
    ("scheduled_batch", "minimum_order"): 3,
    ("block_launch", "order_ahead_days"): 200,
    ("block_launch", "review_period_days"): 31,
    ("block_launch", "least_load"): 1,
    ("block_launch", "spares_per_plane"): 2,
    ("block_launch", "phasing_days"): 9,
    ("fill_the_vehicle", "useful_share"): 0.3,
    ("fill_the_vehicle", "review_period_days"): 90,
    ("on_orbit_spares", "spares_per_plane"): 3,
    ("on_orbit_spares", "reorder_point"): 2,
    ("on_orbit_spares", "phasing_days"): 9,
    ("condition_based", "retire_below_gpu_fraction"): 0.5,
    ("condition_based", "minimum_order"): 1,
    ("marginal_value", "useful_share"): 0.3,
    ("marginal_value", "hurdle"): 3,
    ("marginal_value", "credit_unexpired_life"): False,
    ("age_replacement", "age_years"): 0.8,
    ("age_replacement", "minimum_order"): 3,
    ("generation_refresh", "order_ahead_days"): 200,
    ("generation_refresh", "period_years"): 0.2,
    ("generation_refresh", "share"): 0.5,
    ("generation_refresh", "least_age_years"): 0.5,
    ("generation_refresh", "minimum_order"): 4,
    ("life_extension", "extension_years"): 0.3,
    ("life_extension", "minimum_order"): 3,
    ("dual_supply", "order_ahead_days"): 200,
    ("dual_supply", "retire_below_gpu_fraction"): 0.8,
    ("dual_supply", "review_period_days"): 31,
    ("dual_supply", "urgent_slots"): 2,
    ("dual_supply", "urgent_vehicle"): "main",
    ("parking_orbit", "order_ahead_days"): 120,
    ("parking_orbit", "retire_below_gpu_fraction"): 0.8,
    ("parking_orbit", "reorder_point"): 2,
    ("parking_orbit", "order_quantity"): 3,
    ("parking_orbit", "parking_reorder_batches"): 7,
    ("parking_orbit", "parking_order_batches"): 7,
    ("parking_orbit", "phasing_days"): 9,
    **{(kind, "review_period_days"): 45 for kind in SERVING},
    **{(kind, "dead_gpu_fraction"): 0.2 for kind in SERVING},
    **{(kind, "worth_a_visit"): 0.6 for kind in SERVING},
    ("servicing_and_replacement", "order_ahead_days"): 120,
    ("servicing_and_replacement", "retire_below_gpu_fraction"): 0.8,
    ("servicing_and_replacement", "reorder_point"): 2,
}
"""Another value of each parameter of each strategy, to be seen in a run."""
USUAL = {
    ("block_launch", "phasing_days"): {"spares_per_plane": 3},
    ("life_extension", "order_ahead_days"): {"extension_years": 0.2},
    ("age_replacement", "minimum_order"): {"age_years": 1},
    ("age_replacement", "order_ahead_days"): {"age_years": 1},
    ("generation_refresh", "share"): {"least_age_years": 0.5},
    ("generation_refresh", "minimum_order"): {"period_years": 0.2},
}
"""What must be so for a parameter to be seen."""


def a_run(fleet, checked_run, kind, **parameters):
    scenario = fleet(
        slots=12,
        gpus=4,
        spare_berths=5,
        days=1000,
        life_days=700,
        gpu={"kind": "weibull", "shape": 2, "scale_years": 3},
        bus={"kind": "exponential", "rate_per_year": 0.4},
        lead=50,
        per_flight=1000 if kind in SERVING else 4,
        launch={"others": {"express": EXPRESS}} | ({} if kind in SERVING else {"vehicle": SMALL_VEHICLE}),
        strategies={kind: parameters},
    )
    raw = scenario.model_dump(mode="json")
    if kind == "parking_orbit":
        parking = {"altitude_km": 400, "planes": 2, "berths_per_plane": 80}
        raw["constellation"] |= {"spare_berths_per_plane": 12, "parking": [parking]}
    return checked_run(Scenario.model_validate({**raw, "designs": {"small": SMALL}}), kind)


def test_every_parameter_of_every_built_in_strategy_is_in_the_table():
    parameters = {(kind, field) for kind, cls in BUILT_IN.items() for field in cls.model_fields if field != "kind"}
    assert parameters == set(CHANGES)


@pytest.mark.parametrize(("kind", "field"), CHANGES)
def test_each_parameter_changes_a_run(fleet, checked_run, kind, field):
    usual = USUAL.get((kind, field), {})
    one, other = (
        a_run(fleet, checked_run, kind, **usual, **more).events for more in ({}, {field: CHANGES[kind, field]})
    )
    assert one.time_days.tolist() != other.time_days.tolist()


@pytest.mark.parametrize("kind", BUILT_IN)
def test_each_strategy_runs_with_its_defaults_and_says_what_it_is(fleet, checked_run, kind):
    result = a_run(fleet, checked_run, kind)
    assert (result.events.count(EventKind.ORDERED) > 0) == (kind in ORDERING)
    assert (result.events.count(EventKind.SERVICED) > 0) == (kind in SERVING)
    assert (result.events.count(EventKind.ACTIVATED) > 0) == (kind in SPARING)
    assert BUILT_IN[kind]().kind == kind
    assert BUILT_IN[kind].__doc__.splitlines()[0].endswith(".")


def test_no_two_strategies_do_the_same(fleet, checked_run):
    # By default older than satellites here become; a quarter of a flight of four is any flight.
    own = {"age_replacement": {"age_years": 1}, "block_launch": {"least_load": 1}}
    logs = {kind: a_run(fleet, checked_run, kind, **own.get(kind, {})).events.time_days.tolist() for kind in BUILT_IN}
    assert len({str(days) for days in logs.values()}) == len(BUILT_IN)


def test_a_strategy_of_this_name_does_not_exist():
    with pytest.raises(
        InputError, match=r"no strategy 'bach'; did you mean 'batch'\?; built in: run_to_failure, .*; your own: "
    ):
        strategy_class("bach")


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        ("no.such.module:Mine", "cannot be loaded: ModuleNotFoundError: No module named 'no'"),
        ("sim.strategies:Mine", "cannot be loaded: AttributeError: module 'sim.strategies' has no attribute 'Mine'"),
        (f"{__name__}:Parametrized", r"has no attribute 'Parametrized'; did you mean 'Parametrised'\?$"),
        ("sim.strategies:BatchLike", r"has no attribute 'BatchLike'; did you mean 'Batch'\?$"),
        ("sim.strategies:Strategyy", "has no attribute 'Strategyy'$"),  # what cannot be used is not suggested
        ("sim.strategies:BUILT_IN", "is not a subclass of sim.strategies.Strategy"),
        (":Mine", "cannot be loaded"),
        ("..:c", "cannot be loaded"),
        ("sim.strategies:Strategy", "has no method decide"),
        ("sim.strategies:RunToFailure", "is built in: call it run_to_failure"),
    ],
)
def test_a_users_class_that_cannot_be_used(kind, says):
    with pytest.raises(InputError, match=says):
        strategy_class(kind)


def test_a_users_class_is_found_by_module_and_name():
    assert strategy_class(f"{__name__}:Parametrised") is Parametrised


class Parametrised(Strategy):
    """Needs a parameter."""

    patience_days: float

    def decide(self, fleet):
        return []


def test_a_users_class_that_needs_parameters_says_which(fleet):
    with pytest.raises(ScenarioError, match="patience_days"):
        fleet().strategy_named(f"{__name__}:Parametrised")


def test_levels_out_of_order_are_refused():
    with pytest.raises(ValidationError, match=r"reorder_point \(4\) must be below spares_per_plane \(4\)"):
        OnOrbitSpares(spares_per_plane=4, reorder_point=4)


def test_spares_without_berths_are_refused(fleet):
    with pytest.raises(ScenarioError, match="keeps 4 spares in each plane, but"):
        fleet(spare_berths=3).strategy_named("on_orbit_spares")


class Says(Strategy):
    """Says what a test makes it say."""

    said: Any = None
    period: Any = None
    spares: Any = 0
    ahead: Any = 0.0
    age: Any = None
    extended: Any = 0.0

    def decide(self, fleet):
        return self.said(fleet) if callable(self.said) else self.said

    def reviews_every_days(self):
        return self.period

    def initial_spares(self):
        return self.spares

    def looks_ahead_days(self, expected_lead_days):
        return self.ahead

    def looks_at_age_days(self, expected_lead_days):
        return self.age

    def extends_life_days(self):
        return self.extended


class Remembers(Strategy):
    """Orders once in its life, or so it thinks."""

    _ordered: bool = False

    def decide(self, fleet):
        if self._ordered or not fleet.planes[0].unfilled:
            return []
        self._ordered = True
        return [Launch(0, 1)]


def test_what_a_strategy_remembers_ends_with_the_replicate(fleet, environment):
    bus = {"kind": "exponential", "rate_per_year": 5}
    scenario = fleet(slots=3, days=300, bus=bus, lead=5, strategies={"once": Remembers(kind="once")})
    runs = [simulate(scenario, environment(scenario), "once", 1, 0).events for _ in range(2)]
    assert [log.count(EventKind.ORDERED) for log in runs] == [1, 1]


def fail(fleet):
    raise KeyError("berth")


def write_into_the_view(fleet):
    fleet.planes[0].gpus_alive.flags.writeable = True
    return []


@pytest.mark.parametrize(
    ("what", "says"),
    [
        ({"said": None}, "decide must return a list of actions, not None"),
        ({"said": 5}, "decide must return a list of actions, not 5"),
        ({"said": ["launch"]}, "'launch': is no action"),
        ({"said": [Launch(0, 1.5)]}, "must be whole numbers"),
        ({"said": [Launch("0", 1)]}, "must be whole numbers"),
        ({"said": [Launch(0, 1, to="moon")]}, "must be 'slots' or 'spares'"),
        ({"said": [Launch(7, 1)]}, "no such plane"),
        ({"said": [Launch(0, 99)]}, "cannot be done: the plane has slots for 1 to"),
        ({"said": [Activate(0, 1, float("nan"))]}, "phasing_days must be a number from 0"),
        ({"said": [Launch(0, 1, relieve=[0])]}, "relieve must be a tuple of whole numbers"),
        ({"said": [Retire(1.0)]}, "berth must be a whole number"),
        ({"said": fail}, "failed with KeyError: 'berth' .*test_strategies.py"),
        ({"said": write_into_the_view}, "failed with ValueError"),
        ({"said": lambda fleet: fleet.now_day}, "did you mean now_days"),
        ({"said": lambda fleet: fleet.planes[0].unfiled}, "did you mean unfilled.*It has .*working"),
        ({"said": [], "period": 0}, r"reviews_every_days\(\) = 0"),
        ({"said": [], "period": float("nan")}, "reviews_every_days"),
        ({"said": [], "period": "180"}, "reviews_every_days"),
        ({"said": [], "spares": 2.5}, r"initial_spares\(\) = 2.5: must be a whole number"),
        ({"said": [], "spares": -2}, r"initial_spares\(\) = -2"),
        ({"said": [], "ahead": -1}, r"looks_ahead_days\(\) = -1: must be a number from 0"),
        ({"said": [], "ahead": float("inf")}, "looks_ahead_days"),
        ({"said": [], "ahead": None}, "looks_ahead_days"),
        ({"said": [], "age": -1}, r"looks_at_age_days\(\) = -1: must be a number from 0, or None"),
        ({"said": [], "extended": None}, r"extends_life_days\(\) = None: must be a number from 0"),
    ],
)
def test_what_a_users_strategy_says_is_checked_before_it_is_done(fleet, environment, what, says):
    scenario = fleet(strategies={"says": Says(kind="says", **what)})
    with pytest.raises(InputError, match=says):
        simulate(scenario, environment(scenario), "says", 1, 0)


def test_a_strategy_sees_the_expected_lead_and_is_asked_when_it_wants_to_look_ahead(fleet, environment):
    seen = []

    def look(view):
        seen.append((view.now_days, view.expected_lead_days, view.changed.tolist()))
        return []

    launch = {"opportunity_interval_days": 10, "transfer_days": 3}
    scenario = fleet(
        days=60, life_days=50, lead=20, launch=launch, strategies={"says": Says(kind="says", said=look, ahead=20.0)}
    )
    simulate(scenario, environment(scenario), "says", 1, 0)
    assert seen == [(0.0, 28.0, [0]), (30.0, 28.0, [0]), (50.0, 28.0, [0])]
