"""Room for gangs: idle GPUs of each plane, and when running gangs give theirs back.

Kept sorted, so that a question or a change costs the same whatever the number of planes: the logarithm of it.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from math import inf

MOST_PLANES = 64
"""Planes that are looked at satellite by satellite."""


@dataclass(frozen=True)
class Running:
    """A gang at work, as a scheduler sees it."""

    gpus: int
    priority: int
    """The higher, the more urgent."""


class Rooms:
    """Idle GPUs by plane; who runs there, and to which end where it is known."""

    def __init__(
        self,
        idle: list[int],
        satellites: Callable[[int, int], int] = lambda plane, gpus: 1,
        on_one: Callable[[int, Sequence[int]], int] | None = None,
    ) -> None:
        """`satellites`: on how many so many idle GPUs of a plane lie at least; `on_one`: the most on one satellite of
        a plane, those of some jobs counted as idle."""
        self.satellites = satellites
        self.gangs: list[dict[int, Running]] = [{} for _ in idle]
        """Gangs at work in each plane, by job."""
        self.idle = list(idle)
        """Idle GPUs of each plane."""
        self.on_one = on_one or (lambda plane, jobs: self.idle[plane])
        self.version = 0
        """Counts the changes."""
        self.total = sum(idle)
        """Idle GPUs of all planes."""
        self.freed: set[int] = set()
        """Planes in which GPUs have become idle; who looks at them empties it."""
        self._sorted = sorted((gpus, plane) for plane, gpus in enumerate(idle))
        self._ends: list[list[tuple[float, int, int]]] = [[] for _ in idle]  # (end day, job, GPUs), in order
        self._wanted = 0  # the size whose turns are known
        self._turns: list[tuple[float, int]] = []  # by plane: (day, GPUs left over then)
        self._heap: list[tuple[float, int]] = []  # (day, plane); also days that hold no longer
        self._stale: set[int] = set()

    @property
    def largest(self) -> int:
        """Most idle GPUs in one plane."""
        return self._sorted[-1][0]

    def change(self, plane: int, more: int) -> None:
        """So many more GPUs of a plane are idle."""
        before = self.idle[plane]
        del self._sorted[bisect_left(self._sorted, (before, plane))]
        self.idle[plane] = before + more
        self.total += more
        if more > 0:
            self.freed.add(plane)
        insort(self._sorted, (before + more, plane))
        self._changed(plane)

    def run(self, plane: int, job: int, gpus: int, end_day: float) -> None:
        """A gang runs in a plane to a day, if nothing fails; an end that is not known counts for nothing."""
        if end_day < inf:
            insort(self._ends[plane], (end_day, job, gpus))
            self._changed(plane)

    def stop(self, plane: int, job: int, gpus: int, end_day: float) -> None:
        """It does so no longer."""
        if end_day < inf:
            ends = self._ends[plane]
            del ends[bisect_left(ends, (end_day, job, gpus))]
            self._changed(plane)

    @property
    def roomiest(self) -> int:
        """The plane with the most idle GPUs; the highest number among equals."""
        return self._sorted[-1][1]

    def fitting(self, gpus: int) -> list[int]:
        """Planes with so many idle GPUs, at most `MOST_PLANES`, the ones that they fill best."""
        place = bisect_left(self._sorted, (gpus, -1))
        return [plane for _, plane in self._sorted[place : place + MOST_PLANES]]

    def best_fit(self, gpus: int) -> int | None:
        """The plane with the fewest idle GPUs that still suffice; the lowest number among equals."""
        place = bisect_left(self._sorted, (gpus, -1))
        return self._sorted[place][1] if place < len(self._sorted) else None

    def best_fit_beside(self, gpus: int, plane: int, room: int) -> int | None:
        """The same where one plane has less room than is idle there."""
        place = bisect_left(self._sorted, (gpus, -1))
        best: tuple[int, int] | None = None
        while place < len(self._sorted) and best is None:
            if self._sorted[place][1] != plane:
                best = self._sorted[place]
            place += 1
        if gpus <= room:
            best = min(best, (room, plane)) if best else (room, plane)
        return best[1] if best else None

    def first_turn(self, gpus: int) -> tuple[int | None, float, int]:
        """(plane, day, GPUs left over then) of the earliest turn of a gang of this size if nothing fails."""
        if gpus != self._wanted or len(self._heap) > 2 * len(self.idle) + 64:
            self._wanted = gpus
            self._turns = [self._turn(plane) for plane in range(len(self.idle))]
            self._heap = [(day, plane) for plane, (day, _) in enumerate(self._turns) if day < inf]
            heapify(self._heap)
        else:
            for plane in self._stale:
                self._turns[plane] = self._turn(plane)
                if self._turns[plane][0] < inf:
                    heappush(self._heap, (self._turns[plane][0], plane))
        self._stale.clear()
        while self._heap and self._turns[self._heap[0][1]][0] != self._heap[0][0]:
            heappop(self._heap)
        if not self._heap:
            return None, inf, 0
        day, plane = self._heap[0]
        return plane, day, self._turns[plane][1]

    def _turn(self, plane: int) -> tuple[float, int]:
        room = self.idle[plane]
        for end_day, _, gpus in self._ends[plane]:
            room += gpus
            if room >= self._wanted:
                return end_day, room - self._wanted
        return inf, 0

    def _changed(self, plane: int) -> None:
        self.version += 1
        self._stale.add(plane)
