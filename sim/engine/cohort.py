"""Cohorts: satellites that arrived together, the thresholds of all that is aboard, and the days on which it ends."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.engine.draws import Addresses, FailureDraws
from sim.engine.hazards import Hazard, spare_pace
from sim.events import Cause, EventKind
from sim.reliability import Clock, Life
from sim.scenario.models import Scenario

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]


class Ends(NamedTuple):
    """Groups that fail, in columns of one length, in no order."""

    satellite: Ints
    """Position in the cohort."""
    group: Ints
    """Which of the hazard's groups on it."""
    day: Floats
    second_uniform: Floats
    """Of the unit whose failure ends the group."""

    def take(self, index: Ints | slice) -> Ends:
        """Those at these positions."""
        return Ends(self.satellite[index], self.group[index], self.day[index], self.second_uniform[index])


@dataclass(frozen=True)
class CohortHazard:
    """The units of one cohort under one hazard: their thresholds, and where they stand on their clocks."""

    hazard: Hazard
    draws: FailureDraws
    threshold: Floats
    """Of each draw, in terms of the law's hazard: E over the share that this hazard has of it."""
    life: Life
    """Where each draw's unit stands, shape (draws,)."""
    day: Floats
    """On which each draw's unit fails if its pace stays as it is, shape (draws,)."""
    born: Life
    """Where a unit at work, or in store, stands at birth, shape (satellites,)."""
    rest: float
    """Pace of a unit in reserve, as a share of one at work."""
    bound: Floats
    """The most E that a unit of each satellite can use up by the end of its life, whenever it is born there."""
    woken: dict[int, float] = field(default_factory=dict)
    """Days on which stored satellites began to work, where groups have units in reserve: their lives are followed from
    birth each time, since who was in reserve when decides."""
    reborn: dict[int, Life] = field(default_factory=dict)
    """Where units at work of groups that were renewed stand at their own birth, where groups have units in reserve."""

    @classmethod
    def of(
        cls, hazard: Hazard, draws: FailureDraws, share: Floats, life: Life, born: Life, *, rest: float, bound: Floats
    ) -> CohortHazard:
        """The units of new satellites; `share`: what this hazard has of the law's, shape (draws,)."""
        threshold = draws.threshold / share
        if len(threshold) == 0:
            return cls(hazard, draws, threshold, life, threshold, born, rest, bound)
        return cls(hazard, draws, threshold, life, life.failure_day(hazard.law, threshold), born, rest, bound)

    def of_satellites(self, first: int, end: int) -> slice:
        """The draws of these satellites, which lie together."""
        low, high = np.searchsorted(self.draws.satellite, [first, end])
        return slice(int(low), int(high))

    def at_pace(self, rows: Ints | slice, day: float, pace: Floats) -> CohortHazard:
        """The same with some units at another pace from a day on, their hazard carried forward."""
        some, law = self.life.take(rows), self.hazard.law
        if len(some.day) == 0:
            return self
        then = some.at(law, np.full(some.day.shape, day), np.broadcast_to(pace, some.day.shape))
        days = self.day.copy()
        days[rows] = then.failure_day(law, self.threshold[rows])
        return replace(self, life=self.life.put(rows, then), day=days)

    def wake(self, satellite: int, day: float, pace: Floats) -> CohortHazard:
        """A stored satellite begins to work; `pace` of its units, by their number, from now on."""
        if not self.hazard.sleeps:
            return self
        if self.hazard.reserves:
            return replace(self, woken=self.woken | {satellite: day})
        rows = self.of_satellites(satellite, satellite + 1)
        return self.at_pace(rows, day, pace[self.draws.unit[rows]])

    def apart(self, satellite: int, clock: Clock | None) -> CohortHazard:
        """The units of one satellite, which has this clock, as those of a cohort of its own."""
        rows = self.of_satellites(satellite, satellite + 1)
        draws = self.draws.take(rows)
        return CohortHazard(
            self.hazard,
            replace(draws, satellite=np.zeros_like(draws.satellite)),
            self.threshold[rows],
            replace(self.life.take(rows), clock=clock),
            self.day[rows],
            replace(self.born.take([satellite]), clock=clock),
            self.rest,
            self.bound[[satellite]],
            {0: self.woken[satellite]} if satellite in self.woken else {},
        )

    def succeeded(self, units: Ints, groups: Ints, new: CohortHazard) -> CohortHazard:
        """The same, of one satellite, with the successors of some units, which make up these groups."""
        renewed = np.zeros(self.hazard.per_satellite, bool)
        renewed[units] = True
        old = np.flatnonzero(~renewed[self.draws.unit])
        if len(old) == len(self.day) and len(new.day) == 0 and not self.hazard.reserves:
            return self
        kept, life = self.draws.take(old), self.life.take(old)
        columns = [
            np.concatenate([getattr(life, name), getattr(new.life, name)])
            for name in ("day", "age_days", "hazard", "pace")
        ]
        reborn = dict.fromkeys(groups.tolist(), new.born.take(0)) if self.hazard.reserves else {}
        return replace(
            self,
            draws=kept.joined(new.draws),
            threshold=np.concatenate([self.threshold[old], new.threshold]),
            life=Life(columns[0], columns[1], columns[2], columns[3], new.born.clock),
            day=np.concatenate([self.day[old], new.day]),
            reborn=self.reborn | reborn,
        )

    def ends(self, rows: slice) -> Ends:
        """When and where groups fail, of the satellites whose draws these rows are."""
        hazard, draws, days = self.hazard, self.draws.take(rows), self.day[rows]
        group = draws.unit // hazard.units
        if hazard.units == 1:
            return Ends(draws.satellite, group, days, draws.second_uniform)
        spare = hazard.units - hazard.needed
        order = np.lexsort((days, group, draws.satellite))
        key = draws.satellite[order] * hazard.groups + group[order]
        begins = np.flatnonzero(np.diff(key, prepend=-1))
        rank = np.arange(len(key)) - np.repeat(begins, np.diff(begins, append=len(key)))
        last = order[rank == spare]  # the failure that leaves too few
        ends = days[last]
        if hazard.reserves:
            ends = np.array([self._end_with_standby(draws, self.threshold[rows], int(one)) for one in last])
        return Ends(draws.satellite[last], group[last], ends, draws.second_uniform[last])

    def _end_with_standby(self, draws: FailureDraws, thresholds: Floats, one: int) -> float:
        """Day on which a group with units in reserve has too few left: they are switched in one by one."""
        hazard = self.hazard
        satellite, group = int(draws.satellite[one]), int(draws.unit[one]) // hazard.units
        mine = (draws.satellite == satellite) & (draws.unit // hazard.units == group)
        threshold = np.full(hazard.units, np.inf)
        threshold[draws.unit[mine] % hazard.units] = thresholds[mine]
        if group in self.reborn:
            standby = _Standby(hazard, self.reborn[group], self.rest, np.inf)
        else:
            standby = _Standby(hazard, self.born.take(satellite), self.rest, self.woken.get(satellite, np.inf))
        ends = [standby.end(standby.born, threshold[unit], 1.0) for unit in range(hazard.needed)]
        for unit in range(hazard.needed, hazard.units):
            first = int(np.argmin(ends))
            day = ends[first]
            if not np.isfinite(day):
                return float("inf")
            if self.rest > 0 and standby.end(standby.born, threshold[unit], self.rest) <= day:
                continue  # it failed while it waited
            ends[first] = standby.end(standby.waited_until(day), threshold[unit], 1.0)
        return min(ends)


@dataclass(frozen=True)
class _Standby:
    """A group with units in reserve, on one satellite."""

    hazard: Hazard
    born: Life
    rest: float
    woken: float

    def end(self, state: Life, threshold: float, share: float) -> float:
        """Day on which a unit fails that goes on from here, at a share of the pace of one at work."""
        if not np.isfinite(threshold):
            return float("inf")
        law = self.hazard.law
        first = replace(state, pace=state.pace * share)
        day = float(first.failure_day(law, threshold))
        if day > self.woken >= float(state.day):
            return float(first.at(law, self.woken, np.asarray(share)).failure_day(law, threshold))
        return day

    def waited_until(self, day: float) -> Life:
        """Where a unit stands that has waited until a day, and its satellite's pace."""
        law = self.hazard.law
        state = replace(self.born, pace=self.born.pace * self.rest)
        if self.woken < day:
            state = state.at(law, self.woken, np.asarray(self.rest))
        return state.at(law, day, np.asarray(1.0) if self.woken <= day else self.born.pace)


class Losses(NamedTuple):
    """Losses of GPUs that leave their satellite going, in columns by satellite and then by day."""

    satellite: Ints
    day: Floats
    hazard: Ints
    """Position among the cohort's hazards."""
    group: Ints

    def take(self, index: Ints | slice) -> Losses:
        """Those at these positions."""
        return Losses(self.satellite[index], self.day[index], self.hazard[index], self.group[index])


@dataclass
class Cohort:
    """Satellites of one design that arrived at one moment.  Arrays have one entry a satellite unless said otherwise."""

    scenario: Scenario
    """With the cohort's design as its satellite."""
    design: int
    addresses: Addresses
    plane: Ints
    serial: Ints
    birth_day: float
    life_end_day: Floats
    planned_end: list[Cause]
    """Why each life ends by plan: design life, or propellant."""
    hazards: list[CohortHazard]
    berth: Ints
    """Where each is now; -1 while it is on its way from a spare berth to a slot, or gone."""
    awake: NDArray[np.bool_]
    """Whether it works, is on its way to do so, or waits as a hot spare; any other stored spare sleeps."""
    alive: NDArray[np.bool_] = field(init=False)
    """GPUs alive, shape (satellites, positions), as far as they have been looked at."""
    active: NDArray[np.bool_] = field(init=False)
    """GPUs that work or worked; the others are spares that wait.  Shape (satellites, positions)."""
    gone: NDArray[np.bool_] = field(init=False)
    lost_to: NDArray[np.uint8] = field(init=False)
    """Cause of the death of each GPU that was seen to die, shape (satellites, positions)."""
    renewals: dict[tuple[int, int], int] | None = field(init=False, default=None)
    """How often each group of a hazard was renewed, (hazard, group); none but for one satellite that is served."""

    def __post_init__(self) -> None:
        positions = self.scenario.satellite.positions
        self.alive = np.ones((len(self), positions), bool)
        self.active = np.tile(np.arange(positions) < self.scenario.satellite.gpus, (len(self), 1))
        self.gone = np.zeros(len(self), bool)
        self.lost_to = np.zeros((len(self), positions), np.uint8)

    def __len__(self) -> int:
        return len(self.serial)

    @cached_property
    def planes(self) -> tuple[Ints, Ints]:
        """(planes that its satellites were delivered to, in order; which of them each one's is)."""
        if len(self) == 1:  # as most are that replace a lost one
            return self.plane, np.zeros(1, np.intp)
        planes, which = np.unique(self.plane, return_inverse=True)
        return planes, which

    def working(self, i: int) -> int:
        """GPUs of a satellite that live and are not in reserve."""
        return int(np.count_nonzero(self.alive[i] & self.active[i]))

    def wake(self, i: int, day: float) -> None:
        """A dormant satellite begins to work: what slept goes on at full pace."""
        self.awake[i] = True
        for number, one in enumerate(self.hazards):
            pace = np.ones(one.hazard.per_satellite)
            if self.rests_in_reserve(one.hazard):
                pace[~self.active[i]] = spare_pace(self.scenario)
            self.hazards[number] = one.wake(i, day, pace)

    def switch_in(self, i: int, position: int, day: float) -> None:
        """A spare GPU aboard begins to work: what aged it slowly now does so at its satellite's pace."""
        self.active[i, position] = True
        pace = 1.0 if self.awake[i] else self.scenario.reliability.dormancy_factor
        self.pace_of_spares(i, np.array([position]), day, pace)

    def pace_of_spares(self, i: int, positions: Ints, day: float, pace: float) -> None:
        """GPUs in some positions go on at another pace under what ages GPUs in reserve slower."""
        for number, one in enumerate(self.hazards):
            if len(positions) and self.rests_in_reserve(one.hazard):
                rows = one.of_satellites(i, i + 1)
                own = rows.start + np.flatnonzero(np.isin(one.draws.unit[rows], positions))
                self.hazards[number] = one.at_pace(own, day, np.asarray(pace))

    def rests_in_reserve(self, hazard: Hazard) -> bool:
        """Whether a hazard ages spare GPUs that wait aboard slower than those at work."""
        satellite = self.scenario.satellite
        return (
            hazard.of_one_gpu and hazard.sleeps and satellite.spare_gpus > 0 and satellite.spare_gpus_standby != "hot"
        )

    def losses(self, first: int, end: int, after: float, before: float) -> tuple[Losses, dict[int, Ends]]:
        """What fails on some satellites between two days: losses of GPUs, and by hazard what ends satellites whole."""
        found: list[tuple[Ints, Floats, Ints, Ints]] = []
        whole: dict[int, Ends] = {}
        for number, one in enumerate(self.hazards):
            if len(one.day) == 0:
                continue  # nothing that it could end was drawn
            ends = one.ends(one.of_satellites(first, end))
            soon = np.flatnonzero((ends.day < before) & (ends.day > after))
            ends = ends.take(soon)
            if one.hazard.span == 0:
                whole[number] = ends
            elif len(soon):
                found.append((ends.satellite, ends.day, np.full(len(soon), number), ends.group))
        if not found:
            none = np.empty(0, np.intp)
            return Losses(none, np.empty(0), none, none), whole
        satellite, day, hazard, group = (np.concatenate(column) for column in zip(*found, strict=True))
        order = np.lexsort((day, satellite))
        return Losses(satellite[order], day[order], hazard[order], group[order]), whole

    def warnings(self, first: int, end: int, after: float, before: float) -> tuple[Ints, Floats, Ints]:
        """(satellite, day, GPU) of transient faults before permanent ones, spread evenly over a GPU's last days."""
        reliability = self.scenario.reliability
        found = [(np.empty(0, np.intp), np.empty(0), np.empty(0, np.intp))]
        for one in self.hazards:
            if one.hazard.cause != Cause.GPU or reliability.warnings_per_failure == 0:
                continue
            ends = one.ends(one.of_satellites(first, end))
            number = np.floor(reliability.warnings_per_failure + ends.second_uniform).astype(np.intp)
            number[~np.isfinite(ends.day)] = 0
            of = np.repeat(np.arange(len(number)), number)
            begins = np.cumsum(number) - number
            nth = np.arange(len(of)) - np.repeat(begins, number)
            day = ends.day[of] - reliability.warning_days * (nth + 0.5) / number[of]
            fits = (day > after) & (day < before)
            found.append((ends.satellite[of][fits], day[fits], ends.group[of][fits]))
        satellite, day, gpu = (np.concatenate(column) for column in zip(*found, strict=True))
        return satellite, day, gpu

    def deaths(self, losses: Losses) -> Deaths:
        """The GPUs that these losses kill: each by the first that reaches it, those dead before left out."""
        spans = np.array([one.hazard.span for one in self.hazards])[losses.hazard]
        first = losses.group * spans
        count = np.minimum(spans, self.alive.shape[1] - first)
        event = np.repeat(np.arange(len(count)), count)
        position = first[event] + np.arange(len(event)) - np.repeat(np.cumsum(count) - count, count)
        satellite = losses.satellite[event]
        living = self.alive[satellite, position]
        event, position, satellite = event[living], position[living], satellite[living]
        # Events are in order of time within a satellite, so of those that reach a GPU the first number is the first.
        unit = satellite * self.alive.shape[1] + position
        order = np.argsort(unit, kind="stable")
        new = np.diff(unit[order], prepend=-1) != 0
        kept = np.sort(order[new])
        return Deaths(event[kept], satellite[kept], position[kept])

    def kind_of(self, hazard: int) -> EventKind:
        """What the log calls a loss of GPUs by a hazard."""
        return EventKind.GPU_FAILED if self.hazards[hazard].hazard.of_one_gpu else EventKind.GROUP_FAILED


class Deaths(NamedTuple):
    """GPUs that die, in columns, by the loss that kills them."""

    event: Ints
    """Position among the losses."""
    satellite: Ints
    position: Ints
