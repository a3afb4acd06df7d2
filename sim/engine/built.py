"""A satellite between its order and its arrival."""

from __future__ import annotations

from dataclasses import dataclass

from sim.events import Cause
from sim.fleet import Fleet


@dataclass(frozen=True)
class Built:
    """A satellite on its way: its serial number and its address, the berth it was built for and its ordinal there."""

    serial: int
    """Counted in order of launch; -1 until then."""
    berth: int
    ordinal: int
    design: int
    relieves: bool = False
    """Ordered while its slot was filled, to take over from the satellite there."""
    reason: Cause = Cause.NONE
    """Why it was ordered: LOSS, END_OF_LIFE or STOCK; none in the initial fleet."""
    finished_day: float | None = None
    """Mission day on which it was complete; none: not yet, or of the initial fleet, which flies as it comes."""
    ground_days: float = 0.0
    """From then to its launch."""

    def address(self, fleet: Fleet) -> tuple[int, int, int]:
        """What random numbers know it by."""
        return int(fleet.site[self.berth]), int(fleet.place[self.berth]), self.ordinal
