"""When ground stations see satellites: elevation over the ellipsoid, and the windows above a station's least elevation.

Positions come from the project's own mean orbits (`PlaneTrack`), turned into the Earth's frame by mean sidereal time.
Left out: refraction (it lifts a satellite at 10 deg by .09 deg, which lengthens a pass by about 2 s), polar motion and
light-time (milliseconds), and the difference of UT1 from UTC (at most .9 s of the Earth's turning: .06 s of a pass).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from sim.constants import (
    EARTH_EQUATORIAL_RADIUS_KM,
    EARTH_FLATTENING,
    EARTH_SIDEREAL_RATE_RAD_PER_DAY,
    SECONDS_PER_DAY,
    TAU,
)
from sim.physics.track import PlaneTrack

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]

STEPS_PER_ORBIT = 60
"""Instants of an orbit at which elevations are looked at; between them a pass is found by its highest point."""
_GOLDEN_ROUNDS = 24
"""Rounds in which a highest point is sought: they leave 2e-5 of two steps, 2 ms."""
_SURE_ROUNDS, _STILL_RISES = 8, 0.02
"""After so many rounds, within 4 s of the highest point, the sine rises by less than this."""
_GOLDEN = 0.5 * (5**0.5 - 1)
_ROOT_ROUNDS = 40
"""At most so many rounds in which edges are sought."""
_ROOT_DAYS = 1e-3 / SECONDS_PER_DAY
"""How finely an edge is placed."""
_TOGETHER = 400_000
"""Instants that are looked at together: some 30 MB."""


@dataclass(frozen=True, eq=False)
class Stations:
    """Places on the ground, in axes that turn with the Earth."""

    position_km: FloatArray
    """Shape (stations, 3)."""
    up: FloatArray
    """The ellipsoid's normal there, shape (stations, 3)."""
    least_sine: FloatArray
    """Sine of the least elevation, shape (stations,)."""

    @classmethod
    def at(
        cls,
        latitude_deg: npt.ArrayLike,
        longitude_deg: npt.ArrayLike,
        altitude_m: npt.ArrayLike,
        min_elevation_deg: npt.ArrayLike,
    ) -> Stations:
        """Return stations by geodetic latitude, longitude east, height above the ellipsoid and least elevation, (n,).

        The IERS ellipsoid, .5 m off that of WGS 84.
        """
        given = (latitude_deg, longitude_deg, altitude_m, min_elevation_deg)
        latitude, longitude, height_m, least = np.broadcast_arrays(
            *(np.atleast_1d(np.asarray(x, float)) for x in given)
        )
        latitude, longitude, height_km = np.radians(latitude), np.radians(longitude), height_m / 1000
        squared = EARTH_FLATTENING * (2 - EARTH_FLATTENING)
        normal = EARTH_EQUATORIAL_RADIUS_KM / np.sqrt(1 - squared * np.sin(latitude) ** 2)
        up = np.stack(
            [np.cos(latitude) * np.cos(longitude), np.cos(latitude) * np.sin(longitude), np.sin(latitude)], axis=-1
        )
        reach = np.stack([normal + height_km] * 2 + [normal * (1 - squared) + height_km], axis=-1)
        return cls(reach * up, up, np.sin(np.radians(least)))

    def __len__(self) -> int:
        return len(self.least_sine)


@dataclass(frozen=True, eq=False)
class Windows:
    """Passes of one satellite over stations, in order of their rise; those under way at either end are clipped."""

    station: IntArray
    """Which station sees it, shape (n,)."""
    rise: FloatArray
    """Days, shape (n,)."""
    set: FloatArray
    """Days, shape (n,)."""

    def __len__(self) -> int:
        return len(self.rise)

    @property
    def length_s(self) -> FloatArray:
        """Lengths, seconds."""
        return (self.set - self.rise) * SECONDS_PER_DAY


