"""Whole lives of new satellites, of any planes and days, in one call: what ends each, and which GPUs die before.

The thresholds are those of the exact engine, drawn at the same addresses.  Competition between causes, groups of GPUs
and k-of-n are settled on one matrix of days, satellites by GPUs.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sim.berths import SPARE_PLACES
from sim.engine.block.ageing import AgeingHazard
from sim.engine.draws import Addresses, FailureDraws, Question, draw
from sim.engine.hazards import hazards_of
from sim.engine.weather import Weather
from sim.environment.coarse import Coarse
from sim.events import Cause
from sim.scenario.models import Scenario
from sim.streams import Streams

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

AT_ONCE = 8000
"""Satellites that are worked out together, so that their matrix stays in the processor's cache."""
_EVER = 1e12
_NOBODY = np.float32(np.inf)


@dataclass(frozen=True)
class Newborn:
    """Satellites of one design that begin, in columns of one length."""

    address: Addresses
    plane: Ints
    birth_day: Floats
    end_day: Floats
    """By plan, at most the horizon."""
    wake_day: Floats
    """From then on it is at work or a hot spare; before that it sleeps: the birth, where it never does."""

    def __len__(self) -> int:
        return len(self.plane)

    def take(self, rows: Ints) -> Newborn:
        """Some of them."""
        days = self.birth_day[rows], self.end_day[rows], self.wake_day[rows]
        return Newborn(self.address.take(rows), self.plane[rows], *days)


@dataclass(frozen=True)
class Lives:
    """What becomes of them if nobody acts."""

    end_day: Floats
    """Own end, or that by plan."""
    cause: NDArray[np.uint8]
    """Of the own end; `Cause.NONE` where it ends by plan."""
    satellite: NDArray[np.int32]
    """Of each GPU that dies before: position among the newborn."""
    day: NDArray[np.float32]
    hazard: NDArray[np.uint8]
    """Position among the hazards of its design."""


class Births:
    """The births of one design in one replicate."""

    def __init__(
        self, scenario: Scenario, design: int, coarse: Coarse, weather: Weather, streams: Streams, horizon_days: float
    ) -> None:
        """`scenario`: the one whose `satellite` is this design."""
        self.scenario = scenario
        self.streams = streams
        self.horizon_days = horizon_days
        self.planes = coarse.share.shape[1]
        self._coarse = coarse
        self._dormancy = scenario.reliability.dormancy_factor
        self.positions = scenario.satellite.positions
        # What nobody ever dies of needs no clock.
        listed = [one for one in hazards_of(scenario) if one.law.cumulative_hazard(_EVER) > 0]
        self.hazards = AgeingHazard.of_each(listed, coarse, weather, design)
        self._bus_shares = np.cumsum(list(scenario.reliability.bus_shares.values()) or [1.0])
        self._bus_causes = np.array(
            [scenario.cause_numbers[name] for name in scenario.reliability.bus_shares] or [Cause.BUS], np.uint8
        )

    def resolve(self, born: Newborn) -> Lives:
        """The lives of satellites of which none has begun to work otherwise than `wake_day` says."""
        # Plane by plane: of those drawn together, all draw as many numbers as one of them needs.
        order = np.argsort(born.plane, kind="stable")
        born = born.take(order)
        place = self._coarse.knot_of(born.birth_day) * self.planes + born.plane
        ages = [_Exposure.of(one, born, place, self._dormancy) for one in self.hazards]
        end, cause = born.end_day.copy(), np.zeros(len(born), np.uint8)
        parts = [
            self._lose_gpus(born, slice(first, first + AT_ONCE), ages, end, cause)
            for first in range(0, len(born), AT_ONCE)
        ]
        satellite, day, hazard = (np.concatenate(column) for column in zip(*parts, strict=True))
        ends, causes = np.empty_like(end), np.empty_like(cause)
        ends[order], causes[order] = end, cause
        return Lives(ends, causes, np.take(order.astype(np.int32), satellite), day, hazard)

    def _lose_gpus(
        self, born: Newborn, rows: slice, ages: list[_Exposure], end: Floats, cause: NDArray[np.uint8]
    ) -> tuple[Ints, NDArray[np.float32], NDArray[np.uint8]]:
        """(satellite, day, hazard) of the GPUs that some of them lose; enters into `end` and `cause` how they end."""
        own_end, own_cause, address = end[rows], cause[rows], born.address.take(rows)
        ages = [one.take(rows) for one in ages]
        questions = [
            Question(one.hazard.part, one.hazard.per_satellite, exposure.bound, one.hazard.cause == Cause.BUS)
            for one, exposure in zip(self.hazards, ages, strict=True)
        ]
        day = np.full(len(own_end) * self.positions, _NOBODY, np.float32)
        by = np.zeros(len(own_end) * self.positions, np.uint8)
        drawn_of_each = draw(self.streams, address, questions)
        for number, (one, exposure, drawn) in enumerate(zip(self.hazards, ages, drawn_of_each, strict=True)):
            if one.hazard.batch is not None:
                drawn = self._in_bad_lots(one, address, drawn)
            satellite, group, threshold, second = _ends_of_groups(one, drawn)
            if len(satellite) == 0:
                continue
            days = exposure.day(satellite, threshold)
            if one.hazard.span == 0:
                first = np.flatnonzero(days < own_end[satellite])
                whose = satellite[first]
                own_end[whose] = days[first]
                own_cause[whose] = self._cause(one, second[first])
            else:
                self._strike(day, by, satellite, group, days.astype(np.float32), number)
        struck = np.flatnonzero(day < _NOBODY)
        which = struck // self.positions
        # GPUs that outlive their satellite do not die by themselves.
        first = np.flatnonzero(np.take(day, struck) < np.take(own_end.astype(np.float32), which))
        struck = np.take(struck, first)
        return rows.start + np.take(which, first), np.take(day, struck), np.take(by, struck)

    def _strike(
        self, day: NDArray[np.float32], by: NDArray[np.uint8], satellite: Ints, group: Ints, days: Floats, number: int
    ) -> None:
        """Enter the day on which a hazard kills GPUs, where no other was sooner."""
        span = self.hazards[number].hazard.span
        at, when = satellite * self.positions + group * span, days
        if span > 1:
            at, when = (at[:, None] + np.arange(span)).ravel(), np.repeat(when, span)
            if self.positions % span:  # the last group carries fewer
                there = np.flatnonzero(((group * span)[:, None] + np.arange(span)).ravel() < self.positions)
                at, when = at[there], when[there]
        sooner = np.flatnonzero(when < np.take(day, at))
        at = np.take(at, sooner)
        day[at], by[at] = np.take(when, sooner), number

    def _cause(self, one: AgeingHazard, second: Floats) -> NDArray[np.uint8]:
        """What the ends of satellites by a hazard are put down to."""
        if one.hazard.cause != Cause.BUS:
            return np.full(len(second), one.hazard.cause, np.uint8)
        which = np.searchsorted(self._bus_shares, second * self._bus_shares[-1], side="right")
        return np.asarray(self._bus_causes[which])

    def _in_bad_lots(self, one: AgeingHazard, address: Addresses, drawn: FailureDraws) -> FailureDraws:
        """Only the units whose production lot has the defect."""
        batch = one.hazard.batch
        assert batch is not None
        spare = address.place >= SPARE_PLACES
        first = np.where(spare, np.uint64(SPARE_PLACES), np.uint64(0))
        lot = (address.place - first) // np.uint64(batch.lot_satellites) + first
        bad = self.streams.uniforms("lot", one.hazard.part, address.site, lot, address.ordinal, 1)[:, 0]
        return drawn.take((bad < batch.probability)[drawn.satellite])


