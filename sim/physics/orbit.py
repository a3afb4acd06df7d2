"""Orbit geometry: textbook periods and precession, Walker patterns, the beta angle, and the curve an orbit follows.

The textbook functions are for description and closed forms; what a simulation flies comes from SGP4's own rates
(`sim.ephemeris.secular_rates`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.constants import (
    DAYS_PER_YEAR,
    EARTH_EQUATORIAL_RADIUS_KM,
    EARTH_J2,
    EARTH_MU_KM3_S2,
    SECONDS_PER_DAY,
    TAU,
    TROPICAL_YEAR_DAYS,
    WGS72_J2,
    WGS72_J3,
    WGS72_RADIUS_KM,
)

FloatArray = npt.NDArray[np.float64]
AnalyticArray = npt.NDArray[Any]
"""Real, or complex where a formula is continued beyond real orbits."""


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
    """The closed curve that SGP4's J2 and J3 periodics make of a mean orbit, about its mean node.

    A point is found from the eccentric longitude E (SGP4's `eo1`), which the mean argument of latitude u only
    resembles: u = E + `forward` cos E - `ahead` sin E - `shift`.  The same formulas as `sgp4` for bstar = 0 and a
    period below 225 min (Spacetrack Report No. 3, section 6), so positions agree with it to metres.

    The J3 term alone makes a circular mean orbit eccentric by about .001, which is 2 km and 2 s along the orbit; the
    J2 periodics add 1-9 km.  `ahead` and `forward` are the eccentricity vector's components towards the node and
    90 degrees on; arrays where the perigee turns.
    """

    semi_major_axis_km: float
    inclination_rad: FloatArray | float
    ahead: FloatArray | float = 0.0
    forward: FloatArray | float = 0.0
    shift: FloatArray | float = 0.0
    standing: FloatArray | float = 0.0
    """J3's part of `forward`, which does not turn with the perigee."""

    @classmethod
    def of_mean_orbit(
        cls,
        mean_radius_km: float,
        inclination_rad: float,
        eccentricity: float = 0.0,
        argument_of_perigee_rad: npt.ArrayLike = 0.0,
    ) -> OrbitCurve:
        """Build the curve of an orbit of this mean radius; eccentricity is SGP4's mean one."""
        pull = 0.75 * WGS72_J2 * (1 - 3 * np.cos(inclination_rad) ** 2) / (1 - eccentricity**2) ** 2
        axis = mean_radius_km / WGS72_RADIUS_KM
        for _ in range(4):  # the lift is at most .0016 and changes by .003 of itself
            axis = mean_radius_km / WGS72_RADIUS_KM / (1 + pull / axis**2)
        return cls.of_axis(float(axis * WGS72_RADIUS_KM), inclination_rad, eccentricity, argument_of_perigee_rad)

    @classmethod
    def of_axis(
        cls,
        semi_major_axis_km: float,
        inclination_rad: FloatArray | float,
        eccentricity: float = 0.0,
        argument_of_perigee_rad: npt.ArrayLike = 0.0,
    ) -> OrbitCurve:
        """Build the curve of an orbit of this mean semi-major axis; inclination and perigee broadcast."""
        ratio = WGS72_J3 / WGS72_J2 / (semi_major_axis_km / WGS72_RADIUS_KM * (1 - eccentricity**2))
        sine, cosine = np.sin(inclination_rad), np.cos(inclination_rad)
        ahead = eccentricity * np.cos(argument_of_perigee_rad)
        standing = -0.5 * ratio * sine
        forward = eccentricity * np.sin(argument_of_perigee_rad) + standing
        shift = -0.25 * ratio * sine * (3 + 5 * cosine) / np.maximum(1 + cosine, 1.5e-12) * ahead
        return cls(semi_major_axis_km, inclination_rad, ahead, forward, shift, standing)

    def turned(self, perigee_rad: AnalyticArray) -> OrbitCurve:
        """Return the curve with its perigee turned on by a small angle: .003 rad leave 5e-6 of the eccentricity."""
        eccentric = self.forward - self.standing
        ahead, forward = self.ahead - perigee_rad * eccentric, self.forward + perigee_rad * self.ahead
        return replace(self, ahead=ahead, forward=forward)

    def mean_argument_rad(self, eccentric_longitude_rad: AnalyticArray) -> AnalyticArray:
        """Return the mean argument of latitude at these eccentric longitudes, radians; analytic in complex ones."""
        angle = eccentric_longitude_rad
        mean: AnalyticArray = angle + self.forward * np.cos(angle) - self.ahead * np.sin(angle) - self.shift
        return mean

    def point_km(self, eccentric_longitude_rad: AnalyticArray) -> tuple[AnalyticArray, AnalyticArray, AnalyticArray]:
        """Return x, y, z, km, in axes along the mean node, 90 degrees on in the equator, and the pole."""
        angle = eccentric_longitude_rad
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


OBLIQUITY_RAD = np.radians(23.4393)
"""Obliquity of the ecliptic at J2000.  IERS Conventions 2010, table 1.1 (84,381.406 arcseconds)."""

SUN_MOTION_RAD_PER_DAY = TAU / TROPICAL_YEAR_DAYS
"""Rate of the mean Sun among the equinoxes, which a sun-synchronous node keeps."""

_SUN_PULL_PER_DAY2 = (TAU / 365.256363) ** 2
"""Gravitational parameter of the Sun over its distance cubed: Kepler's third law with the sidereal year."""

_MOON_PULL_PER_DAY2 = 4902.800 / 384400.0**3 * SECONDS_PER_DAY**2 / (1 - 0.0549**2) ** 1.5
"""The same of the Moon, averaged over its eccentric orbit: 2.2 times the Sun's.  Mass: JPL DE421 (IPN 42-178)."""

_MOON_TILT_RAD = np.radians(5.145)
"""Inclination of the Moon's orbit to the ecliptic."""


def inclination_drift_deg_per_year(
    ltan_h: npt.ArrayLike, altitude_km: npt.ArrayLike, inclination_deg: npt.ArrayLike
) -> FloatArray:
    """Return how fast the Sun tilts a sun-synchronous plane whose node keeps this mean local time, degrees a year.

    At 650 km .0457 x sin 2(node - Sun): none at 06:00, 12:00, 18:00 and 24:00, most at the hours between.  SGP4's
    near-Earth theory has no such term.  The Moon adds none, on average; see `luni_solar_drift`.
    """
    angle = np.radians(15.0 * (np.asarray(ltan_h, dtype=float) - 12.0))
    sun, _ = _luni_solar_rates(altitude_km, np.radians(inclination_deg), angle)
    drift: FloatArray = np.degrees(sun) * DAYS_PER_YEAR
    return drift


def inclination_hold_m_s_per_year(
    ltan_h: npt.ArrayLike, altitude_km: npt.ArrayLike, inclination_deg: npt.ArrayLike
) -> FloatArray:
    """Return what holding inclination and local time against the Sun costs, m/s a year: speed times drift.

    Impulses at the nodes, where none is wasted.  Without the Moon's and the season's swings about the drift (.005
    deg), which nobody corrects.
    """
    radius_km = EARTH_EQUATORIAL_RADIUS_KM + np.asarray(altitude_km, dtype=float)
    drift_deg = inclination_drift_deg_per_year(ltan_h, altitude_km, inclination_deg)
    cost: FloatArray = np.sqrt(EARTH_MU_KM3_S2 / radius_km) * 1000.0 * np.abs(np.radians(drift_deg))
    return cost


def luni_solar_drift(
    ltan_h: float,
    altitude_km: float,
    inclination_deg: float,
    days: npt.ArrayLike,
    *,
    inclination_error_deg: float = 0.0,
    node_rate_rad_per_day: float = SUN_MOTION_RAD_PER_DAY,
) -> tuple[FloatArray, FloatArray]:
    """Return how a plane that nobody holds drifts: inclination and node less their steady values, radians, (n,) each.

    `days` (n,) rise and bracket day 0, where the plane stands at local time `ltan_h`, off its inclination by
    `inclination_error_deg`, with a node that would turn at `node_rate_rad_per_day` (default: sun-synchronous).  The
    offsets are what `PlaneShadow.build` takes.  Sun and Moon tilt the plane; J2 turns the node of a tilted plane
    elsewhere than planned; the node's new local time changes the Sun's pull.

    The pull of a third body on a circular orbit, averaged over the orbit and the body's year or month, but for the
    resonance of the Sun with the node (Kozai 1959, Smithsonian Spec. Rep. 22; Cook 1962, Geophys. J. 6, 271).  Left
    out: the Sun's and the Moon's swings of half a year, a year and 18.6 years (.005 deg of inclination, two minutes of
    local time in five years), tides and solar pressure.  Raises `ValueError` for other days.
    """
    at = np.asarray(days, dtype=float)
    if at.ndim != 1 or at.size < 2 or not (np.diff(at) > 0).all() or not at[0] <= 0 <= at[-1]:
        raise ValueError(f"days {at.shape} must rise from 0 or before to 0 or later")
    tilt0 = np.radians(inclination_deg)
    angle = np.radians(15.0 * (ltan_h - 12.0)) + (node_rate_rad_per_day - SUN_MOTION_RAD_PER_DAY) * at
    error = np.radians(inclination_error_deg)
    inclination, node = np.full_like(at, error), np.zeros_like(at)
    for _ in range(60):  # Picard: the error falls as the cosine's series, in 8 rounds over 5 years, 20 over 30
        drift, turn = _luni_solar_rates(altitude_km, tilt0 + inclination, angle + node)
        before = node
        inclination = error + _integrated_from_day_0(at, drift)
        node = _integrated_from_day_0(at, turn + _j2_surplus_rad_per_day(altitude_km, tilt0, inclination))
        if np.abs(node - before).max() < 1e-9:
            break
    return inclination, node


def node_drift_rad(
    altitude_km: float, inclination_deg: float, inclination_offset_rad: npt.ArrayLike, days: npt.ArrayLike
) -> FloatArray:
    """Return the node's drift, radians, (n,), that an inclination off by this much on `days` (n,) makes through J2.

    0 at day 0, which the rising days must bracket.  A constant error makes a steady drift: at 650 km and 98 deg, .01
    deg of inclination move the local time by 1.8 min a year.
    """
    at = np.asarray(days, dtype=float)
    if at.ndim != 1 or at.size < 2 or not (np.diff(at) > 0).all() or not at[0] <= 0 <= at[-1]:
        raise ValueError(f"days {at.shape} must rise from 0 or before to 0 or later")
    offset = np.broadcast_to(np.asarray(inclination_offset_rad, dtype=float), at.shape)
    return _integrated_from_day_0(at, _j2_surplus_rad_per_day(altitude_km, np.radians(inclination_deg), offset))


def _luni_solar_rates(
    altitude_km: npt.ArrayLike, inclination_rad: npt.ArrayLike, node_from_sun_rad: npt.ArrayLike
) -> tuple[FloatArray, FloatArray]:
    """Return the rates of inclination and node by Sun and Moon, radians a day.

    A body at direction s pulls the normal n of a circular orbit round at -K (n.s) (n x s), K = 1.5 mu / (r^3 motion).
    """
    radius_km = EARTH_EQUATORIAL_RADIUS_KM + np.asarray(altitude_km, dtype=float)
    motion = np.sqrt(EARTH_MU_KM3_S2 / radius_km**3) * SECONDS_PER_DAY
    sun, moon = 1.5 * _SUN_PULL_PER_DAY2 / motion, 1.5 * _MOON_PULL_PER_DAY2 / motion
    double, resonance = 2 * np.asarray(node_from_sun_rad, dtype=float), np.cos(OBLIQUITY_RAD / 2) ** 4
    away = 1 - 1.5 * np.sin(OBLIQUITY_RAD) ** 2
    moon *= 1 - 1.5 * np.sin(_MOON_TILT_RAD) ** 2
    tilting: FloatArray = 0.5 * sun * resonance * np.sin(inclination_rad) * np.sin(double)
    turning = sun * (resonance * np.cos(double) - away) - moon * away
    return tilting, np.asarray(0.5 * np.cos(inclination_rad) * turning)


def _j2_surplus_rad_per_day(altitude_km: float, inclination_rad: float, offset_rad: FloatArray) -> FloatArray:
    """Return what an offset of the inclination adds to the node's rate: .5 % of itself off, as the rate is."""
    tilted = np.degrees(inclination_rad + offset_rad)
    rates = nodal_precession_deg_per_day(altitude_km, tilted)
    surplus: FloatArray = np.radians(rates - nodal_precession_deg_per_day(altitude_km, np.degrees(inclination_rad)))
    return surplus


def _integrated_from_day_0(days: FloatArray, rate: FloatArray) -> FloatArray:
    """Return the integral of a rate on rising days by trapezia, 0 at day 0."""
    total = np.concatenate([[0.0], np.cumsum(0.5 * (rate[1:] + rate[:-1]) * np.diff(days))])
    integral: FloatArray = total - np.interp(0.0, days, total)
    return integral
