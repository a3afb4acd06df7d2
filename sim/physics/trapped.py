"""Trapped protons and electrons along an orbit, from shipped tables of AP-8 and AE-8: mean spectrum and passes.

The tables (`sim/data/trapped.npz`, made by `tools/make_trapped_tables.py`) hold zonal means by altitude, latitude and
energy, and maps of the protons above 30 MeV; both at solar minimum and maximum, between which the flux is linear in
`activity`.  Pure functions; bad input raises `ValueError` with the value.

Models: Sawyer & Vette 1976 (AP-8, NSSDC/WDC-A-R&S 76-06) and Vette 1991 (AE-8, NSSDC/WDC-A-R&S 91-24): good to about a
factor of 2 in low orbits [R], worse at the belt's lower edge, where the flux falls e-fold in 50-130 km.  They go with
the magnetic field of their own years, 1960 and 1970: the anomaly lies about 20 degrees east of today's [R], which moves
no mean over longitude.  In low orbits more protons come from the west than from the east [R]; here all sides are even.

What comes on top: aep8 takes an Earth radius of 6378.1 km [S] where its field model means 6371.2 [R], so that a point
lies 7.6 km low at 650 km: 7 % less flux at 500 km, 5 % at 650, 3 % at 1,000 [C].  Left in: small beside its error.

Altitude is that of the mean orbit above the equatorial radius; over the poles the ellipsoid lies 21 km lower.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cache, cached_property
from importlib.resources import files
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sim.constants import EARTH_EQUATORIAL_RADIUS_KM, EARTH_FLATTENING, EARTH_MU_KM3_S2, TAU
from sim.physics.checks import at_least, between

FloatArray = npt.NDArray[np.float64]

LOWEST_KM, HIGHEST_KM = 200.0, 2000.0
"""Altitudes of mean orbits.  The table itself reaches to 3,300 km, the apogee of the longest ellipse."""

MOST_ECCENTRIC = 0.15


class Particle(StrEnum):
    """A kind of trapped particle."""

    PROTON = "proton"
    ELECTRON = "electron"


class TrappedTable(NamedTuple):
    """The shipped tables.  A table's value x stands for the flux floor (e^x - 1): a logarithm that knows zero."""

    altitude_km: FloatArray
    latitude_deg: FloatArray
    longitude_deg: FloatArray
    energies_mev: dict[Particle, FloatArray]
    zonal: dict[Particle, npt.NDArray[np.float32]]
    """Shape (activity, altitude, latitude, energy); activity 0 is solar minimum, 1 maximum."""
    zonal_floor: float
    """cm^-2 s^-1."""
    map: npt.NDArray[np.float32]
    """Protons above `map_mev`, shape (activity, altitude, latitude, longitude)."""
    map_mev: float
    map_floor: float
    made_with: str
    fields: str
    """The magnetic fields that the models go with, and their epochs."""


@cache
def trapped_table() -> TrappedTable:
    """Return the shipped tables; read once."""
    with files("sim").joinpath("data/trapped.npz").open("rb") as file, np.load(file) as shipped:
        step = np.float32(shipped["step"])
        return TrappedTable(
            altitude_km=shipped["altitude_km"],
            latitude_deg=shipped["latitude_deg"],
            longitude_deg=shipped["longitude_deg"],
            energies_mev={each: shipped[f"{each}_mev"] for each in Particle},
            zonal={each: shipped[f"zonal_{each}"] * step for each in Particle},
            zonal_floor=float(shipped["zonal_floor"]),
            map=shipped["map_proton"] * step,
            map_mev=float(shipped["map_mev"]),
            map_floor=float(shipped["map_floor"]),
            made_with=str(shipped["made_with"]),
            fields=str(shipped["fields"]),
        )


@dataclass(frozen=True, eq=False)
class Spectrum:
    """An integral, omnidirectional spectrum."""

    energies_mev: FloatArray
    """Shape (m,), rising."""
    flux_cm2_s: FloatArray
    """Particles above each energy, cm^-2 s^-1, shape (..., m)."""


