"""Whole flights at fixed dates."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from sim.fleet import FleetView
from sim.strategies.base import Action, Lattice, Replenishing
from sim.strategies.spares import Sparing


class BlockLaunch(Sparing, Replenishing):
    """Order whole flights at fixed dates, only as many as a plane fills.  (R, nQ) replenishment, periodic review."""

    kind: Literal["block_launch"] = "block_launch"
    tuned_over: ClassVar[Lattice] = {
        "least_load": (0.1, 0.25, 0.5, 1.0),
        "review_period_days": (30.0, 90.0, 180.0, 365.0),
    }
    review_period_days: float = Field(default=180.0, ge=0.1, le=3652.5)
    """Days between reviews; the first is one period after the mission's start."""
    least_load: float = Field(default=0.25, ge=0, le=1)
    """Share of a vehicle's seats that must be taken for its flight to be ordered; 1: only full flights; 0: any."""
    spares_per_plane: int = Field(default=0, ge=0, le=10_000)
    """Spares that a plane keeps above its slots, which help to fill a flight; at most
    `constellation.spare_berths_per_plane`."""

    def reviews_every_days(self) -> float | None:
        return self.review_period_days

    def initial_spares(self) -> int:
        return self.spares_per_plane

    def decide(self, fleet: FleetView) -> list[Action]:
        needy = np.flatnonzero((fleet.stored > 0) & (fleet.empty > 0))
        if needy.size:
            return [action for plane in needy.tolist() for action in self.fill(fleet, plane)]
        if not fleet.reviewing:
            return []
        if retired := self.worn_out(fleet):
            return list(retired)
        room = self.ordered_view(fleet).satellites_per_flight
        missing = self.vacant(fleet) + self.spares_per_plane - fleet.stored - fleet.on_order
        rest = np.maximum(missing, 0) % room
        load = np.where(rest >= self.least_load * room, missing, missing - rest)
        return [*self.orders(fleet, load, to="spares" if self.spares_per_plane else "slots")]
