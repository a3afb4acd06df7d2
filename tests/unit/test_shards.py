"""A study in shards, and what merges them: the same study as one command makes."""

from __future__ import annotations

import json
import os
import shutil
from collections import Counter

import pytest
from command_line import orbitfleet

import sim
from sim import experiment
from sim.experiment import study_file
from sim.experiment.record import path_of
from sim.experiment.shards import Shard, merge, simulate_shard
from sim.experiment.tasks import tasks_of

RARE = {"kind": "exponential", "rate_per_year": 0.3}
NAMES, REPLICATES, SEED = ["run_to_failure", "replace_on_failure"], 5, 4


@pytest.fixture(scope="module")
def small(fleet):
    return fleet(slots=6, gpus=2, bus=RARE, gpu=RARE, lead=60)


@pytest.fixture(scope="module")
def whole(small, tmp_path_factory):
    out = tmp_path_factory.mktemp("whole") / "out"
    experiment.compare(small, NAMES, REPLICATES, SEED, workers=1, out=out)
    return out


@pytest.fixture(scope="module")
def simulated(small, tmp_path_factory):
    """The folders of three shards."""
    return [shard(small, tmp_path_factory.mktemp("shards") / "out", i, 3) for i in (1, 2, 3)]


@pytest.fixture
def shards(simulated, tmp_path):
    """The same, to be changed."""
    return [shutil.copytree(folder, tmp_path / f"shard{i}") for i, folder in enumerate(simulated, 1)]


def shard(scenario, out, index, of, names=NAMES, **more):
    options = {"replicates": REPLICATES, "seed": SEED, "workers": 1, **more}
    simulate_shard(scenario, names, shard=Shard(index, of), out=out, **options)
    return out


def metrics_in(folder):
    summary = json.loads((folder / "summary.json").read_text())
    return json.dumps({**summary, "provenance": None, "out": None})


@pytest.mark.parametrize("strategies", [1, 2, 3, 5])
@pytest.mark.parametrize("of", [1, 2, 3, 4, 7, 12])
def test_shards_have_all_tasks_once_and_as_many_of_each_strategy(strategies, of):
    tasks = tasks_of({f"s{i}": 24 for i in range(strategies)})
    shares = [Shard(i, of).share(tasks) for i in range(1, of + 1)]
    assert sorted(map(repr, (task for share in shares for task in share))) == sorted(map(repr, tasks))
    counts = [Counter(task.strategy for task in share) for share in shares]
    assert max(map(len, shares)) - min(map(len, shares)) <= 1
    for i in range(strategies):
        each = [count[f"s{i}"] for count in counts]
        assert max(each) - min(each) <= 2


@pytest.mark.parametrize("text", ["0/4", "5/4", "1", "a/b", "1/0", "-1/4", "1/4/2", ""])
def test_what_is_no_shard_is_refused(text):
    with pytest.raises(sim.InputError, match="must be I/N, the I-th of N"):
        Shard.named(text)
    assert str(Shard.named("2/4")) == "2/4"


def test_merged_shards_have_the_bytes_of_the_whole_study(shards, whole, tmp_path):
    assert [len(os.listdir(folder / "replicates")) for folder in shards] == [3, 4, 3]
    study = merge([shards[2], shards[0], shards[1]], tmp_path / "merged")
    merged = tmp_path / "merged"
    assert sorted(os.listdir(merged)) == sorted(os.listdir(whole))
    assert (merged / "study.nc").read_bytes() == (whole / "study.nc").read_bytes()
    assert metrics_in(merged) == metrics_in(whole)
    assert study.provenance["shards"] == 3
    assert [len(os.listdir(folder / "replicates")) for folder in shards] == [3, 4, 3]  # they stay


def test_draws_of_beliefs_come_after_the_merge(small, shards, whole, tmp_path):
    drawn = {"draws": 3, "beliefs": {"reliability.bus.rate_per_year": {"low": 0.1, "high": 0.9}}, "workers": 1}
    merge(shards, tmp_path / "out")
    one = experiment.compare(small, NAMES, REPLICATES, SEED, out=tmp_path / "out", **drawn)
    assert one.over_beliefs is not None
    assert (tmp_path / "out" / "study.nc").read_bytes() == (whole / "study.nc").read_bytes()
    two = experiment.compare(small, NAMES, REPLICATES, SEED, **drawn)
    assert {**one.to_json(), "out": None, "provenance": None} == {**two.to_json(), "out": None, "provenance": None}


def test_a_shard_says_what_it_is_and_is_no_study(shards):
    made_by = json.loads((shards[1] / "provenance.json").read_text())
    assert made_by["shard"] == {"index": 2, "of": 3, "strategies": NAMES, "replicates": REPLICATES}
    for command in ("plot", "report"):
        _, message = orbitfleet(command, shards[1], code=3)
        what = "is shard 2/3 of a study: first orbitfleet merge all of them, with --out DIR"
        assert message == f"orbitfleet: {shards[1]}: {what}\n"


def test_missing_replicates_are_named_with_their_shard(shards, tmp_path):
    with pytest.raises(sim.InputError, match=r"4 of 10 replicates are missing: .*: run shard 2/3 again, or name the"):
        merge([shards[0], shards[2]], tmp_path / "merged")
    [lost, *_] = sorted((shards[0] / "replicates").iterdir())
    lost.write_bytes(lost.read_bytes()[:1000])
    with pytest.raises(sim.InputError, match=f"1 of 10 replicates are missing: {lost.stem}: run shard 1/3 again"):
        merge(shards, tmp_path / "merged")
    assert not (tmp_path / "merged").exists()


