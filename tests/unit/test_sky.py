"""The sky of a fleet in its environment: densities, what avoidance costs, what descriptions say."""

import json

import numpy as np
import pytest

from sim.description import describe, facts
from sim.engine.expected import exposure_until
from sim.engine.hazards import hazards_of
from sim.engine.weather import Weather
from sim.environment import Environment
from sim.environment.sky import Sky as SkyOfFleet
from sim.environment.sky import body_m2, projected_m2
from sim.physics.breakups import catastrophic_length_m, collision_fragments, explosion_fragments
from sim.physics.conjunctions import (
    catalogue_per_km3,
    catalogue_speed_km_s,
    encounter_speed_km_s,
    encounters_per_year,
    manoeuvre_area_km2,
    shell_km2,
)
from sim.physics.drag import lifetime_years
from sim.physics.solar_cycle import f107_and_ap
from sim.scenario import load
from sim.scenario.sky import Sky
from sim.streams import Streams

YEAR = 365.25
BUS = {"kind": "exponential", "rate_per_year": 0.05}
JETS = {"vulnerable_area_m2": 40, "body_drag_area_m2": 3}
SATELLITE = {"mass_kg": 500, "array": {"area_m2": 100}, "propulsion": JETS}


def under(scenario, **sky):
    return scenario.model_copy(update={"sky": Sky.model_validate({"conjunctions": True, **sky})})


def made(fleet, satellite=None, days=3 * YEAR, slots=40, **rest):
    both = {**SATELLITE, **(satellite or {}), "propulsion": {**JETS, **(satellite or {}).get("propulsion", {})}}
    return fleet(days=days, slots=slots, bus=BUS, satellite=both, life_days=5 * YEAR, per_flight=100_000, **rest)


def crowded(fleet, environment, satellite=None, shell=None, **sky):
    return environment(under(made(fleet, satellite, shell=shell), **{"fleet_satellites": 100_000, **sky}))


def test_there_is_no_sky_where_nobody_asks_for_it(fleet, environment):
    built = environment(made(fleet))
    assert built.designs[0].sky is None
    assert built.designs[0].avoidance is None
    assert built.sites[0].own_hits(0) is None
    assert facts(built.scenario, built)["sky"] is None
    assert "\nSky\n" not in describe(built.scenario)


def test_manoeuvres_are_those_of_a_gas_with_each_population(fleet, environment):
    shell = {"kind": "walker", "planes": 2, "altitude_km": 900, "inclination_deg": 53}
    built = crowded(fleet, environment, shell=shell, own_share=0.01, shell_km=20, debris_band_km=80, catalogue_factor=2)
    design, sky = built.designs[0], built.designs[0].sky
    np.testing.assert_allclose(sky.altitude_km, [900])
    np.testing.assert_allclose(sky.planned[-1], [100_000])
    area = projected_m2(design.satellite, design.sizes)
    assert area == 100 / 2 + 3  # both faces of the array on average, and the body
    radius = np.sqrt(area / np.pi)
    alone, pair = (float(manoeuvre_area_km2(r, 350.0, 3e-7)) for r in (radius, 2 * radius))
    own = encounter_speed_km_s(900.0, 53.0, 53.0)
    for at in (0, -1):
        dead, tracked, _ = sky.state[at, :, 0]
        live = sky.live[at, 0]
        by_hand = (
            encounters_per_year(2 * catalogue_per_km3(900.0), catalogue_speed_km_s(900.0, 53.0), alone)
            + encounters_per_year(0.01 * live / (shell_km2(900.0) * 20), own, pair)
            + encounters_per_year(dead / (shell_km2(900.0) * 80), own, pair)
            + encounters_per_year(tracked / (shell_km2(900.0) * 80), own, alone)
        )
        assert design.avoidance.manoeuvres_per_year[at, 0] == pytest.approx(float(by_hand), rel=1e-6)
    assert sky.state[-1, 0, 0] > 100


def test_nobody_gives_way_more_than_once_an_orbit(fleet, environment):
    built = crowded(fleet, environment, catalogue_factor=1e4, most_manoeuvres_per_day=3)
    assert (built.designs[0].avoidance.manoeuvres_per_year == 3 * YEAR).all()


