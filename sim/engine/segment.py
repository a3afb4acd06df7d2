"""What a run segment of a gang begins with: its composition, and what it brings from the segment before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sim.environment.gangs import Gangs
from sim.environment.interruption_rates import InterruptionRates
from sim.streams import Streams
from sim.workloads import Rhythm, WorkTable

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]


class UnitArrivals:
    """A gang's arrivals of unit rate, and a second uniform for each that says what it was.

    Time is hazard here, and only moves on: what lies before the last `between` is forgotten.
    """

    def __init__(self, streams: Streams, job: int) -> None:
        self._streams = streams
        self._job = job
        self._sources: tuple[np.random.Generator, np.random.Generator] | None = None
        self._arrivals, self._second = np.empty(0), np.empty(0)
        self._last = 0.0

    def beyond(self, used: float) -> Callable[[float], Floats]:
        """What gives the arrivals up to a hazard beyond what is used."""
        return lambda hazard: self.between(used, hazard)

    def between(self, used: float, hazard: float) -> Floats:
        """Arrivals within this much hazard beyond what is used, counted from there."""
        gone = int(np.searchsorted(self._arrivals, used, side="right"))
        self._arrivals, self._second = self._arrivals[gone:], self._second[gone:]
        if self._last <= used + hazard:
            self._draw(used + hazard)
        end = int(np.searchsorted(self._arrivals, used + hazard, side="right"))
        return self._arrivals[:end] - used

    def second_uniform(self, number: Ints) -> Floats:
        """The second uniforms of arrivals, numbered on from the first of the last `between`."""
        return self._second[number]

    def _draw(self, beyond: float) -> None:
        """Draw until there is an arrival beyond a hazard."""
        if self._sources is None:
            self._sources = self._streams.of("interruptions", self._job), self._streams.of("their causes", self._job)
        times, causes = self._sources
        arrivals, second = [self._arrivals], [self._second]
        while self._last <= beyond:
            # In pieces of one size, so that nothing depends on how much is wanted at once.
            arrivals.append(self._last + np.cumsum(times.standard_exponential(256)))
            second.append(causes.random(256))
            self._last = float(arrivals[-1][-1])
        self._arrivals, self._second = np.concatenate(arrivals), np.concatenate(second)


@dataclass(frozen=True)
class Corruption:
    """A silent corruption not yet noticed."""

    noticed_day: float
    cause: int
    """Position among the kinds of interruption."""
    at_risk: float
    """Work committed since it came, to be rolled back, days at full speed."""


@dataclass(frozen=True, eq=False)
class Composition:
    """How a gang runs on the GPUs that it holds: the same throughout a segment."""

    gangs: Gangs
    place: int
    """The plane, or the joined planes, in which they lie."""
    rhythm: Rhythm
    speed: WorkTable
    undisturbed: float
    """Share of that speed that mitigation of soft errors and retried steps leave."""
    talking: float
    """Share of the rest that communication leaves, link outages included."""
    rates: InterruptionRates | None
    """What can interrupt it; none: nothing can."""
    failures_during_restart: bool
    """Whether what comes during a restart begins it anew."""
    detection_days: float = 0.0
    """From an interruption to the moment at which it is noticed."""
    made_of: tuple[object, ...] = ()
    """Its satellites, the GPUs that it holds there, and their ages: what all but the rhythm follows from."""

    @property
    def efficiency(self) -> float:
        """Share of the speed that becomes work."""
        return self.undisturbed * self.talking


@dataclass(frozen=True, eq=False)
class Before:
    """What a gang brings into a segment."""

    since: float
    """Day on which the segment begins."""
    restart_days: float
    """Restart with which it begins."""
    unit_arrivals: UnitArrivals
    used: float = 0.0
    """Unit-rate time used up."""
    detection_days: float = 0.0
    """Of that restart, until what made it necessary is noticed."""
    pending: list[Corruption] = field(default_factory=list)
    """Silent corruptions not yet noticed."""


@dataclass(frozen=True, eq=False)
class Asked:
    """A run segment that is to be followed."""

    composition: Composition
    before: Before
    starts: Floats
    """Of the windows in which the gang may run."""
    ends: Floats
    until: float
    """Day to which it is followed."""
    planned: bool
    """Whether that end was known beforehand, so that a checkpoint precedes it."""
    restarts: Floats | None = None
    """Restart with which each window but the first begins, shape of `starts`; none: the rhythm's."""
    sheltered_days: float = 0.0
    """For which the gang stands still beside the dark, until a pass or a storm is over."""

    @property
    def interruptible(self) -> bool:
        """Whether anything can interrupt it."""
        return self.composition.rates is not None and self.until > self.before.since and len(self.starts) > 0

    @property
    def paused(self) -> bool:
        """Whether the gang is in the dark or suspended at the end, its work committed."""
        return len(self.ends) == 0 or float(self.ends[-1]) < self.until
