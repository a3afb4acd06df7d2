"""Several launch vehicles, their calendars and pads, one flight for several planes, and strategies that choose."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from sim.economics import Item, costs
from sim.errors import InputError, ScenarioError
from sim.events import Cause, EventKind
from sim.launch import Ramp
from sim.metrics import measure
from sim.physics.orbit import nodal_precession_deg_per_day
from sim.scenario import load
from sim.strategies import Launch, Strategy

OTHER = {
    "vehicle": {
        "name": "small",
        "capacity_kg": 2,
        "price": {"kind": "per_flight", "usd": 7},
        "success_probability": 1,
    },
    "lead_time_days": {"kind": "constant", "days": 5},
    "stand_down": {"median_days": 0, "long_probability": 0},
}


class Orders(Strategy):
    """Order on some days as written down; notes what it sees of the vehicles."""

    orders: Any = ()
    seen: Any = None
    asked: Any = ()
    every: float = 1.0

    def reviews_every_days(self) -> float | None:
        return self.every

    def decide(self, fleet) -> list:
        if self.seen is not None:
            self.seen(fleet)
        if not fleet.reviewing:
            return []
        due = [order for day, order in self.orders if abs(day - fleet.now_days) < 1e-6]
        # It is asked again after its own orders.
        wanted = due if fleet.now_days not in self.asked else []
        self.asked.append(fleet.now_days)
        return wanted


def orders(*wanted: tuple[float, Launch], seen: Callable | None = None) -> dict[str, Any]:
    return {"orders": Orders(kind="orders", orders=wanted, seen=seen, asked=[])}


def flights(result):
    """(day, vehicle, satellites) of every launch but deployment's."""
    log = result.events.where(EventKind.LAUNCHED)
    rows = zip(log.time_days.round(3).tolist(), log.vehicle.tolist(), log.amount.astype(int).tolist(), strict=True)
    return [row for row, cause in zip(rows, log.cause, strict=True) if cause != Cause.DEPLOYMENT]


# Several vehicles


def test_an_order_flies_on_the_vehicle_that_it_names_at_its_lead_room_and_price(fleet, checked_run):
    wanted = orders((1, Launch(0, 3)), (1, Launch(0, 3, vehicle="small")), (2, Launch(0, 1, vehicle="main")))
    scenario = fleet(slots=10, days=100, lead=20, launch={"others": {"small": OTHER}}, strategies=wanted)
    result = checked_run(scenario, "orders")
    assert flights(result) == [(6, 1, 2), (6, 1, 1), (21, 0, 3), (22, 0, 1)]
    ordered = result.events.where(EventKind.ORDERED)
    assert ordered.vehicle.tolist() == [0, 1, 0]
    deployed = 1  # USD for its one flight on the main vehicle
    assert costs(result)[Item.LAUNCHES] == deployed + 2 * 7 + 2 * 1
    assert measure(result)["flight_fill_fraction"] == pytest.approx((2 / 2 + 1 / 2 + 3 / 1000 + 1 / 1000) / 4)


def test_a_vehicle_that_nobody_orders_on_changes_nothing(fleet, checked_run):
    given = {
        "slots": 20,
        "days": 900,
        "success": 0.8,
        "per_flight": 4,
        "bus": {"kind": "exponential", "rate_per_year": 1},
        "lead": {"kind": "exponential", "mean_days": 30},
    }
    calendar = {"opportunity_interval_days": 15}
    alone = checked_run(fleet(**given, launch=calendar), "replace_on_failure").events
    beside = checked_run(fleet(**given, launch={**calendar, "others": {"small": OTHER}}), "replace_on_failure").events
    assert len(alone) > 100
    for column in vars(alone):
        assert np.array_equal(getattr(alone, column), getattr(beside, column)), column


def test_the_luck_of_a_vehicle_does_not_depend_on_those_beside_it(fleet, checked_run):
    risky = {**OTHER, "vehicle": {**OTHER["vehicle"], "success_probability": 0.5}, "opportunity_interval_days": 10}

    def outcomes(others):
        wanted = orders(*[(day, Launch(0, 2, vehicle="risky")) for day in range(1, 400, 10)])
        scenario = fleet(slots=90, days=500, launch={"others": others}, strategies=wanted)
        log = checked_run(scenario, "orders").events
        return log.where(EventKind.LAUNCH_FAILED).time_days.tolist()

    one, two = outcomes({"risky": risky}), outcomes({"aaa": OTHER, "risky": risky})
    assert len(one) > 8
    assert one == two


