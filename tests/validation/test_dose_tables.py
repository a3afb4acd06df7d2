"""Doses, stopping powers, event rates and storms against an independent program, NIST and published figures."""

import csv
from pathlib import Path

import numpy as np
import pytest

from sim.physics import dose
from sim.physics.dose import dose_rad_per_year, integral_flux_above
from sim.physics.single_event import events_per_year, proton_event_rate_per_year
from sim.physics.solar_protons import geomagnetic_exposure, mean_fluence_cm2, open_sky, storm_dose_rad
from sim.physics.trapped import orbit_spectrum

with (Path(__file__).parent / "data" / "dose.csv").open() as file:
    ROWS = list(csv.DictReader(file))

INCLINATION_DEG = {"500": 97.426, "650": 98.011, "800": 98.629, "2000": 104.918}


def of(quantity: str) -> list[dict[str, str]]:
    return [row for row in ROWS if row["quantity"] == quantity]


def flux(case: str) -> tuple[np.ndarray, np.ndarray]:
    rows = [row for row in of("flux") if row["case"] == case]
    return np.array([float(row["at"]) for row in rows]), np.array([float(row["value"]) for row in rows])


def spectrum(case: str) -> tuple[np.ndarray, np.ndarray]:
    """The project's own AP-8 spectrum, brought to the table's flux above 30 MeV: at 500 km they differ by 5 %."""
    ours = orbit_spectrum("proton", float(case), INCLINATION_DEG[case])
    energies, theirs = flux(case)
    scale = theirs[energies == 30] / integral_flux_above(ours.energies_mev, ours.flux_cm2_s, 30.0)
    return ours.energies_mev, ours.flux_cm2_s * scale


def matches(value: object, row: dict[str, str]) -> bool:
    return value == pytest.approx(float(row["value"]), rel=float(row["tolerance"]))


@pytest.mark.parametrize("row", of("dose"), ids=lambda row: f"{row['case']}-{row['at']}")
def test_dose_behind_a_sphere(row):
    assert matches(dose_rad_per_year(*spectrum(row["case"]), float(row["at"]), "proton"), row)


@pytest.mark.parametrize("row", of("dose"), ids=lambda row: f"{row['case']}-{row['at']}")
def test_four_energies_are_enough_for_an_estimate(row):
    # little is known between 10 and 30 MeV and an exponential goes on above 100: 3 % more of error
    got = dose_rad_per_year(*flux(row["case"]), float(row["at"]), "proton")
    assert got == pytest.approx(float(row["value"]), rel=float(row["tolerance"]) + 0.03)


@pytest.mark.parametrize("row", of("aluminium_range"), ids=lambda row: row["at"])
def test_range_in_aluminium(row):
    assert matches(dose._log_interpolate(float(row["at"]), dose._PSTAR_MEV, dose._ALUMINIUM_RANGE), row)


@pytest.mark.parametrize("row", of("silicon_stopping"), ids=lambda row: row["at"])
def test_stopping_power_of_silicon(row):
    assert matches(dose._log_interpolate(float(row["at"]), dose._PSTAR_MEV, dose._SILICON_STOPPING), row)


def test_googles_dose_and_their_events():
    (row,) = of("google_dose")
    ours = orbit_spectrum("proton", 650.0, INCLINATION_DEG["650"])
    yearly = dose_rad_per_year(ours.energies_mev, ours.flux_cm2_s, float(row["at"]), "proton")
    assert matches(yearly, row)
    # their beam results at 150 rad a year: memory 50 rad, core 150, host crash 450, host memory 400, TPU 5,000
    assert events_per_year(150.0, [50, 150, 450, 400, 5000]) == pytest.approx([3, 1, 0.33, 0.375, 0.03], rel=0.015)


def test_event_rate():
    (row,) = of("event_rate")
    assert matches(proton_event_rate_per_year(*spectrum("650"), 1e-9, 15.0, 20.0, 1.2), row)


def test_storms_bring_as_much_as_the_belt():
    (row,) = of("mean_fluence")
    yearly = float(mean_fluence_cm2(1.0))
    assert matches(yearly, row)
    reaching = yearly * geomagnetic_exposure(650.0, 98.011)
    energies, belt = flux("650")
    trapped = belt[energies == 30] * 365.25 * 86400  # 1.55e9
    assert 0.5 < reaching * open_sky(650.0) / trapped < reaching / trapped < 1.5
    # softer than the belt: behind 10 mm storms fall further behind
    ratio = [
        float(storm_dose_rad(reaching, mm) / dose_rad_per_year(*spectrum("650"), mm, "proton")) for mm in (3.0, 10.0)
    ]
    assert ratio[0] > ratio[1]


def test_exposure_of_a_polar_orbit():
    (row,) = of("exposure")
    assert matches(geomagnetic_exposure(float(row["at"]), float(row["case"])), row)
