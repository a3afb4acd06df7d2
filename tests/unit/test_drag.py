"""Drag, decay, propellant, the transfers and disposal."""

from datetime import date, timedelta

import numpy as np
import pytest

from sim.constants import EARTH_MU_KM3_S2, TAU
from sim.physics.atmosphere import orbit_mean_density_kg_m3
from sim.physics.drag import (
    array_drag_area_m2,
    ballistic_kg_m2,
    decay_days,
    decay_km_per_day,
    drag_make_up_m_s_per_year,
    lifetime_years,
    low_thrust_delta_v_m_s,
    perigee_lowering_delta_v_m_s,
    propellant_kg,
    speed_m_s,
    tumbling_drag_area_m2,
)
from sim.physics.power import Mount

START = date(2027, 1, 1)


def test_decay_and_make_up_are_the_same_loss():
    # dv = v / (2 a) |da|, both from the energy of a circular orbit
    density = orbit_mean_density_kg_m3(550.0, 140.0)
    lost_km = -decay_km_per_day(550.0, density, 50.0) * 365.25
    made_up = drag_make_up_m_s_per_year(550.0, density, 50.0)
    assert made_up == pytest.approx(speed_m_s(550.0) / (2 * 6928.1366) * lost_km, rel=1e-12)


def test_mean_area_of_a_turning_array_against_a_numerical_mean():
    angle = np.linspace(0, TAU, 3601)[:-1]
    velocity = np.array([-np.sin(angle), np.cos(angle), np.zeros_like(angle)])
    for beta in (0.0, 0.4, 1.2):
        sun = np.array([np.cos(beta), 0.0, np.sin(beta)])
        numerical = 600.0 * np.abs(sun @ velocity).mean()
        assert array_drag_area_m2(600.0, Mount.TWO_AXIS, beta) == pytest.approx(numerical, rel=1e-6)
        assert array_drag_area_m2(600.0, Mount.ONE_AXIS, beta) == pytest.approx(600 * 2 / np.pi)
        for edge_on in (Mount.ORBIT_NORMAL, Mount.ZENITH):
            assert array_drag_area_m2(600.0, edge_on, beta) == 0.0
    assert {array_drag_area_m2(600.0, mount.value, [0.1, 0.2]).shape for mount in Mount} == {(2,)}


def test_tumbling_cuboid_against_a_numerical_mean():
    # Cauchy: a quarter of the surface; 40,000 random directions leave .3 % (4 standard errors)
    direction = np.random.default_rng(1).normal(size=(40_000, 3))
    direction /= np.linalg.norm(direction, axis=1)[:, None]
    faces = np.array([2.0 * 3.0, 1.0 * 3.0, 1.0 * 2.0])
    shown = np.abs(direction) @ faces
    error = shown.std() / np.sqrt(len(shown))
    assert abs(tumbling_drag_area_m2(2 * faces.sum()) - shown.mean()) < 4 * error
    assert tumbling_drag_area_m2(2 * 600.0) == 300.0  # a plate of 600 m2


def test_decay_through_the_cycle_meets_the_constant_lifetime_where_it_is_short():
    # 20 days: the Sun hardly changes; .2 km of fall in the last step near 200 km is .1 day
    from sim.physics.solar_cycle import ap, f107

    still = lifetime_years(300.0, 100.0, f107(10.0, START), ap(10.0, START)) * 365.25
    assert decay_days(300.0, 100.0, START) == pytest.approx(still, rel=0.02)
    assert 10 < still < 100


def test_decay_counts_from_the_death():
    later = decay_days([350.0, 450.0], 50.0, START + timedelta(days=400))
    assert decay_days([350.0, 450.0], 50.0, START, death_days=400.0) == pytest.approx(later, rel=1e-12)


def test_decay_is_of_second_order_in_time_too():
    # Sun and altitude at the middle of each step: with those of its end, .2 to .9 % would be left
    coarse, fine = (decay_days([450.0, 500.0], 50.0, START, step_days=step) for step in (120.0, 1.0))
    np.testing.assert_allclose(coarse, fine, rtol=2e-4)


