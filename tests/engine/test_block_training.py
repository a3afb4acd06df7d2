"""Jobs of a fleet in blocks: all that the exact engine knows of them, on the whole fleet or on a part of it."""

import numpy as np
import pytest

from sim.engine import simulate
from sim.engine.block import sample as sampling
from sim.engine.block.deaths import DeathRecorder
from sim.engine.block.sample import Sample
from sim.engine.block.supported import check_supported
from sim.engine.hazards import hazards_of
from sim.environment import Environment
from sim.errors import ScenarioError
from sim.events import NONE, EventKind
from sim.metrics import measure
from sim.scenario import load
from sim.streams import Streams

FLEET = (
    "constellation.shells.0.planes=4",
    "constellation.shells.0.satellites_per_plane=20",
    "satellite.gpus=16",
    "satellite.mass_kg=740",
    "mission.years=2",
    "deployment={kind: in_place}",
    "launch.vehicle.success_probability=1",
    "launch.flights_per_opportunity=20",
)
MODES = ("exact", "block")
REPLICATES = 3


def measured(*settings, scenarios=("baseline",), strategy="scheduled_batch"):
    """Means of every metric in each mode."""
    found = []
    for mode in MODES:
        scenario = load(*scenarios, set_=[*FLEET, *settings, f"simulation.mode={mode}"])
        environment = Environment.build(scenario)
        runs = [measure(simulate(scenario, environment, strategy, 4, one)) for one in range(REPLICATES)]
        found.append({name: np.mean([run[name] for run in runs]) for name in runs[0]})
    return found


ASKED = {
    "paused in eclipses": (("baseline", "overlays/pause"), "workload.jobs.0.gpus=64", "eclipse_gpu_hours"),
    "handed over": (("baseline",), "power.eclipse_policy=migrate", "eclipse_gpu_hours"),
    "slowed": (("baseline",), "power.eclipse_policy=throttle", "throttled_gpu_hours"),
    "sheltered": (("baseline",), "workload.jobs.0.in_passes=pause", "waiting_gpu_hours"),
    "with spares": (("baseline",), "workload.jobs=[{gpus: 32, count: 30, hot_spares: 4}]", "idle_gpu_hours"),
    "ended": (
        ("baseline",),
        "workload.jobs=[{gpus: 64, count: 100, work_gpu_hours: 2e4, arrives_every_days: 5, deadline_days: 25}]",
        "deadlines_met",
    ),
    "kept at home": (
        ("baseline",),
        "workload.jobs=[{gpus: 256, count: 4, checkpoint_to: local, checkpoint_gb: 900}]",
        "lost_gpu_hours",
    ),
    "all or nothing": (("baseline",), "workload.jobs=[{gpus: 128, count: 9, on_loss: wait}]", "waiting_gpu_hours"),
}


@pytest.mark.parametrize("asked", list(ASKED))
def test_jobs_do_in_blocks_what_they_do_in_the_exact_engine(asked):
    scenarios, setting, name = ASKED[asked]
    exact, block = measured(setting, scenarios=scenarios)
    assert exact[name] > 0
    assert block[name] == pytest.approx(exact[name], rel=0.06)
    for one in ("useful_gpu_hours", "restart_gpu_hours", "checkpoint_gpu_hours", "job_interruptions"):
        assert block[one] == pytest.approx(exact[one], rel=0.03), one


def test_inference_gets_what_jobs_leave_on_each_satellite():
    # A job of 14 of 16 GPUs leaves nothing for replicas of four, wherever it is.
    service = "[{name: a, gpus_per_replica: 4, replica_within: satellite, demand: {kind: share, fraction: 1}}]"
    jobs = "workload.jobs=[{gpus: 14, count: 40, within: satellite}]"
    exact, block = measured(jobs, f"workload.inference={service}")
    for name in ("inference_gpu_hours", "useful_gpu_hours", "stranded_gpu_hours", "idle_gpu_hours"):
        assert block[name] == pytest.approx(exact[name], rel=0.02), name
    assert block["idle_gpu_hours"] > 0.05 * block["online_gpu_hours"]


