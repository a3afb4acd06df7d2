from itertools import product

import numpy as np
import pytest

from sim.fleet import LEGAL, BerthState, Fleet, layouts, view_of

PLANES = layouts([3, 2], spare_berths_per_plane=2)


def test_berths_are_numbered_slots_before_spares_plane_by_plane():
    assert [(p.first_berth, p.slot_range, p.spare_range, p.end_berth) for p in PLANES] == [
        (0, slice(0, 3), slice(3, 5), 5),
        (5, slice(5, 7), slice(7, 9), 9),
    ]
    fleet = Fleet(PLANES, 4)
    assert fleet.plane_of.tolist() == [0] * 5 + [1] * 4
    assert np.flatnonzero(fleet.is_slot).tolist() == [0, 1, 2, 5, 6]


@pytest.mark.parametrize(("now", "to"), list(product(BerthState, BerthState)))
def test_only_legal_moves_are_made(now, to):
    fleet = Fleet(PLANES, 4)
    fleet.state[0] = now
    if (now, to) in LEGAL:
        fleet.move(0, to)
        assert fleet.state[0] == to
    else:
        with pytest.raises(ValueError, match=f"berth 0 cannot go from {now.name} to {to.name}"):
            fleet.move(0, to)


def test_nobody_works_in_a_spare_berth():
    with pytest.raises(ValueError, match="berth 3 is a spare berth"):
        Fleet(PLANES, 4).move(3, BerthState.WORKING)


@pytest.fixture
def view():
    fleet = Fleet(PLANES, 4)
    for berth, alive, end in ((5, 4, 100.0), (6, 1, 50.0)):
        fleet.move(berth, BerthState.WORKING)
        fleet.gpus_alive[berth], fleet.life_end_day[berth] = alive, end
    for berth, alive in ((7, 2), (8, 3)):
        fleet.move(berth, BerthState.STORED)
        fleet.gpus_alive[berth] = alive
    fleet.on_order[0] = 1
    return [view_of(fleet, plane) for plane in PLANES]


def test_the_view_counts_and_names_berths(view):
    empty, full = view
    assert (empty.working, empty.empty_slots, empty.on_order, empty.unfilled) == (0, [0, 1, 2], 1, 2)
    assert (full.working, full.spares, full.empty_slots, full.unfilled) == (2, 2, [], 0)
    assert full.spare_list == [8, 7]  # most GPUs first
    assert full.ending_before(50.0) == [6]
    assert full.ending_before(100.0) == [5, 6]
    assert full.working_below(4) == [6]
    assert full.working_below(1) == []


@pytest.mark.parametrize("column", ["state", "gpus_alive", "birth_day", "life_end_day"])
def test_a_strategy_cannot_write_into_the_fleet(view, column):
    with pytest.raises(ValueError, match="read-only"):
        getattr(view[0], column)[0] = 1


def test_the_view_is_a_window(view):
    fleet = Fleet(PLANES, 4)
    seen = view_of(fleet, PLANES[1])
    fleet.move(6, BerthState.WORKING)
    assert seen.working == 1
