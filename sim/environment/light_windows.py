"""When gangs may run under the eclipse policy `pause`: while all their satellites are in light."""

from __future__ import annotations

from functools import partial
from math import ceil, floor

import numpy as np
from numpy.typing import NDArray

from sim.constants import TAU
from sim.environment.hardware import SunTables
from sim.environment.planes import Plane
from sim.environment.recent import Recent
from sim.physics.eclipse import PlaneShadow

Floats = NDArray[np.float64]

SPAN_DAYS = 32.0
"""Eclipses are worked out for so many days at once."""
TOGETHER = 32
"""And for so many neighbouring satellites of a plane."""
SPANS_KEPT = 384
"""Results kept: a quarter of a megabyte each."""

CLOSE = 0.02
"""Share of an orbit by which the dark must exceed the widest gap between satellites for one of them to be in it at all
times: the dark's share is known at the beginning of each day, and between two days it falls below both by .003 at most
where it is not `SHORT`, near the turn of the beta angle."""
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
        self._phases = [np.unique(plane.phases_rad) for plane in planes]
        self._last_day = last_day
        self._least_dark: Recent[int, list[float]] = Recent(len(planes))
        self._spans: Recent[tuple[int, int, int], _Eclipses] = Recent(SPANS_KEPT)

    def between(self, plane: int, phases_rad: Floats, start: float, end: float) -> tuple[Floats, Floats]:
        """Starts and ends of the windows between two days in which satellites with these phases are all in light."""
        entries, exits = self._eclipses(plane, phases_rad, start, end)
        order = entries.argsort(kind="stable")
        entries, exits = entries[order], np.maximum.accumulate(exits[order])
        mine = slice(int(exits.searchsorted(start, side="right")), int(entries.searchsorted(end, side="left")))
        starts = np.concatenate([[start], exits[mine]])
        ends = np.concatenate([entries[mine], [end]])
        # Where eclipses of several satellites overlap, a start lies behind the next end: no light between them.
        open_ = (ends > starts).nonzero()[0]
        return starts[open_], ends[open_]

    def _eclipses(self, plane: int, phases_rad: Floats, start: float, end: float) -> tuple[Floats, Floats]:
        """Entries and exits of all eclipses of the spans around two days; in no order."""
        found: list[Floats] = []
        gaps = np.diff(phases_rad, append=phases_rad[0] + TAU) / TAU
        covers = max(float(gaps.max()) + CLOSE, SHORT)
        least_dark = self._least_dark.get(plane, lambda: self._find_least_dark(plane))
        places: dict[int, list[int]] = {}
        for number in sorted(set(np.searchsorted(self._phases[plane], phases_rad).tolist())):
            places.setdefault(number // TOGETHER, []).append(number % TOGETHER)
        for span in range(floor(start / SPAN_DAYS), ceil(end / SPAN_DAYS)):
            if least_dark[span] > covers:
                found.append(np.array([[span * SPAN_DAYS], [(span + 1) * SPAN_DAYS]]))  # never all in light
                continue
            for group, some in places.items():
                key = plane, group, span
                first, eclipses = self._spans.get(key, partial(self._work_out, *key))
                found += [eclipses[:, first[place] : first[place + 1]] for place in some]
        if not found:
            return np.empty(0), np.empty(0)
        entries, exits = np.concatenate(found, axis=1)
        return entries, exits

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
        phases = self._phases[plane][group * TOGETHER : (group + 1) * TOGETHER]
        first, last = span * SPAN_DAYS, min((span + 1) * SPAN_DAYS, self._last_day)
        if last <= first:
            return [0] * (len(phases) + 1), np.empty((2, 0))
        satellite, entries, exits = self._shadows[plane].eclipses_of_many(phases, first, last)
        return np.searchsorted(satellite, np.arange(len(phases) + 1)).tolist(), np.stack([entries, exits])
