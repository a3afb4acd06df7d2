"""A satellite between its order and its arrival."""

from __future__ import annotations

from dataclasses import dataclass

from sim.events import Cause


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
