"""What each strategy does, day by day: ordered logs of fleets whose luck is written by hand."""

import pytest

from sim.errors import InputError
from sim.events import Cause, EventKind
from sim.fleet import FleetView
from sim.strategies import Action, Launch, Retire, Strategy


def test_run_to_failure_only_loses(fleet, checked_run, log, written_thresholds):
    laws = written_thresholds(bus={(0, 0): 100, (2, 0): 150}, gpu={(1, 0, 3): 120, (2, 0, 0): 160})
    result = checked_run(fleet(slots=3, gpus=4, **laws), "run_to_failure")
    # The GPU that would fail on day 160 went with its satellite on day 150.
    assert log(result) == [(100, "BUS_FAILED"), (120, "GPU_FAILED"), (150, "BUS_FAILED")]
    assert result.events.gpus.sum() == 3


def test_replace_on_failure_orders_one_for_one(fleet, checked_run, log, written_thresholds):
    laws = written_thresholds(bus={(0, 0): 100, (1, 0): 110, (0, 1): 50})
    result = checked_run(fleet(slots=3, days=250, lead=30, launch={"transfer_days": 5}, **laws), "replace_on_failure")
    assert log(result) == [
        (100, "BUS_FAILED"),
        (100, "ORDERED"),
        (110, "BUS_FAILED"),
        (110, "ORDERED"),
        (130, "LAUNCHED"),
        (135, "DELIVERED"),
        (140, "LAUNCHED"),
        (145, "DELIVERED"),
        (185, "BUS_FAILED"),  # the successor in slot 0, 50 days old
        (185, "ORDERED"),
        (215, "LAUNCHED"),
        (220, "DELIVERED"),
    ]


def test_batch_waits_for_the_reorder_point_and_then_orders_all(fleet, checked_run, log, written_thresholds):
    laws = written_thresholds(bus={(0, 0): 100, (1, 0): 110, (2, 0): 120, (3, 0): 125, (4, 0): 200})
    scenario = fleet(slots=6, days=300, lead=30, strategies={"batch": {"reorder_point": 3}}, **laws)
    result = checked_run(scenario, "batch")
    assert log(result) == [
        (100, "BUS_FAILED"),
        (110, "BUS_FAILED"),
        (120, "BUS_FAILED"),
        (120, "ORDERED"),
        (125, "BUS_FAILED"),  # one more: below the reorder point, since three are on order
        (150, "LAUNCHED"),
        (150, "DELIVERED"),
        (150, "DELIVERED"),
        (150, "DELIVERED"),
        (200, "BUS_FAILED"),
    ]
    assert result.events.total(EventKind.ORDERED) == 3


def test_scheduled_batch_orders_at_its_reviews_only(fleet, checked_run, log, written_thresholds):
    laws = written_thresholds(bus={(0, 0): 100, (1, 0): 190, (2, 0): 195})
    parameters = {"review_period_days": 90, "minimum_order": 2}
    result = checked_run(
        fleet(slots=4, days=365, lead=30, strategies={"scheduled_batch": parameters}, **laws), "scheduled_batch"
    )
    assert log(result) == [
        (100, "BUS_FAILED"),
        (190, "BUS_FAILED"),  # the review on day 180 missed one satellite: below the minimum order
        (195, "BUS_FAILED"),
        (270, "ORDERED"),
        (300, "LAUNCHED"),
        (300, "DELIVERED"),
        (300, "DELIVERED"),
        (300, "DELIVERED"),
    ]


@pytest.mark.parametrize("strategy", ["replace_on_failure", "batch", "scheduled_batch"])
def test_a_satellite_with_too_few_gpus_is_retired_and_replaced(fleet, checked_run, log, written_thresholds, strategy):
    laws = written_thresholds(gpu={(1, 0, 0): 50, (1, 0, 1): 60, (1, 0, 2): 70})
    parameters = {"kind": strategy, "retire_below_gpu_fraction": 0.5}
    parameters |= {"batch": {"reorder_point": 1}, "scheduled_batch": {"review_period_days": 75}}.get(strategy, {})
    result = checked_run(fleet(slots=2, gpus=4, days=120, lead=30, strategies={"own": parameters}, **laws), "own")
    acts = 75 if strategy == "scheduled_batch" else 70  # at its review, or at the third failure: two of four are half
    assert log(result) == [
        (50, "GPU_FAILED"),
        (60, "GPU_FAILED"),
        (70, "GPU_FAILED"),
        (acts, "RETIRED"),
        (acts, "ORDERED"),
        (acts + 30, "LAUNCHED"),
        (acts + 30, "DELIVERED"),
    ]
    assert result.events.where(EventKind.RETIRED).cause.tolist() == [Cause.STRATEGY]
    assert result.events.gpus.sum() == 8


