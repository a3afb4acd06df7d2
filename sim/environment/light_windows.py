"""When gangs may run under the eclipse policy `pause`: while all their satellites are in light."""

from __future__ import annotations

from functools import partial
from math import ceil, floor

import numpy as np
from numpy.typing import NDArray

from sim.environment.recent import Recent
from sim.physics.eclipse import PlaneShadow

Floats = NDArray[np.float64]

SPAN_DAYS = 16.0
"""Eclipses are worked out for so many days at once."""
SPANS_KEPT = 8192
"""Spans of one satellite that are kept: 4 kB each."""


class LightWindows:
    """Windows of light of satellites, each satellite's eclipses worked out once for all gangs on it."""

    def __init__(self, shadows: tuple[PlaneShadow, ...], last_day: float) -> None:
        """`shadows` of the planes; nothing is asked beyond `last_day`."""
        self._shadows = shadows
        self._last_day = last_day
        self._spans: Recent[tuple[int, float, int], tuple[Floats, Floats]] = Recent(SPANS_KEPT)

    def between(self, plane: int, phases_rad: Floats, start: float, end: float) -> tuple[Floats, Floats]:
        """Starts and ends of the windows between two days in which satellites with these phases are all in light."""
        entries, exits = self._eclipses(plane, phases_rad, start, end)
        if len(phases_rad) > 1:
            order = np.argsort(entries, kind="stable")
            entries, exits = entries[order], np.maximum.accumulate(exits[order])
        starts = np.concatenate([[start], np.minimum(exits, end)])
        ends = np.concatenate([entries, [end]])
        # Where eclipses of several satellites overlap, a start lies behind the next end: no light between them.
        open_ = ends > starts
        return starts[open_], ends[open_]

    def _eclipses(self, plane: int, phases_rad: Floats, start: float, end: float) -> tuple[Floats, Floats]:
        """Entries and exits of all eclipses that overlap the time between two days, entries not before `start`."""
        spans = range(floor(start / SPAN_DAYS), max(ceil(end / SPAN_DAYS), floor(start / SPAN_DAYS) + 1))
        found: list[tuple[Floats, Floats]] = []
        for span in spans:
            for phase in phases_rad.tolist():
                entries, exits = self._spans.get((plane, phase, span), partial(self._span, plane, phase, span))
                if span == spans[0]:
                    first = int(np.searchsorted(exits, start, side="right"))
                    entries, exits = np.maximum(entries[first:], start), exits[first:]
                if span == spans[-1]:
                    last = int(np.searchsorted(entries, end, side="left"))
                    entries, exits = entries[:last], exits[:last]
                found.append((entries, exits))
        if len(found) == 1:
            return found[0]
        return np.concatenate([one[0] for one in found]), np.concatenate([one[1] for one in found])

    def _span(self, plane: int, phase_rad: float, span: int) -> tuple[Floats, Floats]:
        first, last = span * SPAN_DAYS, min((span + 1) * SPAN_DAYS, self._last_day)
        if last <= first:
            return np.empty(0), np.empty(0)
        return self._shadows[plane].eclipses(phase_rad, first, last)
