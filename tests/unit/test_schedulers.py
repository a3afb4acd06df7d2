from math import inf

import pytest

from sim.workloads import SCHEDULERS, Fifo, FifoBackfill, Placement, Queued, Running


def jobs(*sizes_and_days):
    return [Queued(number, gpus, days) for number, (gpus, days) in enumerate(sizes_and_days)]


@pytest.mark.parametrize("scheduler", SCHEDULERS)
def test_jobs_start_in_order_of_arrival_where_they_fit_best(scheduler):
    placements = scheduler().place(jobs((4, 1), (3, 1), (2, 1)), [5, 4, 3], [], 0.0)
    assert placements == [Placement(0, 1), Placement(1, 2), Placement(2, 0)]


@pytest.mark.parametrize("scheduler", SCHEDULERS)
def test_nothing_is_placed_beyond_what_is_idle(scheduler):
    placements = scheduler().place(jobs(*[(3, 1)] * 5), [7, 2], [], 0.0)
    assert placements == [Placement(0, 0), Placement(1, 0)]
    assert scheduler().place(jobs((3, 1)), [2, 2], [], 0.0) == []
    assert scheduler().place([], [2, 2], [], 0.0) == []


def test_fifo_lets_nobody_overtake():
    assert Fifo().place(jobs((8, 1), (1, 0.1)), [4], [Running(0, 4, 10.0)], 0.0) == []


def test_backfill_starts_a_job_that_ends_before_the_heads_turn():
    running = [Running(0, 4, 10.0)]
    assert FifoBackfill().place(jobs((8, 1), (4, 9.0)), [4], running, 1.0) == [Placement(1, 0)]
    assert FifoBackfill().place(jobs((8, 1), (4, 9.5)), [4], running, 1.0) == []


def test_backfill_gives_what_the_head_leaves_over_to_longer_jobs():
    running = [Running(0, 6, 10.0)]
    # At the head's turn ten are free and it needs eight: two are left over, for one job of two or two of one.
    queue = jobs((8, 1), (2, inf), (1, inf))
    assert FifoBackfill().place(queue, [4], running, 0.0) == [Placement(1, 0)]
    queue = jobs((8, 1), (3, inf), (1, inf), (1, inf), (1, inf))
    assert FifoBackfill().place(queue, [4], running, 0.0) == [Placement(2, 0), Placement(3, 0)]


def test_backfill_uses_planes_the_head_does_not_wait_for():
    running = [Running(0, 8, 10.0), Running(1, 8, 20.0)]
    assert FifoBackfill().place(jobs((8, 1), (3, inf)), [0, 4], running, 0.0) == [Placement(1, 1)]


def test_backfill_waits_for_the_plane_that_is_free_first():
    # Plane 1 can take the head on day 5, so plane 0 is open to all and plane 1 to short jobs only.
    running = [Running(0, 4, 10.0), Running(1, 4, 5.0)]
    queue = jobs((8, 1), (4, 7.0), (4, 7.0), (4, 4.0))
    assert FifoBackfill().place(queue, [4, 4], running, 0.0) == [Placement(1, 0), Placement(3, 1)]


def test_jobs_placed_now_count_for_the_heads_turn():
    # The first job starts now and ends on day 3; the second needs its GPUs and waits for them, not for day 50.
    queue = jobs((4, 3.0), (6, 1), (2, 4.0), (2, 2.5))
    assert FifoBackfill().place(queue, [6], [], 0.0) == [Placement(0, 0), Placement(3, 0)]


def test_a_head_that_can_never_start_holds_nobody_back():
    assert FifoBackfill().place(jobs((99, 1), (4, inf)), [4], [Running(0, 4, inf)], 0.0) == [Placement(1, 0)]
