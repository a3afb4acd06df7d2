import errno
import fcntl
import json
import os

import netCDF4
import numpy as np
import pytest
import xarray
from filelock import FileLock

import sim.engine
from sim import experiment
from sim.errors import InputError
from sim.events import COLUMNS
from sim.experiment import provenance as provenance_module
from sim.experiment import study_file
from sim.experiment.folder import LOCK, PICTURES, open_folder
from sim.experiment.record import path_of, read
from sim.metrics import METRICS
from sim.scenario import load

RARE = {"kind": "exponential", "rate_per_year": 0.3}
A, B = "run_to_failure", "replace_on_failure"


@pytest.fixture
def small(fleet):
    return fleet(slots=6, gpus=2, bus=RARE, gpu=RARE, lead=60)


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out"


@pytest.fixture
def simulated(monkeypatch):
    """The (strategy, replicate) that were simulated, in order."""
    tasks, simulate = [], sim.engine.simulate

    def spy(scenario, environment, strategy, seed, replicate):
        tasks.append((strategy, replicate))
        return simulate(scenario, environment, strategy, seed, replicate)

    monkeypatch.setattr(sim.engine, "simulate", spy)
    return tasks


def run(scenario, out, replicates, **more):
    return experiment.run(scenario, **{"strategy": B, "seed": 4, "workers": 1, **more}, replicates=replicates, out=out)


def compare(scenario, out, replicates, **more):
    return experiment.compare(scenario, [A, B], replicates, 4, workers=1, out=out, **more)


def metrics_in(out):
    return json.dumps(json.loads((out / "summary.json").read_text())["metrics"])


def test_the_folder_of_the_contract(small, out):
    study = compare(small, out, 3, command=["orbitfleet", "compare"])
    assert sorted(os.listdir(out)) == ["provenance.json", "scenario.yaml", "study.nc", "summary.json"]
    assert json.loads((out / "summary.json").read_text()) == json.loads(json.dumps(study.to_json()))
    made_by = json.loads((out / "provenance.json").read_text())
    assert (made_by["program"], made_by["seed"]) == ("orbitfleet", 4)
    assert made_by["packages"]["numpy"] == np.__version__
    assert made_by["command"] == ["orbitfleet", "compare"]
    assert str(out) not in json.dumps(made_by)
    assert load(out / "scenario.yaml") == small


def test_the_study_file_is_labelled(small, out):
    study = compare(small, out, 3)
    with xarray.open_dataset(out / "study.nc") as data:
        assert data.attrs["Conventions"].startswith("CF-")
        assert data["strategy"].values.tolist() == [A, B]
        for name, metric in METRICS.items():
            assert data[name].dims == ("strategy", "replicate")
            assert (data[name].attrs["units"], data[name].attrs["long_name"]) == (metric.unit, metric.definition)
            assert np.array_equal(data[name].sel(strategy=B).values, study.values(B, name), equal_nan=True)
        assert data["online_fraction"].dims == ("strategy", "replicate", "day")
        assert str(data["day"].values[0])[:10] == "2027-01-01"
        start, count = (int(data[name].sel(strategy=B)[2]) for name in ("event_start", "event_count"))
        assert np.array_equal(data["event_kind"][start : start + count].values, study.events(B, 2).kind)
        assert "gpu_failed" in data["event_kind"].attrs["flag_meanings"].split()


def test_a_study_on_disk_is_the_one_in_memory(small, out):
    disk, memory = compare(small, out, 3), compare(small, None, 3)
    assert {**disk.to_json(), "out": None} == memory.to_json()
    for name, values in memory.series.items():
        assert np.array_equal(disk.series[name], values)
    for column in COLUMNS:
        assert np.array_equal(getattr(disk.events(B, 2), column), getattr(memory.events(B, 2), column))
    again = experiment.load_study(out)
    assert {**again.to_json(), "out": None} == memory.to_json()
    assert np.array_equal(again.result(B, 1).events.kind, memory.events(B, 1).kind)


def test_asking_for_more_simulates_what_is_missing(small, out, simulated):
    run(small, out, 3)
    run(small, out, 5)
    assert simulated == [(B, r) for r in (0, 1, 2, 3, 4)]
    whole = out.with_name("whole")
    run(small, whole, 5)
    assert metrics_in(out) == metrics_in(whole)
    for r in range(5):
        a, b = (experiment.load_study(folder).events(B, r) for folder in (out, whole))
        assert all(np.array_equal(getattr(a, column), getattr(b, column)) for column in COLUMNS)


