"""A stock of spares in each plane."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from pydantic import Field, model_validator

from sim.fleet import FleetView
from sim.strategies.base import Action, Lattice, Launch, Replenishing, Retire
from sim.strategies.spares import Sparing


class OnOrbitSpares(Sparing, Replenishing):
    """Keep dormant spares in each plane, move one into a slot that falls empty, and reorder spares in batches."""

    kind: Literal["on_orbit_spares"] = "on_orbit_spares"
    tuned_over: ClassVar[Lattice] = {"spares_per_plane": (1, 2, 4, 6, 8), "reorder_point": (0, 1, 2, 4)}
    spares_per_plane: int = Field(default=4, gt=0, le=10_000)
    """Spares a full stock holds, order-up-to level S; at most `constellation.spare_berths_per_plane`."""
    reorder_point: int = Field(default=1, ge=0, le=10_000)
    """Order up to a full stock when spares in the plane and on order, less empty slots, fall to this level s."""

    @model_validator(mode="after")
    def _levels_are_ordered(self) -> OnOrbitSpares:
        if self.reorder_point >= self.spares_per_plane:
            raise ValueError(
                f"reorder_point ({self.reorder_point}) must be below spares_per_plane ({self.spares_per_plane})"
            )
        return self

    def initial_spares(self) -> int:
        return self.spares_per_plane

    def decide(self, fleet: FleetView) -> list[Action]:
        actions, launches = list[Action](), list[Launch]()
        position = (fleet.stored + fleet.on_order - self.vacant(fleet))[fleet.changed]
        wanted = fleet.changed[fleet.stored[fleet.changed] > 0]
        if self.retire_below_gpu_fraction > 0:
            actions += [action for plane in wanted.tolist() for action in self.fill(fleet, plane)]
        else:  # where no slot is empty, spares stay where they are
            actions += self.fill_each(fleet, wanted[fleet.empty[wanted] > 0])
        short = np.flatnonzero(position <= self.reorder_point)
        for plane, place in zip(fleet.changed[short].tolist(), position[short].tolist(), strict=True):
            missing = self.spares_per_plane - place
            launches.append(Launch(plane, missing, to="spares", design=self.ordered_design(fleet)))
        return [*actions, *self.stock_first(fleet, launches)]

    def outworn(self, fleet: FleetView, plane: int) -> list[Retire]:
        return self.worn_out(fleet, [plane])
