"""Orders at fixed dates."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from sim.fleet import FleetView
from sim.strategies.base import Action, Lattice, Replenishing


class ScheduledBatch(Replenishing):
    """Order what is missing at fixed dates.  (R, S) replenishment, periodic review."""

    kind: Literal["scheduled_batch"] = "scheduled_batch"
    tuned_over: ClassVar[Lattice] = {
        "review_period_days": (30.0, 90.0, 180.0, 365.0, 730.0),
        "minimum_order": (1, 2, 4, 8, 16),
    }
    review_period_days: float = Field(default=180.0, ge=0.1, le=3652.5)
    """Days between reviews; the first is one period after the mission's start."""
    minimum_order: int = Field(default=1, gt=0, le=1_000_000)
    """Order nothing for a plane that misses fewer satellites than this."""

    def reviews_every_days(self) -> float | None:
        return self.review_period_days

    def decide(self, fleet: FleetView) -> list[Action]:
        if not fleet.reviewing:
            return []
        return self.replenish(fleet, at_least=self.minimum_order)
