import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from sim import experiment
from sim.environment import Environment
from sim.errors import InputError, ScenarioError
from sim.events import COLUMNS
from sim.experiment.executor import Job, _undisturbed, perform
from sim.experiment.record import Figures, Task
from sim.metrics import METRICS, measure
from sim.scenario import load
from sim.strategies import RunToFailure

RARE = {"kind": "exponential", "rate_per_year": 0.3}
NAMES = ["run_to_failure", "replace_on_failure"]


@pytest.fixture(scope="module")
def small(fleet):
    return fleet(slots=6, gpus=2, bus=RARE, gpu=RARE, lead=60)


@pytest.fixture(scope="module")
def study(small):
    return experiment.compare(small, NAMES, replicates=14, seed=4, workers=1)


def as_bytes(study):
    """Everything in a study that a run decides."""
    parts = [json.dumps(study.to_json(), sort_keys=True).encode()]
    parts += [study.series[name].tobytes() for name in sorted(study.series)]
    for strategy in study.strategies:
        for replicate in range(study.replicates):
            log = study.events(strategy, replicate)
            parts += [getattr(log, column).tobytes() for column in COLUMNS]
    return b"".join(parts)


@pytest.mark.parametrize("workers", [2, 3, None])
def test_the_number_of_workers_changes_no_byte(small, study, workers):
    assert as_bytes(experiment.compare(small, NAMES, 14, 4, workers=workers)) == as_bytes(study)


def test_any_executor_serves(small, study):
    with ThreadPoolExecutor(2) as executor:
        assert as_bytes(experiment.compare(small, NAMES, 14, 4, executor=executor, workers=2)) == as_bytes(study)


def test_another_seed_is_another_study(small, study):
    assert as_bytes(experiment.compare(small, NAMES, 14, 5, workers=1)) != as_bytes(study)


def test_more_replicates_keep_the_first_ones(small, study):
    more = experiment.compare(small, NAMES, 16, 4, workers=1)
    for name in METRICS:
        assert np.array_equal(more.values(NAMES[1], name)[:14], study.values(NAMES[1], name), equal_nan=True)


def test_a_result_of_a_study_is_that_of_a_run(small, study):
    alone, within = (
        experiment.replicate(small, seed=4, strategy=NAMES[1], replicate=3),
        study.result(NAMES[1], 3),
    )
    for column in COLUMNS:
        assert np.array_equal(getattr(alone.events, column), getattr(within.events, column))
    assert measure(within) == pytest.approx(measure(alone), nan_ok=True)
    assert np.array_equal(within.controls.values, alone.controls.values)
    assert study.values(NAMES[1], "compute_availability")[3] == measure(alone)["compute_availability"]


def test_the_json_of_compare(study):
    found = json.loads(json.dumps(study.to_json(), allow_nan=False))
    assert found["schema_version"] == 1
    assert (found["scenario"], found["seed"], found["replicates"]) == ("test", 4, 14)
    assert list(found["strategies"]) == NAMES
    assert list(found["strategies"][NAMES[0]]) == list(METRICS)
    fields = {"mean", "ci_low", "ci_high", "raw_mean", "raw_ci_low", "raw_ci_high", "n", "unit", "adjusted"}
    assert set(found["strategies"][NAMES[0]]["launches"]) == fields
    pair = found["differences"]["compute_availability"]["run_to_failure - replace_on_failure"]
    assert set(pair) == fields | {"p_positive"}
    assert pair["ci_high"] < 0
    best = found["ranking"]["compute_availability"][0]
    assert best["strategy"] == "replace_on_failure"
    assert best["p_best"] == pytest.approx(1 - pair["p_positive"])
    assert set(found["variance_reduction"]["run_to_failure - replace_on_failure"]) == {"pairing", "controls", "total"}
    assert found["strategies"][NAMES[0]]["cost_per_useful_gpu_hour_usd"]["mean"] is None  # there are no jobs
    assert found["strategies"][NAMES[0]]["compute_availability"]["adjusted"] is True
    assert found["strategies"][NAMES[0]]["launches"]["adjusted"] is False  # always 0
    assert found["verdict"].startswith("Highest compute availability: replace_on_failure, ")
    assert found["no_difference"] == []
    assert found["envelope"] is None  # no jobs, no service
    goodput = found["strategies"][NAMES[0]]["goodput"]
    assert (goodput["mean"], goodput["ci_high"]) == (0, 0)  # for certain: there are no jobs


