"""When gangs may run under the eclipse policy `pause`: while all their satellites are in light."""

from __future__ import annotations

from functools import partial
from itertools import pairwise
from math import ceil, floor

import numpy as np
from numpy.typing import NDArray

from sim.constants import TAU
from sim.environment.planes import Plane
from sim.environment.recent import Recent
from sim.environment.sun_tables import SunTables
from sim.physics.eclipse import PlaneShadow

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

SPAN_DAYS = 32.0
"""Eclipses are worked out for so many days at once."""
TOGETHER = 32
"""And for so many neighbouring satellites of a plane."""
SPANS_KEPT = 384
"""Results kept: a quarter of a megabyte each."""

CLOSE = 0.02
"""Share of an orbit by which the dark must exceed a gap between two satellites for one of them to enter it before the
other has left: the dark's share is known at the beginning of each day, and between two days it falls below both by .003
at most where it is not `SHORT`, near the turn of the beta angle."""
SHORT = 0.1
NEARLY_CIRCULAR = 0.005
"""Eccentricity up to which satellites keep their distances along the orbit to .003 of it."""

_Eclipses = tuple[list[int], Floats]
"""Of neighbouring satellites: where each one's begin, and entries and exits, shape (2, n)."""


class LightWindows:
    """Windows of light of satellites, each satellite's eclipses worked out once for all gangs on it."""

    def __init__(
        self, planes: tuple[Plane, ...], shadows: tuple[PlaneShadow, ...], sun: SunTables, last_day: float
    ) -> None:
        """Of planes with these shadows; nothing is asked beyond `last_day`."""
        self._planes = planes
        self._shadows = shadows
        self._sun = sun
        unique = [np.unique(plane.phases_rad, return_inverse=True) for plane in planes]
        self._phases = [(phases.tolist(), numbers) for phases, numbers in unique]
        """Of each plane: different phases in order, and which of them each slot has."""
        self._last_day = last_day
        self._least_dark: Recent[int, list[float]] = Recent(len(planes))
        self._spans: Recent[tuple[int, int, int], _Eclipses] = Recent(SPANS_KEPT)

    def between(self, plane: int, slots: Ints, start: float, end: float) -> tuple[Floats, Floats]:
        """Starts and ends of the windows between two days in which the satellites in these slots are all in light."""
        entries, exits = self._eclipses(plane, slots, start, end)
        order = entries.argsort(kind="stable")
        entries, exits = entries[order], np.maximum.accumulate(exits[order])
        starts = np.concatenate([[start], exits])
        ends = np.concatenate([entries, [end]])
        # Where eclipses of several satellites overlap, a start lies behind the next end: no light between them.
        open_ = (ends > starts).nonzero()[0]
        return starts[open_], ends[open_]

    def _eclipses(self, plane: int, slots: Ints, start: float, end: float) -> tuple[Floats, Floats]:
        """Entries and exits of the eclipses that reach between two days, in no order.

        Of satellites so close together that their dark overlaps, those in the middle are left out.
        """
        phases, numbers = self._phases[plane]
        among = sorted(set(numbers[slots].tolist()))
        at = [phases[number] for number in among]
        gaps = [later - earlier for earlier, later in pairwise(at)]
        covers = max(max(gaps, default=0.0), at[0] + TAU - at[-1]) / TAU + CLOSE
        least_dark = self._least_dark.get(plane, lambda: self._find_least_dark(plane))
        found: list[Floats] = []
        for span in range(floor(start / SPAN_DAYS), ceil(end / SPAN_DAYS)):
            dark = least_dark[span]
            if dark > max(covers, SHORT):
                found.append(np.array([[span * SPAN_DAYS], [(span + 1) * SPAN_DAYS]]))  # never all in light
                continue
            reach = (dark - CLOSE) * TAU if dark > SHORT else 0.0
            places: dict[int, list[int]] = {}
            for number in _ends_of_chains(among, at, reach):
                places.setdefault(number // TOGETHER, []).append(number % TOGETHER)
            for group, some in places.items():
                key = plane, group, span
                first, eclipses = self._spans.get(key, partial(self._work_out, *key))
                found += [eclipses[:, first[place] : first[place + 1]] for place in some]
        if not found:
            return np.empty(0), np.empty(0)
        entries, exits = np.concatenate(found, axis=1)
        reaches = ((exits > start) & (entries < end)).nonzero()[0]
        return entries[reaches], exits[reaches]

    def _find_least_dark(self, plane: int) -> list[float]:
        """Least share of an orbit in the dark, by span; 0 where an orbit is not nearly circular."""
        spans = ceil(self._last_day / SPAN_DAYS)
        if self._planes[plane].elements.eccentricity > NEARLY_CIRCULAR:
            return [0.0] * spans
        dark = self._sun.dark_of(plane)
        edges = [(max(0, int(span * SPAN_DAYS) - 1), int((span + 1) * SPAN_DAYS) + 2) for span in range(spans)]
        return [float(dark[first:last].min(initial=1.0 if first < len(dark) else 0.0)) for first, last in edges]

    def _work_out(self, plane: int, group: int, span: int) -> _Eclipses:
        """Eclipses of neighbouring satellites."""
        phases = np.array(self._phases[plane][0][group * TOGETHER : (group + 1) * TOGETHER])
        first, last = span * SPAN_DAYS, min((span + 1) * SPAN_DAYS, self._last_day)
        if last <= first:
            return [0] * (len(phases) + 1), np.empty((2, 0))
        satellite, entries, exits = self._shadows[plane].eclipses_of_many(phases, first, last)
        return np.searchsorted(satellite, np.arange(len(phases) + 1)).tolist(), np.stack([entries, exits])


def both_lit(one: tuple[Floats, Floats], other: tuple[Floats, Floats]) -> tuple[Floats, Floats]:
    """Starts and ends of what lies in windows of both; of each they are in order and apart."""
    (starts, ends), (others, until) = one, other
    begin, end = np.concatenate([starts, others]), np.concatenate([ends, until])
    inside = _within(begin, starts, ends) & _within(begin, others, until)
    left = _within(-end, -ends[::-1], -starts[::-1]) & _within(-end, -until[::-1], -others[::-1])
    return np.unique(begin[inside]), np.unique(end[left])


def _within(days: Floats, starts: Floats, ends: Floats) -> NDArray[np.bool_]:
    """Which days lie in windows, their starts included and their ends not."""
    if len(starts) == 0:
        return np.zeros(len(days), bool)
    place = np.searchsorted(starts, days, side="right") - 1
    return np.asarray((place >= 0) & (days < ends[np.maximum(place, 0)]))


def _ends_of_chains(numbers: list[int], phases_rad: list[float], reach: float) -> list[int]:
    """Those of some satellites, in order of phase, whose dark is not within that of two others.

    One in the middle of two that are no further apart than `reach` enters after the first of them and leaves before the
    last, and the dark of these two overlaps.
    """
    if reach <= 0 or len(numbers) < 3:
        return numbers
    kept, last = [numbers[0]], phases_rad[0]
    for number, phase, following in zip(numbers[1:-1], phases_rad[1:-1], phases_rad[2:], strict=True):
        if following - last > reach:
            kept.append(number)
            last = phase
    kept.append(numbers[-1])
    return kept