def test_a_stand_down_keeps_its_own_vehicle_on_the_ground_and_no_other(fleet, checked_run):
    grounded = {"median_days": 50, "sigma": 0, "long_probability": 0}
    bad = {**OTHER, "vehicle": {**OTHER["vehicle"], "success_probability": 0}, "stand_down": grounded}
    seen = {}

    def look(view):
        seen[round(view.now_days, 3)] = [vehicle.grounded for vehicle in view.vehicles]

    days = [(day, Launch(0, 1, vehicle=name)) for day in (1, 10, 30) for name in ("bad", "main")]
    scenario = fleet(slots=10, days=200, lead=5, launch={"others": {"bad": bad}}, strategies=orders(*days, seen=look))
    result = checked_run(scenario, "orders")
    main = [day for day, vehicle, _ in flights(result) if vehicle == 0]
    failed = [day for day, vehicle, _ in flights(result) if vehicle == 1]
    assert main == [6, 15, 35]
    assert failed == [6, 56]  # both that wait share the flight after the stand-down
    assert seen[3] == [False, False]
    assert seen[7] == [False, True]
    assert seen[30] == [False, True]
    assert seen[57] == [False, True]
    assert seen[107] == [False, False]


def test_a_strategy_sees_what_flies(fleet, checked_run):
    price = {"kind": "per_kg", "usd_per_kg": {"kind": "table", "year": [2027, 2028], "usd": [10, 20]}}
    small = {**OTHER, "vehicle": {**OTHER["vehicle"], "price": price}}
    small["vehicle"]["success_probability"] = {"flights": 1, "failures": 0}
    seen = []
    wanted = orders((10, Launch(0, 2, vehicle="small")), seen=lambda view: seen.append((view.now_days, view.vehicles)))
    scenario = fleet(slots=4, days=30, lead=20, launch={"others": {"small": small}}, strategies=wanted)
    result = checked_run(scenario, "orders", seed=3)
    delivered = result.events.count(EventKind.LAUNCH_FAILED) == 0
    main, other = seen[0][1]
    assert (main.name, main.satellites_per_flight) == ("main", {"satellite": 1000})
    assert main.flight_usd("satellite", 3) == 1
    assert (main.expected_lead_days, main.success_probability) == (20, 1)
    assert (other.name, other.satellites_per_flight, other.expected_lead_days) == ("small", {"satellite": 2}, 5)
    assert other.flight_usd("satellite", 2) == pytest.approx(20 + 20 * seen[0][0] / 365.25)
    assert other.success_probability == 1.5 / 2
    after = next(vehicles for day, vehicles in seen if day > 16)[1]
    assert after.success_probability == (2.5 if delivered else 1.5) / 3


@pytest.mark.parametrize(("usd", "ordered"), [([1.0, 1e9], [0]), ([1e9, 1e9], []), ([1e9, 1.0], [1])])
def test_a_strategy_weighs_the_price_of_today_on_its_own_vehicle(fleet, checked_run, written_thresholds, usd, ordered):
    # A satellite is lost in each half of the year; the other vehicle's price jumps in between, the main one's is 1.
    price = {"kind": "per_flight", "usd": {"kind": "table", "year": [2027.4, 2027.41], "usd": usd}}
    small = {**OTHER, "vehicle": {**OTHER["vehicle"], "price": price}}
    scenario = fleet(
        slots=2,
        days=365,
        start="2027-01-01",
        launch={"others": {"small": small}},
        strategies={"marginal_value": {"vehicle": "small"}},
        **written_thresholds(bus={(0, 0): 100, (1, 0): 200}),
    )
    service = scenario.service.model_copy(update={"value_usd_per_gpu_hour": 10.0})
    scenario = scenario.model_copy(update={"service": service})
    days = checked_run(scenario, "marginal_value").events.where(EventKind.ORDERED).time_days
    assert [int(day > 150) for day in days.tolist()] == ordered


@pytest.mark.parametrize(
    ("order", "problem"),
    [
        (Launch(0, 1, vehicle="smal"), "vehicles are main, small"),
        (Launch(0, 1, vehicle=3), "vehicle must be the name of one, or None"),
    ],
)
def test_an_order_on_no_vehicle_is_told_so(fleet, checked_run, order, problem):
    scenario = fleet(days=30, launch={"others": {"small": OTHER}}, strategies=orders((1, order)))
    with pytest.raises(InputError, match=problem):
        checked_run(scenario, "orders")


