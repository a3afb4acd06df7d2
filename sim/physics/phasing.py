"""Moving between orbits of one inclination: delta-v and time of a raise, and the wait until two nodes align.

A lower orbit's node drifts faster under J2, so a satellite that waits below reaches one plane after another.  Its node
goes on drifting while it climbs, less and less: a slow climb has to begin before the nodes align.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim.constants import EARTH_EQUATORIAL_RADIUS_KM, EARTH_MU_KM3_S2, SECONDS_PER_DAY, TAU
from sim.physics.checks import positive
from sim.physics.drag import low_thrust_delta_v_m_s, speed_m_s

FloatArray = npt.NDArray[np.float64]


def hohmann_delta_v_m_s(from_altitude_km: npt.ArrayLike, to_altitude_km: npt.ArrayLike) -> FloatArray:
    """Return the two burns of a Hohmann transfer between circular orbits of one plane, m/s; altitudes broadcast.

    Vallado 2013, section 6.3.  For a few hundred kilometres within .1 % of a slow spiral's.
    """
    low, high = (EARTH_EQUATORIAL_RADIUS_KM + np.asarray(h, float) for h in (from_altitude_km, to_altitude_km))
    share = np.sqrt(2 * high / (low + high))
    leave = speed_m_s(from_altitude_km) * np.abs(share - 1)
    arrive = speed_m_s(to_altitude_km) * np.abs(1 - np.sqrt(2 * low / (low + high)))
    return np.asarray(leave + arrive)


def hohmann_days(from_altitude_km: npt.ArrayLike, to_altitude_km: npt.ArrayLike) -> FloatArray:
    """Return the time of a Hohmann transfer, days: half a period of the ellipse."""
    low, high = (EARTH_EQUATORIAL_RADIUS_KM + np.asarray(h, float) for h in (from_altitude_km, to_altitude_km))
    return np.asarray(np.pi * np.sqrt((0.5 * (low + high)) ** 3 / EARTH_MU_KM3_S2) / SECONDS_PER_DAY)


def spiral_days(
    from_altitude_km: npt.ArrayLike, to_altitude_km: npt.ArrayLike, delta_v_m_s_per_day: npt.ArrayLike
) -> FloatArray:
    """Return the time of a slow spiral, days, by a propulsion that gives this delta-v a day."""
    pace = positive("delta_v_m_s_per_day", delta_v_m_s_per_day)
    return np.asarray(low_thrust_delta_v_m_s(from_altitude_km, to_altitude_km) / pace)


def climbing_drift_share(from_altitude_km: npt.ArrayLike, to_altitude_km: npt.ArrayLike) -> FloatArray:
    """Return the mean drift of the node against the target while climbing, as a share of the drift before the climb.

    The node's rate goes as speed to the seventh power, and speed falls evenly on a spiral of steady thrust, so the mean
    rate is that of speed^8 / 8; about .47 of the difference for a few hundred kilometres.
    """
    first, last = speed_m_s(from_altitude_km), speed_m_s(to_altitude_km)
    first, last = first / last, np.ones_like(last)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = (first**8 - 1) / (8 * (first - 1))
        share = (mean - 1) / (first**7 - 1)
    return np.asarray(np.where(np.abs(first - 1) < 1e-9, 0.5, share))


def days_until_arrival(
    node_ahead_rad: npt.ArrayLike,
    relative_rate_rad_per_day: npt.ArrayLike,
    climb_days: npt.ArrayLike,
    drift_share: npt.ArrayLike,
) -> FloatArray:
    """Return the days until a satellite that drifts towards a plane has climbed into it; all broadcast.

    `node_ahead_rad`: node of the plane less that of the satellite's orbit, now; `relative_rate_rad_per_day`: rate of
    the satellite's node less that of the plane's, not 0; it climbs for `climb_days`, drifting on by `drift_share` of
    that rate.  It leaves so that the nodes meet at the end of the climb, at the earliest now.
    """
    rate, climb = np.asarray(relative_rate_rad_per_day, float), np.asarray(climb_days, float)
    period = TAU / np.abs(rate)
    wait = np.asarray(node_ahead_rad, float) / rate - np.asarray(drift_share, float) * climb
    return np.asarray(wait % period + climb)


@dataclass(frozen=True, eq=False)
class Transfers:
    """The ways from parking orbits to planes.  Arrays have a row a parking orbit and a column a plane."""

    parking: npt.NDArray[np.intp]
    """Which plane each parking orbit is, shape (rows,)."""
    node_ahead_rad: FloatArray
    """Node of the plane less that of the parking orbit on day 0."""
    relative_rate_rad_per_day: FloatArray
    """Rate of the parking orbit's node less that of the plane's; 0 where there is no way."""
    climb_days: FloatArray
    drift_share: FloatArray
    """Drift while climbing, as a share of the drift before."""
    delta_v_m_s: FloatArray

    def days(self, day: float, plane: int) -> FloatArray:
        """Days until a spare that is sent from each parking orbit on a day is in a plane; infinite where none can."""
        rate = self.relative_rate_rad_per_day[:, plane]
        with np.errstate(divide="ignore", invalid="ignore"):
            ahead = self.node_ahead_rad[:, plane] - rate * day
            found = days_until_arrival(ahead, rate, self.climb_days[:, plane], self.drift_share[:, plane])
        return np.asarray(np.where(rate == 0, np.inf, found))
