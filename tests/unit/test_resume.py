"""A run that is killed, and two runs on one folder: nothing finished is lost, nothing is simulated twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import sim
import sim.engine
from sim import experiment
from sim.experiment.folder import LOCK

STRATEGIES, REPLICATES, SEED = ["run_to_failure", "replace_on_failure"], 10, 7
SETTINGS = ["mission.years=0.5"]
SCRIPT = f"""
import os, signal, sys, time
from pathlib import Path
import sim
from sim import experiment

out, workers, act = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]

def progress(done, total):
    if act == "die" and done >= 0.9 * total:
        os.kill(os.getpid(), signal.SIGKILL)
    if act == "wait" and done >= 1:
        out.with_name("started").touch()
        while not out.with_name("go").exists():
            time.sleep(0.01)

try:
    experiment.compare(sim.load("suncatcher_81", set_={SETTINGS}), {STRATEGIES}, {REPLICATES}, {SEED}, out=out,
                       workers=workers, progress=progress)
except sim.InputError as error:
    print(error, file=sys.stderr)
    sys.exit(3)
"""


@pytest.fixture(scope="module")
def whole():
    """The study as it is when nothing disturbs it."""
    scenario = sim.load("suncatcher_81", set_=SETTINGS)
    return scenario, experiment.compare(scenario, STRATEGIES, REPLICATES, SEED, workers=1)


def start(script_folder: Path, out: Path, workers: int, act: str) -> subprocess.Popen[str]:
    script = script_folder / "script.py"
    script.write_text(SCRIPT)
    command = [sys.executable, str(script), str(out), str(workers), act]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True)


def wait_for(condition, seconds=120):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def alive(group: int) -> bool:
    """Whether a process of the group is left that has not ended."""
    found = subprocess.run(["ps", "-eo", "pgid=,stat="], capture_output=True, text=True, check=True).stdout
    return any(int(pgid) == group and state[0] != "Z" for pgid, state in map(str.split, found.splitlines()))


@pytest.mark.parametrize("workers", [1, 2])
def test_a_comparison_killed_at_nine_tenths_resumes_with_all_that_was_finished(whole, tmp_path, monkeypatch, workers):
    scenario, undisturbed = whole
    out = tmp_path / "out"
    process = start(tmp_path, out, workers, "die")
    process.communicate(timeout=300)
    assert process.returncode == -signal.SIGKILL
    wait_for(lambda: not alive(process.pid), seconds=20)
    finished = [path for path in out.glob("replicates/*.npz") if not path.name.startswith(".")]
    total = len(STRATEGIES) * REPLICATES
    assert 0.9 * total <= len(finished) <= total
    assert not (out / "study.nc").exists()

    simulated, simulate = [], sim.engine.simulate
    monkeypatch.setattr(sim.engine, "simulate", lambda *task: simulated.append(task[2:]) or simulate(*task))
    resumed = experiment.compare(scenario, STRATEGIES, REPLICATES, SEED, out=out, workers=1)
    assert len(simulated) == total - len(finished)
    assert {**resumed.to_json(), "out": None} == undisturbed.to_json()
    assert sorted(os.listdir(out)) == ["provenance.json", "scenario.yaml", "study.nc", "summary.json"]


def test_a_second_run_on_a_folder_is_refused_and_does_the_first_no_harm(whole, tmp_path):
    scenario, undisturbed = whole
    out = tmp_path / "out"
    first = start(tmp_path, out, 1, "wait")
    wait_for((tmp_path / "started").exists)
    before = sorted(path for path in out.rglob("*") if path.name != LOCK)
    _, message = start(tmp_path, out, 1, "run").communicate(timeout=120)
    assert f"{out}: another run is at work in this folder; wait for it, or choose --out" in message
    with pytest.raises(sim.InputError, match="another run is at work"):
        experiment.run(scenario, seed=99, out=out, force=True)
    assert sorted(path for path in out.rglob("*") if path.name != LOCK) == before
    (tmp_path / "go").touch()
    _, message = first.communicate(timeout=300)
    assert (first.returncode, message) == (0, "")
    assert {**experiment.load_study(out).to_json(), "out": None} == undisturbed.to_json()


def test_runs_that_begin_together_make_one_study(whole, tmp_path):
    _, undisturbed = whole
    out = tmp_path / "out"
    processes = [start(tmp_path, out, 1, "run") for _ in range(3)]
    codes = []
    for process in processes:
        _, message = process.communicate(timeout=300)
        codes.append(process.returncode)
        assert process.returncode == 0 or "another run is at work" in message
    assert 0 in codes
    assert {**experiment.load_study(out).to_json(), "out": None} == undisturbed.to_json()
    assert not [name for name in os.listdir(out) if name.startswith(".")]
