"""A full flight, or waiting that costs more than empty seats."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field

from sim.constants import HOURS_PER_DAY
from sim.fleet import FleetView
from sim.strategies.base import Action
from sim.strategies.value import Valuing


class FillTheVehicle(Valuing):
    """Order for a plane when a full flight is missing, or once waiting has cost more than the seats left empty."""

    kind: Literal["fill_the_vehicle"] = "fill_the_vehicle"
    review_period_days: float = Field(default=7.0, ge=0.1, le=3652.5)
    """Days between looks at what waiting has cost; it is also asked after each change."""

    def reviews_every_days(self) -> float | None:
        return self.review_period_days

    def looks_ahead_days(self, expected_lead_days: float) -> float:
        return self.ahead_days(expected_lead_days)

    def decide(self, fleet: FleetView) -> list[Action]:
        if retired := self.worn_out(fleet):
            return list(retired)
        design = self.ordered_view(fleet)
        room = design.satellites_per_flight
        missing = np.maximum(self.vacant(fleet) - fleet.on_order, 0)
        if not missing.any():
            return []
        full = missing // room * room
        each_usd = design.flight_usd(float(room)) / room
        empty_usd = np.array([0.0, *(design.flight_usd(float(n)) - n * each_usd for n in range(1, room))])
        lost_usd = fleet.waited_days() * design.gpus * HOURS_PER_DAY * self.useful_hour_usd(fleet)
        return [*self.orders(fleet, np.where((full == 0) & (lost_usd >= empty_usd[missing % room]), missing, full))]
