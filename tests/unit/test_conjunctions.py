"""Encounters in a kinetic gas of orbits: closed forms, a count by throwing orbits, and how they grow."""

import numpy as np
import pytest
from scipy.special import ellipk

from sim.physics.conjunctions import (
    catalogue_per_km3,
    collision_area_km2,
    encounter_speed_km_s,
    encounters_per_year,
    manoeuvre_area_km2,
    shell_km2,
)
from sim.physics.drag import speed_m_s

YEAR_S = 365.25 * 86400


@pytest.mark.parametrize("tilt", [30.0, 53.0, 97.5, 140.0])
def test_one_inclination_follows_the_closed_form_and_its_mirror_image_is_the_same(tilt):
    speed = encounter_speed_km_s(550.0, tilt, tilt)
    by_hand = 4 / np.pi**2 * float(speed_m_s(550.0)) / 1000 * ellipk(np.sin(np.radians(tilt)) ** 2)
    assert speed == pytest.approx(by_hand, rel=1e-9)
    assert encounter_speed_km_s(550.0, 180 - tilt, 180 - tilt) == pytest.approx(speed, rel=1e-9)


@pytest.mark.parametrize(("first", "second"), [(30.0, 98.0), (53.0, 74.0), (53.0, 98.5), (20.0, 60.0)])
def test_two_inclinations_agree_with_satellites_thrown_at_random(first, second):
    """Relative speed x density at the place of the first, over many places: no quadrature in it."""
    random, n = np.random.default_rng(5), 400_000
    low, high = sorted((first, second), key=lambda tilt: np.sin(np.radians(tilt)))
    u = random.uniform(0, 2 * np.pi, n)
    sine = np.sin(np.radians(low)) * np.sin(u)
    cosine = np.sqrt(1 - sine**2)
    # Density of the second at a latitude, over its mean: 2 / (pi sqrt(sin^2 i - sin^2 latitude)) (Kessler 1981).
    crowding = 2 / np.pi / np.sqrt(np.sin(np.radians(high)) ** 2 - sine**2)
    speed = float(speed_m_s(700.0)) / 1000

    def velocity(tilt):
        east = np.cos(np.radians(tilt)) / cosine
        return speed * np.array([east, np.sqrt(1 - east**2) * random.choice([-1, 1], n)])

    flux = crowding * np.linalg.norm(velocity(low) - velocity(high), axis=0)
    se = flux.std() / np.sqrt(n)
    found = encounter_speed_km_s(700.0, first, second)
    assert abs(found - flux.mean()) < 4 * se + 0.005 * found
    assert encounter_speed_km_s(700.0, second, first) == pytest.approx(found, rel=1e-9)


def test_approaching_inclinations_come_to_the_closed_form():
    alone = encounter_speed_km_s(550.0, 53.0, 53.0)
    assert encounter_speed_km_s(550.0, 53.0, 53.5) == pytest.approx(alone, rel=0.02)
    assert encounter_speed_km_s(550.0, 53.0, 53.01) == pytest.approx(alone, rel=0.05)


def test_a_mirror_image_is_met_most_and_within_bounds():
    mirrored = encounter_speed_km_s(600.0, 97.5, 82.5)
    assert mirrored > 2 * encounter_speed_km_s(600.0, 97.5, 97.5)
    assert mirrored < 40


def test_encounters_are_density_by_speed_by_area_by_time():
    assert encounters_per_year(1e-8, 10.0, 2.0) == pytest.approx(2e-7 * YEAR_S)
    with pytest.raises(ValueError, match="area_km2"):
        encounters_per_year(1e-8, 10.0, -1.0)


def test_a_pass_at_the_edge_of_the_manoeuvre_area_has_the_threshold_probability():
    """Count of a normal miss inside the disc of the combined radius, for passes at the edge's distance."""
    radius_m, sigma_m, least = 60.0, 200.0, 5e-3
    edge_m = 1000 * np.sqrt(manoeuvre_area_km2(radius_m, sigma_m, least) / np.pi)
    random, n = np.random.default_rng(7), 1_000_000
    miss = random.normal([edge_m, 0.0], sigma_m, (n, 2))
    share = np.count_nonzero(np.hypot(*miss.T) < radius_m) / n
    assert abs(share - least) < 4 * np.sqrt(least / n) + 0.02 * least


def test_nobody_gives_way_where_no_pass_is_dangerous_enough():
    assert manoeuvre_area_km2(5.0, 350.0, 1.1 * 25 / (2 * 350**2)) == 0
    assert manoeuvre_area_km2(5.0, 350.0, 0.9 * 25 / (2 * 350**2)) > 0


def test_ten_times_the_caution_is_twice_the_manoeuvres_at_seventy_radii():
    """As of Starlink's thresholds of 1e-5 and 1e-6: the figure that `miss_sigma_m` stands on."""
    ratio = manoeuvre_area_km2(5.0, 350.0, 1e-6) / manoeuvre_area_km2(5.0, 350.0, 1e-5)
    assert ratio == pytest.approx(2, rel=0.01)


def test_discs_touch_within_the_sum_of_their_radii():
    assert collision_area_km2(np.pi * 9, np.pi * 16) == pytest.approx(np.pi * 49 * 1e-6)


def test_the_catalogue_is_crowded_where_it_is_known_to_be():
    peak = catalogue_per_km3(785.0)
    assert peak > 2 * catalogue_per_km3(550.0)
    assert peak > 4 * catalogue_per_km3(1300.0)
    # All of it in 200-1,400 km: 12,476 objects of the table, but for what the straight lines round off.
    heights = np.linspace(200, 1400, 4801)
    objects = np.trapezoid(catalogue_per_km3(heights) * shell_km2(heights), heights)
    assert objects == pytest.approx(12_476, rel=0.01)
    with pytest.raises(ValueError, match="altitude_km"):
        catalogue_per_km3(2100.0)
