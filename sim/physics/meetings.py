"""The meetings of a plane's satellites with the shadow, solved at evenly spaced nodes and interpolated between them.

Number the meetings by psi = 2 pi j - phase (j the revolution): the middle of the eclipse and the *square* of its half
length are smooth functions of psi, also through the end of an eclipse season, where the edges themselves have a
square root and where the squared half length turns negative.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.constants import TAU
from sim.physics.orbit import OrbitCurve
from sim.physics.shadow import AnalyticArray, Shadow, ShadowCaster
from sim.physics.track import PlaneTrack

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]
Solution = tuple[FloatArray, FloatArray, FloatArray]

_NODES = np.arange(-2, 4)
"""Table nodes about a point that its value is interpolated from (a polynomial of degree 5)."""

_LAGRANGE = np.linalg.inv(_NODES[:, None] ** np.arange(_NODES.size))
"""From the powers of a place among the nodes to their weights."""

TURN_PER_NODE_RAD = 0.05
"""Turn of the meeting per node of a table of edges: they stray by up to .03 s where a season ends."""

TURN_PER_NODE_DAILY_RAD = 0.1
"""The same for light alone: edges stray by up to .1 s, by 1.4 s where a season ends, light by 1e-4 at worst."""

_LONGEST_STEP_DAYS = 1.0
"""Longest step of the table, days: the Sun's own."""

_NEARLY_CIRCULAR = 1e-3
"""Eccentricity up to which the fit is enough: that of J3, whose perigee stands still.  A perigee that turns .006 rad
over half an eclipse moves its edges by that times the eccentricity, .006 s here and .6 s at .1."""

_ECCENTRIC_ROUNDS = 4
"""Rounds of refinement of an eccentric orbit's edges: each takes off a factor of 7; .05 s are left at worst."""

_FAR_COSINE = np.cosh(2.0)
"""Largest cosine of the half length that is told from a larger one.  With the Sun close to the orbit's pole no point of
the orbit is deeper in the shadow than another: the cosine has a pole there, and interpolation between nodes about it
would find eclipses.  From here on the square is -4 and keeps its sign between nodes; the next eclipse is 18 degrees of
the Sun's height away at 650 km, 22 at 1,000."""

_BAND = np.arange(1, 33) * np.pi / 33
_SUN_HEIGHTS = np.cos(_BAND)
"""Heights across the Sun's disc, in its radii, of the bands that make up its light (Gauss's rule for a disc)."""

_SUN_WEIGHTS = 2 / 33 * np.sin(_BAND) ** 2
"""Light of each band of a uniform disc; they add up to 1."""


