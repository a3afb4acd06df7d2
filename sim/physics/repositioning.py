"""From where a spare waits to a slot of its plane: the drift, the climb with its small turn, and what it takes.

A spare below its plane gains on the slots, so each of them comes round by itself.  At the plane's own inclination its
node would drift away under J2; it waits at an inclination at which the nodes keep together, and turns back by that
difference while it climbs:

    cos i' = cos i (a' / a)^3.5        phase gained a day: n' - n, some 1.5 n (a - a') / a
    two burns: sqrt(Hohmann^2 + (v di)^2), near enough        slow spiral: Edelbaum's formula

20 km below 650 km, sun-synchronous: 22.7 deg a day, 15.8 days a turn; di = .080 deg; 15.0 m/s by two burns, 19.7 by a
spiral.  20 km below 550 km at 53 deg: 23.6 deg a day, 15.3 days; di = .433 deg; 58.5 and 90.9 m/s: there the turn
costs more than the climb.  Circular orbits, first order in J2: drift and turn are within 1 % of SGP4's.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim.constants import EARTH_EQUATORIAL_RADIUS_KM, EARTH_MU_KM3_S2, SECONDS_PER_DAY, TAU
from sim.physics.checks import positive
from sim.physics.drag import speed_m_s
from sim.physics.phasing import days_until_arrival, hohmann_days

FloatArray = npt.NDArray[np.float64]

LOWEST_KM = 200.0
"""A phasing orbit whose perigee is lower does not last."""


def mean_motion_rad_per_day(altitude_km: npt.ArrayLike) -> FloatArray:
    """Return Kepler's mean motion of a circular orbit, radians a day; the nodal one differs by up to .2 %."""
    radius_km = EARTH_EQUATORIAL_RADIUS_KM + np.asarray(altitude_km, float)
    return np.asarray(np.sqrt(EARTH_MU_KM3_S2 / radius_km**3) * SECONDS_PER_DAY)


def phase_drift_rad_per_day(from_altitude_km: npt.ArrayLike, to_altitude_km: npt.ArrayLike) -> FloatArray:
    """Return how fast a satellite gains phase on one at another altitude, radians a day; altitudes, km, broadcast.

    Kepler's motions of circular orbits: J2 takes up to 1 % off between orbits of one nodal rate.
    """
    return np.asarray(mean_motion_rad_per_day(from_altitude_km) - mean_motion_rad_per_day(to_altitude_km))


def inclination_of_equal_node_rate_deg(
    altitude_km: npt.ArrayLike, plane_altitude_km: npt.ArrayLike, plane_inclination_deg: npt.ArrayLike
) -> FloatArray:
    """Return the inclination at which a circular orbit's node keeps with a plane's, degrees; all broadcast.

    The node's rate goes as a^-3.5 cos i (first order in J2; Vallado 2013, section 9.6).  An equatorial plane has no
    node: its inclination is returned.
    """
    low, high = (EARTH_EQUATORIAL_RADIUS_KM + np.asarray(h, float) for h in (altitude_km, plane_altitude_km))
    tilt = np.radians(np.asarray(plane_inclination_deg, float))
    cosine = np.cos(tilt) * (low / high) ** 3.5
    found = np.arccos(np.clip(cosine, -1, 1))
    return np.asarray(np.degrees(np.where(np.sin(tilt) < 1e-9, tilt, found)))


def hohmann_with_turn_m_s(
    from_altitude_km: npt.ArrayLike, to_altitude_km: npt.ArrayLike, turn_rad: npt.ArrayLike
) -> FloatArray:
    """Return the two burns of a Hohmann transfer that also turn the plane, m/s; altitudes, km, and angle broadcast.

    Each burn turns by a share of the angle as its share of the coplanar burns is, which is within 2e-4 of the best
    division for turns up to a degree (Vallado 2013, section 6.5); both are made at the nodes.
    """
    low, high = (EARTH_EQUATORIAL_RADIUS_KM + np.asarray(h, float) for h in (from_altitude_km, to_altitude_km))
    turn = np.asarray(turn_rad, float)
    first, last = speed_m_s(from_altitude_km), speed_m_s(to_altitude_km)
    leave, arrive = first * np.sqrt(2 * high / (low + high)), last * np.sqrt(2 * low / (low + high))
    burns = np.abs(leave - first), np.abs(last - arrive)
    whole = burns[0] + burns[1]
    share = np.where(whole > 0, burns[0] / np.where(whole > 0, whole, 1.0), 0.5)

    def burn(before: FloatArray, after: FloatArray, angle: FloatArray) -> FloatArray:
        # The law of cosines, without its loss of digits at small angles.
        return np.asarray(np.sqrt((after - before) ** 2 + 4 * before * after * np.sin(angle / 2) ** 2))

    return burn(first, leave, share * turn) + burn(arrive, last, (1 - share) * turn)


def spiral_phase_share(from_altitude_km: npt.ArrayLike, to_altitude_km: npt.ArrayLike) -> FloatArray:
    """Return the mean phase drift on a slow spiral as a share of that before it; altitudes, km, broadcast.

    The mean motion goes as speed cubed, and speed changes evenly: about half for a few dozen kilometres.
    """
    first = speed_m_s(from_altitude_km) / speed_m_s(to_altitude_km)
    small = np.abs(first - 1) < 1e-7
    safe = np.where(small, 2.0, first)
    mean = (safe**4 - 1) / (4 * (safe - 1))
    return np.asarray(np.where(small, 0.5, (mean - 1) / (safe**3 - 1)))