def orbit_spectrum(
    particle: Particle | str,
    altitude_km: npt.ArrayLike,
    inclination_deg: npt.ArrayLike,
    activity: npt.ArrayLike = 0.0,
    *,
    eccentricity: float = 0.0,
    argument_of_perigee_deg: float | None = None,
) -> Spectrum:
    """Return the mean spectrum along an orbit: protons of 10 to 300 MeV, electrons of .25 to 6 MeV.

    `altitude_km` 200-2,000, that of the semi-major axis; `inclination_deg` 0-180; `activity` 0 (solar minimum) to 1
    (maximum): these three broadcast.  `eccentricity` 0-.15 with the perigee at 200 km or higher; without
    `argument_of_perigee_deg` the perigee goes round, which J2 brings about in months.

    The mean holds for a ground track that visits all longitudes evenly, as it does over weeks unless it repeats.
    Against the model itself along the orbit [C, 17 orbits]: protons to 100 MeV up to 2 % low at 375 km and higher, 3 %
    at 325, 5 % at 275, 13 % at 225 km, where what matters is the model's own edge; electrons to 4 MeV within 3 % and
    at 6 MeV up to 7 % low.
    ValueError names the first value outside its range.
    """
    kind = Particle(particle)
    share = between("activity", activity)
    altitude, inclination = np.broadcast_arrays(*_orbits(altitude_km, inclination_deg, eccentricity))
    if argument_of_perigee_deg is not None and not np.isfinite(argument_of_perigee_deg):
        raise ValueError(f"argument_of_perigee_deg = {argument_of_perigee_deg:g}: must be finite")
    perigee = None if argument_of_perigee_deg is None else np.radians(argument_of_perigee_deg)
    at = _centres(_LATITUDES)
    height, latitude, weight = _along(
        altitude[..., None], np.radians(inclination)[..., None], at, eccentricity, perigee
    )
    table = trapped_table()
    flux = _flux(table.zonal[kind], table.zonal_floor, height, latitude)  # (activity, ..., latitudes, perigees, m)
    low, high = (flux * weight[..., None]).mean(axis=(-3, -2))
    return Spectrum(table.energies_mev[kind], low + share[..., None] * (high - low))


@dataclass(frozen=True, eq=False)
class PassProfile:
    """When protons come: their flux above 30 MeV by the place where a revolution begins, and by the place in it."""

    relative: FloatArray
    """Flux over its long-run mean, shape (nodes, steps); its mean is 1.  Row j: the ascending node at the Earth-fixed
    longitude 2 pi (j + 1/2) / nodes; column k: the argument of latitude 2 pi (k + 1/2) / steps.  Where no such protons
    reach the orbit, 1 throughout."""
    mean_flux_cm2_s: float
    """Long-run mean of the flux above 30 MeV, cm^-2 s^-1."""

    @cached_property
    def cumulative(self) -> FloatArray:
        """Dose from the node to the end of each step, shape (nodes, steps + 1), in mean revolutions.

        The first column is 0, the last the dose of the revolution; the mean of the last is 1.
        """
        inner = np.cumsum(self.relative, axis=1) / self.relative.shape[1]
        return np.concatenate([np.zeros((len(inner), 1)), inner], axis=1)

    def share_of_time_above(self, flux_cm2_s: npt.ArrayLike) -> FloatArray:
        """Return the share of time, 0 to 1, with a flux above this, in the argument's shape."""
        threshold = at_least("flux_cm2_s", flux_cm2_s)
        share: FloatArray = 1.0 - np.searchsorted(self._sorted_flux, threshold, side="right") / self.relative.size
        return share

    @cached_property
    def _sorted_flux(self) -> FloatArray:
        return np.sort(self.relative, axis=None) * self.mean_flux_cm2_s


def pass_profile(
    altitude_km: float,
    inclination_deg: float,
    turn_rad: float,
    activity: float = 0.5,
    *,
    eccentricity: float = 0.0,
) -> PassProfile:
    """Return the time structure of the protons above 30 MeV for one geometry of orbit.

    Ranges as in `orbit_spectrum`, scalars.  `turn_rad` is the Earth's rotation relative to the node in one nodal
    revolution, 0 to 2 pi: longitude falls behind by turn_rad u / 2 pi.  120 nodes; steps of at most 20 s of flight.

    On an ellipse the perigee goes round: each step holds the mean over its argument, weighted by the time spent there.
    So the mean and the order of passes are right, and the extremes of each perigee are smoothed.

    Against the model itself [C]: mean flux 1-2 % low at 500 km and higher and up to 4 % at 325-450 km, 8 % at 225 (use
    `orbit_spectrum` for the level, this for the time); greatest flux of all 1-12 % low, by kinks finer than the map.
    """
    altitude, inclination = _orbits(float(altitude_km), float(inclination_deg), eccentricity)
    turn, share = float(between("turn_rad", turn_rad, 0.0, TAU)), float(between("activity", activity))
    period_s = TAU * np.sqrt((EARTH_EQUATORIAL_RADIUS_KM + float(altitude)) ** 3 / EARTH_MU_KM3_S2)
    steps = int(np.ceil(period_s / _LONGEST_STEP_S))
    at = _centres(steps)
    tilt = np.radians(inclination)
    height, latitude, weight = _along(altitude[..., None], tilt[..., None], at, eccentricity, None)

    table = trapped_table()
    low, high = (_flux(table.map, table.map_floor, height, latitude) * weight[..., None]).mean(axis=-2)
    ring = np.log1p((low + share * (high - low)) / table.map_floor)  # (steps, longitudes)

    # as many nodes as longitudes, evenly spaced: within a column all nodes lie equally far between two longitudes
    nodes = ring.shape[1]
    east = np.arctan2(np.cos(tilt) * np.sin(at), np.cos(at)) - turn * at / TAU
    place = (east - np.radians(table.longitude_deg[0])) * nodes / TAU + 0.5
    first = np.floor(place).astype(int)
    west = (np.arange(nodes)[:, None] + first) % nodes
    column = np.arange(steps)
    mixed = ring[column, west] + (place - first) * (ring[column, (west + 1) % nodes] - ring[column, west])
    flux = table.map_floor * np.expm1(mixed)
    mean = float(flux.mean())
    return PassProfile(flux / mean if mean > 0 else np.ones_like(flux), mean)


