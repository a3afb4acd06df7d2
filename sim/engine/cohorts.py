"""Cohorts: satellites that arrived together, as columns, and the ends of everything aboard in order of time."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from heapq import heappush

import numpy as np
from numpy.typing import NDArray

from sim.engine.hazards import Fate, spare_pace
from sim.events import Cause
from sim.scenario.models import Scenario

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

END_OF_LIFE = -1
WARNING = -2
"""In the place of a hazard in a cohort's schedule: the planned end of a satellite, or a warning of one of its GPUs."""

Entry = tuple[float, int, int, int]
"""Day, satellite, hazard (or one of the two above), and group of the hazard."""


@dataclass(frozen=True)
class Built:
    """A satellite on its way: its serial number and its address, the berth it was built for and its ordinal there."""

    serial: int
    """Counted in order of launch; -1 until then."""
    berth: int
    ordinal: int
    relieves: bool = False
    """Ordered while its slot was filled, to take over from the satellite there."""


@dataclass
class Cohort:
    """The satellites of one delivery.  Arrays have one entry a satellite unless said otherwise."""

    scenario: Scenario
    plane: int
    built: list[Built]
    birth_day: float
    life_end_day: float
    horizon_days: float
    berth: list[int]
    """Where each is now; -1 while it is on its way from a spare berth to a slot, or gone."""
    fates: list[Fate]
    """The luck of everything aboard, a hazard each."""
    planned_end: Cause = Cause.END_OF_LIFE
    """Why its life ends by plan: design life, or propellant."""
    bound_for: list[int] = field(init=False)
    """The slot it is on its way to; -1 otherwise."""
    gone: list[bool] = field(init=False)
    alive: NDArray[np.bool_] = field(init=False)
    """GPUs alive, shape (satellites, positions)."""
    active: NDArray[np.bool_] = field(init=False)
    """GPUs that work or worked; the others are spares that wait.  Shape (satellites, positions)."""
    generation: int = 0
    """Counts the schedules made; a process that walks an older one stops."""
    queue: list[Entry] = field(default_factory=list)
    """The schedule: a heap of what ends before the horizon."""
    marks: dict[tuple[int, int, int], float] = field(default_factory=dict)
    """The second luck of what ends a satellite, by (satellite, hazard, group)."""

    def __post_init__(self) -> None:
        satellites, positions = len(self.built), self.scenario.satellite.positions
        self.bound_for, self.gone = [-1] * satellites, [False] * satellites
        self.alive = np.ones((satellites, positions), bool)
        self.active = np.broadcast_to(np.arange(positions) < self.scenario.satellite.gpus, self.alive.shape).copy()
        self.schedule(self.birth_day)

    def working(self, i: int) -> int:
        """GPUs of a satellite that live and are not in reserve."""
        return int(np.count_nonzero(self.alive[i] & self.active[i]))

    def schedule(self, now: float) -> None:
        """Put the ends of everything still alive in order; what lies behind, or at the horizon, is left out."""
        here = np.flatnonzero(~np.asarray(self.gone))
        columns = [(np.full(len(here), self.life_end_day), here, np.full(len(here), END_OF_LIFE), np.zeros_like(here))]
        for number, fate in enumerate(self.fates):
            satellites, groups, days, marks = fate.days()
            columns.append((days, satellites, np.full(len(days), number), groups))
            if fate.hazard.span == 0:
                names = zip(satellites.tolist(), [number] * len(days), groups.tolist(), strict=True)
                self.marks |= dict(zip(names, marks.tolist(), strict=True))
            elif fate.hazard.cause == Cause.GPU and self.scenario.reliability.warnings_per_failure > 0:
                columns.append(self._warnings(now, satellites, groups, days, marks))
        days, satellites, hazards, groups = (np.concatenate(column) for column in zip(*columns, strict=True))
        # The ends of the dead lie behind; those of the living, at worst, by rounding.
        soon = np.flatnonzero((days < self.horizon_days) & (days > now - 1e-6))
        order = soon[np.argsort(days[soon], kind="stable")]
        # Sorted, it is a heap already.
        self.queue = list(
            zip(
                days[order].tolist(),
                satellites[order].tolist(),
                hazards[order].tolist(),
                groups[order].tolist(),
                strict=True,
            )
        )
        self.generation += 1

    def _warnings(
        self, now: float, satellites: Ints, gpus: Ints, days: Floats, marks: Floats
    ) -> tuple[Floats, Ints, Ints, Ints]:
        """Transient faults before permanent ones: each GPU's own number of them, spread evenly over its last days."""
        reliability = self.scenario.reliability
        number = np.floor(reliability.warnings_per_failure + marks).astype(np.intp)
        number[~np.isfinite(days)] = 0
        whose = np.repeat(np.arange(len(days)), number)
        begins = np.cumsum(number) - number
        nth = np.arange(len(whose)) - np.repeat(begins, number)
        when = days[whose] - reliability.warning_days * (nth + 0.5) / number[whose]
        fits = when > now
        whose = whose[fits]
        return when[fits], satellites[whose], np.full(len(whose), WARNING), gpus[whose]

    def wake(self, satellite: int, day: float) -> None:
        """A dormant satellite begins to work: carry the hazard of what slept forward and invert again at full pace."""
        for number, fate in enumerate(self.fates):
            if fate.hazard.sleeps:
                pace = fate.life.pace.copy()
                waiting = spare_pace(self.scenario)
                pace[satellite] = 1.0 if pace.ndim == 1 else np.where(self.active[satellite], 1.0, waiting)
                self.fates[number] = fate.wake(satellite, day, pace)
        self.schedule(day)

    def switch_in(self, satellite: int, position: int, day: float) -> None:
        """A spare GPU aboard begins to work: what aged it slowly now does so at full pace.

        What was scheduled for it while it waited comes later than what is scheduled now, and finds it dead.
        """
        self.active[satellite, position] = True
        one = satellite, position
        for number, fate in enumerate(self.fates):
            if fate.life.day.ndim == 1:
                continue
            life, law = fate.life, fate.hazard.law
            then = life.take(one).at(law, day, life.pace[satellite, 0])
            self.fates[number] = replace(fate, life=life.put(one, then))
            mine = np.flatnonzero((fate.drawn.satellite == satellite) & (fate.drawn.unit == position))
            ends = then.failure_day(law, fate.drawn.luck[mine] / fate.hazard.share)
            places = np.full(len(mine), satellite), np.full(len(mine), position)
            found = [(ends, places[0], np.full(len(mine), number), places[1])]
            if fate.hazard.cause == Cause.GPU and self.scenario.reliability.warnings_per_failure > 0:
                found.append(self._warnings(day, *places, ends, fate.drawn.mark[mine]))
            for columns in found:
                for entry in zip(*(column.tolist() for column in columns), strict=True):
                    if entry[0] < self.horizon_days:
                        heappush(self.queue, entry)
        self.generation += 1
