"""Make `sim/data/density.npz`: the NRLMSISE-00 density of the thermosphere, averaged over what an orbit samples.

Needs pymsis (the extra `physics`).  Run from the repository's root, about half a minute:

    python tools/make_density_table.py

The average is over a sphere at constant altitude (latitudes weighted by area: a fleet of many inclinations), over
local time (longitudes at 00:00 UT) and over the year (the 15th of every month).  F10.7 and its 81-day mean are equal,
Ap is constant.  No index is downloaded.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

TABLE = Path(__file__).parents[1] / "sim" / "data" / "density.npz"

ALTITUDE_KM = np.concatenate([np.arange(200, 500, 10), np.arange(500, 1000, 20), np.arange(1000, 2001, 50)]).astype(
    float
)
F107 = np.array([65, 70, 80, 90, 100, 110, 120, 130, 140, 150, 160, 175, 200, 225, 250], dtype=float)
AP = np.array([4, 7, 10, 15, 20, 25, 30, 40, 50], dtype=float)

DATES = np.array([f"2025-{month:02d}-15T00:00" for month in range(1, 13)], dtype="datetime64[s]")
LONGITUDE_DEG = np.arange(0.0, 360.0, 30.0)
LATITUDE_DEG = np.arange(-85.0, 90.0, 10.0)
NRLMSISE_00 = 0  # pymsis's name for the version


def mean_density_kg_m3(altitude_km: npt.ArrayLike, f107: float, ap: float) -> npt.NDArray[np.float64]:
    """Return the averaged density at these altitudes, kg/m3, for one F10.7 (and equal 81-day mean) and one Ap."""
    import pymsis

    count = len(DATES)
    density = pymsis.calculate(
        DATES,
        LONGITUDE_DEG,
        LATITUDE_DEG,
        np.atleast_1d(np.asarray(altitude_km, dtype=float)),
        [f107] * count,
        [f107] * count,
        [[ap] * 7] * count,
        version=NRLMSISE_00,
    )[..., pymsis.Variable.MASS_DENSITY]
    area = np.cos(np.radians(LATITUDE_DEG))
    mean: npt.NDArray[np.float64] = np.einsum("dola,l->a", density, area) / (
        area.sum() * density.shape[0] * density.shape[1]
    )
    return mean


def main() -> None:
    """Compute every point and write the table."""
    import pymsis

    density = np.array([[mean_density_kg_m3(ALTITUDE_KM, f, a) for a in AP] for f in F107])  # (f107, ap, altitude)
    np.savez_compressed(
        TABLE,
        altitude_km=ALTITUDE_KM,
        f107=F107,
        ap=AP,
        ln_density=np.moveaxis(np.log(density), -1, 0).astype(np.float32),  # (altitude, f107, ap)
        made_with=np.array(f"NRLMSISE-00 through pymsis {pymsis.__version__}"),
    )


if __name__ == "__main__":
    main()
