"""Schedulers, each placement carried out before the next is asked for, as the engine does."""

from math import inf

import numpy as np
import pytest

from sim.errors import InputError
from sim.workloads import (
    Fifo,
    FifoBackfill,
    Placement,
    Preemption,
    Queued,
    Rooms,
    Running,
    Scheduler,
    scheduler_class,
)
from sim.workloads.schedulers import Compact, Goodput, Priority, SmallestFirst


def jobs(*sizes_and_days):
    return [Queued(number, gpus, days, gpus, 1) for number, (gpus, days) in enumerate(sizes_and_days)]


def place(scheduler, queue, idle, gangs, now):
    """The placements, carried out one by one."""
    rooms = Rooms(idle)
    for number, (plane, gpus, end_day) in enumerate(gangs):
        rooms.run(plane, 1000 + number, gpus, end_day)
    size = {job.job: job for job in queue}
    found = []
    for placement in scheduler.place(queue, rooms, now):
        job = size[placement.job]
        rooms.change(placement.plane, -job.gpus)
        rooms.run(placement.plane, job.job, job.gpus, now + job.run_days)
        found.append((placement.job, placement.plane))
        assert placement.gpus == job.gpus
    return found


@pytest.mark.parametrize("scheduler", [Fifo, FifoBackfill])
def test_jobs_start_in_order_of_arrival_where_they_fit_best(scheduler):
    placements = place(scheduler(), jobs((4, 1), (3, 1), (2, 1)), [5, 4, 3], [], 0.0)
    assert placements == [(0, 1), (1, 2), (2, 0)]


@pytest.mark.parametrize("scheduler", [Fifo, FifoBackfill])
def test_nothing_is_placed_beyond_what_is_idle(scheduler):
    placements = place(scheduler(), jobs(*[(3, 1)] * 5), [7, 2], [], 0.0)
    assert placements == [(0, 0), (1, 0)]
    assert place(scheduler(), jobs((3, 1)), [2, 2], [], 0.0) == []
    assert place(scheduler(), [], [2, 2], [], 0.0) == []


def test_fifo_lets_nobody_overtake():
    assert place(Fifo(), jobs((8, 1), (1, 0.1)), [4], [(0, 4, 10.0)], 0.0) == []


def test_backfill_starts_a_job_that_ends_before_the_heads_turn():
    at_work = [(0, 4, 10.0)]
    assert place(FifoBackfill(), jobs((8, 1), (4, 9.0)), [4], at_work, 1.0) == [(1, 0)]
    assert place(FifoBackfill(), jobs((8, 1), (4, 9.5)), [4], at_work, 1.0) == []


def test_backfill_gives_what_the_head_leaves_over_to_longer_jobs():
    at_work = [(0, 6, 10.0)]
    # At the head's turn ten are free and it needs eight: two are left over, for one job of two or two of one.
    queue = jobs((8, 1), (2, inf), (1, inf))
    assert place(FifoBackfill(), queue, [4], at_work, 0.0) == [(1, 0)]
    queue = jobs((8, 1), (3, inf), (1, inf), (1, inf), (1, inf))
    assert place(FifoBackfill(), queue, [4], at_work, 0.0) == [(2, 0), (3, 0)]


def test_backfill_uses_planes_the_head_does_not_wait_for():
    at_work = [(0, 8, 10.0), (1, 8, 20.0)]
    assert place(FifoBackfill(), jobs((8, 1), (3, inf)), [0, 4], at_work, 0.0) == [(1, 1)]


def test_backfill_waits_for_the_plane_that_is_free_first():
    # Plane 1 can take the head on day 5, so plane 0 is open to all and plane 1 to short jobs only.
    at_work = [(0, 4, 10.0), (1, 4, 5.0)]
    queue = jobs((8, 1), (4, 7.0), (4, 7.0), (4, 4.0))
    assert place(FifoBackfill(), queue, [4, 4], at_work, 0.0) == [(1, 0), (3, 1)]


def test_jobs_placed_now_count_for_the_heads_turn():
    # The first job starts now and ends on day 3; the second needs its GPUs and waits for them, not for day 50.
    queue = jobs((4, 3.0), (6, 1), (2, 4.0), (2, 2.5))
    assert place(FifoBackfill(), queue, [6], [], 0.0) == [(0, 0), (3, 0)]


