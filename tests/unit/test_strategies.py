from typing import Any

import pytest
from pydantic import ValidationError

from sim.engine import simulate
from sim.errors import InputError, ScenarioError
from sim.events import EventKind
from sim.scenario.models import Scenario
from sim.strategies import BUILT_IN, Activate, Launch, OnOrbitSpares, Retire, Strategy, strategy_class

SMALL = {"gpus": 3, "available_from_day": 1}
SERVING = ("robotic_servicing", "servicing_and_replacement")
ORDERING = ("replace_on_failure", "batch", "scheduled_batch", "on_orbit_spares", "servicing_and_replacement")
CHANGES = {
    **{(kind, "design"): "satellite" for kind in ORDERING},
    ("replace_on_failure", "order_ahead_days"): 120,
    ("replace_on_failure", "retire_below_gpu_fraction"): 0.8,
    ("batch", "order_ahead_days"): 120,
    ("batch", "retire_below_gpu_fraction"): 0.8,
    ("batch", "reorder_point"): 2,
    ("scheduled_batch", "order_ahead_days"): 200,
    ("scheduled_batch", "retire_below_gpu_fraction"): 0.8,
    ("scheduled_batch", "review_period_days"): 31,
    ("scheduled_batch", "minimum_order"): 3,
    ("on_orbit_spares", "order_ahead_days"): 120,
    ("on_orbit_spares", "retire_below_gpu_fraction"): 0.8,
    ("on_orbit_spares", "spares_per_plane"): 3,
    ("on_orbit_spares", "reorder_point"): 2,
    ("on_orbit_spares", "phasing_days"): 9,
    **{(kind, "review_period_days"): 45 for kind in SERVING},
    **{(kind, "dead_gpu_fraction"): 0.2 for kind in SERVING},
    **{(kind, "worth_a_visit"): 0.6 for kind in SERVING},
    ("servicing_and_replacement", "order_ahead_days"): 120,
    ("servicing_and_replacement", "retire_below_gpu_fraction"): 0.8,
    ("servicing_and_replacement", "reorder_point"): 2,
}


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
        strategies={kind: parameters},
    )
    raw = scenario.model_dump(mode="json")
    return checked_run(Scenario.model_validate({**raw, "designs": {"small": SMALL}}), kind)


def test_every_parameter_of_every_built_in_strategy_is_in_the_table():
    parameters = {(kind, field) for kind, cls in BUILT_IN.items() for field in cls.model_fields if field != "kind"}
    assert parameters == set(CHANGES)


@pytest.mark.parametrize(("kind", "field"), CHANGES)
def test_each_parameter_changes_a_run(fleet, checked_run, kind, field):
    usual = a_run(fleet, checked_run, kind).events
    other = a_run(fleet, checked_run, kind, **{field: CHANGES[kind, field]}).events
    assert usual.time_days.tolist() != other.time_days.tolist()


@pytest.mark.parametrize("kind", BUILT_IN)
def test_each_strategy_runs_with_its_defaults_and_says_what_it_is(fleet, checked_run, kind):
    result = a_run(fleet, checked_run, kind)
    assert (result.events.count(EventKind.ORDERED) > 0) == (kind in ORDERING)
    assert (result.events.count(EventKind.SERVICED) > 0) == (kind in SERVING)
    assert (result.events.count(EventKind.ACTIVATED) > 0) == (kind == "on_orbit_spares")
    assert BUILT_IN[kind]().kind == kind
    assert BUILT_IN[kind].__doc__.splitlines()[0].endswith(".")


def test_no_two_strategies_do_the_same(fleet, checked_run):
    logs = {kind: a_run(fleet, checked_run, kind).events.time_days.tolist() for kind in BUILT_IN}
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

    def decide(self, fleet):
        return self.said(fleet) if callable(self.said) else self.said

    def reviews_every_days(self):
        return self.period

    def initial_spares(self):
        return self.spares

    def looks_ahead_days(self, expected_lead_days):
        return self.ahead


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