def _orbits(altitude_km: npt.ArrayLike, inclination_deg: npt.ArrayLike, eccentricity: float) -> list[FloatArray]:
    """Return altitude and inclination if all is in range."""
    altitude = between("altitude_km", altitude_km, LOWEST_KM, HIGHEST_KM)
    inclination = between("inclination_deg", inclination_deg, 0.0, 180.0)
    between("eccentricity", eccentricity, 0.0, MOST_ECCENTRIC)
    perigee = altitude.min(initial=np.inf) - (EARTH_EQUATORIAL_RADIUS_KM + altitude.min(initial=np.inf)) * eccentricity
    if perigee < LOWEST_KM:
        raise ValueError(
            f"eccentricity = {eccentricity:g}: perigee at {perigee:g} km must be at least {LOWEST_KM:g} km"
        )
    return [altitude, inclination]


def _centres(count: int) -> FloatArray:
    """Return the centres of this many equal parts of a turn, rad."""
    centres: FloatArray = (np.arange(count, dtype=np.float64) + 0.5) * (TAU / count)
    return centres


def _along(
    altitude_km: FloatArray, tilt_rad: FloatArray, at_rad: FloatArray, eccentricity: float, perigee_rad: float | None
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return geodetic altitude (km) and latitude (deg), and the time spent there, whose mean over a turn is 1.

    Altitude and tilt broadcast with the arguments of latitude `at_rad`; perigees are added as a last axis.
    """
    if perigee_rad is not None:
        perigee = np.array([perigee_rad])
    else:
        perigee = _centres(_PERIGEES) if eccentricity else np.zeros(1)
    dip = 1.0 + eccentricity * np.cos(at_rad[:, None] - perigee)
    radius = (EARTH_EQUATORIAL_RADIUS_KM + altitude_km[..., None]) * (1.0 - eccentricity**2) / dip
    weight = (1.0 - eccentricity**2) ** 1.5 / dip**2
    sine = (np.sin(tilt_rad) * np.sin(at_rad))[..., None]
    # to .1 km and .001 degrees: the ellipsoid's radius under the point, and the first order of the flattening
    polar = (1.0 - EARTH_FLATTENING) ** 2
    ground = EARTH_EQUATORIAL_RADIUS_KM * np.sqrt(polar / (polar + (1.0 - polar) * sine**2))
    geocentric = np.arcsin(np.clip(sine, -1.0, 1.0))
    latitude = geocentric + EARTH_FLATTENING * EARTH_EQUATORIAL_RADIUS_KM / radius * np.sin(2 * geocentric)
    return radius - ground, np.degrees(latitude), weight


def _flux(logs: npt.NDArray[np.float32], floor: float, altitude_km: FloatArray, latitude_deg: FloatArray) -> FloatArray:
    """Return the flux (activity, ..., last axis of the table), linear in the table's logarithm."""
    table = trapped_table()
    row, up = _cell(altitude_km, table.altitude_km)
    column, north = _cell(np.broadcast_to(latitude_deg, altitude_km.shape), table.latitude_deg)
    below = logs[:, row, column] * (1 - north) + logs[:, row, column + 1] * north
    above = logs[:, row + 1, column] * (1 - north) + logs[:, row + 1, column + 1] * north
    flux: FloatArray = (floor * np.expm1(below * (1 - up) + above * up)).astype(np.float64)
    return flux


def _cell(value: FloatArray, axis: FloatArray) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.float32]]:
    """Return the table's point below each value and how far it is towards the next, with an axis for the table's."""
    low = np.clip(np.searchsorted(axis, value, side="right") - 1, 0, len(axis) - 2)
    share = np.clip((value - axis[low]) / (axis[low + 1] - axis[low]), 0.0, 1.0)
    return low, share[..., None].astype(np.float32)


_LATITUDES = 720  # arguments of latitude in an orbit's mean
_PERIGEES = 12
_LONGEST_STEP_S = 20.0
