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
        return 1.0 - self._table.share_in_shadow(at)

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
        revolutions = (end_day - start_day) * self.latitude_rate_rad_per_day / TAU
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

    def _check_span(self, first: float, last: float) -> None:
        # a microsecond of grace for sums of floats
        if not (self.days[0] - 1e-11 <= first <= last <= self.days[-1] + 1e-11):
            raise ValueError(f"days {first} to {last} must lie within {self.days[0]} to {self.days[-1]}, in order")

    @cached_property
    def _table(self) -> _MeetingTable:
        return _MeetingTable.of(self)


_MEETINGS_AT_ONCE = 65536
"""Meetings interpolated at once, over all satellites: the arrays stay within a core's cache."""

_NODES = np.arange(-2, 4)
"""Table nodes about a point that its value is interpolated from (a polynomial of degree 5)."""

_LAGRANGE = np.linalg.inv(_NODES[:, None] ** np.arange(_NODES.size))
"""From the powers of a place among the nodes to their weights."""

_ROUNDS = 2
"""Rounds of the edge fit: the first leaves about .5 s, the second .001 s, a third nothing that can be seen."""


@dataclass(frozen=True, eq=False)
class _MeetingTable:
    """Middle and squared half length of the eclipse at evenly spaced psi, for one plane.

    Node k stands at psi = (first_node + k) x revolutions x 2 pi.  Spacing a whole number of revolutions means that
    one satellite's meetings fall on the same few fractions of every interval, so their weights are made once.
    """

    revolutions: int
    first_node: int
    revolution_days: float
    delay_days: FloatArray
    """Middle of the eclipse less psi / rate, days: where along the orbit the shadow stands, as a time."""
    half_squared: FloatArray
    """Half length squared, days^2; negative where the plane clears the shadow."""

    @classmethod
    def of(cls, plane: PlaneShadow) -> _MeetingTable:
        """Solve the edges at every node of the table."""
        rate = plane.latitude_rate_rad_per_day
        revolution = TAU / rate
        turning = abs(plane.node_rate_rad_per_day - _SUN_RAD_PER_DAY) + _SUN_RAD_PER_DAY
        revolutions = max(2, round(min(1.0, _TURN_PER_NODE_RAD / turning) / revolution))
        step = revolutions * revolution
        first, last = plane.days[0] - 5 * step, plane.days[-1] + 5 * step
        coarse = np.linspace(first, last, max(2, round((last - first) / step)))
        sun = _sun_in_node_axes_km(plane, coarse)
        width = TAU * revolutions
        psi = rate * coarse - np.unwrap(_opposite_argument(sun, plane.inclination_rad))
        node = np.arange(np.ceil(psi[0] / width), np.floor(psi[-1] / width))
        middle, half_squared = _solve_meetings(plane, width * node, np.interp(width * node, psi, coarse))
        return cls(revolutions, int(node[0]), revolution, middle - node * step, half_squared)

    @cached_property
    def middle_days(self) -> FloatArray:
        """Middle of the eclipse at each node, days; rising."""
        node = self.first_node + np.arange(self.delay_days.size)
        middle: FloatArray = node * (self.revolutions * self.revolution_days) + self.delay_days
        return middle

    def eclipses(
        self, phases_rad: FloatArray, start: float, end: float, first_index: int
    ) -> tuple[IntArray, FloatArray, FloatArray]:
        """Return satellite index (counted from `first_index`), entry and exit for phases in [0, 2 pi)."""
        middles = self.middle_days
        low = max(int(np.searchsorted(middles, start)) - 2, -_NODES[0])
        high = min(int(np.searchsorted(middles, end)) + 2, middles.size - _NODES[-1])
        # psi in revolutions, counted from a node: one row for each satellite, one column for each fraction
        revolution = np.arange(self.revolutions) - phases_rad[:, None] / TAU
        weights = np.moveaxis(_lagrange(revolution / self.revolutions), -1, 1)
        half_squared = _windows(self.half_squared, low, high) @ weights
        met = np.flatnonzero(half_squared > 0)
        middle = _windows(self.delay_days, low, high) @ weights
        node_days = (self.first_node + np.arange(low, high)) * (self.revolutions * self.revolution_days)
        middle += node_days[:, None] + (revolution * self.revolution_days)[:, None, :]
        half = np.sqrt(half_squared.ravel()[met])
        middle = middle.ravel()[met]
        entry, leaving = middle - half, middle + half
        satellite = met // (half_squared.size // phases_rad.size)
        inside = (leaving > start) & (entry < end)
        satellite, entry, leaving = satellite[inside], entry[inside], leaving[inside]
        return satellite + first_index, np.maximum(entry, start), np.minimum(leaving, end)

    def share_in_shadow(self, days: FloatArray) -> FloatArray:
        """Return the share of a revolution spent in shadow about these days."""
        middles = self.middle_days
        node = np.clip(np.searchsorted(middles, days) - 1, -_NODES[0], middles.size - _NODES[-1] - 1)
        spacing = middles[node + 1] - middles[node]
        weights = _lagrange((days - middles[node]) / spacing)
        squared = np.einsum("nk,nk->n", self.half_squared[node[:, None] + _NODES], weights)
        share: FloatArray = 2.0 * np.sqrt(np.maximum(squared, 0.0)) * self.revolutions / spacing
        return share


