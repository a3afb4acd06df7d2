"""Replacement by age."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from sim.constants import DAYS_PER_YEAR
from sim.fleet import FleetView
from sim.strategies.base import Action, Lattice, Relieving


class AgeReplacement(Relieving):
    """Replace each satellite when it reaches an age, and one that is lost before then at once.  Age replacement."""

    kind: Literal["age_replacement"] = "age_replacement"
    tuned_over: ClassVar[Lattice] = {"age_years": (2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 5.0, 6.0)}
    age_years: float = Field(default=4.0, ge=0.01, le=25)
    """Age in orbit at which a satellite's successor takes over, years.  At its optimum, which `h(T) int R - F(T) =
    c_p / (c_f - c_p)` gives, an early replacement c_p and a late one c_f cost least together (Barlow and Proschan
    1965)."""

    def looks_at_age_days(self, expected_lead_days: float) -> float | None:
        return max(0.0, self.age_years * DAYS_PER_YEAR - self.ahead_days(expected_lead_days))

    def decide(self, fleet: FleetView) -> list[Action]:
        return [*self.worn_out(fleet)] or [*self.relieve(fleet)]

    def due_day(self, fleet: FleetView) -> NDArray[np.float64]:
        return np.minimum(fleet.life_end_day, fleet.birth_day + self.age_years * DAYS_PER_YEAR)
