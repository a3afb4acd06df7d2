"""The debris flux model's parts."""

import numpy as np
import pytest

from sim.physics.debris import (
    DebrisModel,
    debris_flux_per_m2_year,
    size_factor,
)


def test_versions_differ_by_the_published_size_factor():
    size = np.array([0.1, 1.0, 6.0, 100.0])
    plain, bumped = (debris_flux_per_m2_year(size, 650.0, 98.0, 2026.0, model=model) for model in DebrisModel)
    np.testing.assert_allclose(bumped / plain, size_factor(size))
    assert size_factor(1.0) == pytest.approx(1.29, abs=0.005)
    assert size_factor(10**0.78) == pytest.approx(np.sqrt(10))


def test_flux_of_1988_by_hand():
    # Phi1 = 10^(800/200 - 140/140 - 1.5) = 31.62, Psi(90) = 1.37, both growths 1
    expected = 31.6228 / 32.6228 * 1.37 * (1.22e-5 + 8.1e10 / 701.0**6)
    assert debris_flux_per_m2_year(1.0, 800.0, 90.0, 1988.0, 140.0) == pytest.approx(expected, rel=1e-6)


def test_growth_of_small_debris_quickens_in_2011():
    tiny = [debris_flux_per_m2_year(1e-3, 800.0, 90.0, year) for year in (2009.0, 2010.0, 2012.0, 2013.0)]
    assert tiny[1] / tiny[0] == pytest.approx(1.02, rel=1e-6)
    assert tiny[3] / tiny[2] == pytest.approx(1.04, rel=1e-6)


def test_flux_falls_with_size_and_with_an_active_sun_and_broadcasts():
    flux = debris_flux_per_m2_year(np.array([0.1, 1.0, 10.0])[:, None], np.array([400.0, 800.0]), 53.0, 2030.0)
    assert flux.shape == (3, 2)
    assert np.all(np.diff(flux, axis=0) < 0)
    assert np.all(np.diff(flux, axis=1) > 0)
    assert debris_flux_per_m2_year(1.0, 500.0, 53.0, 2030.0, 200.0) < debris_flux_per_m2_year(
        1.0, 500.0, 53.0, 2030.0, 70.0
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((1.0, 150.0, 53.0, 2026.0), "altitude_km = 150: must lie between 200 and 2000"),
        ((0.0, 500.0, 53.0, 2026.0), "diameter_cm = 0: must lie between 0.0001 and 500"),
        ((1.0, 500.0, 200.0, 2026.0), "inclination_deg = 200"),
        ((1.0, 500.0, 53.0, 1950.0), "year = 1950"),
        ((1.0, 500.0, 53.0, 2026.0, np.nan), "f107 = nan"),
        ((1.0, 500.0, 53.0, 2026.0, 140.0, "ordem"), "model = 'ordem': must be one of nasa90, ssp_30425"),
    ],
)
def test_bad_input_is_refused_with_the_value(arguments, message):
    with pytest.raises(ValueError, match=message):
        debris_flux_per_m2_year(*arguments)
