"""The Earth's shadow as geometry: what counts as eclipse, what casts it, and how deep a point stands in it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.constants import EARTH_EQUATORIAL_RADIUS_KM, EARTH_FLATTENING, SUN_RADIUS_KM

FloatArray = npt.NDArray[np.float64]
AnalyticArray = npt.NDArray[Any]
"""Real, or complex where a formula is continued past the end of an eclipse season."""


class Shadow(StrEnum):
    """What counts as eclipse."""

    POINT = "point"
    """The Sun's centre is hidden: a point Sun, Skyfield's own model."""
    UMBRA = "umbra"
    """The whole Sun is hidden."""
    PENUMBRA = "penumbra"
    """Any of the Sun is hidden, so an edge is the first loss or the full return of light."""


class EarthShape(StrEnum):
    """What casts the shadow."""

    SPHERE = "sphere"
    """A sphere of 6378.1366 km, Skyfield's `is_sunlit`."""
    ELLIPSOID = "ellipsoid"
    """The reference ellipsoid, 21 km less at the poles."""


SUN_SIZE_KM = {Shadow.POINT: 0.0, Shadow.UMBRA: -SUN_RADIUS_KM, Shadow.PENUMBRA: SUN_RADIUS_KM}


def eclipse_fraction(altitude_km: npt.ArrayLike, beta_rad: npt.ArrayLike) -> FloatArray:
    """Return the share of a circular orbit in a cylindrical shadow, 0 to .5; arguments broadcast.

    (1/pi) acos(sqrt(h^2 + 2 R h) / ((R + h) cos beta)), zero where the plane clears the cylinder.  Against the cones,
    half the penumbra's 8 s at each edge.  Wertz & Larson, Space Mission Analysis and Design, section 5.1.
    """
    height = np.asarray(altitude_km, dtype=float)
    across = (EARTH_EQUATORIAL_RADIUS_KM + height) * np.abs(np.cos(beta_rad))
    horizon = np.sqrt(height**2 + 2 * EARTH_EQUATORIAL_RADIUS_KM * height)
    with np.errstate(divide="ignore"):
        share: FloatArray = np.arccos(np.minimum(horizon / across, 1.0)) / np.pi
    return share


@dataclass(frozen=True)
class ShadowCaster:
    """An Earth and a Sun, and the cone between them that counts as eclipse."""

    shadow: Shadow = Shadow.POINT
    earth: EarthShape = EarthShape.SPHERE
    opaque_atmosphere_km: float = 0.0

    def depth(self, point_km: tuple[AnalyticArray, ...], sun_km: AnalyticArray) -> tuple[AnalyticArray, AnalyticArray]:
        """Return how deep points stand in the shadow, and what a Sun larger by its own radius would add.

        Depth is the cosine of the angle off the shadow's axis less that of its edge: the edge of the cone tangent to
        a Sun of radius s and an Earth of radius R, seen from the Earth's centre, lies asin(R / r) + asin((R + s) / D)
        off the axis, with s = 0 for a point Sun and negative for the umbra.  An ellipsoid is a sphere after
        stretching the pole's axis, which turns the Sun's disc oval by .3 % (1 ms).  `point_km` and `sun_km` (3, ...)
        share any axes along the pole.
        """
        radius_km = EARTH_EQUATORIAL_RADIUS_KM + self.opaque_atmosphere_km
        x, y, z = point_km
        sun_x, sun_y, sun_z = sun_km
        if self.earth is EarthShape.ELLIPSOID:
            stretch = radius_km / (radius_km - EARTH_EQUATORIAL_RADIUS_KM * EARTH_FLATTENING)
            z, sun_z = z * stretch, sun_z * stretch
        distance = np.sqrt(x * x + y * y + z * z)
        sun_distance = np.sqrt(sun_x * sun_x + sun_y * sun_y + sun_z * sun_z)
        sine = (radius_km + SUN_SIZE_KM[self.shadow]) / sun_distance
        ratio = radius_km / distance
        edge = np.sqrt((1 - sine**2) * (1 - ratio**2)) - sine * ratio
        depth: AnalyticArray = -(x * sun_x + y * sun_y + z * sun_z) / (distance * sun_distance) - edge
        gain: AnalyticArray = SUN_RADIUS_KM / sun_distance * np.sqrt(1 - edge**2)
        return depth, gain