@pytest.mark.parametrize("strategy", ["replace_on_failure", "batch", "scheduled_batch"])
def test_order_ahead_closes_the_gap_at_the_end_of_design_life(fleet, checked_run, log, strategy):
    def orders(ahead):
        parameters = {"kind": strategy, "order_ahead_days": ahead}
        parameters |= {"batch": {"reorder_point": 2}, "scheduled_batch": {"review_period_days": 10}}.get(strategy, {})
        scenario = fleet(slots=3, days=300, life_days=200, lead=40, strategies={"own": parameters})
        return checked_run(scenario, "own")

    # Three lives end together: one order, not one each, and none left over below the reorder point.
    assert log(orders(0)) == [
        *[(200, "RETIRED")] * 3,
        (200, "ORDERED"),
        (240, "LAUNCHED"),
        *[(240, "DELIVERED")] * 3,
    ]
    early = orders(60)
    # Ordered on day 140, arrived on day 180, the old ones relieved at that instant: never an empty slot.
    assert log(early) == [
        (140, "ORDERED"),
        (180, "LAUNCHED"),
        *[(180, "RETIRED")] * 3,
        *[(180, "DELIVERED")] * 3,
    ]
    assert set(early.events.where(EventKind.RETIRED).cause.tolist()) == {Cause.REPLACED}


@pytest.mark.parametrize("strategy", ["replace_on_failure", "batch", "on_orbit_spares"])
@pytest.mark.parametrize("life_days", [199.3, 200])
def test_successors_are_ordered_the_expected_lead_before_design_life_ends(fleet, checked_run, log, strategy, life_days):
    # A launch date every 20 days, on which nobody waits half of it: 30 + 20 / 2 + 5 = 45 days are expected.
    parameters = {"batch": {"reorder_point": 3}, "on_orbit_spares": {"spares_per_plane": 1, "reorder_point": 0}}
    scenario = fleet(
        slots=3,
        spare_berths=1,
        days=300,
        life_days=life_days,
        lead=30,
        launch={"opportunity_interval_days": 20, "transfer_days": 5},
        strategies={strategy: parameters.get(strategy, {})},
    )
    ordered = log(checked_run(scenario, strategy), EventKind.ORDERED)
    assert ordered[0] == (life_days - 45, "ORDERED")
    # The fleet that follows outlasts the mission; a spare as old as the first is missed when it has gone.
    assert ordered[1:] == ([(life_days, "ORDERED")] if strategy == "on_orbit_spares" else [])


def test_a_strategy_with_reviews_sees_ends_within_the_expected_lead_at_its_reviews(fleet, checked_run, log):
    parameters = {"scheduled_batch": {"review_period_days": 50}}
    scenario = fleet(slots=3, days=300, life_days=210, lead=20, strategies=parameters)
    assert log(checked_run(scenario, "scheduled_batch"), EventKind.ORDERED) == [(200, "ORDERED")]
    scenario = fleet(slots=3, days=300, life_days=221, lead=20, strategies=parameters)
    assert log(checked_run(scenario, "scheduled_batch"), EventKind.ORDERED) == [(250, "ORDERED")]


@pytest.mark.parametrize("ahead", ["expected_lead", 60])
@pytest.mark.parametrize("strategy", ["replace_on_failure", "scheduled_batch"])
def test_satellites_that_last_to_the_end_of_the_mission_get_no_successor(fleet, checked_run, strategy, ahead):
    parameters = {"order_ahead_days": ahead} | ({"review_period_days": 7} if strategy == "scheduled_batch" else {})
    scenario = fleet(slots=3, days=200, life_days=200, lead=40, strategies={strategy: parameters})
    assert checked_run(scenario, strategy).events.count(EventKind.ORDERED) == 0


def test_a_worn_out_satellite_near_its_end_is_replaced_once(fleet, checked_run, log, written_thresholds):
    laws = written_thresholds(gpu={(0, 0, 0): 99.99})  # worn out soon after its end has come into view
    parameters = {"order_ahead_days": 101, "retire_below_gpu_fraction": 0.6}
    scenario = fleet(
        slots=1, gpus=2, days=250, life_days=200, lead=60, strategies={"replace_on_failure": parameters}, **laws
    )
    assert log(checked_run(scenario, "replace_on_failure")) == [
        (99, "ORDERED"),
        (99.99, "GPU_FAILED"),
        (99.99, "RETIRED"),
        (159, "LAUNCHED"),
        (159, "DELIVERED"),
    ]
    laws = written_thresholds(gpu={(0, 0, 0): 99.99})  # at the same instant
    scenario = fleet(
        slots=1, gpus=2, days=250, life_days=200.99, lead=60, strategies={"replace_on_failure": parameters}, **laws
    )
    assert log(checked_run(scenario, "replace_on_failure")) == [
        (99.99, "GPU_FAILED"),
        (99.99, "ORDERED"),
        (99.99, "RETIRED"),
        (159.99, "LAUNCHED"),
        (159.99, "DELIVERED"),
    ]


