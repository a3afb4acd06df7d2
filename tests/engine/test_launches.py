"""From order to orbit: capacity, calendar, slips, failures, stand-downs, and the first deployment."""

import numpy as np
import pytest

from sim.events import Cause, EventKind


def flights(result):
    """(day, satellites) of every launch but deployment's."""
    log = result.events.where(EventKind.LAUNCHED)
    ordered = log.cause != Cause.DEPLOYMENT
    return list(zip(log.time_days[ordered].round(3).tolist(), log.amount[ordered].tolist(), strict=True))


def test_a_flight_carries_no_more_than_the_vehicle_can(fleet, checked_run, written_thresholds):
    laws = written_thresholds(bus={(berth, 0): 10 for berth in range(10)})
    result = checked_run(fleet(slots=10, days=100, lead=20, per_flight=4, **laws), "replace_on_failure")
    assert flights(result) == [(30, 4), (30, 4), (30, 2)]


def test_orders_wait_for_the_calendar_and_share_its_flights(fleet, checked_run, written_thresholds):
    laws = written_thresholds(bus={(berth, 0): 10 + berth for berth in range(10)})
    calendar = {"opportunity_interval_days": 30, "flights_per_opportunity": 2, "transfer_days": 7}
    scenario = fleet(slots=10, days=130, lead=20, per_flight=3, launch=calendar, **laws)
    result = checked_run(scenario, "replace_on_failure")
    # Ready on days 30 to 39.  Day 30 is a date for the first; two flights of three on day 60; the rest on day 90.
    assert flights(result) == [(30, 1), (60, 3), (60, 3), (90, 3)]
    arrived = result.events.where(EventKind.DELIVERED).time_days[10:]
    assert sorted(set(arrived.round(6).tolist())) == [37, 67, 97]


def test_a_flight_slips_behind_its_date(fleet, checked_run, written_thresholds):
    laws = written_thresholds(bus={(0, 0): 10})
    launch = {"opportunity_interval_days": 50, "slip_days": {"kind": "uniform", "low_days": 3, "high_days": 4}}
    result = checked_run(fleet(days=100, launch=launch, **laws), "replace_on_failure")
    [(day, _)] = flights(result)
    assert 53 <= day <= 54


def test_a_failed_flight_grounds_the_vehicle_and_its_satellites_are_ordered_again(
    fleet, checked_run, log, written_thresholds, monkeypatch
):
    laws = written_thresholds(bus={(0, 0): 10, (1, 0): 12})
    launch = {"stand_down": {"median_days": 0, "long_probability": 1, "long_days": 40}}
    # A service that fails on its first flight only: luck is drawn per flight, so the test scripts it.
    failures = iter([0.99, 0.0, 0.0])
    of = checked_run.__globals__["simulate"].__globals__["Streams"].of

    def scripted(self, purpose, *key):
        stream = of(self, purpose, *key)
        return Scripted(stream, next(failures)) if purpose.startswith("flight") else stream

    monkeypatch.setattr("sim.streams.Streams.of", scripted)
    scenario = fleet(slots=2, days=120, lead=20, success=0.5, launch=launch, **laws)
    assert log(checked_run(scenario, "replace_on_failure")) == [
        (10, "BUS_FAILED"),
        (10, "ORDERED"),
        (12, "BUS_FAILED"),
        (12, "ORDERED"),
        (30, "LAUNCHED"),
        (30, "LAUNCH_FAILED"),
        (30, "ORDERED"),  # built again: ready on day 50
        (70, "LAUNCHED"),  # grounded until day 70, then both that are ready share a flight
        (70, "DELIVERED"),
        (70, "DELIVERED"),
    ]


class Scripted:
    """A stream whose first uniform is given."""

    def __init__(self, stream, first):
        self.stream, self.first = stream, first

    def random(self):
        value, self.first = self.first, None
        return self.stream.random() if value is None else value

    def __getattr__(self, name):
        return getattr(self.stream, name)


