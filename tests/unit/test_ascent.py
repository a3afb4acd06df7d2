"""Payload by orbit: the speed an orbit asks for, what the upper stage still carries, and what flies accordingly."""

from __future__ import annotations

import numpy as np
import pytest
from pydantic import TypeAdapter, ValidationError

from sim import load
from sim.description import facts
from sim.environment import Environment
from sim.errors import InputError, ScenarioError
from sim.events import EventKind
from sim.experiment.comparison import replicate
from sim.launch import PayloadTable, PerFlight, ReferencePayload, Vehicle
from sim.physics.ascent import ascent_delta_v_m_s, payload_kg

FALCON_9 = ReferencePayload(kg=16_400, inclination_deg=53, stage_dry_kg=4000, stage_propellant_kg=107_500)
ALTITUDES = (200, 300, 550, 650, 800, 1200, 1400, 2000)


def test_the_ground_gives_its_speed_to_an_orbit_due_east():
    """465.1 m/s at the equator; 200 km circular is 7,784 m/s."""
    assert ascent_delta_v_m_s(200, 0, 0) == pytest.approx(7784.3 - 465.1, abs=0.3)
    assert ascent_delta_v_m_s(200, 180, 0) == pytest.approx(7784.3 + 465.1, abs=0.3)
    assert ascent_delta_v_m_s(200, 90, 0) == pytest.approx(np.hypot(7784.3, 465.1), abs=0.3)
    # At the latitude of the Cape the azimuth to 53 degrees has a sine of .6848, and the ground moves at 408.7 m/s.
    entry = np.sqrt(7784.3**2 - 2 * 408.7 * 7784.3 * 0.6848 + 408.7**2)
    assert ascent_delta_v_m_s(200, 53, 28.5) == pytest.approx(entry, abs=0.3)


def test_two_burns_raise_the_orbit():
    """From 200 to 35,786 km Hohmann's transfer costs 2,455 + 1,477 m/s (any textbook)."""
    raised = ascent_delta_v_m_s(35_786, 0, 0) - ascent_delta_v_m_s(200, 0, 0)
    assert raised == pytest.approx(2455 + 1477, abs=3)


def test_an_orbit_that_does_not_pass_over_the_site_costs_a_turn():
    turn = 2 * 7784.3 * np.sin(np.radians(28.5) / 2)
    assert ascent_delta_v_m_s(200, 0, 28.5) - ascent_delta_v_m_s(200, 28.5, 28.5) == pytest.approx(turn, abs=1)


def test_the_stage_gives_the_same_speed_whatever_it_carries():
    """Tsiolkovsky both ways."""
    exhaust = 348 * 9.80665
    carried = payload_kg(16_400, 349, stage_dry_kg=4000, stage_propellant_kg=107_500, isp_s=348)
    before, after = (exhaust * np.log(1 + 107_500 / (4000 + kg)) for kg in (16_400, carried))
    assert after - before == pytest.approx(349, abs=1e-6)
    assert payload_kg(16_400, 0, stage_dry_kg=4000, stage_propellant_kg=107_500, isp_s=348) == pytest.approx(16_400)
    assert payload_kg(16_400, 9000, stage_dry_kg=4000, stage_propellant_kg=107_500, isp_s=348) == 0


def test_falcon_9_carries_24_starlinks_to_a_polar_orbit():
    """28-29 Starlink v2 minis fly to 53 degrees; 24 flew to a polar orbit on 25 July 2025."""
    polar, inclined = (
        Environment.build(load("suncatcher_81", set_=["mission.years=0.1", *shell])).designs[0].satellites_per_flight
        for shell in (
            [],
            [
                "constellation.shells=[{kind: walker, altitude_km: 550, inclination_deg: 53, planes: 1, "
                "satellites_per_plane: 81}]"
            ],
        )
    )
    assert (polar, inclined) == ((24,), (28,))


@pytest.mark.parametrize("latitude", [5, 28.5, 45])
def test_a_higher_or_steeper_orbit_never_raises_payload(latitude):
    reference = FALCON_9.model_copy(update={"latitude_deg": latitude})
    by_altitude = [reference.at(height, 53) for height in ALTITUDES]
    assert np.all(np.diff(by_altitude) < 0)
    by_tilt = [reference.at(500, tilt) for tilt in np.linspace(latitude, 180, 40)]
    assert np.all(np.diff(by_tilt) <= 1e-9)


