"""Storms of solar protons: their law, their draws, their spectrum, and where the Earth's field lets them in."""

from datetime import date

import numpy as np
import pytest

from sim.physics.dose import dose_rad_per_year
from sim.physics.solar_cycle import f107
from sim.physics.solar_protons import (
    ACTIVE_AFTER_YEARS,
    ACTIVE_BEFORE_YEARS,
    DIPOLE_TILT_DEG,
    SOLAR_MAXIMA,
    STORM_DAYS,
    STORM_ENERGIES_MEV,
    STORM_LAW,
    active_intervals,
    cutoff_share,
    draw_storms,
    geomagnetic_exposure,
    mean_fluence_cm2,
    open_sky,
    storm_dose_rad,
    storm_spectrum,
)

YEAR = 365.25


def test_mean_fluence_is_that_of_a_log_normal():
    for threshold, (mean, deviation, storms) in STORM_LAW.items():
        expected = storms * np.exp(mean * np.log(10) + 0.5 * (deviation * np.log(10)) ** 2)
        assert mean_fluence_cm2(2.0, threshold) == pytest.approx(2 * expected, rel=1e-12)


def test_mean_fluence_with_a_largest_storm():
    mean, deviation, storms = STORM_LAW[30.0]
    z = (np.arange(200_000) + 0.5) / 200_000 * 16 - 8
    weight = np.exp(-0.5 * z**2) / np.exp(-0.5 * z**2).sum()
    expected = storms * (weight * np.minimum(10 ** (mean + deviation * z), 2e10)).sum()
    assert mean_fluence_cm2(1.0, 30.0, 2e10) == pytest.approx(expected, rel=1e-6)
    assert mean_fluence_cm2(1.0, 30.0, 1e30) == pytest.approx(mean_fluence_cm2(), rel=1e-9)


def test_storms_fall_into_the_active_intervals_in_proportion():
    intervals = [(5000.0, 5000.0 + 300 * YEAR), (0.0, 100 * YEAR / 2), (2000.0 + 20000.0, 22000.0 + 50 * YEAR)]
    days, fluence = draw_storms(np.random.default_rng(5), intervals)
    _, _, storms = STORM_LAW[30.0]
    assert (np.diff(days) >= 0).all()
    assert days.shape == fluence.shape
    inside = np.zeros(days.shape, dtype=bool)
    for first, last in intervals:
        inside |= (days >= first) & (days < last)
    assert inside.all()
    expected = storms * (300 + 50 + 50)
    assert abs(len(days) - expected) < 4 * np.sqrt(expected)  # 4 standard errors of a Poisson number


def test_fluences_are_log_normal():
    mean, deviation, _ = STORM_LAW[30.0]
    _, fluence = draw_storms(np.random.default_rng(7), [(0.0, 2000 * YEAR)])
    log = np.log10(fluence)
    error = deviation / np.sqrt(log.size)
    assert abs(log.mean() - mean) < 4 * error
    assert abs(log.std() - deviation) < 4 * error / np.sqrt(2)


def test_a_largest_storm_holds_the_draws():
    _, free = draw_storms(np.random.default_rng(7), [(0.0, 100 * YEAR)])
    _, held = draw_storms(np.random.default_rng(7), [(0.0, 100 * YEAR)], largest_cm2=1e8)
    assert held == pytest.approx(np.minimum(free, 1e8))
    assert free.max() > 1e8


def test_no_activity_no_storms():
    for intervals in ([], [(10.0, 10.0)]):
        days, fluence = draw_storms(np.random.default_rng(1), intervals)
        assert days.shape == fluence.shape == (0,)
    assert 2 <= STORM_DAYS <= 3


def test_spectrum_is_exponential_in_rigidity_through_the_fluence():
    energies, spectrum = storm_spectrum([1e9, 2e9])
    assert (energies == STORM_ENERGIES_MEV).all()
    assert spectrum.shape == (2, energies.size)
    assert spectrum[:, energies == 30.0].ravel() == pytest.approx([1e9, 2e9])
    rigidity = np.sqrt(energies**2 + 2 * energies * 938.272)
    slope = np.diff(np.log(spectrum[0])) / np.diff(rigidity)
    assert slope == pytest.approx(np.full(slope.size, slope[0]))
    # the large storms it is meant for: .29-.32 above 60 MeV
    assert 0.29 < spectrum[0, energies == 60.0].item() / 1e9 < 0.32


def test_dose_of_a_storm_is_linear_and_that_of_its_spectrum():
    got = storm_dose_rad(np.array([[1e9], [3e9]]), [2.0, 5.0, 10.0])
    assert got.shape == (2, 3)
    assert got[1] == pytest.approx(3 * got[0])
    assert (np.diff(got[0]) < 0).all()
    energies, spectrum = storm_spectrum(1e9)
    assert got[0, 1] == pytest.approx(dose_rad_per_year(energies, spectrum / (YEAR * 86400), 5.0, "proton"), rel=1e-9)


