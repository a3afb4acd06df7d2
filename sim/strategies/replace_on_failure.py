"""One for one."""

from __future__ import annotations

from typing import Literal

from sim.fleet import FleetView
from sim.strategies.base import Action, Replenishing


class ReplaceOnFailure(Replenishing):
    """Order one satellite for each that is lost, at once.  (S-1, S) replenishment, one for one."""

    kind: Literal["replace_on_failure"] = "replace_on_failure"

    def decide(self, fleet: FleetView) -> list[Action]:
        return self.replenish(fleet)
