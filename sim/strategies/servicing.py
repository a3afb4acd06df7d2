"""Maintenance strategies that mend satellites at work."""

from __future__ import annotations

from math import ceil
from typing import Literal

from pydantic import Field

from sim.fleet import FleetView
from sim.parameters import Parameters, cited
from sim.strategies.base import Action, Replenishing, Service, Strategy


class Serving(Parameters):
    """Common parameters of the strategies that send servicers."""

    review_period_days: float = Field(default=30.0, ge=0.1, le=3652.5)
    """Days between looks at what is broken; the first is one period after the mission's start."""
    dead_gpu_fraction: float = Field(
        default=0.01, ge=0, le=1, json_schema_extra=cited("A", "engineering judgement", 0, 0.1)
    )
    """Share of a plane's GPUs, of all its slots, that a tour must find dead: servicers are sent when it is reached."""
    worth_a_visit: float = Field(
        default=0.04, ge=0, le=1, json_schema_extra=cited("A", "engineering judgement", 0, 0.2)
    )
    """Share of a satellite's GPUs that must be dead for a servicer to come; what others have lost does not count."""

    def served(self, fleet: FleetView) -> list[Action]:
        """Send servicers to the planes in which there is enough to mend."""
        view, actions, whole = fleet.service, list[Action](), fleet.designs[0].gpus
        for plane in fleet.changed[view.reached[fleet.changed]].tolist():
            berths = view.satellites(plane, at_least=ceil(self.worth_a_visit * whole))
            if berths and view.mendable[berths].sum() >= self.dead_gpu_fraction * whole * fleet.slots[plane]:
                actions.append(Service(plane, tuple(berths)))
        return actions


class RoboticServicing(Serving, Strategy):
    """Send servicers to a plane when enough of its GPUs are dead; never replace a satellite."""

    kind: Literal["robotic_servicing"] = "robotic_servicing"

    def decide(self, fleet: FleetView) -> list[Action]:
        return self.served(fleet) if fleet.reviewing else []

    def reviews_every_days(self) -> float | None:
        return self.review_period_days

    def services(self) -> bool:
        return True

    def watches_gpus(self) -> bool:
        return False


class ServicingAndReplacement(Serving, Replenishing):
    """Mend GPUs as `robotic_servicing` does, and order a launch when enough slots of a plane are empty."""

    kind: Literal["servicing_and_replacement"] = "servicing_and_replacement"
    reorder_point: int = Field(default=4, gt=0, le=1_000_000)
    """Empty slots in one plane, not yet on order, that trigger an order for all of them."""

    def decide(self, fleet: FleetView) -> list[Action]:
        ordered = self.replenish(fleet, at_least=self.reorder_point)
        return ordered + self.served(fleet) if fleet.reviewing else ordered

    def reviews_every_days(self) -> float | None:
        return self.review_period_days

    def looks_ahead_days(self, expected_lead_days: float) -> float:
        return self.ahead_days(expected_lead_days)

    def services(self) -> bool:
        return True
