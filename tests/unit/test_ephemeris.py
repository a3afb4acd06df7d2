"""The Sun, mean elements, and the orbits a mission asks for, against Skyfield and SGP4 themselves."""

import subprocess
import sys
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from sim.constants import TROPICAL_YEAR_DAYS
from sim.ephemeris import (
    EPHEMERIS_END,
    EPHEMERIS_START,
    altitude_and_eccentricity,
    circular_elements,
    earth_satellite,
    elements_at,
    julian_date,
    orbit_elements,
    raan_of_ltan_deg,
    secular_rates,
    sun_synchronous_inclination_deg,
    sun_teme_km,
)
from sim.ephemeris.orbits import satrec
from sim.ephemeris.sun import ephemeris, skyfield_time
from sim.errors import InputError

START = date(2027, 1, 1)


def test_julian_date_of_the_j2000_midnight():
    assert julian_date(date(2000, 1, 1)) == 2451544.5


def test_sun_at_the_equinox_crosses_the_equator():
    # 2027 March 20, 20:25 UTC; geometric declination moves 1 arcsecond a minute
    day = (date(2027, 3, 20) - START).days + (20 + 25 / 60) / 24
    x, y, z = sun_teme_km(START, [day])[0]
    assert abs(np.degrees(np.arcsin(z / np.linalg.norm((x, y, z))))) < 60 / 3600
    assert x > 0.99 * np.linalg.norm((x, y, z))


def test_sun_and_satellite_stand_in_one_frame():
    # the angle between them must be the one Skyfield sees in its own frame; in J2000 axes it would be .3 deg off
    elements = circular_elements(START, 650.0, 98.0, 190.0)
    days = np.linspace(0.0, 300.0, 50)
    time = skyfield_time(START, days)
    satellite = earth_satellite(elements).at(time).xyz.km
    sun = (ephemeris()["sun"] - ephemeris()["earth"]).at(time).xyz.km
    expected = (satellite * sun).sum(axis=0)
    _, teme, _ = satrec(elements).sgp4_array(np.full(50, elements.epoch_jd), days)
    ours = (teme * sun_teme_km(START, days)).sum(axis=1)
    # a Julian date in one float is good to 40 microseconds, in which the satellite moves .3 m
    assert np.abs(ours - expected).max() < 3e-4 * 1.5e8


def test_daily_suns_interpolate():
    days = np.arange(-1.0, 4.0)
    between = sun_teme_km(START, [1.5])[0]
    table = sun_teme_km(START, days)
    cubic = np.array([-1, 9, 9, -1]) @ table[1:5] / 16  # days 0, 1, 2, 3 at 1.5
    assert np.abs(cubic - between).max() < 1e-8 * 1.5e8


def test_no_sun_outside_the_ephemeris():
    assert sun_teme_km(EPHEMERIS_END, [0.0, 0.99]).shape == (2, 3)
    assert sun_teme_km(EPHEMERIS_START, [0.0]).shape == (1, 3)
    for start, days in ((EPHEMERIS_END, [1.0]), (EPHEMERIS_START, [-0.1]), (date(2050, 1, 1), [0.0, 4000.0])):
        with pytest.raises(InputError, match=r"DE421, which covers 1899-07-29 to 2053-10-08"):
            sun_teme_km(start, days)
    with pytest.raises(InputError, match="not finite"):
        sun_teme_km(START, [np.nan])
    assert sun_teme_km(START, []).shape == (0, 3)


def test_opening_the_ephemeris_prints_nothing():
    script = "import datetime, sim.ephemeris as e; e.sun_teme_km(datetime.date(2027, 1, 1), [0.0])"
    done = subprocess.run([sys.executable, "-W", "default", "-c", script], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "")


def test_the_package_imports_without_opening_skyfield():
    script = "import sys, sim.physics.eclipse; assert not any(m.startswith(('skyfield', 'sgp4')) for m in sys.modules)"
    subprocess.run([sys.executable, "-c", script], check=True)


