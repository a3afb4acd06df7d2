"""The maintenance strategies that ship with the program."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

from pydantic import Field, model_validator

from sim.fleet import FleetView
from sim.parameters import cited
from sim.strategies.base import Action, Activate, Launch, Replenishing, Strategy


class RunToFailure(Strategy):
    """Never replace anything: the fleet decays as its satellites and GPUs fail."""

    kind: Literal["run_to_failure"] = "run_to_failure"

    def decide(self, fleet: FleetView) -> list[Action]:
        return []

    def watches_gpus(self) -> bool:
        return False


class ReplaceOnFailure(Replenishing):
    """Order one satellite for each that is lost, at once.  (S-1, S) replenishment, one for one."""

    kind: Literal["replace_on_failure"] = "replace_on_failure"

    def decide(self, fleet: FleetView) -> list[Action]:
        return self.replenish(fleet)


class Batch(Replenishing):
    """Order a launch when enough slots of a plane are empty.  (s, S) replenishment, continuous review."""

    kind: Literal["batch"] = "batch"
    tuned_over: ClassVar[Mapping[str, Sequence[Any]]] = {"reorder_point": (1, 2, 3, 4, 6, 8, 12, 16, 24)}
    reorder_point: int = Field(default=4, gt=0, le=1_000_000)
    """Empty slots in one plane, not yet on order, that trigger an order for all of them."""

    def decide(self, fleet: FleetView) -> list[Action]:
        return self.replenish(fleet, at_least=self.reorder_point)


class ScheduledBatch(Replenishing):
    """Order what is missing at fixed dates.  (R, S) replenishment, periodic review."""

    kind: Literal["scheduled_batch"] = "scheduled_batch"
    tuned_over: ClassVar[Mapping[str, Sequence[Any]]] = {
        "review_period_days": (30.0, 90.0, 180.0, 365.0, 730.0),
        "minimum_order": (1, 2, 4, 8, 16),
    }
    review_period_days: float = Field(default=180.0, ge=0.1, le=3652.5)
    """Days between reviews; the first is one period after the mission's start."""
    minimum_order: int = Field(default=1, gt=0, le=1_000_000)
    """Order nothing for a plane that misses fewer satellites than this."""

    def reviews_every_days(self) -> float | None:
        return self.review_period_days

    def decide(self, fleet: FleetView) -> list[Action]:
        if not fleet.reviewing:
            return []
        return self.replenish(fleet, at_least=self.minimum_order)


class OnOrbitSpares(Replenishing):
    """Keep dormant spares in each plane, move one into a slot that falls empty, and reorder spares in batches."""

    kind: Literal["on_orbit_spares"] = "on_orbit_spares"
    tuned_over: ClassVar[Mapping[str, Sequence[Any]]] = {
        "spares_per_plane": (1, 2, 4, 6, 8),
        "reorder_point": (0, 1, 2, 4),
    }
    spares_per_plane: int = Field(default=4, gt=0, le=10_000)
    """Spares a full stock holds, order-up-to level S; at most `constellation.spare_berths_per_plane`."""
    reorder_point: int = Field(default=1, ge=0, le=10_000)
    """Order up to a full stock when spares in the plane and on order, less empty slots, fall to this level s."""
    phasing_days: float = Field(
        default=2.0,
        ge=0,
        le=365,
        json_schema_extra=cited(
            "S", "in the same plane: Cornara et al., quoted by Jakob et al. 2019, doi 10.2514/1.A34387", 1, 2
        ),
    )
    """From a spare's departure to its work in the slot, days."""

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
        actions: list[Action] = []
        position = (fleet.stored + fleet.on_order - self.vacant(fleet))[fleet.changed]
        for plane, place in zip(fleet.changed.tolist(), position.tolist(), strict=True):
            if fleet.stored[plane]:
                actions += self._fill(fleet, plane)
            if place <= self.reorder_point:
                missing = self.spares_per_plane - place
                actions.append(Launch(plane, missing, to="spares", design=self.ordered_design(fleet)))
        return actions

    def _fill(self, fleet: FleetView, plane: int) -> list[Action]:
        """Spares for empty slots; a worn-out satellite leaves only when a spare is left for its place."""
        view = fleet.plane(plane)
        spares, empty = view.spare_list, view.empty_slots
        over = len(spares) - len(empty)
        retired = self.worn_out(fleet, [plane])[:over] if over > 0 else []
        empty += [action.berth for action in retired]
        moved = [Activate(spare, slot, self.phasing_days) for spare, slot in zip(spares, empty, strict=False)]
        return [*retired, *moved]
