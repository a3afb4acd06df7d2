"""What of the fleet is broken and could be mended, who could do it, and the view of it that strategies get."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int32]


class ServiceColumns:
    """Columns over berths and planes.  The engine writes them; everybody else sees a `ServiceView`."""

    def __init__(self, spans: Sequence[slice]) -> None:
        """`spans`: the berths of each plane."""
        berths, planes = spans[-1].stop, len(spans)
        self.spans = tuple(spans)
        self.mendable = np.zeros(berths, np.int32)
        self.waiting = np.zeros(berths, np.bool_)
        self.queued = np.zeros(berths, np.int64)
        """Of those that wait and that nobody is on the way to, by order of request, from 1; 0: none of them."""
        self.free = np.zeros(planes, np.int32)
        self.parts = np.zeros(planes, np.int32)
        self.reached = np.ones(planes, np.bool_)

    def clear(self, berth: int) -> None:
        """No satellite stands in a berth any more."""
        self.mendable[berth] = 0
        self.waiting[berth] = False
        self.queued[berth] = 0


class ServiceView:
    """What the operator knows of broken GPUs and of those who mend them.  Arrays are read-only, valid in the call."""

    def __init__(self, columns: ServiceColumns) -> None:
        """A view that follows the columns."""
        self._spans = columns.spans
        self.mendable: Ints = _read_only(columns.mendable)
        """GPUs of the satellite at work in each berth that are dead and could be mended, as far as they are known: at a
        review, and for a strategy that watches GPUs, all of them."""
        self.waiting: NDArray[np.bool_] = _read_only(columns.waiting)
        """Whether a servicer is on its way to the satellite in each berth, or will be."""
        self.servicers_free: Ints = _read_only(columns.free)
        """Servicers at each plane that have nothing to do; those that serve all planes are counted at the first."""
        self.parts: Ints = _read_only(columns.parts)
        """Parts in the depot of each plane; those of a depot for all planes are counted at the first."""

        self.reached: NDArray[np.bool_] = _read_only(columns.reached)
        """Whether any servicer can reach each plane, and come back."""

    def satellites(self, plane: int, at_least: int = 1) -> list[int]:
        """Berths of a plane whose satellite has so many GPUs to mend, and nobody was sent to; the worst first."""
        span = self._spans[plane]
        dead = np.where(self.waiting[span], 0, self.mendable[span])
        found = np.flatnonzero(dead >= max(at_least, 1))
        order: list[int] = (span.start + found[np.argsort(-dead[found], kind="stable")]).tolist()
        return order


def _read_only(column: NDArray[Any]) -> NDArray[Any]:
    """A window on a column over a read-only buffer, so that nobody can make it writeable again."""
    return np.frombuffer(memoryview(column).toreadonly(), column.dtype)  # type: ignore[arg-type]