_SUN_RAD_PER_DAY = TAU / 365.25
_TURN_PER_NODE_RAD = 0.05


def _solve_meetings(plane: PlaneShadow, psi: FloatArray, near_days: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the middle, days, and squared half length, days^2, of the eclipse at each psi, starting near these days.

    Along the orbit the satellite's depth in the shadow is a first harmonic of E, but for the Earth's oblateness
    (1e-3).  Fitting one through three points about the middle gives middle and half length, negative squares
    included; points at the edges themselves make the fit exact there.
    """
    rate = plane.latitude_rate_rad_per_day
    sun = _sun_in_node_axes_km(plane, near_days)
    nudge = 0.02  # days; the Sun's turn in node axes over a half eclipse is straight to 2e-6 rad
    drift = _sun_in_node_axes_km(plane, near_days + nudge)
    drift = (drift - _sun_in_node_axes_km(plane, near_days - nudge)) / (2 * nudge)
    expected = rate * near_days - psi
    centre = expected + _wrapped(_opposite_argument(sun, plane.inclination_rad) - expected)
    curve = OrbitCurve.of_mean_orbit(
        plane.mean_radius_km,
        plane.inclination_rad,
        plane.eccentricity,
        plane.argument_of_perigee_rad + plane.perigee_rate_rad_per_day * near_days if plane.eccentricity else 0.0,
    )
    reach = np.ones_like(centre)
    for _ in range(_ROUNDS):
        angle = centre + reach * np.array([[-1.0], [0.0], [1.0]])
        elapsed = (curve.mean_argument_rad(angle) + psi) / rate - near_days
        before, at, after = _depth(plane, curve.point_km(angle), sun[:, None] + drift[:, None] * elapsed)
        slope = (after - before) / (2 * np.sin(reach))
        swing = (at - 0.5 * (before + after)) / (1 - np.cos(reach))
        height = np.maximum(np.hypot(slope, swing), 1e-12)
        centre = centre + np.arctan2(slope, swing)
        cosine = (swing - at) / height
        half_squared = np.where(
            cosine < 1, np.arccos(np.clip(cosine, -1, 1)) ** 2, -(np.arccosh(np.maximum(cosine, 1)) ** 2)
        )
        reach = np.clip(np.sqrt(np.maximum(half_squared, 0)), 0.2, 1.5)
    # from eccentric longitude to time, symmetric functions of the two edges
    root = np.sqrt(np.abs(half_squared))
    sine_over_half = np.where(half_squared < 0, np.sinh(root), np.sin(root)) / np.maximum(root, 1e-30)
    sine_over_half = np.where(root < 1e-8, 1.0, sine_over_half)
    sine_c, cosine_c = np.sin(centre), np.cos(centre)
    mean = centre + cosine * (curve.forward * cosine_c - curve.ahead * sine_c) - curve.shift
    stretch = 1 - sine_over_half * (curve.forward * sine_c + curve.ahead * cosine_c)
    return (mean + psi) / rate, half_squared * (stretch / rate) ** 2


def _depth(plane: PlaneShadow, point_km: tuple[FloatArray, ...], sun_km: FloatArray) -> FloatArray:
    """Return how deep points stand in the shadow: cosine of the angle off its axis less that of its edge.

    The edge of the cone tangent to a Sun of radius s and an Earth of radius R, seen from the Earth's centre, lies
    asin(R / r) + asin((R + s) / D) off the axis, with s = 0 for a point Sun and negative for the umbra.  An
    ellipsoid is a sphere after stretching the pole's axis, which turns the Sun's disc oval by .3 % (1 ms).
    """
    radius_km = EARTH_EQUATORIAL_RADIUS_KM + plane.opaque_atmosphere_km
    x, y, z = point_km
    sun_x, sun_y, sun_z = sun_km
    if plane.earth is EarthShape.ELLIPSOID:
        stretch = radius_km / (radius_km - EARTH_EQUATORIAL_RADIUS_KM * EARTH_FLATTENING)
        z, sun_z = z * stretch, sun_z * stretch
    distance = np.sqrt(x * x + y * y + z * z)
    sun_distance = np.sqrt(sun_x * sun_x + sun_y * sun_y + sun_z * sun_z)
    sine = (radius_km + _SUN_SIZE_KM[plane.shadow]) / sun_distance
    ratio = radius_km / distance
    edge = np.sqrt((1 - sine**2) * (1 - ratio**2)) - sine * ratio
    depth: FloatArray = -(x * sun_x + y * sun_y + z * sun_z) / (distance * sun_distance) - edge
    return depth


_SUN_SIZE_KM = {Shadow.POINT: 0.0, Shadow.UMBRA: -SUN_RADIUS_KM, Shadow.PENUMBRA: SUN_RADIUS_KM}


def _sun_in_node_axes_km(plane: PlaneShadow, days: FloatArray) -> FloatArray:
    """Return the Sun along the mean node, 90 degrees on in the equator, and the pole, km, shape (3, n).

    A cubic through four daily values is good to 2e-9 rad; a few days beyond the table, where only the outermost
    nodes of the meeting table lie, to 1e-5.
    """
    place = (days - plane.days[0]) / (plane.days[1] - plane.days[0])
    first = np.clip(np.floor(place).astype(np.intp) - 1, 0, plane.days.size - 4)
    t = place - first
    weights = (
        -(t - 1) * (t - 2) * (t - 3) / 6,
        t * (t - 2) * (t - 3) / 2,
        -t * (t - 1) * (t - 3) / 2,
        t * (t - 1) * (t - 2) / 6,
    )
    x, y, z = sum(weight[:, None] * plane.sun_km[first + k] for k, weight in enumerate(weights)).T
    node = plane.raan0_rad + plane.node_rate_rad_per_day * days
    cosine, sine = np.cos(node), np.sin(node)
    return np.stack([x * cosine + y * sine, y * cosine - x * sine, z])


def _opposite_argument(sun_km: FloatArray, inclination_rad: float) -> FloatArray:
    """Return the argument of latitude opposite the Sun, radians, from the Sun in node axes."""
    x, y, z = sun_km
    argument: FloatArray = np.arctan2(-(y * np.cos(inclination_rad) + z * np.sin(inclination_rad)), -x)
    return argument


def _wrapped(angle_rad: FloatArray) -> FloatArray:
    wrapped: FloatArray = (angle_rad + np.pi) % TAU - np.pi
    return wrapped


def _lagrange(fraction: FloatArray) -> FloatArray:
    """Return the weights of six even nodes for points this far past the third, shape (..., 6)."""
    weights: FloatArray = fraction[..., None] ** np.arange(_NODES.size) @ _LAGRANGE
    return weights


def _windows(values: FloatArray, low: int, high: int) -> FloatArray:
    """Return the six values about each node from `low` to `high` - 1, contiguous for the matrix product."""
    span = values[low + _NODES[0] : high + _NODES[-1]]
    return np.ascontiguousarray(np.lib.stride_tricks.sliding_window_view(span, _NODES.size))