def test_exposure_against_positions_counted_one_by_one():
    altitude, inclination, rigidity = 650.0, 98.0, 0.7
    along, longitude = np.meshgrid((np.arange(900) + 0.5) / 900 * 2 * np.pi, (np.arange(720) + 0.5) / 720 * 2 * np.pi)
    latitude = np.arcsin(np.sin(np.radians(inclination)) * np.sin(along))
    tilt = np.radians(DIPOLE_TILT_DEG)
    sine = np.sin(latitude) * np.cos(tilt) + np.cos(latitude) * np.sin(tilt) * np.cos(longitude)
    cutoff = 14.9 * (1 - sine**2) ** 2 / (1 + altitude / 6378.1366) ** 2 - 0.363
    # the grid holds some 3,000 of its points at the edge: .002
    assert cutoff_share(altitude, inclination, rigidity) == pytest.approx((cutoff < rigidity).mean(), abs=2e-3)


def test_exposure_by_orbit():
    polar, sso, shell, low = geomagnetic_exposure([650.0, 650.0, 550.0, 550.0], [90.0, 98.0, 53.0, 30.0])
    assert 0.2 < sso < polar < 0.35  # about .25 is planned with; open sky takes another three tenths off
    assert 0 <= shell < 0.05
    assert low == 0.0
    assert geomagnetic_exposure(650.0, 98.0, 200.0) > sso  # faster protons come further down
    assert geomagnetic_exposure(650.0, 82.0) == pytest.approx(sso)  # retrograde as prograde
    assert geomagnetic_exposure(650.0, 98.0, 1e6) == pytest.approx(1.0)
    assert geomagnetic_exposure(650.0, [[0.0], [90.0]], [10.0, 30.0, 100.0]).shape == (2, 3)


def test_open_sky_is_the_sphere_without_the_earths_disc():
    assert open_sky([0.0, 1e9]) == pytest.approx([0.5, 1.0])
    angle = np.arcsin(6378.1366 / (6378.1366 + 650))
    assert open_sky(650.0) == pytest.approx(1 - (1 - np.cos(angle)) / 2)


def test_active_years_of_a_mission():
    start = date(2026, 1, 1)
    first, second = active_intervals(start, 10 * YEAR)
    assert first[0] == 0.0  # begins within the activity of cycle 25
    assert first[1] == pytest.approx((SOLAR_MAXIMA[0] - start).days + ACTIVE_AFTER_YEARS * YEAR)
    assert second == pytest.approx(((SOLAR_MAXIMA[1] - start).days - ACTIVE_BEFORE_YEARS * YEAR, 10 * YEAR))
    assert active_intervals(date(2030, 1, 1), 365.0) == []
    whole = active_intervals(date(2030, 1, 1), 4000.0)
    assert [last - first for first, last in whole] == pytest.approx([7 * YEAR])


def test_maxima_are_those_of_the_solar_cycle():
    for maximum in SOLAR_MAXIMA[1:3]:
        start = date(maximum.year - 3, 1, 1)
        days = np.arange(6 * 365.0)
        assert abs(days[np.argmax(f107(days, start))] - (maximum - start).days) < 31


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: mean_fluence_cm2(1.0, 60.0), "threshold_mev = 60: must be one of 10, 30"),
        (lambda: mean_fluence_cm2(-1.0), "active_years = -1"),
        (lambda: mean_fluence_cm2(1.0, 30.0, 0.0), "largest_cm2 = 0"),
        (lambda: draw_storms(np.random.default_rng(1), [(5.0, 4.0)]), r"active interval \(5, 4\)"),
        (lambda: storm_spectrum(-1.0), "fluence_30mev = -1"),
        (lambda: storm_dose_rad(-1.0, 3.0), "fluence_30mev = -1"),
        (lambda: storm_dose_rad(1.0, 0.5), "shield_mm = 0.5"),
        (lambda: geomagnetic_exposure(0.0, 98.0), "altitude_km = 0"),
        (lambda: geomagnetic_exposure(650.0, 181.0), "inclination_deg = 181"),
        (lambda: geomagnetic_exposure(650.0, 98.0, 0.0), "energy_mev = 0"),
        (lambda: open_sky(-1.0), "altitude_km = -1"),
        (lambda: active_intervals(date(2019, 1, 1), 10.0), "2019-01-01 and 10 days"),
        (lambda: active_intervals(date(2055, 1, 1), 400.0), "2055-01-01 and 400 days"),
        (lambda: active_intervals(date(2030, 1, 1), -1.0), "days = -1"),
    ],
)
def test_bad_input_is_quoted(call, words):
    with pytest.raises(ValueError, match=words):
        call()