# A part of a fleet

MANY = (
    "constellation.shells.0.planes=24",
    "workload.jobs=[{name: a, gpus: 32, count: 200},{name: b, gpus: 8, count: 60}]",
)
SERVED = "workload.inference=[{name: a, gpus_per_replica: 4, demand: {kind: share, fraction: 1}}]"


@pytest.fixture
def environment():
    return Environment.build(load("baseline", set_=[*FLEET, *MANY, "simulation.mode=block"]))


def test_a_small_fleet_is_followed_whole(environment):
    found = Sample.of(environment, Streams(1, 0))
    assert found.is_whole
    assert found.counts == environment.job_counts
    assert found.number_of.tolist() == list(range(environment.layouts[-1].end_berth))


def test_of_a_large_fleet_some_planes_and_as_many_jobs_are(environment, monkeypatch):
    monkeypatch.setattr(sampling, "MOST_INTERRUPTIONS", 20_000)
    first, second = (Sample.of(environment, Streams(1, one)) for one in range(2))
    slots = np.array([layout.slots for layout in first.layouts])
    assert len(first.planes) == sampling.FEWEST_PLANES
    assert 0 < slots.sum() < 0.6 * sum(layout.slots for layout in environment.layouts)
    assert first.counts[0] / 200 == pytest.approx(slots.sum() / (24 * 20), rel=0.05)
    assert [own * weight for own, weight in zip(first.counts, first.weights, strict=True)] == pytest.approx([200, 60])
    assert first.planes.tolist() != second.planes.tolist()  # chance takes other planes in another replicate
    begin, end = first.stands_for(environment.job_counts)
    assert np.array_equal(np.concatenate([[0], end]), np.append(begin, 260))  # every job, once
    numbers = first.number_of[first.number_of != NONE]
    assert numbers.tolist() == list(range(slots.sum()))


def test_a_part_stands_for_the_whole(environment, monkeypatch):
    scenario = load("baseline", set_=[*FLEET, *MANY, SERVED, "simulation.mode=block"])
    environment, found = Environment.build(scenario), []
    for most in (10**9, 30_000):
        monkeypatch.setattr(sampling, "MOST_INTERRUPTIONS", most)
        found.append([measure(simulate(scenario, environment, "scheduled_batch", 2, one)) for one in range(4)])
    for name, most in {
        "useful_gpu_hours": 0.01,
        "inference_gpu_hours": 0.03,
        "lost_gpu_hours": 0.05,
        "restart_gpu_hours": 0.05,
        "job_interruptions": 0.03,
        "idle_gpu_hours": 0.03,
    }.items():
        whole, part = (np.mean([run[name] for run in runs]) for runs in found)
        assert part == pytest.approx(whole, rel=most), name
    whole, part = (runs[0] for runs in found)
    assert part["jobs_never_started"] == whole["jobs_never_started"]
    assert part["useful_gpu_hours"] != whole["useful_gpu_hours"]


def test_jobs_that_arrive_one_by_one_come_less_often_to_a_part(environment, monkeypatch):
    monkeypatch.setattr(sampling, "MOST_INTERRUPTIONS", 3_000)
    jobs = "workload.jobs=[{gpus: 32, count: 400, work_gpu_hours: 5e4, arrives_every_days: 1}]"
    environment = Environment.build(load("baseline", set_=[*FLEET, *MANY, jobs, "simulation.mode=block"]))
    found = Sample.of(environment, Streams(1, 0))
    assert not found.is_whole
    assert found.jobs[0].arrives_every_days == pytest.approx(found.weights[0])


def test_every_job_has_its_own_beginning(environment, monkeypatch):
    monkeypatch.setattr(sampling, "MOST_INTERRUPTIONS", 20_000)
    log = simulate(environment.scenario, environment, "run_to_failure", 1, 0).events
    arrived = log.where(EventKind.JOB_ARRIVED)
    assert sorted(arrived.job.tolist()) == list(range(260))
    assert set(arrived.amount[arrived.job < 200]) == {32}
    assert log.count(EventKind.JOB_INTERRUPTED) == 0  # told by their number
    assert set(log.job[log.of(EventKind.COMMITTED)]) < set(range(260))