def test_cost_of_a_useful_hour_is_the_mean_cost_over_the_mean_work(fleet):
    """A job that needs all GPUs of a fleet that nobody repairs: replicates without useful work count too."""
    jobs = [
        {
            "name": "job",
            "gpus": 6,
            "checkpoint_interval_min": 60,
            "checkpoint_block_s": 60,
            "checkpoint_durable_s": 60,
            "restart_min": 5,
        }
    ]
    often = {"kind": "exponential", "rate_per_year": 300}
    scenario = fleet(slots=3, gpus=2, bus=often, days=30, lead=1, jobs=jobs)
    study = experiment.compare(scenario, NAMES, 40, 4, workers=1)
    name = "cost_per_useful_gpu_hour_usd"
    assert np.isnan(study.values(NAMES[0], name)).any()
    found = json.loads(json.dumps(study.to_json(), allow_nan=False))
    for strategy in NAMES:
        one = found["strategies"][strategy][name]
        cost, work = (study.values(strategy, part).mean() for part in ("total_cost_usd", "useful_gpu_hours"))
        assert one["raw_mean"] == pytest.approx(cost / work)
        assert one["ci_low"] <= one["raw_mean"] <= one["ci_high"]
    means = [found["strategies"][strategy][name]["raw_mean"] for strategy in NAMES]
    pair = found["differences"][name]["run_to_failure - replace_on_failure"]
    assert pair["raw_mean"] == pytest.approx(means[0] - means[1])
    assert pair["ci_low"] < pair["raw_mean"] < pair["ci_high"]
    assert 0 <= pair["p_positive"] <= 1


def test_the_json_of_run(small):
    found = experiment.run(small, strategy="replace_on_failure", seed=2, replicates=1).to_json()
    assert list(found)[:5] == ["schema_version", "scenario", "strategy", "seed", "replicates"]
    assert found["metrics"]["compute_availability"]["raw_mean"] > 0
    assert found["metrics"]["compute_availability"]["ci_low"] is None
    assert found["provenance"]["program"] == "orbitfleet"
    assert found["out"] is None


def test_run_takes_the_scenarios_own_strategy(small):
    assert experiment.run(small).strategies == ("run_to_failure",)


def test_who_never_acts_is_known_exactly(study):
    """Without replacement the controls are the availability."""
    alone = study.metrics("run_to_failure")["compute_availability"]
    assert alone.half_width < 1e-9
    assert study.samples["run_to_failure"].regression.adjusts


def test_strategies_of_a_pair_share_their_controls(study):
    a, b = (study.samples[name] for name in NAMES)
    assert np.array_equal(a.controls, b.controls)


def test_the_table_speaks_to_a_newcomer(fleet):
    jobs = [
        {
            "name": "job",
            "gpus": 4,
            "checkpoint_interval_min": 60,
            "checkpoint_block_s": 60,
            "checkpoint_durable_s": 60,
            "restart_min": 5,
        }
    ]
    scenario = fleet(slots=6, gpus=2, bus=RARE, gpu=RARE, lead=60, jobs=jobs)
    study = experiment.compare(scenario, NAMES, 12, 4, workers=1)
    text = study.table()
    assert text.splitlines()[-1] == study.to_json()["verdict"]
    for words in (
        "compute availability",
        "goodput",
        "flights after deployment",
        "USD per useful GPU-hour",
        "12 replicates of each strategy",
        "replace_on_failure - run_to_failure  +",
        "points",
        "95 % confidence",
        "Cheapest useful GPU-hour in single replicates: ",
        "Highest compute availability in single replicates: replace_on_failure ",
        "\nHighest compute availability: replace_on_failure, ",
        "\nCheapest useful GPU-hour: ",
    ):
        assert words in text, text
    assert "nan" not in text.lower().split()
    one = experiment.run(scenario).table()
    assert "One replicate" in one
    assert "1 replicate, seed 1" in one
    assert "[" not in one


