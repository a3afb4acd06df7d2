"""Orbit geometry: textbook rates, Walker patterns, beta, and the curve SGP4 flies."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from sim.ephemeris import (
    circular_elements,
    raan_of_ltan_deg,
    secular_rates,
    sun_synchronous_inclination_deg,
)
from sim.ephemeris.orbits import satrec
from sim.ephemeris.sun import ephemeris, skyfield_time
from sim.physics.orbit import (
    OrbitCurve,
    beta_angle_rad,
    inclination_drift_deg_per_year,
    inclination_hold_m_s_per_year,
    luni_solar_drift,
    nodal_precession_deg_per_day,
    node_drift_rad,
    period_min,
    walker_raan_and_phase,
)

START = date(2027, 1, 1)


def test_geostationary_period_is_a_sidereal_day():
    # 35,786 km is the altitude to the kilometre: 1 km is .0025 min of 1436.07
    assert abs(period_min(35786.0) - 1436.068) < 0.03


def test_retrograde_nodes_drift_east_and_polar_nodes_stand():
    rates = nodal_precession_deg_per_day(600.0, np.array([30.0, 90.0, 150.0]))
    assert rates[0] < 0 < rates[2]
    assert rates[0] == pytest.approx(-rates[2])
    assert abs(rates[1]) < 1e-12


def test_textbook_precession_is_within_half_a_percent_of_sgp4():
    for altitude_km, inclination_deg in ((400.0, 28.5), (550.0, 53.0), (1200.0, 87.9), (700.0, 98.2)):
        rates = secular_rates(circular_elements(START, altitude_km, inclination_deg, 0.0))
        textbook = nodal_precession_deg_per_day(altitude_km, inclination_deg)
        assert textbook == pytest.approx(np.degrees(rates.node_rad_per_day), rel=5e-3)  # J2 squared, .3-.5 %


def test_walker_delta_pattern_by_hand():
    # 6/3/1: planes 120 degrees apart, 2 satellites each, 60 degrees of phase from plane to plane
    raan, phase = walker_raan_and_phase(3, 2, 1)
    assert raan.tolist() == [0.0, 120.0, 240.0]
    assert phase.tolist() == [[0.0, 180.0], [60.0, 240.0], [120.0, 300.0]]


def test_walker_star_spreads_its_planes_over_half_a_turn():
    raan, _ = walker_raan_and_phase(6, 11, 2, raan_spread_deg=180.0)
    assert raan.tolist() == [0.0, 30.0, 60.0, 90.0, 120.0, 150.0]


def test_walker_needs_planes_and_satellites():
    with pytest.raises(ValueError, match=r"planes = 0, satellites_per_plane = 4"):
        walker_raan_and_phase(0, 4, 0)


def test_beta_is_the_suns_height_over_the_plane():
    pole, node = np.array([0.0, 0.0, 2.0]), np.array([3.0, 0.0, 0.0])
    assert beta_angle_rad(pole, 0.0, 1.0) == pytest.approx(np.pi / 2)
    assert beta_angle_rad(node, 0.7, 0.0) == pytest.approx(0.0, abs=1e-15)
    # inclination 90, node on x: the normal points to -y
    assert beta_angle_rad(np.array([[0.0, -1.0, 0.0], [0.0, 1.0, 0.0]]), np.pi / 2, 0.0) == pytest.approx(
        [np.pi / 2, -np.pi / 2]
    )


@pytest.mark.parametrize(
    ("altitude_km", "inclination_deg", "eccentricity", "perigee_rad", "tolerance_km"),
    [
        # at e = 0, sgp4 itself uses 1e-6, which is up to 2 a e = 17 m along the orbit
        (300.0, 0.0, 0.0, 0.0, 0.03),
        (300.0, 30.0, 0.0, 0.0, 0.03),
        (650.0, 98.0, 0.0, 0.0, 0.03),
        (2000.0, 120.0, 0.0, 0.0, 0.03),
        (5800.0, 60.0, 0.0, 0.0, 0.03),
        (550.0, 53.0, 0.02, 1.0, 1e-5),
        (800.0, 5.0, 0.01, 4.0, 1e-5),
        (1000.0, 179.9, 0.001, 2.0, 1e-5),
        (1150.0, 63.4, 0.113, 5.0, 1e-5),
        (1500.0, 30.0, 0.15, 3.0, 1e-5),
    ],
)
def test_curve_is_where_sgp4_flies(altitude_km, inclination_deg, eccentricity, perigee_rad, tolerance_km):
    circle = circular_elements(START, altitude_km, inclination_deg, 40.0)
    elements = replace(circle, eccentricity=eccentricity, argument_of_perigee_rad=perigee_rad)
    rates = secular_rates(elements)
    minutes = np.linspace(0.0, 3 * 1440.0, 400)
    model = satrec(elements)
    _, position, _ = model.sgp4_array(np.full(400, elements.epoch_jd), minutes / 1440.0)
    days = minutes / 1440.0

    perigee = perigee_rad + rates.perigee_rad_per_day * days
    curve = OrbitCurve.of_mean_orbit(elements.mean_radius_km, elements.inclination_rad, eccentricity, perigee)
    mean = elements.argument_of_latitude_rad + rates.mean_motion_rad_per_day * days
    angle = mean.copy()
    for _ in range(14):  # each round takes off a factor of the eccentricity
        angle -= curve.mean_argument_rad(angle) - mean
    x, y, z = curve.point_km(angle)
    node = elements.raan_rad + rates.node_rad_per_day * days
    ours = np.stack([x * np.cos(node) - y * np.sin(node), x * np.sin(node) + y * np.cos(node), z], axis=1)
    assert np.abs(ours - position).max() < tolerance_km


def test_a_perigee_turned_on_is_the_later_perigee():
    curves = [OrbitCurve.of_axis(7500.0, 1.0, 0.1, perigee) for perigee in (2.0, 2.003)]
    angle = np.linspace(0.0, 2 * np.pi, 50)
    turned = curves[0].turned(np.asarray(0.003))
    # second order, .003^2 / 2 of the eccentricity, and what J3 shifts
    assert turned.mean_argument_rad(angle) == pytest.approx(curves[1].mean_argument_rad(angle), abs=2e-6)


# --- what Sun and Moon do to a plane ---

ALTITUDE_KM = 650.0
TILT_DEG = sun_synchronous_inclination_deg(ALTITUDE_KM)


def flown_under_sun_and_moon(ltan_h, years, step_days=2.0):
    """Inclination and node less their steady values by Runge-Kutta, from DE421's own Sun and Moon at every step."""
    steps = int(years * 365.25 / step_days)
    halves = np.arange(2 * steps + 1) * step_days / 2
    from skyfield.sgp4lib import TEME

    time, kernel = skyfield_time(START, halves), ephemeris()
    rotation = TEME.rotation_at(time)
    motion = np.sqrt(398600.4418 / (6378.1366 + ALTITUDE_KM) ** 3)
    bodies = []
    for name, mu in (("sun", 1.32712440041e11), ("moon", 4902.800)):
        place = np.einsum("ijt,jt->ti", rotation, (kernel[name] - kernel["earth"]).at(time).xyz.km)
        distance = np.linalg.norm(place, axis=1)
        bodies.append((1.5 * mu / distance**3 / motion * 86400, place / distance[:, None]))
    steady = nodal_precession_deg_per_day(ALTITUDE_KM, TILT_DEG)
    tropical = 2 * np.pi / 365.2422

    def rates(half, state):
        tilt, node = state
        along = np.array([np.cos(node), np.sin(node), 0.0])
        normal = np.array([np.sin(tilt) * np.sin(node), -np.sin(tilt) * np.cos(node), np.cos(tilt)])
        surplus = nodal_precession_deg_per_day(ALTITUDE_KM, np.degrees(tilt)) - steady
        change = np.array([0.0, tropical + np.radians(surplus)])
        for pull, direction in bodies:
            # the torque on a circular orbit turns its normal by -K (n.s) (n x s)
            turn = -pull[half] * (normal @ direction[half]) * np.cross(normal, direction[half])
            change += [-turn[2] / np.sin(tilt), turn @ along / np.sin(tilt)]
        return change

    state = first = np.array([np.radians(TILT_DEG), np.radians(raan_of_ltan_deg(ltan_h, START))])
    for k in range(steps):
        one = rates(2 * k, state)
        two = rates(2 * k + 1, state + step_days / 2 * one)
        three = rates(2 * k + 1, state + step_days / 2 * two)
        four = rates(2 * k + 2, state + step_days * three)
        state = state + step_days / 6 * (one + 2 * two + 2 * three + four)
    span = steps * step_days
    return span, state[0] - first[0], state[1] - first[1] - tropical * span


