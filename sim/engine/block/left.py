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


_COUNTED = ("idle", "whole", "ended")


@dataclass(frozen=True, eq=False)
class Left:
    """What the jobs of a sample leave."""

    sample: Sample
    notes: EventLog
    """Of idle GPUs, whenever those of a satellite change."""
    alive: tuple[Floats, Ints]
    """When GPUs on followed satellites at work become more or fewer, and by how many."""

    def idle(
        self, services: Sequence[InferenceService], cells: PlaneTimes, unused: Sequence[IdlePlane]
    ) -> list[IdlePlane]:
        """What is idle of each plane of the fleet in some cells of time.

        `unused`: what it would be without jobs.  Where only a part is followed it holds for what that part does not
        stand for, and all planes are alike in what jobs leave.
        """
        followed = {plane: self._of_plane(plane, services, cells) for plane in self.sample.planes.tolist()}
        if self.sample.is_whole:
            nothing = IdlePlane.nothing(len(services), len(cells.edges) - 1)
            return [_running(followed.get(plane, nothing), one) for plane, one in enumerate(unused)]
        alive = self._alive(cells)
        idle, whole, ended = (
            _over(one, np.broadcast_to(alive, one.shape))
            for one in (np.sum([getattr(one, name) for one in followed.values()], axis=0) for name in _COUNTED)
        )
        # Of the fleet's GPUs those for which the part stands; no jobs are where the others are.
        share = np.ones(len(alive))
        if self.sample.of_fleet < 1:
            share = np.minimum(_over(self.sample.weight * alive, cells.alive.sum(axis=0)), 1.0)
        free = share * idle + 1 - share
        return [
            IdlePlane(
                idle=one.idle * free,
                runnable=one.runnable * free,
                whole=one.runnable * share * whole + one.whole * (1 - share),
                ended=one.idle * share * ended + one.ended * (1 - share),
                satellites=one.satellites,
            )
            for one in unused
        ]

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


def _running(idle: IdlePlane, unused: IdlePlane) -> IdlePlane:
    """What is idle of a plane, at the speed that light, power and heat leave."""
    speed = _over(unused.runnable, unused.idle)
    return IdlePlane(idle.idle, idle.idle * speed, idle.whole * speed, idle.ended, unused.satellites)


def _over(part: Floats, whole: Floats) -> Floats:
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)
