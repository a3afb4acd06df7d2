"""Gangs of a fleet in blocks that are followed one by one, as the exact engine follows all: they stand for the others.

A gang holds as many GPUs as gangs do in the mean of a month, on satellites of the mean age, and is stopped by what stops
it in the exact engine, at the same rates and by the same code.  Losses of GPUs come at the rates at which the fleet has
them that month.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import ceil, inf

import numpy as np
from numpy.typing import NDArray

from sim.constants import HOURS_PER_DAY
from sim.engine.block.block_log import MONTH_DAYS
from sim.engine.copies import Copies
from sim.engine.gang import Gang
from sim.engine.gang_time import GangTime
from sim.engine.run_segments import run_segments
from sim.engine.segment import Asked, Before, Composition, UnitArrivals
from sim.engine.stretch import Stretch
from sim.environment import Environment
from sim.environment.design import birth_key
from sim.environment.gangs import Gangs, Make
from sim.environment.interruption_rates import InterruptionRates, UnitRates
from sim.environment.interruptions import InterruptionCause
from sim.environment.recent import Recent
from sim.environment.saa_passes import Passes, block_means
from sim.events import NONE, EventKind, EventLog, EventRecorder
from sim.streams import Streams
from sim.workloads import TrainingJob, WorkTable

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

WANTED = 10_000
"""Interruptions of the gangs of a crew that are followed over a mission: chance is 1 % of what they cost."""
MOST_GANGS = 12
"""Gangs of a crew that are followed at most, however seldom something stops them."""
MOST_A_MONTH = 5_000
"""Interruptions of a gang in a month; one that is stopped more often, 170 times a day, is followed for a part of it."""
NEARLY = 1e-6
"""Of a satellite, or of a day: rounding."""


@dataclass(frozen=True, eq=False)
class LosingGangs(Gangs):
    """Gangs that lose GPUs at given rates, as if losses were interruptions."""

    of: Gangs = field(kw_only=True)
    losses: tuple[InterruptionCause, ...] = field(kw_only=True)
    per_day: Floats = field(kw_only=True)
    """Losses of a unit by mission day, shape (losses, days)."""

    @classmethod
    def losing(cls, of: Gangs, losses: Sequence[InterruptionCause], per_day: Floats) -> LosingGangs:
        """The same gangs with these losses."""
        own = of.scenario, of.planes, of.sun, of.designs, of.joined
        return cls(*own, of=of, losses=tuple(losses), per_day=per_day)

    @cached_property
    def causes(self) -> tuple[InterruptionCause, ...]:
        return self.of.causes + self.losses

    def passes(self, place: int) -> Passes:
        return self.of.passes(place)

    def rates(
        self, place: int, slots: Ints, makes: Sequence[Make], units: Ints, storm_fluence: Callable[[Floats], Floats]
    ) -> InterruptionRates:
        found = self.of.rates(place, slots, makes, units, storm_fluence)
        edges = self.passes(place).block_edges
        return replace(found, makes=[replace(one, units=self._with_losses(one.units, edges)) for one in found.makes])

    def per_gang_day(self, plane: int, job: TrainingJob) -> float:
        """Mean interruptions and losses of a fresh gang a day."""
        units = self.of.fresh_units(job)[[one.per for one in self.losses]]
        return sum(self.of.per_day(plane, job).values()) + float(units @ self.per_day.mean(axis=1))

    def _with_losses(self, units: UnitRates, edges: Floats) -> UnitRates:
        per = np.array([one.per for one in self.losses], np.intp)
        return self._kept.get(units, lambda: units.with_steady(per, block_means(self.per_day, edges)))

    @cached_property
    def _kept(self) -> Recent[UnitRates, UnitRates]:
        return Recent(64)


@dataclass(frozen=True, eq=False)
class Crew:
    """The gangs of one job in planes of one exposure: what they are like, month by month, shape (months,) each."""

    plane: int
    """One of the planes, which stands for the others."""
    gpus: Floats
    """That a gang holds; 0: there is none."""
    aboard: Floats
    """GPUs alive on a satellite."""
    speed: Floats
    """Share of full speed that light, power and heat leave."""
    born: Floats
    """Mean day of birth of the satellites."""


@dataclass(frozen=True, eq=False)
class Found:
    """What became of the time of the gangs of some crews."""

    shares: dict[tuple[EventKind, int], Floats]
    """Of the GPU-hours that they hold, by kind of row and its cause, shape (crews, months)."""
    interruptions: dict[int, Floats]
    """Of a gang a day, by cause, shape (crews, months)."""


@dataclass
class _Followed:
    """A gang that is followed."""

    crew: int
    gang: Gang
    restart_days: float = 0.0
    """Left of a restart under way at the end of the month before."""
    detection_days: float = 0.0
    """Of that, until what made it necessary is noticed."""


class Crews:
    """The crews of one job."""

    def __init__(
        self, environment: Environment, gangs: LosingGangs, job: TrainingJob, edges: Floats, fluence_per_day: Floats
    ) -> None:
        """`edges` of the months; `fluence_per_day`: of solar storms, shape (days of the environment's tables,)."""
        self.environment, self.gangs, self.job, self.edges = environment, gangs, job, edges
        self._copies = Copies(job, gangs.figures(job))
        self._fluence_per_day = fluence_per_day
        self._storms: Recent[float, Floats] = Recent(64)

    def follow(self, crews: Sequence[Crew], streams: Streams, number: int) -> Found:
        """Follow some gangs of each crew through the mission; `number`: of the job's description."""
        log, months = EventRecorder(), len(self.edges) - 1
        gpu_hours, gang_days = np.zeros((2, len(crews), months))
        time = GangTime(log, [one.cause for one in self.gangs.causes])
        followed = [
            _Followed(which, self._gang(UnitArrivals(streams, number, crew.plane, one)))
            for which, crew in enumerate(crews)
            for one in range(self._wanted(crew))
        ]
        tables = [WorkTable(np.repeat(crew.speed, int(MONTH_DAYS))) for crew in crews]
        for month in range(months):
            begin, end = float(self.edges[month]), float(self.edges[month + 1])
            since = max(begin, self.job.arrival_day)
            there = [one for one in followed if since < end and crews[one.crew].gpus[month] > 0]
            if not there:
                continue
            made = {
                which: self._composition(crews[which], tables[which], month, since)
                for which in sorted({one.crew for one in there})
            }
            stretches = [self._stretch(one, *made[one.crew], since, end) for one in there]
            self._run(time, there, stretches)
            for one, stretch in zip(there, stretches, strict=True):
                gpu_hours[one.crew, month] += (stretch.end_day - since) * stretch.size * HOURS_PER_DAY
                gang_days[one.crew, month] += stretch.end_day - since
        return self._found(log.finish(), crews, gpu_hours, gang_days)

    def _wanted(self, crew: Crew) -> int:
        """Gangs of a crew that are followed."""
        days = float(np.diff(self.edges)[crew.gpus > 0].sum())
        expected = days * self.gangs.per_gang_day(crew.plane, self.job)
        return min(ceil(WANTED / max(expected, 1.0)), MOST_GANGS) if days > 0 else 0

    def _gang(self, arrivals: UnitArrivals) -> Gang:
        return Gang(0.0, NONE, self.job, self.environment.rhythms.first(self.job), arrivals, self._copies, inf)

    def _composition(self, crew: Crew, table: WorkTable, month: int, day: float) -> tuple[Composition, Ints]:
        """How a gang of a crew runs in a month, and the GPUs that it has on each of its satellites."""
        gangs, job, plane = self.gangs, self.job, crew.plane
        size, slots = max(1, round(float(crew.gpus[month]))), self.environment.planes[plane].slots
        satellites = max(1, min(ceil(size / max(float(crew.aboard[month]), 1.0) - NEARLY), slots, size))
        gpus = np.diff(np.rint(np.linspace(0, size, satellites + 1)).astype(np.intp))
        where, makes = np.arange(satellites), [(0, birth_key(float(crew.born[month])))] * satellites
        units = gangs.units(gpus, makes)
        composition = Composition(
            gangs=gangs,
            place=plane,
            rhythm=self.environment.rhythms.of(plane, job, where, makes, units, day),
            speed=table,
            undisturbed=gangs.undisturbed(plane, makes, units),
            talking=gangs.communication(job, satellites),
            rates=gangs.rates(plane, where, makes, units, self._storm_fluence),
            failures_during_restart=job.failures_during_restart,
            detection_days=self._copies.detection_days,
        )
        return composition, gpus

    def _storm_fluence(self, edges: Floats) -> Floats:
        return self._storms.get(float(edges[1]), lambda: block_means(self._fluence_per_day, edges))

    def _stretch(self, one: _Followed, composition: Composition, gpus: Ints, since: float, end: float) -> Stretch:
        """What a gang does in a month, or in a part of it; a checkpoint precedes its end but at the horizon."""
        rates, passes = composition.rates, self.gangs.passes(composition.place)
        assert rates is not None
        per_day = rates.over(*passes.span(since, end))
        most = float(per_day.in_passes.sum(axis=0).mean() + per_day.steady.mean()) * (end - since) / MOST_A_MONTH
        stretch = Stretch(
            place=composition.place,
            planes=1,
            since=since,
            resume_day=since,
            restart_days=one.restart_days,
            berths=np.arange(len(gpus)),
            gpus=gpus,
            designs=np.zeros(len(gpus), np.int8),
            birth_days=np.zeros(len(gpus)),
            detection_days=one.detection_days,
            composition=composition,
        )
        stretch.end_day = since + (end - since) / max(most, 1.0)
        stretch.closing = stretch.end_day == self.edges[-1]
        stretch.planned = not stretch.closing
        return stretch

    @staticmethod
    def _run(time: GangTime, there: Sequence[_Followed], stretches: Sequence[Stretch]) -> None:
        """Let gangs run, and note where their time went and what they leave for the next month."""
        asked = []
        for one, stretch in zip(there, stretches, strict=True):
            gang, composition = one.gang, stretch.composition
            assert composition is not None
            before = Before(
                stretch.since,
                stretch.restart_days,
                gang.unit_arrivals,
                gang.used,
                stretch.detection_days,
                gang.pending_for(stretch.size),
            )
            starts, ends = np.array([stretch.since]), np.array([stretch.end_day])
            asked.append(Asked(composition, before, starts, ends, stretch.end_day, stretch.planned))
        segments = run_segments(asked)
        left, unseen = segments.restart_left_days.tolist(), segments.detection_left_days.tolist()
        for number, (one, stretch) in enumerate(zip(there, stretches, strict=True)):
            one.restart_days, one.detection_days = left[number], max(unseen[number], 0.0)
            one.gang.used, one.gang.pending = float(segments.used[number]), segments.pending[number]
            one.gang.pending_size = stretch.size
        time.ran([one.gang for one in there], stretches, segments)

    def _found(self, log: EventLog, crews: Sequence[Crew], gpu_hours: Floats, gang_days: Floats) -> Found:
        """Sums of the rows of a log by crew and month, over what they are shares of."""
        which = {crew.plane: number for number, crew in enumerate(crews)}
        crew = np.array([which[plane] for plane in log.plane.tolist()], np.intp)
        month = np.searchsorted(self.edges, log.time_days - NEARLY, side="right") - 1
        shares: dict[tuple[EventKind, int], Floats] = {}
        stops: dict[int, Floats] = {}
        for kind, cause in sorted({*zip(log.kind.tolist(), log.cause.tolist(), strict=True)}):
            mine = (log.kind == kind) & (log.cause == cause)
            total = np.zeros_like(gpu_hours)
            np.add.at(total, (crew[mine], month[mine]), log.amount[mine])
            if kind == EventKind.SOFT_INTERRUPTED:
                stops[cause] = _over(total, gang_days)
            else:
                shares[EventKind(kind), cause] = _over(total, gpu_hours)
        return Found(shares, stops)


def _over(part: Floats, whole: Floats) -> Floats:
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)
