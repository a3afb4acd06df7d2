"""The GPUs of each plane month by month: what training and inference of a fleet in blocks are worked out from."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

import numpy as np
from numpy.typing import NDArray

from sim.engine.block.block_log import MONTH_DAYS

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class PlaneMonths:
    """Sums over each month, shape (planes, months) where nothing else is said."""

    edges: Floats
    """Mission days, shape (months + 1,)."""
    alive: Floats
    """GPUs alive on satellites at work, GPU-days."""
    online: Floats
    """The same as far as light, power and heat let them run and their plane does not stand still, GPU-days."""
    satellites: Floats
    """Satellites at work, satellite-days."""
    whole: Floats
    """Share of the GPUs alive that whole replicas of each service can use, shape (services, planes, months)."""
    gangs: Floats
    """Gangs that there is room for, see `training.gangs_of`, shape (descriptions of jobs, 3, planes, months)."""

    @classmethod
    def of(cls, planes: int, horizon_days: float, services: int, jobs: int) -> PlaneMonths:
        """Months of which nothing has been seen yet."""
        count = ceil(horizon_days / MONTH_DAYS - 1e-9)
        edges = np.minimum(np.arange(count + 1) * MONTH_DAYS, horizon_days)
        alive, online, satellites = (np.zeros((planes, count)) for _ in range(3))
        whole, gangs = np.ones((services, planes, count)), np.zeros((jobs, 3, planes, count))
        return cls(edges, alive, online, satellites, whole, gangs)

    def add(self, day: float, days: float, alive: Floats, online: Floats, satellites: Floats) -> None:
        """Means over some days about a day, shape (planes,)."""
        month = min(int(day // MONTH_DAYS), self.alive.shape[1] - 1)
        self.alive[:, month] += alive * days
        self.online[:, month] += online * days
        self.satellites[:, month] += satellites * days