def test_a_shard_resumes(small, shards, simulated, whole, tmp_path):
    [lost, *_] = sorted((shards[0] / "replicates").iterdir())
    before = lost.read_bytes()
    lost.write_bytes(b"")
    shard(small, shards[0], 1, 3)
    assert lost.read_bytes() == before
    merge(shards, tmp_path / "merged")
    assert (tmp_path / "merged" / "study.nc").read_bytes() == (whole / "study.nc").read_bytes()


def test_the_same_result_twice_is_one_and_another_is_refused(small, shards, whole, tmp_path):
    extra = shard(small, tmp_path / "extra", 1, 2)  # cut in another way: some of each shard
    merge([*shards, extra], tmp_path / "merged")
    assert (tmp_path / "merged" / "study.nc").read_bytes() == (whole / "study.nc").read_bytes()
    other = shard(small, tmp_path / "other", 1, 1, seed=SEED + 1)
    [task, *_] = tasks_of(dict.fromkeys(NAMES, REPLICATES))
    path_of(extra, task).write_bytes(path_of(other, task).read_bytes())
    with pytest.raises(sim.InputError, match=r"extra: another result of replicate run_to_failure-000000 than in anot"):
        merge([*shards, extra], tmp_path / "again")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"seed": 5}, r"another study \(seed 5 there, 4 now\): not a shard of the same study"),
        ({"replicates": 6}, "replicates 6, but 5 in"),
        ({"names": ["run_to_failure"]}, r"strategies \['run_to_failure'\], but"),
    ],
)
def test_shards_of_other_studies_are_refused(small, shards, tmp_path, change, message):
    other = shard(small, tmp_path / "other", 1, 3, **change)
    with pytest.raises(sim.InputError, match=f"other: .*{message}"):
        merge([*shards, other], tmp_path / "merged")


def test_shards_of_another_scenario_or_other_code_are_refused(shards, tmp_path):
    for field, message in (("scenario_sha256", "another study"), ("code_sha256", "results of other code")):
        path = shards[1] / "provenance.json"
        before = path.read_text()
        path.write_text(json.dumps({**json.loads(before), field: "0" * 64}))
        with pytest.raises(sim.InputError, match=f"shard2: holds {message}.*00000000 there"):
            merge(shards, tmp_path / "merged")
        path.write_text(before)


def test_what_is_no_shard_is_not_merged(shards, whole, tmp_path):
    (tmp_path / "mine").mkdir()
    for folder, message in (
        (whole, "holds no shard, but a whole study"),
        (tmp_path / "mine", "not an output folder of orbitfleet"),
        (tmp_path / "shard4", "no such folder; did you mean"),
    ):
        with pytest.raises(sim.InputError, match=message):
            merge([*shards, folder], tmp_path / "merged")
    with pytest.raises(sim.InputError, match="is a shard: choose another --out"):
        merge(shards, shards[0])
    with pytest.raises(sim.InputError, match="nothing to merge"):
        merge([], tmp_path / "merged")


def test_a_shard_at_work_is_not_merged(shards, tmp_path):
    with experiment.folder.locked(shards[1]), pytest.raises(sim.InputError, match="shard2: another run is at work"):
        merge(shards, tmp_path / "merged")


def test_a_merge_that_is_interrupted_resumes(shards, whole, tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(study_file, "write", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            merge(shards, tmp_path / "merged")
    merge(shards, tmp_path / "merged")
    assert (tmp_path / "merged" / "study.nc").read_bytes() == (whole / "study.nc").read_bytes()


def test_a_shard_without_work_is_refused(small, tmp_path):
    with pytest.raises(sim.InputError, match="shard 11/11: has nothing to do: there are 10 replicates in all"):
        shard(small, tmp_path / "out", 11, 11)
    assert not (tmp_path / "out").exists()


def test_the_command_line_simulates_shards_and_merges_them(tmp_path, monkeypatch):
    monkeypatch.setattr("sim.cli.output.draw", lambda *_: ["a.png"])
    line = ["compare", "suncatcher_81", "--years", "0.2", "--strategies", ",".join(NAMES), "--replicates", "2"]
    printed, _ = orbitfleet(*line, "--shard", "1/2", "--workers", "1", cwd=tmp_path)
    assert "Shard 1/2: 2 of 4 replicates in results/suncatcher_81-" in printed
    found = json.loads(orbitfleet(*line, "--shard", "2/2", "--workers", "1", "--json", cwd=tmp_path)[0])
    assert found["out"].endswith("-1-shard-2-of-2")
    assert (found["shard"], found["done"]) == ({"index": 2, "of": 2}, 2)
    folders = sorted((tmp_path / "results").iterdir())
    merged = json.loads(orbitfleet("merge", *folders, "--out", tmp_path / "merged", "--json")[0])
    whole = json.loads(orbitfleet(*line, "--workers", "1", "--out", tmp_path / "whole", "--json")[0])
    assert merged["strategies"] == whole["strategies"]
    assert (tmp_path / "merged" / "study.nc").read_bytes() == (tmp_path / "whole" / "study.nc").read_bytes()
    for more in (["--tune"], ["--precision", "0.1"], ["--select", "goodput"], ["--draws", "4"], ["--quantiles"]):
        assert "needs the whole study" in orbitfleet(*line, "--shard", "1/2", *more, code=2)[1]
    assert "must be I/N" in orbitfleet(*line, "--shard", "3/2", code=2)[1]
    assert "not with" in orbitfleet(*line, "--cluster", "tcp://127.0.0.1:1", "--workers", "2", code=2)[1]