def test_precision_adds_replicates_until_it_is_reached(small):
    rough = experiment.run(small, strategy="replace_on_failure", replicates=2, precision=0.2, workers=1)
    assert rough.replicates == 20
    fine = experiment.run(small, strategy="replace_on_failure", replicates=2, precision=0.004, workers=1)
    availability = fine.metrics("replace_on_failure")["compute_availability"]
    assert fine.replicates > 20
    assert availability.half_width <= 0.004 * availability.mean


def test_progress_counts_to_the_end(small):
    seen = []
    experiment.compare(small, NAMES, 4, progress=lambda done, total: seen.append((done, total)), workers=2)
    assert [done for done, _ in seen] == sorted({done for done, _ in seen})
    assert (seen[0], seen[-1]) == ((0, 8), (8, 8))


def test_progress_goes_on_between_the_steps_of_precision(small):
    seen = []
    study = experiment.run(
        small,
        strategy="replace_on_failure",
        replicates=2,
        precision=0.004,
        workers=1,
        progress=lambda *counts: seen.append(counts),
    )
    totals = list(dict.fromkeys(total for _, total in seen))
    assert totals[:2] == [2, 20]
    assert totals[-1] == study.replicates
    for total, before in zip(totals, [0, *totals], strict=False):
        assert [done for done, of in seen if of == total] == list(range(before, total + 1))


def test_many_replicates_without_logs(small, study):
    sample = experiment.simulate_many(small, Environment.build(small), NAMES[1], 4, range(14), 2)
    assert len(sample) == 14
    assert np.array_equal(sample.values("launches"), study.values(NAMES[1], "launches"))
    assert np.array_equal(sample.controls, study.samples[NAMES[1]].controls)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"strategies": ["batch"]}, "at least two"),
        ({"strategies": ["batch", "batch"]}, "named once"),
        ({"replicates": 0}, "replicates 0: must be at least 1"),
        ({"seed": -1}, "seed -1: must be 0 or more"),
        ({"workers": 0}, "workers 0: must be at least 1"),
        ({"precision": 1.5}, "precision 1.5: must be above 0 and below 1"),
        ({"precision": 1.0}, "precision 1.0: must be above 0 and below 1"),
        ({"precision": 0.0}, "precision 0.0: must be above 0 and below 1"),
    ],
)
def test_bad_arguments_are_named(small, arguments, message):
    with pytest.raises(InputError, match=message):
        experiment.compare(small, **{"strategies": NAMES, "replicates": 2, **arguments})