def hohmann_phase_share(from_altitude_km: npt.ArrayLike, to_altitude_km: npt.ArrayLike) -> FloatArray:
    """Return the mean phase drift on a Hohmann transfer as a share of that before it; altitudes, km, broadcast."""
    days, drift = (
        hohmann_days(from_altitude_km, to_altitude_km),
        phase_drift_rad_per_day(from_altitude_km, to_altitude_km),
    )
    gained = np.pi - mean_motion_rad_per_day(to_altitude_km) * days
    still = np.abs(drift) < 1e-9
    return np.asarray(np.where(still, 0.5, gained / np.where(still, 1.0, drift * days)))


def phasing_delta_v_m_s(altitude_km: npt.ArrayLike, angle_rad: npt.ArrayLike, days: npt.ArrayLike) -> FloatArray:
    """Return the two burns that bring a satellite of a circular orbit to a place `angle_rad` ahead in some days, m/s.

    It enters an ellipse on which it gains the angle in that time, n' = n + angle / t, and leaves it where it entered:
    v |(2 - a / a')^.5 - 1|, twice (Vallado 2013, section 6.6); about 2/3 a angle / t.  The cheaper of gaining the angle
    and losing the rest of a turn counts; infinite where neither makes a whole turn on an ellipse with its perigee at
    `LOWEST_KM` or above.  All broadcast.  That turns come in whole numbers is left out: there are 15 a day.
    """
    radius_km = EARTH_EQUATORIAL_RADIUS_KM + np.asarray(altitude_km, float)
    ahead = np.asarray(angle_rad, float) % TAU
    turned = mean_motion_rad_per_day(altitude_km) * positive("days", days)
    lowest = np.minimum(LOWEST_KM + EARTH_EQUATORIAL_RADIUS_KM, radius_km)

    def burns(angle: FloatArray) -> FloatArray:
        possible = turned + angle >= TAU
        axis = (np.where(possible, turned + angle, TAU) / turned) ** (-2 / 3)  # over the orbit's own
        possible &= np.minimum(2 * axis - 1, 1.0) * radius_km >= lowest
        cost = 2 * speed_m_s(altitude_km) * np.abs(np.sqrt(np.maximum(2 - 1 / axis, 0.0)) - 1)
        return np.where(possible, cost, np.inf)

    return np.asarray(np.where(ahead == 0, 0.0, np.minimum(burns(ahead), burns(ahead - TAU))))


@dataclass(frozen=True, eq=False)
class SpareWays:
    """The ways of one design's spares from their berths to the slots of their plane.  Arrays have an entry a plane."""

    below_km: float
    """How far below the plane they wait; 0: in its own orbit, where a strategy says in how many days they move."""
    checkout_days: float
    """Before one leaves, it is started and checked out."""
    slot_phase_rad: tuple[FloatArray, ...]
    """Argument of latitude of each slot on day 0, by plane."""
    spare_phase_rad: tuple[FloatArray, ...]
    """The same of each spare berth."""
    altitude_km: FloatArray
    turn_rad: FloatArray
    """Inclination of the plane less that at which its spares wait, without sign."""
    drift_rad_per_day: FloatArray
    """Phase that a waiting spare gains on the slots; 0 in their own orbit."""
    climb_days: FloatArray
    climb_share: FloatArray
    """Drift while climbing, as a share of the drift before."""
    climb_m_s: FloatArray
    """Delta-v of climb and turn."""
    extra_m_s: FloatArray
    """Delta-v from the launch to a slot by way of the berth, less that of a satellite that goes to the slot at once."""

    def days(self, day: float, plane: int, spares: npt.NDArray[np.intp], slots: npt.NDArray[np.intp]) -> FloatArray:
        """Days until spares below, sent on a day, are at work in slots, shape (spares, slots); numbered in the plane.

        Each is checked out, waits until it is so far behind the slot as it gains on the climb, and climbs.
        """
        drift, ready = self.drift_rad_per_day[plane], self.checkout_days
        ahead = self.slot_phase_rad[plane][slots][None, :] - self.spare_phase_rad[plane][spares][:, None]
        ahead = ahead - drift * (day + ready)
        return ready + days_until_arrival(ahead, drift, self.climb_days[plane], self.climb_share[plane])

    def longest_days(self, plane: int) -> float:
        """The longest that a spare below can take: a whole turn, after its check-out, and the climb."""
        return float(self.checkout_days + TAU / self.drift_rad_per_day[plane] + self.climb_days[plane])

    def delta_v_m_s(self, plane: int, spare: int, slot: int, phasing_days: float) -> float:
        """Delta-v of a spare's way to a slot; in the slots' own orbit within some days.

        0 days stand for a spare that is there at once, without propellant.  Infinite where no orbit does it in time.
        """
        if self.below_km > 0:
            return float(self.climb_m_s[plane])
        if phasing_days == 0:
            return 0.0
        angle = float(self.slot_phase_rad[plane][slot] - self.spare_phase_rad[plane][spare])
        return float(phasing_delta_v_m_s(self.altitude_km[plane], angle, phasing_days))

    def spent_m_s(self, plane: int, delta_v_m_s: float) -> float:
        """What a way takes from the life of a spare, beyond what it would have spent to be launched to its slot."""
        return float(self.extra_m_s[plane]) if self.below_km > 0 else delta_v_m_s

    def widest_rad(self, plane: int) -> float:
        """The largest angle between a spare berth and a slot of a plane, the shorter way round; 0 without berths."""
        slots, spares = np.sort(self.slot_phase_rad[plane] % TAU), self.spare_phase_rad[plane]
        if len(slots) == 0 or len(spares) == 0:
            return 0.0
        opposite = (spares + np.pi) % TAU
        near = np.searchsorted(slots, opposite)
        either = np.stack([slots[near % len(slots)], slots[near - 1]])
        return float(np.abs((either - spares + np.pi) % TAU - np.pi).max())
