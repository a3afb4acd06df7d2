"""Nothing is ever replaced."""

from __future__ import annotations

from typing import Literal

from sim.fleet import FleetView
from sim.strategies.base import Action, Strategy


class RunToFailure(Strategy):
    """Never replace anything: the fleet decays as its satellites and GPUs fail."""

    kind: Literal["run_to_failure"] = "run_to_failure"

    def decide(self, fleet: FleetView) -> list[Action]:
        return []

    def watches_gpus(self) -> bool:
        return False
