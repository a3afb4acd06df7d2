"""Trapped particles along an orbit: limits, shapes, weights and the time structure, against plain sums."""

import numpy as np
import pytest
from scipy.interpolate import RegularGridInterpolator

from sim.physics.trapped import Particle, orbit_spectrum, pass_profile, trapped_table

TURN = 0.4264  # of the Earth under a sun-synchronous orbit at 650 km, in a revolution


def even_in_time(altitude_km, eccentricity, perigee_rad, count):
    """Even steps in time: radius (km) and argument of latitude (rad), by Kepler's equation."""
    mean_anomaly = (np.arange(count) + 0.5) * 2 * np.pi / count
    eccentric = mean_anomaly.copy()
    for _ in range(50):
        eccentric = mean_anomaly + eccentricity * np.sin(eccentric)
    radius = (6378.1366 + altitude_km) * (1 - eccentricity * np.cos(eccentric))
    factor = np.sqrt((1 + eccentricity) / (1 - eccentricity))
    return radius, 2 * np.arctan2(factor * np.sin(eccentric / 2), np.cos(eccentric / 2)) + perigee_rad


def geodetic(radius_km, sine):
    """Height (km) and latitude (deg) over the ellipsoid, by iteration."""
    squared = 2 / 298.25642 - 1 / 298.25642**2
    z, across = radius_km * sine, radius_km * np.sqrt(1 - sine**2)
    latitude = np.arctan2(z, across)
    for _ in range(20):
        normal = 6378.1366 / np.sqrt(1 - squared * np.sin(latitude) ** 2)
        latitude = np.arctan2(z + squared * normal * np.sin(latitude), across)
    along = across * np.cos(latitude) + z * np.sin(latitude)
    return along - 6378.1366 * np.sqrt(1 - squared * np.sin(latitude) ** 2), np.degrees(latitude)


@pytest.mark.parametrize("particle", Particle)
def test_spectra_fall_with_energy_and_rise_with_altitude(particle):
    altitudes = np.arange(200.0, 2001.0, 50.0)
    got = orbit_spectrum(particle, altitudes, 60.0, 0.5)
    assert got.flux_cm2_s.shape == (37, len(got.energies_mev))
    assert (np.diff(got.energies_mev) > 0).all()
    assert (got.flux_cm2_s >= 0).all()
    assert (np.diff(got.flux_cm2_s, axis=1) <= 0).all()
    assert (np.diff(got.flux_cm2_s[:, 0]) > 0).all()


def test_energies_cover_what_shielding_and_upsets_ask_for():
    protons = orbit_spectrum("proton", 650.0, 98.0).energies_mev
    electrons = orbit_spectrum("electron", 650.0, 98.0).energies_mev
    assert len(protons) >= 10
    assert {10.0, 30.0, 50.0, 100.0} <= set(protons)
    assert (electrons[0], electrons[-1]) == (0.25, 6.0)


def test_arguments_broadcast_and_activity_is_linear_in_flux():
    whole = orbit_spectrum("proton", [[500.0], [800.0]], [30.0, 60.0, 98.0], 0.25).flux_cm2_s
    assert whole.shape == (2, 3, 12)
    assert whole[1, 2] == pytest.approx(orbit_spectrum("proton", 800.0, 98.0, 0.25).flux_cm2_s, rel=1e-6)
    low, quarter, high = orbit_spectrum("proton", 800.0, 98.0, [0.0, 0.25, 1.0]).flux_cm2_s
    assert quarter == pytest.approx(0.75 * low + 0.25 * high, rel=1e-12)
    assert (high < low).all()  # the thicker atmosphere of solar maximum takes protons,
    electrons = orbit_spectrum("electron", 800.0, 98.0, [0.0, 1.0]).flux_cm2_s
    assert electrons[1, 0] > electrons[0, 0]  # and electrons are more


def test_inclination_mirrors_at_ninety_degrees_and_the_equator_is_spared():
    tilted = orbit_spectrum("proton", 600.0, [40.0, 140.0, 0.0]).flux_cm2_s
    assert tilted[0] == pytest.approx(tilted[1], rel=1e-6)
    assert tilted[2, 0] < tilted[0, 0] / 4