@pytest.mark.parametrize("inclination_deg", [0.0, 30.0, 63.4, 98.0, 180.0])
@pytest.mark.parametrize("altitude_km", [300.0, 1200.0, 5000.0])
def test_altitude_is_sgp4s_mean_semi_major_axis(altitude_km, inclination_deg):
    elements = circular_elements(START, altitude_km, inclination_deg, 10.0)
    assert elements.semi_major_axis_km == pytest.approx(6378.1366 + altitude_km, abs=1e-6)
    assert satrec(elements).a * 6378.135 == pytest.approx(elements.semi_major_axis_km, abs=1e-6)


def test_mean_radius_is_the_mean_of_sgp4s_radius():
    for inclination_deg in (0.0, 53.0, 98.0):
        elements = circular_elements(START, 650.0, inclination_deg, 10.0)
        minutes = np.arange(0.0, 100 * elements.period_min, elements.period_min / 64)
        _, position, _ = satrec(elements).sgp4_array(np.full(minutes.size, elements.epoch_jd), minutes / 1440)
        # 100 Keplerian periods are .1 of a revolution short of whole: J3's 2 km leave 2 km / 1000
        assert elements.mean_radius_km == pytest.approx(np.linalg.norm(position, axis=1).mean(), abs=0.01)


def test_sun_synchronous_node_turns_once_a_tropical_year():
    for altitude_km in (300.0, 650.0, 2000.0, 5000.0):
        inclination = sun_synchronous_inclination_deg(altitude_km)
        rate = secular_rates(circular_elements(START, altitude_km, inclination, 0.0)).node_rad_per_day
        assert rate == pytest.approx(2 * np.pi / TROPICAL_YEAR_DAYS, rel=1e-9)


def test_ltan_holds_in_mean_solar_time():
    elements = circular_elements(START, 650.0, sun_synchronous_inclination_deg(650.0), raan_of_ltan_deg(6.0, START))
    node_rate = secular_rates(elements).node_rad_per_day
    for years in (0, 5, 10):
        day = START + timedelta(days=round(years * 365.2422))
        node = elements.raan_rad + node_rate * (day - START).days
        offset_deg = (np.degrees(node) - raan_of_ltan_deg(6.0, day) + 180) % 360 - 180
        assert abs(offset_deg) * 4 < 0.05  # minutes of local time; precession of the equinox is in the mean Sun


def test_ltan_of_noon_faces_the_sun():
    # the true Sun leads or trails the mean one by up to 16.5 min = 4.1 deg
    for month in range(1, 13):
        day = date(2027, month, 15)
        x, y, _ = sun_teme_km(day, [0.0])[0]
        offset = (raan_of_ltan_deg(12.0, day) - np.degrees(np.arctan2(y, x)) + 180) % 360 - 180
        assert abs(offset) < 4.2
    assert (raan_of_ltan_deg(18.0, START) - raan_of_ltan_deg(6.0, START)) % 360 == pytest.approx(180.0)


def test_elements_carried_to_another_epoch_fly_on():
    elements = replace(
        circular_elements(START, 550.0, 53.0, 80.0, 30.0), eccentricity=0.01, argument_of_perigee_rad=2.0
    )
    later = elements_at(elements, elements.epoch_jd + 100.25)
    there, here = (satrec(e).sgp4(elements.epoch_jd, 103.5)[1] for e in (elements, later))
    assert np.abs(np.subtract(there, here)).max() < 1e-4  # km: rounding of Julian dates, 40 microseconds


def test_a_station_kept_satellite_keeps_its_altitude():
    elements = circular_elements(START, 420.0, 51.6, 0.0)
    _, position, _ = satrec(elements).sgp4_array(np.full(2000, elements.epoch_jd), np.linspace(3640.0, 3652.0, 2000))
    assert np.linalg.norm(position, axis=1).mean() == pytest.approx(elements.mean_radius_km, abs=0.1)


