"""Every cause that can end something aboard a satellite, each with its own luck, law and clock.

All causes live together on one unit: each has its own E and its own cumulative hazard, and the first to reach its E is
the cause in the log (competing risks).  Taking a cause away therefore moves nobody else's day.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from math import ceil
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sim.constants import DAYS_PER_YEAR
from sim.engine.births import BLOCK_BERTHS, Births, Drawn, Part, part_named
from sim.engine.weather import Weather
from sim.environment import Environment
from sim.environment.interruptions import hard_events
from sim.environment.radiation import dose_at_end_rad, dose_hazard
from sim.events import Cause
from sim.reliability import Ageing, Clock, Exponential, Life
from sim.scenario.failure import BatchDefect, Group
from sim.scenario.models import Scenario
from sim.streams import Streams

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

PER_CLOCK_DAY = Exponential(rate_per_year=DAYS_PER_YEAR)
"""Hazard 1 for each unit of the clock: a clock that counts expected events."""


@dataclass(frozen=True)
class DoseLaw:
    """Hazard by dose, rad(Si), in place of age."""

    median_krad: float
    log_spread: float
    calendar_factor: None = None

    def cumulative_hazard(self, rad: ArrayLike, /) -> Floats:
        """Cumulative hazard at each dose."""
        return dose_hazard(np.asarray(rad, float), self.median_krad, self.log_spread)

    def inverse(self, hazard: ArrayLike, /) -> Floats:
        """Dose at which it reaches each value."""
        return dose_at_end_rad(np.asarray(hazard, float), self.median_krad, self.log_spread)


@dataclass(frozen=True)
class Hazard:
    """One cause of permanent loss, for all satellites of a scenario."""

    cause: int
    """Its number in the log."""
    part: int
    """Address of its luck."""
    law: Ageing
    clock: str
    """Which clock ages it: `calendar`, `stress`, `dose`, or the events of `effect` or of debris, see `_clock`."""
    units: int
    """Units that draw luck, in each group."""
    needed: int = 1
    """Of these must live for the group to live."""
    standby: str = "hot"
    span: int = 0
    """GPUs that a group carries; 0: all, and the satellite with them."""
    groups: int = 1
    """Groups of a satellite."""
    sleeps: bool = False
    """Whether it rests on a stored spare."""
    age_days: float = 0.0
    """Effective age at launch, after a burn-in."""
    share: float = 1.0
    """Share of the law's hazard."""
    effect: int = -1
    """Position of the radiation effect that its clock counts."""
    batch: BatchDefect | None = None

    @property
    def per_satellite(self) -> int:
        """Units aboard a satellite."""
        return self.units * self.groups

    @property
    def reserves(self) -> bool:
        """Whether its groups have units that wait and age slower."""
        return self.standby != "hot" and self.units > self.needed

    @property
    def of_one_gpu(self) -> bool:
        """Whether its groups are the GPUs themselves."""
        return self.span == 1


def hazards_of(scenario: Scenario) -> tuple[Hazard, ...]:
    """All causes of permanent loss of a scenario."""
    satellite, reliability, numbers = scenario.satellite, scenario.reliability, scenario.cause_numbers
    positions = satellite.positions
    lasting = 1 - reliability.resettable_fraction
    found = [
        Hazard(Cause.BUS, Part.BUS, reliability.bus, "calendar", 1),
        Hazard(
            Cause.GPU,
            Part.GPU,
            reliability.gpu,
            "stress",
            1,
            span=1,
            groups=positions,
            sleeps=True,
            age_days=reliability.gpu_burn_in_days,
            share=lasting,
        ),
        Hazard(Cause.DEBRIS, Part.DEBRIS, PER_CLOCK_DAY, "collisions", 1),
    ]
    radiator = satellite.radiator
    if radiator.tube_fraction > 0:
        span = ceil(positions / radiator.loops)
        loops = ceil(positions / span)
        found.append(Hazard(Cause.PUNCTURE, Part.LOOP, PER_CLOCK_DAY, "punctures", 1, span=span, groups=loops))
    wear = scenario.radiation.wear
    law = DoseLaw(wear.end_median_krad, wear.end_log_spread)
    found.append(Hazard(Cause.DOSE, Part.DOSE, law, "dose", 1, span=1, groups=positions))
    for position, (name, effect) in enumerate(scenario.radiation.active.items()):
        if hard_events(effect) > 0:
            span = 1 if effect.target == "chip" else satellite.gpus_per_host
            part = part_named("effect", name)
            groups = ceil(positions / span)
            found.append(
                Hazard(
                    numbers[name],
                    part,
                    PER_CLOCK_DAY,
                    "effect",
                    1,
                    span=span,
                    groups=groups,
                    effect=position,
                )
            )
    for name, group in reliability.groups.items():
        found += _group_hazards(name, group, numbers[name], positions)
    for name, common in reliability.common_causes.items():
        if isinstance(common, BatchDefect):
            part = part_named("batch", name)
            found.append(
                Hazard(
                    numbers[name],
                    part,
                    common.law,
                    "stress",
                    1,
                    span=1,
                    groups=positions,
                    sleeps=True,
                    batch=common,
                )
            )
    return tuple(found)


