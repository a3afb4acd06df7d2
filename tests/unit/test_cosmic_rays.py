"""Cosmic rays in orbit: what the field lets through, and how the Sun turns them down."""

import numpy as np
import pytest

from sim.physics.cosmic_rays import (
    INTERPLANETARY_DOSE_RAD_PER_YEAR,
    INTERPLANETARY_FLUX_CM2_S,
    LET_MEV_CM2_MG,
    MODULATION,
    background_dose_rad_per_year,
    geomagnetic_transmission,
    let_spectrum,
)
from sim.physics.single_event import let_event_rate_per_year


def test_transmission_by_orbit():
    sso, shell, equator = geomagnetic_transmission([650.0, 550.0, 550.0], [98.0, 53.0, 0.0])
    assert sso == pytest.approx(0.3, abs=0.06)  # planned with .3 and .15
    assert shell == pytest.approx(0.15, abs=0.04)
    assert 0 < equator < 0.06
    heights = geomagnetic_transmission([400.0, 1000.0, 2000.0], 98.0)
    assert (np.diff(heights) > 0).all()


def test_far_out_everything_arrives():
    # at 100 Earth radii the cut-off is below any rigidity that counts
    assert geomagnetic_transmission(6.4e5, 30.0) == pytest.approx(1.0, abs=1e-3)
    assert background_dose_rad_per_year(6.4e5, 30.0) == pytest.approx(INTERPLANETARY_DOSE_RAD_PER_YEAR, rel=1e-3)


def test_spectrum_is_the_interplanetary_one_turned_down():
    let, flux = let_spectrum(650.0, 98.0)
    assert (let == LET_MEV_CM2_MG).all()
    assert flux / INTERPLANETARY_FLUX_CM2_S == pytest.approx(np.full(let.size, geomagnetic_transmission(650.0, 98.0)))
    assert (np.diff(INTERPLANETARY_FLUX_CM2_S) < 0).all()
    assert let[0] == 1.0
    assert let[-1] == 100.0


def test_activity_broadcasts_over_days_and_orbits():
    days = np.linspace(0.0, 1.0, 11)
    _, flux = let_spectrum(np.array([[550.0], [650.0]]), 98.0, days)
    assert flux.shape == (2, 11, LET_MEV_CM2_MG.size)
    assert flux[:, 0] == pytest.approx(MODULATION * flux[:, -1])
    dose = background_dose_rad_per_year(np.array([[550.0], [650.0]]), 98.0, days)
    assert dose.shape == (2, 11)
    assert dose[:, 0] == pytest.approx(MODULATION * dose[:, -1])


def test_background_dose_is_a_few_rad():
    assert 4 <= background_dose_rad_per_year(420.0, 51.6, 0.0) <= 5  # measured on the space station
    assert 1 < background_dose_rad_per_year(650.0, 98.0, 1.0) < background_dose_rad_per_year(650.0, 98.0, 0.0) < 10


def test_latch_up_is_rarer_under_the_equatorial_field():
    rates = [
        float(let_event_rate_per_year(*let_spectrum(550.0, inclination), 1e-3, 15.0, 20.0, 1.5))
        for inclination in (0.0, 53.0, 98.0)
    ]
    assert rates == sorted(rates)
    assert 1e-4 < rates[2] < 1e-2  # the usual order for a part with an onset of 15 MeV cm2/mg


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: let_spectrum(650.0, 98.0, 1.2), "activity = 1.2: must lie between 0 and 1"),
        (lambda: let_spectrum(0.0, 98.0), "altitude_km = 0"),
        (lambda: background_dose_rad_per_year(650.0, -1.0), "inclination_deg = -1"),
        (lambda: geomagnetic_transmission(650.0, 200.0), "inclination_deg = 200"),
    ],
)
def test_bad_input_is_quoted(call, words):
    with pytest.raises(ValueError, match=words):
        call()
