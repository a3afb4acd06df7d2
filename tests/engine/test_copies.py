"""What a job falls back on when satellites are lost, how long it takes to load, and when it is noticed."""

import numpy as np
import pytest

from sim.engine.gang import Gang
from sim.engine.segment import Corruption
from sim.events import Cause, EventKind

RHYTHM = {"checkpoint_interval_min": 60, "checkpoint_block_s": 300, "checkpoint_durable_s": 300, "restart_min": 10}
SOON = 5 / 1440  # within the restart
LOSS = 10.5


def amount(result, *kinds, cause=None):
    log = result.events
    rows = np.isin(log.kind, kinds) & ((cause is None) | (log.cause == cause))
    return float(log.amount[rows].sum())


@pytest.fixture
def lost(fleet, checked_run, written_thresholds):
    """`lost(ages, **job)`: a run of a gang on slots 0 to 3 of 8, of 4 GPUs each, whose buses fail at these ages."""

    def run(ages, days=20.0, satellite=None, **job):
        laws = written_thresholds(bus={(slot, 0): age for slot, age in ages.items()})
        jobs = [{"gpus": 16, **RHYTHM, **job}]
        return checked_run(fleet(slots=8, gpus=4, days=days, jobs=jobs, satellite=satellite, **laws))

    return run


def given_up_h(result):
    """Hours of gang time that the losses of buses cost beyond the work since the last checkpoint."""
    return amount(result, EventKind.LOST, cause=Cause.BUS) / 16


def committed_h(days):
    """Hours of work committed in some days: 60 min of every 65."""
    return days * 24 * 60 / 65


@pytest.mark.parametrize(
    ("ages", "job", "since"),
    [
        ({0: LOSS}, {}, None),
        ({0: LOSS, 1: LOSS + SOON}, {}, 0.5),  # both who hold the share of slot 0
        ({0: LOSS, 1: LOSS}, {}, 0.5),
        ({0: LOSS, 2: LOSS + SOON}, {}, None),  # of different groups
        ({0: LOSS, 1: LOSS + 0.2}, {}, None),  # a checkpoint became durable in between
        ({0: LOSS, 1: LOSS}, {"peer_replicas": 3}, None),
        ({0: LOSS, 1: LOSS, 2: LOSS}, {"peer_replicas": 2}, 0.5),
        ({0: LOSS, 1: LOSS}, {"checkpoint_to": "ground"}, None),
        ({0: LOSS}, {"checkpoint_to": "local"}, 0.5),
        ({0: LOSS}, {"checkpoint_to": "local", "ground_checkpoint_h": 6.25}, LOSS % (6.25 / 24)),
        ({0: LOSS}, {"checkpoint_to": "local", "ground_checkpoint_h": None}, LOSS),
    ],
)
def test_a_job_falls_back_on_the_ground_when_no_copy_of_a_share_is_left(lost, ages, job, since):
    result = lost(ages, **job)
    expected = 0.0 if since is None else committed_h(since)
    # Beside it up to an hour since the last checkpoint for each loss.
    assert expected - 0.5 <= given_up_h(result) <= expected + 1.0 * len(ages) + 0.5


def test_a_finite_job_does_again_what_it_gave_up(lost):
    ages = {0: LOSS, 1: LOSS + SOON}
    days = {}
    for to in ("peer", "ground"):
        result = lost(ages, work_gpu_hours=16 * 300, checkpoint_to=to)  # the check of every run: committed is its work
        days[to] = float(result.events.where(EventKind.JOB_FINISHED).time_days[0])
    assert (days["peer"] - days["ground"]) * 24 == pytest.approx(12, abs=1.2)


def test_a_copy_counts_on_the_ground_once_it_has_arrived(lost):
    # A quarter of 10,800 GB at 1 Gbit/s: six hours.
    result = lost({0: 10.1}, checkpoint_to="local", checkpoint_gb=10_800)
    assert given_up_h(result) == pytest.approx(committed_h(1.1), abs=1.5)
    result = lost({0: 10.3}, checkpoint_to="local", checkpoint_gb=10_800)
    assert given_up_h(result) == pytest.approx(committed_h(0.3), abs=1.5)


