"""The GPUs of each plane over time: what training and inference of a fleet in blocks are worked out from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.engine.block.block_log import MONTH_DAYS
from sim.workloads import InferenceService

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class PlaneTimes:
    """Sums over each of some times of one length, the last of which may be shorter, shape (planes, times)."""

    edges: Floats
    """Mission days, shape (times + 1,)."""
    alive: Floats
    """GPUs alive on satellites at work, GPU-days."""
    online: Floats
    """The same as far as light, power and heat let them run and their plane does not stand still, GPU-days."""
    satellites: Floats
    """Satellites at work, satellite-days."""

    @classmethod
    def of(cls, planes: int, horizon_days: float, days: float) -> PlaneTimes:
        """Times of so many days of which nothing has been seen yet."""
        count = ceil(horizon_days / days - 1e-9)
        edges = np.minimum(np.arange(count + 1) * days, horizon_days)
        alive, online, satellites = (np.zeros((planes, count)) for _ in range(3))
        return cls(edges, alive, online, satellites)

    def add(self, day: float, days: float, alive: Floats, online: Floats, satellites: Floats) -> None:
        """Means over some days about a day, shape (planes,)."""
        time = min(int(day // self.edges[1]), self.alive.shape[1] - 1)
        self.alive[:, time] += alive * days
        self.online[:, time] += online * days
        self.satellites[:, time] += satellites * days


@dataclass(frozen=True, eq=False)
class PlaneMonths(PlaneTimes):
    """Months, and the finer cells of time in which services are served."""

    cells: PlaneTimes
    services: Sequence[InferenceService]
    left: NDArray[np.int64]
    """GPUs alive at work at the end of each month, shape (planes, months)."""
    used: NDArray[np.int64]
    """Of these those that whole replicas of each service can use, shape (services, planes, months)."""
    came: NDArray[np.int64]
    """The same of the satellites that began work in each month, less those that ended."""
    ended: Floats
    """The same of those that ended in each cell and did not make room for others, shape (services, planes, cells)."""

    @classmethod
    def for_workload(
        cls, planes: int, horizon_days: float, services: Sequence[InferenceService], cell_days: float
    ) -> PlaneMonths:
        """Months of which nothing has been seen yet."""
        months = PlaneTimes.of(planes, horizon_days, MONTH_DAYS)
        cells = PlaneTimes.of(planes if services else 0, horizon_days, cell_days)
        left = np.zeros_like(months.alive, np.int64)
        used, came = (np.zeros((len(services), *left.shape), np.int64) for _ in range(2))
        ended = np.zeros((len(services), *cells.alive.shape))
        columns = months.edges, months.alive, months.online, months.satellites
        return cls(*columns, cells, services, left, used, came, ended)

    def add(self, day: float, days: float, alive: Floats, online: Floats, satellites: Floats) -> None:
        """Means over some days about a day, shape (planes,)."""
        super().add(day, days, alive, online, satellites)
        if self.services:
            self.cells.add(day, days, alive, online, satellites)

    def move(self, day: Floats, plane: Ints, gpus: Ints) -> None:
        """Satellites with so many GPUs alive begin work in planes, or end where they are fewer than 0."""
        month = np.minimum((day // MONTH_DAYS).astype(np.intp), self.alive.shape[1] - 1)
        for number, size in enumerate(self._sizes()):
            whole = np.sign(gpus) * (np.abs(gpus) // size * size)
            _add_at(self.came[number], plane, month, whole)
            self._end(number, day, plane, np.maximum(-gpus, 0) // size * size)

    def relieve(self, day: Floats, plane: Ints, gpus: Ints) -> None:
        """Of the satellites that end these, with so many GPUs alive, make room for others, which go on at once."""
        for number, size in enumerate(self._sizes()):
            self._end(number, day, plane, -(gpus // size * size))

    def _end(self, number: int, day: Floats, plane: Ints, gpus: Ints) -> None:
        cell = np.minimum((day // self.cells.edges[1]).astype(np.intp), self.cells.alive.shape[1] - 1)
        _add_at(self.ended[number], plane, cell, gpus)

    def _sizes(self) -> list[int]:
        """GPUs of a replica of each service that end together: where replicas span satellites, one by one."""
        return [one.gpus_per_replica if one.replica_within == "satellite" else 1 for one in self.services]


def _add_at(table: NDArray[Any], row: Ints, column: Ints, amounts: Ints) -> None:
    """Add amounts to entries of a table, some more than once."""
    # `add.at` is fast for one index and equal types alone.
    np.add.at(table.reshape(-1), row * table.shape[1] + column, amounts.astype(table.dtype))
