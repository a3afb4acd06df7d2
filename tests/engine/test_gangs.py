"""What gangs go through: start, failure, swap, rollback, waiting, restart, finish."""

import pytest

from sim.events import EventKind

# One hour of compute, 5 minutes of checkpoint; a restart takes 10 minutes.
RHYTHM = {"checkpoint_interval_min": 60, "checkpoint_write_min": 5, "restart_min": 10}


def spent(result, job=None):
    """{kind: GPU-hours} of the classes of gang time that took any."""
    log = result.events
    mine = (log.kind >= EventKind.COMMITTED) & ((job is None) | (log.job == job))
    kinds = sorted(set(log.kind[mine].tolist()))
    return {EventKind(kind).name: round(float(log.amount[mine & (log.kind == kind)].sum()), 6) for kind in kinds}


def test_a_finite_job_without_failures_takes_its_segments_and_loses_nothing(fleet, checked_run, log):
    # 2.5 h in segments of 1, 1 and .5 h, each with its checkpoint.
    result = checked_run(fleet(gpus=4, slots=1, days=5, jobs=[{"gpus": 4, "work_gpu_hours": 10, **RHYTHM}]))
    hours = 2.5 + 3 * 5 / 60
    assert log(result, EventKind.JOB_FINISHED) == [(pytest.approx(hours / 24, abs=1e-6), "JOB_FINISHED")]
    assert spent(result) == {"COMMITTED": 10, "CHECKPOINTED": 1}


def test_a_failure_rolls_back_to_the_last_checkpoint_and_an_idle_gpu_steps_in(
    fleet, checked_run, log, written_thresholds
):
    laws = written_thresholds(gpu={(0, 0, 1): 2.6 / 24})  # 2.6 h: two checkpoints (130 min) and 26 min of compute
    result = checked_run(fleet(gpus=5, slots=1, days=0.5, jobs=[{"gpus": 4, **RHYTHM}], **laws))
    assert log(result, EventKind.JOB_INTERRUPTED, EventKind.LOST, EventKind.RESTARTED) == [
        (pytest.approx(2.6 / 24, abs=1e-6), "JOB_INTERRUPTED"),
        (pytest.approx(2.6 / 24, abs=1e-6), "LOST"),
        (0.5, "RESTARTED"),
    ]
    # After the restart 554 min remain: 8 cycles of 65 and 34 min of compute without a checkpoint yet.
    assert spent(result) == {
        "COMMITTED": (2 + 8) * 4,
        "LOST": pytest.approx(26 / 60 * 4),
        "CHECKPOINTED": pytest.approx(10 * 5 / 60 * 4),
        "RESTARTED": pytest.approx(10 / 60 * 4, abs=1e-6),
        "UNCOMMITTED": pytest.approx(34 / 60 * 4),
    }


def test_the_failure_of_an_idle_gpu_interrupts_nobody(fleet, checked_run, log, written_thresholds):
    laws = written_thresholds(gpu={(0, 0, 4): 0.1})  # gangs take GPUs in order: the fifth is idle
    result = checked_run(fleet(gpus=5, slots=1, days=0.5, jobs=[{"gpus": 4, **RHYTHM}], **laws))
    assert result.events.count(EventKind.JOB_INTERRUPTED) == 0
    assert "LOST" not in spent(result)


def test_a_dead_idle_gpu_steps_in_for_nobody(fleet, checked_run, log, written_thresholds):
    laws = written_thresholds(gpu={(0, 0, 4): 0.1, (0, 0, 0): 0.2})
    result = checked_run(fleet(gpus=5, slots=1, days=0.5, jobs=[{"gpus": 4, **RHYTHM}], **laws))
    assert log(result, EventKind.JOB_INTERRUPTED, EventKind.WAITED) == [(0.2, "JOB_INTERRUPTED"), (0.5, "WAITED")]


def test_without_idle_gpus_the_gang_waits_for_the_replacement(fleet, checked_run, log, written_thresholds):
    laws = written_thresholds(bus={(1, 0): 1})
    scenario = fleet(gpus=4, slots=2, days=5, lead=2, jobs=[{"gpus": 8, **RHYTHM}], **laws)
    result = checked_run(scenario, "replace_on_failure")
    assert log(result, EventKind.JOB_STARTED, EventKind.JOB_INTERRUPTED, EventKind.WAITED) == [
        (0, "JOB_STARTED"),
        (1, "JOB_INTERRUPTED"),
        (3, "WAITED"),
        (3, "JOB_STARTED"),
    ]
    assert spent(result)["WAITED"] == 2 * 24 * 8
    assert spent(result)["RESTARTED"] == pytest.approx(10 / 60 * 8, abs=1e-6)  # a new start after an interruption


def test_a_planned_retirement_costs_a_restart_but_no_work(fleet, checked_run):
    # The first life ends on day 2; the second satellite, launched a day later, has idle GPUs.
    deployment = {"kind": "launched", "interval_days": 1}
    scenario = fleet(
        gpus=4, slots=2, days=2.5, life_days=2, per_flight=1, deployment=deployment, jobs=[{"gpus": 4, **RHYTHM}]
    )
    result = checked_run(scenario)
    assert result.events.count(EventKind.JOB_INTERRUPTED) == 1
    assert "LOST" not in spent(result)
    assert spent(result)["RESTARTED"] == pytest.approx(10 / 60 * 4, abs=1e-6)