def earth_fixed_km(track: PlaneTrack, phase_rad: npt.ArrayLike, days: FloatArray, sidereal_rad: float) -> FloatArray:
    """Return where a satellite is in axes that turn with the Earth, km, shape (3, ...).

    `phase_rad` is its mean argument of latitude at day 0, `days` any shape that it broadcasts with; `sidereal_rad`:
    Greenwich mean sidereal time at day 0.
    """
    angle = np.asarray(phase_rad, dtype=float) + track.latitude_rate_rad_per_day * days
    x, y, z = track.point_km(angle, days)
    turn = track.node_rad(days) - sidereal_rad - EARTH_SIDEREAL_RATE_RAD_PER_DAY * days
    cosine, sine = np.cos(turn), np.sin(turn)
    return np.stack(np.broadcast_arrays(x * cosine - y * sine, x * sine + y * cosine, z))


def elevation_sine(place_km: FloatArray, station_km: FloatArray, up: FloatArray) -> FloatArray:
    """Return the sine of the elevation of places (3, ...) over stations (3, ...), which broadcast."""
    away = place_km - station_km
    sine: FloatArray = (away * up).sum(axis=0) / np.sqrt((away * away).sum(axis=0))
    return sine


def slant_range_km(altitude_km: float, elevation_deg: npt.ArrayLike) -> FloatArray:
    """Return the distance of a satellite seen at an elevation from the ground of a sphere, km."""
    radius = EARTH_EQUATORIAL_RADIUS_KM
    sine, cosine = np.sin(np.radians(elevation_deg)), np.cos(np.radians(elevation_deg))
    distance: FloatArray = np.sqrt((radius + altitude_km) ** 2 - (radius * cosine) ** 2) - radius * sine
    return distance


