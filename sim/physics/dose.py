"""Ionising dose in silicon at the centre of a spherical aluminium shell, and the spectrum that comes through it.

Protons slow down continuously (range and stopping power of NIST's PSTAR) and fly straight.  Nuclear reactions are left
out: behind 10 mm they take 2-3 % of the protons away and their fragments bring a similar dose back.  Electrons, which
matter below 5 mm, deposit by a depth curve scaled with their range, and their bremsstrahlung is added.

How good: protons 3 % for a given spectrum, and a spectrum from AP-8 is good to a factor of 2.  Electrons 30 %,
bremsstrahlung a factor of 2.  A shell of uniform thickness sees the least dose for its mass; a chip in a box with
one thin face gets more.

Every flux is omnidirectional and integral: particles above each energy, 1/(cm2 s), energies along the last axis.  The
other axes broadcast with the shields.  Tags: [S] read in a source, [R] recalled, [A] assumption.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sim.constants import DAYS_PER_YEAR, SECONDS_PER_DAY
from sim.physics.checks import at_least, between, positive

FloatArray = npt.NDArray[np.float64]

ALUMINIUM_G_CM3 = 2.70
"""Density of aluminium, g/cm3."""

SHIELD_RANGE_MM = (1.0, 20.0)
"""Shields that `dose_rad_per_year` accepts, mm: thinner ones let in protons below the spectra's 10 MeV."""

PARTICLES = ("proton", "electron")
"""What a flux can be made of."""

RAD_PER_MEV_G = 1.602176634e-8
"""Dose of 1 MeV per gram, rad: 1 rad is 100 erg/g."""

_SECONDS_PER_YEAR = DAYS_PER_YEAR * SECONDS_PER_DAY

# NIST PSTAR (Berger et al., doi:10.18434/T4NC7P; ICRU Report 49), total stopping power in MeV cm2/g and CSDA range in
# g/cm2 [S].  Straight lines between the logarithms are within .5 % of the points left out, 10-1,000 MeV.
# fmt: off
_PSTAR_MEV = np.array([
    0.1, 0.2, 0.35, 0.5, 0.75, 1, 1.5, 2, 3, 4, 5, 7, 10, 15, 20, 30, 40, 50, 70, 100, 150, 200, 300, 400, 500, 700,
    1000, 2000,
], dtype=float)
_ALUMINIUM_RANGE = np.array([
    2.632e-4, 5.098e-4, 9.605e-4, 1.503e-3, 2.606e-3, 3.945e-3, 7.287e-3, 1.146e-2, 2.210e-2, 3.563e-2, 5.188e-2,
    9.207e-2, 0.1705, 0.3462, 0.5748, 1.180, 1.968, 2.928, 5.325, 10.01, 20.32, 33.31, 65.72, 104.8, 148.9, 247.6,
    412.4, 1016,
])
_SILICON_STOPPING = np.array([
    505.3, 388.9, 304.5, 256.9, 209.1, 175.4, 135.5, 111.8, 84.33, 68.60, 58.28, 45.36, 34.59, 25.29, 20.20, 14.69,
    11.73, 9.856, 7.614, 5.838, 4.383, 3.628, 2.853, 2.462, 2.230, 1.975, 1.801, 1.666,
])
# fmt: on

# A proton below .1 MeV has less than 1 um to go and ends in the layers above the transistors: a thousandth of the dose.
_PROTON_MEV = np.geomspace(0.1, 1000.0, 161)
_ELECTRON_MEV = np.geomspace(0.1, 12.0, 97)
_NOTHING = -690.0  # logarithm of a flux that stands for none


# Dose in silicon at the centre of an aluminium sphere per ambient electron, MeV cm2/g, by its radius over the
# electron's extrapolated range: mean of condensed-history simulations at 1, 2 and 4 MeV [C], which differ by 10 % to
# .9 of the range and 20 % to 1.1 (Gaussian scattering after Rossi, 19 % less mean square; no straggling of the energy
# loss, which matters in the last tenth).  It rises above the stopping power of 1.5 as the electrons turn about.
_ELECTRON_DEPTH = np.array([0, 0.1, 0.3, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.3, 1.45])
_ELECTRON_KERNEL = np.array([1.52, 1.54, 1.64, 1.98, 2.19, 2.15, 1.81, 1.21, 0.67, 0.28, 0.086, 0.016, 0.0])


