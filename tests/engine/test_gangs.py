"""What gangs go through: start, failure, swap, rollback, waiting, restart, finish."""

import numpy as np
import pytest

from sim.engine import simulate
from sim.environment import Environment
from sim.events import Cause, EventKind
from sim.scenario import load
from sim.scenario.models import Scenario
from sim.workloads import WorkTable, optimum_interval

# One hour of compute, 5 minutes of checkpoint; a restart takes 10 minutes.
RHYTHM = {"checkpoint_interval_min": 60, "checkpoint_block_s": 300, "checkpoint_durable_s": 300, "restart_min": 10}


def spent(result, job=None):
    """{kind: GPU-hours} of the classes of gang time that took any."""
    log = result.events
    mine = (log.kind >= EventKind.COMMITTED) & (log.kind <= EventKind.SLOWED) & ((job is None) | (log.job == job))
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


# Speed that changes


@pytest.mark.parametrize("kwh", [0.05, 0.5, 1.0])
@pytest.mark.parametrize("arrival", [0.0, 30.0])
def test_a_job_ends_when_its_work_is_done_though_it_quickens_late(fleet, checked_run, kwh, arrival):
    # A battery too small for the eclipses of January: speed is near 0 until the season ends, and 1 from then on.
    job = {"gpus": 4, "arrival_day": arrival, **RHYTHM}
    scenario = fleet(
        slots=2,
        gpus=4,
        days=300,
        shell={"kind": "sun_synchronous", "altitude_km": 650, "ltan_h": 6},
        satellite={
            "battery": {"capacity_kwh": kwh, "calendar_fade_per_year": 0, "cycles": 1e9},
            "bus_power_w": 500,
            "gpu": {"peak_w": 450, "idle_w": 80},
        },
        jobs=[{**job, "work_gpu_hours": 96}, {**job, "work_gpu_hours": 1920}],
    )
    result = checked_run(scenario)
    finished = result.events.where(EventKind.JOB_FINISHED)
    assert finished.job.tolist() == [0, 1]
    assert spent(result, job=0)["COMMITTED"] == pytest.approx(96, rel=1e-9)
    assert spent(result, job=1)["COMMITTED"] == pytest.approx(1920, rel=1e-9)


def test_the_shipped_cluster_with_a_small_battery_ends_its_jobs():
    jobs = "workload.jobs=[{gpus: 256, count: 6, work_gpu_hours: 5e5, arrival_day: 30}]"
    scenario = load("suncatcher_81", set_=["satellite.battery.capacity_kwh=.5", "mission.years=1", jobs])
    log = simulate(scenario, Environment.build(scenario), "run_to_failure", 1, 0).events
    assert log.count(EventKind.JOB_FINISHED) == 6
    assert log.total(EventKind.COMMITTED) == pytest.approx(6 * 5e5, rel=1e-9)


@pytest.mark.parametrize("policy", ["ride_through", "throttle", "pause", "migrate"])
@pytest.mark.parametrize("seed", range(6))
def test_committed_work_is_the_jobs_work_under_any_speed(fleet, environment, checked_run, monkeypatch, policy, seed):
    stream = np.random.default_rng(seed)

    def speed(gangs, plane, births, slots):
        found = np.random.default_rng(1000 * seed + plane).choice([0.0, 0.02, 0.4, 1.0], 366)
        found[60:130] = 0.0
        return WorkTable(found)

    monkeypatch.setattr("sim.environment.gangs.Gangs.speed", speed)
    jobs = [
        {
            "gpus": int(stream.integers(2, 7)),
            "work_gpu_hours": float(stream.choice([1.0, 1000.0, 5000.0])),
            "arrival_day": float(stream.choice([0.0, 17.3, 55.0])),
            "checkpoint_block_s": 120,
            "checkpoint_durable_s": 120,
            "failures_during_restart": bool(stream.integers(2)),
        }
        for _ in range(6)
    ]
    scenario = fleet(
        slots=3,
        gpus=8,
        days=365,
        shell={"formation": "cluster", "planes": 2},
        power={"eclipse_policy": policy},
        gpu={"kind": "exponential", "rate_per_year": 0.4},
        jobs=jobs,
        reliability={"warnings_per_failure": 10, "warning_days": 60},
        radiation={"effects": {"silent": {"rad_per_event": 3, "recovery": "late"}, "error": {"rad_per_event": 0.3}}},
    )
    log = checked_run(scenario, seed=seed).events  # checks that a finished job committed its work, to 1e-9
    assert log.count(EventKind.JOB_FINISHED) >= 3
    assert log.total(EventKind.SOFT_INTERRUPTED) > 100
    assert log.count(EventKind.JOB_INTERRUPTED) >= 5


def test_a_gang_whose_speed_is_zero_waits_and_asks_for_no_event(fleet, checked_run, monkeypatch):
    monkeypatch.setattr("sim.environment.gangs.Gangs.speed", lambda *_: WorkTable(np.zeros(366)))
    result = checked_run(fleet(gpus=4, slots=1, days=365, jobs=[{"gpus": 4, "work_gpu_hours": 10, **RHYTHM}]))
    assert result.events.count(EventKind.JOB_FINISHED) == 0
    assert spent(result).get("COMMITTED", 0) == 0
    assert spent(result)["SLOWED"] > 0.9 * 365 * 24 * 4


# Where a gang lies decides its checkpoints


