"""How often satellites meet one another and what else is up there: a kinetic gas of objects in circular orbits.

The rate at which one object meets those of a population is density x encounter speed x area (Kessler & Cour-Palais
1978, doi:10.1029/JA083iA06p02637; Kessler 1981, doi:10.1016/0019-1035(81)90151-2).  Nodes and phases are taken as
random, so a fleet that holds its phases meets itself less often than this: see `own_share` of the scenario's `sky`.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt
from scipy.special import ellipk

from sim.constants import DAYS_PER_YEAR, EARTH_EQUATORIAL_RADIUS_KM, SECONDS_PER_DAY
from sim.physics.checks import at_least, between, positive
from sim.physics.drag import speed_m_s

FloatArray = npt.NDArray[np.float64]

LOWEST_KM, BAND_KM = 200.0, 30.0
"""Lower edge and width of the bands of `_CATALOGUE`."""
STEEPEST_DEG = 89.0
"""Inclinations closer to 90 degrees are taken as this far from the equator: the gas of polar orbits diverges at the
poles, where real ones, of unlike height and phase, do not all meet."""
BLUR_DEG = 0.5
"""Half a degree below its highest latitude a population of another inclination crowds no further: an orbit and its
mirror image (97.5 and 82.5 degrees) would otherwise meet without bound, and no real population is that sharp."""

# Tracked objects in bands of 30 km from 200 to 1,400 km, payloads, rocket bodies and debris, early 2022: the initial
# population of MIT's source-sink model (github.com/ARCLab-MIT/pyssem, pyssem/utils/launch/x0.csv), summed over its
# classes.  Its 530-560 km hold 1,705 satellites of the class of Starlink's first shell, which stood there; the mean of
# that class in the two bands beside it stands in their place, so this is the sky as the rest of the world fills it.
# fmt: off
_CATALOGUE = np.array([
    4, 5, 21, 30, 65, 97, 115, 203, 293, 368, 462, 394.5, 456, 358, 383, 343, 501, 519, 694, 973, 793, 831, 643, 488,
    391, 514, 474, 225, 219, 212, 147, 135, 148, 369, 104, 149, 102, 75, 75, 98,
])
# fmt: on
_ABOVE = 75.0 / BAND_KM
"""Objects per km above the table, up to 2,000 km: as in its last 200 km; recalled profiles fall by some two to three
from 1,500 to 2,000 km [A]."""

_MIX_DEG = np.array([28.0, 52.0, 65.0, 74.0, 82.5, 87.0, 98.5])
_MIX = np.array([0.03, 0.12, 0.12, 0.13, 0.20, 0.10, 0.30])
"""Inclinations of the catalogue, coarsely [R].  The speed at which an orbit at 53 degrees meets any one of these lies
within 30 % of that of the mix; one at 97.5 degrees meets 82.5 degrees, its mirror image, twice as often."""


def catalogue_per_km3(altitude_km: npt.ArrayLike) -> FloatArray:
    """Return the mean density of tracked objects at altitudes, per km^3, without Starlink; shape of `altitude_km`.

    Straight between the middles of bands of 30 km.  Early 2022, 200 to 2,000 km: ValueError outside.  Above 1,400 km
    the density is an extrapolation.  The catalogue has grown since: see `catalogue_factor` of the scenario's `sky`.
    """
    height = between("altitude_km", altitude_km, 200.0, 2000.0)
    middles = LOWEST_KM + BAND_KM * (np.arange(len(_CATALOGUE)) + 0.5)
    per_km = np.interp(height, np.append(middles, [1415.0, 2000.0]), np.append(_CATALOGUE / BAND_KM, [_ABOVE, _ABOVE]))
    return np.asarray(per_km / shell_km2(height))


def shell_km2(altitude_km: npt.ArrayLike) -> FloatArray:
    """Return the area of a sphere at altitudes, km^2: times a thickness, the volume of a shell."""
    return np.asarray(4 * np.pi * (EARTH_EQUATORIAL_RADIUS_KM + np.asarray(altitude_km, float)) ** 2)


def encounter_speed_km_s(altitude_km: float, first_deg: float, second_deg: float) -> float:
    """Return the speed that, times the mean density of one population, gives the flux of it on one of another, km/s.

    Both in circular orbits at `altitude_km`, inclined by `first_deg` and `second_deg`, 0 to 180 exclusive; the density
    is the mean over the sphere.  It contains that orbits crowd at their highest latitudes, and the relative speed at
    each latitude, half of the crossings from either side.  Of one inclination i it is (4 / pi^2) v K(sin i), K the
    complete elliptic integral; otherwise by a quadrature, which comes to that within 2 % as the two approach.
    ValueError for inclinations outside 0 to 180.
    """
    tilts = np.array([first_deg, second_deg], float)
    between("inclination_deg", tilts, 0.0, 180.0)
    retrograde = tilts > 90.0
    north = np.sin(np.radians(np.clip(np.where(retrograde, 180.0 - tilts, tilts), 0.01, STEEPEST_DEG)))
    cosine = np.sqrt(1 - north**2) * np.where(retrograde, -1.0, 1.0)
    speed = float(speed_m_s(altitude_km)) / 1000.0
    low, high = int(np.argmin(north)), int(np.argmax(north))
    if abs(cosine[0] - cosine[1]) < 1e-9:
        return float(4 / np.pi**2 * speed * ellipk(north[0] ** 2))
    # sin(latitude) = sin(lower inclination) sin(phi): then the lower orbit spends equal times in equal phi.
    nodes, weights = _gauss()
    phi = np.pi / 4 * (nodes + 1)  # one hemisphere stands for both
    latitude_sine = north[low] * np.sin(phi)
    latitude_cosine = np.sqrt(1 - latitude_sine**2)
    blurred = 2 * north[high] * np.sqrt(1 - north[high] ** 2) * np.radians(BLUR_DEG)
    crowding = 2 / np.pi / np.sqrt(np.maximum(north[high] ** 2 - latitude_sine**2, blurred))
    east = cosine[:, None] / latitude_cosine
    up = np.sqrt(np.maximum(1 - east**2, 0.0))
    same = np.sqrt((east[0] - east[1]) ** 2 + (up[0] - up[1]) ** 2)
    opposed = np.sqrt((east[0] - east[1]) ** 2 + (up[0] + up[1]) ** 2)
    return float(speed * np.sum(weights * crowding * 0.5 * (same + opposed)) / 2)


@cache
def _gauss() -> tuple[FloatArray, FloatArray]:
    """Nodes and weights of the quadrature."""
    return np.polynomial.legendre.leggauss(200)


def catalogue_speed_km_s(altitude_km: float, inclination_deg: float) -> float:
    """Return `encounter_speed_km_s` of an orbit with the catalogue's mix of inclinations, km/s."""
    speeds = [encounter_speed_km_s(altitude_km, inclination_deg, float(other)) for other in _MIX_DEG]
    return float(np.dot(_MIX, speeds))