@pytest.mark.parametrize("ltan_h", [4.0, 5.0, 6.0, 8.0, 10.5])
def test_luni_solar_drift_is_what_sun_and_moon_do(ltan_h):
    span, inclination, node = flown_under_sun_and_moon(ltan_h, 5.0)
    ours = luni_solar_drift(ltan_h, ALTITUDE_KM, TILT_DEG, np.arange(-2.0, 1830.0))
    at = 2 + round(span)
    # the yearly, monthly and 18.6-year swings that the averages leave out: .005 deg and 2.5 min
    assert np.degrees(ours[0][at] - inclination) == pytest.approx(0.0, abs=0.005)
    assert 4 * np.degrees(ours[1][at] - node) == pytest.approx(0.0, abs=2.5)


def test_drift_starts_from_day_0_and_is_smooth():
    days = np.arange(-3.0, 100.0)
    inclination, node = luni_solar_drift(4.0, ALTITUDE_KM, TILT_DEG, days)
    assert inclination[3] == node[3] == 0.0
    assert inclination[0] < 0 < inclination[-1]
    # less than a second of local time in the first day, minutes after a year
    assert abs(4 * np.degrees(node[4])) * 60 < 1


def test_an_inclination_error_drifts_the_node_alone():
    days = np.arange(0.0, 366.0)
    _, held = luni_solar_drift(6.0, ALTITUDE_KM, TILT_DEG, days)
    offset, off = luni_solar_drift(6.0, ALTITUDE_KM, TILT_DEG, days, inclination_error_deg=0.01)
    alone = node_drift_rad(ALTITUDE_KM, TILT_DEG, np.radians(0.01), days)
    assert np.degrees(offset[0]) == pytest.approx(0.01)
    # the node has moved by half a degree, which lets the Sun pull a little: 1 %
    assert (off - held)[-1] == pytest.approx(alone[-1], rel=0.02)
    rates = nodal_precession_deg_per_day(ALTITUDE_KM, np.array([TILT_DEG, TILT_DEG + 0.01]))
    assert np.degrees(alone[-1]) == pytest.approx(365 * (rates[1] - rates[0]), rel=1e-9)


