"""What a run cannot hold is refused before it begins, with the field that causes it; what it can hold is foreseen."""

import json

import numpy as np
import pytest

from sim import experiment
from sim.cli import commands
from sim.description import facts
from sim.engine import expected, simulate
from sim.engine.expected import expected_events
from sim.environment import Environment
from sim.errors import InputError, ScenarioError
from sim.events import EventKind
from sim.scenario import load
from sim.scenario.size import too_large


def numbers(scenario, strategy="run_to_failure"):
    environment = Environment.build(scenario)
    return {one.what: one for one in expected_events(environment, scenario.strategy_named(strategy))}


TOO_MUCH = [
    (["reliability.gpu={kind: exponential, rate_per_year: 1e6}"], "run_to_failure", None),
    (["reliability.bus={kind: exponential, rate_per_year: 1e6}"], "replace_on_failure", "reliability.bus"),
    (
        ["reliability.interruptions={software: {rate_per_year: 1e6}}"],
        "run_to_failure",
        "reliability.interruptions.software",
    ),
    (["radiation.effects={memory_error: {rad_per_event: 1e-3}}"], "run_to_failure", "radiation.effects.memory_error"),
    (
        ["reliability.common_causes={fault: {kind: shock, scope: satellite, rate_per_year: 1e4}}"],
        "run_to_failure",
        "reliability.common_causes.fault.rate_per_year",
    ),
    (["reliability.warnings_per_failure=100"], "run_to_failure", "reliability.warnings_per_failure"),
]


@pytest.mark.parametrize(("settings", "strategy", "path"), TOO_MUCH, ids=lambda value: str(value)[:40])
def test_it_is_refused_before_the_run(settings, strategy, path, monkeypatch):
    monkeypatch.setattr(expected, "MOST_EVENTS", 10_000)
    monkeypatch.setattr(expected, "MOST_INTERRUPTIONS", 1_000_000)
    lead = [f"launch.{delay}={{kind: constant, days: 0}}" for delay in ("lead_time_days", "slip_days")]
    lead += ["launch.opportunity_interval_days=0", "launch.transfer_days=0", "mission.years=1"]
    scenario = load("baseline", set_=[*settings, f"strategy={strategy}", *lead])
    said = [warning for warning in facts(scenario)["warnings"] if warning.startswith("it cannot be run")]
    if path is None:  # each GPU fails once, however soon
        assert not said
        return
    assert any(f"{path} leads to" in warning for warning in said)
    for go in (
        lambda: experiment.run(scenario),
        lambda: experiment.replicate(scenario),
        lambda: experiment.compare(scenario, ["batch", strategy]),
    ):
        with pytest.raises(ScenarioError, match="more than the") as caught:
            go()
        assert path in [fault.path for fault in caught.value.faults]


