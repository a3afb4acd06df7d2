"""What strategies that weigh money have in common."""

from __future__ import annotations

from pydantic import Field

from sim.fleet import FleetView
from sim.parameters import cited
from sim.strategies.base import Replenishing


class Valuing(Replenishing):
    """Common parameter of the strategies that weigh GPU-hours against the price of a flight."""

    useful_share: float = Field(
        default=0.85,
        ge=0.01,
        le=1,
        json_schema_extra=cited("A", "goodput over availability, shipped runs", 0.7, 1),
    )
    """Share of the GPU-hours online that become useful work, each worth `service.value_usd_per_gpu_hour`."""

    def useful_hour_usd(self, fleet: FleetView) -> float:
        """What a GPU-hour online is worth, USD."""
        return self.useful_share * fleet.gpu_hour_usd