def test_a_head_that_can_never_start_holds_nobody_back():
    assert place(FifoBackfill(), jobs((99, 1), (4, inf)), [4], [(0, 4, inf)], 0.0) == [(1, 0)]


def test_smallest_first_starts_the_small_ones_whoever_came_first():
    assert place(SmallestFirst(), jobs((8, 1), (2, 1), (3, 1)), [6], [], 0.0) == [(1, 0), (2, 0)]


def test_goodput_starts_what_becomes_most_useful_work():
    queue = [Queued(n, gpus, 1, gpus, 1, useful_share=share) for n, (gpus, share) in enumerate([(4, 0.5), (4, 0.9)])]
    assert place(Goodput(), queue, [6], [], 0.0) == [(1, 0)]
    # What does not fit is passed over.
    queue = [Queued(n, gpus, 1, gpus, 1, useful_share=share) for n, (gpus, share) in enumerate([(8, 0.9), (4, 0.5)])]
    assert place(Goodput(), queue, [6], [], 0.0) == [(1, 0)]


def test_compact_prefers_the_plane_where_a_job_lies_on_fewest_satellites():
    # Plane 0 would be filled best, but its four idle GPUs lie on four satellites.
    rooms = Rooms([4, 8], lambda plane, gpus: (4, 1)[plane])
    assert list(Compact().place(jobs((4, 1)), rooms, 0.0)) == [Placement(0, 1, 4)]
    assert list(Fifo().place(jobs((4, 1)), rooms, 0.0)) == [Placement(0, 0, 4)]


def _at_work(idle, *gangs):
    rooms = Rooms(idle)
    for job, (plane, gpus, priority) in enumerate(gangs, start=100):
        rooms.gangs[plane][job] = Running(gpus, priority)
    return rooms


def test_the_most_urgent_comes_first_and_the_least_urgent_makes_way():
    queue = [Queued(0, 4, 1, 4, 1, priority=0), Queued(1, 4, 1, 4, 1, priority=5)]
    assert next(iter(Priority().place(queue, _at_work([4]), 0.0))) == Placement(1, 0, 4)
    # In plane 0 eight GPUs would have to go, in plane 1 four do; the newest of the least urgent goes first.
    rooms = _at_work([0, 0], (0, 8, 1), (1, 4, 1), (1, 4, 1), (1, 4, 7))
    wanted = Priority().place(queue[1:], rooms, 0.0)
    assert next(wanted) == Preemption(102)
    rooms.change(1, 4)
    assert next(wanted) == Placement(1, 1, 4)
    assert list(Priority(preempt=False).place(queue, _at_work([0], (0, 8, 1)), 0.0)) == []
    # Nobody makes way for its equal.
    assert list(Priority().place(queue[1:], _at_work([0], (0, 8, 5)), 0.0)) == []


def test_an_elastic_job_takes_what_there_is():
    queue = [Queued(0, 12, 1, 6, 2), Queued(1, 4, 1, 4, 1)]
    for scheduler in (Fifo(), FifoBackfill(), Goodput(), Priority(), Compact()):
        rooms = Rooms([5, 9])
        assert next(iter(scheduler.place(queue, rooms, 0.0))) == Placement(0, 1, 8), scheduler.kind


def test_backfill_does_not_take_what_the_head_needs_in_time_though_it_takes_less():
    # Head: eight on day 10 in the one plane.  An elastic job of two days' work on eight takes four days on four.
    head, other = Queued(0, 8, 1, 8, 1), Queued(1, 8, 2.0, 4, 1)
    rooms = Rooms([4])
    rooms.run(0, 1000, 4, 3.0)
    assert list(FifoBackfill().place([head, other], rooms, 0.0)) == []
    rooms = Rooms([4])
    rooms.run(0, 1000, 4, 5.0)
    assert list(FifoBackfill().place([head, other], rooms, 0.0)) == [Placement(1, 0, 4)]


class LastFirst(Scheduler):
    """The last that came."""

    def place(self, queue, rooms, now_days):
        for job in reversed(list(queue)):
            if size := job.size_in(rooms.idle[0]):
                yield Placement(job.job, 0, size)


def test_a_scheduler_of_ones_own_is_found_by_its_name():
    found = scheduler_class(f"{__name__}:LastFirst")
    assert place(found(), jobs((3, 1), (4, 1)), [5], [], 0.0) == [(1, 0)]
    for kind, problem in {
        "fifoo": "no scheduler 'fifoo'; did you mean 'fifo'",
        f"{__name__}:LastFrst": "did you mean 'LastFirst'",
        f"{__name__}:jobs": "is not a subclass of sim.workloads.schedulers.Scheduler",
        "sim.workloads:Fifo": "is built in: call it fifo",
    }.items():
        with pytest.raises(InputError, match=problem):
            scheduler_class(kind)


