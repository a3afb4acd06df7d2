"""Keeping an orbit and losing it: drag, decay, propellant, raising and disposal.

What holding the node costs is in `sim.physics.orbit`.  Circular orbits throughout.  `ballistic_kg_m2` is m / (Cd A):
the heavier per area, the longer aloft.  Accuracy is the density's (`sim.physics.atmosphere`): 15 % of a mean day,
20-30 % over a solar cycle.
"""

from __future__ import annotations

from datetime import date

import numpy as np
import numpy.typing as npt

from sim.constants import (
    DAYS_PER_YEAR,
    EARTH_EQUATORIAL_RADIUS_KM,
    EARTH_MU_KM3_S2,
    SECONDS_PER_DAY,
    STANDARD_GRAVITY_M_S2,
)
from sim.physics.atmosphere import orbit_mean_density_kg_m3
from sim.physics.checks import at_least, positive
from sim.physics.power import Mount
from sim.physics.solar_cycle import DAY_AFTER_LAST, SolarLevel, f107, f107_and_ap

FloatArray = npt.NDArray[np.float64]

DRAG_COEFFICIENT = 2.2
"""Cd of a satellite in free molecular flow, 2.0-2.8.  Vallado, Fundamentals of Astrodynamics and Applications."""

REENTRY_ALTITUDE_KM = 200.0
"""Where a decay counts as over: the rest takes less than two days even at 200 kg/m2."""


def speed_m_s(altitude_km: npt.ArrayLike) -> FloatArray:
    """Return the speed in a circular orbit, m/s; shape of `altitude_km`."""
    return 1000.0 * np.sqrt(EARTH_MU_KM3_S2 / _radius_km(altitude_km))


def array_drag_area_m2(array_area_m2: npt.ArrayLike, mount: Mount | str, beta_rad: npt.ArrayLike = 0.0) -> FloatArray:
    """Return the orbit-mean area a flat array of this one-sided area shows the flow, m2; arguments broadcast.

    The mean of |cos(normal, velocity)|: 0 edge-on, as along the orbit normal or to the zenith, 2/pi for a normal that
    turns in the orbital plane with the Sun, (2/pi) cos beta for one that faces a Sun beta radians off it.  Thickness,
    lift and the atmosphere's rotation (3-5 % of the speed) are left out.  ValueError for an unknown mount or a negative
    area.
    """
    if mount not in list(Mount):
        raise ValueError(f"mount = {mount!r}: must be one of {', '.join(Mount)}")
    area = at_least("array_area_m2", array_area_m2)
    beta = np.asarray(beta_rad, dtype=float)
    match Mount(mount):
        case Mount.ORBIT_NORMAL | Mount.ZENITH:
            share = np.zeros(beta.shape)
        case Mount.ONE_AXIS:
            share = np.full(beta.shape, 2 / np.pi)
        case Mount.TWO_AXIS:
            share = 2 / np.pi * np.abs(np.cos(beta))
    return np.asarray(area * share)


def tumbling_drag_area_m2(surface_m2: npt.ArrayLike) -> FloatArray:
    """Return the mean projected area of a convex body tumbling at random, m2: a quarter of its total surface.

    Cauchy 1841; a plate of area A has surface 2 A and shows A / 2.  For an array and a body added up it is an upper
    bound, for one hides the other at times.
    """
    return at_least("surface_m2", surface_m2) / 4.0


def ballistic_kg_m2(
    mass_kg: npt.ArrayLike, drag_area_m2: npt.ArrayLike, drag_coefficient: npt.ArrayLike = DRAG_COEFFICIENT
) -> FloatArray:
    """Return m / (Cd A), kg/m2; arguments broadcast.  ValueError unless all are above 0."""
    drag = positive("drag_coefficient", drag_coefficient) * positive("drag_area_m2", drag_area_m2)
    return np.asarray(positive("mass_kg", mass_kg) / drag)


def decay_km_per_day(
    altitude_km: npt.ArrayLike, density_kg_m3: npt.ArrayLike, ballistic_kg_m2: npt.ArrayLike
) -> FloatArray:
    """Return da/dt = -sqrt(mu a) rho Cd A / m of a circular orbit, km a day (negative); arguments broadcast.

    King-Hele, Satellite Orbits in an Atmosphere (1987), chapter 4.
    """
    per_km = 1000.0 * np.asarray(density_kg_m3, dtype=float) / positive("ballistic_kg_m2", ballistic_kg_m2)
    return np.asarray(-np.sqrt(EARTH_MU_KM3_S2 * _radius_km(altitude_km)) * per_km * SECONDS_PER_DAY)


def drag_make_up_m_s_per_year(
    altitude_km: npt.ArrayLike, density_kg_m3: npt.ArrayLike, ballistic_kg_m2: npt.ArrayLike
) -> FloatArray:
    """Return the delta-v that holds a circular orbit against drag, rho v^2 / (2 m / (Cd A)), m/s a year."""
    drag = 0.5 * np.asarray(density_kg_m3, dtype=float) * speed_m_s(altitude_km) ** 2
    return np.asarray(drag / positive("ballistic_kg_m2", ballistic_kg_m2) * SECONDS_PER_DAY * DAYS_PER_YEAR)


