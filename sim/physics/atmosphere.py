"""Density of the upper atmosphere averaged over what an orbit samples, from a shipped NRLMSISE-00 table.

The table (`sim/data/density.npz`, made by `tools/make_density_table.py`) holds means over a sphere of constant
altitude, local time and the year, by altitude, F10.7 and Ap.  Against that mean orbits at 30 to 98 degrees
differ by at most 6 % (400-800 km, computed with the generator); day against night differ by 2-5 times, which averages
out over an orbit and the year.

Limits: MSIS itself is good to about 15 % (one sigma, Picone et al. 2002, doi:10.1029/2002JA009430), and was 20-30 %
high in the deep minimum of 2008.  Above 1,000 km it has few data (helium, hydrogen, anomalous oxygen) and is good to
a factor of 2.  Altitude is above the equatorial sphere where MSIS means the ellipsoid, which is up to 21 km lower at
the poles: at 98 degrees the true mean density is 10-15 % less at 550-650 km (6-19 % at 400-800).
Storms are not modelled: Ap is a mean.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sim.physics.checks import between

FloatArray = npt.NDArray[np.float64]


class DensityTable(NamedTuple):
    """The shipped table: three axes, the logarithm of the density, and what made it."""

    altitude_km: FloatArray
    f107: FloatArray
    ap: FloatArray
    ln_density: FloatArray
    """ln of kg/m3, shape (altitude, f107, ap)."""
    made_with: str


@cache
def density_table() -> DensityTable:
    """Return the shipped table; read once."""
    with files("sim").joinpath("data/density.npz").open("rb") as file, np.load(file) as shipped:
        altitude, flux, magnetic, density = (
            np.asarray(shipped[name], dtype=float) for name in ("altitude_km", "f107", "ap", "ln_density")
        )
        return DensityTable(altitude, flux, magnetic, density, str(shipped["made_with"]))


def reference_ap(f107: npt.ArrayLike) -> FloatArray:
    """Return the Ap that goes with F10.7 where only F10.7 is given: 11 + .14 (F10.7 - 70).  [A], shape of `f107`.

    Higher than the means of the quiet cycles since 2008 (5-13, see `sim.physics.solar_cycle`) and between the 15 and 45
    of ECSS-E-ST-10-04C for moderate and high long-term activity: at 550 km 11-18 % more density.  With it the table
    gives the published orbit means at F10.7 70, 140 and 200 within 2.5 %.
    """
    return 11.0 + 0.14 * (np.asarray(f107, dtype=float) - 70.0)


def orbit_mean_density_kg_m3(
    altitude_km: npt.ArrayLike, f107: npt.ArrayLike, ap: npt.ArrayLike | None = None
) -> FloatArray:
    """Return the mean density along a circular orbit, kg/m3; the arguments broadcast.

    `altitude_km` 200-2,000, `f107` (81-day mean, also taken as the daily value) 65-250 solar flux units, `ap` 4-50
    (left out: `reference_ap`).  Linear in the logarithm between the table's points, within 1 % of the model.
    ValueError names the first value outside those ranges.
    """
    table = density_table()
    height, flux, magnetic = np.broadcast_arrays(
        np.asarray(altitude_km, dtype=float),
        np.asarray(f107, dtype=float),
        np.asarray(reference_ap(f107) if ap is None else ap, dtype=float),
    )
    for name, value, axis in (
        ("altitude_km", height, table.altitude_km),
        ("f107", flux, table.f107),
        ("ap", magnetic, table.ap),
    ):
        between(name, value, axis[0], axis[-1], of="the range of the density table")
    ln_density = _ln_density(table, height.ravel(), flux.ravel(), magnetic.ravel())
    density: FloatArray = np.exp(ln_density.reshape(height.shape))
    return density


def _ln_density(table: DensityTable, height: FloatArray, flux: FloatArray, magnetic: FloatArray) -> FloatArray:
    """Interpolate along all three axes, for values within the table.

    What SciPy's `RegularGridInterpolator` computes, to the last digit: the fall of a satellite asks a thousand times
    for a few values, where that takes five times longer.
    """
    corner = np.zeros(height.shape, dtype=np.intp)
    weights = np.ones((1, height.size))
    for axis, value in ((table.altitude_km, height), (table.f107, flux), (table.ap, magnetic)):
        below = np.minimum(axis.searchsorted(value, side="right") - 1, axis.size - 2)
        share = (value - axis[below]) / (axis[below + 1] - axis[below])
        corner = corner * axis.size + below
        weights = (weights[:, None] * np.array([1 - share, share])).reshape(2 * len(weights), value.size)
    terms = table.ln_density.ravel()[corner + _corners()[:, None]] * weights
    found: FloatArray = terms[0]
    for term in terms[1:]:  # one after the other, whatever the number of values
        found = found + term
    return found


@cache
def _corners() -> npt.NDArray[np.intp]:
    """Return where the corners of a cell of the table lie after its first one, in the order of their weights."""
    _, flux, magnetic = density_table().ln_density.shape
    steps = np.indices((2, 2, 2)).reshape(3, -1)
    return np.asarray(steps.T @ [flux * magnetic, magnetic, 1], dtype=np.intp)
