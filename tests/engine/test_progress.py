"""A run moves on: a strategy is asked after its own actions, and what would never end, ends with a clear error."""

from pathlib import Path

import pytest

from sim.errors import InputError
from sim.events import EventKind
from sim.scenario import load
from sim.strategies import Activate, Launch, Retire, Strategy

STANDS_STILL = {
    "deployment": {"kind": "launched", "interval_days": 0},
    "success": 0.0,
}


class RetireThenOrder(Strategy):
    """Retire what is old, then order what is empty: each alone in one answer."""

    def decide(self, fleet):
        plane = fleet.plane(0)
        old = [slot for slot in plane.ending_before(1e9) if fleet.now_days - plane.birth_day[slot] > 90]
        if old:
            return [Retire(berth) for berth in old]
        return [Launch(0, plane.unfilled)] if plane.unfilled else []

    def reviews_every_days(self):
        return 60.0


@pytest.fixture
def run_with(monkeypatch, checked_run):
    def run(scenario, strategy):
        monkeypatch.setattr(type(scenario), "strategy_named", lambda self, name: strategy)
        return checked_run(scenario, "own")

    return run


def test_a_strategy_is_asked_after_its_own_actions(fleet, run_with):
    # It looks every 60 days.  On day 120 it retires; it must be asked again to order, not on day 180.
    log = run_with(fleet(slots=2, days=200, lead=5), RetireThenOrder()).events
    retired, ordered = log.where(EventKind.RETIRED), log.where(EventKind.ORDERED)
    assert set(retired.time_days.tolist()) == {120.0}
    assert ordered.time_days.tolist() == [120.0]
    assert ordered.amount.tolist() == [2.0]


class Swings(Strategy):
    """Moves a spare in and out again: it would go on for ever at one instant."""

    def decide(self, fleet):
        plane = fleet.plane(0)
        if plane.spares and plane.empty_slots:
            return [Activate(plane.spare_list[0], plane.empty_slots[0], 0.0)]
        if plane.working:
            return [Retire(0)]
        return [Launch(0, 1)] if plane.on_order == 0 else []


def test_a_launch_that_never_succeeds_ends_with_what_repeats(fleet, checked_run):
    scenario = fleet(**STANDS_STILL)
    with pytest.raises(InputError, match=r"stands still on day 0\.000.*launch_failed.*success_probability"):
        checked_run(scenario)


def test_a_strategy_that_orders_at_once_what_fails_at_once_ends_too(fleet, checked_run):
    scenario = fleet(slots=1, days=30, life_days=10, lead=0, success=0.0)
    with pytest.raises(InputError, match="stands still on day 10"):
        checked_run(scenario, "replace_on_failure")


def test_a_strategy_that_renews_its_fleet_at_every_instant_ends_too(fleet, run_with, monkeypatch):
    monkeypatch.setattr("sim.engine.steps.MOST_EVENTS", 2_000)
    with pytest.raises(InputError, match="still"):
        run_with(fleet(slots=1, days=30, lead=0), Swings())


def test_many_events_of_one_day_are_no_standstill(fleet, checked_run):
    # All 600 satellites end, are ordered, flown one by one and delivered at one instant.
    result = checked_run(fleet(slots=600, days=25, life_days=10, lead=0, per_flight=1), "replace_on_failure")
    assert result.events.count(EventKind.DELIVERED) == 1800


def test_the_validation_configuration_turned_endless_is_told_so(checked_run):
    path = Path(__file__).parents[2] / "configs" / "validation" / "palm_one_for_one.yaml"
    endless = [
        "mission.years=1",
        "deployment={kind: launched, interval_days: 0}",
        "launch.vehicle.success_probability=0",
        "launch.lead_time_days={kind: constant, days: 0}",
        "launch.stand_down={median_days: 0, sigma: 0, long_probability: 0}",
    ]
    with pytest.raises(InputError, match="what repeats: launch"):
        checked_run(load(path, set_=endless))