def test_decay_is_converged_monotone_and_broadcasts():
    altitude = np.array([200.0, 400.0, 500.0, 550.0, 600.0, 650.0])
    coarse = decay_days(altitude, 50.0, START)
    fine = decay_days(altitude, 50.0, START, step_days=2.0)
    aloft = np.isinf(coarse)
    assert aloft.tolist() == [False, False, False, False, False, True]
    np.testing.assert_allclose(coarse[~aloft], fine[~aloft], rtol=1e-3)
    assert np.all(np.diff(coarse[~aloft]) > 0)
    assert coarse[0] == 0.0
    both = decay_days(550.0, np.array([[25.0], [50.0]]), START, death_days=np.array([0.0, 1000.0, 2000.0]))
    assert both.shape == (2, 3)
    assert np.all(both[0] < both[1])
    # dying into the minimum of 2030 takes longer to fall than dying ahead of the maximum of 2035
    assert decay_days(500.0, 50.0, date(2028, 1, 1)) > decay_days(500.0, 50.0, date(2033, 6, 1))


def test_higher_solar_level_brings_the_dead_down_sooner():
    low, high = (decay_days(600.0, 50.0, date(2031, 1, 1), level=level) for level in ("low", "high"))
    assert high < low


def test_tsiolkovsky_there_and_back():
    mass, isp, yearly = 2100.0, 1500.0, 20.0
    fuel = propellant_kg(mass, 5 * yearly, isp)
    assert 9.80665 * isp * np.log(mass / (mass - fuel)) == pytest.approx(5 * yearly, rel=1e-12)
    assert fuel == pytest.approx(mass * 100 / (9.80665 * isp), rel=4e-3)  # small delta-v: linear to half its share


def test_disposal_burn_is_half_a_hohmann_transfer():
    high, low = 6378.1366 + 650.0, 6378.1366 + 50.0
    apogee_speed = 1000 * np.sqrt(EARTH_MU_KM3_S2 * (2 / high - 2 / (high + low)))
    assert perigee_lowering_delta_v_m_s(650.0, 50.0) == pytest.approx(float(speed_m_s(650.0)) - apogee_speed, rel=1e-9)
    assert low_thrust_delta_v_m_s(650.0, 200.0) > perigee_lowering_delta_v_m_s(650.0, 200.0)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ballistic_kg_m2(0.0, 1.0), r"mass_kg = 0: must be above 0"),
        (lambda: ballistic_kg_m2(1.0, -2.0), r"drag_area_m2 = -2: must be above 0"),
        (lambda: ballistic_kg_m2(1.0, 1.0, np.nan), r"drag_coefficient = nan: must be above 0"),
        (lambda: array_drag_area_m2(1.0, "sideways"), r"mount = 'sideways': must be one of orbit_normal"),
        (
            lambda: lifetime_years(150.0, 50.0, 140.0),
            r"altitude_km = 150: must lie between 200 and 2000, the range of the density table",
        ),
        (lambda: lifetime_years(550.0, 50.0, 300.0), r"f107 = 300: must lie between 65 and 250"),
        (lambda: decay_days(2100.0, 50.0, START), r"altitude_km = 2100: must lie between 200 and 2000"),
        (lambda: decay_days(550.0, -1.0, START), r"ballistic_kg_m2 = -1: must be above 0"),
        (lambda: decay_days(550.0, 50.0, date(2060, 1, 1)), r"2060-01-01: the solar-cycle table covers 2020 to 2055"),
        (lambda: propellant_kg(10.0, -1.0, 300.0), r"delta_v_m_s = -1: must be at least 0"),
        (lambda: perigee_lowering_delta_v_m_s(400.0, 500.0), r"perigee_km = 500 must not lie above"),
    ],
)
def test_bad_input_is_refused_with_the_value(call, message):
    with pytest.raises(ValueError, match=message):
        call()
