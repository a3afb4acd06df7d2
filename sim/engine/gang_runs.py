"""How gangs run on what they hold, where the time of their segments went, and when their work will be done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import inf

import numpy as np
from numpy.typing import NDArray

from sim.engine.copies import LostSatellites
from sim.engine.foresight import Foresight
from sim.engine.gang import Gang
from sim.engine.gang_time import GangTime
from sim.engine.run_segments import run_segments
from sim.engine.segment import Asked, Before, Composition
from sim.engine.stretch import Stretch
from sim.environment import Environment
from sim.environment.recent import Recent
from sim.environment.saa_passes import block_means
from sim.events import EventKind, EventRecorder
from sim.fleet import Fleet
from sim.workloads import TrainingJob, WorkTable

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

TOGETHER_DAYS = 10_000.0
"""Gang time that is followed at once: 30 MB where gangs pause in every eclipse."""
TOGETHER_INTERRUPTIONS = 1e6
"""Interruptions that are followed at once, as far as that may be parted among gangs: 200 MB."""
NOTED_AT_MOST = 2048
"""Run segments that wait to be accounted for, a few kilobytes each; those of more than 32 satellites count for more."""

_STANDING = WorkTable(np.zeros(1))


class GangRuns:
    """The run segments of all gangs of a run."""

    def __init__(self, environment: Environment, fleet: Fleet, log: EventRecorder, fluence_per_day: Floats) -> None:
        """`fluence_per_day`: of solar storms, shape (days of the environment's tables,)."""
        self.environment = environment
        self.fleet = fleet
        self.log = log
        self.fluence_per_day = fluence_per_day
        self.time = GangTime(log, [cause.cause for cause in environment.gangs.causes])
        self._noted = 0
        """Run segments that are over and not accounted for, by weight."""
        self._stops: dict[int, float] = {}  # by the description of a job
        self._storms: Recent[float, Floats] = Recent(64)
        self.lost = LostSatellites()
        self._foresight = Foresight(fluence_per_day)

    @property
    def many_noted(self) -> bool:
        """Whether so many segments wait to be accounted for that it is time."""
        return self._noted >= NOTED_AT_MOST

    def end(self, stretch: Stretch, day: float) -> None:
        """A segment is over; its time is accounted for later."""
        stretch.end_day = day
        self._noted += stretch.weight

    def settle(self, gangs: Sequence[Gang]) -> None:
        """Account for all segments of these gangs that are over."""
        while open_ := [gang for gang in gangs if gang.stretches and gang.stretches[0].ended]:
            open_.sort(key=lambda gang: gang.stretches[0].place)  # one plane's eclipses after the other's
            together: list[Gang] = []
            share = 0.0  # of what may be followed at once
            for gang in open_:
                days = gang.stretches[0].end_day - gang.stretches[0].since
                share += days * max(1 / TOGETHER_DAYS, self._stops_per_day(gang.spec) / TOGETHER_INTERRUPTIONS)
                together.append(gang)
                if share >= 1 or gang is open_[-1]:
                    self._account(together)
                    together, share = [], 0.0

    def _stops_per_day(self, spec: TrainingJob) -> float:
        """Interruptions of a new gang that break nothing, in the first plane."""
        if id(spec) not in self._stops:
            self._stops[id(spec)] = sum(self.environment.gangs.per_day(0, spec).values())
        return self._stops[id(spec)]

    def _account(self, gangs: Sequence[Gang]) -> None:
        """Write where the first segment of each of these gangs went, and carry on what it leaves."""
        stretches = [gang.stretches.popleft() for gang in gangs]
        self._noted -= sum(stretch.weight for stretch in stretches)
        for gang, stretch in zip(gangs, stretches, strict=True):
            gang.give_up(gang.copies.restore(stretch, self.lost))
        asked = [
            self._ask(gang, stretch, stretch.end_day, planned=stretch.planned)
            for gang, stretch in zip(gangs, stretches, strict=True)
        ]
        segments = run_segments(asked)
        left_days, used, net = segments.restart_left_days.tolist(), segments.used.tolist(), segments.net.tolist()
        for number, (gang, stretch, left) in enumerate(zip(gangs, stretches, left_days, strict=True)):
            gang.remaining = max(gang.remaining - net[number] * stretch.size, 0.0)
            gang.used = used[number]
            gang.pending, gang.pending_size = segments.pending[number], stretch.size
            gang.copies.follow(stretch, segments, number)
            unnoticed = left > 0 and not gang.spec.failures_during_restart
            if stretch.goes_on and unnoticed:
                gang.stretches[0].go_on(left, float(segments.detection_left_days[number]))
            if stretch.interrupted and not (stretch.goes_on and (segments.paused[number] or unnoticed)):
                self.log.append(
                    stretch.end_day,
                    EventKind.JOB_INTERRUPTED,
                    cause=stretch.cause,
                    plane=stretch.plane,
                    job=gang.job,
                    amount=stretch.size,
                )
        self.time.ran(gangs, stretches, segments)

    def _ask(self, gang: Gang, stretch: Stretch, until: float, *, planned: bool) -> Asked:
        """What to ask about a segment, up to a day; `planned`: a checkpoint precedes its end."""
        start = min(stretch.resume_day, until)
        starts, ends = self.environment.run_windows(stretch.place, self._slots(stretch), start, until)
        restart, detection, pending = stretch.restart_days, stretch.detection_days, gang.pending_for(stretch.size)
        before = Before(stretch.since, restart, gang.unit_arrivals, gang.used, detection, pending)
        if len(starts) == 0:
            # It never runs, so nobody asks how fast it would, and what would interrupt it.
            standing = Composition(self.environment.gangs, stretch.place, gang.rhythm, _STANDING, 0.0, 1.0, None, True)
            return Asked(standing, before, starts, ends, until, planned)
        composition = self._composition(gang, stretch)
        if gang.spec.heeds_nothing:
            return Asked(composition, before, starts, ends, until, planned)
        seen = self._foresight.outlook(gang.spec, composition, starts, ends)
        return Asked(composition, before, seen.starts, seen.ends, until, planned, seen.restarts, seen.sheltered_days)

    def _slots(self, stretch: Stretch) -> Ints:
        """Slots that a gang's GPUs lie in, numbered on within their place."""
        planes = self.environment.planes
        if stretch.place < len(planes):
            return np.asarray(stretch.berths - self.fleet.planes[stretch.place].first_berth, np.intp)
        one = self.environment.gangs.places.at(stretch.place)
        plane = self.fleet.plane_of[stretch.berths]
        first = np.array([self.fleet.planes[number].first_berth for number in one.ids])
        number = plane - one.ids[0]
        return np.asarray(stretch.berths - first[number] + one.first_slot[number], np.intp)

    def _composition(self, gang: Gang, stretch: Stretch) -> Composition:
        """How a gang runs in a segment; worked out once."""
        if stretch.composition is None:
            gang.composition = stretch.composition = self._compose(gang, stretch)
            gang.rhythm = stretch.composition.rhythm
        return stretch.composition

    def _compose(self, gang: Gang, stretch: Stretch) -> Composition:
        """How a gang runs on the GPUs that it holds."""
        gangs, place, spec, makes = self.environment.gangs, stretch.place, gang.spec, stretch.makes
        slots = self._slots(stretch)
        units = gangs.units(stretch.gpus, makes)
        before = gang.composition
        rhythm = self.environment.rhythms.of(place, spec, slots, makes, units, stretch.since)
        made_of = place, stretch.berths.tolist(), makes, stretch.gpus.tolist()
        same = before is not None and before.made_of[:3] == made_of[:3]
        if before is not None and before.made_of == made_of:
            return replace(before, rhythm=rhythm)
        return Composition(
            gangs=gangs,
            place=place,
            rhythm=rhythm,
            speed=before.speed if same and before is not None else gangs.speed(place, makes, slots),
            undisturbed=gangs.undisturbed(place, makes, units),
            talking=gangs.communication(spec, len(makes), place, stretch.planes),
            rates=gangs.rates(place, slots, makes, units, self._storm_fluence) if gangs.causes else None,
            failures_during_restart=spec.failures_during_restart,
            detection_days=gang.copies.detection_days,
            made_of=made_of,
        )

    def _storm_fluence(self, edges: Floats) -> Floats:
        """Fluence of solar storms a day, means over the spans between some days; `edges` are evenly spaced from 0."""
        return self._storms.get(float(edges[1]), lambda: block_means(self.fluence_per_day, edges))

    def finish_day(self, gang: Gang, stretch: Stretch) -> float:
        """Day on which the gang's work is committed if nothing breaks; infinite if not before the horizon."""
        composition = self._composition(gang, stretch)
        if composition.efficiency == 0:
            return inf
        remaining_days = gang.remaining / stretch.size
        table, horizon = composition.speed, self.environment.horizon_days
        # Not before this day, even without checkpoints.
        least = table.when(table.at(stretch.resume_day) + remaining_days / composition.efficiency)
        if least >= horizon:
            return inf
        needed = least - stretch.since + stretch.restart_days + gang.rhythm.time_for(remaining_days)
        end = min(stretch.since + 0.1 + 1.25 * needed, horizon)
        while True:
            segment = run_segments([self._ask(gang, stretch, end, planned=False)])
            day = segment.finish_day(0, gang.rhythm, remaining_days)
            if day < inf or end >= horizon:
                return day
            end = min(2 * end - stretch.since, horizon)
