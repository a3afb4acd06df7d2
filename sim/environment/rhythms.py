"""When gangs checkpoint: as often as the interruptions to come make it worth while, however they are bunched."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import ceil, exp, inf, log

import numpy as np
from numpy.typing import NDArray

from sim.constants import HOURS_PER_DAY, MINUTES_PER_DAY, SECONDS_PER_DAY
from sim.environment.gangs import Gangs, Make
from sim.environment.interruptions import Per
from sim.environment.recent import Recent
from sim.environment.saa_passes import block_means
from sim.reliability import Ageing, Clock, Life
from sim.workloads import Rhythm, TrainingJob, useful_share
from sim.workloads.bunched import Gaps
from sim.workloads.training import SHORTEST_BLOCK_DAYS

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

AHEAD_DAYS = 30.0
"""Checkpoints are set by the interruptions expected over so many days to come."""
RATE_STEP = 0.2
"""Of the logarithm of a gang's rate of interruptions, within which one interval serves: it follows the root of it."""
SHARE_STEP = 0.05
"""Of the shares of interruptions that come in passes and that are noticed late, likewise."""
SECTORS = 16
"""Of an orbit, 6 min of flight, in which satellites are taken to meet a pass together: passes last ten."""
STEP_MIN = 1.0
"""Of the day in which passes fall."""
BUNCHED_SHARE = 0.05
"""Share of interruptions in passes from which it matters that they come together."""
BUNCHED_PER_DAY = 1.0
"""Interruptions a day from which it does: a pass brings several then."""
DAYS_LOOKED_AT, DAYS_APART = 3, 5.3
"""Days of passes that stand for all: where they fall changes from day to day."""
_TENTHS = 10 * MINUTES_PER_DAY


@dataclass(frozen=True)
class Interruptions:
    """What is expected to stop a gang, mean over a month, a day."""

    steady: float
    """At any time, losses of GPUs among them."""
    in_passes: float
    late: float
    """In passes, but noticed only after `radiation.detection_delay_h`."""
    extra_restart: float
    """Days that their recovery adds to the restarts of a day."""

    @property
    def per_day(self) -> float:
        return self.steady + self.in_passes + self.late

    @property
    def mtbf_days(self) -> float:
        """Mean time between them; the floor keeps absurd rates from dividing by zero."""
        return max(1 / self.per_day, 1e-9) if self.per_day > 0 else inf


def _detection(job: TrainingJob) -> float:
    return job.detection_s / SECONDS_PER_DAY


def _mean_restart(job: TrainingJob, rhythm: Rhythm, expected: Interruptions) -> float:
    """Mean restart after an interruption, detection included, to the tenth of a minute."""
    return round((_detection(job) + rhythm.restart + expected.extra_restart / expected.per_day) * _TENTHS) / _TENTHS


