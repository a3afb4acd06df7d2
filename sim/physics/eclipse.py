"""When satellites stand in the Earth's shadow: exact edges for any satellite of a plane from one table per plane.

All satellites of a plane fly the same curve, so the shadow's entry and exit depend on where the plane meets the
shadow, not on who flies by.  `PlaneShadow` tabulates those meetings about daily (`sim.physics.meetings`), and every
eclipse of every satellite is then one interpolation: a matrix product, some ten nanoseconds.

Two things are asked of a shadow and kept apart here.  *Edges* are instants: `eclipses` and the time between them,
`eclipse_fraction`.  *Light* is what a solar array receives: `sunlit_fraction`, in which the penumbra's partial light
counts as such.  They differ only for `Shadow.PENUMBRA`, by about half the time in penumbra; a point Sun or the umbra
alone switch the light on and off, so there light is one less the time between the edges.

Units: km, radians, and days since the mission's start (00:00 UTC).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from sim.constants import EARTH_EQUATORIAL_RADIUS_KM, TAU
from sim.physics.meetings import TURN_PER_NODE_DAILY_RAD, MeetingTable
from sim.physics.shadow import EarthShape, Shadow, ShadowCaster, eclipse_fraction
from sim.physics.track import PlaneTrack

__all__ = ["DailyLight", "EarthShape", "PlaneGeometry", "PlaneShadow", "Shadow", "daily_light", "eclipse_fraction"]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class PlaneGeometry:
    """Sun, plane and shadow on some days, each of shape (n,): what power and heat are computed from."""

    beta_rad: FloatArray
    """Angle between the Sun and the plane, positive on the orbit normal's side."""
    sun_distance_km: FloatArray
    """Distance of the Sun from the Earth's centre."""
    shadow_half_arc_rad: FloatArray
    """Half of the revolution between the edges of eclipse, as mean argument of latitude: pi x eclipse fraction."""
    sunlit_fraction: FloatArray
    """Share of a revolution's sunlight that arrives, 0 to 1."""


@dataclass(frozen=True, eq=False)
class DailyLight:
    """Geometry of many planes on the same days, single precision: 12 bytes a plane and day."""

    beta_rad: npt.NDArray[np.float32]
    """Shape (planes, n)."""
    shadow_half_arc_rad: npt.NDArray[np.float32]
    """Shape (planes, n)."""
    sunlit_fraction: npt.NDArray[np.float32]
    """Shape (planes, n)."""
    sun_distance_km: npt.NDArray[np.float32]
    """Shape (n,): the same for all planes."""


