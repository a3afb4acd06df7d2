"""A study on a Dask cluster: a real scheduler and real workers, on the loopback of this machine."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from command_line import orbitfleet

import sim
from sim import experiment
from sim.experiment import parcel

pytest.importorskip("distributed")

STRATEGIES, REPLICATES, SEED = ["run_to_failure", "replace_on_failure"], 8, 7
SETTINGS = ["mission.years=0.5", "workload.jobs.0.count=2"]


class DaskCluster:
    """A scheduler, and workers of one thread each."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.processes: list[subprocess.Popen[bytes]] = []
        there = folder / "scheduler.json"
        self.scheduler = self._start(
            "scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(there)
        )
        wait_for(lambda: there.exists() and there.read_text().endswith("}"))  # it is there before it is written
        self.address: str = json.loads(there.read_text())["address"]

    def worker(self, path: str | None = None) -> subprocess.Popen[bytes]:
        """Start a worker, whose Python looks for modules in `path`."""
        options = ("--nthreads", "1", "--no-nanny", "--no-dashboard", "--memory-limit", "0", "--host", "127.0.0.1")
        return self._start("worker", self.address, *options, path=path)

    def _start(self, what: str, *arguments: str, path: str | None = None) -> subprocess.Popen[bytes]:
        ours = os.pathsep.join([str(Path(sim.__file__).parent.parent), os.environ.get("PYTHONPATH", "")])
        with (self.folder / f"{what}-{len(self.processes)}.log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", f"distributed.cli.dask_{what}", *arguments],
                stdout=log,
                stderr=log,
                cwd=self.folder,
                env={**os.environ, "PYTHONPATH": ours if path is None else path, "OMP_NUM_THREADS": "1"},
            )
        self.processes.append(process)
        return process

    def end(self) -> None:
        for process in reversed(self.processes):
            process.kill()
            process.wait()


@contextmanager
def dask_cluster(folder: Path, workers: int) -> Iterator[DaskCluster]:
    made = DaskCluster(folder)
    try:
        for _ in range(workers):
            made.worker()
        yield made
    finally:
        made.end()


@pytest.fixture(scope="module")
def two_workers(tmp_path_factory):
    with dask_cluster(tmp_path_factory.mktemp("cluster"), 2) as made:
        yield made


@pytest.fixture(scope="module")
def scenario():
    return sim.load("suncatcher_81", set_=SETTINGS)


@pytest.fixture(scope="module")
def serial(scenario, tmp_path_factory):
    """The folder of the study as one process makes it."""
    out = tmp_path_factory.mktemp("serial") / "out"
    compare(scenario, out, workers=1)
    return out


def compare(scenario, out, **more):
    return experiment.compare(scenario, STRATEGIES, REPLICATES, SEED, out=out, **more)


def wait_for(condition: Callable[[], bool], seconds: float = 300) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def assert_same(folder: Path, other: Path) -> None:
    """The same study, byte for byte; how it was made may differ."""
    assert sorted(os.listdir(folder)) == sorted(os.listdir(other))
    assert (folder / "study.nc").read_bytes() == (other / "study.nc").read_bytes()
    one, two = (json.loads((path / "summary.json").read_text()) for path in (folder, other))
    assert {**one, "provenance": None, "out": None} == {**two, "provenance": None, "out": None}


def test_a_cluster_makes_the_same_bytes(scenario, serial, two_workers, tmp_path):
    with experiment.on_cluster(two_workers.address) as executor:
        study = compare(scenario, tmp_path / "out", executor=executor)
        again = experiment.compare(scenario, STRATEGIES, REPLICATES, SEED, executor=executor)  # in memory
    assert_same(tmp_path / "out", serial)
    assert {**study.to_json(), "out": None} == again.to_json()


def test_draws_of_beliefs_on_a_cluster_are_those_made_here(scenario, two_workers, tmp_path):
    drawn = {"draws": 2, "beliefs": {"reliability.bus.constant_per_year": {"low": 0.01, "high": 0.3}}}
    here = experiment.compare(scenario, STRATEGIES, 2, SEED, out=tmp_path / "here", workers=1, **drawn)
    with experiment.on_cluster(two_workers.address) as executor:
        there = experiment.compare(scenario, STRATEGIES, 2, SEED, out=tmp_path / "there", executor=executor, **drawn)
    assert_same(tmp_path / "here", tmp_path / "there")
    for name in STRATEGIES:
        assert np.array_equal(here.over_beliefs.metrics[name], there.over_beliefs.metrics[name], equal_nan=True)


def test_the_manual_s_lines_run(two_workers, tmp_path, monkeypatch, capsys):
    manual = (Path(__file__).parents[2] / "docs" / "clusters.md").read_text()
    [code, slurm] = re.findall(r"```python\n(.*?)```", manual, flags=re.DOTALL)
    monkeypatch.chdir(tmp_path)
    exec(code.replace("tcp://10.0.0.1:8786", two_workers.address), {})
    assert "scheduled_batch" in capsys.readouterr().out
    assert (tmp_path / "results" / "far" / "study.nc").exists()
    compile(slurm, "slurm", "exec")


