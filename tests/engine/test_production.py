"""Turns on the line, the ground stock, later designs and old stock, ageing on the shelf, and what strategies see."""

from math import isfinite
from typing import Any

import numpy as np
import pytest

from sim.engine.hazards import hazards_of
from sim.events import Cause, EventKind
from sim.metrics import measure
from sim.strategies import Launch, Strategy

BUILT = {"kind": "constant", "days": 50}
PROCESSED = {"kind": "constant", "days": 5}


def stock(satellites: int, **more: Any) -> dict[str, Any]:
    return {
        "ground_stock": {"satellite": {"satellites": satellites}},
        "build_days": BUILT,
        "processing_days": PROCESSED,
    } | more


class Orders(Strategy):
    """Order on some days as written down; notes what it sees of the ground."""

    orders: Any = ()
    seen: Any = None
    asked: Any = ()

    def reviews_every_days(self) -> float | None:
        return 1.0

    def decide(self, fleet) -> list:
        if not fleet.reviewing or fleet.now_days in self.asked:
            return []  # it is asked again after its own orders
        if self.seen is not None:
            self.seen(fleet)
        self.asked.append(fleet.now_days)
        return [order for day, order in self.orders if abs(day - fleet.now_days) < 1e-6]


def orders(*wanted: tuple[float, Launch], seen: dict | None = None) -> dict[str, Any]:
    """The strategy; `seen` gets (expected lead, of each vehicle, stock) by day."""

    def look(view):
        vehicles = tuple(round(one.expected_lead_days, 6) for one in view.vehicles)
        seen[round(view.now_days)] = round(view.expected_lead_days, 6), vehicles, view.ground_stock.get("satellite")

    return {"orders": Orders(kind="orders", orders=wanted, seen=None if seen is None else look, asked=[])}


def rows(result, kind, *columns):
    """Day, and these columns, of the rows of a kind."""
    log = result.events.where(kind)
    return list(zip(log.time_days.round(6).tolist(), *(getattr(log, one).tolist() for one in columns), strict=True))


# The line


def test_satellites_take_turns_on_the_line_first_come_first_served(fleet, checked_run):
    # One every 10 days; building takes 20 from the turn on.  The line stands idle until day 3 and from day 43 to 100.
    wanted = orders((3, Launch(1, 3)), (4, Launch(0, 1)), (100, Launch(0, 1)))
    of = fleet(slots=5, shell={"planes": 2}, lead=20, strategies=wanted, factory={"satellites_per_year": 36.525})
    assert rows(checked_run(of, "orders"), EventKind.READY, "plane", "amount") == [
        (23, 1, 1),
        (33, 1, 1),
        (43, 1, 1),
        (53, 0, 1),
        (120, 0, 1),
    ]


def test_the_pace_of_a_line_grows(fleet, checked_run):
    # 0 to 40 a year within a year, all but straight from 0: the n-th place opens after sqrt(n / 20) years.
    ramp = {"first_per_year": 0.01, "last_per_year": 40, "years": 1}
    of = fleet(slots=5, strategies=orders((1, Launch(0, 4))), factory={"satellites_per_year": ramp})
    ready = [day for day, *_ in rows(checked_run(of, "orders"), EventKind.READY)]
    assert ready == pytest.approx([1] + [365.25 * np.sqrt(k / 20) for k in (1, 2, 3)], abs=0.3)


def test_a_factory_without_limit_and_stock_changes_nothing(fleet, checked_run):
    given = {
        "slots": 20,
        "gpus": 3,
        "days": 900,
        "success": 0.8,
        "per_flight": 4,
        "bus": {"kind": "weibull", "shape": 1.5, "scale_years": 1},
        "lead": {"kind": "exponential", "mean_days": 30},
        "launch": {"opportunity_interval_days": 15},
    }
    alone = checked_run(fleet(**given), "replace_on_failure").events
    beside = checked_run(fleet(**given, factory={"shelf_ageing": 0}), "replace_on_failure").events
    assert len(alone) > 100
    for column in vars(alone):
        assert np.array_equal(getattr(alone, column), getattr(beside, column)), column