@pytest.mark.parametrize(("ahead", "late_days"), [("expected_lead", 0), (0, 100)])
def test_design_lives_that_end_are_replaced_over_seven_years(fleet, checked_run, ahead, late_days):
    strategies = {"replace_on_failure": {"order_ahead_days": ahead}}
    scenario = fleet(slots=10, days=7 * 365.25, life_days=5 * 365.25, lead=100, strategies=strategies)
    result = checked_run(scenario, "replace_on_failure")
    retired, delivered = result.events.where(EventKind.RETIRED), result.events.where(EventKind.DELIVERED)
    assert retired.time_days.tolist() == [5 * 365.25] * 10
    assert set(retired.cause.tolist()) == {Cause.END_OF_LIFE}
    assert delivered.time_days[10:].tolist() == [5 * 365.25 + late_days] * 10
    left_alone = checked_run(scenario, "run_to_failure")
    assert left_alone.events.satellites.sum() == 0


def test_a_life_that_ends_at_the_horizon_is_not_cut_short(fleet, checked_run, log):
    assert log(checked_run(fleet(days=500, life_days=500), "replace_on_failure")) == []


class Idle(Strategy):
    """A user's own class that never does anything."""

    def decide(self, fleet: FleetView) -> list[Action]:
        return []


class Meddler(Strategy):
    """A user's own class with a parameter, that looks at fixed dates and retires what is old."""

    after_days: float = 100.0

    def reviews_every_days(self) -> float | None:
        return 40.0

    def decide(self, fleet: FleetView) -> list[Action]:
        plane = fleet.planes[0]
        old = [
            Retire(plane.first_berth + i)
            for i in range(plane.slots)
            if plane.gpus_alive[i] and fleet.now_days - plane.birth_day[i] > self.after_days
        ]
        return [*old, Launch(0, len(old))] if old else []


class Greedy(Strategy):
    """A user's own class that orders more than there is room for."""

    def decide(self, fleet: FleetView) -> list[Action]:
        return [Launch(0, 99)]


def test_a_users_own_class_acts(fleet, checked_run, log):
    strategies = {"mine": {"kind": f"{__name__}:Meddler", "after_days": 70}}
    result = checked_run(fleet(slots=1, days=150, lead=5, strategies=strategies), "mine")
    assert log(result) == [(80, "RETIRED"), (80, "ORDERED"), (85, "LAUNCHED"), (85, "DELIVERED")]


def test_an_order_beyond_the_room_is_refused_by_name(fleet, checked_run):
    with pytest.raises(InputError, match=r"Greedy: Launch\(plane=0, satellites=99.* for 1 to 4 more"):
        checked_run(fleet(slots=4), f"{__name__}:Greedy")


@pytest.mark.parametrize("name", ["never_enough_missing", f"{__name__}:Idle"])
def test_a_strategy_that_never_acts_equals_run_to_failure_event_for_event(fleet, checked_run, name):
    law = {"kind": "weibull", "shape": 1.5, "scale_years": 1}
    scenario = fleet(
        slots=8,
        gpus=6,
        days=700,
        life_days=650,
        gpu=law,
        bus=law,
        jobs=[{"gpus": 10, "count": 3}],
        strategies={"never_enough_missing": {"kind": "batch", "reorder_point": 9}},
    )
    left_alone, other = (checked_run(scenario, strategy).events for strategy in ("run_to_failure", name))
    assert len(left_alone) > 50
    for column in vars(left_alone):
        assert getattr(left_alone, column).tolist() == getattr(other, column).tolist()


def test_a_satellite_retired_at_a_review_takes_its_schedule_with_it(fleet, checked_run, log, written_thresholds):
    # Its bus would have failed on day 100: nothing happens then, and the other satellite lives until its own day.
    laws = written_thresholds(bus={(0, 0): 100, (1, 0): 200}, gpu={(0, 0, 0): 50})
    parameters = {"retire_below_gpu_fraction": 0.7, "review_period_days": 90, "minimum_order": 2}
    scenario = fleet(slots=2, gpus=2, days=250, strategies={"scheduled_batch": parameters}, **laws)
    result = checked_run(scenario, "scheduled_batch")
    assert log(result) == [(50, "GPU_FAILED"), (90, "RETIRED"), (200, "BUS_FAILED")]
