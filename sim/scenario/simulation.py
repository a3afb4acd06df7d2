"""How a run walks through its fleet: satellite by satellite, or in blocks of days."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from sim.parameters import Parameters, cited

MOST_EXACT_SLOTS = 20_000
"""Slots up to which `auto` looks at every event by itself."""
COARSE_STEP_DAYS = 10.0
"""Step of the environment's tables in block mode, days."""


class Simulation(Parameters):
    """How a run walks through its fleet."""

    mode: Literal["auto", "exact", "block"] = "auto"
    """`exact`: every failure, launch and interruption at its own instant, tables of light and air day by day; `block`:
    all satellites together, a block of days at a time, tables every ten days: for fleets of up to millions; `auto`:
    `block` above 20,000 slots.  Satellites of element files (`kind: catalogue`) are not counted."""
    block_days: float = Field(
        default=1.0,
        ge=0.1,
        le=30,
        json_schema_extra=cited("A", "as fine as daily tables, and a tenth of the shortest lead times", 0.25, 5.0),
    )
    """Length of a block, days: what happens within one is seen at its end.  Only for `block`."""

    def in_blocks(self, slots: int) -> bool:
        """Whether a fleet of so many slots is walked in blocks."""
        return self.mode == "block" or (self.mode == "auto" and slots > MOST_EXACT_SLOTS)