def test_a_scenario_says_which_vehicles_there_are(fleet, checked_run):
    with pytest.raises(ValueError, match="'main' is the name of the vehicle under"):
        fleet(launch={"others": {"main": OTHER}})
    given = {"launch": {"others": {"small": OTHER}}}
    scenario = fleet(**given, strategies={"batch": {"vehicle": "smal"}})
    with pytest.raises(ScenarioError, match=r"batch.vehicle: is 'smal', which is no vehicle .* one of main, small"):
        scenario.strategy_named("batch")
    with pytest.raises(ScenarioError, match="must be one of first_other, main, small"):
        fleet(**given, strategies={"dual_supply": {"urgent_vehicle": "x"}}).strategy_named("dual_supply")
    heavy = {**OTHER, "vehicle": {**OTHER["vehicle"], "capacity_kg": 0.5}}
    with pytest.raises(ValueError, match=r"launch.others.small.vehicle.capacity_kg \(0.5\) is too little"):
        fleet(launch={"others": {"small": heavy}})


@pytest.mark.parametrize("strategy", ["replace_on_failure", "batch", "scheduled_batch", "on_orbit_spares"])
def test_strategies_order_on_their_vehicle_and_look_ahead_by_its_lead(fleet, checked_run, strategy):
    given = {"vehicle": "small"} | ({"spares_per_plane": 2, "reorder_point": 1} if "spares" in strategy else {})
    scenario = fleet(
        slots=6,
        days=900,
        spare_berths=3,
        life_days=300,
        lead=100,
        launch={"others": {"small": OTHER}},
        strategies={strategy: given},
    )
    result = checked_run(scenario, strategy)
    flown = flights(result)
    assert flown
    assert {vehicle for _, vehicle, _ in flown} == {1}
    if strategy == "replace_on_failure":
        assert flown[0][0] == 300  # ordered 5 days before the end, on the vehicle that takes 5


# Calendar and pads


def test_a_ramp_sets_the_dates(fleet, checked_run):
    ramp = {"first_per_year": 2, "last_per_year": 6, "years": 2}
    wanted = orders(*[(day, Launch(0, 1)) for day in range(1, 1400, 5)])
    scenario = fleet(slots=300, days=1461, per_flight=2, launch={"ramp": ramp}, strategies=wanted)
    days = np.array([day for day, _, _ in flights(checked_run(scenario, "orders"))])
    years = days / 365.25
    counted = np.where(years < 2, 2 * years + years**2, 8 + 6 * (years - 2))
    assert counted == pytest.approx(np.arange(1, 20), abs=1e-4)
    with pytest.raises(ValueError, match=r"opportunity_interval_days \(30\) must be 0 beside a ramp"):
        fleet(launch={"ramp": ramp, "opportunity_interval_days": 30})


def test_a_geometric_ramp_grows_by_the_same_factor_each_year(fleet, checked_run):
    ramp = {"first_per_year": 2, "last_per_year": 18, "years": 2, "growth": "geometric"}
    wanted = orders(*[(day, Launch(0, 1)) for day in range(1, 1000)])
    scenario = fleet(slots=1000, days=1461, per_flight=20, launch={"ramp": ramp}, strategies=wanted)
    years = np.array([day for day, _, _ in flights(checked_run(scenario, "orders"))]) / 365.25
    # 2 x 3^t a year until 18 are reached.
    counted = np.where(years < 2, 2 * (3**years - 1) / np.log(3), 16 / np.log(3) + 18 * (years - 2))
    assert len(years) > 20
    assert counted == pytest.approx(np.arange(1, len(years) + 1), abs=1e-3)


@pytest.mark.parametrize("growth", ["linear", "geometric"])
@pytest.mark.parametrize(("first", "last"), [(12, 145), (145, 12), (7, 7), (7, 7 + 1e-9), (0.01, 1e4)])
def test_days_and_dates_of_a_ramp_are_each_others_inverse(growth, first, last):
    ramp = Ramp(first_per_year=first, last_per_year=last, years=3, growth=growth)
    numbers = np.linspace(0, 2 * ramp.dates, 101)
    days = [ramp.day(number) for number in numbers]
    assert np.all(np.diff(days) > 0)
    assert [ramp.dates_until(day) for day in days] == pytest.approx(numbers, rel=1e-9, abs=1e-9)
    # In the ramp's own middle: the arithmetic and the geometric mean of both ends.
    middle = (ramp.dates_until(1.5 * 365.25 + 0.01) - ramp.dates_until(1.5 * 365.25 - 0.01)) / 0.02 * 365.25
    assert middle == pytest.approx(np.sqrt(first * last) if growth == "geometric" else (first + last) / 2, rel=1e-4)


