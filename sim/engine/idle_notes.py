"""Notes of the GPUs that no gang holds, for inference: who computes nothing else is found out after the run."""

from __future__ import annotations

import numpy as np
import simpy
from numpy.typing import NDArray

from sim.events import EventKind, EventRecorder
from sim.fleet import Fleet

Ints = NDArray[np.intp]


class IdleNotes:
    """Writes into the log how many GPUs of a satellite are idle, whenever that changes."""

    def __init__(self, env: simpy.Environment, fleet: Fleet, log: EventRecorder) -> None:
        self.env = env
        self.fleet = fleet
        self.log = log

    def note(self, berths: Ints, idle: NDArray[np.int32]) -> None:
        """So many GPUs of the satellites in these berths are idle from now on; a berth occurs once."""
        self.log.extend(
            len(berths),
            time_days=self.env.now,
            kind=EventKind.IDLE_CHANGED,
            plane=self.fleet.plane_of[berths],
            berth=berths,
            satellite=self.fleet.satellite[berths],
            amount=idle.astype(float),
        )
