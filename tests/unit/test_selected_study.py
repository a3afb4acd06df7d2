"""Comparisons that select the best strategy: in memory, in a folder, on any number of workers."""

import json

import matplotlib.pyplot as plt
import numpy as np
import pytest

from sim import experiment, plots
from sim.errors import InputError
from sim.experiment.beliefs import PER_DRAW
from sim.experiment.selection import Goal
from sim.experiment.stopping import precision_of, until_precise
from sim.report.provenance import provenance_rows, rerun_commands

NAMES = ["run_to_failure", "replace_on_failure", "batch"]
ASKED = {"select": "compute_availability", "indifference": 0.015, "replicates": 10, "seed": 4}


@pytest.fixture(scope="module")
def small(fleet):
    rare = {"kind": "exponential", "rate_per_year": 0.3}
    return fleet(slots=6, gpus=2, bus=rare, gpu=rare, lead=60)


@pytest.fixture(scope="module")
def study(small):
    return experiment.compare(small, NAMES, **ASKED, workers=1)


def figures(study):
    """What a study says, but for where it lies and how it was called."""
    said = {name: value for name, value in study.to_json().items() if name not in ("out", "provenance")}
    return json.dumps(said, sort_keys=True, allow_nan=False)


def test_the_worst_gets_no_more_replicates(study):
    counts = {name: len(sample) for name, sample in study.samples.items()}
    assert counts["run_to_failure"] == study.common_replicates < study.replicates == max(counts.values())
    assert study.selection.replicates == counts
    assert study.selection.decided
    assert study.selection.best != "run_to_failure"
    assert study.selection.eliminated["run_to_failure"].after <= counts["run_to_failure"]


def test_every_pair_is_of_the_replicates_that_both_have(study):
    found = study.differences()["compute_availability"]
    both = [study.values(name, "compute_availability") for name in NAMES]
    few, many = len(both[0]), min(map(len, both[1:]))
    assert found["run_to_failure - batch"].n == few
    assert found["replace_on_failure - batch"].n == many > few
    assert found["replace_on_failure - batch"].raw_mean == pytest.approx((both[1][:many] - both[2][:many]).mean())
    for name, values in zip(NAMES, both, strict=True):
        assert study.metrics(name)["compute_availability"].n == len(values)


@pytest.mark.parametrize("workers", [2, None])
def test_the_number_of_workers_changes_nothing(small, study, workers):
    again = experiment.compare(small, NAMES, **ASKED, workers=workers)
    assert figures(again) == figures(study)


def test_a_folder_holds_it_and_the_same_command_finds_all_there(small, study, tmp_path):
    out = tmp_path / "out"
    experiment.compare(small, NAMES, **ASKED, workers=1, out=out)
    loaded = experiment.load_study(out)
    assert loaded.selection == study.selection
    assert loaded.selection.replicates == study.selection.replicates
    assert figures(loaded) == figures(study)
    seen = []
    experiment.compare(small, NAMES, **ASKED, out=out, progress=lambda done, total: seen.append(done == total))
    assert all(seen)


@pytest.mark.parametrize("path", ["reliability.bus.rate_per_year", "economics.gpu_usd"])
def test_draws_of_beliefs_are_of_the_replicates_that_all_have(small, study, path):
    beliefs = {path: {"low": 0.1, "high": 0.9}}
    drawn = experiment.compare(small, NAMES, **ASKED, draws=3, beliefs=beliefs, workers=1)
    over = drawn.over_beliefs
    assert over.replicates == (study.common_replicates if over.prices_only else PER_DRAW)
    assert drawn.selection == study.selection
    metric = "total_cost_usd" if over.prices_only else "compute_availability"
    for pair, one in drawn.differences()[metric].items():
        a, b = pair.split(" - ")
        changes = [over.values(name, metric).mean(axis=1) for name in (a, b)]
        own = [drawn.values(name, metric)[: over.replicates].mean() for name in (a, b)]
        shifted = one.mean + (changes[0] - changes[1]) - (own[0] - own[1])
        assert one.total_low < np.median(shifted) < one.total_high
        assert one.raw_mean == study.differences()[metric][pair].raw_mean
    assert "draws of" in drawn.table()


def test_replicates_that_are_there_already_change_nothing(small, study, tmp_path):
    out = tmp_path / "out"
    experiment.compare(small, NAMES[:2], study.replicates + 5, 4, workers=1, out=out)
    assert figures(experiment.compare(small, NAMES, **ASKED, workers=1, out=out)) == figures(study)


def test_tables_and_pictures_take_different_numbers(study):
    table = study.table(quantiles=True)
    assert f"{study.common_replicates} to {study.replicates} replicates of each strategy" in table
    assert "Selected by compute_availability: " in table
    assert f"run_to_failure {study.common_replicates} (out after" in " ".join(table.split())
    for ax in (plots.compute_availability(study), plots.paired_differences(study)):
        plt.close(ax.figure)


