"""Make `sim/data/trapped.npz`: fluxes of trapped protons and electrons (AP-8, AE-8) over the Earth.

Needs aep8 (the extra `physics`).  Run from the repository's root, about two minutes on two cores:

    python tools/make_trapped_tables.py

Zonal means: over longitude, by altitude, latitude and energy, at solar minimum and maximum.  Maps: the flux of protons
above 30 MeV by altitude, latitude and longitude.  Altitude and latitude are geodetic (WGS 84), and longitude is the
Earth's.  A code k stands for the flux FLOOR (exp(STEP k) - 1): even steps in the logarithm for what matters,
and nothing stays nothing.
"""

from __future__ import annotations

import warnings
from multiprocessing import Pool
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

TABLE = Path(__file__).parents[1] / "sim" / "data" / "trapped.npz"

ALTITUDE_KM = np.concatenate(
    [
        np.arange(200, 1000, 25),
        np.arange(1000, 1200, 50),
        np.arange(1200, 2000, 100),
        [2000, 2250, 2500, 2750, 3000, 3300],
    ]
).astype(float)
LATITUDE_DEG = np.arange(-90.0, 91.0, 2.0)
LONGITUDE_DEG = np.arange(-180.0, 180.0, 3.0)
PROTON_MEV = np.array([10, 15, 20, 30, 40, 50, 60, 80, 100, 150, 200, 300], dtype=float)  # 300 is the model's end
ELECTRON_MEV = np.array([0.25, 0.5, 0.75, 1, 1.5, 2, 2.5, 3, 4, 5, 6], dtype=float)
MAP_MEV = 30.0
FLOOR = {"zonal": 1e-3, "map": 1e-1}  # cm^-2 s^-1
STEP = 1e-3  # of the natural logarithm: .05 % at most from rounding

ANY_DATE = "2000-01-01"  # AP-8 and AE-8 take no date: their fields are of 1960 and 1970
FIELDS = ("Jensen and Cain, epoch 1960 (AP8MIN, AE8MIN, AE8MAX)", "GSFC 12/66, epoch 1970 (AP8MAX)")

FloatArray = npt.NDArray[np.float64]


def fluxes(altitude_km: Any, latitude_deg: Any, longitude_deg: Any, field: int) -> dict[tuple[str, str], FloatArray]:
    """Return the integral fluxes, cm^-2 s^-1, shape (..., energies), of the models that use field 0 or 1 of `FIELDS`.

    Positions are geodetic and broadcast.  The magnetic coordinates cost 150 microseconds a point, a flux .3.
    """
    import aep8
    from astropy import units as u
    from astropy.coordinates import EarthLocation
    from astropy.time import Time
    from astropy.utils import iers

    iers.conf.auto_download = False
    place = EarthLocation.from_geodetic(
        *np.broadcast_arrays(np.asarray(longitude_deg, float), latitude_deg) * u.deg, np.asarray(altitude_km) * u.km
    )
    names = [("p", "min"), ("e", "min"), ("e", "max")] if field == 0 else [("p", "max")]
    shell, ratio = aep8.model(*names[0]).geomagnetic_coordinates(place, Time(ANY_DATE))
    made = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # no shell near the magnetic poles: no flux
        for name in names:
            energy = (PROTON_MEV if name[0] == "p" else ELECTRON_MEV) * u.MeV
            made[name] = (
                aep8.model(*name)
                .integral_flux_for_geomagnetic_coordinates(shell[..., None], ratio[..., None], energy)
                .value
            )
    return made


def layer(task: tuple[float, int]) -> dict[str, FloatArray]:
    """Return zonal means (latitude, energy) and maps (latitude, longitude) at one altitude, in one field."""
    altitude, field = task
    made = fluxes(altitude, LATITUDE_DEG[:, None], LONGITUDE_DEG, field)
    parts = {f"{kind}_{activity}": flux.mean(axis=1) for (kind, activity), flux in made.items()}
    for (kind, activity), flux in made.items():
        if kind == "p":
            parts[f"map_{activity}"] = flux[..., list(PROTON_MEV).index(MAP_MEV)]
    return parts


def coded(flux: FloatArray, floor: float) -> npt.NDArray[np.uint16]:
    """Return the codes of these fluxes."""
    code = np.rint(np.log1p(flux / floor) / STEP)
    if code.max() > np.iinfo(np.uint16).max:
        raise OverflowError(f"flux {flux.max():g} above {floor:g} takes more than 16 bits")
    return code.astype(np.uint16)


def main() -> None:
    """Compute every layer and write the table."""
    import aep8

    with Pool(2) as pool:
        low, high = (pool.map(layer, [(float(each), field) for each in ALTITUDE_KM], chunksize=1) for field in (0, 1))
    layers = [one | two for one, two in zip(low, high, strict=True)]

    def stack(name: str) -> FloatArray:
        return np.stack([np.stack([each[f"{name}_{activity}"] for each in layers]) for activity in ("min", "max")])

    np.savez_compressed(
        TABLE,
        altitude_km=ALTITUDE_KM,
        latitude_deg=LATITUDE_DEG,
        longitude_deg=LONGITUDE_DEG,
        proton_mev=PROTON_MEV,
        electron_mev=ELECTRON_MEV,
        zonal_proton=coded(stack("p"), FLOOR["zonal"]),  # (activity, altitude, latitude, energy)
        zonal_electron=coded(stack("e"), FLOOR["zonal"]),
        map_proton=coded(stack("map"), FLOOR["map"]),  # (activity, altitude, latitude, longitude)
        map_mev=np.array(MAP_MEV),
        zonal_floor=np.array(FLOOR["zonal"]),
        map_floor=np.array(FLOOR["map"]),
        step=np.array(STEP),
        made_with=np.array(f"AP-8 and AE-8 (MIN, MAX) through aep8 {aep8.__version__} (IRBEM)"),
        fields=np.array("; ".join(FIELDS)),
    )


if __name__ == "__main__":
    main()