def test_asking_for_fewer_uses_those_and_keeps_the_rest(small, out, simulated):
    run(small, out, 5)
    assert run(small, out, 2).replicates == 2
    assert experiment.load_study(out).replicates == 2
    assert run(small, out, 5).replicates == 5
    assert len(simulated) == 5


def test_another_strategy_joins(small, out, simulated):
    run(small, out, 3)
    study = compare(small, out, 2)
    assert simulated == [(B, 0), (B, 1), (B, 2), (A, 0), (A, 1)]
    assert study.to_json()["differences"] == compare(small, None, 2).to_json()["differences"]
    assert run(small, out, 3).replicates == 3  # replicate 2 of A was never asked for
    assert len(simulated) == 5 + 4


def test_an_interrupted_study_resumes_to_the_same_bytes(small, out, simulated, monkeypatch):
    spy = sim.engine.simulate

    def interrupted(*arguments):
        if len(simulated) == 3:
            raise KeyboardInterrupt
        return spy(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(sim.engine, "simulate", interrupted)
        with pytest.raises(
            experiment.StudyInterrupted, match=r"interrupted; 3 of 6 replicates kept in .*out;"
        ) as caught:
            run(small, out, 6)
    assert (caught.value.done, caught.value.total, caught.value.folder) == (3, 6, out)
    assert sorted(os.listdir(out)) == ["provenance.json", "replicates", "scenario.yaml"]
    assert len(os.listdir(out / "replicates")) == 3
    with pytest.raises(InputError, match="no finished study; run the command that began it again"):
        experiment.load_study(out)
    run(small, out, 6)
    assert simulated == [(B, r) for r in range(6)]
    run(small, out.with_name("whole"), 6)
    assert metrics_in(out) == metrics_in(out.with_name("whole"))


def test_an_interrupt_while_the_study_is_written_loses_nothing(small, out, simulated, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(study_file, "write", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(experiment.StudyInterrupted, match="6 of 6"):
            compare(small, out, 3)
    compare(small, out, 3)
    assert len(simulated) == 6


def test_pictures_of_an_earlier_request_go(small, out):
    compare(small, out, 2)
    for name in (*PICTURES, "mine.png"):
        (out / name).write_text("picture")
    run(small, out, 2)
    assert sorted(path.name for path in out.glob("*.png")) == ["mine.png"]
    (out / PICTURES[0]).write_text("picture")
    run(small, out, 2, seed=5, force=True)
    assert sorted(path.name for path in out.glob("*.png")) == ["mine.png"]


def test_pictures_stay_with_the_study_that_they_show(small, out, monkeypatch):
    """A request that is refused or interrupted leaves the last one whole."""
    run(small, out, 2)
    (out / PICTURES[0]).write_text("picture")
    with pytest.raises(InputError, match="another study"):
        run(small, out, 2, seed=5)
    monkeypatch.setattr(sim.engine, "simulate", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(experiment.StudyInterrupted, match="2 of 3"):
        run(small, out, 3)
    assert sorted(os.listdir(out)) == [PICTURES[0], "provenance.json", "scenario.yaml", "study.nc", "summary.json"]


def test_what_a_killed_run_left_half_written_goes(small, out):
    run(small, out, 2)
    (out / "replicates").mkdir()
    left = [out / ".orbitfleet-1-study.nc", out / "replicates" / ".orbitfleet-1-batch-000001.npz"]
    left += [out / f".{PICTURES[0]}.abc.png", out / ".mine"]
    for path in left:
        path.write_text("half")
    with FileLock(out / LOCK):
        with pytest.raises(InputError, match="another run is at work"):
            run(small, out, 2)
        assert all(path.exists() for path in left)  # they may be those of the run at work
    run(small, out, 2)
    assert sorted(os.listdir(out)) == [".mine", "provenance.json", "scenario.yaml", "study.nc", "summary.json"]


@pytest.mark.parametrize("harm", ["cut short", "other bytes", "empty", "not a zip"])
def test_a_damaged_replicate_is_simulated_again(small, out, simulated, monkeypatch, harm, caplog):
    monkeypatch.setattr(study_file, "write", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        run(small, out, 3)
    monkeypatch.undo()
    [path] = out.glob("replicates/*000001.npz")
    bytes_ = path.read_bytes()
    middle = len(bytes_) // 2
    path.write_bytes(
        {
            "cut short": bytes_[:middle],
            "other bytes": bytes_[: middle - 400] + bytes(b ^ 255 for b in bytes_[middle - 400 : middle + 400])
            + bytes_[middle + 400 :],
            "empty": b"",
            "not a zip": b"hello",
        }[harm]
    )  # fmt: skip
    assert read(path) is None
    run(small, out, 3)
    assert "damaged; simulating it again" in caplog.text
    run(small, out.with_name("whole"), 3)
    assert metrics_in(out) == metrics_in(out.with_name("whole"))


def test_a_damaged_study_file_is_simulated_again(small, out, simulated, caplog):
    run(small, out, 3)
    before = metrics_in(out)
    (out / "study.nc").write_bytes((out / "study.nc").read_bytes()[:5000])
    with pytest.raises(InputError, match=r"study.nc: damaged .*; remove it and run the same command again"):
        experiment.load_study(out)
    run(small, out, 3)
    assert len(simulated) == 6
    assert "simulating its replicates again" in caplog.text
    assert "remove it" not in caplog.text
    assert metrics_in(out) == before


def test_every_number_in_the_study_file_has_a_checksum(small, out):
    run(small, out, 1)
    with netCDF4.Dataset(out / "study.nc") as file:
        for name in set(file.variables) - {"strategy", "control"}:
            assert file[name].filters()["fletcher32"], name


@pytest.mark.parametrize("content", ["", "{", "[]", '{"program": "other"}'])
def test_a_folder_whose_marker_is_damaged_is_not_touched(small, out, content):
    run(small, out, 1)
    (out / "provenance.json").write_text(content)
    before = {path: path.stat().st_mtime_ns for path in out.iterdir()}
    for force in (False, True):
        with pytest.raises(InputError, match=r"out: not an output folder of orbitfleet \(provenance.json damaged\)"):
            run(small, out, 2, force=force)
    assert {path: path.stat().st_mtime_ns for path in out.iterdir()} == before
    with pytest.raises(InputError, match="not an output folder"):
        experiment.load_study(out)


@pytest.mark.parametrize("force", [False, True])
def test_a_foreign_folder_is_not_touched(small, out, force):
    out.mkdir()
    (out / "mine.txt").write_text("keep")
    with pytest.raises(InputError, match=r"out: not an output folder .*nothing in it is touched: choose another --out"):
        run(small, out, 1, force=force)
    assert os.listdir(out) == ["mine.txt"]


def test_an_empty_folder_and_remains_of_our_own_are_fine(small, out):
    out.mkdir()
    (out / ".orbitfleet-1-provenance.json").write_text("{")
    assert run(small, out, 1).replicates == 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"seed": 5}, r"another study \(seed 4 there, 5 now"),
        ({"years": 2}, r"another study \(scenario sha256 [0-9a-f]{8} there, [0-9a-f]{8} now"),
        ({"numpy": "1.0"}, r"results of other code \(numpy .* there, 1.0 now"),
        ({"orbitfleet": "9.9"}, r"results of other code \(orbitfleet .* there, 9.9 now"),
        ({"code": "12345678"}, r"results of other code \(the code of orbitfleet [0-9a-f]{8} there, 12345678 now"),
    ],
)
def test_another_study_is_refused_unless_forced(small, out, change, message, monkeypatch, simulated):
    run(small, out, 2)
    (out / "notes.txt").write_text("mine")
    before = metrics_in(out)
    scenario, more = small, {}
    if "years" in change:
        scenario = small.model_copy(update={"mission": small.mission.model_copy(update=change)})
    elif "seed" in change:
        more = change
    elif "code" in change:
        monkeypatch.setattr(provenance_module, "package_digest", lambda: change["code"])
    else:
        version = provenance_module._version
        monkeypatch.setattr(provenance_module, "_version", lambda name: change.get(name) or version(name))
    with pytest.raises(InputError, match=f"out: holds {message}\\): choose another --out, or --force"):
        run(scenario, out, 2, **more)
    assert metrics_in(out) == before
    run(scenario, out, 2, force=True, **more)
    assert len(simulated) == 4
    assert (out / "notes.txt").read_text() == "mine"
    assert load(out / "scenario.yaml") == scenario
    run(scenario, out, 2, **more)
    assert len(simulated) == 4


def test_a_folder_of_a_version_that_did_not_note_its_code_is_not_resumed(small, out, simulated):
    run(small, out, 2)
    made_by = json.loads((out / "provenance.json").read_text())
    del made_by["code_sha256"]
    (out / "provenance.json").write_text(json.dumps(made_by))
    with pytest.raises(InputError, match=r"the code of orbitfleet unknown there, .* --force to simulate it anew"):
        run(small, out, 2)
    assert experiment.load_study(out).replicates == 2  # to look at it is no risk


def test_force_keeps_what_is_of_the_same_study(small, out, simulated):
    run(small, out, 2)
    run(small, out, 3, force=True)
    assert len(simulated) == 3


def test_a_users_own_strategy_is_simulated_anew_when_its_code_changes(small, out, tmp_path, monkeypatch):
    code = "from sim.strategies import RunToFailure\nclass Mine(RunToFailure):\n    kind: str = 'own:Mine'\n"
    (tmp_path / "own_for_folder.py").write_text(code)
    monkeypatch.syspath_prepend(tmp_path)
    name = "own_for_folder:Mine"
    run(small, out, 1, strategy=name)
    (tmp_path / "own_for_folder.py").write_text(code + "# changed\n")
    with pytest.raises(InputError, match="the code of own_for_folder:Mine"):
        run(small, out, 1, strategy=name)
    run(small, out, 1)  # other strategies are not concerned
    assert path_of(out, experiment.record.Task(name, 0)).name.count(":") == 0


def test_a_folder_in_use_is_left_alone(small, out):
    run(small, out, 1)
    with FileLock(out / LOCK), pytest.raises(InputError, match="another run is at work in this folder"):
        run(small, out, 2)
    assert run(small, out, 2).replicates == 2


def test_a_file_system_without_locks_is_written_all_the_same(small, out, monkeypatch):
    run(small, out, 1)
    (out / ".orbitfleet-1-study.nc").write_text("of another run, perhaps")

    def none(*_):
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", none)
    assert run(small, out, 2).replicates == 2
    assert (out / ".orbitfleet-1-study.nc").exists()


def test_a_folder_is_locked_while_it_is_open_and_no_lock_stays(small, out):
    made_by = provenance_module.provenance(small, [B], 4, None)
    with open_folder(out, small, made_by):
        with pytest.raises(InputError, match="another run is at work"), open_folder(out, small, made_by):
            pass
        assert (out / LOCK).exists()
    assert LOCK not in os.listdir(out)


def test_a_file_in_the_place_of_the_folder(small, out):
    out.write_text("mine")
    with pytest.raises(InputError, match="out: is a file, not an output folder"):
        run(small, out, 1)
    with pytest.raises(InputError, match=r"out/deeper: cannot be used as output folder: Not a directory"):
        run(small, out / "deeper", 1)
    assert out.read_text() == "mine"


@pytest.mark.parametrize("full_for", ["npz", "study.nc", "summary.json", "provenance.json"])
def test_a_full_disk_is_one_message_and_loses_nothing(small, out, full_for, monkeypatch, simulated):
    replace = os.replace

    def full(source, target):
        if str(target).endswith(full_for):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        replace(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", full)
        with pytest.raises(InputError, match="No space left on device"):
            run(small, out, 2)
    assert not [path for path in out.rglob("*") if ".orbitfleet-" in path.name]
    run(small, out, 2)
    assert len(simulated) == (3 if full_for == "npz" else 2)


def test_the_default_folder_names_the_study(small):
    assert str(experiment.default_folder(small, 7)).startswith("results/test-")
    assert str(experiment.default_folder(small, 7)).endswith("-7")
    assert len(experiment.default_folder(small, 7).name) == len("test-12345678-7")


def test_a_folder_without_a_finished_replicate_stands_in_nobodys_way(small, fleet, out, monkeypatch):
    """A strategy that failed at once, mended, runs again into the same folder."""

    def fails(*_):
        raise InputError("a mistake of the user's")

    with monkeypatch.context() as broken:
        broken.setattr(sim.engine, "simulate", fails)
        with pytest.raises(InputError, match="a mistake"):
            run(small, out, 1)
    other = fleet(slots=6, gpus=2, bus=RARE, gpu=RARE, lead=61)
    run(other, out, 1)
    with pytest.raises(InputError, match="choose another --out, or --force"):
        run(small, out, 1)
