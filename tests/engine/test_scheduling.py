"""Schedulers at work: backfill with gangs on one satellite, and a user's own that errs."""

from typing import Any, ClassVar

import pytest

from sim.engine import simulate
from sim.environment import Environment
from sim.errors import InputError
from sim.events import EventKind
from sim.workloads import Placement, Preemption, Scheduler

RHYTHM = {"checkpoint_interval_min": 60, "checkpoint_block_s": 0, "checkpoint_durable_s": 0, "restart_min": 0}


def test_backfill_leaves_the_satellite_that_the_head_is_to_have(fleet, checked_run):
    # The third job waits for the first to end on day 5.  The fourth, which would run to day 50, fits beside it.
    own = {"within": "satellite", "on_loss": "wait", **RHYTHM}
    jobs = [
        {"gpus": 6, "work_gpu_hours": 6 * 24 * 5, **own},
        {"gpus": 6, "work_gpu_hours": 6 * 24 * 50, **own},
        {"gpus": 8, "work_gpu_hours": 8 * 24, "arrival_day": 1, **own},
        {"gpus": 2, "work_gpu_hours": 2 * 24 * 48, "arrival_day": 2, **own},
    ]
    result = checked_run(fleet(slots=2, gpus=8, days=60, jobs=jobs))
    started = result.events.where(EventKind.JOB_STARTED)
    days = dict(zip(started.job.tolist(), started.time_days.tolist(), strict=True))
    assert days[2] == pytest.approx(5, abs=0.01)
    assert days[3] >= days[2]


class Saying(Scheduler):
    """Says what the test wants."""

    words: Any = None

    def place(self, queue, rooms, now_days):
        list(queue)
        yield from self.words


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ([Placement(99, 0, 4)], "Placement.job=99, .* cannot be done: no such job"),
        ([Placement(-1, 0, 4)], "no such job"),
        ([Placement(0, 3, 4)], "its place must be from 0 to 0"),
        ([Placement(0, 0, 3)], "it takes 4 to 4 GPUs"),
        ([Placement(0, 0, 4), Placement(0, 0, 4)], "that job does not wait"),
        ([Placement(0, 0, 4), Placement(1, 0, 4), Placement(2, 0, 4)], "0 are idle there"),
        ([Placement(0, 0, 4.0)], "whole numbers"),
        ([Preemption(0)], "that job does not run"),
        (["start"], "place must yield"),
        (None, "failed with TypeError"),
    ],
)
def test_a_scheduler_that_errs_is_told_so(fleet, words, text):
    scenario = fleet(slots=1, gpus=8, days=10, jobs=[{"gpus": 4, "count": 3, "on_loss": "wait", **RHYTHM}])
    saying = Saying.model_construct(kind="mine:Own", words=words)
    workload = scenario.workload.model_copy(update={"scheduler": saying})
    scenario = scenario.model_copy(update={"workload": workload})
    with pytest.raises(InputError, match=r"scheduler mine:Own, day 0\.00.*" + text):
        simulate(scenario, Environment.build(scenario), "run_to_failure", 1, 0)


class Circling(Scheduler):
    """Starts and stops the same job."""

    preempts: ClassVar[bool] = True

    def place(self, queue, rooms, now_days):
        for job in queue:
            yield Placement(job.job, 0, job.gpus)
            yield Preemption(job.job)
            return


def test_a_scheduler_that_goes_around_in_circles_is_stopped(fleet):
    scenario = fleet(slots=1, gpus=8, days=10, jobs=[{"gpus": 4, **RHYTHM}])
    workload = scenario.workload.model_copy(update={"scheduler": Circling(kind="mine:Circling")})
    scenario = scenario.model_copy(update={"workload": workload})
    with pytest.raises(InputError, match="still stops jobs after 1000 rounds"):
        simulate(scenario, Environment.build(scenario), "run_to_failure", 1, 0)
