"""Debris flux on a satellite.

NASA's analytic model of 1990: F = H(d) Phi(h, S) Psi(i) [1.22e-5 d^-2.5 g1(t) + 8.1e10 (d + 700)^-6 g2(t)], after
Kessler, Reynolds & Anz-Meador 1989 (NASA TM-100471) with the constants and growth of its successor in NASA
SSP-30425.  Good to a factor of 3 at best: it knows neither the breakups of 2007, 2009 and 2021 nor the constellations,
and growth since 1988 is an assumption carried on.  MASTER and ORDEM fluxes are not public tables; put measured or
licensed fluxes in their place where they exist.  Meteoroids are not included.
"""

from __future__ import annotations

from enum import StrEnum

import numpy as np
import numpy.typing as npt

from sim.physics.checks import between, positive

FloatArray = npt.NDArray[np.float64]

ALTITUDE_RANGE_KM = (200.0, 2000.0)
DIAMETER_RANGE_CM = (1e-4, 500.0)
YEAR_RANGE = (1988.0, 2060.0)

# Psi(i) by inclination, held constant beyond its ends.  From SSP-30425's table, thinned where it is straight; the
# values between its tens are recalled and checked only by the fluxes they give.
# fmt: off
_PSI_DEG = np.array([
    24, 28, 30, 34, 38, 40, 44, 48, 50, 54, 58, 60, 64, 68, 70, 72, 74, 75, 76, 77, 78, 80, 82, 83, 84, 86, 88, 90, 92,
    94, 96, 97, 98, 100, 102, 104, 106, 108, 110, 114, 118, 120, 126,
], dtype=float)
_PSI = np.array([
    0.895, 0.912, 0.92, 0.935, 0.952, 0.96, 0.982, 1.005, 1.02, 1.045, 1.075, 1.09, 1.14, 1.22, 1.26, 1.31, 1.38, 1.41,
    1.5, 1.63, 1.68, 1.71, 1.68, 1.61, 1.53, 1.45, 1.39, 1.37, 1.4, 1.5, 1.64, 1.7, 1.75, 1.78, 1.75, 1.69, 1.61, 1.51,
    1.41, 1.3, 1.22, 1.18, 1.11,
])
# fmt: on


class DebrisModel(StrEnum):
    """Which version of the analytic model; they differ by H(d), 1.29 at 1 cm and 1 at 1 mm."""

    NASA90 = "nasa90"
    """Without H(d)."""
    SSP_30425 = "ssp_30425"
    """With H(d) = sqrt(10^exp(-((log10 d - .78) / .637)^2)), which adds fragments of 1-100 cm."""


def debris_flux_per_m2_year(
    diameter_cm: npt.ArrayLike,
    altitude_km: npt.ArrayLike,
    inclination_deg: npt.ArrayLike,
    year: npt.ArrayLike,
    f107: npt.ArrayLike = 140.0,
    model: DebrisModel | str = DebrisModel.NASA90,
) -> FloatArray:
    """Return the hits by debris of at least this diameter per m2 and year on a randomly tumbling surface; broadcasts.

    Per m2 of outer surface, averaged over all its directions.  `diameter_cm` 1e-4 to 500, `altitude_km` 200-2,000,
    `inclination_deg` 0-180 (Psi is constant outside 24-126), `year` with its fraction, 1988-2060, `f107` the smoothed
    F10.7 of the year before.  Small debris grows by 2 % a year to 2011 and 4 % after, large by 5 % of 1988.
    ValueError names a value outside its range or an unknown model.  Good to a factor of 3.
    """
    if model not in list(DebrisModel):
        raise ValueError(f"model = {model!r}: must be one of {', '.join(DebrisModel)}")
    size = between("diameter_cm", diameter_cm, *DIAMETER_RANGE_CM)
    height = between("altitude_km", altitude_km, *ALTITUDE_RANGE_KM)
    tilt = between("inclination_deg", inclination_deg, 0.0, 180.0)
    when = between("year", year, *YEAR_RANGE)
    flux = between("f107", f107, 50.0, 400.0)
    small_growth = 1.02 ** (np.minimum(when, 2011.0) - 1988.0) * 1.04 ** np.maximum(when - 2011.0, 0.0)
    large_growth = 1.0 + 0.05 * (when - 1988.0)
    swept = 10.0 ** (height / 200.0 - flux / 140.0 - 1.5)  # a denser atmosphere clears the lower orbits
    population = 1.22e-5 * size**-2.5 * small_growth + 8.1e10 * (size + 700.0) ** -6 * large_growth
    bump = size_factor(size) if model == DebrisModel.SSP_30425 else 1.0
    return np.asarray(bump * swept / (swept + 1.0) * np.interp(tilt, _PSI_DEG, _PSI) * population)


IMPACT_KM_S, SOUND_KM_S, BRINELL, DEBRIS_G_CM3, WALL_G_CM3 = 10.0, 5.1, 95.0, 2.8, 2.7
"""Typical impact in low orbit, sound in aluminium, hardness of Al 6061-T6, densities of debris and wall [R]."""


def critical_diameter_cm(wall_mm: npt.ArrayLike) -> FloatArray:
    """Return the smallest debris that perforates a single aluminium wall, cm; shape of `wall_mm`.

    Cour-Palais: crater depth p = 5.24 d^(19/18) H^-.25 (rho_p/rho_t)^.5 (V cos/C)^(2/3) cm, perforation below 1.8 p
    (Christiansen 2003, NASA TP-2003-210788, section 4) at normal impact with 10 km/s.  1 mm of wall stops .26 mm, 4 mm
    stops .95 mm.  Good to some 30 %, which the flux turns into a factor of 2.
    """
    depth_cm = positive("wall_mm", wall_mm) / 10 / 1.8
    strength = 5.24 * BRINELL**-0.25 * (DEBRIS_G_CM3 / WALL_G_CM3) ** 0.5 * (IMPACT_KM_S / SOUND_KM_S) ** (2 / 3)
    return np.asarray((depth_cm / strength) ** (18 / 19))


def size_factor(diameter_cm: npt.ArrayLike) -> FloatArray:
    """Return H(d) of SSP-30425, 1 to 3.2; shape of `diameter_cm`."""
    size = between("diameter_cm", diameter_cm, *DIAMETER_RANGE_CM)
    return np.asarray(10.0 ** (0.5 * np.exp(-(((np.log10(size) - 0.78) / 0.637) ** 2))))
