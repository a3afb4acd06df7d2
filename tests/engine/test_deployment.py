"""Dates of the initial deployment: which satellites arrive when, and what follows from it in closed form."""

import datetime

import numpy as np
import pytest

from sim.environment import Environment
from sim.errors import ScenarioError
from sim.events import Cause, EventKind
from sim.metrics import measure

START = datetime.date(2027, 1, 1)


def dated(fleet, dates, **over):
    """Three planes of four satellites, three to a flight, that take 20 days to work."""
    deployment = {"kind": "launched", "dates": dates, "interval_days": 15, **over.pop("deployment", {})}
    given = {"slots": 4, "days": 400, "per_flight": 3, "shell": {"planes": 3}, "launch": {"transfer_days": 20}}
    return fleet(deployment=deployment, **{**given, **over})


BY_PLANE = [
    {"date": 10, "plane": "0.2", "satellites": 4},
    {"date": "2027-04-11", "plane": "0.0", "satellites": 4},  # day 100
    {"date": 150},  # the rest: plane 0.1, a full flight and one satellite
    {"date": 150},
]


def arrivals(result):
    """{plane: (day, satellites)} in order."""
    rows = result.events.where(EventKind.DELIVERED, EventKind.STORED)
    found = {}
    for plane in np.unique(rows.plane).tolist():
        days, count = np.unique(rows.time_days[rows.plane == plane], return_counts=True)
        found[plane] = list(zip(days.tolist(), count.tolist(), strict=True))
    return found


def test_each_plane_is_launched_on_its_date(fleet, checked_run):
    result = checked_run(dated(fleet, BY_PLANE))
    assert arrivals(result) == {2: [(30, 4)], 0: [(120, 4)], 1: [(170, 4)]}
    flown = result.events.where(EventKind.LAUNCHED)
    # More than one vehicle carries fly on the same day.
    assert list(zip(flown.time_days.tolist(), flown.plane.tolist(), flown.amount.tolist(), strict=True)) == [
        (10, 2, 3),
        (10, 2, 1),
        (100, 0, 3),
        (100, 0, 1),
        (150, 1, 3),
        (150, 1, 1),
    ]
    assert result.events.count(EventKind.ORDERED) == 0


def test_dates_alone_fill_one_plane_after_the_other_by_full_flights(fleet, checked_run):
    result = checked_run(dated(fleet, [{"date": day} for day in (0, 5, 30, 31, 31, 90)]))
    assert arrivals(result) == {0: [(20, 3), (25, 1)], 1: [(50, 3), (51, 1)], 2: [(51, 3), (110, 1)]}
    expected = 1 - (3 * (20 + 50 + 51) + 25 + 51 + 110) / 12 / 400
    assert measure(result)["satellite_availability"] == pytest.approx(expected, rel=1e-12)
    assert result.controls.expected.tolist() == pytest.approx([expected] * 3, rel=1e-12)


def test_a_plane_may_be_launched_in_parts(fleet, checked_run):
    dates = [{"date": day, "satellites": 2} for day in (1, 2, 3, 4)] + [{"date": 5, "plane": "0.2"}, {"date": 6}]
    result = checked_run(dated(fleet, dates))
    assert arrivals(result) == {0: [(21, 2), (22, 2)], 1: [(23, 2), (24, 2)], 2: [(25, 3), (26, 1)]}


def test_availability_of_the_ramp_is_exact(fleet, checked_run):
    result = checked_run(dated(fleet, BY_PLANE, gpus=2))
    expected = (400 - np.array([30, 120, 170])).mean() / 400
    measured = measure(result)
    assert measured["satellite_availability"] == pytest.approx(expected, rel=1e-12)
    assert measured["compute_availability"] == pytest.approx(expected, rel=1e-9)
    # What never fails lives as long as planned, and that is what is expected.
    assert result.controls.values.tolist() == pytest.approx([expected] * 3, rel=1e-12)
    assert result.controls.expected.tolist() == pytest.approx([expected] * 3, rel=1e-12)


def test_expectations_follow_the_dates(fleet, checked_run):
    rate = 2.0
    result = checked_run(dated(fleet, BY_PLANE, bus={"kind": "exponential", "rate_per_year": rate}))
    spans = (400 - np.array([30, 120, 170])) / 365.25
    lived = ((1 - np.exp(-rate * spans)) / rate).mean() * 365.25 / 400
    assert result.controls.expected[0] == pytest.approx(lived, rel=1e-9)


