"""Gangs over joined planes: they start where no plane holds them, and pay for the links between planes."""

import numpy as np
import pytest

from sim.events import NONE, Cause, EventKind
from sim.metrics import measure

RHYTHM = {"checkpoint_interval_min": 60, "checkpoint_block_s": 0, "checkpoint_durable_s": 0, "restart_min": 10}
TALKING = {**RHYTHM, "gradient_gb": 100, "step_compute_s": 10, "overlap": 0.5}
ABREAST = {"kind": "walker", "planes": 2, "altitude_km": 600, "inclination_deg": 80, "raan_spread_deg": 20}
CLASSES = (
    EventKind.COMMITTED,
    EventKind.UNCOMMITTED,
    EventKind.LOST,
    EventKind.SLOWED,
    EventKind.CHECKPOINTED,
    EventKind.RESTARTED,
    EventKind.DETECTED,
    EventKind.PAUSED,
)
"""Where the time of a gang at work goes."""


def satellite(links=None, **own):
    """`links`: between planes; the others are as fast and never down."""
    own = {"rate_gb_s": 100, "range_km": 10, "mtbf_h": 1e9, "reacquisition_s": 0, **own}
    return {"links": own | ({} if links is None else {"cross_plane": links})}


def spent(result, kind, cause=None):
    log = result.events
    return float(log.amount[(log.kind == kind) & ((cause is None) | (log.cause == cause))].sum())


def gang_hours(result):
    log = result.events
    return float(log.amount[np.isin(log.kind, CLASSES)].sum())


def test_a_job_larger_than_a_plane_starts_with_links_between_planes_and_never_without(fleet, checked_run, log):
    given = {"gpus": 4, "slots": 2, "days": 10, "shell": ABREAST, "jobs": [{"gpus": 16, **RHYTHM}]}
    without = checked_run(fleet(**given, satellite=satellite()))
    assert log(without, EventKind.JOB_STARTED, EventKind.WAITED) == [(10, "WAITED")]
    result = checked_run(fleet(**given, satellite=satellite({"cut_off_latitude_deg": 90})))
    assert log(result, EventKind.JOB_STARTED) == [(0, "JOB_STARTED")]
    assert result.events.where(EventKind.JOB_STARTED).plane.tolist() == [NONE]
    assert spent(result, EventKind.COMMITTED) == pytest.approx(10 * 24 * 16)


def test_jobs_that_fill_joined_planes_are_measured(fleet, checked_run):
    jobs = [{"gpus": 16, "count": "fill", "model": {"parameters": 1e9}, **RHYTHM}]
    links = {"cut_off_latitude_deg": 90}
    result = checked_run(fleet(gpus=4, slots=4, days=10, shell=ABREAST, jobs=jobs, satellite=satellite(links)))
    assert result.job_counts == (2,)
    assert measure(result)["tokens"] > 0


@pytest.mark.parametrize("gpus", [3, 4, 8])
def test_a_job_that_fits_into_a_satellite_or_a_plane_pays_nothing(fleet, checked_run, gpus):
    given = {"gpus": 4, "slots": 2, "days": 10, "shell": ABREAST, "jobs": [{"gpus": gpus, "count": 2, **TALKING}]}
    without = checked_run(fleet(**given, satellite=satellite()))
    slow = checked_run(fleet(**given, satellite=satellite({"rate_gb_s": 0.001})))
    for column in ("time_days", "kind", "plane", "amount"):
        assert np.array_equal(getattr(without.events, column), getattr(slow.events, column))


def test_the_slowest_link_sets_the_pace_and_every_hour_has_its_class(fleet, checked_run, environment):
    committed = []
    for rate in (1, 5, 20, 100, 1000):
        given = {"gpus": 4, "slots": 2, "days": 10, "shell": {**ABREAST, "formation": "cluster"}}
        links = {"rate_gb_s": rate, "cut_off_latitude_deg": 60}
        scenario = fleet(**given, jobs=[{"gpus": 16, **TALKING}], satellite=satellite(links))
        result = checked_run(scenario)
        built = environment(scenario)
        committed.append(spent(result, EventKind.COMMITTED) + spent(result, EventKind.UNCOMMITTED))
        assert gang_hours(result) == pytest.approx(10 * 24 * 16)
        talks = spent(result, EventKind.SLOWED, Cause.LINK)
        assert committed[-1] + talks == pytest.approx(10 * 24 * 16)
        # By hand: a ring of four satellites sums up 100 GB over its slowest link, as long as that is in sight.
        crossing = built.joined[0].crossing(2)
        ring = 2 * 3 / 4 * 100 * 8 / (0.8 * min(rate, 100))
        inside = 2 * 3 / 4 * 100 * 8 / 3200
        exposed = max(0.5 * (ring + inside), ring + inside - 10)
        stalls = (crossing.outage_s - 5).sum() / crossing.cycle_s
        expected = (1 - stalls) * 10 / (10 + exposed)
        assert committed[-1] / (10 * 24 * 16) == pytest.approx(expected, rel=2e-3)
    assert committed == sorted(committed)
    assert committed[0] < 0.2 * committed[2]
    assert committed[3] == pytest.approx(committed[4])  # the links within the planes are the slowest now


def test_a_gang_that_seldom_talks_works_through_outages(fleet, checked_run):
    shell = {**ABREAST, "formation": "cluster"}
    found = []
    for steps in (1, 60, 500):
        jobs = [{"gpus": 16, **TALKING, "gradient_gb": 0, "local_steps": steps}]
        scenario = fleet(
            gpus=4, slots=2, days=10, shell=shell, jobs=jobs, satellite=satellite({"cut_off_latitude_deg": 60})
        )
        found.append(spent(checked_run(scenario), EventKind.SLOWED, Cause.LINK))
    assert found[0] > 1.2 * found[1] > 2 * found[2] > 0


