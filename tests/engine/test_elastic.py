"""Gangs that shrink and grow, and gangs that wait in place; every GPU-hour of a run in one class."""

import numpy as np
import pytest
from scipy.stats import binom

from sim.events import EventKind
from sim.metrics import measure, waterfall

# Computing without checkpoints and restarts worth speaking of.
BARE = {"checkpoint_interval_min": 0.01, "checkpoint_block_s": 0, "checkpoint_durable_s": 0, "restart_min": 0}
RHYTHM = {"checkpoint_interval_min": 60, "checkpoint_block_s": 0, "checkpoint_durable_s": 0, "restart_min": 60}
DAY = 24.0
# Only so that its layers can be parted: a step takes weeks, and all talk hides behind it.
TINY = {"parameters": 1e3, "tokens_per_step": 1e15}

TEN = 10.000001  # loading a model takes no time worth speaking of, but some


def sizes(result):
    """(day, GPUs) of each change of a gang's size."""
    rows = result.events.where(EventKind.RESIZED)
    return [(pytest.approx(day, abs=1e-6), gpus) for day, gpus in zip(rows.time_days, rows.amount, strict=True)]


def hours(result):
    return {name: pytest.approx(value, abs=1e-3) for name, value in waterfall(measure(result)).items() if value > 1e-3}


def test_a_gang_goes_on_with_fewer_replicas_and_grows_back(fleet, checked_run, written_thresholds):
    # Two satellites of four; one is lost on day 2 and replaced on day 5.  Copies of two GPUs.
    laws = written_thresholds(bus={(1, 0): 2})
    job = {
        "gpus": 8,
        "on_loss": "elastic",
        "tensor_parallel": 2,
        "model": TINY,
        "overlap": 1,
        "least_fraction": 0.25,
        **RHYTHM,
    }
    scenario = fleet(slots=2, gpus=4, days=TEN, lead=3, jobs=[job], **laws)
    result = checked_run(scenario, "replace_on_failure")
    assert sizes(result) == [(2, 4), (5, 8)]
    assert [(row.time_days[0], row.amount[0]) for row in [result.events.where(EventKind.JOB_INTERRUPTED)]] == [
        (pytest.approx(2, abs=1e-6), 8)
    ]
    # It restarts once smaller and once larger, for an hour each; nothing is rolled back on whole hours.
    useful = 2 * DAY * 8 + (3 * DAY - 1) * 4 + (5 * DAY - 1) * 8
    assert hours(result) == {"useful": useful, "restart": 4 + 8}


def test_what_is_less_than_a_replica_is_stranded(fleet, checked_run, written_thresholds):
    laws = written_thresholds(gpu={(0, 0, 0): 2})
    job = {
        "gpus": 8,
        "on_loss": "elastic",
        "tensor_parallel": 4,
        "model": TINY,
        "overlap": 1,
        "least_fraction": 0.5,
        **RHYTHM,
    }
    result = checked_run(fleet(slots=2, gpus=4, days=TEN, jobs=[job], **laws))
    assert sizes(result) == [(2, 4)]
    assert hours(result) == {"useful": 2 * DAY * 8 + (8 * DAY - 1) * 4, "restart": 4, "stranded": 8 * DAY * 3}


def test_a_gang_below_its_least_size_queues_and_starts_again_with_what_there_is(fleet, checked_run, written_thresholds):
    laws = written_thresholds(bus={(0, 0): 2, (1, 0): 2.5})
    job = {"gpus": 12, "on_loss": "elastic", "least_fraction": 0.6, **RHYTHM}
    scenario = fleet(slots=3, gpus=4, days=10, lead=3, jobs=[job], **laws)
    result = checked_run(scenario, "replace_on_failure")
    # 8 of 12 are enough; 4 are not, until day 5; on day 5.5 it is whole again.
    assert sizes(result) == [(2, 8), (5, 8), (5.5, 12)]
    found = hours(result)
    assert found["waiting"] == 2.5 * DAY * 4
    assert result.events.total(EventKind.WAITED) == pytest.approx(2.5 * DAY * 12, abs=1e-3)


def test_a_gang_grows_only_where_a_restart_pays(fleet, checked_run, written_thresholds):
    laws = written_thresholds(bus={(0, 0): 2, (1, 0): 3})
    job = {"gpus": 12, "on_loss": "elastic", "least_fraction": 0.25, "growth_fraction": 0.5, **RHYTHM}
    result = checked_run(fleet(slots=3, gpus=4, days=10, lead=3, jobs=[job], **laws), "replace_on_failure")
    # One satellite is a third of it; when both are back it has all.
    assert sizes(result) == [(2, 8), (3, 4), (6, 12)]
    assert hours(result)["stranded"] == DAY * 4


