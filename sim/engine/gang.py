"""One job and, while it runs, what it holds and where it stands."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace
from math import inf

import numpy as np
from numpy.typing import NDArray

from sim.engine.copies import Copies
from sim.engine.segment import Composition, Corruption, UnitArrivals
from sim.engine.stretch import Stretch
from sim.workloads import Rhythm, TrainingJob


@dataclass(order=True)
class Gang:
    """One job and, while it runs, its GPUs.  Ordered by arrival: the order of the queue."""

    arrival_day: float
    job: int
    spec: TrainingJob = field(compare=False)
    rhythm: Rhythm = field(compare=False)
    """By which it runs, or ran last; before it first runs, by which its time is estimated."""
    unit_arrivals: UnitArrivals = field(compare=False)
    copies: Copies = field(compare=False)
    """Where its state lies."""
    remaining_days: float = field(compare=False)
    """Work still to commit, days at full speed; infinite for a job without end."""
    units: NDArray[np.intp] = field(compare=False, default_factory=lambda: np.empty(0, np.intp))
    """Its GPUs as positions in the pool's flattened `owner`; empty while it waits."""
    plane: int = field(compare=False, default=-1)
    since: float = field(compare=False, default=0.0)
    """Day on which the present segment (of running, or of waiting) began."""
    berths: NDArray[np.intp] = field(compare=False, default_factory=lambda: np.empty(0, np.intp))
    """Slots that its GPUs lie in, in order."""
    stretches: deque[Stretch] = field(compare=False, default_factory=deque)
    """Its run segments that are not accounted for, in order; the last may still go on."""
    composition: Composition | None = field(compare=False, default=None)
    """How it ran in the segment worked out last."""
    end_day: float = field(compare=False, default=inf)
    """Day on which it ends if nothing happens."""
    used: float = field(compare=False, default=0.0)
    """Unit-rate time of its arrivals used up before the first of these segments."""
    pending: list[Corruption] = field(compare=False, default_factory=list)
    """Silent corruptions not yet noticed before it."""
    generation: int = field(compare=False, default=0)
    """Counts the segments; a process that waits for an older one's end stops."""
    done: bool = field(compare=False, default=False)
    started: bool = field(compare=False, default=False)

    @property
    def running(self) -> bool:
        """Whether it holds its GPUs."""
        return len(self.stretches) > 0 and not self.stretches[-1].ended

    def give_up(self, days: float) -> None:
        """Begin again so much work earlier; a corruption that came after that is gone with it."""
        self.remaining_days += days
        if days > 0:
            self.pending = [replace(one, at_risk=one.at_risk - days) for one in self.pending if one.at_risk > days]
