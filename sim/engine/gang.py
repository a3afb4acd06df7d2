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
from sim.streams import Streams
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
    remaining: float = field(compare=False)
    """Work still to commit, GPU-days; infinite for a job without end."""
    units: NDArray[np.intp] = field(compare=False, default_factory=lambda: np.empty(0, np.intp))
    """Its GPUs as positions in the pool's flattened `owner`; empty while it waits."""
    size: int = field(compare=False, default=0)
    """GPUs that it runs on, or ran on last."""
    missing: int = field(compare=False, default=0)
    """GPUs that it would take beside them while it runs."""
    awaited: int = field(compare=False, default=0)
    """GPUs for which it waits while it holds others."""
    held_since: float = field(compare=False, default=0.0)
    """Day from which it holds its GPUs and waits for others."""
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
    pending_size: int = field(compare=False, default=0)
    """GPUs of the gang whose days at full speed they count in."""
    generation: int = field(compare=False, default=0)
    """Counts the segments; a process that waits for an older one's end stops."""
    done: bool = field(compare=False, default=False)
    started: bool = field(compare=False, default=False)

    @property
    def running(self) -> bool:
        """Whether it holds its GPUs."""
        return len(self.stretches) > 0 and not self.stretches[-1].ended

    def pending_for(self, size: int) -> list[Corruption]:
        """Silent corruptions not yet noticed, their work at risk in days of a gang of so many GPUs."""
        if not self.pending or size == self.pending_size:
            return self.pending
        scale = self.pending_size / size
        return [replace(one, at_risk=one.at_risk * scale) for one in self.pending]

    def give_up(self, gpu_days: float) -> None:
        """Begin again so much work earlier; a corruption that came after that is gone with it."""
        self.remaining += gpu_days
        if gpu_days > 0 and self.pending:
            days = gpu_days / self.pending_size
            self.pending = [replace(one, at_risk=one.at_risk - days) for one in self.pending if one.at_risk > days]


def arrival_days(spec: TrainingJob, count: int, streams: Streams, first: int) -> list[float]:
    """Days on which the jobs of a description arrive, in order; `first` is the number of the first of them."""
    if spec.arrives_every_days is None:
        return [spec.arrival_day] * count
    gaps = streams.of("arrivals of jobs", first).standard_exponential(count)
    days: list[float] = (spec.arrival_day + spec.arrives_every_days * np.cumsum(gaps)).tolist()
    return days