def _group_hazards(name: str, group: Group, cause: int, positions: int) -> list[Hazard]:
    """The units of a group on their own, and what strikes them all at once."""
    span = 0 if group.gpus == "all" or group.gpus >= positions else group.gpus
    groups = 1 if span == 0 else ceil(positions / span)
    beta = group.common_cause_fraction
    alone = Hazard(
        cause,
        part_named("group", name),
        group.law,
        "stress" if group.stressed else "calendar",
        group.units,
        needed=group.needed,
        standby=group.standby,
        span=span,
        groups=groups,
        sleeps=group.sleeps,
        age_days=group.burn_in_days,
        share=1 - beta,
    )
    together = replace(alone, part=part_named("common", name), units=1, needed=1, standby="hot", share=beta)
    return [hazard for hazard in (alone, together) if hazard.share > 0]


@dataclass(frozen=True)
class Fate:
    """The luck of one cohort's units under one hazard, and where they stand on their clock."""

    hazard: Hazard
    life: Life
    """Shape (satellites,), or (satellites, positions) where spare GPUs aboard sleep."""
    drawn: Drawn
    rest: float
    """Pace of a unit in reserve, as a share of one at work."""
    woken: dict[int, float] = field(default_factory=dict)
    """Days on which stored satellites were woken, where groups have units in reserve: their lives are followed from
    birth each time, since who was in reserve when decides."""
    _ends: dict[int, float] = field(default_factory=dict)
    """Days found for groups with units in reserve, by satellite x groups + group."""

    def wake(self, satellite: int, day: float, pace: Floats) -> Fate:
        """One satellite sleeps no longer; `pace` of all from now on."""
        if self.hazard.reserves:
            first = satellite * self.hazard.groups
            kept = {k: v for k, v in self._ends.items() if not first <= k < first + self.hazard.groups}
            return replace(self, woken=self.woken | {satellite: day}, _ends=kept)
        # Splitting the others' lives here as well changes nothing: hazard is additive.
        return replace(self, life=self.life.at(self.hazard.law, np.full(pace.shape, day), pace))

    def days(self) -> tuple[Ints, Ints, Floats, Floats]:
        """(satellite, group, day of its end, mark) of the groups that can fail, in no order."""
        hazard, drawn = self.hazard, self.drawn
        unit_days = self.life.take(self._place()).failure_day(hazard.law, drawn.luck / hazard.share)
        group = drawn.unit // hazard.units
        if hazard.units == 1:
            return drawn.satellite, group, unit_days, drawn.mark
        spare = hazard.units - hazard.needed
        order = np.lexsort((unit_days, group, drawn.satellite))
        key = drawn.satellite[order] * hazard.groups + group[order]
        begins = np.flatnonzero(np.diff(key, prepend=-1))
        rank = np.arange(len(key)) - np.repeat(begins, np.diff(begins, append=len(key)))
        last = order[rank == spare]  # the failure that leaves too few
        ends = unit_days[last]
        if hazard.reserves:
            for key_, one in zip((drawn.satellite[last] * hazard.groups + group[last]).tolist(), last, strict=True):
                if key_ not in self._ends:
                    self._ends[key_] = self._with_standby(int(one), group)
            ends = np.array([self._ends[k] for k in (drawn.satellite[last] * hazard.groups + group[last]).tolist()])
        return drawn.satellite[last], group[last], ends, drawn.mark[last]

    def _place(self) -> Any:
        if self.life.day.ndim == 1:
            return self.drawn.satellite
        return self.drawn.satellite, self.drawn.unit

    def _with_standby(self, one: int, group: Ints) -> float:
        """Day on which a group with units in reserve has too few left: they are switched in one by one."""
        hazard, drawn = self.hazard, self.drawn
        satellite = int(drawn.satellite[one])
        mine = (drawn.satellite == satellite) & (group == group[one])
        luck = np.full(hazard.units, np.inf)
        luck[drawn.unit[mine] % hazard.units] = drawn.luck[mine] / hazard.share
        born = self.life.take(satellite)
        woken = self.woken.get(satellite, np.inf)

        def end(state: Life, unit: int, share: float) -> float:
            """Day on which a unit fails that goes on from here, at a share of the pace of one at work."""
            if not np.isfinite(luck[unit]):
                return np.inf
            first = replace(state, pace=state.pace * share)
            day = float(first.failure_day(hazard.law, luck[unit]))
            if day > woken >= float(state.day):
                return float(first.at(hazard.law, woken, np.asarray(share)).failure_day(hazard.law, luck[unit]))
            return day

        def in_reserve_until(day: float) -> Life:
            """Where a unit stands that has waited until a day, and its satellite's pace."""
            state = replace(born, pace=born.pace * self.rest)
            if woken < day:
                state = state.at(hazard.law, woken, np.asarray(self.rest))
            return state.at(hazard.law, day, np.asarray(1.0) if woken <= day else born.pace)

        ends = [end(born, unit, 1.0) for unit in range(hazard.needed)]
        for unit in range(hazard.needed, hazard.units):
            first = int(np.argmin(ends))
            day = ends[first]
            if not np.isfinite(day):
                return float("inf")
            if self.rest > 0 and end(born, unit, self.rest) <= day:
                continue  # it failed while it waited
            ends[first] = end(in_reserve_until(day), unit, 1.0)
        return min(ends)


