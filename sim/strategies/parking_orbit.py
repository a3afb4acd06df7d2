"""Two echelons of spares: a few in each plane, batches of them in parking orbits whose nodes drift past the planes."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field

from sim.fleet import FleetView
from sim.parameters import cited
from sim.strategies.base import Action, Launch, Replenishing, Transfer
from sim.strategies.spares import activations

_PAPER = "Jakob et al. 2019, doi 10.2514/1.A34387"


class ParkingOrbit(Replenishing):
    """Keep spares in each plane, refill them from the parking orbit that aligns first, and that by launch.

    Two-echelon (s, Q) (Jakob et al. 2019, doi 10.2514/1.A34387).
    """

    kind: Literal["parking_orbit"] = "parking_orbit"
    reorder_point: int = Field(default=3, ge=0, le=10_000, json_schema_extra=cited("S", _PAPER))
    """Spares in a plane and on their way to it, less empty slots, at which it orders from parking, s."""
    order_quantity: int = Field(default=4, gt=0, le=10_000, json_schema_extra=cited("S", _PAPER))
    """Spares that a plane orders, Q; its spare berths must hold s + Q."""
    parking_reorder_batches: int = Field(default=8, ge=0, le=10_000, json_schema_extra=cited("S", _PAPER))
    """Batches of Q in a parking orbit and on order for it at which it orders from the ground, ks."""
    parking_order_batches: int = Field(default=8, gt=0, le=10_000, json_schema_extra=cited("S", _PAPER))
    """Batches of Q that a parking orbit orders, kQ; its berths must hold ks + kQ batches."""
    phasing_days: float = Field(
        default=2.0,
        ge=0,
        le=365,
        json_schema_extra=cited("S", f"in the same plane: Cornara et al., quoted by {_PAPER}", 1, 2),
    )
    """From the departure of a plane's spare to its work in the slot, days, where spares wait in the plane's own orbit:
    less costs more delta-v; 0: at once and for nothing.  Without effect where they wait below."""

    def initial_spares(self) -> int:
        return self.reorder_point + self.order_quantity

    def initial_parking_spares(self) -> int:
        return (self.parking_reorder_batches + self.parking_order_batches) * self.order_quantity

    def decide(self, fleet: FleetView) -> list[Action]:
        actions: list[Action] = list(self.worn_out(fleet))
        if actions:
            return actions  # it is asked again once they have gone
        fillable = (fleet.stored[fleet.changed] > 0) & (fleet.empty[fleet.changed] > 0)
        for plane in fleet.changed[fillable].tolist():
            view = fleet.plane(plane)
            actions += activations(fleet, view.spare_list, view.empty_slots, self.phasing_days)
        sent, stock = self._from_parking(fleet)
        return [*actions, *sent, *self._from_ground(fleet, stock)]

    def _from_parking(self, fleet: FleetView) -> tuple[list[Action], list[int]]:
        """Batches for planes that are short, and what is then left in each parking orbit."""
        stock, quantity = fleet.stored[fleet.parking].tolist(), self.order_quantity
        coming = fleet.stored + fleet.transferring + fleet.on_order
        position = coming - self.vacant(fleet, np.arange(len(fleet.slots)))
        # Those that no parking orbit could serve are asked about again whenever something changes.
        short = np.flatnonzero((position <= self.reorder_point) & (fleet.slots > 0))
        sent: list[Action] = []
        if len(short) == 0 or max(stock, default=0) < quantity:
            return sent, stock
        room = fleet.spare_berths + fleet.empty - coming
        for plane in short.tolist():
            days = fleet.transfer_days(plane)
            for _ in range((self.reorder_point - int(position[plane])) // quantity + 1):
                has = [row for row, left in enumerate(stock) if left >= quantity and days[row] < np.inf]
                if not has or room[plane] < quantity:
                    break
                row = min(has, key=lambda row: days[row])
                sent.append(Transfer(int(fleet.parking[row]), plane, quantity))
                stock[row] -= quantity
                room[plane] -= quantity
        return sent, stock

    def _from_ground(self, fleet: FleetView, stock: list[int]) -> list[Launch]:
        """Launches for parking orbits that are short; `stock`: what is left there."""
        order, launches = self.parking_order_batches * self.order_quantity, list[Launch]()
        for plane, left in zip(fleet.parking.tolist(), stock, strict=True):
            short = self.parking_reorder_batches * self.order_quantity - left - int(fleet.on_order[plane])
            if short >= 0:
                orders = short // order + 1
                launches.append(Launch(plane, orders * order, to="spares", design=self.ordered_design(fleet)))
        return self.stock_first(fleet, launches)
