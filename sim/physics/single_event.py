"""Rates of single-event effects: a Weibull cross-section against a spectrum, or events per dose.

sigma(x) = sigma_sat (1 - exp(-((x - x0) / W)^s)), x the proton energy (MeV) or the LET of an ion (MeV cm2/mg), the
form of Petersen et al. 1992 (doi:10.1109/23.211384) [R].  Rates are means over the orbit the flux was averaged over;
in low orbits nearly all proton events fall into passes of the South Atlantic Anomaly.

The LET rate takes every ion to come straight through a thin sensitive layer.  Ions at a slant deposit more: for deep
thresholds that is 2-5 times more events than the sum here [R], within what the LET spectrum is good to.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sim.constants import DAYS_PER_YEAR, SECONDS_PER_DAY
from sim.physics.checks import at_least, positive
from sim.physics.dose import integral_flux_above

FloatArray = npt.NDArray[np.float64]

_SECONDS_PER_YEAR = DAYS_PER_YEAR * SECONDS_PER_DAY
_STEPS = 400  # even steps of the saturated share; the sum is within .1 % of its limit


def proton_event_rate_per_year(
    energies_mev: npt.ArrayLike,
    integral_flux_cm2_s: npt.ArrayLike,
    saturation_cm2: npt.ArrayLike,
    onset_mev: float,
    width_mev: float,
    shape: float,
) -> FloatArray:
    """Return events per device and year (365.25 days): the integral of sigma over the proton spectrum.

    `energies_mev` (m,), `integral_flux_cm2_s` (..., m); the result has shape (...), which `saturation_cm2` joins.
    Interpolation and errors as in `sim.physics.dose.integral_flux_above`.
    """
    return _rate_per_year(energies_mev, integral_flux_cm2_s, saturation_cm2, onset_mev, width_mev, shape)


def let_event_rate_per_year(
    let_mev_cm2_mg: npt.ArrayLike,
    integral_flux_cm2_s: npt.ArrayLike,
    saturation_cm2: npt.ArrayLike,
    onset: float,
    width: float,
    shape: float,
) -> FloatArray:
    """Return events per device and year by heavy ions; as `proton_event_rate_per_year` with LET for energy."""
    return _rate_per_year(let_mev_cm2_mg, integral_flux_cm2_s, saturation_cm2, onset, width, shape)


def events_per_year(dose_rad_per_year: npt.ArrayLike, rad_per_event: npt.ArrayLike) -> FloatArray:
    """Return events a year of an effect that a beam test saw once per so much dose, rad; broadcasts.

    Good where the same protons give the dose and the events: a test at one energy stands for the whole spectrum.
    An infinite `rad_per_event` means never.
    """
    return np.asarray(
        at_least("dose_rad_per_year", dose_rad_per_year) / positive("rad_per_event", rad_per_event, infinite=True)
    )


def _rate_per_year(
    x: npt.ArrayLike,
    integral_flux_cm2_s: npt.ArrayLike,
    saturation_cm2: npt.ArrayLike,
    onset: float,
    width: float,
    shape: float,
) -> FloatArray:
    # By parts the integral is that of J dsigma: in even steps of the saturated share no step holds much of it,
    # however narrow or wide the curve is against the spectrum's points.
    share = np.linspace(0.0, 1.0, _STEPS + 1)
    middle = 0.5 * (share[1:] + share[:-1])
    over = positive("width", width) * (-np.log1p(-middle)) ** (1.0 / positive("shape", shape))
    at = np.maximum(at_least("onset", onset) + over, 1e-6)
    flux = integral_flux_above(x, integral_flux_cm2_s, at)
    mean = (flux * np.diff(share)).sum(-1)
    return np.asarray(_SECONDS_PER_YEAR * at_least("saturation_cm2", saturation_cm2) * mean)