@pytest.mark.parametrize(("eccentricity", "perigee_deg"), [(0.0, 0.0), (0.1, 40.0), (0.15, 250.0)])
@pytest.mark.parametrize("particle", Particle)
def test_mean_is_that_of_even_steps_in_time(particle, eccentricity, perigee_deg):
    table = trapped_table()
    altitude = 1500.0
    radius, at = even_in_time(altitude, eccentricity, np.radians(perigee_deg), 2000)
    height, latitude = geodetic(radius, np.sin(np.radians(70.0)) * np.sin(at))
    cell = RegularGridInterpolator((table.altitude_km, table.latitude_deg), table.zonal[particle][0].astype(float))
    expected = (table.zonal_floor * np.expm1(cell((height, latitude)))).mean(axis=0)
    got = orbit_spectrum(
        particle, altitude, 70.0, eccentricity=eccentricity, argument_of_perigee_deg=perigee_deg
    ).flux_cm2_s
    # 720 steps against 2,000 through the kinks of a piecewise table, and the ellipsoid to first order
    assert got == pytest.approx(expected, rel=2e-3)


def test_without_a_perigee_the_mean_is_over_perigees():
    perigees = np.arange(0.0, 360.0, 7.5)
    each = [
        orbit_spectrum("proton", 1500.0, 60.0, eccentricity=0.15, argument_of_perigee_deg=angle).flux_cm2_s
        for angle in perigees
    ]
    got = orbit_spectrum("proton", 1500.0, 60.0, eccentricity=0.15).flux_cm2_s
    assert got == pytest.approx(np.mean(each, axis=0), rel=2e-3)  # 12 perigees against 48
    assert np.ptp(each, axis=0)[0] > 0.02 * got[0]


def test_profile_has_mean_one_and_steps_of_twenty_seconds():
    for altitude in (500.0, 650.0, 2000.0):
        got = pass_profile(altitude, 98.0, TURN)
        period = 2 * np.pi * np.sqrt((6378.1366 + altitude) ** 3 / 398600.4418)
        assert got.relative.mean() == pytest.approx(1.0, rel=1e-12)
        assert (got.relative >= 0).all()
        assert 19.0 < period / got.relative.shape[1] <= 20.0


def test_cumulative_runs_from_nothing_to_each_revolution_s_dose():
    got = pass_profile(650.0, 98.0, TURN)
    nodes, steps = got.relative.shape
    assert got.cumulative.shape == (nodes, steps + 1)
    assert (got.cumulative[:, 0] == 0).all()
    assert got.cumulative[:, -1] == pytest.approx(got.relative.mean(axis=1), rel=1e-12, abs=1e-15)
    assert got.cumulative[:, -1].mean() == pytest.approx(1.0, rel=1e-12)
    assert np.diff(got.cumulative, axis=1) * steps == pytest.approx(got.relative, abs=1e-9)


@pytest.mark.parametrize("inclination", [53.0, 98.0])
def test_rows_and_columns_stand_where_they_say(inclination):
    table = trapped_table()
    got = pass_profile(650.0, inclination, TURN, activity=1.0)
    nodes, steps = got.relative.shape
    row, column = np.random.default_rng(3).integers(0, (nodes, steps), (4000, 2)).T
    at = (column + 0.5) * 2 * np.pi / steps
    tilt = np.radians(inclination)
    east = (row + 0.5) * 2 * np.pi / nodes + np.arctan2(np.cos(tilt) * np.sin(at), np.cos(at)) - TURN * at / (2 * np.pi)
    height, latitude = geodetic(6378.1366 + 650.0, np.sin(tilt) * np.sin(at))
    closed = np.concatenate([table.map[1], table.map[1][..., :1]], axis=-1).astype(float)
    cell = RegularGridInterpolator(
        (table.altitude_km, table.latitude_deg, np.append(table.longitude_deg, 180.0)), closed
    )
    expected = table.map_floor * np.expm1(cell((height, latitude, (np.degrees(east) + 180.0) % 360.0 - 180.0)))
    # heights differ by up to .1 km in an e-fold of 100; the flux reaches thousands, the absolute part is its edge.
    # All logarithms of a cell but that along the longitude commute: there the map's row is mixed as flux
    assert got.relative[row, column] * got.mean_flux_cm2_s == pytest.approx(expected, rel=2e-3, abs=1e-3)
    assert (expected > 10).sum() > 200


