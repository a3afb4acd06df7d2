"""Places in which gangs lie: planes, and joined planes of a shell, which are numbered after all planes.

Slots of a place are those of its plane, or those of all joined planes numbered on.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from sim.environment.joined import JoinedPlanes
from sim.environment.planes import Plane
from sim.workloads import TrainingJob

Ints = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Places:
    """The places of a fleet whose satellites have so many GPUs."""

    planes: tuple[Plane, ...]
    joined: tuple[JoinedPlanes, ...]
    gpus: int

    def at(self, place: int) -> JoinedPlanes:
        """The joined planes of a place that is no plane."""
        return self.joined[place - len(self.planes)]

    def first_plane(self, place: int) -> int:
        """The first plane of a place."""
        return place if place < len(self.planes) else self.at(place).ids[0]

    def parts(self, place: int, slots: Ints) -> list[tuple[int, Ints, Ints]]:
        """What some slots of a place are by plane: (plane, slots there, their positions among `slots`)."""
        if place < len(self.planes):
            return [(place, slots, np.arange(len(slots)))]
        return list(self.at(place).by_plane(slots))

    @cached_property
    def _most_slots(self) -> tuple[int, int]:
        """Of a plane, and of joined planes."""
        joined = [int(one.first_slot[-1]) for one in self.joined]
        return max((plane.slots for plane in self.planes), default=0), max(joined, default=0)

    def spans(self, gpus: int) -> bool:
        """Whether a job lies on several planes: no plane holds it, and there are joined ones with more room."""
        plane, joined = self._most_slots
        return gpus > plane * self.gpus and joined > plane

    def largest(self, gpus: int) -> tuple[int, str]:
        """GPUs of the largest place for a job of this size, and what kind of place that is."""
        spans = self.spans(gpus)
        return self._most_slots[spans] * self.gpus, "shell" if spans else "plane"

    def ever(self, job: TrainingJob, aboard: int) -> tuple[int, str]:
        """GPUs of the largest place for a job where each satellite has so many aboard, and what kind of place it is."""
        if job.within == "satellite":
            return aboard, "satellite"
        spans = self.spans(job.gpus)
        return self._most_slots[spans] * aboard, "shell" if spans else "plane"

    def planes_for(self, gpus: int) -> int:
        """Over how many planes a job of this size lies at least."""
        satellites = -(-gpus // self.gpus)
        return min(one.planes_for(satellites) for one in self.joined) if self.spans(gpus) else 1
