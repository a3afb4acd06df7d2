"""What strategies with spares in the plane have in common."""

from __future__ import annotations

from pydantic import Field

from sim.fleet import FleetView
from sim.parameters import cited
from sim.strategies.base import Action, Activate, Retire, Strategy


class Sparing(Strategy):
    """Common parameter of the strategies that move spares into slots."""

    phasing_days: float = Field(
        default=2.0,
        ge=0,
        le=365,
        json_schema_extra=cited(
            "S", "in the same plane: Cornara et al., quoted by Jakob et al. 2019, doi 10.2514/1.A34387", 1, 2
        ),
    )
    """From a spare's departure to its work in the slot, days."""

    def fill(self, fleet: FleetView, plane: int) -> list[Action]:
        """Spares for empty slots; a worn-out satellite leaves only when a spare is left for its place."""
        view = fleet.plane(plane)
        spares, empty = view.spare_list, view.empty_slots
        over = len(spares) - len(empty)
        retired = self.outworn(fleet, plane)[:over] if over > 0 else []
        empty += [action.berth for action in retired]
        moved = [Activate(spare, slot, self.phasing_days) for spare, slot in zip(spares, empty, strict=False)]
        return [*retired, *moved]

    def outworn(self, fleet: FleetView, plane: int) -> list[Retire]:
        """Satellites of a plane at work that a spare should relieve."""
        return []
