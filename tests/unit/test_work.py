"""Work under a speed that changes, against a walk in fine steps."""

import numpy as np
import pytest

from sim.workloads import Pieces, Rhythm, WorkTable

STEP = 1 / 256  # days; all times below are whole steps, so the walk is exact but for the day it ends
RHYTHM = Rhythm(interval=12 * STEP, write=2 * STEP, restart=4 * STEP)


def walk(pieces, speed, work, taken_back):
    """Live through the pieces step by step: (work committed and lost by piece, day on which `work` is committed)."""
    committed, lost, total = [], [], 0.0
    columns = pieces.starts, pieces.ends, pieces.restarts, pieces.planned
    for start, end, restart, planned, back in zip(*(column.tolist() for column in columns), taken_back, strict=True):
        now, safe, open_, computed = start + restart, 0.0, 0.0, 0
        stop = end - RHYTHM.write if planned else end
        while now < stop - STEP / 2:
            open_ += speed[int(now + STEP / 2)] * STEP
            now, computed = now + STEP, computed + 1
            done = total + safe + open_ >= work - 1e-9
            if computed == 12 or done or (planned and now > stop - STEP / 2):
                if now + RHYTHM.write > end + STEP / 2:
                    break
                now, safe, open_, computed = now + RHYTHM.write, safe + open_, 0.0, 0
                if done:
                    return committed, lost, now
        committed.append(safe)
        lost.append(open_)
        total += safe - back
    return committed, lost, np.inf


def made(stream):
    """(pieces, speeds by day, work rolled back at the end of each piece): windows, interruptions and restarts."""
    edges = np.cumsum(stream.integers(1, 2000, 2 * stream.integers(1, 6))) * STEP
    base = Pieces.of_windows(edges[::2], edges[1::2], RHYTHM.restart, 0.0, stream.random() < 0.5)
    days = np.unique(stream.integers(edges[0] / STEP, edges[-1] / STEP, stream.integers(0, 9))) * STEP
    days = days[[bool(((base.starts < day) & (day < base.ends)).any()) for day in days]]
    pieces = base.cut(days, np.full(len(days), RHYTHM.restart) + STEP * stream.choice([0, 30], len(days)))
    speed = stream.choice([0.0, 0.05, 0.5, 1.0, 1.0], int(edges[-1]) + 2)
    for _ in range(stream.integers(0, 3)):  # a season without light
        first = stream.integers(0, len(speed))
        speed[first : first + 15] = 0.0
    back = np.where(pieces.planned, 0.0, stream.choice([0.0, 0.0, 0.3], len(pieces.starts)))
    return pieces, speed, back


@pytest.mark.parametrize("seed", range(60))
def test_work_is_that_of_a_walk_in_fine_steps(seed):
    pieces, speed, back = made(np.random.default_rng(seed))
    spent = RHYTHM.spend(pieces)
    progress = RHYTHM.progress(WorkTable(speed), 1.0, pieces, spent)
    begun = progress.work(progress.before[:-1])
    safe = progress.work(progress.before[:-1] + spent.committed)
    committed, lost, _ = walk(pieces, speed, np.inf, back)
    assert safe - begun == pytest.approx(np.array(committed), abs=1e-9)
    assert progress.work(progress.before[1:]) - safe == pytest.approx(np.array(lost), abs=1e-9)
    half = RHYTHM.progress(WorkTable(speed), 0.5, pieces, spent)
    assert half.work(half.before) == pytest.approx(progress.work(progress.before) / 2, abs=1e-12)


@pytest.mark.parametrize("seed", range(60))
def test_the_end_of_a_job_is_that_of_a_walk_in_fine_steps(seed):
    stream = np.random.default_rng(1000 + seed)
    pieces, speed, back = made(stream)
    spent = RHYTHM.spend(pieces)
    progress = RHYTHM.progress(WorkTable(speed), 1.0, pieces, spent)
    most = float(np.max(np.cumsum(walk(pieces, speed, np.inf, back)[0]), initial=0.0))
    for work in (0.01, 0.3 * most + 0.02, 0.9 * most + 0.03, 1.5 * most + 0.1):
        _, _, day = walk(pieces, speed, work, back)
        found = RHYTHM.finish(pieces, work, back, progress)
        # The walk ends with the step in which the work is done; at a slow speed it may be 1e-9 of work early.
        assert found == day == np.inf or day - STEP <= found <= day + 1e-6


def test_some_of_these_jobs_end_and_some_do_not():
    ends = []
    for seed in range(60):
        pieces, speed, back = made(np.random.default_rng(1000 + seed))
        ends.append(walk(pieces, speed, 2.0, back)[2])
    assert 10 < np.count_nonzero(np.isinf(ends)) < 50


def test_a_table_is_inverted_directly():
    table = WorkTable(np.array([1.0, 0.0, 0.0, 0.5, 2.0]))
    assert [table.at(day) for day in (0.0, 0.5, 1.0, 2.5, 3.5, 5.0, 6.0)] == [0, 0.5, 1, 1, 1.25, 3.5, 5.5]
    # Work that is done before the standstill is done before it.
    assert [table.when(work) for work in (0.0, 0.5, 1.0, 1.25, 3.5, 5.5)] == [0, 0.5, 1, 3.5, 5, 6]
    assert WorkTable(np.array([1.0, 0.0])).when(1.5) == np.inf


def test_a_table_knows_where_its_speed_is_one():
    table = WorkTable(np.array([0.5, 0.5, 1.0, 1.0, 1.0]))
    assert table.constant(0.2, 1.9) == 0.5
    assert table.constant(2.0, 9.0) == 1.0
    assert table.constant(1.9, 2.1) is None
