"""The engine's gangs against Daly's expected makespan and the exact effective training time ratio.

GPUs fail at a constant rate, so a gang of n always fails at rate n times that, however old its GPUs are and however
many the pool has lost, as long as the pool has idle ones left.  Gangs share a satellite, not their luck: each is a
sample.
"""

from math import ceil

import numpy as np
import pytest

from sim.events import EventKind
from sim.workloads import Rhythm, expected_makespan

# T = M e^(R/M) (e^((tau+delta)/M) - 1) Ts/tau where a restart can fail, (M + R)(...) where it cannot; Daly 2006,
# doi 10.1016/j.future.2004.11.016.  tau is the exact optimum; Ts = 500 h.  In minutes: M, delta, R, tau; in hours: T
# with failures during restart, T without.
DALY = {
    "M1440": (1440.0, 5.0, 10.0, 116.69007332665845, 547.8817824569272, 547.868632575418),
    "M360": (360.0, 5.0, 10.0, 56.714001998766356, 610.2164068188728, 609.9852984286058),
    "M165.6": (165.6, 1.0, 5.0, 17.53842983173704, 576.3691697986756, 576.1116804520009),
    "M15": (15.0, 5.0, 10.0, 9.166502820935701, 2504.1591449356315, 2142.7969563199517),
}
# ETTR = tau / ((M + R)(e^((tau+delta)/M) - 1)) where a restart cannot fail; nodes and rates after Kokolis et al., arXiv
# 2410.21680.  Nodes, failures per node-day, R, tau, delta (minutes), ETTR.
ETTR = {
    "rsc1_2048_60min": (2048, 0.0065, 5.0, 60.0, 0.0, 0.7151196673782189),
    "rsc1_2048_30min": (2048, 0.0065, 5.0, 30.0, 1.0, 0.7987684967973337),
    "rsc1_2048_7min": (2048, 0.0065, 5.0, 7.0, 0.2, 0.8986862935609188),
    "rsc2_1024_60min": (1024, 0.00234, 5.0, 60.0, 1.0, 0.9268197850630125),
    "rsc1_12500_2min": (12500, 0.0065, 2.0, 2.0, 0.05, 0.826954160731943),
}


def makespans_min(
    fleet,
    checked_run,
    *,
    mtbf,
    write,
    restart,
    interval,
    segments,
    gangs,
    gang,
    makespan,
    failures_during_restart,
    durable=None,
):
    """Makespans of jobs of that many segments, at least ten of them, minutes.

    `makespan`: about how long they take; `durable`: from the start of a save, `write` unless given.
    """
    # GPUs enough that a fleet that decays at 1 / (M gang) still has idle ones after 1.3 times the makespan.
    pool = int(gangs * gang * np.exp(1.3 * makespan / (mtbf * gang)) * 1.03)
    scenario = fleet(
        slots=1,
        gpus=pool,
        days=2 * makespan / 1440,
        gpu={"kind": "exponential", "rate_per_year": 365.25 * 1440 / (mtbf * gang)},
        jobs=[
            {
                "count": gangs,
                "gpus": gang,
                "work_gpu_hours": segments * interval / 60 * gang,
                "checkpoint_interval_min": interval,
                "checkpoint_block_s": 60 * write,
                "checkpoint_durable_s": 60 * (write if durable is None else durable),
                "restart_min": restart,
                "failures_during_restart": failures_during_restart,
            }
        ],
    )
    spans = []
    for replicate in range(ceil(10 / gangs)):
        log = checked_run(scenario, replicate=replicate).events
        assert log.total(EventKind.WAITED) == 0, "the pool ran dry"
        assert log.count(EventKind.JOB_FINISHED) == gangs
        spans.append(log.where(EventKind.JOB_FINISHED).time_days * 1440)
    return np.concatenate(spans)


