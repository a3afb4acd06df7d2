"""Spares that wait in parking orbits and drift to their planes."""

from __future__ import annotations

import numpy as np
import pytest

from sim.engine import simulate
from sim.environment import Environment
from sim.errors import InputError, ScenarioError
from sim.events import EventKind
from sim.scenario.models import Scenario
from sim.strategies import Strategy, Transfer

PARKING = [{"altitude_km": 400, "planes": 2, "berths_per_plane": 6, "raan_offset_deg": 10}]


def parked(fleet, *, parking=PARKING, strategy="sends", **given):
    """Two planes at 600 km, 53 degrees, and two parking orbits at 400 km with four spares each."""
    scenario = fleet(slots=2, **{"spare_berths": 2, "shell": {"planes": 2}, "days": 3000, **given})
    raw = scenario.model_dump(mode="json")
    raw["constellation"]["parking"] = parking
    raw["strategies"] = {"sends": {"kind": f"{__name__}:Sends"}, **raw["strategies"]}
    return Scenario.model_validate(raw)


class Sends(Strategy):
    """Sends some spares at one review."""

    on_day: float = 100.0
    source: int = 2
    target: int = 1
    count: int = 2
    parked: int = 4

    def decide(self, fleet):
        if not fleet.reviewing or fleet.now_days != self.on_day or fleet.transferring.any():
            return []
        return [Transfer(self.source, self.target, self.count)]

    def reviews_every_days(self):
        return self.on_day

    def initial_parking_spares(self):
        return self.parked


def sending(scenario, **fields):
    return scenario.model_copy(update={"strategies": {"sends": Sends(kind=f"{__name__}:Sends", **fields)}})


def test_a_spare_climbs_so_that_it_arrives_when_the_nodes_meet(fleet, checked_run):
    log = checked_run(sending(parked(fleet)), "sends").events
    rows = log.where(EventKind.TRANSFERRED, EventKind.ARRIVED)
    assert rows.kind.tolist() == [EventKind.TRANSFERRED] * 2 + [EventKind.ARRIVED] * 2
    assert rows.plane.tolist() == [2, 2, 1, 1]
    assert rows.satellite[:2].tolist() == rows.satellite[2:].tolist()
    assert rows.time_days[0] == 100
    assert rows.time_days[2] - 100 == pytest.approx(rows.amount[0], rel=1e-12)
    assert rows.satellites.sum() == 0
    # By the textbook's rates: the parking node starts 10 deg east of plane 0's, plane 1's is 180 deg from that.
    rate = [-2.06474e14 * (6378.137 + h) ** -3.5 * np.cos(np.radians(53)) for h in (400, 600)]
    drift = rate[0] - rate[1]
    spiral = 7.66855e3 - np.sqrt(398600.4418 / 6978.1366) * 1e3  # m/s, at 5 a day
    climb = spiral / 5
    wait = ((180 - 10) / drift - 100 - 0.487 * climb) % (360 / abs(drift))
    assert rows.amount[0] == pytest.approx(wait + climb, rel=0.01)
    # What it burns: the rocket equation at 1500 s, on what is left of 1 kg after the climb from 300 to 400 km.
    to_400 = np.sqrt(398600.4418 / 6678.1366) * 1e3 - 7.66855e3
    left = np.exp(-to_400 / (1500 * 9.80665))
    assert rows.amount[2] == pytest.approx(left * (1 - np.exp(-spiral / (1500 * 9.80665))), rel=1e-3)


def test_two_burns_take_half_an_orbit(fleet, checked_run):
    quick = {"propulsion": {"raise_m_s_per_day": "impulsive"}}
    slow, fast = (
        checked_run(sending(parked(fleet, satellite=one)), "sends").events.where(EventKind.ARRIVED).time_days[0]
        for one in ({}, quick)
    )
    # The slow one climbs for 22 days while the nodes still close by half: it is 11 days later.
    assert slow - fast == pytest.approx(11.2, abs=0.5)


def test_the_view_knows_when_they_would_arrive(fleet):
    scenario = sending(parked(fleet))
    environment = Environment.build(scenario)
    ways = environment.designs[0].transfers
    assert ways.parking.tolist() == [2, 3]
    days = ways.days(100.0, 1)
    sent = simulate(scenario, environment, "sends", 1, 0).events.where(EventKind.TRANSFERRED)
    assert sent.amount[0] == days[0]
    assert days[1] != days[0]
    # Half a turn apart, each aligns half a period after the other.
    period = 360 / np.degrees(abs(ways.relative_rate_rad_per_day[0, 1]))
    assert abs(days[1] - days[0]) == pytest.approx(period / 2, rel=1e-9)


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"source": 0}, "from_plane is no parking orbit"),
        ({"target": 3}, "that parking orbit does not serve that plane"),
        ({"target": 9}, "no such plane"),
        ({"count": 5}, "the parking orbit has 4 spares"),
        ({"count": 0}, "the parking orbit has 4 spares"),
        ({"count": 3}, "the plane has free berths for 2 more"),
    ],
)
def test_what_cannot_be_sent(fleet, fields, says):
    scenario = sending(parked(fleet), **fields)
    with pytest.raises(InputError, match=says):
        simulate(scenario, Environment.build(scenario), "sends", 1, 0)


