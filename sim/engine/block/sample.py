"""The part of a fleet in blocks whose training jobs are followed: all of a small fleet, of a large one some planes.

Jobs are followed one by one, as in the exact engine, and each costs as much.  Of a large fleet a part stands for the
rest: some planes, some satellites of each, and as many jobs as have the same room there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor

import numpy as np
from numpy.typing import NDArray

from sim.berths import PlaneLayout
from sim.constants import DAYS_PER_YEAR, HOURS_PER_DAY
from sim.environment import Environment
from sim.events import NONE
from sim.streams import Streams
from sim.workloads import TrainingJob

Ints = NDArray[np.intp]

MOST_LOSSES = 5_000
"""Losses of GPUs by the jobs that are followed, a millisecond each."""
MOST_INTERRUPTIONS = 500_000
"""Interruptions of theirs that break nothing, ten microseconds each."""
IDLE_COST = 0.1
"""What the loss of an idle GPU costs, over that of one at work."""
ROOM = 2.0
"""GPUs of the part over those that its jobs want, at most: what else is idle is of no use to them."""
FEWEST_PLANES = 12
"""Over which the part is spread, if there are so many."""
FEW_JOBS = 10.0
"""Jobs of a plane from which it is of little matter that there are fewer."""
DEARER = 8.0
"""How many times what it should the part may cost, so that it is spread over so many."""
MOST_KINDS = 12
"""Orbits of different radiation that are looked at for what stops jobs."""
BUNCHED = 3.0
"""Jobs that are there at one time over their mean number, where they arrive one by one."""
MOST_SLOTS = 50_000
"""Slots that may be followed: with each goes the loss of every GPU in it, at work or idle, a minute in all."""
LEAST_USEFUL = 0.05
"""Of a job's time, where it is guessed how long it runs."""
SPARE_ROOM = 1.2
"""Slots that are followed of a plane over those that the largest job takes, at least."""


@dataclass(frozen=True, eq=False)
class Sample:
    """The followed part of a fleet."""

    layouts: tuple[PlaneLayout, ...]
    """All planes with the slots that are followed, numbered on; those of which nothing is followed have none."""
    number_of: NDArray[np.int32]
    """Among these, of each berth of the fleet; `NONE`: it is not followed."""
    jobs: tuple[TrainingJob, ...]
    """The descriptions of jobs; of fewer one arrives less often."""
    counts: tuple[int, ...]
    """How many of each are followed."""
    weights: tuple[float, ...]
    """Jobs of the fleet that each stands for, by description."""
    hours_of_each: tuple[float, ...]
    """Hours of all jobs over those of the followed ones, by description: nearly the weights."""
    weight: float
    """GPUs that all jobs want, or have, over those of the followed ones."""
    of_fleet: float
    """Share of the fleet's slots for which the part stands: in the others there are no jobs."""
    is_whole: bool
    """Whether all of the fleet is followed."""

    @property
    def planes(self) -> Ints:
        """The planes of which something is followed."""
        return np.flatnonzero([layout.slots > 0 for layout in self.layouts])

    @classmethod
    def of(cls, environment: Environment, streams: Streams) -> Sample:
        """The part that is followed of an environment's fleet.

        Each replicate follows other planes of a large one, so that intervals show what the choice matters.
        """
        slots = np.array([layout.slots for layout in environment.layouts], np.intp)
        counts, gpus = environment.job_counts, environment.scenario.satellite.gpus
        jobs = tuple(environment.scenario.workload.jobs)
        at_once = [_at_once(environment, job, count) for job, count in zip(jobs, counts, strict=True)]
        wanted = max(sum(at_once), 1)
        useful = max(1, min(int(slots.sum()), ceil(ROOM * wanted / gpus)))  # slots
        largest = max(job.gpus for job in jobs) / gpus
        start, chance = streams.of("planes that are followed").random(2).tolist()
        share = _share(environment, int(slots.sum()) * gpus, wanted)
        if share < 1:  # one of each description at least, and room for it
            least = zip(_followed(counts, share), counts, at_once, strict=True)
            share = max(share, sum(own / max(count, 1) * gpus for own, count, gpus in least) / wanted)
        chosen = _slots(slots, share, useful, largest, start)
        if (chosen == slots).all():
            everywhere = np.arange(environment.layouts[-1].end_berth, dtype=np.int32)
            ones = (1.0,) * len(counts)
            return cls(environment.layouts, everywhere, jobs, counts, ones, ones, 1.0, 1.0, is_whole=True)
        part = min(chosen.sum() / useful, 1.0)
        followed = _followed(counts, part, chance)
        weights = tuple(count / max(own, 1) for count, own in zip(counts, followed, strict=True))
        weight = _gpus(jobs, counts) / max(_gpus(jobs, followed), 1)
        rarer = tuple(_rarer(job, own) for job, own in zip(jobs, weights, strict=True))
        of_fleet = useful / int(slots.sum())
        where = _numbered(environment.layouts, chosen)
        return cls(*where, rarer, followed, weights, weights, weight, of_fleet, is_whole=False)

    def stands_for(self, counts: Sequence[int]) -> tuple[Ints, Ints]:
        """(first, one past the last) of the jobs that each followed one stands for, shape (followed jobs,).

        `counts`: jobs of each description.
        """
        found, first = [], 0
        for own, count, weight in zip(self.counts, counts, self.weights, strict=True):
            edges = first + np.rint(np.arange(own + 1) * weight).astype(np.intp)
            found.append(np.stack([edges[:-1], edges[1:]]))
            first += count
        begin, end = np.concatenate(found, axis=1)
        return begin, end