def test_a_faster_ladder_gives_more_flights_to_a_fleet_that_wants_them(fleet, checked_run):
    flown, deployed = {}, {}
    for name in ("pessimistic", "base", "ambitious"):
        shipped = load("baseline", f"overlays/cadence_{name}")
        dates = shipped.launch.model_dump(include={"opportunity_interval_days", "flights_per_opportunity", "ramp"})
        deployment = shipped.deployment.model_dump()
        wanted = orders(*[(day, Launch(0, 1)) for day in range(1, 731)])
        scenario = fleet(slots=2000, days=731, per_flight=1, launch=dates, strategies=wanted)
        flown[name] = len(flights(checked_run(scenario, "orders")))
        launched = checked_run(fleet(slots=100, days=731, per_flight=1, deployment=deployment))
        deployed[name] = len(launched.events.where(EventKind.LAUNCHED))
    # Two years: 12 a year; 12 x 12.08^(t/5) a year; more than two a week from the first day on.
    growth = np.log(145 / 12) / 5
    base = 12 * np.expm1(2 * growth) / growth
    assert flown["pessimistic"] == pytest.approx(24, abs=1)
    assert flown["base"] == pytest.approx(base, abs=1)
    assert flown["ambitious"] > 400
    assert deployed["pessimistic"] == pytest.approx(25, abs=1)
    assert deployed["base"] == pytest.approx(base + 1, abs=1)
    assert deployed["ambitious"] == 100


@pytest.mark.parametrize("limit", ["pads", "boosters"])
def test_a_flight_waits_for_a_free_pad_and_takes_along_what_comes_meanwhile(fleet, checked_run, limit):
    wanted = orders(*[(day, Launch(0, 1)) for day in (1, 2, 3, 4)])
    launch = {limit: {"count": 1, "days": 10}}
    scenario = fleet(slots=9, days=60, lead=1, launch=launch, strategies=wanted)
    assert flights(checked_run(scenario, "orders")) == [(2, 0, 1), (12, 0, 3)]
    two = fleet(slots=9, days=60, lead=1, launch={limit: {"count": 2, "days": 10}}, strategies=wanted)
    assert flights(checked_run(two, "orders")) == [(2, 0, 1), (3, 0, 1), (12, 0, 2)]


def test_a_date_on_which_the_pad_is_taken_passes(fleet, checked_run):
    wanted = orders(*[(day, Launch(0, 1)) for day in (1, 2, 3, 4)])
    launch = {"opportunity_interval_days": 4, "pads": {"count": 1, "days": 6}, "flights_per_opportunity": 2}
    scenario = fleet(slots=9, days=60, per_flight=2, launch=launch, strategies=wanted)
    assert flights(checked_run(scenario, "orders")) == [(4, 0, 2), (12, 0, 2)]


def test_the_first_fleet_waits_for_the_pad_too(fleet, checked_run):
    deployment = {"kind": "launched", "first_launch_day": 0, "interval_days": 1}
    given = {"slots": 6, "days": 60, "per_flight": 2, "deployment": deployment}
    scenario = fleet(**given, launch={"pads": {"count": 1, "days": 10}})
    assert checked_run(scenario).events.where(EventKind.LAUNCHED).time_days.tolist() == [0, 10, 20]


# One flight for several planes

SHELL = {"planes": 4, "altitude_km": 550, "inclination_deg": 53}
DRIFT = {"altitude_km": 400, "longest_wait_days": 800}


def test_a_lower_orbit_drifts_by_a_third_of_a_degree_a_day():
    rate = float(np.diff(nodal_precession_deg_per_day([550, 400], 53))[0])
    assert rate == pytest.approx(-0.357, abs=5e-4)


def shared(fleet, drift, **over):
    wanted = orders((1, Launch(2, 2)), (1, Launch(1, 1)), (1, Launch(3, 3)), (1, Launch(0, 1)))
    launch = {"transfer_days": 7, "drift": drift, "stand_down": {"median_days": 0, "long_probability": 0}}
    given = {"slots": 6, "days": 900, "per_flight": 5, "lead": 10, "launch": launch, "strategies": wanted}
    given = given | {"satellite": {"propulsion": {"insertion_altitude_km": 350}}} | over
    return fleet(shell=SHELL, **given)