def test_what_arrives_after_the_mission_adds_nothing(fleet, checked_run):
    result = checked_run(dated(fleet, [*BY_PLANE[:2], {"date": 390}, {"date": 390}]))
    assert measure(result)["satellite_availability"] == pytest.approx((370 + 280) / 3 / 400)
    assert result.controls.expected[0] == pytest.approx((370 + 280) / 3 / 400)


def test_a_failed_flight_flies_again_an_interval_later(fleet, checked_run):
    log = checked_run(dated(fleet, BY_PLANE, success=0.5, days=2000)).events
    launched, failed = log.where(EventKind.LAUNCHED), log.where(EventKind.LAUNCH_FAILED)
    assert len(failed) > 0
    assert set(launched.cause.tolist()) == {Cause.DEPLOYMENT}
    assert log.satellites.sum() == 12
    again = {(day + 15, plane) for day, plane in zip(failed.time_days.tolist(), failed.plane.tolist(), strict=True)}
    flown = set(zip(launched.time_days.tolist(), launched.plane.tolist(), strict=True))
    assert again <= flown
    assert flown - again <= {(10, 2), (100, 0), (150, 1)}


@pytest.mark.parametrize(
    ("room", "days", "planes"),
    [
        (4, [150 + 20 + 15 * number for number in (1, 2, 3)], [0, 1, 2]),  # full flights: spares follow on their own
        (5, [30, 120, 170], [2, 0, 1]),  # a seat is left in each: the spare of the plane takes it
    ],
)
def test_spares_fly_along_or_follow_after_the_last_date(fleet, checked_run, room, days, planes):
    spares = {"on_orbit_spares": {"spares_per_plane": 1, "reorder_point": 0}}
    scenario = dated(fleet, BY_PLANE[:3], spare_berths=1, strategies=spares, per_flight=room)
    result = checked_run(scenario, "on_orbit_spares")
    stored = result.events.where(EventKind.STORED)
    assert stored.time_days.tolist() == days
    assert stored.plane.tolist() == planes
    # The slots, and what is expected of them, are as without.
    slots = result.events.where(EventKind.DELIVERED)
    assert sorted(set(slots.time_days.tolist())) == [30, 120, 170]
    assert result.controls.expected.tolist() == checked_run(dated(fleet, BY_PLANE)).controls.expected.tolist()


def test_the_same_flights_by_interval_and_by_dates(fleet, checked_run):
    law = {"kind": "exponential", "rate_per_year": 1}
    by_dates = dated(fleet, [{"date": 30 + 15 * number} for number in range(6)], bus=law, success=0.7)
    by_interval = dated(fleet, [], bus=law, success=0.7, deployment={"first_launch_day": 30})
    one, other = (checked_run(scenario, "replace_on_failure") for scenario in (by_dates, by_interval))
    assert one.events.time_days.tolist() == other.events.time_days.tolist()
    assert one.controls.expected.tolist() == other.controls.expected.tolist()


@pytest.mark.parametrize(
    ("dates", "says"),
    [
        (
            [{"date": "2026-12-31"}, *BY_PLANE],
            r"deployment\.dates\.0\.date = '2026-12-31': is before the mission's start: must be 2027-01-01 or later",
        ),
        (
            [BY_PLANE[1], BY_PLANE[0], *BY_PLANE[2:]],
            r"dates\.1\.date = 10\.0: is before the date above it \(2027-04-11\): put them in order",
        ),
        (
            [{"date": 0, "plane": "0.3"}],
            r"dates\.0\.plane = '0\.3': is no plane of the constellation: must be one of 0\.0, 0\.1, 0\.2",
        ),
        (
            BY_PLANE[:3],
            r"dates: too few for the fleet: plane 0\.1 misses 1 of its satellites: at least 1 more flight$",
        ),
        (
            BY_PLANE[:1],
            r"plane 0\.0 misses 4, 0\.1 misses 4 of its satellites: at least 4 more flights",
        ),
        ([*BY_PLANE, {"date": 200}], r"dates\.4\.date = 200\.0: is one date too many: the dates above it complete"),
        ([*BY_PLANE, {"date": 200, "plane": "0.2"}], r"dates\.4\.plane = '0\.2': is complete with the dates above it"),
        (
            [{"date": 0, "satellites": 3}, {"date": 1, "satellites": 2}],
            r"dates\.1\.satellites = 2: plane 0\.0 misses 1 when it flies",
        ),
    ],
)
def test_dates_that_do_not_bring_up_the_fleet(fleet, dates, says):
    with pytest.raises(ScenarioError, match=says):
        Environment.build(dated(fleet, dates))


def test_the_first_day_is_said_once(fleet):
    with pytest.raises(ValueError, match=r"first_launch_day \(5\) beside dates"):
        dated(fleet, BY_PLANE, deployment={"first_launch_day": 5})