def test_nothing_flies_during_a_stand_down_and_every_loss_is_ordered_again(fleet, checked_run):
    stand_down = {"median_days": 15, "sigma": 0, "long_probability": 0}
    scenario = fleet(
        slots=30,
        days=2000,
        bus={"kind": "exponential", "rate_per_year": 2},
        lead={"kind": "exponential", "mean_days": 30},
        per_flight=3,
        success=0.7,
        launch={"stand_down": stand_down},
    )
    log = checked_run(scenario, "replace_on_failure").events
    failed = log.where(EventKind.LAUNCH_FAILED)
    launched = log.where(EventKind.LAUNCHED)
    days = launched.time_days[launched.cause != Cause.DEPLOYMENT]
    assert len(failed) > 10
    for day in failed.time_days:
        assert not np.any((days > day) & (days < day + 15 - 1e-9))
    ends = log.count(EventKind.BUS_FAILED)
    assert log.total(EventKind.ORDERED) == ends + failed.amount.sum()


@pytest.mark.parametrize(
    "strategy", ["run_to_failure", "replace_on_failure", "batch", "scheduled_batch", "on_orbit_spares"]
)
def test_a_fleet_that_is_launched_flies_failed_loads_again_and_nobody_orders_meanwhile(fleet, checked_run, strategy):
    scenario = fleet(
        slots=20,
        spare_berths=4,
        days=600,
        lead=30,
        per_flight=4,
        success=0.6,
        deployment={"kind": "launched", "first_launch_day": 10, "interval_days": 20},
        launch={"transfer_days": 5, "stand_down": {"median_days": 10, "sigma": 0, "long_probability": 0}},
        strategies={"batch": {"reorder_point": 1}, "scheduled_batch": {"review_period_days": 7}},
    )
    log = checked_run(scenario, strategy).events
    assert log.count(EventKind.ORDERED) == 0
    failed = log.where(EventKind.LAUNCH_FAILED)
    launched = log.where(EventKind.LAUNCHED)
    assert len(failed) > 0
    spares = 4 if strategy == "on_orbit_spares" else 0
    assert set(launched.cause.tolist()) == {Cause.DEPLOYMENT}
    assert launched.amount.sum() == 20 + spares + failed.amount.sum()
    assert log.satellites.sum() == 20
    # Five planned dates; a failed load flies again one interval later, or when the vehicle is released.
    assert launched.time_days[0] == 10


def test_jobs_start_on_a_fleet_that_arrives_on_day_0(fleet, checked_run, log):
    scenario = fleet(slots=2, gpus=4, days=30, deployment={"kind": "launched"}, jobs=[{"gpus": 8}])
    assert log(checked_run(scenario), EventKind.JOB_STARTED) == [(0, "JOB_STARTED")]


def test_a_plane_gets_only_its_own_satellites(fleet, checked_run):
    scenario = fleet(
        slots=5,
        days=800,
        bus={"kind": "exponential", "rate_per_year": 2},
        lead={"kind": "exponential", "mean_days": 30},
        per_flight=2,
        launch={"opportunity_interval_days": 30},
        shell={"planes": 3},
    )
    result = checked_run(scenario, "replace_on_failure")
    log = result.events
    rows = log.where(EventKind.DELIVERED)
    assert np.all(rows.plane == rows.berth // 5)
    launched = log.where(EventKind.LAUNCHED)
    plane_of = {
        serial + i: plane
        for serial, amount, plane in zip(launched.satellite, launched.amount, launched.plane, strict=True)
        for i in range(int(amount))
    }
    assert all(plane_of[s] == p for s, p in zip(rows.satellite.tolist(), rows.plane.tolist(), strict=True))
    # One flight a date, first come first served: planes take turns, none starves.
    days = launched.time_days[launched.cause != Cause.DEPLOYMENT]
    assert np.all(np.diff(np.unique(days)) >= 30 - 1e-6)
    assert len(np.unique(days)) == len(days)