def test_a_job_is_shipped_once_and_a_chunk_brings_only_its_tasks(scenario, two_workers, tmp_path, monkeypatch):
    submitted = []
    with experiment.on_cluster(two_workers.address) as executor:
        submit = executor._client.submit
        monkeypatch.setattr(executor._client, "submit", lambda *a, **k: submitted.append(a) or submit(*a, **k))
        compare(scenario, tmp_path / "out", executor=executor)
    jobs = [arguments for function, *arguments in submitted if function is bytes]
    chunks = [arguments[1] for function, *arguments in submitted if function is eval]
    assert len(jobs) == 1 < len(chunks)
    assert len(jobs) + len(chunks) == len(submitted)
    for chunk in chunks:
        assert set(chunk) == {"parcel", "chunk"}
        assert not isinstance(chunk["parcel"], bytes)
        assert len(chunk["chunk"]) < 1000 < len(jobs[0][0])


def test_killed_workers_lose_and_double_nothing_and_a_late_one_joins(scenario, serial, tmp_path):
    """Of two workers one is killed at work, then the other: the job is shipped to a third that came meanwhile."""
    seen: list[int] = []
    with dask_cluster(tmp_path, 2) as made, experiment.on_cluster(made.address) as executor:
        _, first, second = made.processes

        def there(number: int) -> bool:
            return len(executor._client.nthreads()) == number

        def progress(done: int, total: int) -> None:
            seen.append(done)
            if done >= 2 and first.poll() is None:
                first.kill()
                first.wait()
                wait_for(lambda: there(1))
                made.worker()
                wait_for(lambda: there(2))
                second.kill()
                second.wait()

        wait_for(lambda: there(2))
        compare(scenario, tmp_path / "out", executor=executor, progress=progress)
    assert first.returncode == second.returncode == -signal.SIGKILL
    assert seen == sorted(set(seen))
    assert seen[-1] == len(STRATEGIES) * REPLICATES
    assert_same(tmp_path / "out", serial)


def test_a_lost_scheduler_is_said_and_the_same_command_resumes(scenario, serial, tmp_path):
    out = tmp_path / "out"
    with dask_cluster(tmp_path, 1) as made:

        def progress(done: int, total: int) -> None:
            if done >= 2:
                made.scheduler.kill()

        with (
            pytest.raises(sim.InputError, match=r"connection to the cluster's scheduler is lost; finished .* resumes"),
            experiment.on_cluster(made.address) as executor,
        ):
            compare(scenario, out, executor=executor, progress=progress)
    kept = len(os.listdir(out / "replicates"))
    assert 2 <= kept < len(STRATEGIES) * REPLICATES
    first = []
    compare(scenario, out, workers=1, progress=lambda done, total: first.append(done))
    assert first[0] == kept
    assert_same(out, serial)


def test_ctrl_c_keeps_what_has_come_and_leaves_the_cluster_idle(scenario, two_workers, tmp_path):
    def progress(done: int, total: int) -> None:
        if done >= 2:
            raise KeyboardInterrupt

    with experiment.on_cluster(two_workers.address) as executor:
        with pytest.raises(experiment.StudyInterrupted, match="of 16 replicates kept"):
            compare(scenario, tmp_path / "out", executor=executor, progress=progress)
        wait_for(lambda: not any(executor._client.processing().values()))


def enter(address: str) -> None:
    with experiment.on_cluster(address, timeout=0.5):
        pass


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:{port}", "127.0.0.1:{port}"])
def test_a_scheduler_that_is_not_there_is_said_in_one_sentence(address, tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        where = address.format(port=free.getsockname()[1])  # bound, and nobody listens
        with pytest.raises(sim.InputError, match=r"no Dask scheduler answers within 0\.5 s"):
            enter(where)


def test_a_server_that_is_no_scheduler_is_said_in_one_sentence():
    with socket.create_server(("127.0.0.1", 0)) as other:
        where = f"tcp://127.0.0.1:{other.getsockname()[1]}"
        with pytest.raises(sim.InputError, match="no Dask scheduler answers"):
            enter(where)


@pytest.mark.parametrize("address", ["here", "tcp://127.0.0.1", "bar://127.0.0.1:9", "tcp://127.0.0.1:port"])
def test_what_is_no_address_is_said_in_one_sentence(address):
    with pytest.raises(sim.InputError, match=f"{address}: not an address, such as tcp://10.0.0.1:8786"):
        enter(address)


def test_without_the_extra_one_is_told_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "distributed", None)
    line = ["run", "suncatcher_81", "--cluster", "tcp://127.0.0.1:8786", "--out", tmp_path / "out"]
    _, message = orbitfleet(*line, code=3)
    assert message == (
        "orbitfleet: a cluster needs Dask's package distributed, which is not installed: pip install distributed\n"
    )
    assert not (tmp_path / "out").exists()


