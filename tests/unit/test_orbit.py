"""Orbit geometry: textbook rates, Walker patterns, beta, and the curve SGP4 flies."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from sim.ephemeris import circular_elements, secular_rates
from sim.ephemeris.orbits import satrec
from sim.physics.orbit import (
    OrbitCurve,
    beta_angle_rad,
    nodal_precession_deg_per_day,
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
    for _ in range(12):  # each round takes off a factor of the eccentricity
        angle -= curve.mean_argument_rad(angle) - mean
    x, y, z = curve.point_km(angle)
    node = elements.raan_rad + rates.node_rad_per_day * days
    ours = np.stack([x * np.cos(node) - y * np.sin(node), x * np.sin(node) + y * np.cos(node), z], axis=1)
    assert np.abs(ours - position).max() < tolerance_km
