"""Orbit geometry: textbook periods and precession, Walker patterns, the beta angle, and the curve an orbit follows.

The textbook functions are for description and closed forms; what a simulation flies comes from SGP4's own rates
(`sim.ephemeris.secular_rates`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim.constants import (
    EARTH_EQUATORIAL_RADIUS_KM,
    EARTH_J2,
    EARTH_MU_KM3_S2,
    SECONDS_PER_DAY,
    TAU,
    WGS72_J2,
    WGS72_J3,
    WGS72_RADIUS_KM,
)

FloatArray = npt.NDArray[np.float64]


def period_min(altitude_km: npt.ArrayLike) -> FloatArray:
    """Return the Keplerian period of a circular orbit, minutes; the nodal period differs by up to .2 %."""
    radius_km = EARTH_EQUATORIAL_RADIUS_KM + np.asarray(altitude_km, dtype=float)
    return TAU * np.sqrt(radius_km**3 / EARTH_MU_KM3_S2) / 60.0


def nodal_precession_deg_per_day(altitude_km: npt.ArrayLike, inclination_deg: npt.ArrayLike) -> FloatArray:
    """Return the J2 drift of a circular orbit's node, degrees a day, positive eastwards.

    First order in J2 (Vallado, Fundamentals of Astrodynamics and Applications, section 9.6): within .5 % of SGP4's
    rate, which is too little for a sun-synchronous orbit kept over years.
    """
    radius_km = EARTH_EQUATORIAL_RADIUS_KM + np.asarray(altitude_km, dtype=float)
    motion = np.sqrt(EARTH_MU_KM3_S2 / radius_km**3) * SECONDS_PER_DAY
    flattening_pull = 1.5 * EARTH_J2 * (EARTH_EQUATORIAL_RADIUS_KM / radius_km) ** 2
    rate: FloatArray = np.degrees(-flattening_pull * motion * np.cos(np.radians(inclination_deg)))
    return rate


def walker_raan_and_phase(
    planes: int, satellites_per_plane: int, phasing: int, raan_spread_deg: float = 360.0
) -> tuple[FloatArray, FloatArray]:
    """Return nodes (planes,) and arguments of latitude (planes, satellites), degrees, of a Walker pattern i:t/p/f.

    t = planes x satellites, p = planes, f = phasing: a satellite of the next plane east runs f x 360 / t degrees
    ahead.  `raan_spread_deg` is 360 for a delta pattern, 180 for a star.  Walker 1984, J. Br. Interplanet. Soc. 37.
    """
    if planes < 1 or satellites_per_plane < 1:
        raise ValueError(f"planes = {planes}, satellites_per_plane = {satellites_per_plane}: both must be at least 1")
    plane, slot = np.arange(planes), np.arange(satellites_per_plane)
    raan: FloatArray = np.asarray(plane * (raan_spread_deg / planes) % 360.0, dtype=float)
    step = phasing * 360.0 / (planes * satellites_per_plane)
    phase: FloatArray = (slot[None, :] * (360.0 / satellites_per_plane) + plane[:, None] * step) % 360.0
    return raan, phase


def beta_angle_rad(sun_km: npt.ArrayLike, inclination_rad: npt.ArrayLike, raan_rad: npt.ArrayLike) -> FloatArray:
    """Return the angle between the Sun and the orbital plane, radians, positive on the orbit normal's side.

    `sun_km` is geocentric in the frame of the node, shape (..., 3), any length unit.
    """
    sun = np.asarray(sun_km, dtype=float)
    node, tilt = np.asarray(raan_rad, dtype=float), np.asarray(inclination_rad, dtype=float)
    towards_normal = (
        np.sin(tilt) * (np.sin(node) * sun[..., 0] - np.cos(node) * sun[..., 1]) + np.cos(tilt) * sun[..., 2]
    )
    angle: FloatArray = np.arcsin(np.clip(towards_normal / np.linalg.norm(sun, axis=-1), -1.0, 1.0))
    return angle


@dataclass(frozen=True)
class OrbitCurve:
    """The closed curve that SGP4's J2 and J3 periodics make of a nearly circular mean orbit, about its mean node.

    A point is found from the eccentric longitude E (SGP4's `eo1`), which the mean argument of latitude u only
    resembles: u = E + `forward` cos E - `ahead` sin E - `shift`.  The same formulas as `sgp4` for bstar = 0 and a
    period below 225 min (Spacetrack Report No. 3, section 6), so positions agree with it to metres.

    The J3 term alone makes a circular mean orbit eccentric by about .001, which is 2 km and 2 s along the orbit; the
    J2 periodics add 1-9 km.  `ahead` and `forward` are the eccentricity vector's components towards the node and
    90 degrees on; arrays where the perigee turns.
    """

    semi_major_axis_km: float
    inclination_rad: float
    ahead: FloatArray | float = 0.0
    forward: FloatArray | float = 0.0
    shift: FloatArray | float = 0.0

    @classmethod
    def of_mean_orbit(
        cls,
        mean_radius_km: float,
        inclination_rad: float,
        eccentricity: float = 0.0,
        argument_of_perigee_rad: npt.ArrayLike = 0.0,
    ) -> OrbitCurve:
        """Build the curve of an orbit of this mean radius; eccentricity is SGP4's mean one, at most about .02."""
        parameter_of_axis = 1 - eccentricity**2
        pull = 0.75 * WGS72_J2 * (1 - 3 * np.cos(inclination_rad) ** 2) / parameter_of_axis**2
        axis = mean_radius_km / WGS72_RADIUS_KM
        for _ in range(4):  # the lift is at most .0016 and changes by .003 of itself
            axis = mean_radius_km / WGS72_RADIUS_KM / (1 + pull / axis**2)
        ratio = WGS72_J3 / WGS72_J2 / (axis * parameter_of_axis)
        sine, cosine = np.sin(inclination_rad), np.cos(inclination_rad)
        ahead = eccentricity * np.cos(argument_of_perigee_rad)
        forward = eccentricity * np.sin(argument_of_perigee_rad) - 0.5 * ratio * sine
        shift = -0.25 * ratio * sine * (3 + 5 * cosine) / max(1 + cosine, 1.5e-12) * ahead
        return cls(float(axis * WGS72_RADIUS_KM), inclination_rad, ahead, forward, shift)

    def mean_argument_rad(self, eccentric_longitude_rad: npt.ArrayLike) -> FloatArray:
        """Return the mean argument of latitude at these eccentric longitudes, radians."""
        angle = np.asarray(eccentric_longitude_rad, dtype=float)
        mean: FloatArray = angle + self.forward * np.cos(angle) - self.ahead * np.sin(angle) - self.shift
        return mean

    def point_km(self, eccentric_longitude_rad: npt.ArrayLike) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return x, y, z, km, in axes along the mean node, 90 degrees on in the equator, and the pole."""
        angle = np.asarray(eccentric_longitude_rad, dtype=float)
        sine_e, cosine_e = np.sin(angle), np.cos(angle)
        sine_i, cosine_i = np.sin(self.inclination_rad), np.cos(self.inclination_rad)
        axis = self.semi_major_axis_km / WGS72_RADIUS_KM
        ahead, forward = np.asarray(self.ahead), np.asarray(self.forward)
        squared = ahead**2 + forward**2
        e_sine = ahead * sine_e - forward * cosine_e
        radius = axis * (1 - ahead * cosine_e - forward * sine_e)
        root = np.sqrt(1 - squared)
        share = e_sine / (1 + root)
        sine_u = axis / radius * (sine_e - forward - ahead * share)
        cosine_u = axis / radius * (cosine_e - ahead + forward * share)
        sine_2u, cosine_2u = 2 * sine_u * cosine_u, 1 - 2 * sine_u**2
        parameter = axis * (1 - squared)
        first = 0.5 * WGS72_J2 / parameter
        second = first / parameter
        height = radius * (1 - 1.5 * second * root * (3 * cosine_i**2 - 1)) + 0.5 * first * sine_i**2 * cosine_2u
        height = height * WGS72_RADIUS_KM
        advance = -0.25 * second * (7 * cosine_i**2 - 1) * sine_2u
        turn = 1.5 * second * cosine_i * sine_2u
        tilt = self.inclination_rad + 1.5 * second * cosine_i * sine_i * cosine_2u
        # the three angles are below .002: their cosines to second order leave 1e-12
        sine = sine_u * (1 - 0.5 * advance**2) + cosine_u * advance
        cosine = cosine_u * (1 - 0.5 * advance**2) - sine_u * advance
        level = np.cos(tilt) * sine
        straight = 1 - 0.5 * turn**2
        return (
            height * (straight * cosine - turn * level),
            height * (turn * cosine + straight * level),
            (height * np.sin(tilt) * sine),
        )
