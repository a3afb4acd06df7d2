from dataclasses import replace

import numpy as np
import pytest
from pydantic import ValidationError
from scipy.optimize import minimize_scalar

from sim.workloads import Pieces, Rhythm, TrainingJob, expected_makespan, optimum_interval

RHYTHM = Rhythm(interval=60.0, write=5.0, restart=10.0)  # in minutes here: the arithmetic knows no unit


def lit(*windows, first_restart=0.0, planned_last=True):
    """Windows of light in which nothing happens."""
    starts, ends = zip(*windows, strict=True)
    return Pieces.of_windows(np.array(starts, float), np.array(ends, float), 10.0, first_restart, planned_last)


def by_hand(pieces, work=np.inf, taken_back=None):
    """Segment by segment: (day on which `work` is committed, committed and uncommitted by piece)."""
    total, committed, uncommitted = 0.0, [], []
    columns = (pieces.starts, pieces.ends, pieces.restarts, pieces.planned)
    back = np.zeros(len(pieces.starts)) if taken_back is None else taken_back
    for start, end, restart, planned, rolled_back in zip(*columns, back, strict=True):
        now, done = start + restart, 0.0
        while True:
            segment = min(60.0, work - total - done, end - 5 - now if planned else np.inf)
            if segment <= 1e-9 or now + segment + 5 > end + 1e-9:
                break
            now, done = now + segment + 5, done + segment
            if total + done >= work - 1e-9:
                return now, [], []
        committed.append(done)
        uncommitted.append(0.0 if planned else max(0.0, min(60.0, end - now)))
        total += done - rolled_back
    return np.inf, committed, uncommitted


def broken_off(stream):
    """A few windows of light with interruptions inside them; restarts of several lengths."""
    edges = np.cumsum(stream.exponential(120, 2 * stream.integers(1, 6) + 1))
    base = Pieces.of_windows(edges[:-1:2], edges[1::2], 10.0, stream.choice([0.0, 10.0, 4.0]), stream.random() < 0.5)
    days = np.sort(stream.uniform(edges[0], edges[-1], stream.integers(0, 12)))
    days = days[[((base.starts < day) & (day < base.ends)).any() for day in days]]
    return base.cut(days, 10.0 + stream.choice([0.0, 20.0], len(days)))


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


@pytest.mark.parametrize(
    ("mtbf", "write", "young", "daly"),
    [
        (1440, 5, 120.0, 116.6898148148148),
        (360, 5, 60.0, 56.712962962962955),
        (15, 5, 12.24744871391589, 9.140919986395813),
        (165.6, 1, 18.19890106572372, 17.53833977381072),
        (2, 5, 20**0.5, 2.0),
    ],
)
def test_estimates_of_the_optimum(mtbf, write, young, daly):
    job = {"gpus": 8, "checkpoint_block_s": 60 * write, "checkpoint_durable_s": 60 * write}
    for name, interval in (("young", young), ("daly", daly), ("exact", optimum_interval(mtbf, write))):
        rhythm = TrainingJob(checkpoint_interval_min=name, **job).rhythm(mtbf / 1440, 60 * write)
        assert rhythm.interval * 1440 == pytest.approx(interval, rel=1e-9)


@pytest.mark.parametrize(("work", "takes"), [(0, 0), (30, 35), (60, 65), (61, 71), (150, 165)])
def test_every_segment_writes_its_checkpoint(work, takes):
    assert RHYTHM.time_for(work) == takes


@pytest.mark.parametrize(
    ("length", "work"),
    [(10, 0), (15, 0), (16, 1), (75, 60), (79.9, 60), (81, 61), (10 + 3 * 65, 180), (10 + 2 * 65 + 25, 140)],
)
def test_a_piece_that_ends_by_plan_ends_with_a_checkpoint(length, work):
    spent = RHYTHM.spend(lit((0, length), first_restart=10))
    assert spent.committed == pytest.approx([work])
    assert spent.uncommitted == [0]
    # With work in it, it is full: a part too short for anything writes.  Without, it stands idle after the restart.
    assert spent.idle == pytest.approx([0 if work else length - 10])
    assert spent.written == pytest.approx([length - 10 - work if work else 0])


@pytest.mark.parametrize("planned_last", [True, False])
@pytest.mark.parametrize("first_restart", [0.0, 10.0])
def test_the_parts_add_up_to_the_piece(planned_last, first_restart):
    stream = np.random.default_rng(1)
    for _ in range(200):
        edges = np.cumsum(stream.exponential(60, 2 * stream.integers(1, 6)))
        windows = zip(edges[::2], edges[1::2], strict=True)
        spent = RHYTHM.spend(lit(*windows, first_restart=first_restart, planned_last=planned_last))
        parts = [spent.committed, spent.uncommitted, spent.written, spent.restarted, spent.idle]
        assert sum(parts) == pytest.approx(edges[1::2] - edges[::2])
        assert np.min(parts) >= 0
        assert not spent.uncommitted[:-1].any()
        if planned_last:
            assert spent.uncommitted[-1] == 0


