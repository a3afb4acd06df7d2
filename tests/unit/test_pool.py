"""Who gets which GPUs of a plane."""

import numpy as np
import pytest

from sim.berths import layouts
from sim.engine.pool import Pool

NONE = np.empty(0, np.intp)


def pool(*idle, positions=8):
    """One plane whose satellites have so many GPUs at work."""
    made = Pool(layouts([len(idle)], 0), positions)
    for berth, count in enumerate(idle):
        made.join(berth, np.arange(positions) < count)
    return made


def by_satellite(made, taken):
    return np.bincount(taken // made.positions, minlength=len(made.owner)).tolist()


def test_a_gangs_last_satellite_is_the_fullest_that_has_room():
    # Eight on the emptiest; of the rest the one with three idle GPUs, not that with five, and not that with one.
    made = pool(5, 8, 3, 1)
    assert by_satellite(made, made.take(0, 0, 10, NONE)) == [0, 8, 2, 0]
    assert by_satellite(made, made.take(0, 1, 2, NONE)) == [2, 0, 0, 0]
    assert by_satellite(made, made.take(0, 2, 1, NONE)) == [0, 0, 1, 0]


def test_satellites_that_it_is_on_come_first():
    made = pool(8, 8, 8)
    first = made.take(0, 0, 4, NONE)
    assert by_satellite(made, first) == [4, 0, 0]
    assert by_satellite(made, made.take(0, 0, 2, np.array([0]))) == [2, 0, 0]
    assert by_satellite(made, made.take(0, 0, 4, np.array([0]))) == [2, 2, 0]


def test_what_is_lost_given_back_or_gained_is_counted():
    made = pool(4, 4)
    taken = made.take(0, 7, 6, NONE)
    assert made.idle(0) == 2
    assert made.lose(0, np.array([0, 1])) == [7]
    assert made.lose(1, np.array([3])) == []
    assert made.idle(0) == 1
    assert made.kept(7, taken).tolist() == taken[2:].tolist()
    made.give_back(0, made.kept(7, taken))
    assert made.idle(0) == 5 == made.rooms.largest
    made.gain(0, np.array([4]))
    assert made.idle(0) == 6
    assert made.leave(0) == []
    assert made.idle(0) == 3
    with pytest.raises(ValueError, match=r"count\(=4\) must be <= 3"):
        made.take(0, 1, 4, NONE)


@pytest.mark.parametrize("seed", range(20))
def test_idle_gpus_are_those_that_nobody_owns(seed):
    stream, positions = np.random.default_rng(seed), 6
    planes = layouts([5, 3], 1)
    made, owned, takes = Pool(planes, positions), {}, 0
    for step in range(200):
        plane = planes[stream.integers(2)]
        berth = plane.first_berth + int(stream.integers(plane.slots))
        match stream.integers(5):
            case 0 if (made.owner[berth] == -3).all():
                made.join(berth, stream.random(positions) < 0.9)
            case 1:
                made.lose(berth, np.flatnonzero((stream.random(positions) < 0.2) & (made.owner[berth] != -3)))
            case 2 if made.idle(plane.id):
                owned[step] = plane.id, made.take(plane.id, step, int(stream.integers(made.idle(plane.id))) + 1, NONE)
                takes += 1
            case 3 if owned:
                owner = int(stream.choice(list(owned)))
                where, units = owned.pop(owner)
                made.give_back(where, made.kept(owner, units))
            case 4:
                made.leave(berth)
        for plane in planes:
            assert made.idle(plane.id) == np.count_nonzero(made.owner[plane.slot_range] == -1)
    assert takes > 10


def test_room_on_one_satellite():
    made = pool(5, 8, 3)
    first = made.take(0, 7, 6, NONE)  # on the satellite of eight
    assert made.on_one(0) == 5
    assert made.on_one(0, [7]) == 8
    assert made.within_reach(0, first, on_one_satellite=True) == 2
    assert made.within_reach(0, NONE, on_one_satellite=True) == 5
    assert made.within_reach(0, first, on_one_satellite=False) == 10
