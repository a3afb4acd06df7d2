"""Beyond the design life."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from sim.constants import DAYS_PER_YEAR
from sim.fleet import FleetView
from sim.strategies.base import Action, Lattice, Replenishing


class LifeExtension(Replenishing):
    """Let satellites work beyond their design life while they live and have propellant; replace what is lost."""

    kind: Literal["life_extension"] = "life_extension"
    tuned_over: ClassVar[Lattice] = {"extension_years": (0.0, 1.0, 2.0, 3.0, 5.0), "minimum_order": (1, 2, 4, 8)}
    extension_years: float = Field(default=2.0, ge=0, le=25)
    """Years for which a satellite works on after its design life, its parts failing as their laws have it; its
    propellant may end it before."""
    minimum_order: int = Field(default=1, gt=0, le=1_000_000)
    """Empty slots in one plane, not yet on order, that trigger an order for all of them."""

    def extends_life_days(self) -> float:
        return self.extension_years * DAYS_PER_YEAR

    def decide(self, fleet: FleetView) -> list[Action]:
        return self.replenish(fleet, at_least=self.minimum_order)
