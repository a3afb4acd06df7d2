"""More satellites at the start, and none later."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field

from sim.fleet import FleetView
from sim.strategies.base import Action
from sim.strategies.spares import Sparing


class OverbuildAndDecay(Sparing):
    """Deploy spares with the fleet that take over when slots fall empty, and order nothing later."""

    kind: Literal["overbuild_and_decay"] = "overbuild_and_decay"
    spares_per_plane: int = Field(default=2, gt=0, le=10_000)
    """Extra satellites in each plane at the start; at most `constellation.spare_berths_per_plane`."""

    def initial_spares(self) -> int:
        return self.spares_per_plane

    def watches_gpus(self) -> bool:
        return False

    def decide(self, fleet: FleetView) -> list[Action]:
        needy = np.flatnonzero((fleet.stored > 0) & (fleet.empty > 0))
        return [action for plane in needy.tolist() for action in self.fill(fleet, plane)]