def test_own_collisions_are_those_of_a_gas_too(fleet, environment):
    built = crowded(fleet, environment, shell={"altitude_km": 900}, own_share=0.0, avoidance_failure=0.5)
    design, sky = built.designs[0], built.designs[0].sky
    tilt = round(built.planes[0].inclination_deg, 1)
    own = encounter_speed_km_s(900.0, tilt, tilt)
    dead, tracked, small = sky.state[-1, :, 0] / (float(shell_km2(900.0)) * 200)
    whole, body = projected_m2(design.satellite, design.sizes) * 1e-6, body_m2(design.satellite, design.sizes) * 1e-6
    assert body == 40 / 4 * 1e-6
    by_hand = (
        encounters_per_year(dead, own, 4 * whole) / 2
        + encounters_per_year(tracked, own, body) / 2
        + encounters_per_year(small, own, body)
    )
    assert small > 0
    assert design.avoidance.own_hits_per_year[-1, 0] == pytest.approx(float(by_hand), rel=1e-3)


def test_a_fleet_twice_as_large_meets_its_own_twice_as_often_each_and_four_times_in_all(fleet, environment):
    """As long as collisions take few away: at the start of the mission, and with nothing of others."""
    quiet = {"catalogue_factor": 0.0, "breakup_feedback": False, "explosions_per_year": 0.0}
    totals = []
    for satellites in (1000, 2000, 4000):
        sky = crowded(fleet, environment, fleet_satellites=satellites, **quiet).designs[0].sky
        met = sky.conjunctions
        each = met.with_live[0] + met.with_dead[-1]
        totals.append((float(each[0]), float(each[0] * sky.planned[-1, 0])))
    each, total = np.log2(np.array(totals)[1:] / np.array(totals)[:-1]).T
    assert each == pytest.approx(1, abs=2e-3)
    assert total == pytest.approx(2, abs=2e-3)


def test_dead_satellites_are_the_stranded_share_of_failures_and_failed_disposals(fleet, environment):
    jets = {"vulnerable_area_m2": 0, "disposal_success": 0.9}
    built = crowded(
        fleet,
        environment,
        {"propulsion": jets},
        {"altitude_km": 1500},
        fleet_satellites=1000,
        stranded_share=0.5,
        explosions_per_year=0.0,
        avoidance_failure=0.0,
    )
    sky = built.designs[0].sky
    # 1,000 satellites for 3 years at 5 % of buses, half of them stranded, and a tenth of all at the end of 5 years.
    expected = 1000 * 3 * (0.05 * 0.5 + 0.1 / 5)
    assert sky.state[-1, 0, 0] == pytest.approx(expected, rel=0.01)


def test_planes_come_up_by_their_flights(fleet, environment):
    shell = {"kind": "walker", "planes": 3, "altitude_km": 900, "inclination_deg": 53}
    launched = {"kind": "launched", "first_launch_day": 0, "interval_days": 100}
    built = environment(under(made(fleet, shell=shell, deployment=launched, slots=4)))
    sky = built.designs[0].sky
    assert np.interp([10, 130, 290], sky.days, sky.planned[:, 0]).tolist() == [4, 8, 12]


def test_altitudes_within_a_shell_share_it_and_others_do_not(fleet, environment):
    parking = [{"shell": 0, "altitude_km": 700, "berths_per_plane": 2, "planes": 1}]
    sky = environment(under(made(fleet, shell={"altitude_km": 900}, parking=parking))).designs[0].sky
    np.testing.assert_allclose(sky.altitude_km, [700, 900])
    assert sky.shell_of.tolist() == [1, 0]
    assert sky.planned[-1].tolist() == [0, 40]
    thick = environment(under(made(fleet, shell={"altitude_km": 900}, parking=parking), shell_km=300)).designs[0].sky
    assert thick.shell_of.tolist() == [0, 0]


def test_manoeuvres_cost_delta_v_by_the_day_in_place_of_the_given_number(fleet, environment):
    jets = {"manoeuvres_per_year": 1000, "manoeuvre_m_s": 0.05, "propellant_kg": 40}
    built = crowded(fleet, environment, {"propulsion": jets}, {"altitude_km": 900})
    still = crowded(fleet, environment, {"propulsion": {**jets, "manoeuvre_m_s": 0}}, {"altitude_km": 900})
    spent = built.keeping.delta_v_m_s[0] - still.keeping.delta_v_m_s[0]
    avoidance = built.designs[0].avoidance
    often = np.interp(built.days, avoidance.sky.days, avoidance.manoeuvres_per_year[:, 0])
    np.testing.assert_allclose(spent, often * 0.05 / YEAR, rtol=1e-3)
    assert often[-1] > 1.5 * often[0]