def encounters_per_year(
    density_per_km3: npt.ArrayLike, speed_km_s: npt.ArrayLike, area_km2: npt.ArrayLike
) -> FloatArray:
    """Return how often one object has another of a population within an area across its way, per year; broadcasts.

    ValueError for negative arguments.
    """
    met = at_least("density_per_km3", density_per_km3) * at_least("speed_km_s", speed_km_s)
    return np.asarray(met * at_least("area_km2", area_km2) * SECONDS_PER_DAY * DAYS_PER_YEAR)


def manoeuvre_area_km2(radius_m: npt.ArrayLike, sigma_m: npt.ArrayLike, least_probability: npt.ArrayLike) -> FloatArray:
    """Return the area across an object's way in which a pass has at least a probability of collision, km^2; broadcasts.

    A pass at miss distance b collides with probability r^2 / (2 sigma^2) exp(-b^2 / (2 sigma^2)), for a combined radius
    r that is small against the error sigma of the miss, the same in both directions: Alfriend et al. 1999,
    Space Debris 1, 21 [R].  It exceeds P within 2 pi sigma^2 ln(r^2 / (2 sigma^2 P)), nowhere where that is below
    0.  ValueError unless radius and probability are above 0.
    """
    ratio = positive("radius_m", radius_m) ** 2 / (2 * positive("sigma_m", sigma_m) ** 2)
    spread_km2 = 2 * np.pi * (np.asarray(sigma_m, float) / 1000.0) ** 2
    return np.asarray(spread_km2 * np.maximum(np.log(ratio / positive("least_probability", least_probability)), 0.0))


def collision_area_km2(first_m2: npt.ArrayLike, second_m2: npt.ArrayLike) -> FloatArray:
    """Return the area in which two discs of these projected areas touch, (sqrt(a) + sqrt(b))^2, km^2; broadcasts."""
    both = np.sqrt(at_least("first_m2", first_m2)) + np.sqrt(at_least("second_m2", second_m2))
    return np.asarray(both**2 * 1e-6)
