import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from sim.workloads import Rhythm, TrainingJob, optimum_interval

RHYTHM = Rhythm(interval=60.0, write=5.0, restart=10.0)  # in minutes here: the arithmetic knows no unit


def arrays(*windows):
    starts, ends = zip(*windows, strict=True)
    return np.array(starts, float), np.array(ends, float)


@pytest.mark.parametrize(
    ("mtbf", "write", "interval"),
    # Daly 2006 with the exact root: tau* = M (1 + W(-e^(-(delta/M + 1)))), minutes.
    [
        (1440, 5, 116.69007332665845),
        (360, 5, 56.714001998766356),
        (15, 5, 9.166502820935701),
        (108, 1, 14.03797024169352),
    ],
)
def test_the_optimum_interval_is_the_exact_one(mtbf, write, interval):
    assert optimum_interval(mtbf, write) == pytest.approx(interval, rel=1e-9)
    best = minimize_scalar(lambda tau: np.expm1((tau + write) / mtbf) / tau, bounds=(1e-3, 10 * mtbf), method="bounded")
    assert best.x == pytest.approx(interval, rel=1e-4)


@pytest.mark.parametrize(("work", "takes"), [(0, 0), (30, 35), (60, 65), (61, 71), (150, 165)])
def test_every_segment_writes_its_checkpoint(work, takes):
    assert RHYTHM.time_for(work) == takes


@pytest.mark.parametrize(
    ("length", "work"),
    [(10, 0), (15, 0), (16, 1), (75, 60), (79.9, 60), (81, 61), (10 + 3 * 65, 180), (10 + 2 * 65 + 25, 140)],
)
def test_a_window_ends_with_a_planned_checkpoint(length, work):
    assert RHYTHM.window_work(np.array([float(length)]), np.array([10.0])) == pytest.approx(work)


@pytest.mark.parametrize("planned_last", [True, False])
@pytest.mark.parametrize("first_restart", [0.0, 10.0])
def test_the_parts_add_up_to_the_stretch(planned_last, first_restart):
    stream = np.random.default_rng(1)
    for _ in range(200):
        edges = np.cumsum(stream.exponential(60, 2 * stream.integers(1, 6) + 1))
        starts, ends = edges[:-1:2], edges[1::2]
        spent = RHYTHM.spend(starts, ends, 0.0, edges[-1], first_restart, planned_last)
        parts = [spent.committed, spent.uncommitted, spent.written, spent.restarted, spent.paused]
        assert sum(parts) == pytest.approx(edges[-1])
        assert min(parts) >= 0
        if planned_last:
            assert spent.uncommitted == 0


def test_a_stretch_cut_by_a_failure_loses_what_has_no_checkpoint():
    spent = RHYTHM.spend(*arrays((0, 100)), 0, 100, 0.0, False)
    assert (spent.committed, spent.written, spent.uncommitted) == (60, 5, 35)
    in_the_write = RHYTHM.spend(*arrays((0, 128)), 0, 128, 0.0, False)
    assert (in_the_write.committed, in_the_write.written, in_the_write.uncommitted) == (60, 8, 60)


def test_a_stretch_in_the_dark_is_all_pause():
    assert RHYTHM.spend(np.empty(0), np.empty(0), 3, 7, 10.0, False).paused == 4


def test_later_windows_begin_with_a_restart():
    spent = RHYTHM.spend(*arrays((0, 70), (100, 180), (200, 205)), 0, 210, 0.0, True)
    assert spent.committed == 60 + 60
    assert spent.restarted == 10 + 5
    assert spent.paused == 30 + 20 + 5


@pytest.mark.parametrize("work", [1.0, 59.0, 60.0, 61.0, 100.0, 119.0, 120.0, 150.0])
@pytest.mark.parametrize("planned_last", [True, False])
def test_finish_and_spend_agree(work, planned_last):
    windows = arrays((0, 70), (100, 180), (200, 1000))
    day = RHYTHM.finish(*windows, 0.0, work, planned_last)
    assert np.isfinite(day)
    until = windows[0] < day
    starts, ends = windows[0][until], np.minimum(windows[1][until], day)
    assert RHYTHM.spend(starts, ends, 0.0, day, 0.0, True).committed == pytest.approx(work)


def test_work_that_does_not_fit_has_no_end():
    assert RHYTHM.finish(*arrays((0, 70), (100, 180)), 0.0, 121.0, True) == np.inf
    assert RHYTHM.finish(np.empty(0), np.empty(0), 0.0, 1.0, True) == np.inf
    assert RHYTHM.finish(*arrays((0, 70)), 0.0, 66.0, False) == np.inf


def test_a_job_gives_its_rhythm_in_days():
    job = TrainingJob(gpus=8, checkpoint_interval_min=30, checkpoint_write_min=2, restart_min=15)
    rhythm = job.rhythm(1.0)
    assert (rhythm.interval * 1440, rhythm.write * 1440, rhythm.restart * 1440) == (30, 2, 15)
    best = TrainingJob(gpus=8, checkpoint_write_min=5).rhythm(1.0)
    assert best.interval * 1440 == pytest.approx(116.69007332665845)