@dataclass(frozen=True, eq=False)
class PlaneShadow:
    """The shadow as the satellites of one plane meet it.

    Build it with `build`; the table of edges is made on first use and kept.  Accuracy against SGP4 with Skyfield's
    `is_sunlit`: edges within about .02 s, .1 s for eclipses under a minute.  Limits: no light-time or aberration
    (.09 s), satellites of the plane share semi-major axis, inclination, node and eccentricity vector, an orbit meets
    the shadow at most once a revolution, and the Earth's rotation does not matter (the shape is symmetric about the
    pole).
    """

    track: PlaneTrack
    caster: ShadowCaster

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
        *,
        shadow: Shadow = Shadow.POINT,
        earth: EarthShape | None = None,
        opaque_atmosphere_km: float = 0.0,
        eccentricity: float = 0.0,
        argument_of_perigee_rad: float = 0.0,
        perigee_rate: float = 0.0,
        node_offset_rad: npt.ArrayLike | None = None,
        inclination_offset_rad: npt.ArrayLike | None = None,
    ) -> PlaneShadow:
        """Describe one plane.

        `radius_km` is the mean radius, `raan0_rad` the mean node at day 0, the rates are radians a day (`u_rate` of
        the mean argument of latitude): all from `sim.ephemeris.secular_rates`.  `sun_teme_km` (n, 3) holds the
        geocentric Sun at the evenly spaced `days` (n >= 4), at most 2 days apart; eclipses can be asked for anywhere
        between the first and the last.  `earth` defaults to the sphere for a point Sun (Skyfield's model) and to the
        ellipsoid otherwise; `opaque_atmosphere_km` raises either.  The eccentricity vector is SGP4's mean one, at
        most .15, and its perigee must clear the opaque Earth.

        A plane that drifts off its steady rates takes `node_offset_rad` and `inclination_offset_rad`, numbers or one
        value for each of `days`, such as `sim.physics.orbit.luni_solar_drift` returns.  Between days they follow the
        same cubic as the Sun: what changes over weeks, as orbits do, is met to 1e-9 rad; a jump is smeared over two
        days either way.  Satellites keep their places: neither changes `u_rate`.
        """
        sun, grid = np.asarray(sun_teme_km, dtype=float), np.asarray(days, dtype=float)
        if grid.ndim != 1 or grid.size < 4 or sun.shape != (grid.size, 3):
            raise ValueError(f"sun_teme_km {sun.shape} and days {grid.shape} must be (n, 3) and (n,) with n >= 4")
        spacing = (grid[-1] - grid[0]) / (grid.size - 1)
        if not (0 < spacing <= 2 and np.allclose(np.diff(grid), spacing, rtol=1e-9, atol=1e-9)):
            raise ValueError("days must rise evenly by at most 2")
        if not 0 <= eccentricity <= 0.15:
            raise ValueError(f"eccentricity = {eccentricity!r}: must lie between 0 and .15")
        if not radius_km * (1 - eccentricity) > EARTH_EQUATORIAL_RADIUS_KM + opaque_atmosphere_km:
            raise ValueError(f"radius_km = {radius_km!r}, eccentricity = {eccentricity!r}: the perigee meets the Earth")
        if earth is None:
            earth = EarthShape.SPHERE if shadow is Shadow.POINT else EarthShape.ELLIPSOID
        track = PlaneTrack(
            float(radius_km),
            float(inclination_rad),
            float(raan0_rad),
            float(node_rate),
            float(u_rate),
            sun,
            grid,
            float(eccentricity),
            float(argument_of_perigee_rad),
            float(perigee_rate),
            _drift("inclination_offset_rad", inclination_offset_rad, grid),
            _drift("node_offset_rad", node_offset_rad, grid),
        )
        return cls(track, ShadowCaster(Shadow(shadow), EarthShape(earth), float(opaque_atmosphere_km)))

    def sunlit_fraction(self, days: npt.ArrayLike) -> FloatArray:
        """Return the share of the sunlight of the revolution under way at these days that arrives, (n,), 0 to 1.

        For `Shadow.PENUMBRA` the mean of the visible part of a uniform disc, between what the umbra and the whole
        penumbra would leave.  Limb darkening would move power within a crossing by up to 2 % of full light, and the
        mean by up to 6e-4 on a day when the orbit grazes, 1e-6 on others; refraction in the atmosphere
        is not modelled.  For `POINT` and `UMBRA`, one less `eclipse_fraction`.
        """
        at = self._checked(days)
        light: FloatArray = 1.0 - self._table.shares(at)[1]
        return light

    def eclipse_fraction(self, days: npt.ArrayLike) -> FloatArray:
        """Return the share of the revolution under way at these days between the edges of eclipse, (n,), 0 to 1."""
        return self._table.shares(self._checked(days))[0]

    def geometry(self, days: npt.ArrayLike) -> PlaneGeometry:
        """Return beta, the Sun's distance, the shadow's arc and the light at these days."""
        return self._geometry(self._checked(days), self._table)

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

        `phases_rad` (m,) are mean arguments of latitude at day 0 (perigee plus mean anomaly: equally spaced ones
        follow one another at equal times, also on an eccentric orbit).  Sorted by satellite, then by time; eclipses
        that the span cuts are clipped to it.  Raises `ValueError` for a span outside the Sun's table.
        """
        phases = np.asarray(phases_rad, dtype=float).ravel() % TAU
        self._check_span(start_day, end_day)
        revolutions = (end_day - start_day) * self.track.latitude_rate_rad_per_day / TAU
        chunk = max(1, round(_MEETINGS_AT_ONCE / (revolutions + 4 * self._table.revolutions)))
        pieces = [
            self._table.eclipses(phases[first : first + chunk], float(start_day), float(end_day), first)
            for first in range(0, phases.size, chunk)
        ]
        if not pieces:
            return np.empty(0, dtype=np.intp), np.empty(0), np.empty(0)
        if len(pieces) == 1:
            return pieces[0]
        satellite, entry, leaving = (np.concatenate(column) for column in zip(*pieces, strict=True))
        return satellite, entry, leaving

    def _geometry(self, days: FloatArray, table: MeetingTable) -> PlaneGeometry:
        between, dark = table.shares(days)
        beta, distance = self.track.beta_and_sun_distance(days)
        return PlaneGeometry(beta, distance, np.pi * between, np.asarray(1.0 - dark))

    def _checked(self, days: npt.ArrayLike) -> FloatArray:
        at = np.atleast_1d(np.asarray(days, dtype=float))
        self._check_span(at.min(initial=self.track.days[0]), at.max(initial=self.track.days[0]))
        return at

    def _check_span(self, first: float, last: float) -> None:
        # a microsecond for the rounding of summed days
        lowest, highest = self.track.days[0], self.track.days[-1]
        if not (lowest - 1e-11 <= first <= last <= highest + 1e-11):
            raise ValueError(f"days {first} to {last} must lie within {lowest} to {highest}, in order")

    @cached_property
    def _table(self) -> MeetingTable:
        return MeetingTable.of(self.track, self.caster)


def daily_light(planes: Iterable[PlaneShadow], days: npt.ArrayLike) -> DailyLight:
    """Return the geometry of planes under one Sun at `days` (n,), without keeping their tables.

    Takes a generator, so that thousands of planes need the memory of their result: 44 MB for 1,000 planes over ten
    years.  Raises `ValueError` without any plane.
    """
    at = np.atleast_1d(np.asarray(days, dtype=float))
    distance_km = np.empty(0)

    def rows() -> Iterator[FloatArray]:
        nonlocal distance_km
        for plane in planes:
            geometry = plane._geometry(
                plane._checked(at), MeetingTable.of(plane.track, plane.caster, TURN_PER_NODE_DAILY_RAD)
            )
            distance_km = geometry.sun_distance_km
            yield np.array([geometry.beta_rad, geometry.shadow_half_arc_rad, geometry.sunlit_fraction])

    table: npt.NDArray[np.float32] = np.fromiter(rows(), dtype=np.dtype((np.float32, (3, at.size))))
    if not len(table):
        raise ValueError("there are no planes to light")
    return DailyLight(table[:, 0], table[:, 1], table[:, 2], distance_km.astype(np.float32))


def _drift(name: str, offset_rad: npt.ArrayLike | None, days: FloatArray) -> FloatArray | None:
    if offset_rad is None:
        return None
    offset = np.asarray(offset_rad, dtype=float)
    if offset.shape not in ((), days.shape) or not np.isfinite(offset).all():
        raise ValueError(f"{name} {offset.shape} must be a finite number or one for each of the {days.size} days")
    return np.broadcast_to(offset, days.shape)


_MEETINGS_AT_ONCE = 65536
"""Meetings interpolated at once, over all satellites: the arrays stay within a core's cache."""
