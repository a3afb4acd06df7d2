"""Jobs that wait for their gang, in order of arrival."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import Counter

from sim.engine.gang import Gang


class JobQueue:
    """Who waits, and how many GPUs all of them want."""

    def __init__(self) -> None:
        self._waiting: list[tuple[float, int]] = []  # (day of arrival, job)
        self._sizes: Counter[int] = Counter()
        self.gpus = 0
        """GPUs that jobs in the queue want, and those that gangs wait for which hold others."""
        self.version = 0
        """Counts the changes."""

    def __contains__(self, gang: Gang) -> bool:
        place = bisect_left(self._waiting, (gang.arrival_day, gang.job))
        return self._waiting[place : place + 1] == [(gang.arrival_day, gang.job)]

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def jobs(self) -> list[int]:
        """The jobs as they stand, in order."""
        return [job for _, job in self._waiting]

    @property
    def smallest(self) -> int:
        """The fewest GPUs with which any of them starts; 0 where nobody waits."""
        return min(self._sizes, default=0)

    def add(self, gang: Gang) -> None:
        """A gang waits from now on."""
        insort(self._waiting, (gang.arrival_day, gang.job))
        self._sizes[gang.spec.least_gpus] += 1
        self.gpus += gang.spec.gpus
        self.version += 1

    def remove(self, gang: Gang) -> None:
        """It does so no longer."""
        del self._waiting[bisect_left(self._waiting, (gang.arrival_day, gang.job))]
        least = gang.spec.least_gpus
        self._sizes[least] -= 1
        if self._sizes[least] == 0:
            del self._sizes[least]
        self.gpus -= gang.spec.gpus
        self.version += 1

    def awaits(self, gang: Gang, gpus: int) -> None:
        """A gang that holds GPUs waits for so many others now."""
        self.gpus += gpus - gang.awaited
        gang.awaited = gpus
