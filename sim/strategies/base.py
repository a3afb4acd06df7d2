"""What a maintenance strategy is: parameters, and one verb that looks at the fleet and says what to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pydantic import Field

from sim.fleet import FleetView, PlaneView
from sim.parameters import Parameters


@dataclass(frozen=True)
class Launch:
    """Order satellites for a plane, for its slots or for its spare berths.

    For slots: the empty ones nobody is on order for, then those whose satellite's design life ends first, which the
    newcomer relieves.  For spares: the free spare berths, then slots as above.  Whoever arrives while a slot stands
    empty that nobody is on order for takes that slot.
    """

    plane: int
    satellites: int
    to: Literal["slots", "spares"] = "slots"


@dataclass(frozen=True)
class Activate:
    """Move the spare in `spare` to the empty `slot` of its plane; it arrives after `phasing_days`."""

    spare: int
    slot: int
    phasing_days: float


@dataclass(frozen=True)
class Retire:
    """Take the satellite in a slot or spare berth out of service and free its place."""

    berth: int


Action = Launch | Activate | Retire


class Strategy(Parameters):
    """A maintenance strategy: its fields are its parameters, `decide` its one verb.

    It is called after every change of the fleet, and at each review where `review_period_days` is set.  It keeps no
    memory, draws no random number and changes nothing: the engine alone carries actions out and enforces stock,
    capacity and lead time.  The class docstring's first line is its description in `orbitfleet strategies`.
    """

    kind: str = ""
    """A built-in name, or `package.module:Class` for a user's own class."""

    def decide(self, fleet: FleetView) -> list[Action]:
        """What to do now."""
        raise NotImplementedError

    def reviews_every_days(self) -> float | None:
        """Days between periodic reviews; none: the strategy is asked only after changes of the fleet."""
        return None

    def initial_spares(self) -> int:
        """Spares per plane that the initial deployment brings along."""
        return 0


class Replenishing(Strategy):
    """Common parameters of the strategies that order satellites."""

    order_ahead_days: float = Field(default=0.0, ge=0, le=3652.5)
    """Count a satellite as gone this many days before its design life ends, so that its successor is there in time;
    0: only once it has gone.  A launch takes as long as `describe` says.  A strategy without reviews of its own then
    looks once a day; one with them sees what ends by then at its reviews only."""
    retire_below_gpu_fraction: float = Field(default=0.0, ge=0, le=1)
    """Retire a satellite whose share of GPUs alive is below this, and so replace it; 0: never."""

    def reviews_every_days(self) -> float | None:
        # Nothing happens when the end of a design life comes into view, so the strategy has to look.
        return 1.0 if self.order_ahead_days else None

    def worn_out(self, fleet: FleetView, plane: PlaneView) -> list[Retire]:
        """Retire what has too few GPUs left."""
        if self.retire_below_gpu_fraction == 0:
            return []
        limit = self.retire_below_gpu_fraction * fleet.gpus_per_satellite
        return [Retire(berth) for berth in plane.working_below(limit)]

    def vacant(self, fleet: FleetView, plane: PlaneView, retired: list[Retire]) -> int:
        """Slots of a plane that need a satellite: empty, retired now, or ending soon; each counts once."""
        slots = {*plane.empty_slots, *plane.blocked_slots, *(action.berth for action in retired)}
        if self.order_ahead_days:
            slots.update(plane.ending_before(fleet.now_days + self.order_ahead_days))
        return len(slots)

    def to_replace(self, fleet: FleetView, plane: PlaneView, retired: list[Retire]) -> int:
        """Satellites that a plane needs: one for each vacant slot, less what is on order."""
        return max(0, self.vacant(fleet, plane, retired) - plane.on_order)

    def replenish(self, fleet: FleetView, at_least: int = 1) -> list[Action]:
        """Retire what is worn out, and order for each plane all that it needs if that is this many or more."""
        actions: list[Action] = []
        for plane in fleet.planes:
            retired = self.worn_out(fleet, plane)
            missing = self.to_replace(fleet, plane, retired)
            actions += retired
            if missing >= at_least:
                actions.append(Launch(plane.id, missing))
        return actions
