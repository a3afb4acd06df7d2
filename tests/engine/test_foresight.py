"""Passes and storms that are known beforehand: the windows that a gang chooses, and what that is worth."""

import numpy as np
import pytest

from sim.engine.foresight import Outlook, _split, _Threats, _without, pass_times
from sim.environment import Environment
from sim.metrics import measure, waterfall
from sim.scenario import load


def outlook(starts, ends):
    return Outlook(np.array(starts, float), np.array(ends, float), np.full(len(starts), 5.0), 0.0)


@pytest.mark.parametrize("seed", range(40))
def test_windows_less_threats_are_what_a_look_at_every_moment_says(seed):
    stream = np.random.default_rng(seed)
    edges = np.sort(stream.choice(np.arange(1, 400), 12, replace=False)).astype(float)
    given = outlook(edges[::2], edges[1::2])
    begin = np.sort(stream.uniform(0, 400, 6))
    end = begin + stream.uniform(1, 60, 6)
    found = _without(given, _Threats(begin, end, np.zeros(6)), 1.0)
    at = np.arange(0, 460, 0.0371)

    def inside(starts, ends):
        return ((at[:, None] >= starts) & (at[:, None] < ends)).any(axis=1)

    assert np.array_equal(inside(found.starts, found.ends), inside(given.starts, given.ends) & ~inside(begin, end))
    assert np.all(found.ends > found.starts)
    assert np.all(found.starts[1:] >= found.ends[:-1])
    assert found.sheltered_days == pytest.approx((given.ends - given.starts).sum() - (found.ends - found.starts).sum())
    # It resumes where a threat ended, and restarts where a window of its own begins.
    assert np.array_equal(found.restarts == 1.0, np.isin(found.starts, end) & ~np.isin(found.starts, given.starts))


def test_a_checkpoint_as_a_threat_begins_needs_no_restart():
    found = _split(outlook([0, 10], [8, 20]), np.array([4.0, 9.0, 10.0, 15.0]))
    assert found.starts.tolist() == [0, 4, 10, 15]
    assert found.ends.tolist() == [4, 8, 15, 20]
    assert found.restarts.tolist() == [5, 0, 5, 0]


@pytest.fixture(scope="module")
def environment():
    return Environment.build(load("suncatcher_81", set_=["mission.years=0.2"]))


def test_passes_hold_nearly_all_of_the_dose(environment):
    passes = environment.gangs.passes(0)
    phase = float(environment.planes[0].phases_rad[0])
    begin, end, dose = pass_times(passes, phase, 0.0, 60.0)
    assert 5 < len(begin) / 60 < 12  # about seven a day at 650 km
    assert np.all(end > begin)
    assert np.all(begin[1:] > end[:-1])
    assert 5 < ((end - begin) * 1440).mean() < 30
    days = np.linspace(0, 60, 200_001)
    total = passes.dose(np.array([phase]), days)[0]
    within = (np.interp(end, days, total) - np.interp(begin, days, total)).sum() / total[-1]
    assert within > 0.95
    assert within == pytest.approx(0.98 * dose.sum() / total[-1], abs=0.01)


RULES = ("compute", "checkpoint", "pause", "best")


@pytest.fixture(scope="module")
def shares():
    """Share of the GPU-hours alive that become useful, and interruptions, by size of the gangs, rule and replicate."""
    from sim.engine import simulate

    found = {}
    for gpus, count in ((36, 20), (1296, 2)):
        for rule in RULES:
            job = f"[{{gpus: {gpus}, count: {count}, in_passes: {rule}, restart_min: 10}}]"
            scenario = load("suncatcher_81", set_=["mission.years=0.5", f"workload.jobs={job}"])
            built = Environment.build(scenario)
            for replicate in range(3):
                metrics = measure(simulate(scenario, built, "run_to_failure", 7, replicate))
                gangs = metrics["online_gpu_hours"] - metrics["idle_gpu_hours"]
                found[gpus, rule, replicate] = metrics["useful_gpu_hours"] / gangs, metrics, waterfall(metrics)
    return found


def mean(shares, gpus, rule):
    return np.mean([shares[gpus, rule, replicate][0] for replicate in range(3)])


def test_a_large_gang_gains_by_a_pause_and_a_small_one_loses(shares):
    assert mean(shares, 1296, "pause") > mean(shares, 1296, "compute") + 0.03
    assert mean(shares, 36, "pause") < mean(shares, 36, "compute") - 0.02
    # In the same replicate, so that chance is the same.
    for gpus in (36, 1296):
        best = mean(shares, gpus, "best")
        assert best > max(mean(shares, gpus, rule) for rule in RULES) - 0.003


def test_a_pause_is_neither_dark_nor_interrupted(shares):
    _, run, through = shares[1296, "compute", 0]
    _, paused, still = shares[1296, "pause", 0]
    assert paused["job_interruptions"] < 0.5 * run["job_interruptions"]
    assert still["waiting"] > through["waiting"] + 0.02 * paused["online_gpu_hours"]
    assert still["eclipse"] == pytest.approx(through["eclipse"], abs=1e-6 * paused["online_gpu_hours"])
    for metrics, classes in ((run, through), (paused, still)):
        assert sum(classes.values()) == pytest.approx(metrics["online_gpu_hours"])


def test_a_checkpoint_before_a_pass_rolls_back_less(shares):
    lost = {rule: np.sum([shares[1296, rule, n][1]["lost_gpu_hours"] for n in range(3)]) for rule in RULES}
    assert lost["checkpoint"] < lost["compute"]


def test_a_gang_waits_for_the_end_of_a_storm(fleet, checked_run):
    from sim.events import Cause, EventKind

    scenario = fleet(
        slots=2,
        gpus=4,
        days=1500,
        start="2022-01-01",
        shell={"altitude_km": 650},
        radiation={"effects": {}, "solar_protons": True},
        jobs=[{"gpus": 8, "in_storms": "pause", "restart_min": 0}],
    )
    log = checked_run(scenario, seed=2).events
    storms = log.where(EventKind.STORM).time_days
    assert len(storms) > 3
    waits = log.amount[(log.kind == EventKind.PAUSED) & (log.cause == Cause.SHELTER)].sum() / 8 / 24
    assert 2.5 * 0.5 * len(storms) < waits < 4 * len(storms)
