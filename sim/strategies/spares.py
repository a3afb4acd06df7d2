"""What strategies with spares in the plane have in common."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from sim.fleet import FleetView
from sim.parameters import cited
from sim.strategies.base import Action, Activate, Retire, Strategy

_FEW = 3
"""Planes that are looked at one by one."""


def phasing_days_of(strategy: Strategy) -> float | None:
    """Days in which a strategy moves spares of a plane's own orbit into slots; none: it moves none, or says no days."""
    days = getattr(strategy, "phasing_days", None)
    return float(days) if isinstance(days, int | float) else None


def activations(fleet: FleetView, spares: Sequence[int], slots: Sequence[int], phasing_days: float) -> list[Activate]:
    """Spares of a plane for empty slots of it, each one once.

    Where they wait below the plane, whoever is soonest in a slot goes there, and so on; equally quick ones, and those
    in the plane's own orbit, which take `phasing_days`, in the order given.
    """
    if not fleet.spares_wait_below:
        return [Activate(spare, slot, phasing_days) for spare, slot in zip(spares, slots, strict=False)]
    days = fleet.activation_days(spares, slots)
    free_spares, free_slots = np.ones(len(spares), bool), np.ones(len(slots), bool)
    chosen: list[Activate] = []
    for pair in np.argsort(days, axis=None, kind="stable").tolist():
        spare, slot = divmod(pair, len(slots))
        if free_spares[spare] and free_slots[slot]:
            free_spares[spare] = free_slots[slot] = False
            chosen.append(Activate(spares[spare], slots[slot]))
            if len(chosen) == min(days.shape):
                break
    return chosen


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
    """From a spare's departure to its work in the slot, days, where spares wait in the plane's own orbit: less costs
    more delta-v; 0: at once and for nothing.  Without effect where they wait below (`constellation.spares`)."""

    def fill(self, fleet: FleetView, plane: int) -> list[Action]:
        """Spares for empty slots; a worn-out satellite leaves only when a spare is left for its place."""
        view = fleet.plane(plane)
        spares, empty = view.spare_list, view.empty_slots
        over = len(spares) - len(empty)
        retired = self.outworn(fleet, plane)[:over] if over > 0 else []
        empty += [action.berth for action in retired]
        return [*retired, *activations(fleet, spares, empty, self.phasing_days)]

    def fill_each(self, fleet: FleetView, planes: NDArray[np.intp]) -> list[Action]:
        """The same for planes in which nobody is worn out, many at once."""
        if fleet.spares_wait_below or len(planes) <= _FEW:
            return [action for plane in planes.tolist() for action in self.fill(fleet, plane)]
        spares, slots = fleet.spares_and_empty_slots(planes)
        spare_plane, slot_plane = fleet.plane_of[spares], fleet.plane_of[slots]
        # The k-th spare of a plane goes to the k-th of its slots.
        rank = np.arange(len(spares)) - np.searchsorted(spare_plane, spare_plane)
        place = np.searchsorted(slot_plane, spare_plane) + rank
        goes = place < np.searchsorted(slot_plane, spare_plane, side="right")
        pairs = zip(spares[goes].tolist(), slots[place[goes]].tolist(), strict=True)
        return [Activate(spare, slot, self.phasing_days) for spare, slot in pairs]

    def outworn(self, fleet: FleetView, plane: int) -> list[Retire]:
        """Satellites of a plane at work that a spare should relieve."""
        return []