def dose_rad_per_year(
    energies_mev: npt.ArrayLike,
    flux_cm2_s: npt.ArrayLike,
    shield_mm: npt.ArrayLike,
    particle: str,
) -> FloatArray:
    """Return the dose at the centre of an aluminium sphere, rad(Si) a year.

    `energies_mev` (m,) ascending; `flux_cm2_s` (..., m) integral; `shield_mm` 1-20 broadcasts with (...).  A year is
    365.25 days.  Interpolation as in `integral_flux_above`.  With a fluence in place of a flux, divide by the seconds
    of a year.  ValueError quotes a flux that is negative or rises with energy, a shield out of range, or an unknown
    particle.
    """
    if particle not in PARTICLES:
        raise ValueError(f"particle = {particle!r}: must be one of {', '.join(PARTICLES)}")
    shield = between("shield_mm", shield_mm, *SHIELD_RANGE_MM) * 0.1 * ALUMINIUM_G_CM3
    per_second = (_proton_dose if particle == "proton" else _electron_dose)(energies_mev, flux_cm2_s, shield)
    return np.asarray(_SECONDS_PER_YEAR * RAD_PER_MEV_G * per_second)


def spectrum_behind_shield(
    energies_mev: npt.ArrayLike, flux_cm2_s: npt.ArrayLike, shield_mm: npt.ArrayLike
) -> FloatArray:
    """Return the integral proton flux inside the shell at the same energies, 1/(cm2 s), shape (..., m).

    Each proton that has energy E inside had, outside, the energy whose range is longer by the shield's thickness.
    `shield_mm` at least 0; the rest as in `dose_rad_per_year`.
    """
    energies = _ascending(energies_mev)
    shield = at_least("shield_mm", shield_mm) * 0.1 * ALUMINIUM_G_CM3
    return integral_flux_above(energies, flux_cm2_s, _energy_outside(energies, shield))


def integral_flux_above(
    energies_mev: npt.ArrayLike, flux_cm2_s: npt.ArrayLike, threshold_mev: npt.ArrayLike
) -> FloatArray:
    """Return the flux above other energies: `threshold_mev` (..., n) gives (..., n); all axes but the last broadcast.

    Smooth in the logarithms of flux and energy between the tabulated energies, a power law below the first; above the
    last, and where the table ends in zeros, an exponential in energy.
    """
    energies = _ascending(energies_mev)
    flux = at_least("flux_cm2_s", flux_cm2_s)
    if flux.ndim == 0 or flux.shape[-1] != energies.size:
        raise ValueError(f"flux_cm2_s of shape {flux.shape}: must have {energies.size} energies along its last axis")
    rises = flux[..., 1:] > flux[..., :-1] * (1.0 + 1e-6)
    if rises.any():
        raise ValueError(f"flux_cm2_s = {flux[..., 1:][rises].flat[0]:g}: an integral flux must not rise with energy")
    wanted = positive("threshold_mev", np.atleast_1d(threshold_mev))

    log_flux = np.log(np.maximum(flux, np.exp(_NOTHING)))
    for column in range(2, energies.size):  # a table that ends in zeros goes on as an exponential
        slope = (log_flux[..., column - 1] - log_flux[..., column - 2]) / (energies[column - 1] - energies[column - 2])
        onward = log_flux[..., column - 1] + slope * (energies[column] - energies[column - 1])
        log_flux[..., column] = np.where(flux[..., column] > 0, log_flux[..., column], onward)

    # Hermite cubics between the logarithms, their slopes those of Fritsch & Butland: smooth, so that the differential
    # flux has no steps (straight lines make the dose waver by 5 % with the shield), and never rising.
    log_energy = np.log(energies)
    steps = np.diff(log_energy)
    secants = np.diff(log_flux) / steps
    left, right = secants[..., :-1], secants[..., 1:]
    one, two = 2.0 * steps[1:] + steps[:-1], steps[1:] + 2.0 * steps[:-1]
    level = (left >= 0) | (right >= 0)
    inner = -(one + two) / (one / np.where(level, 1.0, -left) + two / np.where(level, 1.0, -right))
    inner = np.where(level, 0.0, inner)
    near = inner if energies.size > 2 else secants
    ends = [np.minimum(2.0 * secants[..., [end]] - near[..., [end]], 0.0) for end in (0, -1)]  # parabolas
    slopes = np.concatenate([ends[0], inner, ends[1]], axis=-1)

    shape = (*np.broadcast_shapes(log_flux.shape[:-1], wanted.shape[:-1]), energies.size)
    log_flux, slopes = np.broadcast_to(log_flux, shape), np.broadcast_to(slopes, shape)
    wanted = np.broadcast_to(wanted, (*shape[:-1], wanted.shape[-1]))
    low = np.clip(np.searchsorted(energies, wanted, side="right") - 1, 0, energies.size - 2)
    below, above = np.take_along_axis(log_flux, low, -1), np.take_along_axis(log_flux, low + 1, -1)
    step = steps[low]
    share = (np.log(wanted) - log_energy[low]) / step
    first = np.take_along_axis(slopes, low, -1) * step
    second = np.take_along_axis(slopes, low + 1, -1) * step
    rise = above - below
    cubic = below + share * (
        first + share * (3.0 * rise - 2.0 * first - second + share * (first + second - 2.0 * rise))
    )
    exponential = below + rise * (wanted - energies[low]) / (energies[low + 1] - energies[low])
    result = np.where(share < 0, below + first * share, np.where(share > 1, exponential, cubic))
    return np.asarray(np.exp(result))