def test_a_worker_without_this_program_is_refused_and_lives_on(scenario, tmp_path):
    """The function of a task that a worker cannot import would end it, with all that it holds."""
    with dask_cluster(tmp_path, 0) as made:
        (tmp_path / "sim.py").write_text("raise ModuleNotFoundError(\"No module named 'sim'\")")
        worker = made.worker(path=str(tmp_path))
        wanted = "a worker of the cluster lacks orbitfleet, or has another version"
        with experiment.on_cluster(made.address) as executor, pytest.raises(sim.InputError, match=wanted):
            compare(scenario, tmp_path / "out", executor=executor)
        assert worker.poll() is None


def test_a_worker_with_other_code_is_refused(scenario, two_workers, tmp_path, monkeypatch):
    monkeypatch.setattr(parcel, "made_by", lambda: {"numpy": "1.0", "the code of orbitfleet": "12345678"})
    wanted = r"the worker on .* has numpy 2.* instead of 1.0, the code of orbitfleet [0-9a-f]{8} instead of 12345678: "
    with experiment.on_cluster(two_workers.address) as executor, pytest.raises(sim.InputError, match=wanted):
        compare(scenario, tmp_path / "out", executor=executor)


OWN = """from sim.strategies import RunToFailure
{imports}

class Mine(RunToFailure):
    kind: str = "own:Mine"

    def decide(self, fleet):
        return {decision}
"""


def test_a_strategy_of_ones_own_is_shipped_as_it_is_now(scenario, two_workers, tmp_path, monkeypatch):
    """Its file is on no worker; when it has changed, a worker that had the one before takes the new one."""
    monkeypatch.syspath_prepend(tmp_path)
    found = {}
    for number, decision in enumerate(["[]", "[1 / 0]"]):
        monkeypatch.delitem(sys.modules, "own_on_cluster", raising=False)
        (tmp_path / "own_on_cluster.py").write_text(OWN.format(imports="", decision=decision))
        with experiment.on_cluster(two_workers.address) as executor:
            try:
                run = experiment.run(
                    scenario, strategy="own_on_cluster:Mine", replicates=4, seed=SEED, executor=executor
                )
                found[number] = run.values("own_on_cluster:Mine", "useful_gpu_hours").tolist()
            except sim.InputError as error:
                found[number] = str(error)
    idle = experiment.run(scenario, strategy="run_to_failure", replicates=4, seed=SEED, workers=1)
    assert found[0] == idle.values("run_to_failure", "useful_gpu_hours").tolist()
    assert "ZeroDivisionError" in found[1]


def test_a_strategy_that_needs_what_workers_lack_is_refused(scenario, two_workers, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "only_here.py").write_text("")
    (tmp_path / "own_with_more.py").write_text(OWN.format(imports="import only_here", decision="[]"))
    wanted = r"own_with_more cannot be loaded by the worker on .*'only_here'"
    with experiment.on_cluster(two_workers.address) as executor, pytest.raises(sim.InputError, match=wanted):
        experiment.run(scenario, strategy="own_with_more:Mine", replicates=4, executor=executor)


def test_a_strategy_of_a_script_is_refused(scenario, two_workers, monkeypatch):
    class Mine(sim.BUILT_IN["run_to_failure"]):
        kind: str = "mine"

    Mine.__module__ = "__main__"
    changed = scenario.model_copy(update={"strategies": {"mine": Mine(kind="mine")}})
    monkeypatch.setattr(sys.modules["__main__"], "Mine", Mine, raising=False)
    Mine.__qualname__ = "Mine"
    wanted = r"defined in a script or notebook cannot be sent .* module:Class"
    with experiment.on_cluster(two_workers.address) as executor, pytest.raises(sim.InputError, match=wanted):
        experiment.run(changed, strategy="mine", replicates=4, executor=executor)


def test_replicates_over_which_workers_die_are_given_up(scenario, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES", "0")
    (tmp_path / "own_that_ends.py").write_text(OWN.format(imports="import os", decision="os._exit(1)"))
    wanted = "workers of the cluster died again and again over the same replicates"
    with (
        dask_cluster(tmp_path, 1) as made,
        experiment.on_cluster(made.address) as executor,
        pytest.raises(sim.InputError, match=wanted),
    ):
        experiment.run(scenario, strategy="own_that_ends:Mine", replicates=4, executor=executor)


def test_the_command_line_simulates_on_a_cluster(two_workers, tmp_path, monkeypatch):
    monkeypatch.setattr("sim.cli.output.draw", lambda *_: ["a.png"])
    line = ["run", "suncatcher_81", "--years", "0.2", "--replicates", "2", "--json"]
    far = json.loads(orbitfleet(*line, "--cluster", two_workers.address, "--out", tmp_path / "far")[0])
    near = json.loads(orbitfleet(*line, "--workers", "1", "--out", tmp_path / "near")[0])
    assert far["metrics"] == near["metrics"]
    assert_same(tmp_path / "far", tmp_path / "near")