@dataclass(frozen=True)
class _Exposure:
    """Where satellites stand on the clock of one hazard over their lives: columns of one length."""

    one: AgeingHazard
    row: NDArray[np.int64]
    """Of the clocks."""
    scale: Floats
    birth: Floats
    start: Floats
    """Exposure at birth."""
    bound: Floats
    """Cumulative hazard of a unit over the life."""
    pace: float
    """At which a sleeping unit ages."""
    woken: Floats | None
    """Exposure at the waking; none: nobody sleeps."""
    age_woken: Floats | None
    """Of a unit at the waking."""

    @classmethod
    def of(cls, one: AgeingHazard, born: Newborn, place: Ints, dormancy: float) -> _Exposure:
        """`place`: knot of birth and plane of each satellite, as one number."""

        def total(day: Floats) -> Floats:
            return day if one.clocks is None else one.clocks.at(row, day)

        row = one.row_of[place].astype(np.int64)
        start, scale, woken, age_woken = total(born.birth_day), one.scale[born.plane], None, None
        age_at_end = total(born.end_day) - start
        if one.hazard.sleeps and bool((born.wake_day > born.birth_day).any()):
            woken = total(np.minimum(born.wake_day, born.end_day))
            age_woken = dormancy * (woken - start)
            age_at_end = age_woken + np.maximum(age_at_end + start - woken, 0.0)
        bound = one.ages.hazard_at(age_at_end) * scale
        return cls(one, row, scale, born.birth_day, start, bound, dormancy, woken, age_woken)

    def take(self, rows: slice) -> _Exposure:
        """Of some of them."""
        return replace(
            self,
            row=self.row[rows],
            scale=self.scale[rows],
            birth=self.birth[rows],
            start=self.start[rows],
            bound=self.bound[rows],
            woken=None if self.woken is None else self.woken[rows],
            age_woken=None if self.age_woken is None else self.age_woken[rows],
        )

    def day(self, satellite: Ints, threshold: Floats) -> Floats:
        """Mission day on which each threshold of a unit is reached."""
        age = self.one.ages.at(threshold / np.take(self.scale, satellite))
        total = age + np.take(self.start, satellite)
        if self.woken is not None and self.age_woken is not None:
            woken = np.take(self.age_woken, satellite)
            awake = np.take(self.woken, satellite) + age - woken
            asleep = np.take(self.start, satellite) + (age / self.pace if self.pace > 0 else np.inf)
            total = np.where(age > woken, awake, asleep)
        if self.one.clocks is None:
            return np.asarray(total)
        found = self.one.clocks.when(np.take(self.row, satellite), total)
        return np.maximum(found, np.take(self.birth, satellite), out=found)


def _ends_of_groups(one: AgeingHazard, drawn: FailureDraws) -> tuple[Ints, Ints, Floats, Floats]:
    """(satellite, group, threshold, second number) of the failures that leave groups with too few units."""
    hazard = one.hazard
    if hazard.units == 1:
        return drawn.satellite, drawn.unit, drawn.threshold, drawn.second_uniform
    group = drawn.unit // hazard.units
    key = drawn.satellite * hazard.groups + group
    order = np.lexsort((drawn.threshold, key))
    begins = np.flatnonzero(np.diff(key[order], prepend=-1))
    rank = np.arange(len(key)) - np.repeat(begins, np.diff(begins, append=len(key)))
    last = order[rank == hazard.units - hazard.needed]
    return drawn.satellite[last], group[last], drawn.threshold[last], drawn.second_uniform[last]