@dataclass(frozen=True, eq=False)
class Visibility:
    """A plane's orbit over stations: elevation as a function of time, and its windows."""

    track: PlaneTrack
    stations: Stations
    sidereal_rad: float
    """Greenwich mean sidereal time at day 0."""

    def excess(self, station: IntArray, phase_rad: float, days: FloatArray) -> FloatArray:
        """Return the sine of elevation less that of the least one, of a satellite over these stations, shape (n,)."""
        place = earth_fixed_km(self.track, phase_rad, days, self.sidereal_rad)
        found = elevation_sine(place, self.stations.position_km[station].T, self.stations.up[station].T)
        return found - self.stations.least_sine[station]

    def windows(self, phase_rad: float, start_day: float, end_day: float) -> Windows:
        """Return the passes between two days of the satellite whose mean argument of latitude is this on day 0.

        Every pass that lasts longer than about a second is found: on a grid of 60 instants an orbit each station's
        elevation has one highest point a pass, which is then sought between the neighbouring instants.
        """
        step = TAU / self.track.latitude_rate_rad_per_day / STEPS_PER_ORBIT
        piece = max(step, step * _TOGETHER / max(len(self.stations), 1))
        edges = np.linspace(start_day, end_day, max(1, int(np.ceil((end_day - start_day) / piece))) + 1)
        found = [self._piece(phase_rad, a, b, step) for a, b in pairwise(edges)]
        station = np.concatenate([part[0] for part in found])
        rise, fall = (np.concatenate([part[i] for part in found]) for i in (1, 2))
        order = np.lexsort((rise, station))
        station, rise, fall = station[order], rise[order], fall[order]
        # A pass that the cut between two pieces parts is one.
        joined = np.append(False, (station[1:] == station[:-1]) & (rise[1:] - fall[:-1] < _ROOT_DAYS))
        first = np.flatnonzero(~joined[: len(rise)])
        station, rise, fall = station[first], rise[first], fall[np.append(first[1:], len(rise))[: len(first)] - 1]
        order = np.argsort(rise, kind="stable")
        return Windows(station[order], rise[order], fall[order])

    def _piece(self, phase: float, start: float, end: float, step: float) -> tuple[IntArray, FloatArray, FloatArray]:
        """Stations, rises and sets between two days, in no order."""
        # One instant more on either side, so that a highest point may lie next to an end.
        inner = np.linspace(start, end, max(2, int(np.ceil((end - start) / step)) + 1))
        days = np.concatenate([[start - step], inner, [end + step]])
        place = earth_fixed_km(self.track, phase, days, self.sidereal_rad)[:, None, :]
        stations = self.stations
        sine = elevation_sine(place, stations.position_km.T[:, :, None], stations.up.T[:, :, None])
        excess = sine - stations.least_sine[:, None]
        peak, top, height = self._highest(phase, days, excess)
        inside = (top > start) & (top < end)
        peak, top, height, excess, days = peak[inside], top[inside], height[inside], excess[:, 1:-1], inner
        which = np.concatenate([np.repeat(np.arange(len(stations)), len(days)), peak])
        when = np.concatenate([np.tile(days, len(stations)), top])
        value = np.concatenate([excess.ravel(), height])
        order = np.lexsort((when, which))
        which, when, value = which[order], when[order], value[order]
        above = value > 0
        same = which[1:] == which[:-1]
        edge = np.flatnonzero(same & (above[1:] != above[:-1]))
        at = self._root(which[edge], phase, when[edge], when[edge + 1], value[edge], value[edge + 1])
        rising = above[edge + 1]
        first, last = np.append(True, ~same), np.append(~same, True)
        rise = np.concatenate([at[rising], when[first & above]])
        risen = np.concatenate([which[edge][rising], which[first & above]])
        fall = np.concatenate([at[~rising], when[last & above]])
        fallen = np.concatenate([which[edge][~rising], which[last & above]])
        up, down = np.lexsort((rise, risen)), np.lexsort((fall, fallen))
        return risen[up], rise[up], fall[down]

    def _highest(self, phase: float, days: FloatArray, excess: FloatArray) -> tuple[IntArray, FloatArray, FloatArray]:
        """Stations, days and excess of the highest points that lie between instants, none of them above."""
        middle = excess[:, 1:-1]
        # A satellite that is not above at either instant changes its sine by less than this between them.
        near = (middle > -0.6) & (middle <= 0) & (middle >= excess[:, :-2]) & (middle >= excess[:, 2:])
        station, place = np.nonzero(near)
        low, high = days[place], days[place + 2]
        left, right = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
        at_left, at_right = self.excess(station, phase, left), self.excess(station, phase, right)
        found: list[tuple[IntArray, FloatArray, FloatArray]] = []
        for number in range(_GOLDEN_ROUNDS):
            best = np.maximum(at_left, at_right)
            top = best > 0
            found.append((station[top], np.where(at_left > at_right, left, right)[top], best[top]))
            open_ = ~top & (best > (-_STILL_RISES if number >= _SURE_ROUNDS else -np.inf))
            station = station[open_]
            low, high, left, right, at_left, at_right = (
                one[open_] for one in (low, high, left, right, at_left, at_right)
            )
            lower = at_left < at_right
            low, high = np.where(lower, left, low), np.where(lower, high, right)
            new = np.where(lower, low + _GOLDEN * (high - low), high - _GOLDEN * (high - low))
            value = self.excess(station, phase, new)
            left, right = np.where(lower, right, new), np.where(lower, new, left)
            at_left, at_right = np.where(lower, at_right, value), np.where(lower, value, at_left)
        stations, tops, heights = (np.concatenate(column) for column in zip(*found, strict=True))
        return stations, tops, heights

    def _root(
        self,
        station: IntArray,
        phase: float,
        low: FloatArray,
        high: FloatArray,
        at_low: FloatArray,
        at_high: FloatArray,
    ) -> FloatArray:
        """Days between `low` and `high` at which the excess is 0: regula falsi by the Illinois rule."""
        roots = 0.5 * (low + high)
        place = np.arange(len(roots))
        for _ in range(_ROOT_ROUNDS):
            root = (low * at_high - high * at_low) / (at_high - at_low)
            open_ = np.abs(root - roots[place]) > _ROOT_DAYS
            roots[place] = root
            if not open_.any():
                break
            place, station = place[open_], station[open_]
            low, high, at_low, at_high, root = (one[open_] for one in (low, high, at_low, at_high, root))
            value = self.excess(station, phase, root)
            crossed = (value > 0) != (at_high > 0)
            low, at_low = np.where(crossed, high, low), np.where(crossed, at_high, 0.5 * at_low)
            high, at_high = root, np.where(value == 0, at_high * 1e-300, value)
        return roots
