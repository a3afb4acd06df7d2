"""Work done over days: one piecewise-linear table, inverted directly.

Work is measured in days at full speed.  The **table** says what a gang does that computes at all times; **progress**
follows it along the computing of a segment, between restarts, checkpoints and pauses.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from math import inf

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class WorkTable:
    """Speed of a gang by mission day, and the work it adds up to."""

    speed: Floats
    """Share of full speed on each day from mission day 0 on, constant within it, shape (n,); the last goes on."""

    @cached_property
    def total(self) -> Floats:
        """Work from mission day 0 to the beginning of each day, and to the end of the last, shape (n + 1,)."""
        return np.concatenate([[0.0], np.cumsum(self.speed)])

    @cached_property
    def _changes(self) -> list[int]:
        found: list[int] = (np.flatnonzero(np.diff(self.speed)) + 1).tolist()
        return found

    def at(self, day: float) -> float:
        """Work from mission day 0 to a day."""
        low = min(int(day), len(self.speed) - 1)
        return float(self.total[low] + (day - low) * self.speed[low])

    def when(self, work: float) -> float:
        """First day by which a work since mission day 0 is done; infinite if it never is."""
        above = int(np.searchsorted(self.total, work, side="left"))
        if above == 0:
            return 0.0
        low = min(above - 1, len(self.speed) - 1)
        if self.speed[low] == 0:
            return inf
        return float(low + (work - self.total[low]) / self.speed[low])

    def constant(self, start: float, end: float) -> float | None:
        """The speed between two days if it is one; none if it changes."""
        changes = self._changes
        if bisect_right(changes, start) < bisect_right(changes, end):
            return None
        return float(self.speed[min(int(start), len(self.speed) - 1)])


@dataclass(frozen=True, eq=False)
class Progress:
    """Work done along the computing of a segment; times and work in days."""

    before: Floats
    """Time computed before each piece, and in all, shape (pieces + 1,)."""
    speed: float
    """Where it is one throughout."""
    computed: Floats | None = None
    """Otherwise the time computed by the beginning, each change of the day and the end, shape (k,)."""
    done: Floats | None = None
    """The work done by then."""

    def work(self, computed: Floats) -> Floats:
        """Work done by these times of computing."""
        if self.computed is None or self.done is None:
            return self.speed * computed
        return np.interp(computed, self.computed, self.done)

    def computing(self, work: Floats) -> Floats:
        """Least time of computing by which a work is done; infinite if it is not in this segment.

        Where speed is constant, it goes on beyond the segment.
        """
        if self.computed is None or self.done is None:
            return np.where(work <= 0, 0.0, work / self.speed if self.speed > 0 else inf)
        above = np.searchsorted(self.done, work, side="left")
        found = np.where(above == len(self.done), inf, 0.0)
        inside = np.flatnonzero((above > 0) & (above < len(self.done)))
        high = above[inside]
        low = high - 1
        part = (work[inside] - self.done[low]) / (self.done[high] - self.done[low])
        found[inside] = self.computed[low] + part * (self.computed[high] - self.computed[low])
        return np.asarray(found)
