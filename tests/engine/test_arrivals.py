"""Jobs that arrive by a law, and their deadlines."""

import numpy as np
import pytest

from sim.events import EventKind
from sim.metrics import measure

JOB = {"checkpoint_block_s": 0, "checkpoint_durable_s": 0, "checkpoint_interval_min": 60, "restart_min": 0}


def arrivals(result):
    return result.events.where(EventKind.JOB_ARRIVED).time_days


def test_gaps_between_arrivals_are_exponential_and_the_same_for_every_strategy(fleet, checked_run):
    job = {"gpus": 1, "count": 400, "arrival_day": 10, "arrives_every_days": 0.5, "work_gpu_hours": 1, **JOB}
    scenario = fleet(slots=2, gpus=8, days=400, jobs=[job])
    days = arrivals(checked_run(scenario, "run_to_failure", seed=3))
    assert np.array_equal(days, arrivals(checked_run(scenario, "replace_on_failure", seed=3)))
    assert not np.array_equal(days, arrivals(checked_run(scenario, "run_to_failure", seed=4)))
    gaps = np.diff(days, prepend=10.0)
    assert abs(gaps.mean() - 0.5) < 4 * 0.5 / np.sqrt(len(gaps))
    assert gaps.std() == pytest.approx(gaps.mean(), rel=0.2)  # of an exponential; its error is some 7 %


def test_deadlines_that_are_met(fleet, checked_run):
    # Two jobs of a day on all GPUs: the second waits for the first.  The third's deadline lies beyond the mission.
    jobs = [{"gpus": 8, "work_gpu_hours": 192, "deadline_days": days, **JOB} for days in (1.5, 1.5, 99)]
    result = checked_run(fleet(slots=1, gpus=8, days=5, jobs=jobs))
    found = measure(result)
    assert (found["deadlines_met"], found["jobs_finished"]) == (0.5, 3)
    assert found["queueing_delay_days"] == pytest.approx((0 + 1 + 2) / 3)
    assert np.isnan(measure(checked_run(fleet(slots=1, gpus=8, days=5, jobs=[{"gpus": 8, **JOB}])))["deadlines_met"])