def test_a_piece_cut_by_a_failure_loses_what_has_no_checkpoint():
    spent = RHYTHM.spend(lit((0, 100), planned_last=False))
    assert (spent.committed, spent.written, spent.uncommitted) == (60, 5, 35)
    in_the_write = RHYTHM.spend(lit((0, 128), planned_last=False))
    assert (in_the_write.committed, in_the_write.written, in_the_write.uncommitted) == (60, 8, 60)
    in_the_restart = RHYTHM.spend(lit((0, 7), first_restart=10, planned_last=False))
    assert (in_the_restart.restarted, in_the_restart.committed, in_the_restart.uncommitted) == (7, 0, 0)


def test_in_the_dark_there_are_no_pieces():
    none = Pieces.of_windows(np.empty(0), np.empty(0), 10.0, 0.0, False)
    spent = RHYTHM.spend(none)
    assert all(len(part) == 0 for part in vars(spent).values())
    assert RHYTHM.finish(none, 1.0) == np.inf


def test_later_windows_begin_with_a_restart():
    spent = RHYTHM.spend(lit((0, 70), (100, 180), (200, 205)))
    assert spent.committed.tolist() == [60, 60, 0]
    assert spent.restarted.tolist() == [0, 10, 5]
    # Two minutes that the last restart leaves are too short for a checkpoint.
    assert RHYTHM.spend(lit((0, 70), (100, 112))).idle.tolist() == [0, 2]


# Interruptions


def test_interruptions_cut_windows_and_bring_their_own_restarts():
    pieces = lit((0, 70), (100, 180), (200, 300)).cut(np.array([50.0, 120.0, 150.0]), np.array([10.0, 30.0, 15.0]))
    assert pieces.starts.tolist() == [0, 50, 100, 120, 150, 200]
    assert pieces.ends.tolist() == [50, 70, 120, 150, 180, 300]
    assert pieces.restarts.tolist() == [0, 10, 10, 30, 15, 10]
    assert pieces.planned.tolist() == [False, True, False, False, True, True]
    assert RHYTHM.spend(pieces).restarted.tolist() == [0, 10, 10, 30, 15, 10]


def test_a_cut_in_the_last_piece_leaves_how_it_ends():
    for planned in (True, False):
        pieces = lit((0, 500), planned_last=planned).cut(np.array([100.0]), np.array([10.0]))
        assert pieces.planned.tolist() == [False, planned]


def test_without_interruptions_nothing_is_cut():
    base = lit((0, 70), (100, 180))
    assert base.cut(np.empty(0), np.empty(0)) is base


def test_an_interruption_during_a_restart_begins_another():
    pieces = lit((0, 200), first_restart=10, planned_last=False).cut(np.array([6.0, 20.0]), np.array([10.0, 25.0]))
    spent = RHYTHM.spend(pieces)
    assert spent.restarted.tolist() == [6, 10, 25]
    assert spent.uncommitted.tolist() == [0, 4, 200 - 20 - 25 - 65 - 60 - 5]
    assert spent.committed.tolist() == [0, 0, 120]


def test_broken_pieces_spend_what_they_spend_segment_by_segment():
    stream, cut = np.random.default_rng(2), 0
    for _ in range(300):
        pieces = broken_off(stream)
        cut += np.count_nonzero(~pieces.planned[:-1])
        spent = RHYTHM.spend(pieces)
        _, committed, uncommitted = by_hand(pieces)
        assert spent.committed == pytest.approx(committed, abs=1e-7)
        assert spent.uncommitted == pytest.approx(uncommitted, abs=1e-7)
        parts = [spent.committed, spent.uncommitted, spent.written, spent.restarted, spent.idle]
        assert sum(parts) == pytest.approx(pieces.ends - pieces.starts)
        assert np.min(parts) >= 0
    assert cut > 500


# The end


@pytest.mark.parametrize("work", [1.0, 59.0, 60.0, 61.0, 100.0, 119.0, 120.0, 150.0])
@pytest.mark.parametrize("planned_last", [True, False])
@pytest.mark.parametrize("lag", [0.0, 20.0, 60.0])
def test_finish_and_spend_agree(work, planned_last, lag):
    windows, rhythm = ((0, 70), (100, 180), (200, 1000)), replace(RHYTHM, lag=lag)
    day = rhythm.finish(lit(*windows, planned_last=planned_last), work)
    assert np.isfinite(day)
    until = [(start, min(end, day)) for start, end in windows if start < day]
    assert rhythm.spend(lit(*until)).committed.sum() == pytest.approx(work)


