"""What training leaves idle in a fleet in blocks, from what the jobs that are followed leave."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.engine.block.months import PlaneTimes
from sim.engine.block.sample import Sample
from sim.engine.idle_gpus import IdlePlane, cell_integral, idle_plane
from sim.environment import Capacity
from sim.events import COLUMNS, EventLog
from sim.workloads import InferenceService

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Left:
    """What the jobs of a sample leave."""

    sample: Sample
    notes: EventLog
    """Of idle GPUs, whenever those of a satellite change."""
    alive: tuple[Floats, Ints]
    """When GPUs on followed satellites at work become more or fewer, and by how many."""

    def idle(self, services: Sequence[InferenceService], cells: PlaneTimes) -> list[IdlePlane]:
        """What is idle of each plane of the fleet in some cells of time.

        Where only a part is followed all planes are alike in it.
        """
        followed = {plane: self._of_plane(plane, services, cells) for plane in self.sample.planes.tolist()}
        days = np.diff(cells.edges)
        speed = _over(cells.online, cells.alive)
        if not self.sample.is_whole:
            idle, whole, ended = (
                np.sum([getattr(one, name) for one in followed.values()], axis=0) for name in ("idle", "whole", "ended")
            )
            held = (self._alive(cells) - idle) * self.sample.weight
            share = np.clip(1 - _over(held, cells.alive.sum(axis=0)), 0.0, 1.0)
            whole, ended = _over(whole, idle), _over(ended, idle)
        found = []
        for plane, alive in enumerate(cells.alive):
            if self.sample.is_whole:
                one = followed.get(plane, IdlePlane.nothing(len(services), len(days)))
            else:
                one = IdlePlane(alive * share, alive * share, alive * share * whole, alive * share * ended, days)
            satellites = cells.satellites[plane] / days
            found.append(IdlePlane(one.idle, one.idle * speed[plane], one.whole * speed[plane], one.ended, satellites))
        return found

    def _of_plane(self, plane: int, services: Sequence[InferenceService], cells: PlaneTimes) -> IdlePlane:
        """What is idle of a followed plane, were it at full speed."""
        mine = np.flatnonzero(self.notes.plane == plane)
        notes = EventLog(*(getattr(self.notes, name)[mine] for name in COLUMNS))
        satellites = np.zeros(int(notes.satellite.max(initial=-1)) + 1, np.intp)
        return idle_plane(notes, (Capacity(np.zeros(1), np.ones(1)),), satellites, services, cells.edges)

    def _alive(self, cells: PlaneTimes) -> Floats:
        """GPU-days of the GPUs that live on followed satellites, by cell."""
        day, more = self.alive
        return cell_integral(day, more, cells.edges)


def _over(part: Floats, whole: Floats) -> Floats:
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)