def test_when_a_satellite_is_lost_a_gang_takes_gpus_of_the_other_plane(fleet, checked_run, written_thresholds, log):
    laws = written_thresholds(bus={(1, 0): 2.5})
    jobs = [{"gpus": 12, **RHYTHM}]
    scenario = fleet(gpus=2, slots=4, days=5, shell=ABREAST, jobs=jobs, satellite=satellite({}), **laws)
    result = checked_run(scenario)
    assert log(result, EventKind.JOB_STARTED, EventKind.JOB_INTERRUPTED, EventKind.WAITED) == [
        (0, "JOB_STARTED"),
        (2.5, "JOB_INTERRUPTED"),
    ]
    assert spent(result, EventKind.LOST) == pytest.approx(0, abs=1e-4)
    assert spent(result, EventKind.RESTARTED) == pytest.approx(10 / 60 * 12, abs=1e-3)


def test_an_elastic_gang_shrinks_into_what_is_left_of_both_planes_and_grows_again(
    fleet, checked_run, written_thresholds
):
    laws = written_thresholds(bus={(1, 0): 1, (4, 0): 2})
    jobs = [{"gpus": 16, "on_loss": "elastic", **RHYTHM}]
    scenario = fleet(gpus=2, slots=4, days=8, lead=3, shell=ABREAST, jobs=jobs, satellite=satellite({}), **laws)
    result = checked_run(scenario, "replace_on_failure")
    sizes = result.events.where(EventKind.RESIZED)
    assert sizes.amount.tolist() == [14, 12, 14, 16]
    assert sizes.time_days.tolist() == pytest.approx([1, 2, 4, 5])
    assert gang_hours(result) == pytest.approx(24 * (16 + 14 + 2 * 12 + 14 + 3 * 16))


@pytest.mark.parametrize("pause", [False, True])
@pytest.mark.parametrize("scheduler", ["fifo_backfill", "priority", "compact", "goodput"])
def test_everything_at_once_keeps_every_invariant(fleet, checked_run, scheduler, pause):
    jobs = [
        {"gpus": 24, "on_loss": "elastic", "priority": 1, **TALKING},
        {"gpus": 22, "work_gpu_hours": 3000, "arrival_day": 100, "priority": 2, "count": 3, **TALKING},
        {"gpus": 6, "work_gpu_hours": 3000, "arrival_day": 50, "priority": 3, "count": 4, **RHYTHM},
        {"gpus": 5, "on_loss": "wait", **RHYTHM},
    ]
    scenario = fleet(
        gpus=4,
        slots=5,
        spare_berths=1,
        days=400,
        shell={**ABREAST, "planes": 3},
        jobs=jobs,
        scheduler=scheduler,
        pause=pause,
        satellite=satellite({"cut_off_latitude_deg": 70}),
        bus={"kind": "exponential", "rate_per_year": 0.8},
        gpu={"kind": "exponential", "rate_per_year": 0.8},
        lead=30,
        radiation={"effects": {}},
        reliability={"interruptions": {"software": {"rate_per_year": 20, "per": "job"}}},
    )
    result = checked_run(scenario, "replace_on_failure")
    log = result.events
    spanning = np.unique(log.job[(log.kind == EventKind.JOB_STARTED) & (log.plane == NONE)]).tolist()
    assert 0 in spanning
    assert all(job < 4 for job in spanning)
    # What stands still in the dark is not interrupted.
    assert log.count(EventKind.JOB_INTERRUPTED) > (2 if pause else 20)
    assert log.count(EventKind.SOFT_INTERRUPTED) > 20


@pytest.mark.parametrize(("scope", "stops"), [("plane", 2), ("fleet", 1)])
def test_a_gang_stands_still_with_either_of_its_planes(fleet, checked_run, scope, stops):
    shock = {"kind": "shock", "scope": scope, "rate_per_year": 20, "outage_hours": 6}
    scenario = fleet(
        gpus=4,
        slots=2,
        days=200,
        shell=ABREAST,
        jobs=[{"gpus": 16, **RHYTHM}],
        satellite=satellite({}),
        reliability={"common_causes": {"glitch": shock}},
    )
    result = checked_run(scenario)
    log = result.events
    still = log.where(EventKind.STOOD_STILL)
    assert set(still.plane.tolist()) == {0, 1}
    # Each outage of a plane stops the gang, one of the fleet does so once.
    assert log.count(EventKind.JOB_INTERRUPTED) == len(still) * stops // 2
    end = np.maximum.accumulate(still.time_days + still.amount)
    begin = np.maximum(still.time_days, np.concatenate([[0.0], end[:-1]]))
    hours = float((np.minimum(end, 200) - begin).clip(min=0).sum()) * 24 * 16
    assert spent(result, EventKind.PAUSED, Cause.STAND_OFF) == pytest.approx(hours)


def test_a_gang_over_planes_has_no_pass_of_its_own(fleet, checked_run):
    shell = {**ABREAST, "formation": "cluster", "inclination_deg": 97.8}
    given = {"gpus": 4, "slots": 2, "days": 20, "shell": shell, "radiation": {"effects": {}}}
    jobs = [{"gpus": gpus, "in_passes": "pause", **RHYTHM} for gpus in (8, 16)]
    one, both = (checked_run(fleet(**given, jobs=[job], satellite=satellite({}))) for job in jobs)
    assert spent(one, EventKind.PAUSED, Cause.SHELTER) > 0
    assert spent(both, EventKind.PAUSED, Cause.SHELTER) == 0
    assert both.events.total(EventKind.SOFT_INTERRUPTED) > 0