@pytest.mark.parametrize(
    ("altitude_km", "inclination_deg", "match"),
    [
        (199.0, 50.0, r"altitude_km = 199\.0: must be at least 200"),
        (float("nan"), 50.0, "altitude_km = nan"),
        (6000.0, 50.0, "must stay below 225 min"),
        (500.0, 181.0, r"inclination_deg = 181\.0: must lie between 0 and 180"),
    ],
)
def test_orbits_that_cannot_be_flown_are_refused(altitude_km, inclination_deg, match):
    with pytest.raises(InputError, match=match):
        circular_elements(START, altitude_km, inclination_deg, 0.0)


def test_no_sun_synchronous_orbit_where_sgp4_ends():
    with pytest.raises(InputError, match="altitude_km = 5900"):
        sun_synchronous_inclination_deg(5900.0)


def test_deep_space_elements_are_refused():
    slow = replace(circular_elements(START, 550.0, 53.0, 0.0), mean_motion_rad_per_min=0.005)
    with pytest.raises(InputError, match="period = 1256"):
        secular_rates(slow)


def test_a_satellite_can_bear_a_name():
    elements = circular_elements(START, 550.0, 53.0, 0.0)
    assert earth_satellite(elements, "A-1").name == "A-1"
    assert earth_satellite(elements).name is None


def test_perigee_and_apogee_are_where_sgp4_flies():
    altitude_km, eccentricity = altitude_and_eccentricity(300.0, 2000.0)
    assert (altitude_km, eccentricity) == (1150.0, pytest.approx(850 / 7528.1366))
    elements = orbit_elements(
        START, altitude_km, 63.4, 20.0, 10.0, eccentricity=eccentricity, argument_of_perigee_deg=70
    )
    assert elements.argument_of_latitude_rad == pytest.approx(np.radians(10.0))
    assert elements.semi_major_axis_km == pytest.approx(7528.1366, abs=1e-6)
    minutes = np.arange(0.0, 2 * elements.period_min, 0.05)
    _, position, _ = satrec(elements).sgp4_array(np.full(minutes.size, elements.epoch_jd), minutes / 1440)
    heights = np.linalg.norm(position, axis=1) - 6378.1366
    # J2's periodics: up to 9 km
    assert heights.min() == pytest.approx(300.0, abs=9.0)
    assert heights.max() == pytest.approx(2000.0, abs=9.0)


def test_a_circle_is_an_orbit_without_eccentricity():
    assert orbit_elements(START, 550.0, 53.0, 80.0, 30.0) == circular_elements(START, 550.0, 53.0, 80.0, 30.0)


def test_an_eccentric_orbit_can_be_sun_synchronous():
    altitude_km, eccentricity = altitude_and_eccentricity(300.0, 2000.0)
    inclination = sun_synchronous_inclination_deg(altitude_km, eccentricity)
    assert inclination < sun_synchronous_inclination_deg(altitude_km)  # its node turns faster by 1 / (1 - e^2)^2
    elements = orbit_elements(START, altitude_km, inclination, 0.0, eccentricity=eccentricity)
    assert secular_rates(elements).node_rad_per_day == pytest.approx(2 * np.pi / TROPICAL_YEAR_DAYS, rel=1e-9)


@pytest.mark.parametrize(
    ("shape", "match"),
    [
        ({"eccentricity": 0.151}, r"eccentricity = 0\.151: must lie between 0 and 0\.15"),
        ({"eccentricity": -0.1}, r"eccentricity = -0\.1"),
        ({"eccentricity": float("nan")}, "eccentricity = nan"),
        ({"eccentricity": 0.1}, r"the perigee, -167\.8 km, must be at least 200 km"),
        ({"eccentricity": 0.01, "argument_of_perigee_deg": float("inf")}, "argument_of_perigee_deg = inf"),
    ],
)
def test_shapes_that_cannot_be_flown_are_refused(shape, match):
    with pytest.raises(InputError, match=match):
        orbit_elements(START, 522.2, 53.0, 0.0, **shape)


@pytest.mark.parametrize(("perigee_km", "apogee_km"), [(500.0, 400.0), (-10.0, 300.0), (float("nan"), 300.0)])
def test_an_apogee_is_above_its_perigee(perigee_km, apogee_km):
    with pytest.raises(InputError, match="must be positive and in this order"):
        altitude_and_eccentricity(perigee_km, apogee_km)