def test_a_gang_that_waits_holds_what_it_has(fleet, checked_run, written_thresholds):
    laws = written_thresholds(bus={(0, 0): 2, (1, 0): 4})
    job = {"gpus": 8, "on_loss": "wait", **RHYTHM}
    result = checked_run(fleet(slots=2, gpus=4, days=10, lead=3, jobs=[job], **laws), "replace_on_failure")
    # Its second satellite is lost while it waits: from day 2 to 4 it holds four, from 5 to 7 four others.
    assert hours(result) == {"useful": 2 * DAY * 8 + (3 * DAY - 1) * 8, "restart": 8, "waiting": (2 + 2) * DAY * 4}
    assert result.events.total(EventKind.WAITED) == pytest.approx(5 * DAY * 8, abs=1e-3)
    assert result.events.total(EventKind.HELD) == pytest.approx(2 * DAY * 4, abs=1e-3)


def test_an_elastic_gang_against_a_birth_death_chain(fleet, checked_run):
    """Each GPU of N fails and is replaced by itself: those at work are a birth-death chain, from all at work.

    P(one works at t) = m/(l+m) + l/(l+m) exp(-(l+m) t); their number is binomial, and the gang works from a half on.
    """
    count, fails, lead_days, days, least = 6, 0.05, 20.0, 150.0, 3
    job = {"gpus": count, "on_loss": "elastic", "least_fraction": 0.5, "growth_fraction": 0, **BARE}
    scenario = fleet(
        slots=count,
        days=days,
        bus={"kind": "exponential", "rate_per_year": fails * 365.25},
        lead={"kind": "exponential", "mean_days": lead_days},
        jobs=[job],
    )
    useful = np.array(
        [measure(checked_run(scenario, "replace_on_failure", seed=1, replicate=n))["goodput"] for n in range(24)]
    )
    day = np.linspace(0, days, 4001)
    both = fails + 1 / lead_days
    works = (1 / lead_days + fails * np.exp(-both * day)) / both
    number = np.arange(count + 1)
    mean = (binom.pmf(number[:, None], count, works) * np.where(number >= least, number, 0)[:, None]).sum(axis=0)
    expected = np.trapezoid(mean, day) / days / count
    assert abs(useful.mean() - expected) < 4 * useful.std(ddof=1) / np.sqrt(len(useful))
    assert useful.std(ddof=1) / np.sqrt(len(useful)) < 0.03


@pytest.mark.parametrize("on_loss", ["elastic", "wait", "restart_elsewhere"])
@pytest.mark.parametrize("pause", [False, True])
def test_every_gpu_hour_is_in_one_class(fleet, checked_run, on_loss, pause):
    jobs = [
        {
            "gpus": 24,
            "count": 3,
            "on_loss": on_loss,
            "checkpoint_block_s": 60,
            "checkpoint_durable_s": 60,
            "gradient_gb": 10,
        },
        {"gpus": 4, "count": 4, "on_loss": on_loss, "work_gpu_hours": 5000, "arrival_day": 20},
    ]
    scenario = fleet(
        slots=10,
        gpus=8,
        days=400,
        pause=pause,
        shell={"altitude_km": 600},
        gpu={"kind": "exponential", "rate_per_year": 0.3},
        bus={"kind": "exponential", "rate_per_year": 0.3},
        lead=30,
        jobs=jobs,
    )
    result = checked_run(scenario, "replace_on_failure", seed=4)
    found = measure(result)
    shares = waterfall(found)
    assert sum(shares.values()) == pytest.approx(found["online_gpu_hours"], rel=1e-9)
    # What is left over is what the pool counted as idle and wanted by nobody.
    assert shares["idle"] == pytest.approx(result.events.total(EventKind.IDLE), rel=1e-6, abs=1e-3)
    assert shares["useful"] == found["useful_gpu_hours"] > 0
    assert (shares["eclipse"] > 0) == pause
    assert shares["waiting"] > 0
    assert (shares["stranded"] > 0) == (on_loss == "elastic") or shares["stranded"] == 0


def test_a_more_urgent_job_makes_others_make_way_and_they_come_back(fleet, checked_run, log):
    jobs = [
        {"gpus": 4, "on_loss": "restart_elsewhere", "count": 2, **RHYTHM},
        {"gpus": 8, "priority": 1, "arrival_day": 2, "work_gpu_hours": 8 * 24, **RHYTHM},
    ]
    result = checked_run(fleet(slots=2, gpus=4, days=5, jobs=jobs, scheduler="priority"))
    started = log(result, EventKind.JOB_STARTED)
    assert [day for day, _ in started] == [0, 0, 2, 3, 3]
    # Stopped after a checkpoint, they lose nothing and restart for an hour.
    assert hours(result) == {"useful": 2 * DAY * 8 + DAY * 8 + 2 * DAY * 8 - 8, "restart": 8}
    found = measure(result)
    assert (found["jobs_finished"], found["queueing_delay_days"]) == (1, 0)