@pytest.mark.parametrize("name", ["baseline", "suncatcher_81", "spacex_ai1"])
def test_a_higher_orbit_never_raises_the_payload_of_a_shipped_scenario(name):
    """Metamorphic; how many satellites that is depends on their propellant too, which low orbits need against drag."""
    settings = ["mission.years=0.1"]
    found = [
        Environment.build(load(name, set_=[*settings, f"constellation.shells.0.altitude_km={height}"])).designs[0]
        for height in ALTITUDES
    ]
    payload = [min(each.payload_kg) for each in found]
    assert np.all(np.diff(payload) <= 0)
    assert payload[-1] < 0.97 * payload[0]
    assert np.all(np.diff([min(each.satellites_per_flight) for each in found]) <= 0)


def test_a_table_is_read_along_straight_lines():
    table = PayloadTable(altitude_km=(300, 600), inclination_deg=(28, 98), kg=((20e3, 16e3), (18e3, 12e3)))
    assert table.at(300, 28) == 20e3
    assert table.at(450, 63) == pytest.approx((20e3 + 16e3 + 18e3 + 12e3) / 4)
    with pytest.raises(InputError, match="the table has altitude_km from 300 to 600 km, not 700"):
        table.at(700, 50)
    with pytest.raises(InputError, match="the table has inclination_deg from 28 to 98 degrees, not 20"):
        table.at(500, 20)


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"altitude_km": (600, 300), "inclination_deg": (53,), "kg": ((1,), (2,))}, "altitude_km must rise"),
        ({"altitude_km": (300,), "inclination_deg": (53, 53), "kg": ((1, 2),)}, "inclination_deg must rise"),
        ({"altitude_km": (300, 600), "inclination_deg": (53,), "kg": ((1,),)}, "kg must have 2 rows"),
        ({"altitude_km": (300,), "inclination_deg": (53,), "kg": ((1, 2),)}, "of 1 figures"),
    ],
)
def test_a_table_of_another_shape_is_refused(given, problem):
    with pytest.raises(ValidationError, match=problem):
        TypeAdapter(PayloadTable).validate_python(given)


def test_a_plane_outside_the_table_is_named():
    table = "{kind: table, altitude_km: [300, 400], inclination_deg: [28, 50], kg: [[2e4, 2e4], [2e4, 2e4]]}"
    with pytest.raises(ScenarioError, match=r"capacity_kg.* plane 0.0 is out of reach: the table has inclination_deg"):
        Environment.build(load("baseline", set_=[f"launch.vehicle.capacity_kg={table}", "mission.years=0.1"]))


def test_an_unknown_kind_of_payload_is_refused_by_name():
    with pytest.raises(ScenarioError, match=r"launch.vehicle.capacity_kg"):
        load("baseline", set_=["launch.vehicle.capacity_kg={kind: refrence, kg: 1}"])


def test_a_number_holds_for_every_orbit():
    vehicle = Vehicle(name="v", capacity_kg=1000, price=PerFlight(usd=1), success_probability=1)
    assert vehicle.payload_kg(300, 53) == vehicle.payload_kg(2000, 98) == 1000


def test_flights_carry_what_their_own_plane_allows():
    """Two shells of one scenario: 28 satellites fly to 53 degrees, 24 to the sun-synchronous one."""
    shells = (
        "[{kind: walker, altitude_km: 550, inclination_deg: 53, planes: 1, satellites_per_plane: 60}, "
        "{kind: sun_synchronous, altitude_km: 650, ltan_h: 6, satellites_per_plane: 60}]"
    )
    settings = [f"constellation.shells={shells}", "constellation.spare_berths_per_plane=0", "mission.years=0.2"]
    scenario = load("suncatcher_81", set_=[*settings, "workload.jobs=[]", "deployment.interval_days=1"])
    said = facts(scenario)["launch"]
    assert (said["satellites_per_flight"], said["satellites_per_flight_max"]) == (24, 28)
    log = replicate(scenario, seed=1).events
    flown = log.kind == EventKind.LAUNCHED
    for plane, most in ((0, 28), (1, 24)):
        sent = log.amount[flown & (log.plane == plane)]
        assert sent.max() == most
        assert sorted(sent[:3], reverse=True) == sorted((most, most, 60 - 2 * most), reverse=True)
