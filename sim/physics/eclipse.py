"""When satellites stand in the Earth's shadow: exact edges for any satellite of a plane from one table per plane.

All satellites of a plane fly the same curve, so the shadow's entry and exit depend on where the plane meets the
shadow, not on who flies by.  Number the meetings of the plane's satellites with the shadow by psi = 2 pi j - phase
(j the revolution): the middle of the eclipse and the *square* of its half length are smooth functions of psi, also
through the end of an eclipse season, where the edges themselves have a square root and where the squared half length
turns negative.  `PlaneShadow` tabulates those two about daily, and every eclipse of every satellite is then one
interpolation: a matrix product, some ten nanoseconds.

Units: km, radians, and days since the mission's start (00:00 UTC).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

import numpy as np
import numpy.typing as npt

from sim.constants import EARTH_EQUATORIAL_RADIUS_KM, EARTH_FLATTENING, SUN_RADIUS_KM, TAU
from sim.physics.orbit import OrbitCurve

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]


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


@dataclass(frozen=True, eq=False)
class PlaneShadow:
    """The shadow as the satellites of one plane meet it.

    Build it with `build`; the table of edges is made on first use and kept.  Accuracy against SGP4 with Skyfield's
    `is_sunlit`: edges within about .02 s, .1 s for eclipses under a minute.  Limits: no light-time or aberration
    (.09 s), satellites of the plane share semi-major axis, inclination, node and eccentricity vector, and the Earth's
    rotation does not matter (the shape is symmetric about the pole).
    """

    mean_radius_km: float
    inclination_rad: float
    raan0_rad: float
    node_rate_rad_per_day: float
    latitude_rate_rad_per_day: float
    sun_km: FloatArray = field(repr=False)
    days: FloatArray = field(repr=False)
    shadow: Shadow = Shadow.POINT
    earth: EarthShape = EarthShape.SPHERE
    opaque_atmosphere_km: float = 0.0
    eccentricity: float = 0.0
    argument_of_perigee_rad: float = 0.0
    perigee_rate_rad_per_day: float = 0.0

    @classmethod
    def build(
        cls,
        radius_km: float,
        inclination_rad: float,
        raan0_rad: float,
        node_rate: float,
        u_rate: float,
        sun_teme_km: FloatArray,
        days: FloatArray,
        shadow: Shadow = Shadow.POINT,
        *,
        earth: EarthShape | None = None,
        opaque_atmosphere_km: float = 0.0,
        eccentricity: float = 0.0,
        argument_of_perigee_rad: float = 0.0,
        perigee_rate: float = 0.0,
    ) -> PlaneShadow:
        """Describe one plane.

        `radius_km` is the mean radius, `raan0_rad` the mean node at day 0, the rates are radians a day (`u_rate` of
        the mean argument of latitude): all from `sim.ephemeris.secular_rates`.  `sun_teme_km` (n, 3) holds the
        geocentric Sun at the evenly spaced `days` (n >= 4), at most 2 days apart; eclipses can be asked for anywhere
        between the first and the last.  `earth` defaults to the sphere for a point Sun (Skyfield's model) and to the
        ellipsoid otherwise; `opaque_atmosphere_km` raises either.  The eccentricity vector is SGP4's mean one.
        """
        sun, grid = np.asarray(sun_teme_km, dtype=float), np.asarray(days, dtype=float)
        if grid.ndim != 1 or grid.size < 4 or sun.shape != (grid.size, 3):
            raise ValueError(f"sun_teme_km {sun.shape} and days {grid.shape} must be (n, 3) and (n,) with n >= 4")
        spacing = (grid[-1] - grid[0]) / (grid.size - 1)
        if not (0 < spacing <= 2 and np.allclose(np.diff(grid), spacing, rtol=1e-9, atol=1e-9)):
            raise ValueError("days must rise evenly by at most 2")
        if earth is None:
            earth = EarthShape.SPHERE if shadow is Shadow.POINT else EarthShape.ELLIPSOID
        return cls(
            float(radius_km),
            float(inclination_rad),
            float(raan0_rad),
            float(node_rate),
            float(u_rate),
            sun,
            grid,
            Shadow(shadow),
            EarthShape(earth),
            float(opaque_atmosphere_km),
            float(eccentricity),
            float(argument_of_perigee_rad),
            float(perigee_rate),
        )

    def sunlit_fraction(self, days: npt.ArrayLike) -> FloatArray:
        """Return the share of the revolution under way at these days that is in light, (n,), 0 to 1."""
        at = np.atleast_1d(np.asarray(days, dtype=float))
        self._check_span(at.min(initial=self.days[0]), at.max(initial=self.days[0]))
        squared = np.interp(at, self._table.middle_days(), self._table.half_squared)
        return 1.0 - 2.0 * np.sqrt(np.maximum(squared, 0.0)) / self._table.meeting_period_days(at)

    def eclipses(self, phase_rad: npt.ArrayLike, start_day: float, end_day: float) -> tuple[FloatArray, FloatArray]:
        """Return entries and exits, days, of one satellite with this mean argument of latitude at day 0.

        Sorted; an eclipse that the span cuts is clipped to it.
        """
        phase = np.asarray(phase_rad, dtype=float)
        if phase.size != 1:
            raise ValueError(f"phase_rad {phase.shape} must be one angle: use eclipses_of_many for several satellites")
        _, entry, leaving = self.eclipses_of_many(phase.reshape(1), start_day, end_day)
        return entry, leaving

    def eclipses_of_many(
        self, phases_rad: npt.ArrayLike, start_day: float, end_day: float
    ) -> tuple[IntArray, FloatArray, FloatArray]:
        """Return satellite index, entry and exit, days, of every eclipse between the two days.

        `phases_rad` (m,) are mean arguments of latitude at day 0.  Sorted by satellite, then by time; eclipses that
        the span cuts are clipped to it.  Raises `ValueError` for a span outside the Sun's table.
        """
        phases = np.asarray(phases_rad, dtype=float).ravel() % TAU
        self._check_span(start_day, end_day)
        pieces = [
            self._table.eclipses(phases[first : first + _CHUNK], float(start_day), float(end_day), first)
            for first in range(0, phases.size, _CHUNK)
        ]
        if not pieces:
            return np.empty(0, dtype=np.intp), np.empty(0), np.empty(0)
        if len(pieces) == 1:
            return pieces[0]
        satellite, entry, leaving = (np.concatenate(column) for column in zip(*pieces, strict=True))
        return satellite, entry, leaving

    def _check_span(self, first: float, last: float) -> None:
        # a microsecond of grace for sums of floats
        if not (self.days[0] - 1e-11 <= first <= last <= self.days[-1] + 1e-11):
            raise ValueError(f"days {first} to {last} must lie within {self.days[0]} to {self.days[-1]}, in order")

    @cached_property
    def _table(self) -> _MeetingTable:
        return _MeetingTable.of(self)


_CHUNK = 8
"""Satellites handled at once: their arrays for a year stay within a core's cache."""

_NODES = np.arange(-2, 4)
"""Table nodes about a point that its value is interpolated from (a polynomial of degree 5)."""