def _followed(counts: Sequence[int], part: float, chance: float = 0.5) -> tuple[int, ...]:
    """Jobs of each description in a part of the fleet; `chance`, in [0, 1), says which numbers are rounded up."""
    return tuple(min(count, max(1, floor(count * part + chance))) for count in counts)


def _gpus(jobs: Sequence[TrainingJob], counts: Sequence[int]) -> int:
    """GPUs that so many jobs of each description want."""
    return sum(count * job.gpus for count, job in zip(counts, jobs, strict=True))


def _rarer(job: TrainingJob, times: float) -> TrainingJob:
    """A description of which one arrives when so many of another would have."""
    every = job.arrives_every_days
    return job if every is None else job.model_copy(update={"arrives_every_days": every * times})


def _days(environment: Environment, job: TrainingJob) -> float:
    """For how long about a job runs, at most the mission."""
    work = environment.gangs.figures(job).work_gpu_hours
    if work is None:
        return environment.horizon_days
    useful = max(environment.rhythms.useful_share(job), LEAST_USEFUL)
    return min(work / (job.gpus * HOURS_PER_DAY) / useful, environment.horizon_days)


def _at_once(environment: Environment, job: TrainingJob, count: int) -> int:
    """GPUs that so many jobs of a description want at one time, at most."""
    every = job.arrives_every_days
    if every is not None:
        count = min(count, ceil(BUNCHED * (1 + _days(environment, job) / every)))
    return count * job.gpus


def _share(environment: Environment, gpus: int, wanted: int) -> float:
    """Share of the jobs that can be followed at reasonable cost; infinite: the whole fleet can.

    `gpus` of the fleet, and those that jobs want at one time.
    """
    gangs, exposure = environment.gangs, environment.radiation.exposure_index
    slots = np.array([layout.slots for layout in environment.layouts])
    _, first = np.unique(exposure[: len(slots)], return_index=True)
    kinds = first[slots[first] > 0][:MOST_KINDS].tolist()
    losses = interruptions = 0.0
    for job, count in zip(environment.scenario.workload.jobs, environment.job_counts, strict=True):
        days = count * _days(environment, job) * min(1.0, gpus / wanted)
        soft = [sum(gangs.per_day(plane, job).values()) for plane in kinds]
        interruptions += days * float(np.mean(soft))
        losses += days * max(1 / gangs.mtbf_days(job, kinds[0]) - soft[0], 0.0)
    held = _held_days(environment, gpus, wanted) / (gpus * environment.horizon_days)
    lives = 1 + environment.horizon_days / (environment.scenario.satellite.design_life_years * DAYS_PER_YEAR)
    losses = min(losses, held * gpus * lives)  # a GPU dies once
    share = min(MOST_LOSSES / max(losses, 1e-9), MOST_INTERRUPTIONS / max(interruptions, 1e-9))
    every = losses / max(held, 1e-9)
    return np.inf if share >= 1 and losses + IDLE_COST * (every - losses) <= MOST_LOSSES else min(share, 1.0)


def _held_days(environment: Environment, gpus: int, wanted: int) -> float:
    """GPU-days that jobs hold, at most."""
    jobs = zip(environment.scenario.workload.jobs, environment.job_counts, strict=True)
    return min(1.0, gpus / wanted) * sum(count * job.gpus * _days(environment, job) for job, count in jobs)


def _slots(slots: Ints, share: float, useful: int, largest: float, start: float) -> Ints:
    """How many slots of each plane are followed, about a share of the useful.

    Spread evenly over the planes that are complete first and have as many as are useful, since jobs start in these;
    `start`, in [0, 1): where in its part of them each is.  How jobs are packed depends on what is left of a plane when
    it is full of them: a plane that holds only a few of the largest, which takes so many slots, is followed whole, and
    of another a number of such jobs is left out.
    """
    if share * useful >= slots.sum():
        return slots
    able = np.flatnonzero(slots >= min(largest, slots.max()))
    first = able[np.cumsum(slots[able]) - slots[able] < useful]
    total, mean = min(share, 1.0) * useful, float(slots[first].mean())
    whole = mean < FEW_JOBS * largest
    least = mean if whole else SPARE_ROOM * largest
    # Where what is followed of a plane costs more than all should, fewer planes have to do.
    planes = max(round(total / mean), min(FEWEST_PLANES, ceil(DEARER * total / least)))
    planes = max(1, min(planes, len(first), round(max(useful / least, 1.0))))
    some = first[((np.arange(planes) + start) * len(first) / planes).astype(np.intp)]
    found = np.zeros_like(slots)
    found[some] = slots[some]
    if not whole:
        left_out = np.floor(np.maximum(slots[some] - max(total / planes, SPARE_ROOM * largest), 0) / largest)
        found[some] -= np.rint(left_out * largest).astype(np.intp)
    return found


def _numbered(layouts: tuple[PlaneLayout, ...], slots: Ints) -> tuple[tuple[PlaneLayout, ...], NDArray[np.int32]]:
    """The same planes with so many slots each, and the numbers of those among all."""
    number_of = np.full(layouts[-1].end_berth, NONE, np.int32)
    found, first = [], 0
    for layout, own in zip(layouts, slots.tolist(), strict=True):
        found.append(PlaneLayout(layout.id, first, own, 0, layout.address))
        number_of[layout.first_berth : layout.first_berth + own] = np.arange(first, first + own)
        first += own
    return tuple(found), number_of
