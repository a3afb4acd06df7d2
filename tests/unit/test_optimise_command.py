"""`orbitfleet optimise` on a small fleet: the command, its folder, and that a search resumes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import sim
from sim.environment import Environment
from sim.errors import InputError
from sim.experiment import simulate_many
from sim.exploration import load_study_file, optimise, with_goals
from sim.exploration.journal import NAME, SearchInterrupted
from sim.exploration.optimising import OPTIMUM, tuned_inputs
from sim.exploration.optimum_text import optimum_json
from sim.scenario import load, resolved_yaml
from tests.command_line import orbitfleet

ROOT = Path(__file__).parents[2]
STUDY = """\
description: how many GPUs a satellite, how large a stock of spares, and how often a flight?
scenario: fleet.yaml
strategies: [batch, on_orbit_spares]
replicates: 4
vary:
  satellite.gpus: {low: 1, high: 4}
  strategies.batch.reorder_point: {low: 1, high: 5}
  strategies.on_orbit_spares.spares_per_plane: {low: 1, high: 6}
optimise: {output: useful_gpu_hours, trials: 10, search_replicates: 2}
"""


@pytest.fixture(scope="module")
def study(tmp_path_factory, fleet):
    """A study of six satellites that live a year on average."""
    folder = tmp_path_factory.mktemp("study")
    job = {"name": "job", "gpus": 1, "count": 24, "checkpoint_interval_min": 60}
    yearly = {"kind": "exponential", "rate_per_year": 1.0}
    scenario = fleet(slots=6, spare_berths=4, bus=yearly, lead=20, jobs=[job], economics={"bus_usd": 1e6})
    (folder / "fleet.yaml").write_text(resolved_yaml(scenario))
    (folder / "stock.yaml").write_text(STUDY)
    return folder / "stock.yaml"


@pytest.fixture(scope="module")
def whole(study):
    """What an uninterrupted search finds, without a folder."""
    return optimum_json(sim.optimise(study, workers=1))


def test_the_command_says_and_writes_what_it_finds(study, whole, tmp_path):
    out, err = orbitfleet("optimise", study, "--workers", 1, "--json", "--out", tmp_path / "a")
    said = json.loads(out)
    assert "Warning" not in err
    assert {key: said[key] for key in whole} == whole
    assert (said["study"], said["seed"], said["trials"]) == ("stock", 1, 20)
    assert json.loads((tmp_path / "a" / OPTIMUM).read_text()) == whole
    assert (tmp_path / "a" / "pareto.png").stat().st_size > 10_000
    paths = {"satellite.gpus", "strategies.batch.reorder_point"}
    assert {frozenset(one["parameters"]) for one in said["pareto"] if one["strategy"] == "batch"} <= {frozenset(paths)}
    costs = [one["metrics"]["total_cost_usd"]["raw_mean"] for one in said["pareto"]]
    outputs = [one["metrics"]["useful_gpu_hours"]["raw_mean"] for one in said["pareto"]]
    assert costs == sorted(costs)
    assert outputs == sorted(outputs)
    # There are berths for four spares: five or six cannot be, which the search finds out and tells.
    assert said["infeasible"]["count"] > 0
    assert all("spares" in reason for reason in said["infeasible"]["reasons"]), said["infeasible"]
    text, _ = orbitfleet("optimise", study, "--workers", 1, "--out", tmp_path / "a")
    assert "designs are not beaten in both total cost and useful GPU-hours" in text
    assert "trials cannot be" in text


def test_a_design_is_the_scenario_with_its_settings_on_replicates_from_0(study, whole):
    best = whole["pareto"][0]
    scenario = load(study.parent / "fleet.yaml", set_=best["set"])
    sample = simulate_many(scenario, Environment.build(scenario), best["strategy"], 1, range(4), 1)
    for metric, estimate in best["metrics"].items():
        assert estimate["raw_mean"] == sample.estimate(metric).raw_mean, metric


def test_the_cheapest_design_that_meets_a_level(study, tmp_path):
    out, _ = orbitfleet(
        "optimise", study, "--sla", "compute_availability>=0.6", "--trials", 6, "--workers", 1, "--out", tmp_path / "s"
    )
    assert "The cheapest design that meets compute_availability >= 0.6 with 0.95 confidence" in out
    assert "than the scenario as given" in out
    found = json.loads((tmp_path / "s" / OPTIMUM).read_text())
    assert found["winner"]["meets"]
    assert found["sla"][0]["limit"] == 0.6


def stopped_after(calls):
    """Progress that is interrupted."""
    count = 0

    def progress(done, total):
        nonlocal count
        count += 1
        if count > calls:
            raise KeyboardInterrupt

    return progress


def test_an_interrupted_search_keeps_what_it_has_and_resumes_to_the_same(study, whole, tmp_path):
    plan = load_study_file(study)
    with pytest.raises(
        SearchInterrupted, match=r"^interrupted; \d+ replicates kept in .*; the same command resumes$"
    ) as end:
        optimise(plan, workers=1, out=tmp_path, progress=stopped_after(8))
    kept = (tmp_path / NAME).read_bytes().count(b"\n")
    assert kept == end.value.done > 4
    assert not (tmp_path / OPTIMUM).exists()
    simulated = []
    found = optimise(plan, workers=1, out=tmp_path, progress=lambda done, total: simulated.append((done, total)))
    assert optimum_json(found) == whole
    assert simulated == sorted(simulated)
    assert simulated[-1][0] == simulated[-1][1]
    lines = (tmp_path / NAME).read_bytes()
    assert len(lines.splitlines()) == len(set(lines.splitlines()))


def test_a_search_that_is_killed_resumes_to_the_same(study, whole, tmp_path):
    command = [sys.executable, "-m", "sim", "optimise", str(study), "--workers", "1", "--out", str(tmp_path / "k")]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    journal = tmp_path / "k" / NAME
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline and process.poll() is None:
        if journal.exists() and journal.read_bytes().count(b"\n") >= 6:
            break
        time.sleep(0.02)
    assert process.poll() is None, "it ended before it was killed"
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert 6 <= journal.read_bytes().count(b"\n") < 60
    journal.write_bytes(journal.read_bytes()[:-7])  # as a kill in the middle of a line would leave it
    out, _ = orbitfleet(*command[3:], "--json")
    said = json.loads(out)
    assert {key: said[key] for key in whole} == whole


def test_more_trials_go_on_from_fewer(study, tmp_path):
    few = with_goals(load_study_file(study), trials=4)
    optimise(few, workers=1, out=tmp_path)
    before = (tmp_path / NAME).read_bytes().splitlines()
    more = with_goals(load_study_file(study), trials=6)
    found = optimise(more, workers=1, out=tmp_path)
    after = (tmp_path / NAME).read_bytes().splitlines()
    assert set(before) < set(after)
    assert len(after) == len(set(after))
    assert optimum_json(found) == optimum_json(optimise(more, workers=1))


def test_the_number_of_workers_changes_nothing(study, whole):
    assert optimum_json(optimise(load_study_file(study), workers=2)) == whole


def test_a_satellite_that_no_vehicle_takes_is_a_failed_design():
    changes = {"strategies": ["batch"], "replicates": 2}
    vary = ["satellite.mass_kg=1000,3000,200000"]
    settings = ["mission.years=.2", "constellation.shells.0.satellites_per_plane=3", "workload.jobs=[]"]
    plan = load_study_file("starcloud_3", set_=settings, vary=vary, **changes)
    found = optimise(with_goals(plan, trials=6, search_replicates=2, output="compute_availability"), workers=1)
    refused = [trial for trial in found.trials if trial.sample is None]
    assert refused
    assert {trial.candidate.values["satellite.mass_kg"] for trial in refused} == {200_000}
    assert {look.candidate.values["satellite.mass_kg"] for look in found.looks} <= {1000, 3000}


def test_what_a_strategy_may_be_tuned_over_is_searched_on_request(study):
    plan = load_study_file(study)
    assert [one.path for one in tuned_inputs(plan)] == [
        "strategies.batch.reorder_point",
        "strategies.on_orbit_spares.spares_per_plane",
        "strategies.on_orbit_spares.reorder_point",
    ]
    out, _ = orbitfleet("optimise", study.parent / "fleet.yaml", "--years", 0.2, "--tune", "--strategies", "batch",
                        "--trials", 2, "--replicates", 2, "--search-replicates", 2, "--workers", 1, "--json",
                        "--out", study.parent / "tuned")  # fmt: skip
    said = json.loads(out)
    assert [one["path"] for one in said["variables"]] == ["strategies.batch.reorder_point"]
    assert said["trials"] == 2


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["starcloud_3"], "nothing is varied"),
        (["starcloud_3", "--vary", "satellite.batery.capacity_kwh=1:2"], "did you mean 'battery'"),
        (["starcloud_3", "--vary", "satellite.battery.capacity_kwh=2:1"], "must be below high"),
        (["starcloud_3", "--vary", "satellite.battery.capacity_kwh=100:200", "--sla", "0.9x"], "write METRIC>=LIMIT"),
        (["starcloud_3", "--vary", "satellite.battery.capacity_kwh=100:200", "--cost", "cost"], "cost"),
        (["starcloud_3", "--vary", "satellite.battery.capacity_kwh=1:2", "--cost", "goodput", "--output", "goodput"],
         "cost and output must be two metrics"),
        (["starcloud_3", "--vary", "strategies.batch.reorder_point=1:4"], "nothing to vary for"),
        (["studies/spare_or_shield"], "did you mean"),
    ],
)  # fmt: skip
def test_what_cannot_be_searched_is_refused_in_a_sentence(arguments, problem, tmp_path):
    _, err = orbitfleet("optimise", *arguments, "--out", tmp_path / "none", code=3)
    assert problem in err
    assert "Traceback" not in err


def test_without_optuna_one_sentence_says_how_to_get_it(study, monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "optuna", None)
    _, err = orbitfleet("optimise", study, "--out", tmp_path / "none", code=3)
    assert err.strip() == "orbitfleet: optimise needs Optuna: pip install optuna"
    assert not (tmp_path / "none").exists()


def test_the_goals_of_a_study_file_are_checked(tmp_path):
    for text, problem in (
        ("optimise: {output: compute_availabilty}", "did you mean 'compute_availability'"),
        ("optimise: {sla: ['0.9 or so']}", "write METRIC>=LIMIT"),
        ("optimise: {cost: goodput, output: goodput}", "cost and output must be two metrics"),
        ("optimise: {trails: 5}", "did you mean 'trials'"),
    ):
        path = tmp_path / "study.yaml"
        path.write_text(STUDY.partition("optimise:")[0] + text)
        with pytest.raises(InputError, match=problem):
            load_study_file(path)


def test_one_replicate_says_nothing_of_its_own_uncertainty(study):
    plan = load_study_file(study, replicates=1)
    with pytest.raises(InputError, match="two replicates or more"):
        optimise(plan)


def test_the_picture_shows_every_strategy_and_what_the_numbers_mean(study):
    from sim import plots

    plan = with_goals(load_study_file(study), trials=6)
    found = optimise(plan, workers=1)
    ax = plots.pareto(found, plan.base)
    legend = [text.get_text() for text in ax.get_legend().get_texts()]
    assert {look.candidate.strategy for look in found.looks} <= set(legend)
    assert f"as given ({plan.base.strategy})" in legend
    texts = [text.get_text() for text in ax.texts]
    assert any(text.startswith(f"1   {found.pareto[0].candidate.strategy};") for text in texts)
    assert "above the scenario as given" in ax.get_ylabel()
    bars = [segment for bar in ax.containers for lines in bar[2] for segment in lines.get_segments()]
    (left, right), (low, high) = ax.get_xlim(), ax.get_ylim()
    assert bars
    assert all(left < x < right and low < y < high for segment in bars for x, y in segment)  # intervals are seen whole
    dots = next(line for line in ax.lines if line.get_color() == "0.75")
    valid = [trial for trial in found.trials if trial.sample is not None]
    assert len(dots.get_xdata()) <= len(valid)
    assert np.isfinite(dots.get_ydata()).all()