@pytest.mark.parametrize("scheduler", ["fifo", "fifo_backfill", "smallest_first", "compact", "goodput", "priority"])
def test_jobs_in_a_system_are_their_rate_times_their_time(fleet, checked_run, scheduler):
    """Little's law, exactly, where all jobs end: the mean number in the system x span = the sum of their times."""
    jobs = [{"gpus": gpus, "work_gpu_hours": 48 * gpus, "arrival_day": day, "priority": gpus, **RHYTHM}
            for day, gpus in enumerate([8, 3, 5, 2, 8, 4, 6, 1])]  # fmt: skip
    result = checked_run(fleet(slots=2, gpus=4, days=60, jobs=jobs, scheduler=scheduler))
    rows = {kind: result.events.where(kind) for kind in (EventKind.JOB_ARRIVED, EventKind.JOB_FINISHED)}
    arrived, finished = (row.time_days[np.argsort(row.job)] for row in rows.values())
    assert len(finished) == len(jobs)
    days = np.sort(np.concatenate([arrived, finished]))
    number = [(arrived <= day).sum() - (finished <= day).sum() for day in days[:-1]]
    assert (number * np.diff(days)).sum() == pytest.approx((finished - arrived).sum())
    found = measure(result)
    assert found["makespan_days"] == pytest.approx(finished.max())
    assert found["bounded_slowdown"] >= 1


def test_a_gang_on_one_satellite_neither_spreads_nor_grows_beyond_it(fleet, checked_run, written_thresholds):
    # A GPU of each of two satellites fails; seven are idle on the other one, and only another satellite has them.
    laws = written_thresholds(gpu={(0, 0, 0): 2, (1, 0, 0): 3})
    job = {"gpus": 8, "within": "satellite", "on_loss": "elastic", "least_fraction": 0.5, **RHYTHM}
    result = checked_run(fleet(slots=2, gpus=8, days=TEN, jobs=[job], **laws))
    assert sizes(result) == [(2, 7)]
    useful = 2 * DAY * 8 + (8 * DAY - 1) * 7
    # Those on the other satellite are of no use to it.
    assert hours(result) == {"useful": useful, "restart": 7, "idle": (8 * 3 + 7 * 7) * DAY}


@pytest.mark.parametrize("on_loss", ["wait", "restart_elsewhere"])
def test_a_gang_that_must_be_whole_finds_another_satellite_only_if_it_gives_up_its_own(
    fleet, checked_run, written_thresholds, on_loss
):
    laws = written_thresholds(gpu={(0, 0, 0): 2, (1, 0, 0): 2})
    job = {"gpus": 8, "within": "satellite", "on_loss": on_loss, **RHYTHM}
    result = checked_run(fleet(slots=3, gpus=8, days=TEN, jobs=[job], **laws))
    started = result.events.count(EventKind.JOB_STARTED)
    assert started == (2 if on_loss == "restart_elsewhere" else 1)
    found = hours(result)
    assert found["useful"] == pytest.approx(2 * DAY * 8 + (8 * DAY - 1) * 8 * (on_loss != "wait"), abs=1e-3)


def test_a_gang_on_one_satellite_is_placed_there_though_the_plane_has_room_elsewhere(fleet, checked_run):
    # Each satellite takes one gang of five; three GPUs of each are left, six in all, and the third gang waits.
    jobs = [{"gpus": 5, "count": 3, "within": "satellite", **RHYTHM}]
    result = checked_run(fleet(slots=2, gpus=8, days=TEN, jobs=jobs))
    assert result.events.count(EventKind.JOB_STARTED) == 2
    jobs = [{"gpus": 5, "count": 3, **RHYTHM}]
    assert checked_run(fleet(slots=2, gpus=8, days=TEN, jobs=jobs)).events.count(EventKind.JOB_STARTED) == 3


def test_an_urgent_gang_on_one_satellite_sends_away_whom_it_must(fleet, checked_run):
    # Least urgent first: the third job, on the second satellite, and then the second, beside the first.
    jobs = [
        {"gpus": 4, "name": "first", "priority": 2, "within": "satellite", **RHYTHM},
        {"gpus": 4, "name": "second", "within": "satellite", **RHYTHM},
        {"gpus": 5, "name": "third", "within": "satellite", **RHYTHM},
        {"gpus": 7, "name": "urgent", "priority": 5, "arrival_day": 1, "within": "satellite", **RHYTHM},
    ]
    scenario = fleet(slots=2, gpus=8, days=TEN, jobs=jobs, scheduler="priority")
    started = checked_run(scenario).events.where(EventKind.JOB_STARTED)
    assert [int(job) for job, day in zip(started.job, started.time_days, strict=True) if day >= 1] == [3]
