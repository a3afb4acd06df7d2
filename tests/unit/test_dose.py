"""Dose behind a shield, against closed forms and integrals done another way."""

import numpy as np
import pytest

from sim.physics.dose import (
    ALUMINIUM_G_CM3,
    RAD_PER_MEV_G,
    dose_rad_per_year,
    integral_flux_above,
    shield_mass_kg,
    spectrum_behind_shield,
)

YEAR_S = 365.25 * 86400
PROTON_MEV = np.array([10.0, 20, 30, 50, 100, 200, 300])
PROTONS = 100 * np.exp(-PROTON_MEV / 80)
ELECTRON_MEV = np.array([0.25, 0.5, 1, 2, 3, 4, 6])
ELECTRONS = 1e6 * np.exp(-ELECTRON_MEV / 0.4)


def line(energy: float) -> tuple[np.ndarray, np.ndarray]:
    """One proton per cm2 and s of this energy, all but: 1 below it, 1e-12 just above."""
    return np.array([1.0, energy, energy * 1.0001]), np.array([1.0, 1.0, 1e-12])


# PSTAR, doi:10.18434/T4NC7P: MeV, range in aluminium g/cm2, stopping power of silicon MeV cm2/g
RANGE = {25: 0.8533, 40: 1.968, 60: 4.050, 80: 6.747}
STOPPING = {25: 16.95, 40: 11.73, 60: 8.564}


@pytest.mark.parametrize(("outside", "inside"), [(40, 25), (60, 40), (80, 60)])
def test_one_energy_arrives_with_the_range_that_is_left(outside, inside):
    shield_mm = (RANGE[outside] - RANGE[inside]) / ALUMINIUM_G_CM3 * 10
    got = dose_rad_per_year(*line(outside), shield_mm, "proton")
    # a step of energies is 6 % wide: half of it times the 0.8 of the stopping power's fall
    assert got == pytest.approx(STOPPING[inside] * RAD_PER_MEV_G * YEAR_S, rel=0.03)


def test_a_shield_thicker_than_the_range_stops_all():
    assert dose_rad_per_year(*line(40.0), 8.0, "proton") < 1e-9 * dose_rad_per_year(*line(40.0), 6.0, "proton")


def test_proton_dose_against_the_sum_over_energies_outside():
    # the same dose in the other variable: each energy outside, what is left of it, its stopping power inside
    shield_mm = 5.0
    energy = np.geomspace(10.0, 1000.0, 20001)
    flux = integral_flux_above(PROTON_MEV, PROTONS, energy)
    middle = np.sqrt(energy[1:] * energy[:-1])
    ranges = np.array([3.945e-3, 0.02210, 0.1705, 0.5748, 1.180, 2.928, 10.01, 33.31, 65.72, 148.9, 412.4])  # aluminium
    stopping = np.array([175.4, 84.33, 34.59, 20.20, 14.69, 9.856, 5.838, 3.628, 2.853, 2.230, 1.801])  # silicon
    at = np.log([1.0, 3, 10, 20, 30, 50, 100, 200, 300, 500, 1000])  # PSTAR
    left = np.exp(np.interp(np.log(middle), at, np.log(ranges))) - shield_mm * 0.1 * ALUMINIUM_G_CM3
    inside = np.exp(np.interp(np.log(np.maximum(left, 1e-9)), np.log(ranges), at))
    lost = np.where(left > 0, np.exp(np.interp(np.log(inside), at, np.log(stopping))), 0.0)
    # those with less than 1 MeV left count with the stopping power of 1 MeV: .4 %; the coarser ranges 1 %
    expected = -(np.diff(flux) * lost).sum() * RAD_PER_MEV_G * YEAR_S
    assert dose_rad_per_year(PROTON_MEV, PROTONS, shield_mm, "proton") == pytest.approx(expected, rel=0.02)


@pytest.mark.parametrize(
    ("particle", "energies", "flux"), [("proton", PROTON_MEV, PROTONS), ("electron", ELECTRON_MEV, ELECTRONS)]
)
def test_dose_falls_with_the_shield_and_grows_with_the_flux(particle, energies, flux):
    shields = np.linspace(1.0, 20.0, 39)
    got = dose_rad_per_year(energies, flux, shields, particle)
    assert (np.diff(got) < 0).all()
    assert dose_rad_per_year(energies, 3 * flux, shields, particle) == pytest.approx(3 * got)


def test_orbits_and_shields_broadcast():
    flux = np.stack([PROTONS, 2 * PROTONS, 5 * PROTONS])
    grid = dose_rad_per_year(PROTON_MEV, flux[:, None], [3.0, 10.0], "proton")
    assert grid.shape == (3, 2)
    pairs = dose_rad_per_year(PROTON_MEV, flux, [3.0, 10.0, 3.0], "proton")
    assert pairs == pytest.approx([grid[0, 0], grid[1, 1], grid[2, 0]])
    alone = dose_rad_per_year(PROTON_MEV, PROTONS, 10.0, "proton")
    assert alone.shape == ()
    assert alone == pytest.approx(grid[0, 1])


def test_energies_without_flux_give_no_dose():
    assert dose_rad_per_year(PROTON_MEV, np.zeros(7), [1.0, 20.0], "proton") == pytest.approx([0.0, 0.0], abs=1e-200)
    assert dose_rad_per_year(ELECTRON_MEV, np.zeros(7), 3.0, "electron") == pytest.approx(0.0, abs=1e-200)