# The ground stock


def test_an_order_takes_what_is_in_stock_and_waits_for_the_rest(fleet, checked_run):
    wanted = orders((10, Launch(0, 3)), (30, Launch(0, 1)), (100, Launch(0, 1)))
    result = checked_run(fleet(slots=9, days=200, lead=99, strategies=wanted, factory=stock(2)), "orders")
    assert rows(result, EventKind.COMMISSIONED, "amount", "cause") == [
        (0, 2, Cause.DEPLOYMENT),
        (10, 3, Cause.NONE),
        (30, 1, Cause.NONE),
        (100, 1, Cause.NONE),
    ]
    # Three come on day 60: one for the order of day 10, one for that of day 30, one for the shelf; it waits for nobody.
    assert rows(result, EventKind.STOCKED, "amount") == [(0, 2), *[(60, 1)] * 3, (80, 1), (150, 1)]
    assert rows(result, EventKind.TAKEN, "amount") == [(10, 0), (10, 0), (60, 50), (60, 30), (100, 0)]
    assert rows(result, EventKind.READY, "amount") == [(15, 2), (65, 1), (65, 1), (105, 1)]
    assert [day for day, cause in rows(result, EventKind.LAUNCHED, "cause") if cause != Cause.DEPLOYMENT] == [
        15,
        65,
        105,
    ]


def test_planes_take_from_one_stock_in_the_order_of_their_orders(fleet, checked_run):
    wanted = orders((10, Launch(1, 1)), (11, Launch(0, 1)), (12, Launch(1, 1)))
    of = fleet(slots=5, shell={"planes": 2}, days=100, strategies=wanted, factory=stock(1))
    assert rows(checked_run(of, "orders"), EventKind.READY, "plane") == [(15, 1), (65, 0), (66, 1)]


def test_a_stock_that_is_not_full_at_the_start_is_filled(fleet, checked_run):
    part = stock(3, ground_stock={"satellite": {"satellites": 3, "at_start": 1}}, satellites_per_year=36.525)
    result = checked_run(fleet(days=100, factory=part))
    assert rows(result, EventKind.STOCKED, "amount", "cause") == [(0, 1, Cause.DEPLOYMENT), (50, 1, 0), (60, 1, 0)]


def test_the_time_that_the_n_th_build_takes_is_its_own_under_every_strategy(fleet, checked_run):
    law = {"kind": "exponential", "mean_days": 40}

    def builds(strategy):
        scenario = fleet(
            slots=40,
            days=1500,
            bus={"kind": "exponential", "rate_per_year": 0.5},
            factory=stock(2, build_days=law),
            strategies={"batch": {"reorder_point": 3}},
        )
        log = checked_run(scenario, strategy).events
        begun, done = log.where(EventKind.COMMISSIONED), log.where(EventKind.STOCKED)
        begun = np.repeat(begun.time_days, begun.amount.astype(int))[2:]
        ends = {round(day, 6) for day in done.time_days.tolist()}
        return begun, ends

    one, (other, ends) = builds("replace_on_failure"), builds("batch")
    first = one[0]
    assert not np.array_equal(first[:20], other[:20])
    # Of the second run, each of the first 20 builds ends after the time that it took in the first one.
    found = set()
    for begin, again in zip(first[:20].tolist(), other[:20].tolist(), strict=True):
        lengths = {round(end - begin, 5) for end in one[1] if end > begin}
        found.add(bool(lengths & {round(end - again, 5) for end in ends if end > again}))
    assert found == {True}


# Generations


LATER = {"second": {"available_from_day": 100}}
BOTH = {"satellite": {"satellites": 2}, "second": {"satellites": 1}}


PARKING = {
    "reorder_point": 0,
    "order_quantity": 1,
    "parking_reorder_batches": 0,
    "parking_order_batches": 1,
    "phasing_days": 1,
}