def test_most_comes_over_the_south_atlantic():
    got = pass_profile(550.0, 53.0, TURN)
    nodes, steps = got.relative.shape
    at = ((np.arange(steps) + 0.5) * 2 * np.pi / steps)[None, :]
    tilt = np.radians(53.0)
    node = ((np.arange(nodes) + 0.5) * 2 * np.pi / nodes)[:, None]
    east = np.degrees(node + np.arctan2(np.cos(tilt) * np.sin(at), np.cos(at)) - TURN * at / (2 * np.pi))
    latitude = np.degrees(np.arcsin(np.sin(tilt) * np.sin(at)))
    anomaly = ((east + 100.0) % 360.0 < 130.0) & (latitude < 5.0)  # 100 degrees west to 30 degrees east
    assert (got.relative * anomaly).sum() > 0.98 * got.relative.sum()


@pytest.mark.parametrize(("altitude", "eccentricity"), [(650.0, 0.0), (800.0, 0.05), (1500.0, 0.15)])
def test_profile_and_spectrum_have_the_same_mean(altitude, eccentricity):
    spectrum = orbit_spectrum("proton", altitude, 98.0, 0.5, eccentricity=eccentricity)
    got = pass_profile(altitude, 98.0, TURN, eccentricity=eccentricity)
    above_30 = spectrum.flux_cm2_s[list(spectrum.energies_mev).index(30.0)]
    # two interpolations of one field, each 0-2 % low
    assert got.mean_flux_cm2_s == pytest.approx(above_30, rel=0.02)
    assert got.relative.mean() == pytest.approx(1.0, rel=1e-12)


def test_share_of_time():
    got = pass_profile(650.0, 98.0, TURN)
    flux = got.relative * got.mean_flux_cm2_s
    both = got.share_of_time_above([[10.0], [300.0]])
    assert both.shape == (2, 1)
    assert both[:, 0] == pytest.approx([(flux > 10).mean(), (flux > 300).mean()], rel=1e-12)
    assert got.share_of_time_above(0.0) == pytest.approx((flux > 0).mean())
    assert got.share_of_time_above(1e6) == 0.0


def test_where_no_protons_come_the_profile_is_even():
    got = pass_profile(200.0, 0.0, 0.39, activity=1.0)
    assert got.mean_flux_cm2_s == 0.0
    assert (got.relative == 1.0).all()
    assert got.share_of_time_above(0.0) == 0.0


def test_ends_of_every_range_are_allowed():
    for altitude in (200.0, 2000.0):
        for inclination in (0.0, 90.0, 180.0):
            assert np.isfinite(orbit_spectrum("electron", altitude, inclination, 1.0).flux_cm2_s).all()
    highest = orbit_spectrum("proton", 2000.0, 90.0, eccentricity=0.15).flux_cm2_s
    assert highest[0] > orbit_spectrum("proton", 2000.0, 90.0).flux_cm2_s[0]  # the apogee is nearer the belt's heart


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: orbit_spectrum("proton", 199.0, 50.0), "altitude_km = 199: must lie between 200 and 2000"),
        (lambda: orbit_spectrum("proton", [500.0, np.nan], 50.0), "altitude_km = nan"),
        (lambda: orbit_spectrum("proton", 500.0, 181.0), "inclination_deg = 181"),
        (lambda: orbit_spectrum("proton", 500.0, 50.0, [0.0, 1.2]), "activity = 1.2: must lie between 0 and 1"),
        (lambda: orbit_spectrum("proton", 2000.0, 50.0, eccentricity=0.2), "eccentricity = 0.2"),
        (lambda: orbit_spectrum("proton", [900.0, 500.0], 50.0, eccentricity=0.1), "perigee at -187.814 km"),
        (
            lambda: orbit_spectrum("proton", 500.0, 50.0, argument_of_perigee_deg=np.inf),
            "argument_of_perigee_deg = inf",
        ),
        (lambda: orbit_spectrum("neutron", 500.0, 50.0), "'neutron' is not a valid Particle"),
        (lambda: pass_profile(650.0, 98.0, -0.1), "turn_rad = -0.1"),
        (lambda: pass_profile(2001.0, 98.0, TURN), "altitude_km = 2001"),
        (lambda: pass_profile(650.0, 98.0, TURN, 2.0), "activity = 2"),
        (lambda: pass_profile(650.0, 98.0, TURN).share_of_time_above(-1.0), "flux_cm2_s = -1"),
    ],
)
def test_bad_input_is_quoted(call, words):
    with pytest.raises(ValueError, match=words):
        call()