def test_room_that_a_plane_leaves_goes_to_planes_that_the_drift_orbit_reaches(fleet, checked_run):
    result = checked_run(shared(fleet, DRIFT), "orders")
    log = result.events
    launched = log.where(EventKind.LAUNCHED)
    launched_later = launched.cause != Cause.DEPLOYMENT
    # The first flight is for plane 2; planes 1 and 3 share it, the rest of 3 goes with plane 0.
    assert launched.plane[launched_later].tolist() == [2, 3]
    assert launched.amount[launched_later].tolist() == [5, 2]
    carried = log.where(EventKind.CARRIED)
    assert (carried.plane.tolist(), carried.amount.tolist()) == ([1, 3, 0], [1, 2, 1])
    # Nodes are 90 degrees apart and the drift orbit turns west: from 2 it meets 1, 0, 3 in turn, from 3 plane 0 last.
    turn = 90 / 0.35743841845678315
    arrived = log.where(EventKind.DELIVERED)
    later = arrived.time_days > 1
    days = dict.fromkeys(range(4), ())
    for plane, day in zip(arrived.plane[later].tolist(), arrived.time_days[later].tolist(), strict=True):
        days[plane] = (*days[plane], round(day, 2))
    # Those for their flight's own plane work after 7 days of transfer.
    assert days[2] == (18, 18)
    assert days[1] == pytest.approx((18 + turn,), abs=0.1)
    assert days[3] == pytest.approx((18, 18 + 3 * turn, 18 + 3 * turn), abs=0.1)
    assert days[0] == pytest.approx((18 + 3 * turn,), abs=0.1)
    assert measure(result)["flight_fill_fraction"] == pytest.approx((5 / 5 + 2 / 5) / 2)


def test_planes_out_of_reach_get_flights_of_their_own(fleet, checked_run):
    near = checked_run(shared(fleet, {**DRIFT, "longest_wait_days": 300}), "orders").events
    assert near.where(EventKind.CARRIED).plane.tolist() == [1]  # only the next plane westward of 2; 0 has none to 3
    for none in (None, {**DRIFT, "longest_wait_days": 200}):
        alone = checked_run(shared(fleet, none), "orders").events
        assert alone.count(EventKind.CARRIED) == 0
        flown = alone.where(EventKind.LAUNCHED)
        assert flown.amount[flown.cause != Cause.DEPLOYMENT].tolist() == [2, 1, 3, 1]


def test_a_flight_that_fails_loses_what_it_carried_for_every_plane(fleet, checked_run):
    result = checked_run(shared(fleet, DRIFT, success=0.0), "orders")
    assert result.events.total(EventKind.LAUNCH_FAILED) == 7
    assert result.events.count(EventKind.DELIVERED) == 24  # those of the first day


def test_a_drift_orbit_on_nobodys_way_is_refused(fleet, environment):
    with pytest.raises(ScenarioError, match=r"launch.drift.altitude_km = 600.*must lie between .* \(350 km\) and"):
        environment(shared(fleet, {**DRIFT, "altitude_km": 600}))


# Dual supply


def dual(fleet, written_thresholds, others, **given):
    laws = written_thresholds(bus={(berth, 0): 10 + berth for berth in range(5)})
    launch = {"others": others} if others else {}
    strategies = {"dual_supply": {"review_period_days": 40, "urgent_slots": 3, **given}}
    return fleet(slots=10, days=200, lead=20, launch=launch, strategies=strategies, **laws)


def test_dual_supply_orders_the_urgent_at_once_and_the_rest_at_its_reviews(fleet, checked_run, written_thresholds):
    result = checked_run(dual(fleet, written_thresholds, {"small": {**OTHER}}), "dual_supply")
    # Three are missing on day 12, and fly on the other vehicle 5 days later, two and one; two more wait for day 40.
    assert flights(result) == [(17, 1, 2), (17, 1, 1), (60, 0, 2)]


def test_with_one_vehicle_dual_supply_orders_all_on_it(fleet, checked_run, written_thresholds):
    assert flights(checked_run(dual(fleet, written_thresholds, {}), "dual_supply")) == [(32, 0, 3), (60, 0, 2)]


def test_what_is_urgent_does_not_wait_for_a_vehicle_on_the_ground(fleet, checked_run, written_thresholds):
    grounded = {"median_days": 500, "sigma": 0, "long_probability": 0}
    bad = {**OTHER, "vehicle": {**OTHER["vehicle"], "success_probability": 0}, "stand_down": grounded}
    result = checked_run(dual(fleet, written_thresholds, {"bad": bad}, review_period_days=400), "dual_supply")
    # The first urgent flight fails on day 17, by when all five are missing but the other one under way.
    assert flights(result)[0] == (17, 1, 2)
    assert {vehicle for day, vehicle, _ in flights(result) if day > 17} == {0}