def test_work_that_does_not_fit_has_no_end():
    assert RHYTHM.finish(lit((0, 70), (100, 180)), 121.0) == np.inf
    assert RHYTHM.finish(lit((0, 70), planned_last=False), 66.0) == np.inf


def test_work_may_be_done_in_a_piece_that_is_cut_if_its_last_checkpoint_fits():
    broken = lit((0, 100), (200, 400)).cut(np.array([95.0]), np.array([10.0]))
    # 60 + 5 and 25 + 5 fit before the cut; a minute more has to wait: 60 are safe, and 100 leaves nothing after it.
    assert RHYTHM.finish(broken, 85.0) == 95
    assert RHYTHM.finish(broken, 86.0) == 200 + 10 + 26 + 5


def test_work_rolled_back_is_to_be_done_again():
    broken = lit((0, 1000)).cut(np.array([150.0, 300.0]), np.array([10.0, 10.0]))
    assert RHYTHM.spend(broken).committed.tolist()[:2] == [120, 120]
    assert RHYTHM.finish(broken, 200.0) == 150 + 10 + 80 + 10
    # What the first cut takes back leaves 30, and 150 after the second piece.
    assert RHYTHM.finish(broken, 200.0, np.array([90.0, 0.0, 0.0])) == 300 + 10 + 50 + 5
    # More than was committed in the stretch: of work done before it.
    assert RHYTHM.finish(broken, 200.0, np.array([0.0, 300.0, 0.0])) == 150 + 10 + 80 + 10
    assert RHYTHM.finish(broken, 250.0, np.array([0.0, 300.0, 0.0])) == 300 + 10 + 310 + 6 * 5
    # Work that is complete is not taken back any more.
    assert RHYTHM.finish(broken, 120.0, np.array([90.0, 0.0, 0.0])) == 130


def test_finish_is_the_end_segment_by_segment():
    stream, ended, rolled_back = np.random.default_rng(3), 0, 0
    for _ in range(500):
        pieces = broken_off(stream)
        taken_back = np.where(stream.random(len(pieces.starts)) < 0.3, stream.uniform(0, 150, len(pieces.starts)), 0.0)
        work = stream.uniform(1, 1.2) * stream.choice([30.0, 60.0, 120.0, 300.0, 600.0])
        day, *_ = by_hand(pieces, work, taken_back)
        assert RHYTHM.finish(pieces, work, taken_back) == pytest.approx(day)
        ended += np.isfinite(day)
        rolled_back += np.isfinite(day) and taken_back[pieces.ends < day].any()
    assert ended > 150
    assert rolled_back > 20


def test_a_job_gives_its_rhythm_in_days():
    job = TrainingJob(
        gpus=8, checkpoint_interval_min=30, checkpoint_block_s=120, checkpoint_durable_s=120, restart_min=15
    )
    rhythm = job.rhythm(1.0, 120)
    assert (rhythm.interval * 1440, rhythm.write * 1440, rhythm.restart * 1440) == (30, 2, 15)
    best = TrainingJob(gpus=8, checkpoint_block_s=300, checkpoint_durable_s=300).rhythm(1.0, 300)
    assert best.interval * 1440 == pytest.approx(116.69007332665845)


# Durable later than the block ends


def lagging(running, planned, lag):
    """Save by save: (committed, uncommitted) of a piece that runs so long."""
    now = safe = 0.0
    if planned:
        last = running - 5 - lag  # begins the last save
        while now + 65 + lag <= last:
            now, safe = now + 65, safe + 60
        return safe + max(0.0, min(last - now, 60 + lag)), 0.0
    computed = 0.0
    while now < running:
        computed += min(60.0, running - now)
        now += 65
        if now + lag <= running:
            safe += 60
    return safe, computed - safe


@pytest.mark.parametrize("lag", [0.0, 20.0, 45.0, 60.0])
def test_work_counts_once_its_checkpoint_is_durable(lag):
    rhythm, stream = replace(RHYTHM, lag=lag), np.random.default_rng(4)
    in_flight = 0
    for _ in range(300):
        pieces = broken_off(stream)
        spent = rhythm.spend(pieces)
        running = np.maximum(pieces.ends - pieces.starts - pieces.restarts, 0.0)
        expected = [lagging(*each, lag) for each in zip(running.tolist(), pieces.planned.tolist(), strict=True)]
        assert np.stack([spent.committed, spent.uncommitted], 1) == pytest.approx(np.array(expected), abs=1e-7)
        parts = [spent.committed, spent.uncommitted, spent.written, spent.restarted, spent.idle]
        assert sum(parts) == pytest.approx(pieces.ends - pieces.starts)
        assert np.min(parts) >= 0
        in_flight += np.count_nonzero(spent.uncommitted > 60)
    assert in_flight > 100 or lag == 0


