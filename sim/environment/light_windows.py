"""When gangs may run under the eclipse policy `pause`: while all their satellites are in light."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from math import ceil, floor

import numpy as np
from numpy.typing import NDArray

from sim.environment.recent import Recent
from sim.physics.eclipse import PlaneShadow

Floats = NDArray[np.float64]

SPAN_DAYS = 32.0
"""Eclipses are worked out for so many days at once."""
TOGETHER = 32
"""And for so many neighbouring satellites of a plane."""
SPANS_KEPT = 384
"""Results kept: a quarter of a megabyte each."""

_Eclipses = tuple[list[int], Floats]
"""Of neighbouring satellites: where each one's begin, and entries and exits, shape (2, n)."""


class LightWindows:
    """Windows of light of satellites, each satellite's eclipses worked out once for all gangs on it."""

    def __init__(self, shadows: tuple[PlaneShadow, ...], phases_rad: Sequence[Floats], last_day: float) -> None:
        """Of the planes with these shadows and slots at these phases; nothing is asked beyond `last_day`."""
        self._shadows = shadows
        self._phases = [np.unique(phases) for phases in phases_rad]
        self._last_day = last_day
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
        places: dict[int, list[int]] = {}
        for number in sorted(set(np.searchsorted(self._phases[plane], phases_rad).tolist())):
            places.setdefault(number // TOGETHER, []).append(number % TOGETHER)
        for span in range(floor(start / SPAN_DAYS), ceil(end / SPAN_DAYS)):
            for group, some in places.items():
                key = plane, group, span
                first, eclipses = self._spans.get(key, partial(self._work_out, *key))
                found += [eclipses[:, first[place] : first[place + 1]] for place in some]
        if not found:
            return np.empty(0), np.empty(0)
        entries, exits = np.concatenate(found, axis=1)
        return entries, exits

    def _work_out(self, plane: int, group: int, span: int) -> _Eclipses:
        """Eclipses of neighbouring satellites."""
        phases = self._phases[plane][group * TOGETHER : (group + 1) * TOGETHER]
        first, last = span * SPAN_DAYS, min((span + 1) * SPAN_DAYS, self._last_day)
        if last <= first:
            return [0] * (len(phases) + 1), np.empty((2, 0))
        satellite, entries, exits = self._shadows[plane].eclipses_of_many(phases, first, last)
        return np.searchsorted(satellite, np.arange(len(phases) + 1)).tolist(), np.stack([entries, exits])
