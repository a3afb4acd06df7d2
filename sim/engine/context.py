"""What all processes of a run share."""

from __future__ import annotations

from dataclasses import dataclass, field

import simpy

from sim.environment import Environment
from sim.events import EventRecorder
from sim.fleet import Fleet
from sim.scenario.models import Scenario
from sim.streams import Streams


@dataclass(frozen=True)
class Context:
    """The clock, the log, the fleet's columns, and what the run was given."""

    scenario: Scenario
    environment: Environment
    streams: Streams
    fleet: Fleet
    env: simpy.Environment = field(default_factory=simpy.Environment)
    log: EventRecorder = field(default_factory=EventRecorder)
    changed: set[int] = field(default_factory=set)
    """Planes in which something changed that the strategy has not been asked about yet."""

    @property
    def now(self) -> float:
        """Mission day."""
        return float(self.env.now)