def test_the_page_says_how_to_select_again(study):
    rerun = dict(rerun_commands(study))["Simulate it again, with the same random failures"]
    asked = "--select compute_availability --indifference 0.015 --confidence 0.95 --replicates 10 --seed 4"
    assert asked in rerun
    rows = dict(provenance_rows(study.provenance, study))
    assert f"run_to_failure {study.common_replicates}" in rows["replicates of each"]
    assert Goal.of("goodput", "7%").options == ["--select", "goodput", "--indifference", "7%", "--confidence", "0.95"]


def test_data_sets_are_empty_behind_the_last_replicate(study):
    frame, data = study.to_dataframe(), study.to_xarray()
    assert len(frame) == sum(map(len, study.samples.values()))
    missing = np.isnan(data["compute_availability"].sel(strategy="run_to_failure").values)
    assert missing.sum() == study.replicates - study.common_replicates
    assert not missing[: study.common_replicates].any()
    days = np.isnan(data["online_fraction"].sel(strategy="run_to_failure").values).any(axis=1)
    assert (days == missing).all()
    assert study.daily("run_to_failure", "online_fraction").shape[0] == study.common_replicates
    assert study.causes("run_to_failure")["gpu"]["gpu_failures"].n == study.common_replicates


def test_how_many_replicates_a_decision_takes(study):
    found = study.replicates_for_decision("replace_on_failure", "batch", "compute_availability")
    assert found.needed_independent > found.needed_paired
    reverse = study.replicates_for_decision("batch", "replace_on_failure", "compute_availability")
    assert (reverse.needed, reverse.difference) == (found.needed, pytest.approx(-found.difference))
    pair, metric = ("replace_on_failure", "batch"), "compute_availability"
    small, large = (study.replicates_for_decision(*pair, metric, difference=size) for size in (0.001, 0.01))
    assert small.needed_independent == pytest.approx(100 * large.needed_independent, rel=0.05)


def test_a_first_stage_has_at_least_ten(small):
    found = experiment.compare(small, NAMES[:2], **{**ASKED, "replicates": 2, "indifference": "50%"}, workers=1)
    assert found.selection.first_stage == found.replicates == 10


def test_precision_may_be_asked_of_any_metric(small):
    found = experiment.run(small, strategy="replace_on_failure", precision={"bus_failures": 0.2}, workers=1)
    wide = found.metrics("replace_on_failure")["bus_failures"]
    assert wide.half_width <= 0.2 * wide.mean
    assert found.replicates > 20


def test_a_precision_that_is_not_reached_is_said(study, caplog):
    samples = {name: study.samples[name].first(15) for name in NAMES}
    assert until_precise({"bus_failures": 1e-3}, 15)(samples) == dict.fromkeys(NAMES, 15)
    assert "bus_failures: precision" in caplog.text
    assert "after 15 replicates, not 0.001" in caplog.text
    caplog.clear()
    until_precise({"compute_availability": 0.9}, 15)(samples)
    assert not caplog.text


def test_a_precision_of_what_is_undefined_is_said(study, caplog):
    samples = {name: study.samples[name].first(15) for name in NAMES}
    until_precise({"order_fill_rate": 0.1, "compute_availability": 0.9}, 15)(samples)
    assert "order_fill_rate: undefined for run_to_failure" in caplog.text
    assert "compute_availability" not in caplog.text
    caplog.clear()
    until_precise({"compute_availability": 0.9, "cost_per_useful_gpu_hour_usd": 0.9}, 15)(samples)
    assert samples["batch"].estimate("cost_per_useful_gpu_hour_usd").mean is None  # a precision without a metric
    assert not caplog.text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"select": "compute_availability"}, "state the indifference"),
        ({"select": "compute_availabilty"}, "did you mean"),
        ({"indifference": "1%"}, "say by which metric"),
        ({"select": "goodput", "indifference": "1%", "precision": 0.1}, "give one of them"),
        ({"precision": {"goodputt": 0.1}}, "goodput"),
        ({"precision": {"goodput": 2.0}}, "precision 2.0: must be above 0"),
    ],
)
def test_what_does_not_go_together_is_refused(small, arguments, message):
    with pytest.raises(InputError, match=message):
        experiment.compare(small, NAMES[:2], 2, **arguments)


def test_a_precision_on_the_command_line():
    assert precision_of(["0.01"]) == dict.fromkeys(("compute_availability", "cost_per_useful_gpu_hour_usd"), 0.01)
    assert precision_of(["goodput=0.1", "net_cost_usd=0.05"]) == {"goodput": 0.1, "net_cost_usd": 0.05}
    for text in ("much", "goodput=", "goodput=x"):
        with pytest.raises(InputError, match="must be a share"):
            precision_of([text])
    with pytest.raises(InputError, match="no metric"):
        precision_of(["=0.1"])  # a metric that a shell left empty