def test_propellant_runs_out_earlier_where_the_sky_is_fuller(fleet, environment):
    jets = {"propellant_kg": 25, "manoeuvre_m_s": 4.0, "insertion_altitude_km": 900}
    ends = [
        crowded(fleet, environment, {"propulsion": jets}, {"altitude_km": 900}, catalogue_factor=factor)
        .sites[0]
        .planned_end(0, 0.0)
        for factor in (1.0, 3.0)
    ]
    assert [by_propellant for _, by_propellant in ends] == [True, True]
    assert ends[1][0] < 0.9 * ends[0][0]


def test_manoeuvres_pause_the_work_for_their_minutes(fleet, environment):
    calm, busy = (
        crowded(fleet, environment, {"propulsion": {"manoeuvre_pause_min": minutes}}, {"altitude_km": 900})
        for minutes in (0, 60)
    )
    avoidance = busy.designs[0].avoidance
    often = np.interp(busy.days, avoidance.sky.days, avoidance.manoeuvres_per_year[:, 0])
    left = 1 - often * 60 / (1440 * YEAR)
    assert left.min() < 0.99
    for birth in (0.0, 400.0):
        was, now = (built.designs[0].performance(0, birth) for built in (calm, busy))
        np.testing.assert_allclose(now.light_speed, was.light_speed * left, rtol=1e-6)
        np.testing.assert_allclose(now.dark_speed, was.dark_speed * left, rtol=1e-6)
    was, now = (built.designs[0].operation.light_speed[0] for built in (calm, busy))
    np.testing.assert_allclose(now, was * left, rtol=1e-5)


def test_a_second_design_meets_the_sky_of_the_first(fleet, environment):
    scenario = made(fleet, shell={"altitude_km": 900}, designs={"large": {"array": {"area_m2": 400}}})
    built = environment(under(scenario, fleet_satellites=100_000, breakup_feedback=False))
    first, large = built.designs
    assert large.sky is first.sky
    ratio = large.avoidance.own_hits_per_year[1] / first.avoidance.own_hits_per_year[1]
    areas = np.sqrt([53.0, 203.0])
    # Without fragments it is other satellites that it collides with, all of them of the first design.
    assert ratio == pytest.approx((areas.sum() / (2 * areas[0])) ** 2, rel=1e-6)
    assert large.avoidance.manoeuvres_per_year[0, 0] > first.avoidance.manoeuvres_per_year[0, 0]


def test_fragments_come_only_with_feedback(fleet, environment):
    off, on = (
        crowded(fleet, environment, shell={"altitude_km": 900}, breakup_feedback=there).designs[0]
        for there in (False, True)
    )
    assert off.sky.state[-1, 1:].max() == 0
    assert on.sky.state[-1, 1:].min() > 0
    assert (on.avoidance.own_hits_per_year[-1] > 2 * off.avoidance.own_hits_per_year[-1]).all()
    other = off.sky.with_feedback(True)
    np.testing.assert_allclose(other.state, on.sky.state, rtol=1e-6)
    assert isinstance(other, SkyOfFleet)
    assert on.sky.with_feedback(True) is on.sky


def test_describe_says_what_it_meets_and_warns_where_it_runs_away(fleet, environment):
    scenario = under(made(fleet, shell={"altitude_km": 900}), fleet_satellites=300_000)
    built = environment(scenario)
    found = json.loads(json.dumps(facts(scenario, built), allow_nan=False))
    (shell,) = found["sky"]["shells"]
    avoidance = built.designs[0].avoidance
    assert shell["manoeuvres_per_year"] == [
        pytest.approx(float(avoidance.manoeuvres_per_year[at, 0])) for at in (0, -1)
    ]
    assert shell["own_collisions_per_satellite_year"][1] == pytest.approx(shell["with_feedback_end"])
    assert shell["with_feedback_end"] > shell["without_feedback_end"] > 0
    assert found["satellite"]["propulsion"]["manoeuvres_per_year"] is None
    text = describe(scenario)
    assert "densities of a fleet of 300,000 satellites, of which the slots are a sample of 40" in text
    assert shell["reproduction_end"] > 1
    assert any("debris of the fleet's own breakups runs away" in warning for warning in found["warnings"])
    calm = under(made(fleet, shell={"altitude_km": 450}))
    assert not any("runs away" in warning or "own objects" in warning for warning in facts(calm)["warnings"])


def test_the_overlay_turns_feedback_on_and_the_million_says_that_it_runs_away():
    assert not load("spacex_fcc_1m").sky.breakup_feedback
    scenario = load("spacex_fcc_1m", "overlays/own_debris")
    assert scenario.sky.breakup_feedback
    assert scenario.sky.fleet_satellites == 1_000_000
    warnings = facts(scenario, Environment.build(scenario))["warnings"]
    assert any("at 1000" in text and "no fleet is kept up there" in text for text in warnings)


