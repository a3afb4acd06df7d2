"""Jobs that fill the fleet: how many fit, as the engine places them, and what is said where none does."""

import numpy as np
import pytest

from sim.description import describe, facts
from sim.environment import Environment
from sim.environment.filling import best_fit
from sim.errors import ScenarioError
from sim.events import EventKind
from sim.scenario import load, resolved_yaml
from sim.workloads import Rooms


@pytest.mark.parametrize("seed", range(20))
def test_gangs_are_placed_as_one_by_one(seed):
    random = np.random.default_rng(seed)
    room = random.integers(0, 60, 8).tolist()
    rooms = Rooms(room)
    for gpus in random.integers(1, 30, 4).tolist():
        most = int(random.integers(1, 20))
        placed = 0
        while placed < most and (plane := rooms.best_fit(gpus)) is not None:
            rooms.change(plane, -gpus)
            placed += 1
        assert best_fit(room, gpus, most) == placed
        assert room == rooms.idle


def counts(*settings):
    return [job["count"] for job in facts(load("baseline", set_=list(settings)))["jobs"]]


def test_as_many_jobs_as_the_planes_hold():
    assert counts("workload.jobs.0.count=fill") == [4 * (720 // 32)]
    assert counts("workload.jobs.0.count=fill", "satellite.gpus=72") == [4 * (1440 // 32)]
    assert counts("workload.jobs.0.count=fill", "workload.jobs.0.gpus=500") == [4]  # 220 are left over in each plane


def test_a_second_kind_gets_what_is_left():
    # The long one goes to one plane of 720, and leaves 20 there; then 300s leave 120 in the other three.
    jobs = "workload.jobs=[{name: a, gpus: 700}, {name: b, gpus: 300, count: fill}, {name: c, gpus: 20, count: fill}]"
    assert counts(jobs) == [1, 6, 1 + 3 * 6]
    text = describe(load("baseline", set_=[jobs]))
    assert "1 x a: runs" in text
    assert "6 x b (as many as fit): runs" in text


def test_jobs_that_are_too_large_take_no_room():
    assert counts("workload.jobs=[{gpus: 800}, {gpus: 720, count: fill}]") == [1, 4]


@pytest.mark.parametrize(
    ("jobs", "says"),
    [
        (
            "[{name: large, gpus: 721, count: fill}]",
            r"workload\.jobs\.0\.count = 'fill': gives no job 'large': its 721 GPUs lie in one plane, the largest has "
            "720",
        ),
        (
            "[{name: a, gpus: 700, count: fill}, {name: b, gpus: 21, count: fill}]",
            r"workload\.jobs\.1\.count = 'fill': gives no job 'b': the jobs above it leave at most 20 GPUs in one "
            "plane, and it needs 21",
        ),
        ("[{name: a, gpus: 1, count: 2880}, {name: b, gpus: 1, count: fill}]", "leave at most 0 GPUs in one plane"),
    ],
)
def test_none_that_fits_is_a_fault(jobs, says):
    with pytest.raises(ScenarioError, match=says):
        Environment.build(load("baseline", set_=[f"workload.jobs={jobs}"]))


def test_there_is_a_limit_to_the_number_of_jobs():
    set_ = ["workload.jobs=[{gpus: 1, count: fill}]", "satellite.gpus=20000"]
    with pytest.raises(ScenarioError, match="gives 1,600,000 jobs 'training': there can be 200,000 at most"):
        Environment.build(load("baseline", set_=set_))


def test_the_scenario_keeps_the_word(tmp_path):
    scenario = load("baseline", set_=["workload.jobs.0.count=fill"])
    path = tmp_path / "resolved.yaml"
    path.write_text(resolved_yaml(scenario))
    assert load(path) == scenario
    assert load(path, set_=["satellite.gpus=72"]).workload.jobs[0].count == "fill"


def test_the_engine_runs_so_many_jobs_and_no_more_would_fit(fleet, checked_run):
    jobs = [{"gpus": 5, "count": 2}, {"gpus": 7, "count": "fill"}]
    scenario = fleet(slots=4, gpus=6, shell={"planes": 3}, days=10, jobs=jobs)
    log = checked_run(scenario).events.where(EventKind.JOB_STARTED)
    # Planes of 24: two fives leave 14, so 2 + 3 + 3 sevens.
    assert log.amount.tolist() == [5] * 2 + [7] * 8
    assert log.time_days.tolist() == [0.0] * 10
    one_more = fleet(slots=4, gpus=6, shell={"planes": 3}, days=10, jobs=[jobs[0], {"gpus": 7, "count": 9}])
    assert checked_run(one_more).events.count(EventKind.JOB_STARTED) == 10


def test_gangs_that_lie_on_one_satellite_fill_satellite_by_satellite():
    assert counts("workload.jobs.0.count=fill", "workload.jobs.0.gpus=20", "workload.jobs.0.within=satellite") == [80]
    assert counts("workload.jobs.0.count=fill", "workload.jobs.0.gpus=20") == [4 * (720 // 20)]


def test_a_gang_that_no_satellite_holds_is_refused():
    with pytest.raises(
        ScenarioError, match=r"workload\.jobs\.0\.gpus.* needs 37 GPUs at once on one satellite.* more than 36"
    ):
        Environment.build(load("baseline", set_=["workload.jobs.0={gpus: 37, within: satellite, on_loss: wait}"]))