@pytest.mark.parametrize("seed", range(30))
def test_rooms_answer_as_a_look_at_every_plane_does(seed):
    stream = np.random.default_rng(seed)
    rooms, gangs = Rooms([0] * 5), []
    for step in range(200):
        plane = int(stream.integers(5))
        if stream.random() < 0.5:
            rooms.change(plane, int(stream.integers(-rooms.idle[plane], 9)))
        elif gangs and stream.random() < 0.5:
            rooms.stop(*gangs.pop(int(stream.integers(len(gangs)))))
        else:
            gangs.append((plane, step, int(stream.integers(1, 9)), float(stream.choice([3.0, 5.0, 8.0, inf]))))
            rooms.run(*gangs[-1])
        gpus, room = int(stream.integers(1, 20)), int(stream.integers(0, 9))
        fitting = [(idle, p) for p, idle in enumerate(rooms.idle) if idle >= gpus]
        assert rooms.best_fit(gpus) == (min(fitting)[1] if fitting else None)
        beside = [(idle, p) for idle, p in fitting if p != plane] + [(room, plane)] * (room >= gpus)
        assert rooms.best_fit_beside(gpus, plane, room) == (min(beside)[1] if beside else None)
        size = gpus if stream.random() < 0.3 else 12
        turns = []
        for p in range(5):
            free = rooms.idle[p]
            for _, _, more, day in sorted((g for g in gangs if g[0] == p), key=lambda g: g[3]):
                free += more
                if day < inf and free >= size:
                    turns.append((day, p))
                    break
        where, day, _ = rooms.first_turn(size)
        assert (day, where) == (min(turns) if turns else (inf, None))


def test_a_full_fleet_is_not_looked_through():
    class Counted(list):
        looks = 0

        def __getitem__(self, place):
            Counted.looks += 1
            return super().__getitem__(place)

    for planes in (10, 1000):
        rooms = Rooms([0] * planes)
        for plane in range(planes):
            rooms.run(plane, plane, 8, 10.0 + plane)
        rooms.first_turn(8)
        rooms._ends = Counted(rooms._ends)
        Counted.looks = 0
        rooms.change(3, 2)
        assert rooms.first_turn(8) == (0, 10.0, 0)
        assert Counted.looks == 1  # the plane that changed, whatever their number


def test_a_gang_on_one_satellite_starts_where_a_satellite_has_room_for_it():
    # By plane the first has more idle GPUs, by satellite the second.
    rooms = Rooms([240, 24], on_one=lambda plane, jobs: (12, 24)[plane])
    elastic = Queued(0, 32, inf, 16, 1, on_one_satellite=True)
    assert list(Fifo().place([elastic], rooms, 0.0)) == [Placement(0, 1, 24)]
    planes = 100
    rooms = Rooms([50] * planes, on_one=lambda plane, jobs: 20 if plane == 90 else 10)
    assert list(Fifo().place([Queued(0, 20, inf, 20, 1, on_one_satellite=True)], rooms, 0.0)) == [Placement(0, 90, 20)]


def test_a_gang_on_one_satellite_is_backfilled_where_a_satellite_has_room():
    # The head gets the first plane on day 5.  The second fits best, but only the third has a satellite with room.
    rooms = Rooms([6, 9, 30], on_one=lambda plane, jobs: (6, 3, 8)[plane])
    rooms.run(0, 9, 40, 5.0)
    head, small = Queued(0, 40, inf, 40, 1), Queued(1, 8, inf, 8, 1, on_one_satellite=True)
    assert list(FifoBackfill().place([head, small], rooms, 0.0)) == [Placement(1, 2, 8)]
    # In the plane of the head it may have what the head leaves over.
    rooms = Rooms([50, 3], on_one=lambda plane, jobs: (8, 3)[plane])
    rooms.run(0, 9, 20, 5.0)
    assert list(FifoBackfill().place([Queued(0, 60, inf, 60, 1), small], rooms, 0.0)) == [Placement(1, 0, 8)]
    assert list(FifoBackfill().place([Queued(0, 65, inf, 65, 1), small], rooms, 0.0)) == []