def test_electrons_give_way_to_their_bremsstrahlung():
    got = dose_rad_per_year(ELECTRON_MEV, ELECTRONS, [1.0, 3.0, 12.0, 20.0], "electron")
    assert got[1] < got[0] / 5  # an e-fold of .4 MeV is 1.3 mm or less
    # beyond the range of 6 MeV a floor that 20 mm (5.4 g/cm2) attenuates by .03 cm2/g
    assert got[3] / got[2] == pytest.approx(np.exp(-0.03 * 0.8 * 2.7), rel=0.05)
    assert 0 < got[2] < 1e-3 * got[0]


def test_electrons_of_one_energy_end_near_their_range():
    # 2 MeV: .94 g/cm2 or 3.5 mm; the light that is left is a thousandth
    energies, flux = np.array([1.0, 2.0, 2.0002]), np.array([1.0, 1.0, 1e-12])
    thin, middle, thick = dose_rad_per_year(energies, flux, [1.0, 2.4, 5.3], "electron") / (RAD_PER_MEV_G * YEAR_S)
    assert 1.5 < thin < middle < 2.3  # the stopping power is 1.5 MeV cm2/g; those that turn about deposit more
    assert thick < 3e-3 * thin


def test_spectrum_behind_a_shield():
    assert spectrum_behind_shield(PROTON_MEV, PROTONS, 0.0) == pytest.approx(PROTONS, rel=1e-9)
    got = spectrum_behind_shield(PROTON_MEV, PROTONS, [[0.0], [3.0], [10.0]][0:3])
    assert got.shape == (3, 1, 7)
    got = spectrum_behind_shield(PROTON_MEV, PROTONS, [0.0, 3.0, 10.0])
    assert got.shape == (3, 7)
    assert (np.diff(got, axis=0) < 0).all()
    assert (np.diff(got, axis=1) < 0).all()
    # 10 MeV inside was, by PSTAR's ranges, 56.5 MeV outside 3.38 g/cm2 more: interpolated between 55 and 60
    shield_mm = (3.6442 - 0.1705) / ALUMINIUM_G_CM3 * 10
    above = integral_flux_above(PROTON_MEV, PROTONS, 56.5)[0]
    assert spectrum_behind_shield(PROTON_MEV, PROTONS, shield_mm)[0] == pytest.approx(above, rel=0.01)


def test_interpolation_is_a_power_law_and_an_exponential_above():
    energies, flux = np.array([10.0, 100, 200]), np.array([100.0, 1, 0.25])
    got = integral_flux_above(energies, flux, [5.0, 10.0, 10**1.5, 200.0, 300.0])
    assert got == pytest.approx([400.0, 100.0, 10.0, 0.25, 0.0625], rel=1e-9)


def test_interpolation_is_smooth_and_never_rises():
    energy = np.geomspace(10.0, 300.0, 3001)
    got = integral_flux_above(PROTON_MEV, PROTONS, energy)
    differential = -np.diff(got) / np.diff(energy)
    assert (differential > 0).all()
    # no step at a tabulated energy: neighbours in a grid of .1 % differ by a hundredth at most
    assert np.abs(np.diff(np.log(differential))).max() < 0.01
    # between energies an e-fold apart the error of a cubic is a few parts in a thousand, at the ends twice that
    assert got == pytest.approx(100 * np.exp(-energy / 80), rel=0.015)


def test_a_table_that_ends_in_zero_goes_on_as_an_exponential():
    energies = np.array([10.0, 20.0, 30.0, 40.0])
    whole = integral_flux_above(energies, 100 * np.exp(-energies / 5), 45.0)
    cut = integral_flux_above(energies, [*(100 * np.exp(-energies[:2] / 5)), 0.0, 0.0], 45.0)
    assert cut == pytest.approx(whole)


def test_mass_of_a_shield():
    assert shield_mass_kg([1.0, 2.0], 10.0) == pytest.approx([27.0, 54.0])


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: dose_rad_per_year(PROTON_MEV, PROTONS, 0.5, "proton"), "shield_mm = 0.5: must lie between 1 and 20"),
        (lambda: dose_rad_per_year(PROTON_MEV, PROTONS, 3.0, "muon"), "particle = 'muon': must be one of proton"),
        (lambda: dose_rad_per_year(PROTON_MEV, -PROTONS, 3.0, "proton"), "flux_cm2_s = -88"),
        (lambda: dose_rad_per_year(PROTON_MEV, PROTONS[::-1], 3.0, "proton"), "must not rise with energy"),
        (lambda: dose_rad_per_year(PROTON_MEV, PROTONS[1:], 3.0, "proton"), "must have 7 energies"),
        (lambda: dose_rad_per_year(PROTON_MEV[::-1], PROTONS, 3.0, "proton"), "two or more energies, ascending"),
        (lambda: dose_rad_per_year([0.0, 1.0], [1.0, 1.0], 3.0, "electron"), "energies_mev = 0"),
        (lambda: spectrum_behind_shield(PROTON_MEV, PROTONS, -1.0), "shield_mm = -1"),
        (lambda: integral_flux_above(PROTON_MEV, PROTONS, 0.0), "threshold_mev = 0"),
        (lambda: shield_mass_kg(-1.0, 3.0), "area_m2 = -1"),
    ],
)
def test_bad_input_is_quoted(call, words):
    with pytest.raises(ValueError, match=words):
        call()