def lifetime_years(
    altitude_km: npt.ArrayLike,
    ballistic_kg_m2: npt.ArrayLike,
    f107: npt.ArrayLike,
    ap: npt.ArrayLike | None = None,
) -> FloatArray:
    """Return how long a dead satellite takes to fall to 200 km under constant solar activity, years; broadcasts.

    For comparison and rules of thumb; over more than two years use `decay_days`.  ValueError as for the density.
    """
    height, ballistic, flux = np.broadcast_arrays(
        np.asarray(altitude_km, dtype=float),
        positive("ballistic_kg_m2", ballistic_kg_m2),
        np.asarray(f107, dtype=float),
    )
    share = np.linspace(0.0, 1.0, 401)
    span = height[..., None] - REENTRY_ALTITUDE_KM
    way = REENTRY_ALTITUDE_KM + span * share
    magnetic = None if ap is None else np.asarray(ap, dtype=float)[..., None]
    density = orbit_mean_density_kg_m3(np.where(span < 0, height[..., None], way), flux[..., None], magnetic)
    days_per_km = -1.0 / decay_km_per_day(way, density, ballistic[..., None])
    return np.asarray(np.trapezoid(days_per_km, way, axis=-1) / DAYS_PER_YEAR)


def decay_days(
    altitude_km: npt.ArrayLike,
    ballistic_kg_m2: npt.ArrayLike,
    start: date,
    death_days: npt.ArrayLike = 0.0,
    level: SolarLevel | str = SolarLevel.NOMINAL,
    step_days: float = 10.0,
) -> FloatArray:
    """Return the days from death to 200 km through the solar cycle, inf for those aloft when its table ends.

    Arguments broadcast; `death_days` counts from 00:00 UTC of `start`.  Midpoint rule, steps of `step_days` shortened
    to 1 km of fall: within .1 % of a step five times finer.  Uses the cycle's own Ap, below `reference_ap`, so the same
    F10.7 acts 11-15 % weaker than in `lifetime_years`.  ValueError for altitudes off the density table or a death
    outside 2020-2055.
    """
    height, ballistic, death = (
        np.array(x, dtype=float).reshape(-1)
        for x in np.broadcast_arrays(
            np.asarray(altitude_km, dtype=float), positive("ballistic_kg_m2", ballistic_kg_m2), np.asarray(death_days)
        )
    )
    shape = np.broadcast(np.asarray(altitude_km), np.asarray(ballistic_kg_m2), np.asarray(death_days)).shape
    f107(death, start, level)
    orbit_mean_density_kg_m3(height, 150.0)
    table_end = float((DAY_AFTER_LAST - np.datetime64(start)) / np.timedelta64(1, "D")) - 1.0
    now, fell = death.copy(), np.full(height.shape, np.inf)
    fell[height <= REENTRY_ALTITUDE_KM] = 0.0
    aloft = np.flatnonzero((height > REENTRY_ALTITUDE_KM) & (now < table_end))

    def rate(at: FloatArray, when: FloatArray, those: npt.NDArray[np.intp]) -> FloatArray:
        weather = f107_and_ap(when, start, level)
        density = orbit_mean_density_kg_m3(np.maximum(at, REENTRY_ALTITUDE_KM), *weather)
        return decay_km_per_day(at, density, ballistic[those])

    while aloft.size:
        first = rate(height[aloft], now[aloft], aloft)
        step = np.minimum(np.minimum(step_days, -1.0 / first), table_end - now[aloft])
        middle = rate(height[aloft] + 0.5 * step * first, now[aloft] + 0.5 * step, aloft)
        below = height[aloft] + step * middle
        landed = below <= REENTRY_ALTITUDE_KM
        part = np.where(landed, (height[aloft] - REENTRY_ALTITUDE_KM) / (height[aloft] - below), 1.0)
        now[aloft] += part * step
        height[aloft] = below
        fell[aloft[landed]] = now[aloft[landed]] - death[aloft[landed]]
        aloft = aloft[~landed & (now[aloft] < table_end)]
    return fell.reshape(shape)


def propellant_kg(mass_kg: npt.ArrayLike, delta_v_m_s: npt.ArrayLike, isp_s: npt.ArrayLike) -> FloatArray:
    """Return the propellant a delta-v takes from a satellite of this mass before it, kg (Tsiolkovsky); broadcasts."""
    exhaust = STANDARD_GRAVITY_M_S2 * positive("isp_s", isp_s)
    delta_v = at_least("delta_v_m_s", delta_v_m_s)
    return np.asarray(-positive("mass_kg", mass_kg) * np.expm1(-delta_v / exhaust))


def low_thrust_delta_v_m_s(from_altitude_km: npt.ArrayLike, to_altitude_km: npt.ArrayLike) -> FloatArray:
    """Return the delta-v of a slow spiral between circular orbits of one plane, m/s: the difference of their speeds.

    Edelbaum 1961, doi:10.2514/8.5723.
    """
    return np.abs(speed_m_s(from_altitude_km) - speed_m_s(to_altitude_km))


def perigee_lowering_delta_v_m_s(altitude_km: npt.ArrayLike, perigee_km: npt.ArrayLike) -> FloatArray:
    """Return the one burn that takes a circular orbit's perigee down to `perigee_km`, m/s (half a Hohmann transfer).

    ValueError where the perigee is not below the orbit.
    """
    high, low = _radius_km(altitude_km), _radius_km(perigee_km)
    if np.any(low > high):
        raise ValueError(
            f"perigee_km = {np.max(perigee_km):g} must not lie above altitude_km = {np.min(altitude_km):g}"
        )
    return np.asarray(speed_m_s(altitude_km) * (1.0 - np.sqrt(2.0 * low / (high + low))))


def _radius_km(altitude_km: npt.ArrayLike) -> FloatArray:
    return EARTH_EQUATORIAL_RADIUS_KM + np.asarray(altitude_km, dtype=float)