def spare_pace(scenario: Scenario) -> float:
    """Pace of a spare GPU aboard that waits, as a share of one at work."""
    return {"hot": 1.0, "warm": scenario.reliability.dormancy_factor, "cold": 0.0}[
        scenario.satellite.spare_gpus_standby
    ]


class Hazards:
    """The hazards of one run: their clocks in each plane, and the luck of each cohort under them."""

    def __init__(self, scenario: Scenario, environment: Environment, weather: Weather, streams: Streams) -> None:
        self.scenario = scenario
        self.environment = environment
        self.weather = weather
        self.streams = streams
        self.list = hazards_of(scenario)
        self._bad_lots: dict[tuple[int, ...], bool] = {}

    @property
    def per_satellite(self) -> dict[int, int]:
        """Units of each part aboard a satellite."""
        return {hazard.part: hazard.per_satellite for hazard in self.list}

    def fates(
        self,
        births: Births,
        plane: int,
        berths: Ints,
        ordinals: Ints,
        birth_day: float,
        end_day: float,
        stored: NDArray[np.bool_],
    ) -> list[Fate]:
        """Draw the luck of satellites born together.  `stored` tells the dormant spares among them."""
        satellite, dormancy = self.scenario.satellite, self.scenario.reliability.dormancy_factor
        fates = []
        for hazard in self.list:
            clock = self._clock(hazard, plane, birth_day)
            pace = np.where(stored & hazard.sleeps, dormancy, 1.0)
            if hazard.of_one_gpu and hazard.sleeps and satellite.spare_gpus and satellite.spare_gpus_standby != "hot":
                waits = np.arange(satellite.positions) >= satellite.gpus
                pace = pace[:, None] * np.where(waits, spare_pace(self.scenario), 1.0)
            new = Life.born(np.full(pace.shape, birth_day), pace, age_days=hazard.age_days, clock=clock)
            awake = Life.born(birth_day, age_days=hazard.age_days, clock=clock)
            last_day = end_day
            if hazard.cause == Cause.GPU and self.scenario.reliability.warnings_per_failure > 0:
                last_day += self.scenario.reliability.warning_days  # one that fails later warns before
            bound = float(awake.hazard_until(hazard.law, last_day))
            if (hazard.sleeps and stored.any()) or hazard.reserves or pace.ndim == 2:
                # A clock that rests may carry a hazard that falls with age into dates of a higher factor.
                bound = max(bound, self._most(hazard, awake, last_day))
            drawn = births.units(hazard.part, plane, berths, ordinals, np.full(len(berths), bound * hazard.share))
            if hazard.batch is not None:
                drawn = self._in_bad_lots(hazard, plane, berths, ordinals, drawn)
            rest = 0.0 if hazard.standby == "cold" else dormancy
            fates.append(Fate(hazard, new, drawn, rest))
        return fates

    def _most(self, hazard: Hazard, awake: Life, end_day: float) -> float:
        """No unit that rests now and then accumulates more hazard by a day."""
        factor = getattr(hazard.law, "calendar_factor", None)
        most = 1.0 if factor is None else max(1.0, *factor.factors)
        age = awake.hazard_until(PER_CLOCK_DAY, end_day)
        return most * float(
            hazard.law.cumulative_hazard(hazard.age_days + age)
            - hazard.law.cumulative_hazard(np.asarray(hazard.age_days, float))
        )

    def _clock(self, hazard: Hazard, plane: int, birth_day: float) -> Clock | None:
        keeping = self.environment.keeping
        match hazard.clock:
            case "stress":
                return self.environment.stress_clock(plane, birth_day)
            case "dose":
                return self.weather.dose_clock(plane)
            case "effect":
                return self.weather.event_clock(plane, hazard.effect)
            case "collisions":
                return self.weather.debris_clock(float(keeping.collisions_per_year[plane]))
            case "punctures":
                return self.weather.debris_clock(float(keeping.punctures_per_year[plane]) / hazard.groups)
        return None

    def _in_bad_lots(self, hazard: Hazard, plane: int, berths: Ints, ordinals: Ints, drawn: Drawn) -> Drawn:
        """Only the units whose production lot has the defect."""
        assert hazard.batch is not None
        bad = np.zeros(len(berths), bool)
        for i in np.unique(drawn.satellite).tolist():
            block, place = divmod(int(berths[i]), BLOCK_BERTHS)
            key = hazard.part, plane, block, place // hazard.batch.lot_satellites, int(ordinals[i])
            if key not in self._bad_lots:
                self._bad_lots[key] = bool(self.streams.of("lot", *key).random() < hazard.batch.probability)
            bad[i] = self._bad_lots[key]
        keep = bad[drawn.satellite]
        return Drawn(drawn.satellite[keep], drawn.unit[keep], drawn.luck[keep], drawn.mark[keep])