def test_without_spare_berths_it_takes_an_empty_slot(fleet, checked_run):
    bus = {"kind": "weibull", "shape": 50, "scale_years": 1.0}  # satellites at work die at one year
    scenario = parked(
        fleet, spare_berths=0, reliability={"groups": {"part": {"law": bus, "sleeps": True}}}, dormancy=0.0
    )
    log = checked_run(sending(scenario, on_day=400.0), "sends").events
    mine = log.where(EventKind.ARRIVED, EventKind.ACTIVATED, EventKind.PLACED)
    kinds = [EventKind.ARRIVED] * 2 + [EventKind.ACTIVATED] * 2 + [EventKind.PLACED] * 2
    assert mine.kind.tolist() == kinds
    assert mine.satellites.tolist() == [0, 0, 0, 0, 1, 1]
    # They slept until then, without ageing, and die a year later.
    ended = log.where(EventKind.BUS_FAILED)
    last = ended.time_days[np.isin(ended.satellite, mine.satellite)]
    assert last == pytest.approx(mine.time_days[0] + 365.25, rel=0.03)


def test_a_spare_that_dies_on_its_way_frees_its_berth(fleet, checked_run):
    bus = {"kind": "weibull", "shape": 50, "scale_years": 1.0}
    scenario = parked(fleet, bus=bus)
    log = checked_run(sending(scenario, on_day=300.0), "sends").events
    sent = log.where(EventKind.TRANSFERRED)
    assert log.count(EventKind.ARRIVED) == 0
    dead = log.where(EventKind.BUS_FAILED)
    assert (dead.berth[np.isin(dead.satellite, sent.satellite)] == -1).all()
    # At the second review the berths are free again, and nobody counts as on the way.
    twice = scenario.model_copy(update={"strategies": {"sends": Twice(kind="x", on_day=300.0)}})
    with pytest.raises(InputError, match=r"on day 600\.0 cannot be done: the parking orbit has 0 spares"):
        simulate(twice, Environment.build(twice), "sends", 1, 0)


class Twice(Sends):
    """Sends two at every review."""

    def decide(self, fleet):
        return [Transfer(2, 1, 2)] if fleet.reviewing and not fleet.transferring.any() else []


def test_what_it_has_lived_through_goes_along(fleet, checked_run):
    # Debris: E = rate below x days there + rate above x days there, with the same E whether it moves or stays.
    area = {"propulsion": {"vulnerable_area_m2": 3e4}}
    scenario = parked(fleet, satellite=area, days=3000)
    built = Environment.build(scenario)
    below, above = (built.sites[plane].hits_per_year(0, "collisions") for plane in (2, 1))
    assert above > 1.2 * below
    checked = 0
    for seed in range(4):
        stays, moves = (checked_run(sending(scenario, on_day=day), "sends", seed=seed).events for day in (3600.0, 20.0))
        arrived = moves.where(EventKind.ARRIVED)
        for serial, day in zip(arrived.satellite.tolist(), arrived.time_days.tolist(), strict=True):
            ends = [
                one.time_days[(one.kind == EventKind.BUS_FAILED) & (one.satellite == serial)] for one in (stays, moves)
            ]
            if len(ends[0]) and len(ends[1]):
                checked += 1
                assert ends[1][0] == pytest.approx(day + (ends[0][0] - day) * below / above, abs=1e-6)
    assert checked >= 2


def test_a_bus_dies_on_the_same_day_wherever_it_is(fleet, checked_run):
    bus = {"kind": "exponential", "rate_per_year": 0.3}
    scenario = parked(fleet, bus=bus)
    days = []
    for day in (3600.0, 20.0):
        log = checked_run(sending(scenario, on_day=day), "sends", seed=5).events
        ended = log.where(EventKind.BUS_FAILED)
        days.append(dict(zip(ended.satellite.tolist(), ended.time_days.tolist(), strict=True)))
    assert days[0] == pytest.approx(days[1], abs=1e-6)


def test_parking_orbits_are_in_no_count(fleet, checked_run):
    scenario = parked(fleet)
    result = checked_run(sending(scenario, parked=0), "run_to_failure")
    bare = checked_run(fleet(slots=2, spare_berths=2, shell={"planes": 2}, days=3000), "run_to_failure")
    assert result.nameplate_gpus == bare.nameplate_gpus == 4
    assert result.slots == 4


def test_parking_orbits_do_not_size_the_satellite(fleet):
    sizes = [
        Environment.build(parked(fleet, parking=parking)).designs[0]
        for parking in ([], [{"altitude_km": 250, "berths_per_plane": 1}])
    ]
    assert sizes[0].sizes == sizes[1].sizes
    # What it burns on the way through the parking orbit has to be aboard.
    assert sizes[1].keeping.needed_kg >= sizes[0].keeping.needed_kg


def test_an_orbit_that_never_aligns_is_refused(fleet):
    scenario = parked(fleet, parking=[{"altitude_km": 600, "berths_per_plane": 1}])
    with pytest.raises(ScenarioError, match=r"parking\.0\.altitude_km = 600.*no spare ever reaches"):
        Environment.build(scenario)
    with pytest.raises(ValueError, match=r"parking\.0\.shell \(1\) must be the number of a shell, 0 to 0"):
        parked(fleet, parking=[{"shell": 1, "altitude_km": 400, "berths_per_plane": 1}])


def test_a_strategy_without_room_for_its_spares_is_told(fleet):
    scenario = parked(fleet, spare_berths=12)
    with pytest.raises(ScenarioError, match=r"keeps 64 spares in each parking orbit, but .*parking has room for 6"):
        scenario.strategy_named("parking_orbit")
    with pytest.raises(ScenarioError, match=r"constellation\.parking has none"):
        parked(fleet, spare_berths=12, parking=[]).strategy_named("parking_orbit")