@dataclass(frozen=True, eq=False)
class Rhythms:
    """Checkpoint rhythms of gangs in one environment."""

    gangs: Gangs

    def even(self, job: TrainingJob, mtbf_days: float) -> Rhythm:
        """Rhythm of a gang under interruptions that come evenly."""
        own = self.gangs.figures(job)
        return job.rhythm(mtbf_days, own.durable_s, own.load_s)

    def of(self, place: int, job: TrainingJob, slots: Ints, makes: Sequence[Make], units: Ints, day: float) -> Rhythm:
        """Rhythm of a gang that begins to run in these slots of a place on a day.

        By the interruptions expected there over the month to come, by cause, solar cycle and age of its satellites, and
        by how passes bunch them; storms are not known beforehand.  Over several planes passes are taken to come evenly,
        at the rates of the first.  Satellites in columns, `units` of shape (kinds, satellites).
        """
        plane = self.gangs.places.first_plane(place)
        if not isinstance(job.checkpoint_interval_min, str):
            return self.even(job, inf)
        expected = self.expected(plane, makes, units, day)
        rhythm = self.even(job, expected.mtbf_days)
        bunched = job.checkpoint_interval_min == "optimum" and place == plane
        gaps = self.gaps(plane, slots, expected) if bunched else None
        return rhythm if gaps is None else self.bunched(job, rhythm, gaps, expected)

    def over_the_mission(self, job: TrainingJob) -> tuple[Rhythm, float]:
        """(rhythm of a fresh gang in the first plane, share of its running time that is useful), by mean rates."""
        gangs, mtbf_days = self.gangs, self.gangs.mtbf_days(job)
        rhythm = self.even(job, mtbf_days)
        units, daily = gangs.fresh_units(job), gangs.daily_rates(0)
        of = units[[cause.per for cause in gangs.causes]]
        passes, steady = daily.in_passes.mean(axis=1) * of, daily.steady.mean(axis=1) * of
        extra = float(((passes + steady) * gangs.restart_days).sum())
        in_passes, late = float(passes[~gangs.late].sum()), float(passes[gangs.late].sum())
        expected = Interruptions(max(1 / mtbf_days - in_passes - late, 0.0), in_passes, late, extra)
        satellites = min(ceil(job.gpus / gangs.scenario.satellite.gpus), gangs.planes[0].slots)
        gaps = None if gangs.places.spans(job.gpus) else self.gaps(0, np.arange(satellites), expected)
        if gaps is not None and job.checkpoint_interval_min == "optimum":
            rhythm = self.bunched(job, rhythm, gaps, expected)
        if gaps is None:
            return rhythm, useful_share(mtbf_days, replace(rhythm, restart=rhythm.restart + _detection(job)))
        return rhythm, gaps.useful(replace(rhythm, restart=_mean_restart(job, rhythm, expected)))

    def bunched(self, job: TrainingJob, rhythm: Rhythm, gaps: Gaps, expected: Interruptions) -> Rhythm:
        """The rhythm with the interval that is best for these gaps."""
        write, restart = max(rhythm.write, SHORTEST_BLOCK_DAYS), _mean_restart(job, rhythm, expected)
        key = gaps, write, restart, rhythm.lag
        return replace(rhythm, interval=self._intervals.get(key, lambda: gaps.optimum(write, restart, rhythm.lag)))

    def first(self, job: TrainingJob) -> Rhythm:
        """Rhythm by which a job's time is estimated before it has run: at the mean rate over the orbits it may get."""
        _, orbits = np.unique(self.gangs.radiation.exposure_index, return_index=True)
        rate = float(np.mean([1 / self.gangs.mtbf_days(job, int(plane)) for plane in orbits]))
        return self.even(job, max(1 / rate, 1e-9) if rate > 0 else inf)

    def gaps(self, plane: int, slots: Ints, expected: Interruptions) -> Gaps | None:
        """Gaps between the interruptions of a gang in these slots; none where passes do not bunch them."""
        per_day, in_passes = expected.per_day, expected.in_passes + expected.late
        if per_day < BUNCHED_PER_DAY or in_passes < BUNCHED_SHARE * per_day:
            return None
        rate, share = round(log(per_day) / RATE_STEP), round(in_passes / per_day / SHARE_STEP)
        late = round(expected.late / in_passes / SHARE_STEP)
        spread = self._spread(plane, slots)
        key = *self.gangs.passes(plane).alike[:2], *spread, rate, share, late
        rounded = exp(rate * RATE_STEP), share * SHARE_STEP, late * SHARE_STEP
        return self._gaps.get(key, lambda: self._gaps_of(plane, spread, *rounded))

    def _gaps_of(self, plane: int, spread: tuple[int, int], per_day: float, part: float, late: float) -> Gaps:
        """Gaps at a rate a day, of which a part comes in passes, and of that some is noticed late."""
        passes, dose = self.gangs.passes(plane), self._relative_dose(plane, spread)
        delay = self.gangs.scenario.radiation.detection_delay_h / HOURS_PER_DAY
        seen = np.roll(dose, round(delay / passes.block_days * dose.shape[1]), axis=1)
        relative = 1 - part + part * ((1 - late) * dose + late * seen)
        return Gaps.of(per_day * relative, passes.block_days)

    def _relative_dose(self, plane: int, spread: tuple[int, int]) -> Floats:
        """Dose of satellites so spread over its mean, by day and step of the day, shape (days, steps)."""
        sectors, span = spread
        at = np.unique(np.round(np.linspace(0, span, sectors)).astype(np.intp))
        dose = self._doses(plane)[at % SECTORS].mean(axis=0)
        return dose / dose.mean() if dose.any() else np.ones_like(dose)

    def useful_share(self, job: TrainingJob) -> float:
        """Share of a fresh gang's time that becomes useful work, as it is expected before it runs."""

        def make() -> float:
            return self.over_the_mission(job)[1] * self.gangs.communication_afresh(job)

        return self._useful.get(job, make)

    @cached_property
    def _useful(self) -> Recent[TrainingJob, float]:
        return Recent(1024)

    def _spread(self, plane: int, slots: Ints) -> tuple[int, int]:
        """(sectors of the orbit in which satellites lie, sectors from the first to the last of the arc that holds all).

        The one to a power of 2, the other to a quarter of the orbit: gangs alike in both are taken to meet passes
        alike, wherever the whole of them lies.
        """
        taken = np.unique(np.floor(self.gangs.planes[plane].phases_rad[slots] * (SECTORS / (2 * np.pi))))
        gaps = np.diff(taken, append=taken[0] + SECTORS)
        span, quarter = int(SECTORS - gaps.max()), SECTORS // 4
        return 1 << (len(taken).bit_length() - 1), min(-(-span // quarter) * quarter, SECTORS - 1) if span > 1 else span

    def _doses(self, plane: int) -> Floats:
        """Dose by sector, some days and step of the day, shape (sectors, days, steps)."""
        passes = self.gangs.passes(plane)

        def make() -> Floats:
            edges = np.linspace(0.0, passes.block_days, round(passes.block_days * MINUTES_PER_DAY / STEP_MIN) + 1)
            begins = np.linspace(0.0, DAYS_APART * (DAYS_LOOKED_AT - 1), DAYS_LOOKED_AT).clip(max=passes.horizon_days)
            phases = np.arange(float(SECTORS)) * (2 * np.pi / SECTORS)
            return np.stack([np.diff(passes.dose(phases, begin + edges)) for begin in begins.tolist()], axis=1)

        return self._kept_doses.get(passes.alike[:2], make)

    @cached_property
    def _kept_doses(self) -> Recent[tuple[int, float], Floats]:
        return Recent(16)

    @cached_property
    def _gaps(self) -> Recent[tuple[object, ...], Gaps]:
        return Recent(1024)

    @cached_property
    def _intervals(self) -> Recent[tuple[Gaps, float, float, float], float]:
        return Recent(4096)

    # What stops a gang

    def expected(self, plane: int, makes: Sequence[Make], units: Ints, day: float) -> Interruptions:
        """Interruptions and losses of a gang a day, mean over the month after a day; satellites in columns."""
        different = sorted(set(makes))
        if len(different) == 1:
            counts = units.sum(axis=1)[None, :]
        else:
            place = {make: number for number, make in enumerate(different)}
            counts = np.zeros((len(different), len(Per)))
            np.add.at(counts, [place[make] for make in makes], units.T)
        found = np.array([self._expected(plane, make, day) for make in different])
        return Interruptions(*(found * counts[:, None, :]).sum(axis=(0, 2)).tolist())

    def _expected(self, plane: int, make: Make, day: float) -> Floats:
        """Of a unit of each kind, the fields of `Interruptions`, shape (4, kinds)."""
        monthly = self._losses.get((plane, make), lambda: self._monthly(plane, make))
        place = day / AHEAD_DAYS
        low = min(int(place), len(monthly) - 2)
        part = place - low
        return np.asarray((1 - part) * monthly[low] + part * monthly[low + 1])

    @cached_property
    def _losses(self) -> Recent[tuple[int, Make], Floats]:
        return Recent(4096)

    def _monthly(self, plane: int, make: Make) -> Floats:
        """The same by month, shape (months, 4, kinds)."""
        gangs = self.gangs
        months = ceil(gangs.scenario.mission.days / AHEAD_DAYS) + 2
        edges = np.arange(months + 1, dtype=float) * AHEAD_DAYS
        daily, born = gangs.daily_rates(plane, make), float(make[1])
        means = block_means(np.stack([daily.steady, daily.in_passes]), edges) * AHEAD_DAYS
        found = np.zeros((4, len(Per), months))
        for k, cause in enumerate(gangs.causes):
            found[0, cause.per] += means[0, k]
            found[2 if cause.late else 1, cause.per] += means[1, k]
            found[3, cause.per] += means[:, k].sum(axis=0) * cause.restart_days
        reliability, stress = gangs.scenario.reliability, gangs.designs[make[0]].performance(plane, born).stress
        later = np.maximum(edges, born)

        def losses(law: Ageing, clock: Clock | None) -> Floats:
            return np.diff(Life.born(born, clock=clock).hazard_until(law, later))

        gpu = losses(reliability.gpu.after_burn_in(reliability.gpu_burn_in_days), stress)
        found[0, Per.GPU] += (1 - reliability.resettable_fraction) * gpu
        found[0, Per.SATELLITE] += losses(reliability.bus, None)
        for group in reliability.groups.values():
            if group.units == group.needed:  # with units in reserve a group outlives its mission or nearly
                law = group.law.after_burn_in(group.burn_in_days)
                hazard = group.units * losses(law, stress if group.stressed else None)
                if group.gpus == "all":
                    found[0, Per.SATELLITE] += hazard
                else:
                    found[0, Per.GPU] += hazard / group.gpus
        return np.ascontiguousarray(found.transpose(2, 0, 1) / AHEAD_DAYS)
