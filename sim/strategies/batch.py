"""Orders when enough is missing."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from sim.fleet import FleetView
from sim.strategies.base import Action, Lattice, Replenishing


class Batch(Replenishing):
    """Order a launch when enough slots of a plane are empty.  (s, S) replenishment, continuous review."""

    kind: Literal["batch"] = "batch"
    tuned_over: ClassVar[Lattice] = {"reorder_point": (1, 2, 3, 4, 6, 8, 12, 16, 24)}
    reorder_point: int = Field(default=4, gt=0, le=1_000_000)
    """Empty slots in one plane, not yet on order, that trigger an order for all of them."""

    def decide(self, fleet: FleetView) -> list[Action]:
        return self.replenish(fleet, at_least=self.reorder_point)
