"""Spares in orbit: activation, death in storage and on the way, reordering, and where arrivals go."""

import pytest

from sim.events import EventKind
from sim.strategies import Activate, Launch, Strategy


def with_spares(fleet, laws, **over):
    """Two slots and two spare berths: spares are built for berths 2 and 3."""
    parameters = {"spares_per_plane": 2, "reorder_point": 0, "phasing_days": 2} | over.pop("parameters", {})
    given = {"slots": 2, "gpus": 4, "spare_berths": 2, "days": 300, "lead": 30, **laws, **over}
    return fleet(strategies={"on_orbit_spares": parameters}, **given)


def test_a_spare_fills_the_empty_slot_after_phasing_and_stock_is_reordered(fleet, checked_run, log, written_thresholds):
    laws = written_thresholds(bus={(0, 0): 100, (1, 0): 120})
    result = checked_run(with_spares(fleet, laws), "on_orbit_spares")
    assert log(result) == [
        (100, "BUS_FAILED"),
        (100, "ACTIVATED"),
        (102, "PLACED"),
        (120, "BUS_FAILED"),
        (120, "ACTIVATED"),
        (120, "ORDERED"),  # the last spare is on its way: stock 0 is the reorder point
        (122, "PLACED"),
        (150, "LAUNCHED"),
        (150, "STORED"),
        (150, "STORED"),
    ]
    assert result.events.total(EventKind.ORDERED) == 2
    assert result.events.satellites.sum() == 2


def test_a_spare_that_dies_in_storage_is_missed_by_the_stock_only(fleet, checked_run, log, written_thresholds):
    laws = written_thresholds(bus={(2, 0): 50, (3, 0): 60})
    result = checked_run(with_spares(fleet, laws), "on_orbit_spares")
    assert log(result) == [
        (50, "BUS_FAILED"),
        (60, "BUS_FAILED"),
        (60, "ORDERED"),
        (90, "LAUNCHED"),
        (90, "STORED"),
        (90, "STORED"),
    ]
    assert set(result.events.satellites[result.events.time_days > 0].tolist()) == {0}


def test_a_spare_that_dies_on_its_way_leaves_the_slot_to_the_next(fleet, checked_run, log, written_thresholds):
    laws = written_thresholds(bus={(0, 0): 100, (2, 0): 101})
    result = checked_run(with_spares(fleet, laws), "on_orbit_spares")
    assert log(result) == [
        (100, "BUS_FAILED"),
        (100, "ACTIVATED"),
        (101, "BUS_FAILED"),
        (101, "ACTIVATED"),
        (101, "ORDERED"),
        (103, "PLACED"),
        (131, "LAUNCHED"),
        (131, "STORED"),
        (131, "STORED"),
    ]


def test_the_spare_with_most_gpus_goes_first_and_brings_what_it_has_left(fleet, checked_run, log, written_thresholds):
    # Dormant at a tenth of the pace, the GPU of luck 5 fails on day 50, and that of luck 10.2 two days after waking.
    laws = written_thresholds(bus={(0, 0): 100, (1, 0): 150}, gpu={(2, 0, 0): 5, (3, 0, 1): 10.1, (3, 0, 2): 12})
    result = checked_run(with_spares(fleet, laws, days=170, parameters={"phasing_days": 3}), "on_orbit_spares")
    assert log(result)[:7] == [
        (50, "GPU_FAILED"),  # in berth 2: 5 = .1 x 50
        (100, "BUS_FAILED"),
        (100, "ACTIVATED"),  # berth 3, with four GPUs
        (100.1, "GPU_FAILED"),  # on its way: 10.1 = .1 x 100 + .1
        (102, "GPU_FAILED"),  # still on its way: 12 = .1 x 100 + 2
        (103, "PLACED"),
        (150, "BUS_FAILED"),
    ]
    placed = result.events.where(EventKind.PLACED)
    assert placed.gpus.tolist() == [2, 3]
    assert result.events.where(EventKind.ACTIVATED).berth.tolist() == [3, 2]


def test_without_spares_the_next_arrival_goes_to_the_empty_slot(fleet, checked_run, log, written_thresholds):
    laws = written_thresholds(bus={(0, 0): 10, (1, 0): 20, (2, 0): 12})
    result = checked_run(with_spares(fleet, laws, days=60, parameters={"phasing_days": 0}), "on_orbit_spares")
    assert log(result) == [
        (10, "BUS_FAILED"),
        (10, "ACTIVATED"),
        (10, "PLACED"),
        (12, "BUS_FAILED"),  # the spare from berth 2, now in slot 0
        (12, "ACTIVATED"),
        (12, "ORDERED"),  # two spares
        (12, "PLACED"),
        (
            20,
            "BUS_FAILED",
        ),  # no spare for slot 1; two on order, one empty slot: 1 is above the reorder point
        (42, "LAUNCHED"),
        (42, "DELIVERED"),  # to slot 1: nobody else is on order for it
        (42, "STORED"),
    ]