def shield_mass_kg(area_m2: npt.ArrayLike, shield_mm: npt.ArrayLike) -> FloatArray:
    """Return the mass of an aluminium skin of this area and thickness, kg: 2.7 kg per m2 and mm."""
    return np.asarray(at_least("area_m2", area_m2) * at_least("shield_mm", shield_mm) * ALUMINIUM_G_CM3)


def _ascending(energies_mev: npt.ArrayLike) -> FloatArray:
    energies = positive("energies_mev", energies_mev)
    if energies.ndim != 1 or energies.size < 2 or not (np.diff(energies) > 0).all():
        raise ValueError(f"energies_mev = {energies}: must be two or more energies, ascending")
    return energies


def _log_interpolate(at: FloatArray, x: FloatArray, y: FloatArray) -> FloatArray:
    return np.exp(np.interp(np.log(at), np.log(x), np.log(y)))


def _energy_outside(inside_mev: FloatArray, shield_g_cm2: FloatArray) -> FloatArray:
    """Return the energy before the shield of protons that leave it with this one, shape (..., n)."""
    travelled = _log_interpolate(inside_mev, _PSTAR_MEV, _ALUMINIUM_RANGE) + shield_g_cm2[..., np.newaxis]
    return _log_interpolate(travelled, _ALUMINIUM_RANGE, _PSTAR_MEV)


def _proton_dose(energies_mev: npt.ArrayLike, flux_cm2_s: npt.ArrayLike, shield_g_cm2: FloatArray) -> FloatArray:
    """Return MeV/(g s)."""
    inside = integral_flux_above(energies_mev, flux_cm2_s, _energy_outside(_PROTON_MEV, shield_g_cm2))
    middle = np.sqrt(_PROTON_MEV[1:] * _PROTON_MEV[:-1])
    stopping = _log_interpolate(middle, _PSTAR_MEV, _SILICON_STOPPING)
    return np.asarray(-(np.diff(inside, axis=-1) * stopping).sum(-1))


def _electron_dose(energies_mev: npt.ArrayLike, flux_cm2_s: npt.ArrayLike, shield_g_cm2: FloatArray) -> FloatArray:
    """Return MeV/(g s)."""
    number = -np.diff(integral_flux_above(energies_mev, flux_cm2_s, _ELECTRON_MEV))
    energy = np.sqrt(_ELECTRON_MEV[1:] * _ELECTRON_MEV[:-1])
    depth = shield_g_cm2[..., np.newaxis] / _electron_range(energy)
    direct = (number * np.interp(depth, _ELECTRON_DEPTH, _ELECTRON_KERNEL)).sum(-1)

    # Bremsstrahlung: 5.8e-4 Z E of an electron's energy in thick aluminium [R, .75 % at 1 MeV].  A quarter of the
    # omnidirectional flux strikes each cm2 of the sphere; emitted evenly, the light of the whole sphere at its centre
    # is what one cm2 gives.  .03 cm2/g both attenuates, build-up included, and deposits (.1-2 MeV, silicon) [R].
    radiated = (number * energy * 5.8e-4 * 13.0 * energy).sum(-1) / 4.0
    return np.asarray(direct + radiated * 0.03 * np.exp(-0.03 * shield_g_cm2))


def _electron_range(energy_mev: FloatArray) -> FloatArray:
    """Return the extrapolated range in aluminium, g/cm2: Katz & Penfold 1952 (doi:10.1103/RevModPhys.24.28) [R]."""
    low = 0.412 * energy_mev ** (1.265 - 0.0954 * np.log(energy_mev))
    return np.where(energy_mev < 2.5, low, 0.530 * energy_mev - 0.106)
