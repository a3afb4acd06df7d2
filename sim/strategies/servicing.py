"""Maintenance strategies that mend satellites at work."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from sim.fleet import FleetView
from sim.parameters import Parameters, cited
from sim.strategies.base import Action, Replenishing, Service, Strategy


class Serving(Parameters):
    """Common parameters of the strategies that send servicers."""

    dead_gpu_fraction: float = Field(
        default=0.02, ge=0, le=1, json_schema_extra=cited("A", "engineering judgement", 0, 0.2)
    )
    """Share of a plane's GPUs, of all its slots, that are dead and can be mended, at which servicers are sent there."""
    least_gpus: int = Field(default=1, gt=0, le=100_000)
    """Dead GPUs below which a satellite is left out."""

    def served(self, fleet: FleetView) -> list[Action]:
        """Send servicers to the planes that changed and have reached the level."""
        view, actions = fleet.service, list[Action]()
        for plane in fleet.changed.tolist():
            broken = view.broken(plane)
            whole = int(fleet.slots[plane]) * fleet.designs[0].gpus
            if broken == 0 or broken < self.dead_gpu_fraction * whole or not view.reached[plane]:
                continue
            if berths := view.satellites(plane, self.least_gpus):
                actions.append(Service(plane, tuple(berths)))
        return actions


class RoboticServicing(Serving, Strategy):
    """Send a servicer to a plane when enough of its GPUs are dead; never replace a satellite."""

    kind: Literal["robotic_servicing"] = "robotic_servicing"

    def decide(self, fleet: FleetView) -> list[Action]:
        return self.served(fleet)

    def services(self) -> bool:
        return True


class ServicingAndReplacement(Serving, Replenishing):
    """Mend GPUs as `robotic_servicing` does, and order a launch when enough slots of a plane are empty."""

    kind: Literal["servicing_and_replacement"] = "servicing_and_replacement"
    reorder_point: int = Field(default=4, gt=0, le=1_000_000)
    """Empty slots in one plane, not yet on order, that trigger an order for all of them."""

    def decide(self, fleet: FleetView) -> list[Action]:
        return self.served(fleet) + self.replenish(fleet, at_least=self.reorder_point)

    def services(self) -> bool:
        return True

    def watches_gpus(self) -> bool:
        return True