def of_generations(fleet, design, **over):
    own = {"replace_on_failure": {"design": design}}
    return fleet(days=400, designs=LATER, strategies=own, factory=stock(2, ground_stock=BOTH), **over)


def taken(result):
    return [(day, design) for day, design in rows(result, EventKind.TAKEN, "design")]


def commissioned(result):
    return [(day, design, amount) for day, design, amount in rows(result, EventKind.COMMISSIONED, "design", "amount")]


def test_a_later_design_is_stocked_from_its_day_on_and_the_old_stock_stays(fleet, checked_run, written_thresholds):
    laws = written_thresholds(bus={(0, 0): 120, (1, 0): 200, (2, 0): 210})
    result = checked_run(of_generations(fleet, "newest", **laws), "replace_on_failure")
    # The second design is finished on day 150: the order of day 120 waits for it.
    assert taken(result) == [(150, 1), (200, 1), (250, 1)]
    assert commissioned(result) == [(0, 0, 2), (100, 1, 1), (120, 1, 1), (200, 1, 1), (210, 1, 1)]
    assert result.events.where(EventKind.ORDERED).design.tolist() == [1, 1, 1]


def test_who_orders_on_the_first_day_of_a_later_design_orders_from_its_stock(fleet, checked_run):
    # The lives of the fleet in place end on that very day, before the stock is opened on its own.
    own = {"replace_on_failure": {"order_ahead_days": 0}}
    scenario = fleet(
        days=300,
        life_days=100,
        designs=LATER,
        strategies=own,
        factory=stock(0, ground_stock={"second": {"satellites": 1}}),
    )
    result = checked_run(scenario, "replace_on_failure")
    ordered = rows(result, EventKind.ORDERED, "amount")[0]
    assert ordered[0] == 100
    first = int(ordered[1])
    assert commissioned(result)[:2] == [(100, 1, 1), (100, 1, first)]
    assert taken(result)[:first] == [(150, 1)] * first
    assert isfinite(measure(result)["days_on_ground"])


def test_a_stock_ordered_by_name_is_kept_up_whatever_is_newer(fleet, checked_run, written_thresholds):
    laws = written_thresholds(bus={(0, 0): 120, (1, 0): 200})
    result = checked_run(of_generations(fleet, "satellite", **laws), "replace_on_failure")
    assert taken(result) == [(120, 0), (200, 0)]
    assert commissioned(result) == [(0, 0, 2), (100, 1, 1), (120, 0, 1), (200, 0, 1)]


def test_old_stock_is_used_up_first_and_not_filled_again(fleet, checked_run, written_thresholds):
    laws = written_thresholds(bus={(0, 0): 120, (1, 0): 200, (2, 0): 200, (3, 0): 200})
    result = checked_run(of_generations(fleet, "stock_first", **laws), "replace_on_failure")
    assert taken(result) == [(120, 0), (200, 0), (200, 1), (250, 1)]
    assert commissioned(result) == [(0, 0, 2), (100, 1, 1), (200, 1, 2)]
    assert rows(result, EventKind.ORDERED, "design", "amount") == [(120, 0, 1), (200, 0, 1), (200, 1, 2)]


@pytest.mark.parametrize(
    ("kind", "own"),
    [
        ("batch", {"reorder_point": 1}),
        ("on_orbit_spares", {"spares_per_plane": 1, "reorder_point": 0, "phasing_days": 1}),
        ("dual_supply", {"review_period_days": 1000, "urgent_slots": 1}),
        ("condition_based", {"minimum_order": 1}),
        ("parking_orbit", PARKING),
    ],
)
def test_every_strategy_that_orders_can_use_up_old_stock(fleet, checked_run, written_thresholds, kind, own):
    laws = written_thresholds(bus={(0, 0): 120, (1, 0): 120, (2, 0): 120})

    def ordered(design):
        scenario = fleet(
            spare_berths=2 if kind != "dual_supply" else 0,
            parking=[{"altitude_km": 400, "planes": 1, "berths_per_plane": 2}] if kind == "parking_orbit" else None,
            days=400,
            designs=LATER,
            strategies={kind: own | {"design": design}},
            factory=stock(2, ground_stock=BOTH),
            **laws,
        )
        log = checked_run(scenario, kind).events.where(EventKind.ORDERED)
        return np.repeat(log.design, log.amount.astype(int)).tolist()

    assert set(ordered("newest")) == {1}
    assert ordered("stock_first")[:3] == [0, 0, 1]


