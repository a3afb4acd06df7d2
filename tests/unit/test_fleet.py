from itertools import product

import numpy as np
import pytest

from sim.berths import LEGAL, BerthState, layouts
from sim.design_view import DesignView
from sim.errors import InputError
from sim.fleet import Fleet, FleetView

PLANES = layouts([3, 2], spare_berths_per_plane=2)
DESIGNS = (DesignView("satellite", 4, 10, 0.0), DesignView("large", 8, 5, 300.0))
COLUMNS = ("state", "gpus_alive", "birth_day", "life_end_day")


def test_berths_are_numbered_slots_before_spares_plane_by_plane():
    assert [(p.first_berth, p.slot_range, p.spare_range, p.end_berth) for p in PLANES] == [
        (0, slice(0, 3), slice(3, 5), 5),
        (5, slice(5, 7), slice(7, 9), 9),
    ]
    fleet = Fleet(PLANES)
    assert fleet.plane_of.tolist() == [0] * 5 + [1] * 4
    assert np.flatnonzero(fleet.is_slot).tolist() == [0, 1, 2, 5, 6]


@pytest.mark.parametrize(("now", "to"), list(product(BerthState, BerthState)))
def test_only_legal_moves_are_made(now, to):
    fleet = Fleet(PLANES)
    fleet.state[0] = now
    if (now, to) in LEGAL:
        fleet.move(0, to)
        assert fleet.state[0] == to
    else:
        with pytest.raises(ValueError, match=f"berth 0 cannot go from {now.name} to {to.name}"):
            fleet.move(0, to)


def test_nobody_works_in_a_spare_berth():
    with pytest.raises(ValueError, match="berth 3 is a spare berth"):
        Fleet(PLANES).move(3, BerthState.WORKING)


@pytest.fixture
def view():
    fleet = Fleet(PLANES)
    for berth, alive, end in ((5, 4, 100.0), (6, 1, 50.0)):
        fleet.move(berth, BerthState.WORKING)
        fleet.gpus_alive[berth] = alive
        fleet.set_life_ends(np.array([berth]), np.array([end]))
    for berth, alive in ((7, 2), (8, 3)):
        fleet.move(berth, BerthState.STORED)
        fleet.gpus_alive[berth] = alive
    fleet.on_order[0] = 1
    return FleetView(fleet, DESIGNS)


def test_the_view_counts_and_names_berths(view):
    empty, full = view.planes
    assert (empty.working, empty.empty_slots, empty.on_order, empty.unfilled) == (0, [0, 1, 2], 1, 2)
    assert (full.working, full.spares, full.empty_slots, full.unfilled) == (2, 2, [], 0)
    assert full.spare_list == [8, 7]  # most GPUs first
    assert full.ending_before(50.0) == [6]
    assert full.ending_before(100.0) == [5, 6]


def test_worn_out_is_a_satellite_with_too_few_gpus_for_its_own_design(view):
    assert view.worn_out(1.0) == view.worn_out(1.0, [1]) == [6]
    assert view.worn_out(1.0, [0]) == view.worn_out(0.25) == []
    view._fleet.design[5] = 1
    assert view.worn_out(1.0) == [5, 6]  # four GPUs of a satellite of the larger design


@pytest.mark.parametrize("column", COLUMNS)
def test_a_strategy_cannot_write_into_the_fleet(view, column):
    with pytest.raises(ValueError, match="read-only"):
        getattr(view.plane(0), column)[0] = 1


@pytest.mark.parametrize(
    "column", ["slots", "spare_berths", "on_order", "inbound", "working", "empty", "blocked", "stored"]
)
def test_a_strategy_cannot_write_into_the_columns_of_a_view(view, column):
    with pytest.raises(ValueError, match="read-only"):
        getattr(view, column)[0] = 1
    with pytest.raises(ValueError, match="WRITEABLE"):
        getattr(view, column).flags.writeable = True


def test_the_view_is_a_window(view):
    fleet = Fleet(PLANES)
    seen = FleetView(fleet, DESIGNS)
    plane = seen.plane(1)
    fleet.move(6, BerthState.WORKING)
    assert plane.working == 1
    assert seen.working.tolist() == [0, 1]


def test_a_view_is_of_the_moment_that_it_was_last_asked_for(view):
    same = view.at(7.5, np.array([1]), reviewing=True)
    assert (same.now_days, same.changed.tolist(), same.reviewing) == (7.5, [1], True)
    assert same.at(299.9, np.array([1]), reviewing=False).newest_design.name == "satellite"
    assert same.at(300.0, np.array([1]), reviewing=False).newest_design.name == "large"


