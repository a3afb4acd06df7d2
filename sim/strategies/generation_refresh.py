"""Replacement by newer designs."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, field_validator

from sim.berths import BerthState
from sim.constants import DAYS_PER_YEAR
from sim.fleet import FleetView
from sim.strategies.base import STOCK_FIRST, Action, Lattice, Relieving


class GenerationRefresh(Relieving):
    """Replace satellites of older designs by the newest at fixed dates, a share of each plane, the oldest first."""

    kind: Literal["generation_refresh"] = "generation_refresh"
    tuned_over: ClassVar[Lattice] = {"share": (0.1, 0.25, 0.5, 1.0), "period_years": (0.25, 0.5, 1.0, 2.0)}
    period_years: float = Field(default=0.5, ge=0.01, le=10)
    """Years between the dates; what is lost is replaced at them too."""
    share: float = Field(default=0.25, ge=0.001, le=1)
    """Largest share of a plane's slots that one date refreshes."""
    least_age_years: float = Field(default=2.0, ge=0, le=25)
    """A satellite younger than this is not replaced by a newer design."""

    @field_validator("design")
    @classmethod
    def _refreshes_with_something_newer(cls, value: str) -> str:
        if value == STOCK_FIRST:
            raise ValueError(f"must not be {STOCK_FIRST}: older satellites refresh nothing")
        return value

    def reviews_every_days(self) -> float | None:
        return self.period_years * DAYS_PER_YEAR

    def decide(self, fleet: FleetView) -> list[Action]:
        if not fleet.reviewing:
            return []
        return [*self.worn_out(fleet)] or [*self.relieve(fleet)]

    def due_day(self, fleet: FleetView) -> NDArray[np.float64]:
        due = np.array(fleet.life_end_day)
        if fleet.now_days + fleet.expected_lead_days >= fleet.mission_days:
            return due
        number = [design.name for design in fleet.designs].index(self.ordered_design(fleet))
        young = fleet.birth_day > fleet.now_days - self.least_age_years * DAYS_PER_YEAR
        old = np.flatnonzero((fleet.state == int(BerthState.WORKING)) & (fleet.design_of != number) & ~young)
        old = old[np.lexsort((fleet.birth_day[old], fleet.plane_of[old]))]
        plane = fleet.plane_of[old]
        rank = np.arange(len(old)) - np.searchsorted(plane, plane)
        due[old[rank < np.ceil(self.share * fleet.slots[plane])]] = fleet.now_days
        return due