def test_old_stock_goes_to_the_planes_in_turn(fleet, checked_run, written_thresholds):
    laws = written_thresholds(bus={(0, 0): 120, (1, 0): 120, (4, 0): 120})
    result = checked_run(of_generations(fleet, "stock_first", shell={"planes": 2}, **laws), "replace_on_failure")
    ordered = rows(result, EventKind.ORDERED, "plane", "design", "amount")
    assert ordered == [(120, 0, 0, 2), (120, 1, 1, 1)]


def test_an_outdated_design_is_built_only_as_far_as_its_stock_does_not_do(fleet, checked_run):
    # A class of one's own that names the old design: two from stock, one that is built for it.
    wanted = orders((150, Launch(0, 3, design="satellite")))
    scenario = fleet(slots=9, days=300, designs=LATER, strategies=wanted, factory=stock(2))
    result = checked_run(scenario, "orders")
    assert taken(result) == [(150, 0), (150, 0), (200, 0)]
    assert commissioned(result) == [(0, 0, 2), (150, 0, 1)]


# Ageing on the shelf


WEAR_OUT = {"kind": "weibull", "shape": 2, "scale_years": 100 / 365.25}


@pytest.mark.parametrize("ageing", [0, 0.5])
@pytest.mark.parametrize("part", ["bus", "gpu"])
def test_what_waits_for_a_flight_has_aged(fleet, checked_run, written_thresholds, part, ageing):
    # Lost on day 10; built on day 30, it flies on day 90 and works from day 97 on, aged by 60 days x ageing.
    # H(a) = (a / 100)^2 and it survived H(aged): it fails when H = 1 + H(aged).
    first = {"bus": {(0, 0): 0.01}}
    second = {"bus": {"bus": {(0, 1): 1}}, "gpu": {"gpu": {(0, 1, 0): 1}}}[part]
    written_thresholds(bus=first["bus"] | second.get("bus", {}), gpu=second.get("gpu", {}))
    calendar = {"opportunity_interval_days": 90, "transfer_days": 7}
    scenario = fleet(slots=1, lead=20, launch=calendar, bus=WEAR_OUT, gpu=WEAR_OUT, factory={"shelf_ageing": ageing})
    kind = EventKind.BUS_FAILED if part == "bus" else EventKind.GPU_FAILED
    died = [day for day, *_ in rows(checked_run(scenario, "replace_on_failure"), kind)][-1]
    aged = 60 * ageing
    assert died == pytest.approx(97 + 100 * np.sqrt(1 + (aged / 100) ** 2) - aged, abs=1e-6)


def test_what_waits_in_stock_has_aged_and_the_initial_fleet_has_not(fleet, checked_run, written_thresholds):
    # In stock from day 0 to day 60, launched on day 65.  The first satellite fails at an age of 60 days.
    written_thresholds(bus={(0, 0): 0.36, (0, 1): 1})
    of = fleet(slots=1, bus=WEAR_OUT, factory=stock(1, shelf_ageing=1))
    died = [day for day, *_ in rows(checked_run(of, "replace_on_failure"), EventKind.BUS_FAILED)]
    assert died == pytest.approx([60, 65 + 100 * np.sqrt(1 + 0.65**2) - 65], abs=1e-6)


def test_debris_and_radiation_wait_for_orbit(fleet):
    scenario = fleet(
        radiation={"effects": {}, "wear": {"end_median_krad": 10}},
        reliability={"groups": {"host": {"law": {"kind": "exponential", "rate_per_year": 1}, "gpus": 1}}},
    )
    scenario = scenario.model_copy(update={"radiation": type(scenario.radiation)()})
    names = {scenario.cause_name(one.cause) for one in hazards_of(scenario) if one.ages_on_ground}
    others = {scenario.cause_name(one.cause) for one in hazards_of(scenario) if not one.ages_on_ground}
    assert names == {"bus", "gpu", "host"}
    assert {"debris", "dose", "latch_up"} <= others