def test_what_one_failure_takes_dies_together(environment):
    hazards = [one for one in hazards_of(environment.scenario) if one.span]
    single, host = (next(i for i, one in enumerate(hazards) if one.span == span) for span in (1, 4))
    recorder = DeathRecorder(Sample.of(environment, Streams(1, 0)), hazards)
    slots = np.array([3, 3, 3, 3, 3, 3, 7])
    recorder.add(5, slots, slots + 100, np.array([host] * 6 + [single]))
    recorder.add(6, np.array([3, 3]), np.array([103, 103]), np.array([single, single]))
    found = recorder.dated(10.0, 1000.0, Streams(1, 0))
    told = sorted(zip(found.slot.tolist(), (found.day // 10).tolist(), found.gpus.tolist(), strict=True))
    assert told == [(3, 5, 2), (3, 5, 4), (3, 6, 1), (3, 6, 1), (7, 5, 1)]
    assert found.satellite.tolist() == (found.slot + 100).tolist()


def test_a_plane_that_holds_few_jobs_is_followed_whole(environment, monkeypatch):
    # Two and a half jobs of 128 GPUs in a plane of 320: what is left over decides how they are packed.
    jobs = "workload.jobs=[{gpus: 128, count: 80}]"
    environment = Environment.build(load("baseline", set_=[*FLEET, *MANY, jobs, "simulation.mode=block"]))
    found = []
    for most in (10**9, 8_000):
        monkeypatch.setattr(sampling, "MOST_INTERRUPTIONS", most)
        one = Sample.of(environment, Streams(1, 0))
        assert {layout.slots for layout in one.layouts} <= {0, 20}
        runs = [simulate(environment.scenario, environment, "run_to_failure", 1, number) for number in range(3)]
        found.append([measure(run) for run in runs])
    assert not one.is_whole
    for name in ("useful_gpu_hours", "waiting_gpu_hours", "effective_training_time_ratio"):
        whole, part = (np.mean([run[name] for run in runs]) for runs in found)
        assert part == pytest.approx(whole, rel=0.08), name


def test_of_a_plane_that_holds_many_jobs_whole_jobs_are_left_out():
    slots = np.full(4, 1000, np.intp)
    found = sampling._slots(slots, share=0.1, useful=4000, largest=37.5, start=0.5)
    assert (found[found > 0] >= 100).all()
    left_out = (1000 - found[found > 0]) / 37.5
    assert left_out == pytest.approx(np.rint(left_out), abs=0.02)


def test_satellites_whose_gpus_all_die_soon_are_followed_whole():
    settings = ("mission.years=2", "reliability.gpu.constant_per_year=40", "workload.jobs=[{gpus: 4, count: fill}]")
    scenario = load("baseline", set_=[*FLEET, "constellation.shells.0.planes=1", *settings, "simulation.mode=block"])
    assert Sample.of(Environment.build(scenario), Streams(1, 0)).is_whole


def test_what_a_part_writes_of_sizes_are_sizes(environment, monkeypatch):
    monkeypatch.setattr(sampling, "MOST_INTERRUPTIONS", 20_000)
    log = simulate(environment.scenario, environment, "run_to_failure", 1, 0).events
    sizes = log.where(EventKind.RESIZED).amount
    assert len(sizes) > 0
    assert set(sizes) <= set(range(1, 33))


def test_jobs_that_lie_over_planes_are_refused_and_others_are_not():
    for scenarios, gpus in ((("baseline", "overlays/cross_plane"), 700), (("baseline",), 2000)):
        scenario = load(*scenarios, set_=[f"workload.jobs=[{{gpus: {gpus}, count: 1}}]"])
        check_supported(scenario, scenario.strategy_named("batch"), "batch")
    scenario = load("baseline", "overlays/cross_plane", set_=["workload.jobs=[{gpus: 2000, count: 1}]"])
    with pytest.raises(ScenarioError, match=r"workload.jobs.0.gpus"):
        check_supported(scenario, scenario.strategy_named("batch"), "batch")
