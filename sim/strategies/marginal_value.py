"""An economist's rule."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from sim.constants import HOURS_PER_DAY
from sim.design_view import DesignView
from sim.fleet import FleetView
from sim.strategies.base import Action, Lattice
from sim.strategies.value import Valuing


class MarginalValue(Valuing):
    """Launch when the GPU-hours that it is expected to gain until the mission ends are worth more than it costs."""

    kind: Literal["marginal_value"] = "marginal_value"
    tuned_over: ClassVar[Lattice] = {"hurdle": (0.5, 0.75, 1.0, 1.5, 2.0)}
    hurdle: float = Field(default=1.0, ge=0.01, le=100)
    """The gain must be worth this many times what the satellites and their flights cost."""
    credit_unexpired_life: bool = True
    """Take off the cost the straight-line value that satellites are expected to have left when the mission ends, at
    their price in a full flight."""

    def decide(self, fleet: FleetView) -> list[Action]:
        if retired := self.worn_out(fleet):
            return list(retired)
        missing = np.maximum(self.vacant(fleet) - fleet.on_order, 0)
        loads, load_of = np.unique(missing, return_inverse=True)
        if not loads[-1]:
            return []
        design = self.ordered_view(fleet)
        worth = np.array([self._worth_launching(fleet, design, int(load)) for load in loads], np.int32)
        return [*self.orders(fleet, worth[load_of])]

    def _worth_launching(self, fleet: FleetView, design: DesignView, missing: int) -> int:
        """How many of the missing satellites to launch: all, those that fill whole flights, or none."""
        full = missing - missing % design.satellites_per_flight
        gains = {load: self._gain_usd(fleet, design, load) for load in (0, full, missing)}
        return max(gains, key=lambda load: (gains[load], -load))

    def _gain_usd(self, fleet: FleetView, design: DesignView, satellites: int) -> float:
        """Expected value of so many more satellites for a plane, less their cost, USD."""
        left_days = fleet.mission_days - fleet.now_days - fleet.expected_lead_days
        if left_days <= 0 or satellites == 0:
            return 0.0 if satellites == 0 else -design.cost_usd(satellites)
        hours = design.expected_gpu_hours(left_days)
        cost_usd = design.cost_usd(satellites)
        if self.credit_unexpired_life:
            room = design.satellites_per_flight
            each_usd = design.cost_usd(room) / room
            alive = hours / (design.gpus * HOURS_PER_DAY * min(left_days, design.life_days))
            cost_usd -= satellites * each_usd * alive * max(0.0, 1 - left_days / design.life_days)
        return satellites * hours * self.useful_hour_usd(fleet) - self.hurdle * cost_usd