@dataclass(frozen=True, eq=False)
class MeetingTable:
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
    slope: FloatArray
    """What `half_squared` gains when the Sun grows by its own radius, days^2; empty but for a penumbra."""

    @classmethod
    def of(cls, track: PlaneTrack, caster: ShadowCaster, turn_per_node_rad: float = TURN_PER_NODE_RAD) -> MeetingTable:
        """Solve the edges at every node of the table."""
        rate = track.latitude_rate_rad_per_day
        revolution = TAU / rate
        step = min(_LONGEST_STEP_DAYS, turn_per_node_rad / track.turning_rad_per_day)
        revolutions = max(2, round(step / revolution))
        step = revolutions * revolution
        first, last = track.days[0] - 5 * step, track.days[-1] + 5 * step
        coarse = np.linspace(first, last, max(2, round((last - first) / step)))
        sun = track.sun_in_node_axes_km(coarse)
        width = TAU * revolutions
        psi = rate * coarse - np.unwrap(track.argument_opposite_sun_rad(coarse, sun))
        node = np.arange(np.ceil(psi[0] / width), np.floor(psi[-1] / width))
        solve = _solve_by_fit if track.eccentricity <= _NEARLY_CIRCULAR else _solve_eccentric
        at, near = width * node, np.interp(width * node, psi, coarse)
        middle, half_squared, slope = solve(track, caster, at, near)
        return cls(revolutions, int(node[0]), revolution, middle - node * step, half_squared, slope)

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

    def shares(self, days: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the share of a revolution between the edges, and the share of its sunlight lost, about these days.

        They differ only where the Sun has a penumbra: there the disc is cut into bands along the limb, each of which
        is a point Sun with a shadow of its own.  The 32 bands stray by up to 1e-4 of light where an orbit grazes.
        """
        middles = self.middle_days
        node = np.clip(np.searchsorted(middles, days) - 1, -_NODES[0], middles.size - _NODES[-1] - 1)
        spacing = middles[node + 1] - middles[node]
        weights = _lagrange((days - middles[node]) / spacing)
        around = node[:, None] + _NODES
        squared = np.einsum("nk,nk->n", self.half_squared[around], weights)
        scale = 2.0 * self.revolutions / spacing
        between: FloatArray = scale * np.sqrt(np.maximum(squared, 0.0))
        if not self.slope.size:
            return between, between
        slope = np.einsum("nk,nk->n", self.slope[around], weights)
        # away from the ends of a season the bands add up to their mean and what its square root bends by (1e-7)
        inner = np.maximum(squared - slope, 0.0)
        least = np.maximum(inner, 19 * slope)
        bend = np.divide(slope, least, out=np.zeros_like(slope), where=least > 0)
        dark = np.sqrt(inner) * (1 - bend**2 / 32)
        grazes = np.flatnonzero((squared > 0) & (squared < 20 * slope))
        bands = squared[grazes, None] - slope[grazes, None] * (1 - _SUN_HEIGHTS)
        dark[grazes] = np.sqrt(np.maximum(bands, 0.0)) @ _SUN_WEIGHTS
        dark[squared <= 0] = 0.0  # far from any eclipse the slope is interpolated among wild values
        return between, scale * dark


def _solve_by_fit(track: PlaneTrack, caster: ShadowCaster, psi: FloatArray, near_days: FloatArray) -> Solution:
    """Return middle, days, squared half length and its slope, days^2, of the eclipse at each psi, near these days.

    For an orbit close to a circle; see `_fit`.
    """
    curve = track.curve(near_days)
    centre, cosine, gain = _fit(track, caster, curve, psi, near_days, rounds=2)
    half_squared = _squared_arc(cosine)
    # from eccentric longitude to time, symmetric functions of the two edges
    root = np.sqrt(np.abs(half_squared))
    sine_over_half = np.where(half_squared < 0, np.sinh(root), np.sin(root)) / np.maximum(root, 1e-30)
    sine_over_half = np.where(root < 1e-8, 1.0, sine_over_half)
    sine_c, cosine_c = np.sin(centre), np.cos(centre)
    mean = centre + cosine * (curve.forward * cosine_c - curve.ahead * sine_c) - curve.shift
    stretch = 1 - sine_over_half * (curve.forward * sine_c + curve.ahead * cosine_c)
    squared_rate = (stretch / track.latitude_rate_rad_per_day) ** 2
    return (
        (mean + psi) / track.latitude_rate_rad_per_day,
        half_squared * squared_rate,
        _slope(caster, cosine, half_squared, gain, squared_rate),
    )


def _solve_eccentric(track: PlaneTrack, caster: ShadowCaster, psi: FloatArray, near_days: FloatArray) -> Solution:
    """Do the same for any eccentricity whose perigee clears the Earth: `_fit`, then its refinement at both edges."""
    centre, cosine, gain = _fit(track, caster, track.curve(near_days), psi, near_days, rounds=1)
    # a plane that clears the shadow by far is only known to do so: no interpolation of an eclipse reaches it
    middle, squared_rate = near_days.copy(), np.full_like(psi, track.latitude_rate_rad_per_day**-2)
    fitted = _squared_arc(cosine)
    grazing, deep = (fitted > -1) & (fitted < 0.1), fitted >= 0.1
    for some, kind in ((grazing, np.complex128), (deep, np.float64)):  # complex numbers take three times as long
        solved = _refine(track, caster, psi[some], near_days[some], centre[some], cosine[some], np.dtype(kind))
        middle[some], cosine[some], gain[some], squared_rate[some] = solved
    half_squared = _squared_arc(cosine)
    return middle, half_squared * squared_rate, _slope(caster, cosine, half_squared, gain, squared_rate)


def _refine(
    track: PlaneTrack,
    caster: ShadowCaster,
    psi: FloatArray,
    near_days: FloatArray,
    centre: FloatArray,
    cosine: FloatArray,
    kind: np.dtype[Any],
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Return middle, days, cosine of the half length in E, what that loses to a larger Sun, and (d time / d E)^2.

    With f the depth, the edges c - s and c + s make f(c + s) + f(c - s) and (f(c + s) - f(c - s)) / s vanish: both
    are smooth in c and s^2 and stay real where s is imaginary, so one iteration serves eclipses and the grazing
    nodes beyond a season's end.  Each round corrects c and s as if f were a first harmonic.
    """
    sun, drift = (rows[:, None] for rows in track.sun_and_drift_km(near_days))
    curve = track.curve(near_days)

    def reach_of(cosine: FloatArray, least: float) -> AnalyticArray:
        # beyond .5 rad of clearance the orbit's analytic continuation would meet the Earth
        reach = np.sqrt(np.clip(_squared_arc(cosine), -0.25 if kind.kind == "c" else 0.0, 2.25).astype(kind))
        return np.where(np.abs(reach) < least, least, reach)

    for _ in range(_ECCENTRIC_ROUNDS):
        reach = reach_of(cosine, 0.02)
        angle = centre + reach * np.array([[-1.0], [0.0], [1.0]])
        elapsed, turned = _elapsed(track, curve, angle, psi, near_days)
        (before, at, after), gains = caster.depth(turned.point_km(angle), sun + drift * elapsed)
        mean = 0.5 * (before + after).real
        height = (at.real - mean) / (1 - np.cos(reach).real)
        centre = centre + ((after - before) / (2 * np.sin(reach))).real / height
        cosine = np.cos(reach).real - mean / height
        gain = gains[1].real / height
    reach = reach_of(cosine, 1e-3)
    elapsed, _ = _elapsed(track, curve, centre + reach * np.array([[-1.0], [1.0]]), psi, near_days)
    squared_rate = ((elapsed[1] - elapsed[0]) / (2 * reach)).real ** 2
    return near_days + 0.5 * (elapsed[0] + elapsed[1]).real, cosine, gain, squared_rate


def _fit(
    track: PlaneTrack, caster: ShadowCaster, curve: OrbitCurve, psi: FloatArray, near_days: FloatArray, rounds: int
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the centre of the eclipse in E, the cosine of its half length, and what that loses to a larger Sun.

    Along the orbit the satellite's depth in the shadow is a first harmonic of E, but for the Earth's oblateness (1e-3)
    and twice the eccentricity.  Fitting one through three points about the middle gives middle and half length, a
    cosine above 1 included; points at the edges themselves make the fit exact there.  On a circle the first round
    leaves about .5 s, the second .001 s.
    """
    rate = track.latitude_rate_rad_per_day
    sun, drift = track.sun_and_drift_km(near_days)
    expected = rate * near_days - psi
    centre = expected + _wrapped(track.argument_opposite_sun_rad(near_days, sun) - expected)
    reach = np.ones_like(centre)
    for _ in range(rounds):
        angle = centre + reach * np.array([[-1.0], [0.0], [1.0]])
        elapsed = (curve.mean_argument_rad(angle) + psi) / rate - near_days
        (before, at, after), gains = caster.depth(curve.point_km(angle), sun[:, None] + drift[:, None] * elapsed)
        slope = (after - before) / (2 * np.sin(reach))
        swing = (at - 0.5 * (before + after)) / (1 - np.cos(reach))
        height = np.maximum(np.hypot(slope, swing), 1e-12)
        centre = centre + np.arctan2(slope, swing)
        cosine: FloatArray = (swing - at) / height
        reach = np.clip(np.sqrt(np.maximum(_squared_arc(cosine), 0)), 0.2, 1.5)
    return centre, cosine, gains[1] / height


def _elapsed(
    track: PlaneTrack, curve: OrbitCurve, angle: AnalyticArray, psi: FloatArray, near_days: FloatArray
) -> tuple[AnalyticArray, OrbitCurve]:
    """Return when, after `near_days`, eccentric longitudes are reached, and the curves with their perigees there."""
    rate = track.latitude_rate_rad_per_day
    # the perigee turns by .003 rad from edge to middle: the second round leaves 1e-7 rad of it
    elapsed: AnalyticArray = (curve.mean_argument_rad(angle) + psi) / rate - near_days
    turned = curve.turned(track.perigee_rate_rad_per_day * elapsed)
    elapsed = (turned.mean_argument_rad(angle) + psi) / rate - near_days
    return elapsed, turned


def _slope(
    caster: ShadowCaster, cosine: FloatArray, half_squared: FloatArray, gain: FloatArray, squared_rate: FloatArray
) -> FloatArray:
    """Return what the squared half length loses, halved, when the Sun shrinks from the penumbra to the umbra.

    Between the two it bends by 3e-5 rad^2, which is 4e-6 of a revolution's light.
    """
    if caster.shadow is not Shadow.PENUMBRA:
        return np.empty(0)
    slope: FloatArray = 0.5 * (half_squared - _squared_arc(cosine + 2 * gain)) * squared_rate
    return slope


def _squared_arc(cosine: FloatArray) -> FloatArray:
    """Return the square of the angle of this cosine, continued to negative squares beyond a cosine of 1."""
    square: FloatArray = np.where(
        cosine < 1, np.arccos(np.clip(cosine, -1, 1)) ** 2, -(np.arccosh(np.clip(cosine, 1, _FAR_COSINE)) ** 2)
    )
    return square


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