def test_an_inclined_orbit_meets_all_hours_and_keeps_its_inclination():
    rate = np.radians(float(nodal_precession_deg_per_day(550.0, 53.0)))
    days = np.arange(0.0, 2000.0)
    inclination, _ = luni_solar_drift(9.0, 550.0, 53.0, days, node_rate_rad_per_day=rate)
    assert np.degrees(np.abs(inclination)).max() < 0.005  # .02 deg/yr over a turn of 65 days


def test_sun_and_moon_turn_nodes_back_at_the_textbook_rate():
    # Wertz & Larson, Space Mission Analysis and Design, section 6.2: -(.00338 + .00154) cos i / n degrees a day, n in
    # revolutions a day; over all local hours, on an orbit whose own rate is given
    tilt, turns = np.radians(53.0), 10
    rate = np.radians(float(nodal_precession_deg_per_day(550.0, 53.0)))
    span = turns * np.pi / (2 * np.pi / 365.2422 - rate)  # of half turns about the Sun
    days = np.linspace(0.0, span, 4000)
    inclination, node = luni_solar_drift(9.0, 550.0, 53.0, days, node_rate_rad_per_day=rate)
    direct = node - node_drift_rad(550.0, 53.0, inclination, days)
    revolutions = 1440 / float(period_min(550.0))
    textbook = -(0.00338 + 0.00154) * np.cos(tilt) / revolutions
    assert np.degrees(direct[-1]) / span == pytest.approx(textbook, rel=0.01)


def test_holding_is_speed_times_drift():
    drift = inclination_drift_deg_per_year([5.0, 6.0, 7.0, 17.0], ALTITUDE_KM, TILT_DEG)
    assert drift[0] == pytest.approx(-drift[2])
    assert drift[0] == pytest.approx(drift[3])
    assert abs(drift[1]) < 1e-12
    speed = np.sqrt(398600.4418 / (6378.1366 + ALTITUDE_KM)) * 1000
    assert inclination_hold_m_s_per_year(7.0, ALTITUDE_KM, TILT_DEG) == pytest.approx(speed * np.radians(drift[0]))


@pytest.mark.parametrize("days", [[1.0, 2.0], [0.0, 2.0, 1.0], [-2.0, -1.0], [0.0], [[0.0, 1.0]]])
def test_drift_needs_days_about_the_start(days):
    with pytest.raises(ValueError, match="must rise from 0 or before to 0 or later"):
        luni_solar_drift(6.0, ALTITUDE_KM, TILT_DEG, days)
    with pytest.raises(ValueError, match="must rise from 0 or before to 0 or later"):
        node_drift_rad(ALTITUDE_KM, TILT_DEG, 0.0, days)
