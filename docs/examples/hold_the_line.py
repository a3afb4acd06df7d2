"""A strategy of one's own: keep a fleet above a level, with as few flights as that takes."""

import numpy as np
from pydantic import Field

from sim.strategies import Action, FleetView, Launch, Strategy


class HoldTheLine(Strategy):
    """Fill up the emptiest plane, as far as one flight does, whenever the fleet falls below a level."""

    level: float = Field(default=0.95, gt=0, le=1)
    """Share of all slots that should have a satellite, at work or on its way."""

    def watches_gpus(self) -> bool:
        return False  # it is asked when satellites come and go, not after each loss of a GPU

    def decide(self, fleet: FleetView) -> list[Action]:
        filled = fleet.working + fleet.inbound + fleet.on_order  # one number a plane
        if filled.sum() >= self.level * fleet.slots.sum():
            return []
        missing = fleet.slots - filled
        plane = int(np.argmax(missing))
        design = fleet.newest_design
        return [Launch(plane, min(int(missing[plane]), design.satellites_per_flight), design=design.name)]