@pytest.mark.parametrize("failures_during_restart", [True, False], ids=["restart_fails", "restart_immune"])
@pytest.mark.parametrize(
    ("case", "segments", "gangs", "gang"),
    [
        ("M1440", 257, 60, 100),
        ("M15", 60, 40, 400),
        ("M360", 529, 60, 200),
        ("M165.6", 1710, 40, 300),
        # More than a thousand failures of each gang: the law of large numbers in one job.
        pytest.param("M15", 450, 2, 10_000, marks=pytest.mark.slow),
    ],
)
def test_makespan_is_dalys(fleet, checked_run, case, segments, gangs, gang, failures_during_restart):
    mtbf, write, restart, interval, *hours = DALY[case]
    # The closed form is linear in the number of segments; whole ones, since a part of one still writes a checkpoint.
    theory = (hours[0] if failures_during_restart else hours[1]) * 60 * segments / (500 * 60 / interval)
    spans = makespans_min(
        fleet,
        checked_run,
        mtbf=mtbf,
        write=write,
        restart=restart,
        interval=interval,
        segments=segments,
        gangs=gangs,
        gang=gang,
        makespan=theory,
        failures_during_restart=failures_during_restart,
    )
    error = spans.std(ddof=1) / np.sqrt(len(spans))
    assert error < 0.03 * theory
    assert abs(spans.mean() - theory) < 4 * error


@pytest.mark.parametrize("case", ETTR)
def test_effective_training_time_ratio_is_the_exact_one(fleet, checked_run, case):
    nodes, rate, restart, interval, write, ettr = ETTR[case]
    mtbf = 1440 / (nodes * rate)
    segments = int(np.ceil(40 * mtbf / interval))  # forty failures a gang
    theory = segments * interval / ettr
    spans = makespans_min(
        fleet,
        checked_run,
        mtbf=mtbf,
        write=write,
        restart=restart,
        interval=interval,
        segments=segments,
        gangs=50,
        gang=100,
        makespan=theory,
        failures_during_restart=False,
    )
    error = spans.std(ddof=1) / np.sqrt(len(spans))
    assert error < 0.03 * theory
    assert abs(spans.mean() - theory) < 4 * error


@pytest.mark.parametrize("case", DALY)
def test_optimum_checkpoints_at_the_exact_interval(fleet, environment, case):
    mtbf, write, restart, interval, *_ = DALY[case]
    job = {"gpus": 64, "checkpoint_block_s": 60 * write, "checkpoint_durable_s": 60 * write, "restart_min": restart}
    scenario = fleet(gpus=64, gpu={"kind": "exponential", "rate_per_year": 365.25 * 1440 / (mtbf * 64)}, jobs=[job])
    spec = scenario.workload.jobs[0]
    rhythm = spec.rhythm(environment(scenario).gangs.mtbf_days(spec), spec.checkpoint_durable_s)
    assert rhythm.interval * 1440 == pytest.approx(interval, rel=1e-9)


@pytest.mark.parametrize("failures_during_restart", [True, False], ids=["restart_fails", "restart_immune"])
@pytest.mark.parametrize(
    ("mtbf", "write", "durable", "restart", "interval", "segments", "gangs"),
    [
        (165.6, 1.0, 15.0, 5.0, 17.53842983173704, 150, 60),
        (60.0, 0.5, 10.0, 10.0, 9.5, 100, 50),
        (2000.0, 0.01, 600.0, 10.0, 700.0, 12, 100),
    ],
)
def test_makespan_with_blocking_and_durability_apart(
    fleet, checked_run, mtbf, write, durable, restart, interval, segments, gangs, failures_during_restart
):
    rhythm, work = Rhythm(interval, write, restart, durable - write), segments * interval
    theory = expected_makespan(work, mtbf, rhythm, failures_during_restart=failures_during_restart)
    at_once = expected_makespan(work, mtbf, Rhythm(interval, write, restart), failures_during_restart=True)
    spans = makespans_min(
        fleet,
        checked_run,
        mtbf=mtbf,
        write=write,
        restart=restart,
        interval=interval,
        segments=segments,
        gangs=gangs,
        gang=200,
        makespan=theory,
        failures_during_restart=failures_during_restart,
        durable=durable,
    )
    error = spans.std(ddof=1) / np.sqrt(len(spans))
    assert error < 0.03 * theory
    assert abs(spans.mean() - theory) < 4 * error
    assert theory - at_once > 6 * error, "this case could not tell the two apart"