def test_gpus_alive_are_only_for_strategies_that_watch_them():
    fleet = Fleet(PLANES)
    for berth, alive in ((3, 1), (4, 2)):
        fleet.move(berth, BerthState.STORED)
        fleet.gpus_alive[berth] = alive
    seen = FleetView(fleet, DESIGNS, asked_below=0)
    plane = seen.plane(0)
    for look in (lambda: plane.gpus_alive, lambda: seen.worn_out(0.5)):
        with pytest.raises(InputError, match=r"looks at the GPUs alive, but its watches_gpus\(\) says False"):
            look()
    assert plane.spare_list == [4, 3]  # counted for everybody


@pytest.mark.parametrize("seed", range(5))
def test_columns_of_a_view_agree_with_its_planes_after_any_legal_moves(seed):
    random = np.random.default_rng(seed)
    planes = layouts(random.integers(1, 9, 6).tolist(), spare_berths_per_plane=3)
    fleet = Fleet(planes)
    view = FleetView(fleet, DESIGNS)
    seen = set()
    for step in range(600):
        berth = int(random.integers(len(fleet.state)))
        now = BerthState(fleet.state[berth])
        legal = [
            to for to in BerthState if (now, to) in LEGAL and (fleet.is_slot[berth] or to is not BerthState.WORKING)
        ]
        to = legal[random.integers(len(legal))]
        fleet.move(berth, to)
        seen.add((now, to))
        fleet.set_life_ends(np.array([berth]), np.array([random.uniform(0, 100)]))
        plane = int(random.integers(len(planes)))
        fleet.on_order[plane], fleet.inbound[plane] = random.integers(0, 3, 2)
        if step % 20:
            continue
        each = list(view.planes)
        assert [plane.id for plane in each] == list(range(len(planes)))
        assert view.slots.tolist() == [plane.slots for plane in each]
        assert view.spare_berths.tolist() == [plane.spare_berths for plane in each]
        assert view.working.tolist() == [plane.working for plane in each]
        assert view.stored.tolist() == [np.count_nonzero(plane.state[plane.slots :] == 3) for plane in each]
        assert view.empty.tolist() == [len(plane.empty_slots) for plane in each]
        assert view.blocked.tolist() == [len(plane.blocked_slots) for plane in each]
        assert view.on_order.tolist() == [plane.on_order for plane in each] == fleet.on_order.tolist()
        assert view.inbound.tolist() == [plane.inbound for plane in each] == fleet.inbound.tolist()
        for day in (0.0, 50.0, 100.0):
            assert view.ending_before(day).tolist() == [len(plane.ending_before(day)) for plane in each]
        assert fleet.working_satellites() == np.count_nonzero(fleet.state == BerthState.WORKING)
    assert seen == LEGAL


def test_columns_over_berths_are_those_of_the_planes_and_cannot_be_written():
    fleet = Fleet(PLANES)
    view = FleetView(fleet, DESIGNS)
    fleet.move(1, BerthState.WORKING)
    fleet.birth_day[1], fleet.life_end_day[1], fleet.design[1] = 3.0, 9.0, 1
    for name in ("state", "birth_day", "life_end_day"):
        column = getattr(view, name)
        assert column.tolist() == [value for plane in view.planes for value in getattr(plane, name)]
        with pytest.raises(ValueError, match="read-only"):
            column[0] = 1
    assert view.design_of.tolist().index(1) == 1
    assert view.per_plane(view.state == BerthState.WORKING).tolist() == [1, 0]


def test_days_waited_are_those_of_the_slots_that_nobody_is_on_order_for():
    fleet = Fleet(PLANES)
    view = FleetView(fleet, DESIGNS)
    for slot, since in ((0, 10.0), (1, 20.0), (2, 40.0)):
        fleet.vacant_since[slot] = since
    for slot in (5, 6):
        fleet.move(slot, BerthState.WORKING)
    view.at(50.0, np.arange(2), reviewing=False)
    assert view.waited_days().tolist() == [40 + 30 + 10, 0]
    fleet.on_order[0] = 2  # for the two that have waited longest
    assert view.waited_days().tolist() == [10, 0]


@pytest.mark.parametrize("slots", [[3] * 100, [3, 4] * 50], ids=["planes alike", "planes of two sizes"])
@pytest.mark.parametrize("asked", [5, 80])
def test_berths_in_a_state_are_found_in_few_planes_and_in_many(slots, asked):
    fleet = Fleet(layouts(slots, spare_berths_per_plane=2))
    rng = np.random.default_rng(1)
    fleet.state[:] = rng.integers(0, len(BerthState), len(fleet.state))
    planes = np.sort(rng.choice(len(slots), asked, replace=False))
    expected = np.flatnonzero((fleet.state == 1) & np.isin(fleet.plane_of, planes))
    assert fleet.in_state(BerthState(1), planes).tolist() == expected.tolist()
