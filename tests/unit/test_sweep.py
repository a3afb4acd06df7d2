"""Sweeps: every point is a paired comparison, prices are not simulated again, and a folder resumes."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest

import sim
from sim.exploration import load_study_file, points, sweep
from sim.exploration.journal import NAME as JOURNAL
from sim.exploration.journal import Journal, SearchInterrupted
from sim.exploration.points import Options, Point, simulated
from sim.metrics import METRICS

SMALL = (
    "mission.years=1",
    "constellation.shells.0.satellites_per_plane=3",
    "constellation.spare_berths_per_plane=0",
    "workload.jobs.0.count=1",
)
PRICE, HAZARD = "launch.vehicle.price.usd_per_kg", "reliability.bus.constant_per_year"
TWO = ("run_to_failure", "replace_on_failure")


def small(*vary, strategies=TWO, replicates=2, **changes):
    return load_study_file(
        "starcloud_3", set_=SMALL, vary=vary, strategies=strategies, replicates=replicates, **changes
    )


@pytest.fixture
def runs(monkeypatch):
    """Counts the runs that are simulated in this process."""
    done = []
    simulate = points.engine.simulate

    def counting(scenario, environment, strategy, seed, replicate):
        done.append((strategy, replicate))
        return simulate(scenario, environment, strategy, seed, replicate)

    monkeypatch.setattr(points.engine, "simulate", counting)
    return done


def test_a_point_has_the_figures_of_a_comparison_and_prices_are_not_simulated_again(runs):
    study = small(f"{PRICE}=100,1000")
    wanted = [Point({PRICE: price}, range(2)) for price in (100.0, 1000.0)]
    found = simulated(study, wanted, Options(workers=1))
    assert sorted(runs) == sorted((strategy, r) for strategy in TWO for r in range(2))
    for point, samples in zip(wanted, found, strict=True):
        compared = sim.compare(study.at(point.values), TWO, 2, seed=1, workers=1)
        for name in TWO:
            assert np.array_equal(samples[name].metrics, compared.samples[name].metrics, equal_nan=True)
    cheap, dear = (samples[TWO[0]].values("total_cost_usd") for samples in found)
    assert (dear > cheap).all()


def test_a_parameter_of_one_strategy_does_not_run_the_others_again(runs):
    study = small("strategies.batch.reorder_point=1:2:2", strategies=("run_to_failure", "batch"), replicates=1)
    found = simulated(study, [Point({"strategies.batch.reorder_point": n}, range(1)) for n in (1, 2)], Options(1))
    assert sorted(runs) == [("batch", 0), ("batch", 0), ("run_to_failure", 0)]
    assert np.array_equal(found[0]["run_to_failure"].metrics, found[1]["run_to_failure"].metrics, equal_nan=True)


def test_a_strategy_that_looks_at_prices_is_simulated_at_every_price(runs):
    study = small(f"{PRICE}=100,1000", strategies=("run_to_failure", "marginal_value"), replicates=1)
    simulated(study, [Point({PRICE: price}, range(1)) for price in (100.0, 1000.0)], Options(1))
    assert sorted(runs) == [("marginal_value", 0), ("marginal_value", 0), ("run_to_failure", 0)]


def test_a_vehicle_that_refuses_the_satellite_refuses_at_other_prices_too():
    study = load_study_file("starcloud_3", set_=SMALL, strategies=TWO)
    rideshare = {"launch.vehicle.price.kind": "rideshare", "launch.vehicle.price.most_kg_per_satellite": 1.0,
                 "launch.vehicle.price.minimum_usd": 0.0, "launch.vehicle.price.usd_per_kg": 1.0}  # fmt: skip
    with pytest.raises(sim.InputError, match="most_kg_per_satellite is 1 kg"):
        simulated(study, [Point({}, range(1)), Point(rideshare, range(1))], Options(1))


def test_a_grid_has_every_combination_and_says_who_wins_where():
    found = sweep(small(f"{PRICE}=100,1000", "service.value_usd_per_gpu_hour=1,2,3", replicates=3), workers=1)
    values = [tuple(outcome.values.values()) for outcome in found.outcomes]
    assert values == [(price, value) for price in (100, 1000) for value in (1, 2, 3)]
    for outcome in found.outcomes:
        means = {name: e.mean for name, e in outcome.estimates.items()}
        assert outcome.winner == min(means, key=means.__getitem__)
        (other,) = set(TWO) - {outcome.winner}
        difference = outcome.differences[other]
        assert difference.mean == pytest.approx(means[outcome.winner] - means[other])
        assert outcome.clear == (difference.ci_high < 0)
    assert f"of {len(found.outcomes)} points" in found.verdict()[0]


def test_where_one_input_turns_the_choice_is_said():
    # Replacing pays only where an hour is worth a fortune.
    vary = "service.value_usd_per_gpu_hour=0,100000"
    found = sweep(small(vary, f"{HAZARD}=1,2", replicates=2), workers=1)
    assert {outcome.winner for outcome in found.outcomes} == set(TWO)
    one = load_study_file("starcloud_3", set_=[*SMALL, f"{HAZARD}=2"], vary=[vary], strategies=TWO, replicates=2)
    [first, second, turn] = sweep(one, workers=1).verdict()
    assert "run_to_failure is best at 1 of 2" in first + second
    assert turn.endswith("= 0 and 100,000 replace_on_failure takes over from run_to_failure.")


def test_a_latin_hypercube_stays_in_the_ranges_and_depends_on_the_seed_alone():
    def values(seed):
        study = small(
            PRICE, "service.value_usd_per_gpu_hour", replicates=1, design="latin_hypercube", points=5, seed=seed
        )
        return [list(outcome.values.values()) for outcome in sweep(study, workers=1).outcomes]

    first = np.array(values(1))
    assert values(1) == first.tolist() != values(2)
    assert (first[:, 0] >= 200).all()
    assert (first[:, 0] <= 900).all()
    assert len(set(((first[:, 0] - 200) / 140).astype(int))) == 5  # one in each fifth


def test_workers_do_not_change_a_result():
    alone, two = (sweep(small(f"{HAZARD}=0.1,0.2", replicates=6), workers=n).to_csv() for n in (1, 2))
    assert alone == two


def test_a_folder_resumes_and_ends_with_the_same_bytes(tmp_path, runs):
    study = small(f"{PRICE}=100,1000", f"{HAZARD}=0.1,0.2")
    whole = tmp_path / "whole"
    sweep(study, workers=1, out=whole)
    assert len(runs) == 8
    lines = (whole / JOURNAL).read_bytes().splitlines(keepends=True)
    assert len(lines) == 16

    cut = tmp_path / "cut"
    sweep(small(f"{PRICE}=100,1000", f"{HAZARD}=0.1,0.2", replicates=1), workers=1, out=cut)  # a smaller one
    kept = (cut / JOURNAL).read_bytes().splitlines(keepends=True)
    damaged = kept[0].replace(b'"compute_availability":0.', b'"compute_availability":1.')
    assert damaged != kept[0]
    (cut / JOURNAL).write_bytes(damaged + b"".join(kept[1:-1]) + kept[-1][:-20])  # damaged, and killed in a line
    runs.clear()
    sweep(study, workers=1, out=cut)
    assert len(runs) == 6  # 4 of the second replicate, and those of the two lines
    assert (cut / "sweep.csv").read_bytes() == (whole / "sweep.csv").read_bytes()
    runs.clear()
    sweep(study, workers=1, out=cut)
    assert not runs


def test_an_interrupt_keeps_what_was_done(tmp_path, runs, monkeypatch):
    study = small(f"{HAZARD}=0.1,0.2,0.3", strategies=("run_to_failure",), replicates=1)

    def interrupted(done, total):
        if done >= 2:
            raise KeyboardInterrupt

    with pytest.raises(SearchInterrupted, match=r"^interrupted; 2 replicates kept in .*out; the same command resumes$"):
        sweep(study, workers=1, out=tmp_path / "out", progress=interrupted)
    assert len(runs) == 2
    runs.clear()
    sweep(study, workers=1, out=tmp_path / "out")
    assert len(runs) == 1


def test_what_another_seed_computed_is_not_taken(tmp_path, runs):
    sweep(small(f"{PRICE}=100,1000", replicates=1), workers=1, out=tmp_path / "out")
    runs.clear()
    sweep(small(f"{PRICE}=100,1000", replicates=1, seed=2), workers=1, out=tmp_path / "out")
    assert len(runs) == 2


def test_a_journal_reads_back_what_was_written(tmp_path):
    study = small(f"{PRICE}=100,1000", replicates=1)
    journal = Journal(tmp_path / "lines")
    [first] = simulated(study, [Point({}, range(1))], Options(1, journal))
    [again] = simulated(study, [Point({}, range(1))], Options(1, journal))
    for name in TWO:
        assert np.array_equal(first[name].metrics, again[name].metrics, equal_nan=True)
        assert np.array_equal(first[name].controls, again[name].controls)
        assert first[name].control_names == again[name].control_names


def test_the_json_and_the_csv_say_the_same(tmp_path):
    study = small(f"{PRICE}=100,1000", f"{HAZARD}=0.1,0.2")
    found = sweep(study, workers=1, out=tmp_path / "out")
    told = json.loads((tmp_path / "out" / "sweep.json").read_text())
    rows = list(csv.DictReader((tmp_path / "out" / "sweep.csv").read_text().splitlines()))
    assert [point["winner"] for point in told["points"]] == [row["winner"] for row in rows]
    assert [point["values"][PRICE] for point in told["points"]] == [float(row[PRICE]) for row in rows]
    first = told["points"][0]["estimates"]["run_to_failure"]
    assert float(rows[0]["run_to_failure mean"]) == first["mean"]
    assert told["inputs"][0]["path"] == PRICE
    assert told["metric"] == "net_cost_usd"
    assert told["better"] == METRICS["net_cost_usd"].better
    assert found.folder == tmp_path / "out"


def test_a_single_strategy_has_the_best_point_and_no_winner_to_be_clear_about():
    study = small("service.value_usd_per_gpu_hour=1,2,3", strategies=("run_to_failure",), replicates=1)
    [line] = sweep(study, workers=1).verdict()
    assert line.startswith("Lowest net_cost_usd: ")
    assert line.endswith("at service.value_usd_per_gpu_hour = 3.")


@pytest.mark.parametrize(
    ("metric", "said"),
    [
        ("compute_availability", "batch is at 2 of 2 points the same as the best in every replicate."),
        ("time_to_restore_days", "time_to_restore_days is undefined at every point."),
    ],
)
def test_a_strategy_that_never_acts_is_not_called_worse_and_what_is_undefined_has_no_winner(metric, said):
    never = (*SMALL, "strategies.batch.reorder_point=1000000")
    pair = ("run_to_failure", "batch")
    study = load_study_file("starcloud_3", set_=never, vary=[f"{PRICE}=100,1000"], strategies=pair, metric=metric)
    lines = sweep(study, workers=1).verdict()
    assert said in lines
    assert not [line for line in lines if "best nowhere" in line]