def test_the_command_line_says_so(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(expected, "MOST_EVENTS", 100)
    monkeypatch.setattr("sys.argv", ["orbitfleet", "run", "baseline", "--out", str(tmp_path / "out")])
    with pytest.raises(SystemExit) as end:
        commands.main()
    assert end.value.code == 3
    assert "reliability.gpu: leads to" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_large_fleet_of_ordinary_hardware_is_far_from_the_bounds():
    shells = [{"kind": "walker", "altitude_km": 550, "inclination_deg": 53, "planes": 100, "satellites_per_plane": 100}]
    jobs = [{"gpus": 256, "count": 1400}]
    large = load("baseline", set_=[f"constellation.shells={json.dumps(shells)}", f"workload.jobs={json.dumps(jobs)}"])
    found = numbers(large, "on_orbit_spares")
    assert found["losses of GPUs"].number > 100_000
    assert all(one.number < 0.2 * one.most for one in found.values())


@pytest.mark.parametrize("strategy", ["run_to_failure", "replace_on_failure", "on_orbit_spares"])
def test_what_is_expected_is_what_happens(strategy):
    scenario = load(
        "baseline",
        set_=[
            "mission.years=2",
            "reliability.bus={kind: exponential, rate_per_year: 1}",
            "reliability.gpu={kind: exponential, rate_per_year: 0.5}",
            "launch.lead_time_days={kind: constant, days: 20}",
        ],
    )
    log = simulate(scenario, Environment.build(scenario), strategy, 1, 0).events
    found = numbers(scenario, strategy)
    launched = log.where(EventKind.LAUNCHED).amount.sum()
    failed = log.count(EventKind.GPU_FAILED) + log.where(EventKind.GROUP_FAILED).amount.sum()
    stopped = log.total(EventKind.SOFT_INTERRUPTED)
    assert 0.7 * launched < found["satellites"].number < 3 * launched
    assert 0.7 * failed < found["losses of GPUs"].number < 4 * failed
    assert 0.7 * stopped < found["interruptions of jobs 'training'"].number < 8 * stopped


def test_a_run_that_was_not_foreseen_ends_with_a_message(fleet, monkeypatch, environment):
    monkeypatch.setattr("sim.engine.steps.MOST_STEPS", 1000)
    scenario = fleet(slots=50, days=300, bus={"kind": "exponential", "rate_per_year": 10}, lead=0.1)
    with pytest.raises(InputError, match=r"1,001 events by day .* more than a run can hold; what repeats: "):
        simulate(scenario, environment(scenario), "replace_on_failure", 1, 0)


@pytest.mark.parametrize(
    ("sizes", "problem"),
    [
        ({"berths": 10_000_000}, "slots and spare berths"),
        ({"berths": 1_000_000, "positions": 100_000}, "satellite.gpus"),
        ({"planes": 10_000, "days": 9000.0}, "planes x days"),
        ({}, None),
    ],
)
def test_a_fleet_may_be_large_but_must_fit_into_memory(sizes, problem):
    ordinary = {"planes": 100, "berths": 10_000, "positions": 36, "days": 1826.25, "designs": 2}
    assert too_large(**ordinary) is None
    found = too_large(**(ordinary | sizes))
    assert (found is None) if problem is None else (problem in found)


@pytest.mark.parametrize(
    ("setting", "problem"),
    [
        ("constellation.shells.0.planes=10000", "slots and spare berths: "),
        ("workload.jobs.0.count=200000", None),
        ("workload.jobs=[{gpus: 1, count: 120000}, {gpus: 1, count: 120000}]", "jobs: 240,000 are more than"),
    ],
)
def test_a_scenario_that_does_not_fit_is_refused_at_once(setting, problem):
    settings = [setting, "constellation.shells.0.satellites_per_plane=10000"] if "planes" in setting else [setting]
    if problem is None:
        load("baseline", set_=settings)
        return
    with pytest.raises(ScenarioError, match=problem):
        load("baseline", set_=settings)


def test_too_many_names_of_causes_are_refused():
    names = ", ".join(f"n{number}: {{rate_per_year: 1}}" for number in range(200))
    with pytest.raises(ScenarioError, match=r"names of causes: .* are more than the 180"):
        load("baseline", set_=[f"reliability.interruptions={{{names}}}"])


def test_many_shocks_are_drawn_in_a_moment(fleet, environment):
    from sim.engine.weather import poisson_days

    scenario = fleet(days=3652.5)
    days = poisson_days(np.random.default_rng(1), 2e5, environment(scenario))
    assert len(days) == pytest.approx(2e6, rel=0.01)
    assert (np.diff(days) >= 0).all()
    assert days[-1] < 3652.5


def test_satellites_replaced_at_an_age_are_foreseen():
    age = "strategies.age_replacement.age_years"
    few, many = (
        numbers(load("baseline", set_=[f"{age}={years}"]), "age_replacement")["satellites"] for years in (4, 0.1)
    )
    assert many.path == age
    # Fleets of 88 berths over 5 years: each lives for 36.5 days and waits 175 for the next.
    assert many.number == pytest.approx(88 * (1 + 5 * 365.25 / (36.5 + 175)), rel=0.02)
    assert few.number < 0.5 * many.number
