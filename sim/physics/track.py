"""Where a plane's satellites fly and where its Sun stands, as functions of time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from sim.constants import TAU
from sim.physics.orbit import OrbitCurve

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]
Weights = tuple[FloatArray, FloatArray, FloatArray, FloatArray]


@dataclass(frozen=True, eq=False)
class PlaneTrack:
    """The mean orbit that the satellites of one plane share, and the Sun over it, by days since the start.

    The satellites keep their places along it: a drift of node or inclination leaves `latitude_rate_rad_per_day` and
    the semi-major axis as they are.
    """

    mean_radius_km: float
    inclination_rad: float
    raan0_rad: float
    node_rate_rad_per_day: float
    latitude_rate_rad_per_day: float
    sun_km: FloatArray = field(repr=False)
    """Geocentric Sun in TEME at `days`, shape (n, 3)."""
    days: FloatArray = field(repr=False)
    eccentricity: float = 0.0
    argument_of_perigee_rad: float = 0.0
    perigee_rate_rad_per_day: float = 0.0
    inclination_offset_rad: FloatArray | None = field(default=None, repr=False)
    """What the inclination has drifted by at `days`, shape (n,)."""
    node_offset_rad: FloatArray | None = field(default=None, repr=False)
    """What the node has drifted by, off its steady rate, at `days`, shape (n,)."""

    def sun_in_node_axes_km(self, days: FloatArray) -> FloatArray:
        """Return the Sun along the mean node, 90 degrees on in the equator, and the pole, km, shape (3, n).

        A cubic through four daily values is good to 2e-9 rad; a few days beyond the table, where only the outermost
        nodes of the meeting table lie, to 1e-5.
        """
        first, weights, _ = self._cubic(days)
        return _in_node_axes(_weighted(self._sun_rows, first, weights), self.node_rad(days))

    def sun_and_drift_km(self, days: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the Sun in node axes, km, and its rate there, km a day: straight over half an eclipse to 2e-6 rad."""
        first, weights, slopes = self._cubic(days)
        sun = _in_node_axes(_weighted(self._sun_rows, first, weights), node := self.node_rad(days))
        drift = _in_node_axes(_weighted(self._sun_rows, first, slopes), node)
        rate: FloatArray | float = self.node_rate_rad_per_day
        if self.node_offset_rad is not None:
            rate = rate + _weighted(self.node_offset_rad, first, slopes)
        drift[0] += rate * sun[1]
        drift[1] -= rate * sun[0]
        return sun, drift

    def node_rad(self, days: FloatArray) -> FloatArray:
        """Return the mean node, radians, not wrapped."""
        node = self.raan0_rad + self.node_rate_rad_per_day * days
        return node if self.node_offset_rad is None else node + self._between(self.node_offset_rad, days)

    def tilt_rad(self, days: FloatArray) -> FloatArray | float:
        """Return the mean inclination, radians: a number unless it drifts."""
        if self.inclination_offset_rad is None:
            return self.inclination_rad
        return self.inclination_rad + self._between(self.inclination_offset_rad, days)

    def curve(self, days: FloatArray) -> OrbitCurve:
        """Return the curve flown about these days."""
        turned = self.perigee_rate_rad_per_day * days
        perigee = self.argument_of_perigee_rad + turned if self.eccentricity else 0.0
        return OrbitCurve.of_axis(self._semi_major_axis_km, self.tilt_rad(days), self.eccentricity, perigee)

    def point_km(self, mean_argument_rad: FloatArray, days: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return where satellites at these mean arguments of latitude are on these days, km.

        Along the mean node, 90 degrees on in the equator, and the pole, as `OrbitCurve.point_km`.
        """
        curve = self.curve(days)
        longitude = mean_argument_rad
        for _ in range(6 if self.eccentricity else 3):  # the error falls by the eccentricity, .001 or .15, squared
            miss = curve.mean_argument_rad(longitude) - mean_argument_rad
            slope = 1 - curve.forward * np.sin(longitude) - curve.ahead * np.cos(longitude)
            longitude = longitude - miss / slope
        return curve.point_km(longitude)

    def argument_opposite_sun_rad(self, days: FloatArray, sun_km: FloatArray) -> FloatArray:
        """Return the argument of latitude opposite the Sun, [-pi, pi], from the Sun in node axes."""
        x, y, z = sun_km
        tilt = self.tilt_rad(days)
        argument: FloatArray = np.arctan2(-(y * np.cos(tilt) + z * np.sin(tilt)), -x)
        return argument

    def beta_and_sun_distance(self, days: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return beta, radians, positive on the orbit normal's side, and the distance of the Sun, km."""
        sun, tilt = self.sun_in_node_axes_km(days), self.tilt_rad(days)
        distance: FloatArray = np.sqrt((sun * sun).sum(axis=0))
        beta: FloatArray = np.arcsin((sun[2] * np.cos(tilt) - sun[1] * np.sin(tilt)) / distance)
        return beta, distance

    @property
    def turning_rad_per_day(self) -> float:
        """Rate at which the meeting with the shadow changes, in which a turning perigee counts .3."""
        turning = abs(self.node_rate_rad_per_day - _SUN_RAD_PER_DAY) + _SUN_RAD_PER_DAY
        return turning + (0.3 * abs(self.perigee_rate_rad_per_day) if self.eccentricity else 0.0)

    @cached_property
    def _semi_major_axis_km(self) -> float:
        curve = OrbitCurve.of_mean_orbit(self.mean_radius_km, self.inclination_rad, self.eccentricity)
        return curve.semi_major_axis_km

    @cached_property
    def _sun_rows(self) -> FloatArray:
        return np.ascontiguousarray(self.sun_km.T)

    def _between(self, table: FloatArray, days: FloatArray) -> FloatArray:
        """Return a table (n,) on `self.days` between its values."""
        first, weights, _ = self._cubic(days)
        return _weighted(table, first, weights)

    def _cubic(self, days: FloatArray) -> tuple[IntArray, Weights, Weights]:
        """Return the first of the four rows about each day, their weights for a value and for a rate per day."""
        spacing = self.days[1] - self.days[0]
        place = (days - self.days[0]) / spacing
        first = np.clip(np.floor(place).astype(np.intp) - 1, 0, self.days.size - 4)
        t = place - first
        a, b, c = t - 1, t - 2, t - 3
        weights = (-a * b * c / 6, t * b * c / 2, -t * a * c / 2, t * a * b / 6)
        scale = 1 / spacing
        slopes = (
            -(a * b + (a + b) * c) * (scale / 6),
            (t * b + (t + b) * c) * (scale / 2),
            -(t * a + (t + a) * c) * (scale / 2),
            (t * a + (t + a) * b) * (scale / 6),
        )
        return first, weights, slopes


def _weighted(table: FloatArray, first: IntArray, weights: Weights) -> FloatArray:
    value: FloatArray = weights[0] * table[..., first]
    for k, weight in enumerate(weights[1:], 1):
        value += weight * table[..., first + k]
    return value


def _in_node_axes(vector: FloatArray, node_rad: FloatArray) -> FloatArray:
    x, y, z = vector
    cosine, sine = np.cos(node_rad), np.sin(node_rad)
    return np.stack([x * cosine + y * sine, y * cosine - x * sine, z])


_SUN_RAD_PER_DAY = TAU / 365.25


def beta_rad(tracks: Sequence[PlaneTrack], days: FloatArray) -> FloatArray:
    """Return beta of several planes under one Sun on some days, radians, shape (planes, n): as `beta_and_sun_distance`.

    `tracks` share the table of the Sun; at least one.
    """
    first, weights, _ = tracks[0]._cubic(days)
    sun = _weighted(np.ascontiguousarray(tracks[0].sun_km.T), first, weights)
    x, y, z = sun / np.sqrt((sun * sun).sum(axis=0))
    node = np.array([track.node_rad(days) for track in tracks])
    tilt = np.array([np.broadcast_to(track.tilt_rad(days), days.shape) for track in tracks])
    beta: FloatArray = np.arcsin(z * np.cos(tilt) - (y * np.cos(node) - x * np.sin(node)) * np.sin(tilt))
    return beta