def test_rates_of_a_box_by_hand(fleet, environment):
    built = crowded(fleet, environment, shell={"altitude_km": 900}, catalogue_factor=1.5, fragment_m2_per_kg=0.2)
    design, box = built.designs[0], built.designs[0].sky.shells
    tilt = round(built.planes[0].inclination_deg, 1)
    own, body = encounter_speed_km_s(900.0, tilt, tilt), body_m2(design.satellite, design.sizes)
    coarse, fine = (float(explosion_fragments(0.1, length)) for length in (0.1, 0.01))
    np.testing.assert_allclose(box.per_explosion[:, 0], [coarse, fine - coarse])
    coarse, fine = (float(collision_fragments(500.0, length)) for length in (0.1, 0.01))
    np.testing.assert_allclose(box.per_collision[:, 0], [coarse, fine - coarse])
    # Of fragments above 10 cm, those whose mass carries 40 J for each gram of 500 kg.
    heavy_m = catastrophic_length_m(500.0, own, 0.2)
    share = float(collision_fragments(1.0, heavy_m) / collision_fragments(1.0, 0.1))
    assert box.breaking_share[0] == pytest.approx(share, rel=1e-6)
    assert 0.01 < share < 0.5
    met = 1.5 * catalogue_per_km3(900.0) * catalogue_speed_km_s(900.0, tilt)
    assert box.catalogue_hits[0] == pytest.approx(float(encounters_per_year(met, 1.0, body * 1e-6)), rel=1e-6)
    f107 = float(f107_and_ap(built.days, built.scenario.mission.start)[0].mean())
    fall = [float(lifetime_years(height, 1 / (2.2 * 0.2), f107)) for height in (800, 900)]
    assert box.fragment_years[0] == pytest.approx(fall[1] - fall[0], rel=1e-6)


def test_a_design_with_twice_the_surface_is_pierced_twice_as_often(fleet, environment):
    designs = {"soft": {"propulsion": {"vulnerable_area_m2": 80}}}
    built = environment(
        under(made(fleet, shell={"altitude_km": 900}, designs=designs), fleet_satellites=100_000, own_share=0.0)
    )
    first, soft = (design.avoidance.own_hits_per_year[-1, 0] for design in built.designs)
    sky = built.designs[0].sky
    with_fragments = float(sky.shells.live_hazard(sky.live[-1], sky.state[-1])[2:].sum())
    assert with_fragments > 0.1 * first
    assert soft - first == pytest.approx(with_fragments, rel=1e-6)


def test_the_clock_of_collisions_counts_both_the_debris_of_others_and_the_own(fleet, environment):
    scenario = under(made(fleet, shell={"altitude_km": 900}), fleet_satellites=100_000)
    built = environment(scenario)
    hazard = next(one for one in hazards_of(scenario) if one.clock == "collisions")
    weather = Weather(scenario, built, Streams(1, 0))
    days = np.array([0.0, 100.0, 555.5, 3 * YEAR])
    expected = built.sites[0].hits_per_year(0, "collisions") * days / YEAR + built.sites[0].own_hits(0).at(days)
    assert built.sites[0].hits_per_year(0, "collisions") > 1e-4
    assert weather.scale(hazard, 0, 0) == 1.0
    np.testing.assert_allclose(weather.clock(hazard, 0, 0, 0.0).at(days), expected, rtol=1e-9)
    # What a run is expected to lose, before it begins, follows the same.
    np.testing.assert_allclose(exposure_until(built, 0, hazard, 0, days), expected, rtol=1e-9)


def test_planes_of_a_shell_share_the_clock_of_collisions(fleet, environment):
    shell = {"kind": "walker", "planes": 3, "altitude_km": 900, "inclination_deg": 53}
    parking = [{"shell": 0, "altitude_km": 700, "berths_per_plane": 2, "planes": 1}]
    scenario = under(made(fleet, shell=shell, parking=parking))
    built = environment(scenario)
    hazard = next(one for one in hazards_of(scenario) if one.clock == "collisions")
    weather = Weather(scenario, built, Streams(1, 0))
    clocks = [weather.clock(hazard, 0, plane, 0.0) for plane in range(4)]
    assert clocks[0] is clocks[1] is clocks[2]
    assert clocks[3] is not clocks[0]
    assert [site.first_alike(0) for site in built.sites] == [0, 0, 0, 3]
