"""Clocks of many units at once, each on one of several rows of exposure."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sim.reliability.life import Clock

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Exposures:
    """Exposure by mission day, a row each: increasing, straight between its points, at the last rate beyond them."""

    days: Floats
    """Mission days, shape (n,), n >= 2."""
    total: Floats
    """Exposure from some origin to each of them, shape (rows, n)."""

    @classmethod
    def of(cls, clocks: list[Clock]) -> Exposures:
        """The exposures of clocks whose points lie on the same days."""
        return cls(clocks[0].days, np.stack([clock.total for clock in clocks]))

    @cached_property
    def last_rate(self) -> Floats:
        """Exposure a day beyond the last day, shape (rows,)."""
        return np.asarray((self.total[:, -1] - self.total[:, -2]) / (self.days[-1] - self.days[-2]))

    @cached_property
    def offset(self) -> Floats:
        """What lies between a row and its place in `stacked`, shape (rows,)."""
        rise = self.total[:, -1] - self.total[:, 0]
        return np.concatenate([[0.0], np.cumsum(rise[:-1])]) - self.total[:, 0]

    @cached_property
    def stacked(self) -> Floats:
        """All rows on top of one another: one increasing table."""
        return np.asarray((self.total + self.offset[:, None]).ravel())


@dataclass(frozen=True, eq=False)
class ClockRows(Clock):
    """The clock of each unit: `total` is not used, the unit's row of `exposures` is."""

    exposures: Exposures
    row: Ints
    """Row of each unit, in the shape of the units."""

    @classmethod
    def on(cls, exposures: Exposures, row: Ints) -> ClockRows:
        """Units on these rows."""
        return cls(exposures.days, exposures.total[0], exposures, row)

    def take(self, index: Any) -> ClockRows:
        """The clocks of the units at these positions."""
        return ClockRows(self.days, self.total, self.exposures, self.row[index])

    def at(self, day: ArrayLike) -> Floats:
        """Exposure of each unit on these days; broadcasts."""
        then = np.asarray(day, float)
        n = len(self.days)
        low = np.clip(np.searchsorted(self.days, then, side="right") - 1, 0, n - 2)
        part = (then - self.days[low]) / (self.days[low + 1] - self.days[low])
        flat, first = self.exposures.total.ravel(), self.row * n + low
        below = flat[first]
        found = below + np.clip(part, 0.0, 1.0) * (flat[first + 1] - below)
        beyond = np.where(np.isfinite(then), np.maximum(then - self.days[-1], 0.0), 0.0)
        found = found + self.exposures.last_rate[self.row] * beyond
        return np.asarray(np.where(then == np.inf, np.inf, found))

    def when(self, exposure: ArrayLike) -> Floats:
        """Day on which the exposure of each unit reaches these values; infinite where it never does."""
        wanted = np.asarray(exposure, float)
        n, rows = len(self.days), self.exposures
        target = wanted + rows.offset[self.row]
        first, stacked = self.row * n, rows.stacked
        low = np.clip(np.searchsorted(stacked, target, side="left") - 1, first, first + n - 2)
        rise = stacked[low + 1] - stacked[low]
        part = np.clip((target - stacked[low]) / np.where(rise > 0, rise, 1.0), 0.0, 1.0)
        at = low - first
        found = self.days[at] + part * (self.days[at + 1] - self.days[at])
        last = rows.total[self.row, -1]
        with np.errstate(divide="ignore", invalid="ignore"):
            later = self.days[-1] + (wanted - last) / rows.last_rate[self.row]
        return np.asarray(np.where(wanted > last, later, found))
