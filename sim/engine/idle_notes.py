"""Notes of the GPUs that no gang holds, for inference: who computes nothing else is found out after the run."""

from __future__ import annotations

import simpy

from sim.events import EventKind, EventRecorder
from sim.fleet import Fleet


class IdleNotes:
    """Writes into the log how many GPUs of a satellite are idle, whenever that changes."""

    def __init__(self, env: simpy.Environment, fleet: Fleet, log: EventRecorder) -> None:
        self.env = env
        self.fleet = fleet
        self.log = log

    def note(self, berth: int, idle: int) -> None:
        """So many GPUs of the satellite in a berth are idle from now on."""
        self.log.append(
            self.env.now,
            EventKind.IDLE_CHANGED,
            plane=int(self.fleet.plane_of[berth]),
            berth=berth,
            satellite=int(self.fleet.satellite[berth]),
            amount=idle,
        )