@pytest.mark.parametrize(("failures_during_restart", "restarted"), [(True, 4 + 10), (False, 10)])
def test_a_failure_during_a_restart_begins_it_anew_or_not(
    fleet, checked_run, written_thresholds, failures_during_restart, restarted
):
    # The second failure comes 4 minutes into the restart after the first.
    first = 0.25
    laws = written_thresholds(gpu={(0, 0, 0): first, (0, 0, 1): first + 4 / 1440})
    job = {"gpus": 4, **RHYTHM, "failures_during_restart": failures_during_restart}
    result = checked_run(fleet(gpus=6, slots=1, days=0.5, jobs=[job], **laws))
    assert spent(result)["RESTARTED"] == pytest.approx(restarted / 60 * 4, abs=1e-6)
    assert result.events.count(EventKind.JOB_INTERRUPTED) == (2 if failures_during_restart else 1)


def test_two_gpus_lost_at_one_instant_cost_one_stretch(fleet, checked_run, written_thresholds):
    laws = written_thresholds(gpu={(0, 0, 0): 0.25, (0, 0, 1): 0.25})
    result = checked_run(fleet(gpus=6, slots=1, days=0.5, jobs=[{"gpus": 4, **RHYTHM}], **laws))
    assert spent(result)["RESTARTED"] == pytest.approx(10 / 60 * 4, abs=1e-6)


def test_jobs_arrive_later_and_wait_from_then_on(fleet, checked_run, log):
    jobs = [
        {"gpus": 6, "work_gpu_hours": 6 * 40, **RHYTHM},
        {"gpus": 4, "work_gpu_hours": 4 * 10, "arrival_day": 0.5, **RHYTHM},
    ]
    result = checked_run(fleet(gpus=8, slots=1, days=10, jobs=jobs))
    first_ends = (40 + 40 * 5 / 60) / 24
    assert spent(result, job=1)["WAITED"] == pytest.approx((first_ends - 0.5) * 24 * 4, abs=1e-5)
    assert result.events.where(EventKind.JOB_FINISHED).job.tolist() == [0, 1]
    assert spent(result, job=1)["COMMITTED"] == 40


def test_a_job_that_arrives_after_the_horizon_leaves_no_trace(fleet, checked_run):
    result = checked_run(fleet(gpus=8, days=10, jobs=[{"gpus": 4, "arrival_day": 11}]))
    assert not (result.events.job >= 0).any()


def test_backfill_lets_a_short_job_pass_a_large_one_without_delaying_it(fleet, checked_run):
    jobs = [
        {"gpus": 6, "work_gpu_hours": 6 * 40, **RHYTHM},
        {"gpus": 8, "work_gpu_hours": 8 * 10, **RHYTHM},  # must wait for the first
        {"gpus": 2, "work_gpu_hours": 2 * 20, **RHYTHM},  # fits beside the first, and ends before it
        {"gpus": 2, "work_gpu_hours": 2 * 60, **RHYTHM},  # would fit, but would outlast the first
    ]

    def starts(scheduler):
        log = checked_run(fleet(gpus=8, slots=1, days=20, scheduler=scheduler, jobs=jobs)).events
        log = log.where(EventKind.JOB_STARTED)
        return dict(zip(log.job.tolist(), log.time_days.tolist(), strict=True))

    fifo, backfill = starts("fifo"), starts("fifo_backfill")
    assert fifo[1] == backfill[1] > 0
    assert backfill[2] == 0 < fifo[2]
    assert backfill[3] > backfill[1]


def test_a_gang_lies_in_one_plane(fleet, checked_run, written_thresholds):
    # Three idle GPUs in each of two planes are not six.
    jobs = [{"gpus": 5, **RHYTHM}, {"gpus": 5, **RHYTHM}, {"gpus": 6, **RHYTHM}]
    result = checked_run(fleet(gpus=8, slots=1, days=1, shell={"planes": 2}, jobs=jobs))
    started = result.events.where(EventKind.JOB_STARTED)
    assert sorted(started.plane.tolist()) == [0, 1]
    assert spent(result, job=2) == {"WAITED": 24 * 6}


def test_a_smaller_job_starts_while_the_larger_cannot(fleet, checked_run, written_thresholds):
    laws = written_thresholds(gpu={(0, 0, unit): 1 + unit / 100 for unit in range(3)})
    jobs = [{"gpus": 8, **RHYTHM}, {"gpus": 5, **RHYTHM}]
    result = checked_run(fleet(gpus=8, slots=1, days=3, jobs=jobs, **laws))
    # The first job of eight can never run again with five GPUs left; backfill gives them to the second, at last.
    started = result.events.where(EventKind.JOB_STARTED)
    assert started.job.tolist()[:2] == [0, 1]