def test_checkpoints_are_set_by_the_plane_in_which_a_gang_runs(fleet, environment, checked_run):
    calm, wild = (
        {"kind": "walker", "altitude_km": 450, "inclination_deg": 20, "planes": 1, "satellites_per_plane": 2},
        {"kind": "walker", "altitude_km": 1500, "inclination_deg": 53, "planes": 1, "satellites_per_plane": 2},
    )

    def goodput(*shells):
        scenario = fleet(
            gpus=18,
            days=60,
            jobs=[
                {
                    "gpus": 32,
                    "count": len(shells),
                    "checkpoint_block_s": 12,
                    "checkpoint_durable_s": 12,
                    "restart_min": 0.5,
                }
            ],
            radiation={"effects": {"error": {"rad_per_event": 5}}},
        )
        content = scenario.model_dump()
        content["constellation"]["shells"] = list(shells)
        log = checked_run(Scenario.model_validate(content)).events
        start = log.where(EventKind.JOB_STARTED)
        done = [
            log.amount[(log.kind == EventKind.COMMITTED) & (log.plane == plane)].sum() / (60 * 24 * 32)
            for plane in range(len(shells))
        ]
        assert sorted(start.plane.tolist()) == list(range(len(shells)))
        return done

    (alone_calm,), (alone_wild,), both = goodput(calm), goodput(wild), goodput(calm, wild)
    assert alone_calm > 0.9 > 0.8 > alone_wild
    # Thousands of interruptions in the second: their number varies by a hundredth, and what they cost with it.
    assert both == pytest.approx([alone_calm, alone_wild], rel=0.05)


def test_checkpoints_are_set_anew_as_a_gang_ages(fleet, environment):
    worn = {"kind": "weibull", "shape": 3, "scale_years": 2}
    scenario = fleet(gpus=10, slots=4, days=1000, gpu=worn, jobs=[{"gpus": 40}])
    here, spec = environment(scenario), scenario.workload.jobs[0]
    gangs, rhythms, slots = here.gangs, here.rhythms, np.arange(4)
    units = gangs.units(np.full(4, 10), [(0, 0)] * 4)
    for day in (100, 400, 900):
        rate = 40 * (((day + 30) / 730.5) ** 3 - (day / 730.5) ** 3) / 30
        rhythm = rhythms.of(0, spec, slots, [(0, 0)] * 4, units, day)
        assert rhythm.interval == pytest.approx(optimum_interval(1 / rate, 0.59 / 86400), rel=0.02)
        # Satellites of a later birth are as good as new.
        assert rhythms.of(0, spec, slots, [(0, day)] * 4, units, day).interval >= rhythm.interval


# The queue


def test_a_backfill_is_tried_when_a_running_gang_ends_later(fleet, checked_run, written_thresholds):
    # An hour before its end the first gang loses a GPU, and with it all its work; a spare aboard takes the GPU's place,
    # so as many are idle as before.  The third job, too long until then, now ends before the head's turn.
    laws = written_thresholds(gpu={(0, 0, 0): 39 / 24})
    rhythm = {"checkpoint_interval_min": 6000, "checkpoint_block_s": 60, "checkpoint_durable_s": 60, "restart_min": 600}
    jobs = [
        {"gpus": 6, "work_gpu_hours": 6 * 40, **rhythm},
        {"gpus": 8, "work_gpu_hours": 8 * 10, **rhythm},
        {"gpus": 1, "work_gpu_hours": 45, **rhythm},
    ]
    scenario = fleet(gpus=8, slots=1, days=20, satellite={"spare_gpus": 1}, jobs=jobs, **laws)
    started = checked_run(scenario).events.where(EventKind.JOB_STARTED)
    assert started.job.tolist() == [0, 2, 1]
    assert started.time_days[1] == pytest.approx(39 / 24, abs=1e-6)


# Warnings


def test_a_restart_after_a_warning_takes_a_power_cycle_more(fleet, checked_run, written_thresholds):
    laws = written_thresholds(gpu={(0, 0, 0): 3.0})
    job = {"gpus": 4, **RHYTHM}
    scenario = fleet(
        gpus=5,
        slots=1,
        days=4,
        jobs=[job],
        radiation={"power_cycle_min": 37},
        reliability={"warnings_per_failure": 1, "warning_days": 2},
        **laws,
    )
    result = checked_run(scenario)
    assert result.events.where(EventKind.JOB_INTERRUPTED).cause.tolist() == [Cause.WARNING, Cause.GPU]
    assert spent(result)["RESTARTED"] == pytest.approx((10 + 37 + 10) / 60 * 4, abs=1e-6)


def test_a_corruption_noticed_while_its_gang_waits_is_rolled_back_when_it_runs_again(
    fleet, checked_run, written_thresholds
):
    # Corruptions every hour or so, noticed after twelve; a bus fails on day 1, its replacement comes two days later.
    laws = written_thresholds(bus={(1, 0): 1})
    scenario = fleet(
        gpus=4,
        slots=2,
        days=5,
        lead=2,
        jobs=[{"gpus": 8, **RHYTHM}],
        radiation={"effects": {"silent": {"rad_per_event": 0.005, "recovery": "late"}}, "detection_delay_h": 12},
        **laws,
    )
    result = checked_run(scenario, "replace_on_failure")  # checks that no class of time is negative, and their sum
    assert spent(result)["WAITED"] == 2 * 24 * 8
    log = result.events
    again = log.time_days[(log.kind == EventKind.SOFT_INTERRUPTED) & (log.time_days > 3)]
    assert len(again) > 0
    assert log.amount[(log.kind == EventKind.LOST) & (log.time_days > 1)].sum() > 0
