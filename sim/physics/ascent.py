"""The way to orbit: speed that an orbit asks of a launch vehicle, and what its upper stage then still carries."""

from __future__ import annotations

import numpy as np

from sim.constants import EARTH_EQUATORIAL_RADIUS_KM, EARTH_MU_KM3_S2, STANDARD_GRAVITY_M_S2
from sim.physics.checks import between, positive

EARTH_SPIN_M_S = 465.1
"""Speed of the ground at the equator, m/s: 7.292115e-5 rad/s times 6,378.137 km."""
PARKING_KM = 200.0
"""Orbit from which a higher one is reached by two burns (Hohmann), km [A]."""


def ascent_delta_v_m_s(altitude_km: float, inclination_deg: float, latitude_deg: float) -> float:
    """Return the speed that a circular orbit asks for beyond what the ground's turning gives, losses apart, m/s.

    A parking orbit is entered at the launch site's latitude with the azimuth that gives the inclination: the ground
    moves by up to 465 m/s cos(latitude) along it, or against a retrograde one.  An orbit that never passes over the
    site (inclination below its latitude) costs a turn of the parking orbit's plane.  Two burns then raise it.  Losses
    by gravity and drag, some 1,500 m/s, hardly depend on the orbit and cancel in differences (Curtis 2020, section
    6.3 for Hohmann; Vallado 2013, section 6.4 for the azimuth).
    """
    height = float(between("altitude_km", altitude_km, 100.0, 1e5))
    tilt = np.radians(float(between("inclination_deg", inclination_deg, 0.0, 180.0)))
    latitude = np.radians(float(between("latitude_deg", latitude_deg, 0.0, 90.0)))
    low = EARTH_EQUATORIAL_RADIUS_KM + min(PARKING_KM, height)
    high = EARTH_EQUATORIAL_RADIUS_KM + height
    speed = _circular_m_s(low)
    # The nearest inclination that passes over the site, and what is left to turn.
    reached = np.clip(tilt, latitude, np.pi - latitude)
    turn = 2 * speed * np.sin(abs(tilt - reached) / 2)
    ground = EARTH_SPIN_M_S * np.cos(latitude)
    eastward = speed * np.clip(np.cos(reached) / max(np.cos(latitude), 1e-9), -1.0, 1.0)
    entry = np.sqrt(speed**2 - 2 * ground * eastward + ground**2)
    leave = speed * np.sqrt(2 * high / (low + high)) - speed
    arrive = _circular_m_s(high) * (1 - np.sqrt(2 * low / (low + high)))
    return float(entry + turn + leave + arrive)


def payload_kg(
    reference_kg: float, more_m_s: float, *, stage_dry_kg: float, stage_propellant_kg: float, isp_s: float
) -> float:
    """Return the payload to an orbit that asks for `more_m_s` than that to which the stage brings `reference_kg`.

    Tsiolkovsky: the stage gives exhaust x ln(1 + propellant / (dry + payload)), and the rest of the vehicle the same
    in both cases.  0 where even the empty stage falls short; infinite where the reference asks for all that it gives.
    """
    exhaust = float(positive("isp_s", isp_s)) * STANDARD_GRAVITY_M_S2
    dry, burnt = (
        float(positive("stage_dry_kg", stage_dry_kg)),
        float(positive("stage_propellant_kg", stage_propellant_kg)),
    )
    ratio = (1 + burnt / (dry + float(positive("reference_kg", reference_kg)))) * np.exp(more_m_s / exhaust)
    if ratio <= 1:
        return float("inf")
    return max(float(burnt / (ratio - 1) - dry), 0.0)


def _circular_m_s(radius_km: float) -> float:
    return float(1000 * np.sqrt(EARTH_MU_KM3_S2 / radius_km))
