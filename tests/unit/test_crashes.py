"""Ends that nobody wished for: a signal to all processes, a full disk.  What is finished stays, no worker does."""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sim import experiment
from sim.scenario import load

STRATEGY, REPLICATES, SEED = "replace_on_failure", 12, 7
SETTING = "mission.years=0.5"
COMMAND = [sys.executable, "-m", "sim", "run", "suncatcher_81", "--set", SETTING, "--strategy", STRATEGY]
COMMAND += ["--replicates", str(REPLICATES), "--seed", str(SEED)]


@pytest.fixture(scope="module")
def scenario():
    return load("suncatcher_81", set_=[SETTING])


@pytest.fixture(scope="module")
def whole(scenario, tmp_path_factory):
    """The folder of the study that nothing disturbs."""
    out = tmp_path_factory.mktemp("whole") / "out"
    resume(scenario, out)
    return out


def resume(scenario, out):
    """What is done where it begins."""
    done = []
    experiment.run(
        scenario,
        strategy=STRATEGY,
        replicates=REPLICATES,
        seed=SEED,
        workers=1,
        out=out,
        progress=lambda count, total: done.append(count),
    )
    return done[0]


def assert_same(folder, other):
    """The same study, byte for byte; how it was made may differ."""
    assert sorted(os.listdir(folder)) == sorted(os.listdir(other))
    assert (folder / "study.nc").read_bytes() == (other / "study.nc").read_bytes()
    one, two = (json.loads((path / "summary.json").read_text()) for path in (folder, other))
    assert {**one, "provenance": None, "out": None} == {**two, "provenance": None, "out": None}


def finished_in(folder: Path) -> list[Path]:
    return [path for path in folder.glob("replicates/*.npz") if not path.name.startswith(".")]


def wait_for(condition, seconds=300):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def alive(group: int) -> bool:
    """Whether a process of the group is left that has not ended."""
    found = subprocess.run(["ps", "-eo", "pgid=,stat="], capture_output=True, text=True, check=True).stdout
    return any(int(pgid) == group and state[0] != "Z" for pgid, state in map(str.split, found.splitlines()))


def heeding():
    """Heed the signals, whatever this process inherited: under `nohup` they are ignored."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_to_all_processes_is_answered_once_and_leaves_none(scenario, whole, tmp_path, number):
    """As a terminal that closes, or a batch system at the end of the time, sends it: to the workers too."""
    out = tmp_path / "out"
    process = subprocess.Popen(
        [*COMMAND, "--workers", "2", "--out", str(out)],
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=heeding,
    )
    wait_for(lambda: len(finished_in(out)) >= 2)
    os.killpg(process.pid, number)
    _, message = process.communicate(timeout=300)
    kept = len(finished_in(out))
    assert message == (
        f"orbitfleet: interrupted; {kept} of {REPLICATES} replicates kept in {out}; the same command resumes\n"
    )
    assert process.returncode == 130
    wait_for(lambda: not alive(process.pid))
    assert sorted(os.listdir(out)) == ["provenance.json", "replicates", "scenario.yaml"]
    assert resume(scenario, out) == kept
    assert_same(out, whole)


def test_a_signal_that_is_ignored_stays_ignored(tmp_path):
    """`nohup orbitfleet run ...` goes on when the terminal closes."""

    def nohup():
        heeding()
        signal.signal(signal.SIGHUP, signal.SIG_IGN)

    out = tmp_path / "out"
    process = subprocess.Popen(
        [*COMMAND, "--workers", "1", "--json", "--out", str(out)],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=nohup,
    )
    wait_for(lambda: len(finished_in(out)) >= 1)
    os.killpg(process.pid, signal.SIGHUP)
    found, _ = process.communicate(timeout=300)
    assert process.returncode == 0
    assert json.loads(found)["replicates"] == REPLICATES


def small_disk(folder: Path, kilobytes: int) -> list[str]:
    """What to put before a command so that it finds a small disk at `folder`, if this system lets us have one."""
    mount = f'mount -t tmpfs -o size={kilobytes}k none "{folder}" && exec "$@"'
    ours = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", mount, "sh"]
    tried = shutil.which("unshare") and subprocess.run([*ours, "true"], capture_output=True, check=False)
    return ours if tried and tried.returncode == 0 else []


FILL = f"""
import json, os, shutil, sys
import sim
from sim import experiment
from sim.scenario import load

out, disk, kept_at, room = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
if room:  # as on a disk that others fill meanwhile
    with open(os.path.join(disk, "others"), "wb") as file:
        file.write(bytes(max(0, shutil.disk_usage(disk).free - room)))
try:
    experiment.run(load("suncatcher_81", set_=["{SETTING}"]), strategy="{STRATEGY}", replicates={REPLICATES},
                   seed={SEED}, out=out, workers=int(sys.argv[5]))
except sim.InputError as error:
    print(error)
    shutil.copytree(out, kept_at)  # the disk goes with this process
    sys.exit(3)
"""


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("what", ["replicates", "study"])
def test_a_full_disk_is_said_and_what_is_finished_stays(scenario, whole, tmp_path, what, workers):
    """It is full after some replicates, or when the study's file is written beside all of them."""
    disk, kept = tmp_path / "disk", tmp_path / "kept"
    disk.mkdir()
    one = max(path.stat().st_size for path in replicate_files(scenario, tmp_path)) // 4096 * 4 + 4  # kB on this disk
    room = (4 * one if what == "replicates" else REPLICATES * one) + 40
    if not (before := small_disk(disk, 4096)):
        pytest.skip("no mounts in a namespace of its own here: see the test by a limit on file sizes")
    ran = subprocess.run(
        [*before, sys.executable, "-c", FILL, str(disk / "out"), str(disk), str(kept), str(room * 1024), str(workers)],
        stdout=subprocess.PIPE,
        text=True,
        timeout=300,
        check=False,
    )
    assert ran.returncode == 3
    assert str(disk / "out") in ran.stdout
    assert "make room and run the same command again; what is finished is kept" in ran.stdout
    assert ran.stdout.count("\n") == 1
    finished = len(finished_in(kept))
    assert 1 <= finished < REPLICATES if what == "replicates" else finished == REPLICATES
    assert not list(kept.rglob(".orbitfleet-[0-9]*"))
    assert resume(scenario, kept) == finished
    assert_same(kept, whole)


def replicate_files(scenario, folder):
    """Some files of replicates, as the study writes them."""

    def stop(done, total):
        if done >= 3:
            raise KeyboardInterrupt

    out = folder / "few"
    with pytest.raises(KeyboardInterrupt):
        experiment.run(scenario, strategy=STRATEGY, replicates=REPLICATES, seed=SEED, workers=1, out=out, progress=stop)
    return finished_in(out)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_file_that_may_not_grow_is_said_and_what_is_finished_stays(scenario, whole, tmp_path, workers):
    """A limit on file sizes, where no small disk can be had; the study's file is the first that is too large."""
    out = tmp_path / "out"
    most = (whole / "study.nc").stat().st_size * 2 // 3
    ran = subprocess.run(
        [*COMMAND, "--workers", str(workers), "--out", str(out)],
        stderr=subprocess.PIPE,
        text=True,
        timeout=300,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (most, most)),
        check=False,
    )
    assert ran.returncode == 3, ran.stderr
    assert f"{out}: cannot be used as output folder: File too large: make room and run the same command" in ran.stderr
    assert ran.stderr.count("\n") == 1
    assert len(finished_in(out)) == REPLICATES
    assert resume(scenario, out) == REPLICATES
    assert_same(out, whole)