# What strategies see


SMALL = {"name": "b", "capacity_kg": 9, "price": {"kind": "per_flight", "usd": 1}, "success_probability": 1}
OTHER = {"vehicle": SMALL, "lead_time_days": {"kind": "constant", "days": 3}, "transfer_days": 2}


def test_a_strategy_sees_the_stock_and_what_an_order_takes_now(fleet, checked_run):
    seen: dict[int, Any] = {}
    wanted = orders((10, Launch(0, 2)), (20, Launch(0, 1)), seen=seen)
    launch = {"transfer_days": 7, "others": {"b": OTHER}}
    scenario = fleet(slots=9, days=100, lead=99, launch=launch, strategies=wanted, factory=stock(2))
    checked_run(scenario, "orders")
    assert seen[5] == (12, (12, 7), 2)
    # Both are gone; two are finished on day 60, the first of which is for the order of day 20.
    assert seen[15] == (45 + 12, (45 + 12, 45 + 7), 0)
    assert seen[25] == (35 + 12, (35 + 12, 35 + 7), 0)
    assert seen[59] == (1 + 12, (1 + 12, 1 + 7), 0)
    assert seen[65] == (12, (12, 7), 1)
    assert seen[75] == (12, (12, 7), 2)


def test_the_queue_for_the_line_counts_in_the_lead(fleet, checked_run):
    seen: dict[int, Any] = {}
    wanted = orders((10, Launch(0, 3)), seen=seen)
    line = {"satellites_per_year": 36.525}
    checked_run(
        fleet(slots=9, days=60, lead=20, strategies=wanted, factory=line, launch={"others": {"b": OTHER}}), "orders"
    )
    # The next turn is on day 40.
    leads = [(20, 5), (49, 34), (30, 15), (20, 5)]
    assert [seen[day] for day in (9, 11, 30, 45)] == [(main, (main, b), 0) for main, b in leads]


def test_nothing_is_seen_on_the_ground_without_a_factory(fleet, checked_run):
    seen: dict[int, Any] = {}
    checked_run(fleet(days=10, lead=20, strategies=orders(seen=seen)), "orders")
    assert seen[5] == (20, (20,), 0)


@pytest.mark.parametrize(("satellites", "ordered"), [(2, 195), (1, 145)])
def test_successors_are_ordered_as_early_as_the_stock_asks_for(fleet, checked_run, satellites, ordered):
    # Two lives end on day 200.  From stock an order takes 5 days, from the line 55.
    scenario = fleet(slots=2, life_days=200, days=300, factory=stock(satellites))
    result = checked_run(scenario, "replace_on_failure")
    assert rows(result, EventKind.ORDERED, "amount")[0] == (ordered, 2)
    assert result.events.satellites[result.events.time_days > 0].sum() == 0  # nobody was missing for long
    arrived = [day for day, cause in rows(result, EventKind.DELIVERED, "cause") if cause != Cause.DEPLOYMENT]
    assert max(arrived[:2]) == 200


def test_a_stock_that_runs_out_brings_ends_into_view_that_were_not(fleet, checked_run, written_thresholds):
    # The life of plane 1's ends on day 200: from stock its successor is ordered on day 195.  But plane 0 takes both
    # that are there, on days 160 and 170, and the next ones are finished on day 210 and later.
    laws = written_thresholds(bus={(0, 0): 160, (0, 1): 5})
    of = fleet(slots=1, shell={"planes": 2}, life_days=200, days=300, factory=stock(2), **laws)
    result = checked_run(of, "replace_on_failure")
    assert rows(result, EventKind.ORDERED, "plane", "amount")[:3] == [(160, 0, 1), (170, 0, 1), (170, 1, 1)]