def test_a_worn_out_satellite_stays_until_a_spare_is_there(fleet, checked_run, log, written_thresholds):
    laws = written_thresholds(gpu={(0, 0, 0): 10, (1, 0, 0): 20})
    parameters = {"spares_per_plane": 1, "retire_below_gpu_fraction": 1.0}
    result = checked_run(with_spares(fleet, laws, days=60, parameters=parameters), "on_orbit_spares")
    assert log(result) == [
        (10, "GPU_FAILED"),
        (10, "RETIRED"),
        (10, "ACTIVATED"),
        (10, "ORDERED"),
        (12, "PLACED"),
        (20, "GPU_FAILED"),  # no spare: it works on with three GPUs
        (40, "LAUNCHED"),
        (40, "STORED"),
        (40, "RETIRED"),
        (40, "ACTIVATED"),
        (40, "ORDERED"),
        (42, "PLACED"),
    ]


def with_ends(fleet, order_ahead_days):
    parameters = {"spares_per_plane": 2, "reorder_point": 0, "order_ahead_days": order_ahead_days}
    strategies = {"on_orbit_spares": parameters}
    return fleet(slots=12, spare_berths=3, days=700, life_days=400, lead=50, strategies=strategies)


def share_at_work(result):
    log = result.events
    return (log.satellites * (result.horizon_days - log.time_days)).sum() / (result.slots * result.horizon_days)


def test_order_ahead_with_more_ends_in_sight_than_spare_berths(fleet, checked_run):
    # Twelve lives end together and there is room for three spares: the other successors relieve their predecessors.
    result = checked_run(with_ends(fleet, order_ahead_days=80), "on_orbit_spares")
    ordered = result.events.where(EventKind.ORDERED)
    assert (ordered.time_days[0], ordered.amount[0]) == (320, 12)
    late = checked_run(with_ends(fleet, order_ahead_days=0), "on_orbit_spares")
    assert share_at_work(result) > 0.99 > share_at_work(late)


class Hasty(Strategy):
    """On the first loss it orders for the empty slot, for the filled one and for the spare, and sends the spare."""

    def decide(self, fleet):
        plane = fleet.plane(0)
        if not plane.empty_slots or plane.on_order:
            return []
        return [Launch(0, 2), Activate(2, 0, 2.0), Launch(0, 1, to="spares")]

    def initial_spares(self):
        return 1


def test_who_finds_no_room_may_not_take_what_a_fellow_passenger_came_to_relieve(
    fleet, checked_run, log, written_thresholds
):
    laws = written_thresholds(bus={(0, 0): 10}, gpu={(1, 0, 0): 5})
    strategies = {"hasty": Hasty(kind="hasty")}
    scenario = fleet(
        slots=2, gpus=2, spare_berths=1, shell={"planes": 2}, days=60, lead=30, strategies=strategies, **laws
    )
    result = checked_run(scenario, "hasty")
    # The first to arrive was built for the slot that the spare has filled: it relieves the satellite in the other one,
    # which has lost a GPU.  The second was built to relieve that one, and relieves the former spare instead.
    assert log(result)[5:] == [
        (12, "PLACED"),
        (40, "LAUNCHED"),
        (40, "RETIRED"),
        (40, "RETIRED"),
        (40, "DELIVERED"),
        (40, "DELIVERED"),
        (40, "STORED"),
    ]
    retired = result.events.where(EventKind.RETIRED)
    assert retired.berth.tolist() == [1, 0]
    assert retired.plane.tolist() == [0, 0]
    assert result.events.satellites.sum() == 4


def test_a_full_stock_of_the_initial_fleet_is_dormant_from_day_0(fleet, checked_run, log, written_thresholds):
    result = checked_run(with_spares(fleet, written_thresholds(), days=10), "on_orbit_spares")
    assert log(result, EventKind.STORED) == [(0, "STORED"), (0, "STORED")]
    assert result.events.gpus.sum() == result.nameplate_gpus


@pytest.mark.parametrize("phasing", [0.0, 7.5])
def test_phasing_takes_its_days(fleet, checked_run, log, written_thresholds, phasing):
    laws = written_thresholds(bus={(0, 0): 100})
    result = checked_run(with_spares(fleet, laws, parameters={"phasing_days": phasing}), "on_orbit_spares")
    assert log(result, EventKind.PLACED) == [(100 + phasing, "PLACED")]
    assert result.events.where(EventKind.ACTIVATED).amount.tolist() == [phasing]