@pytest.mark.parametrize(
    ("to", "bus", "extra_s"),
    [
        ("peer", False, 360),  # own storage at 200 Gbit/s
        ("peer", True, 900),  # the share of one satellite over a link of 80
        ("ground", True, 72_000),
        ("local", True, 72_000),
    ],
)
def test_loading_takes_as_long_as_the_share_of_a_satellite_needs(
    lost, written_thresholds, fleet, checked_run, to, bus, extra_s
):
    ages = {"bus": {(0, 0): 5.0}} if bus else {"gpu": {(0, 0, 0): 5.0}}
    laws = written_thresholds(**ages)
    job = {"gpus": 16, **RHYTHM, "checkpoint_gb": 36_000, "checkpoint_to": to}
    result = checked_run(fleet(slots=8, gpus=4, days=10, jobs=[job], **laws))
    assert amount(result, EventKind.RESTARTED) / 16 * 3600 == pytest.approx(600 + extra_s, abs=1)


def test_detection_is_a_class_of_its_own(fleet, checked_run, written_thresholds):
    job = {"gpus": 4, **RHYTHM, "detection_s": 300}
    laws = written_thresholds(gpu={(0, 0, 1): 2.6 / 24})
    result = checked_run(fleet(gpus=5, slots=1, days=0.5, jobs=[job], **laws))
    assert amount(result, EventKind.DETECTED) * 60 == pytest.approx(5 * 4)
    assert amount(result, EventKind.RESTARTED) * 60 == pytest.approx(10 * 4)


@pytest.mark.parametrize(
    ("after_min", "immune", "detected", "restarted"),
    [
        (3, False, 3 + 5, 10),
        (3, True, 5, 10),
        (8, False, 5 + 5, 3 + 10),
        (8, True, 5, 10),
    ],
)
def test_detection_of_a_failure_during_a_restart(
    fleet, checked_run, written_thresholds, after_min, immune, detected, restarted
):
    job = {"gpus": 4, **RHYTHM, "detection_s": 300, "failures_during_restart": not immune}
    laws = written_thresholds(gpu={(0, 0, 1): 0.1, (0, 0, 2): 0.1 + after_min / 1440})
    result = checked_run(fleet(gpus=6, slots=1, days=0.5, jobs=[job], **laws))
    assert amount(result, EventKind.DETECTED) * 60 == pytest.approx(detected * 4)
    assert amount(result, EventKind.RESTARTED) * 60 == pytest.approx(restarted * 4)


def test_every_soft_interruption_is_to_be_noticed_and_no_planned_stop_is(fleet, checked_run):
    job = {"gpus": 4, **RHYTHM, "restart_min": 1, "detection_s": 30}
    errors = {"errors": {"rate_per_year": 365.25, "per": "job"}}
    result = checked_run(fleet(gpus=4, slots=1, days=200, jobs=[job], reliability={"interruptions": errors}))
    number = amount(result, EventKind.SOFT_INTERRUPTED)
    assert number > 100
    assert amount(result, EventKind.DETECTED) * 3600 / 4 == pytest.approx(30 * number, rel=0.02)
    paused = checked_run(fleet(gpus=4, slots=1, days=30, pause=True, jobs=[job]))
    assert amount(paused, EventKind.RESTARTED) > 0
    assert amount(paused, EventKind.DETECTED) == 0


def test_a_corruption_is_gone_with_the_work_that_came_after_it():
    gang = Gang(0.0, 0, None, None, None, None, remaining=5.0, pending_size=4)
    gang.pending = [
        Corruption(noticed_day=9.0, cause=0, at_risk=0.5),
        Corruption(noticed_day=8.0, cause=0, at_risk=2.0),
    ]
    gang.give_up(4 * 1.5)
    assert gang.remaining == 11.0
    assert gang.pending == [Corruption(noticed_day=8.0, cause=0, at_risk=0.5)]
