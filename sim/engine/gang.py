"""One job and, while it runs, what it holds and where it stands."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import inf

import numpy as np
from numpy.typing import NDArray

from sim.engine.stretches import Corruption, Luck
from sim.environment.gangs import Threat
from sim.workloads import Rhythm, TrainingJob


@dataclass(order=True)
class Gang:
    """One job and, while it runs, its GPUs.  Ordered by arrival: the order of the queue."""

    arrival_day: float
    job: int
    spec: TrainingJob = field(compare=False)
    rhythm: Rhythm = field(compare=False)
    luck: Luck = field(compare=False)
    remaining_days: float = field(compare=False)
    """Gang time of work still to commit; infinite for a job without end."""
    units: NDArray[np.intp] = field(compare=False, default_factory=lambda: np.empty(0, np.intp))
    """Its GPUs as positions in the fleet's flattened `owner`; empty while it waits."""
    plane: int = field(compare=False, default=-1)
    since: float = field(compare=False, default=0.0)
    """Day on which the present stretch (of running, or of waiting) began."""
    work: NDArray[np.float64] = field(compare=False, default_factory=lambda: np.empty(0))
    """Work done from mission day 0 to each day if it ran at all times, days at full speed: its slope is the speed."""
    restart_days: float = field(compare=False, default=0.0)
    """Restart with which the present stretch began."""
    end_day: float = field(compare=False, default=inf)
    """Day on which it ends if nothing happens."""
    resume_day: float = field(compare=False, default=0.0)
    """Day until which its plane stands still."""
    threat: Threat | None = field(compare=False, default=None)
    """What can interrupt it where it runs; none: nothing can."""
    hazard: float = field(compare=False, default=0.0)
    """Unit-rate time of its luck used up before this stretch."""
    pending: list[Corruption] = field(compare=False, default_factory=list)
    """Silent corruptions of earlier stretches not yet noticed."""
    generation: int = field(compare=False, default=0)
    """Counts the stretches; a process that waits for an older one's end stops."""
    done: bool = field(compare=False, default=False)
    started: bool = field(compare=False, default=False)

    @property
    def running(self) -> bool:
        """Whether it holds its GPUs."""
        return len(self.units) > 0
