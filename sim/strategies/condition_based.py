"""Replacement by condition."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from sim.berths import BerthState
from sim.fleet import FleetView
from sim.strategies.base import Action, Lattice, Relieving


class ConditionBased(Relieving):
    """Replace satellites with too few GPUs alive, grouped with what is lost until there are enough for a launch."""

    kind: Literal["condition_based"] = "condition_based"
    tuned_over: ClassVar[Lattice] = {
        "retire_below_gpu_fraction": (0.4, 0.5, 0.6, 0.7, 0.8, 0.9),
        "minimum_order": (1, 4, 8, 16, 24),
    }
    retire_below_gpu_fraction: float = Field(default=0.8, ge=0.01, le=1)
    """Share of its GPUs alive below which a satellite is to be replaced; it works on until its successor is there."""
    minimum_order: int = Field(default=4, gt=0, le=1_000_000)
    """Satellites of a plane, worn, lost or soon to end, that are worth a launch."""

    def decide(self, fleet: FleetView) -> list[Action]:
        worn = fleet.plane_of[fleet.worn_out(self.retire_below_gpu_fraction)]
        wanted = self.vacant(fleet) + np.bincount(worn, minlength=len(fleet.slots)) - fleet.on_order
        # Asked after each loss of a GPU, it mostly ends here.
        if (wanted[fleet.changed] < self.minimum_order).all():
            return []
        return [*self.relieve(fleet)]

    def due_day(self, fleet: FleetView) -> NDArray[np.float64]:
        due = np.where(fleet.state == int(BerthState.WORKING), fleet.life_end_day, np.inf)
        if fleet.now_days + fleet.expected_lead_days < fleet.mission_days:
            due[fleet.worn_out(self.retire_below_gpu_fraction)] = fleet.now_days
        return due
