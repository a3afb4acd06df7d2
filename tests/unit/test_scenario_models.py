"""The models themselves: frozen, documented, and refusing what cannot be."""

import datetime

import pytest
from pydantic import BaseModel, ValidationError

from sim.environment import Environment
from sim.errors import ScenarioError
from sim.scenario import Scenario, load
from sim.scenario.constellation import SunSynchronousShell, WalkerShell
from sim.scenario.models import Mission
from sim.strategies import BUILT_IN, Batch, OnOrbitSpares


def models_below(model, seen):
    for field in model.model_fields.values():
        for found in _classes(field.annotation):
            if found not in seen:
                seen.add(found)
                models_below(found, seen)
    return seen


def _classes(annotation):
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [found for part in getattr(annotation, "__args__", ()) for found in _classes(part)]


@pytest.mark.parametrize(
    "model",
    sorted({*models_below(Scenario, set()), *BUILT_IN.values()}, key=lambda model: model.__name__),
    ids=lambda model: model.__name__,
)
def test_every_model_is_frozen_strict_and_documented(model):
    assert model.model_config["frozen"]
    assert model.model_config["extra"] == "forbid"
    assert (model.__doc__ or "").strip()
    for name, field in model.model_fields.items():
        nested = bool(_classes(field.annotation))
        assert field.description or name == "kind" or nested, f"{model.__name__}.{name} has no docstring"


def test_a_scenario_cannot_be_changed():
    scenario = load("baseline")
    with pytest.raises(ValidationError, match="frozen"):
        scenario.name = "other"


@pytest.mark.parametrize(
    ("start", "years", "problem"),
    [
        ("2019-12-31", 1, "2020-01-01"),
        ("9999-12-31", 1, "past the planetary"),
        ("2049-06-01", 5, "past the planetary ephemeris"),
        ("2027-01-01", 26, "25"),
    ],
)
def test_missions_stay_inside_the_ephemeris(start, years, problem):
    with pytest.raises(ValidationError, match=problem):
        Mission(start=datetime.date.fromisoformat(start), years=years)


def test_mission_days_are_julian_years():
    assert Mission(start=datetime.date(2027, 1, 1), years=4).days == 1461


def test_sun_synchronous_planes_need_a_spacing():
    with pytest.raises(ValidationError, match="ltan_spacing_h above 0"):
        SunSynchronousShell(altitude_km=650, ltan_h=6, planes=2, satellites_per_plane=1)


@pytest.mark.parametrize(
    ("field", "value"), [("altitude_km", 199), ("inclination_deg", 181), ("raan_deg", 360), ("planes", 0)]
)
def test_walker_bounds(field, value):
    good = {"altitude_km": 550, "inclination_deg": 53, "planes": 4, "satellites_per_plane": 20}
    WalkerShell(**good)
    with pytest.raises(ValidationError, match=field):
        WalkerShell(**{**good, field: value})


def test_strategies_by_name_by_kind_and_by_default():
    scenario = load(
        "baseline", set_=["strategies.eager={kind: batch, reorder_point: 1}", "strategies.batch.reorder_point=7"]
    )
    assert scenario.strategy_named("eager") == Batch(reorder_point=1)
    assert scenario.strategy_named("batch") == Batch(reorder_point=7)
    assert scenario.strategy_named("run_to_failure").kind == "run_to_failure"
    with pytest.raises(ScenarioError, match="no strategy 'nothing'"):
        scenario.strategy_named("nothing")


@pytest.mark.parametrize("name", ["", " batch", "batch ", "a,b"])
def test_a_strategy_has_a_name_that_the_command_line_can_give(name):
    content = load("baseline").model_dump()
    with pytest.raises(ValidationError, match="a name must not be empty"):
        Scenario(**{**content, "strategies": {name: {"kind": "batch"}}})


def test_python_takes_strategy_instances():
    content = load("baseline").model_dump()
    scenario = Scenario.model_validate({**content, "strategies": {"mine": Batch(reorder_point=9)}})
    assert scenario.strategy_named("mine") == Batch(reorder_point=9)


def test_spares_need_berths():
    content = load("baseline").model_dump()
    scenario = Scenario.model_validate({**content, "strategies": {"s": OnOrbitSpares(spares_per_plane=3)}})
    with pytest.raises(ScenarioError, match="spare_berths_per_plane is 2"):
        scenario.strategy_named("s")


def test_gangs_that_never_fail():
    never = "{kind: exponential, rate_per_year: 0}"
    laws = [f"reliability.gpu={never}", f"reliability.bus={never}", "mission.years=0.1", "reliability.groups.host=null"]
    calm = [f"radiation.effects.{effect}=null" for effect in load("baseline").radiation.effects]
    for settings, stopped in (([*laws, *calm], False), (laws, True)):
        scenario = load("baseline", set_=settings)
        mtbf_days = Environment.build(scenario).gangs.mtbf_days(scenario.workload.jobs[0])
        assert (mtbf_days < float("inf")) is stopped