@pytest.mark.parametrize("lag", [20.0, 45.0, 60.0])
def test_a_job_ends_when_its_last_checkpoint_is_durable(lag):
    rhythm, stream, ended = replace(RHYTHM, lag=lag), np.random.default_rng(5), 0
    for _ in range(300):
        pieces, work = broken_off(stream), stream.uniform(1, 400)
        found, left = rhythm.finish(pieces, work), work
        columns = (pieces.starts, pieces.ends, pieces.restarts, pieces.planned, rhythm.spend(pieces).committed)
        day = np.inf
        for start, end, restart, planned, committed in zip(*columns, strict=True):
            now, rest = start + restart, left
            while rest > 60 + lag:
                now, rest = now + 65, rest - 60
            now += rest + 5 + lag
            if left <= committed if planned else now <= end:
                day = now
                break
            left -= committed
        assert found == pytest.approx(day)
        ended += np.isfinite(day)
    assert ended > 50


def test_what_was_computed_follows_the_saves_that_were_made():
    rhythm, stream = replace(RHYTHM, lag=45.0), np.random.default_rng(6)
    for planned in (True, False):
        for length in stream.uniform(80, 900, 40):
            piece = Pieces.of_windows(np.array([0.0]), np.array([length]), 10.0, 10.0, planned)
            saves = np.broadcast_to(rhythm.saves(piece), 500)
            running = np.linspace(0, length - 10 - (50 if planned else 0), 500)
            computed = rhythm.computing(running, saves)
            spent = rhythm.spend(piece)
            assert np.all(np.diff(computed) >= 0)
            assert np.all(computed <= running)
            assert min(computed[-1], rhythm.saves(piece)[0] * 60 + 105) == pytest.approx(
                spent.committed[0] + spent.uncommitted[0]
            )


@pytest.mark.parametrize("lag", [0.0, 20.0, 60.0])
@pytest.mark.parametrize("failures_during_restart", [True, False])
def test_expected_makespan_is_the_mean_over_lives(lag, failures_during_restart):
    # Run by run: a checkpoint is durable every 65 from a restart and a lag on; failures come at random.
    rhythm, mtbf, segments, stream = replace(RHYTHM, lag=lag), 180.0, 20, np.random.default_rng(7)
    spans = []
    for _ in range(4000):
        now, left, restart = 0.0, segments, 0.0
        while left:
            lives = stream.exponential(mtbf) + (0.0 if failures_during_restart else restart)
            done = max(0, int((lives - restart - lag) // 65))
            now += min(lives, restart + lag + 65 * left)
            left, restart = max(left - done, 0), 10.0
        spans.append(now)
    error = np.std(spans) / np.sqrt(len(spans))
    theory = expected_makespan(60.0 * segments, mtbf, rhythm, failures_during_restart=failures_during_restart)
    assert abs(np.mean(spans) - theory) < 4 * error
    assert error < 0.01 * theory


def test_the_best_interval_is_the_same_however_late_a_checkpoint_is_durable():
    for lag in (0.0, 5.0, 12.0, 30.0):
        best = minimize_scalar(
            lambda tau, lag=lag: expected_makespan(6000.0, 120.0, Rhythm(tau, 1.0, 5.0, lag)),
            bounds=(max(lag, 1.0), 300.0),
            method="bounded",
        )
        # N intervals of work: the lag's own term does not depend on the interval.
        assert best.x == pytest.approx(max(optimum_interval(120.0, 1.0), lag), rel=1e-3)


def test_the_interval_is_stretched_until_the_last_checkpoint_is_durable():
    job = {"gpus": 8, "checkpoint_block_s": 30, "checkpoint_durable_s": 630}
    for interval in (2.0, "optimum"):
        rhythm = TrainingJob(checkpoint_interval_min=interval, **job).rhythm(0.01, 630)
        assert rhythm.interval == rhythm.lag == pytest.approx(600 / 86400)
    assert TrainingJob(checkpoint_interval_min=20, **job).rhythm(0.01, 630).interval == pytest.approx(20 / 1440)
    with pytest.raises(ValidationError, match="must be at least checkpoint_block_s"):
        TrainingJob(gpus=8, checkpoint_block_s=52, checkpoint_durable_s=51)
