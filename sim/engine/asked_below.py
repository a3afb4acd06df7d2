"""Of which satellites a strategy is told that they have too few GPUs left."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.engine.cohort import Cohort, Losses

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

_JUST_AFTER_DAYS = 1e-9
"""The clock comes to a day but for rounding: a tenth of a millisecond later all that happened on it has happened."""


@dataclass(frozen=True)
class AskedBelow:
    """The share of its GPUs alive below which somebody is to know of a satellite at work."""

    share: float
    """0: nobody asks; 1: each loss is told."""

    def tells(self, cohort: Cohort, alive: int, change: int) -> bool:
        """Whether it is told that a satellite of a cohort has so many GPUs alive after a change."""
        if self.share in (0, 1):
            return self.share == 1
        limit = self.share * cohort.scenario.satellite.gpus
        return (alive < limit) != (alive - change < limit)

    def falls(self, cohort: Cohort, losses: Losses) -> tuple[Floats, Ints]:
        """When satellites fall below the share, and which do; not those below it now."""
        event, satellite, _ = cohort.deaths(losses)
        limit = self.share * cohort.scenario.satellite.gpus
        alive = np.count_nonzero(cohort.alive, axis=1)
        begins = np.searchsorted(satellite, satellite)  # losses come satellite by satellite, each in order of time
        left = alive[satellite] - (np.arange(len(satellite)) - begins) - 1
        falls = np.flatnonzero((left < limit) & (left + 1 >= limit))
        return losses.day[event[falls]] + _JUST_AFTER_DAYS, satellite[falls]
