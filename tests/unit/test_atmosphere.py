"""Density and the solar cycle: the shipped tables, their provenance, and what lies outside them."""

import hashlib
import importlib.util
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from sim.physics.atmosphere import density_table, orbit_mean_density_kg_m3, reference_ap
from sim.physics.solar_cycle import SolarLevel, ap, f107

TOOL = Path(__file__).parents[2] / "tools" / "make_density_table.py"
CONTENT_SHA256 = "174391d9d838942a3546d4dcc47ab2b0b35f204b2dbac5bb2829f056f3140bf2"
START = date(2020, 1, 1)


def test_table_is_the_one_whose_provenance_is_told():
    table = density_table()
    assert hashlib.sha256(table.ln_density.astype("<f4").tobytes()).hexdigest() == CONTENT_SHA256
    assert table.made_with == "NRLMSISE-00 through pymsis 0.13.0"
    assert (Path(__file__).parents[2] / "sim" / "data" / "README.md").read_text().count("pymsis 0.13.0") == 1


def test_points_made_afresh_agree():
    pytest.importorskip("pymsis")
    spec = importlib.util.spec_from_file_location("make_density_table", TOOL)
    assert spec is not None
    assert spec.loader is not None
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    # the second altitude, F10.7 and Ap lie between points; the interpolation is good to 1 %, mostly to .3 %
    for altitude_km, flux, magnetic in ((550.0, 140.0, 20.0), (447.0, 187.0, 11.0), (1500.0, 70.0, 4.0)):
        fresh = tool.mean_density_kg_m3(altitude_km, flux, magnetic)
        assert orbit_mean_density_kg_m3(altitude_km, flux, magnetic) == pytest.approx(fresh[0], rel=4e-3)


def test_table_points_come_back_exactly_and_all_arguments_broadcast():
    table = density_table()
    density = orbit_mean_density_kg_m3(table.altitude_km[:, None, None], table.f107[:, None], table.ap)
    assert density.shape == table.ln_density.shape
    np.testing.assert_allclose(np.log(density), table.ln_density, rtol=1e-12)
    assert orbit_mean_density_kg_m3(550.0, 140.0).shape == ()


def test_density_falls_with_height_and_rises_with_activity():
    table = density_table()
    assert np.all(np.diff(table.ln_density, axis=0) < 0)
    assert np.all(np.diff(table.ln_density[:70], axis=2) > -1e-6)
    thermosphere = table.altitude_km <= 1000  # above, a hotter atmosphere holds less hydrogen
    assert np.all(np.diff(table.ln_density[thermosphere], axis=1) > 0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((199.0, 140.0), r"altitude_km = 199: must lie between 200 and 2000, the range of the density table"),
        ((2000.5, 140.0), r"altitude_km = 2000.5"),
        (([500.0, np.nan], 140.0), r"altitude_km = nan"),
        ((500.0, 64.0), r"f107 = 64: must lie between 65 and 250"),
        ((500.0, 140.0, 80.0), r"ap = 80: must lie between 4 and 50"),
    ],
)
def test_outside_the_table_is_refused_with_the_value(arguments, message):
    with pytest.raises(ValueError, match=message):
        orbit_mean_density_kg_m3(*arguments)


def test_reference_ap_lies_inside_the_table_and_near_ecss():
    assert density_table().ap[0] < reference_ap(65.0) < reference_ap(250.0) < density_table().ap[-1]
    assert 15 < reference_ap(140.0) < reference_ap(250.0) < 45  # ECSS-E-ST-10-04C: 15 and 45


@pytest.mark.parametrize(("level", "peak"), [("low", 141.7), ("nominal", 175.2), ("high", 207.2)])
def test_cycles_have_their_maxima_and_minima(level, peak):
    # peaks: 67.3 + .483 R + .00196 R^2 of the published sunspot numbers R, 107.3, 141.8 and 171
    days = np.arange(0.0, 13000.0, 5.0)
    flux = f107(days, START, level)
    when = np.datetime64(START) + days.astype(int)
    window = (when > np.datetime64("2033-01-01")) & (when < np.datetime64("2038-01-01"))
    top = np.argmax(np.where(window, flux, 0))
    assert abs(flux[top] - peak) < 0.2
    assert abs(when[top] - np.datetime64("2035-06-15")) < np.timedelta64(45, "D")
    window = (when > np.datetime64("2028-01-01")) & (when < np.datetime64("2033-01-01"))
    bottom = np.argmin(np.where(window, flux, 999))
    assert abs(when[bottom] - np.datetime64("2030-07-01")) < np.timedelta64(60, "D")  # mid-2030
    assert flux[bottom] < 73.4  # a smoothed sunspot number below 12; minima since 1750: 0-18


def test_observed_maximum_of_cycle_25():
    peak = (date(2024, 10, 15) - START).days
    assert f107(peak, START) == pytest.approx(194.5)
    # the forecast takes over without a jump: the fit of F10.7 is good to 4 units
    assert abs(f107(peak + 31, START) - f107(peak, START)) < 4


def test_levels_are_ordered_and_the_past_is_common():
    days = np.arange(0.0, 13148.0, 30.0)
    low, middle, high = (f107(days, START, level) for level in SolarLevel)
    late = days > 4500
    assert np.all(low[late] <= middle[late] + 0.2)
    assert np.all(middle[late] <= high[late] + 0.2)
    past = days < 1700
    np.testing.assert_array_equal(low[past], high[past])
    assert np.all((ap(days, START) >= 4) & (ap(days, START) <= 50))
    orbit_mean_density_kg_m3(500.0, high, ap(days, START, "high"))  # all within the density table


@pytest.mark.parametrize(("day", "start"), [(-1.0, START), (0.0, date(2056, 1, 1)), ([0.0, 13149.0], START)])
def test_years_past_the_solar_table_are_refused(day, start):
    with pytest.raises(ValueError, match=r"(2019-12-31|2056-01-01): the solar-cycle table covers 2020 to 2055"):
        f107(day, start)
    with pytest.raises(ValueError, match="NaT: the solar-cycle table covers"):
        f107([0.0, np.nan], START)
    with pytest.raises(ValueError, match="level = 'medium': must be one of low, nominal, high"):
        f107(0.0, START, "medium")