def test_an_unknown_strategy_is_refused_before_anything_runs(small, tmp_path):
    with pytest.raises(ScenarioError, match="nobody"):
        experiment.run(small, strategy="nobody", out=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_study_knows_its_strategies_and_replicates(study):
    with pytest.raises(InputError, match=r"no metric 'goodputt'; did you mean 'goodput'\?; `orbitfleet metrics` lists"):
        study.values("run_to_failure", "goodputt")
    with pytest.raises(InputError, match="strategies 'batch': give a list of names"):
        experiment.compare(study.scenario, "batch", 2)
    with pytest.raises(InputError, match="no strategy 'batch' in this study; it has run_to_failure, replace"):
        study.metrics("batch")
    with pytest.raises(InputError, match="no replicate 14: the study has 14"):
        study.events(NAMES[0], 14)


class Here(RunToFailure):
    """A strategy that exists in this process only, once it says that it lives in the script."""

    kind: str = "here"


def test_a_strategy_of_a_script_or_notebook_runs_in_this_process(small, monkeypatch):
    monkeypatch.setattr(Here, "__module__", "__main__")
    scenario = small.model_copy(update={"strategies": {"here": Here()}})
    job = Job(scenario, Environment.build(scenario), 1, lambda result: os.getpid())  # a lambda cannot travel
    assert list(perform(job, [Task("here", 0), Task("here", 1)], workers=2)) == [[os.getpid()], [os.getpid()]]


def test_a_worker_that_dies_is_one_message(small, tmp_path, monkeypatch):
    (tmp_path / "deadly.py").write_text(
        "import os\nfrom sim.strategies import Strategy\n"
        "class Deadly(Strategy):\n    def decide(self, fleet):\n        os._exit(9)\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(InputError, match=r"a worker process died.*one possible cause.*same command resumes"):
        experiment.run(small, strategy="deadly:Deadly", replicates=4, workers=2)


def test_figures_travel_in_order_however_they_come(small):
    environment = Environment.build(small)
    job = Job(small, environment, 4, Figures.of)
    figures = [one for batch in perform(job, [Task(NAMES[1], r) for r in (3, 0, 2, 1)], 1) for one in batch]
    sample = experiment.Sample.of(figures)
    assert np.array_equal(
        sample.values("launches"),
        experiment.simulate_many(small, environment, NAMES[1], 4, range(4), 1).values("launches"),
    )


SCRIPT = """
import sys
import sim
from sim import experiment

# No `if __name__ == "__main__"`: the short scripts of the manual have none either.
try:
    experiment.run(sim.load("suncatcher_81"), seed=5, replicates=int(sys.argv[2]), out=sys.argv[1], workers=2)
except experiment.StudyInterrupted as stop:
    print(stop, file=sys.stderr)
    sys.exit(130)
"""


def default_interrupt():
    """Make a child process answer SIGINT: under `nohup` or `&` it would inherit that the signal is ignored."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.fixture
def answering():
    """This process answers SIGINT as Python does, whatever it inherited."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def finished_in(folder):
    """Replicates that are written; one still being written has a name that begins with a dot."""
    return [path for path in folder.glob("replicates/*.npz") if not path.name.startswith(".")]


def test_ctrl_c_keeps_what_is_finished_and_the_same_command_resumes(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    command = [sys.executable, str(script)]
    subprocess.run([*command, str(whole), "8"], check=True, timeout=300)
    # The signal goes to the whole process group, as from a terminal.
    process = subprocess.Popen(
        [*command, str(cut), "8"],
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=default_interrupt,
    )
    wait_for(lambda: len(finished_in(cut)) >= 2)
    os.killpg(process.pid, signal.SIGINT)
    start = time.monotonic()
    _, errors = process.communicate(timeout=60)
    assert time.monotonic() - start < 1 + 3 * import_seconds()  # 0.2 s on an idle machine
    kept = finished_in(cut)
    assert 2 <= len(kept) < 8
    message = f"interrupted; {len(kept)} of 8 replicates kept in {cut}; the same command resumes\n"
    assert (process.returncode, errors) == (130, message)
    assert not (cut / "study.nc").exists()

    subprocess.run([*command, str(cut), "8"], check=True, timeout=300)
    a, b = (json.loads((folder / "summary.json").read_text()) for folder in (whole, cut))
    assert json.dumps(a["metrics"]) == json.dumps(b["metrics"])
    assert not (cut / "replicates").exists()


@pytest.mark.parametrize("seconds", [0.0, 0.15, 0.4, 0.7, 0.9, 1.1, 1.4])
def test_ctrl_c_while_workers_start_is_quiet(tmp_path, seconds):
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    out = tmp_path / "out"
    process = subprocess.Popen(
        [sys.executable, str(script), str(out), "60"],
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=default_interrupt,
    )
    wait_for((out / "replicates").exists)
    time.sleep(0.02 + seconds)
    os.killpg(process.pid, signal.SIGINT)
    start = time.monotonic()
    _, errors = process.communicate(timeout=60)
    # Up to 1 s on an idle machine: the server of workers ends when it has started, which is an import.
    assert time.monotonic() - start < 1 + 3 * import_seconds()
    assert process.returncode == 130
    assert errors.startswith("interrupted; ")
    assert errors.count("\n") == 1, errors
    wait_for(lambda: not running(process.pid), seconds=10)


def test_an_interrupt_that_is_held_back_comes_afterwards(answering):
    seen = []

    def start():
        with _undisturbed():
            signal.raise_signal(signal.SIGINT)
            seen.append("went on")

    with pytest.raises(KeyboardInterrupt):
        start()
    assert seen == ["went on"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_an_interrupt_in_memory_has_nothing_to_keep(small):
    def stop(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as caught:
        experiment.run(small, replicates=3, progress=stop)
    assert caught.type is KeyboardInterrupt


def test_workers_end_with_a_killed_parent(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    process = subprocess.Popen([sys.executable, str(script), str(tmp_path / "out"), "200"], start_new_session=True)
    wait_for(lambda: len(list(tmp_path.glob("out/replicates/*.npz"))) >= 2)
    process.kill()
    process.wait()
    wait_for(lambda: not running(process.pid), seconds=10)


def import_seconds():
    """What it takes now to start Python and import the engine: a busy machine is slower at all that is timed here."""
    start = time.monotonic()
    subprocess.run([sys.executable, "-c", "import sim.experiment.executor"], check=True)
    return time.monotonic() - start


def wait_for(condition, seconds=120):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


def running(group):
    """Processes of a group that are not yet dead, on systems that tell."""
    found = subprocess.run(["ps", "-eo", "pgid=,stat="], capture_output=True, text=True, check=True).stdout
    rows = [line.split() for line in found.splitlines()]
    return [state for pgid, state in rows if int(pgid) == group and not state.startswith("Z")]


def test_flights_that_go_nearly_empty_are_said_of_the_strategy_that_sends_them():
    scenario = load("baseline", set_=["mission.years=2", "workload.jobs=[]"])
    said = experiment.compare(scenario, ["run_to_failure", "replace_on_failure"], 2, workers=1).warnings
    empty = [text for text in said if "a flight carries" in text]
    assert [text.partition(":")[0] for text in empty] == ["replace_on_failure"]
    per_kg = load(
        "baseline",
        set_=["mission.years=2", "workload.jobs=[]", "launch.vehicle.price={kind: per_kg, usd_per_kg: 4000}"],
    )
    assert not any(
        "a flight carries" in t for t in experiment.run(per_kg, strategy="replace_on_failure", workers=1).warnings
    )


def test_a_study_becomes_tables_of_other_libraries(study, tmp_path):
    frame = study.to_dataframe()
    assert frame.index.names == ["strategy", "replicate"]
    assert list(frame.columns) == list(METRICS)
    for strategy in study.strategies:
        told = frame.loc[strategy, "compute_availability"].to_numpy()
        assert (told == study.values(strategy, "compute_availability")).all()
    data = study.to_xarray()
    assert dict(data.sizes) == {
        "strategy": len(study.strategies),
        "replicate": study.replicates,
        "day": study.series["online_fraction"].shape[-1],
    }
    assert data["total_cost_usd"].attrs["units"] == METRICS["total_cost_usd"].unit
    assert (data["online_fraction"].to_numpy() == study.series["online_fraction"]).all()
    assert str(data["day"].to_numpy()[0])[:10] == study.scenario.mission.start.isoformat()
    study.to_csv(tmp_path / "study.csv")
    lines = (tmp_path / "study.csv").read_text().splitlines()
    assert lines[0].startswith("strategy,replicate,")
    assert len(lines) == 1 + len(study.strategies) * study.replicates
    with pytest.raises(InputError, match=r"nowhere.*cannot be written"):
        study.to_csv(tmp_path / "nowhere" / "study.csv")


def test_what_is_shown_in_a_notebook_is_short(small, study):
    result = study.result(study.strategies[0])
    for one in (small, result, study):
        assert len(repr(one)) < 250
        assert small.name in repr(one)
        assert small.name in one._repr_html_()
    assert str(small) == repr(small)
    assert "<script>" not in small.model_copy(update={"notes": "<script>"})._repr_html_()


@pytest.mark.parametrize("name", ["", " ", "a\0b:C", "\ud800:C", ".x:C", ":", "os:", "a:b:c"])
def test_odd_names_of_strategies_are_refused(small, name):
    for call in (experiment.replicate, experiment.run):
        with pytest.raises(InputError, match="strateg"):
            call(small, strategy=name)
