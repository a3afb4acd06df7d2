"""Galactic cosmic rays in low orbit: the LET spectrum for latch-up and functional interrupts, and their small dose.

A spectrum in interplanetary space behind 3 mm of aluminium, times the share that the Earth's field and body let
through, times the Sun's modulation.  The spectrum is recalled after CREME96 (Tylka et al. 1997,
doi:10.1109/23.659030) [R], no published table having been found; the abundance of iron (2e-4 of protons) and its
range agree with it within a factor of 2 from 1 to 25 MeV cm2/mg [C].  Good to a factor of 3 below 25, of 10 above 30,
where iron ends.  Thicker shields change it little: 10 mm takes a third off.

Tags: [R] recalled, [C] computed, [A] assumption.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sim.physics.checks import between
from sim.physics.solar_protons import cutoff_share, open_sky

FloatArray = npt.NDArray[np.float64]

LET_MEV_CM2_MG = np.array([1.0, 2, 3, 5, 7, 10, 15, 20, 25, 28, 30, 40, 60, 80, 100])
"""Linear energy transfer in silicon, MeV cm2/mg: the axis of `let_spectrum`."""

INTERPLANETARY_FLUX_CM2_S = np.array(
    [6e-4, 1e-4, 4e-5, 1.2e-5, 5e-6, 2e-6, 7e-7, 3e-7, 1e-7, 2e-8, 3e-9, 1e-9, 2e-10, 4e-11, 1e-11]
)
"""Omnidirectional integral flux above each LET at solar minimum behind 3 mm Al, 1/(cm2 s) [R]."""

MODULATION = 2.5
"""Flux at solar minimum over that at maximum, 2-3 [R]."""

INTERPLANETARY_DOSE_RAD_PER_YEAR = 15.0
"""Dose in silicon at solar minimum, rad a year: 12 measured on the way to Mars in 2012 (Zeitlin et al. 2013,
doi:10.1126/science.1235989), a year of middling activity [R]."""

# Rigidity, GV, below which half of the effect arrives, and the power with which the rest falls off [A].  Slow heavy
# ions make LETs above 1; fast protons and helium most of the dose.  Give .34 (98 degrees, 650 km) and .17 (53, 550)
# for the ions, and 4.2 rad a year on the International Space Station, where 4-5 are measured [R].
_ION_RIGIDITY = (1.8, 1.7)
_DOSE_RIGIDITY = (4.0, 1.5)
_QUANTILES = (np.arange(40) + 0.5) / 40  # .002 on the transmission


def geomagnetic_transmission(altitude_km: npt.ArrayLike, inclination_deg: npt.ArrayLike) -> FloatArray:
    """Return the share of the interplanetary heavy ions that reach a circular orbit, 0 to 1, on average; broadcasts.

    Stoermer's vertical cut-off for a tilted dipole, averaged over orbit and rigidity, times the sky that the Earth
    leaves open.  The same for every LET; truly it falls with LET, by half at 10 in an orbit at 53 degrees.
    """
    return _transmission(altitude_km, inclination_deg, *_ION_RIGIDITY)


def let_spectrum(
    altitude_km: npt.ArrayLike, inclination_deg: npt.ArrayLike, activity: npt.ArrayLike = 0.0
) -> tuple[FloatArray, FloatArray]:
    """Return LETs in silicon, MeV cm2/mg (m,), and the integral flux above each, 1/(cm2 s) (..., m).

    Circular orbits: `altitude_km`, `inclination_deg` (0-180) and `activity` (0 at solar minimum, 1 at maximum, say
    (F10.7 - 70) / 100) broadcast to (...).  ValueError names a value out of range.
    """
    scale = geomagnetic_transmission(altitude_km, inclination_deg) * _modulation(activity)
    return LET_MEV_CM2_MG.copy(), scale[..., np.newaxis] * INTERPLANETARY_FLUX_CM2_S


def background_dose_rad_per_year(
    altitude_km: npt.ArrayLike, inclination_deg: npt.ArrayLike, activity: npt.ArrayLike = 0.0
) -> FloatArray:
    """Return the dose by cosmic rays, rad(Si) a year, whatever the shield; broadcasts as `let_spectrum`.

    Good to 30 %.  1-7 rad a year: a few per cent of the trapped protons' from 600 km up.
    """
    reached = _transmission(altitude_km, inclination_deg, *_DOSE_RIGIDITY)
    return np.asarray(INTERPLANETARY_DOSE_RAD_PER_YEAR * reached * _modulation(activity))


def _transmission(
    altitude_km: npt.ArrayLike, inclination_deg: npt.ArrayLike, half_gv: float, power: float
) -> FloatArray:
    height, tilt = np.asarray(altitude_km, dtype=float), np.asarray(inclination_deg, dtype=float)
    rigidity = half_gv * (_QUANTILES / (1.0 - _QUANTILES)) ** (1.0 / power)
    share = cutoff_share(height[..., np.newaxis], tilt[..., np.newaxis], rigidity).mean(-1)
    return np.asarray(share * open_sky(height))


def _modulation(activity: npt.ArrayLike) -> FloatArray:
    return np.asarray(MODULATION ** -between("activity", activity))
