"""Dual supply: what is regular flies cheaply and late, what is urgent at once on another vehicle."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from sim.fleet import FleetView
from sim.launch import MAIN
from sim.parameters import Label
from sim.strategies.base import Action, Launch, Replenishing

FIRST_OTHER = "first_other"


class DualSupply(Replenishing):
    """Order what is missing at fixed dates, and in between at once on another vehicle when much is missing."""

    kind: Literal["dual_supply"] = "dual_supply"
    review_period_days: float = Field(default=180.0, ge=0.1, le=3652.5)
    """Days between the reviews at which each plane's missing satellites are ordered on `vehicle`."""
    urgent_slots: int = Field(default=4, gt=0, le=1_000_000)
    """Slots of one plane, empty or left by a dead satellite and not on order, at which all of them are ordered at once
    on `urgent_vehicle`."""
    urgent_vehicle: Label = FIRST_OTHER
    """Launch vehicle of urgent orders: a name as for `vehicle`, or `first_other`, the first under `launch.others`, and
    `main` where there is none.  While it is grounded they go to `vehicle`, unless that is grounded too."""

    vehicle_fields: ClassVar[tuple[str, ...]] = ("vehicle", "urgent_vehicle")
    further_vehicle_names: ClassVar[tuple[str, ...]] = (FIRST_OTHER,)

    def reviews_every_days(self) -> float | None:
        return self.review_period_days

    def decide(self, fleet: FleetView) -> list[Action]:
        if fleet.reviewing:
            return self.replenish(fleet)
        if retired := self.worn_out(fleet):
            return list(retired)
        missing = (fleet.empty + fleet.blocked - fleet.on_order)[fleet.changed]
        short = np.flatnonzero(missing >= self.urgent_slots)
        if len(short) == 0:
            return []
        design, vehicle = self.ordered_design(fleet), self._vehicle_now(fleet)
        wanted = zip(fleet.changed[short].tolist(), missing[short].tolist(), strict=True)
        launches = [Launch(plane, count, design=design, vehicle=vehicle) for plane, count in wanted]
        return [*self.stock_first(fleet, launches)]

    def _vehicle_now(self, fleet: FleetView) -> str:
        """The vehicle on which an urgent order goes now."""
        names = [vehicle.name for vehicle in fleet.vehicles]
        urgent = self.urgent_vehicle
        if urgent == FIRST_OTHER:
            urgent = next((name for name in names if name != MAIN), MAIN)
        grounded = {vehicle.name for vehicle in fleet.vehicles if vehicle.grounded}
        return self.vehicle if urgent in grounded and self.vehicle not in grounded else urgent
