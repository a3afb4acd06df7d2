"""From satellite to satellite: speed and time that it takes to fly along an orbit, and from one plane to another."""

from __future__ import annotations

from dataclasses import dataclass
from math import asin, cos, inf, log, pi, radians, sin, sqrt

from sim.constants import EARTH_EQUATORIAL_RADIUS_KM, SECONDS_PER_DAY, STANDARD_GRAVITY_M_S2
from sim.physics.checks import between, positive
from sim.physics.drag import speed_m_s
from sim.physics.orbit import nodal_precession_deg_per_day

DRIFTS_KM = (-150.0, -100.0, -50.0, -25.0, 25.0, 50.0, 100.0, 150.0)
"""Heights of the drift orbits that are tried, below and above the nearer orbit, km."""
LOWEST_DRIFT_KM = 300.0
"""A drift orbit lower than this would decay within weeks."""
SAME_NODE_DEG = 1e-6
LEAST_M_S = 1e-3
"""What asks for less speed than this asks for none."""


@dataclass(frozen=True)
class Transfer:
    """A way from one orbit to another."""

    days: float
    delta_v_m_s: float


def phasing_days(altitude_km: float, angle_rad: float, delta_v_m_s: float) -> float:
    """Return the days that a manoeuvre along a circular orbit takes, given its speed.

    An orbit lower or higher by da drifts by 1.5 n da / a; to enter and to leave it costs v da / a.  So a speed and the
    angle give the time: (2/3) a angle / speed (Vallado 2013, section 6.6, for small changes).
    """
    axis_m = 1000 * (EARTH_EQUATORIAL_RADIUS_KM + float(between("altitude_km", altitude_km, 100.0, 1e5)))
    angle = abs((angle_rad + pi) % (2 * pi) - pi)
    return float(2 / 3 * axis_m * angle / float(positive("delta_v_m_s", delta_v_m_s)) / SECONDS_PER_DAY)


def edelbaum_m_s(from_altitude_km: float, to_altitude_km: float, angle_rad: float) -> float:
    """Return the delta-v of a slow spiral between circular orbits whose planes stand at an angle, m/s.

    sqrt(v1^2 + v2^2 - 2 v1 v2 cos(pi/2 angle)), Edelbaum 1961, doi:10.2514/8.5723; up to an angle of 2 radians.
    """
    first, second = (float(speed_m_s(height)) for height in (from_altitude_km, to_altitude_km))
    turned = cos(pi / 2 * min(angle_rad, 2.0))
    return sqrt(max(first**2 + second**2 - 2 * first * second * turned, 0.0))


def node_transfers(
    from_orbit: tuple[float, float], to_orbit: tuple[float, float], node_difference_deg: float, turn_days: float
) -> list[Transfer]:
    """Return the ways from one circular orbit (altitude km, inclination deg) to another whose node lies further east.

    The first turns the plane by thrust, in `turn_days`.  The others drift below or above the orbit until J2 has brought
    the nodes together: the days are those of the difference over that of the two nodal rates (Vallado 2013, section
    9.6), and thrust changes height and inclination alone.
    """
    (low, tilt), (high, other) = from_orbit, to_orbit
    node = (node_difference_deg + 180) % 360 - 180
    first, second = radians(tilt), radians(other)
    half = sin((second - first) / 2) ** 2 + sin(first) * sin(second) * sin(radians(node) / 2) ** 2
    angle = 2 * asin(sqrt(min(max(half, 0.0), 1.0)))
    thrust = edelbaum_m_s(low, high, angle)
    ways = [Transfer(turn_days if thrust > LEAST_M_S else 0.0, thrust)]
    if abs(node) <= SAME_NODE_DEG:
        return ways
    target = float(nodal_precession_deg_per_day(high, other))
    for offset in (0.0, *DRIFTS_KM):
        height = low + offset
        if height < LOWEST_DRIFT_KM:
            continue
        rate = float(nodal_precession_deg_per_day(height, tilt)) - target  # eastwards, against the node aimed at
        way = node % 360 if rate > 0 else node % 360 - 360
        days = way / rate if abs(rate) > 1e-9 else inf
        spirals = edelbaum_m_s(low, height, 0.0) + edelbaum_m_s(height, high, abs(second - first))
        ways.append(Transfer(days + turn_days, spirals))
    return ways


def delta_v_m_s(wet_kg: float, propellant_kg: float, isp_s: float) -> float:
    """Return the speed that a craft can spend in all, m/s (Tsiolkovsky)."""
    return isp_s * STANDARD_GRAVITY_M_S2 * log(wet_kg / (wet_kg - propellant_kg))
