"""Links between satellites of adjacent planes: where they are along an orbit, how far apart, and when a link is up.

Circular orbits of one radius, inclination and period, whose nodes keep their distance: two satellites are a fixed pair
whose distance repeats from orbit to orbit.  SGP4's short-period terms move each by up to 9 km, nearly alike.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim.constants import EARTH_EQUATORIAL_RADIUS_KM

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class PairTrack:
    """Two satellites over one orbit, by the argument of latitude of the first."""

    distance_km: FloatArray
    latitude_deg: FloatArray
    """The higher of the two, geocentric, degrees north or south."""
    grazing_km: FloatArray
    """Least altitude of the line between them above the equatorial radius, km."""


def pair_track(
    radius_km: float, inclination_rad: float, node_rad: float, phase_rad: npt.ArrayLike, arguments_rad: FloatArray
) -> PairTrack:
    """Return how pairs of satellites fly: the second's node lies `node_rad` east, its phase `phase_rad` ahead.

    `arguments_rad` (n,) of the first; `phase_rad` of any shape, which the results have before the n.
    """
    ahead = np.asarray(phase_rad, dtype=float)[..., None] + arguments_rad
    first = _direction(arguments_rad, inclination_rad, 0.0)
    second = _direction(ahead, inclination_rad, node_rad)
    difference = second - first
    distance = radius_km * np.sqrt((difference**2).sum(axis=0))
    highest = np.maximum(np.abs(first[2]), np.abs(second[2]))
    # Of a chord between two points of one radius the middle is the lowest.
    middle = np.sqrt(np.maximum(radius_km**2 - (distance / 2) ** 2, 0.0))
    latitude: FloatArray = np.degrees(np.arcsin(np.clip(highest, 0.0, 1.0)))
    return PairTrack(distance, latitude, middle - EARTH_EQUATORIAL_RADIUS_KM)


def nearest_phase_rad(inclination_rad: float, node_rad: float) -> float:
    """Return how far ahead of a satellite the one in the other plane flies that is nearest to it on average."""
    cosine = np.cos(inclination_rad)
    level = np.cos(node_rad) * (1 + cosine**2) + np.sin(inclination_rad) ** 2
    return float(np.arctan2(-2 * np.sin(node_rad) * cosine, level))


def planes_apart_rad(inclination_rad: float, node_rad: float) -> float:
    """Return the angle between two orbital planes of one inclination; beyond a right angle they counter-rotate."""
    cosine = np.cos(inclination_rad) ** 2 + np.sin(inclination_rad) ** 2 * np.cos(node_rad)
    return float(np.arccos(np.clip(cosine, -1.0, 1.0)))


def is_up(
    track: PairTrack, max_range_km: float, cut_off_latitude_deg: float, grazing_km: float
) -> npt.NDArray[np.bool_]:
    """Return where the link of a pair is up: in range, below the latitude, above the air."""
    return np.asarray(
        (track.distance_km <= max_range_km)
        & (track.latitude_deg <= cut_off_latitude_deg)
        & (track.grazing_km >= grazing_km)
    )


def outages(up: npt.NDArray[np.bool_]) -> tuple[FloatArray, FloatArray]:
    """Return how long the outages of a cycle last, and the time up after each, as shares of it.

    `up` (n,) samples the cycle evenly, and it repeats.
    """
    n = len(up)
    if up.all():
        return np.empty(0), np.empty(0)
    if not up.any():
        return np.ones(1), np.zeros(1)
    turned = np.roll(up, -int(np.argmax(up)))  # begins up
    edges = np.diff(turned.astype(np.int8), append=1)
    begins, ends = np.flatnonzero(edges == -1), np.flatnonzero(edges == 1)
    following = np.append(begins[1:], begins[0] + n)
    return np.asarray((ends - begins) / n), np.asarray((following - ends) / n)


def stalled_share(outage_s: FloatArray, cycle_s: float, apart_s: float) -> float:
    """Return the share of time for which a gang waits for a link that has these outages in every cycle.

    The gang needs the link every `apart_s` of its work and works on until then: of an outage L it waits for
    L - R, R uniform on [0, apart_s], where that is positive.  Exact for outages that come at random in its rhythm.
    """
    if apart_s == 0:
        return float(outage_s.sum() / cycle_s)
    inside = np.minimum(outage_s, apart_s)
    waits = (outage_s * inside - inside**2 / 2) / apart_s
    return float(waits.sum() / cycle_s)


def _direction(argument_rad: FloatArray, inclination_rad: float, node_rad: float) -> FloatArray:
    """Unit vectors of satellites on a circular orbit, components first."""
    along, across = np.cos(argument_rad), np.sin(argument_rad)
    level = across * np.cos(inclination_rad)
    return np.stack(
        [
            np.cos(node_rad) * along - np.sin(node_rad) * level,
            np.sin(node_rad) * along + np.cos(node_rad) * level,
            across * np.sin(inclination_rad),
        ]
    )
