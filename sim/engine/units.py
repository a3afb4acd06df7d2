"""The units of all satellites: which part lives, works or waits, where each stands on its clock, and what ends next.

Losses of single GPUs are walked event by event where somebody looks at them: jobs, a strategy that watches GPUs, trays
and spare GPUs aboard.  Where nobody does, they are found all at once when the satellite is next looked at, or at the
horizon: the same GPUs die on the same days and stand in the same rows of the log.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from heapq import heapify, heappop, heappush
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.berths import SPARE_PLACES
from sim.engine.asked_below import AskedBelow
from sim.engine.cohort import Cohort, CohortHazard
from sim.engine.draws import Addresses, FailureDraws, Question, draw
from sim.engine.hazards import PER_CLOCK_DAY, Hazard, hazards_of, parts_depend_on_another, spare_pace
from sim.engine.successors import apart, renew
from sim.engine.unseen import UnseenLosses
from sim.engine.weather import Weather
from sim.environment import Environment
from sim.events import Cause, EventRecorder
from sim.fleet import Fleet
from sim.reliability import Clock, ClockRows, Exposures, Life
from sim.scenario.models import Scenario
from sim.streams import Streams

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

_EVER = 1e12
"""An exposure that no unit lives to see, in days or rad."""
END_OF_LIFE = -1
WARNING = -2
DERATING = -3
FEW_GPUS = -4
"""In the place of a hazard in the schedule: a planned end, a GPU's warning, a cohort that cannot run at full speed, too
few GPUs left."""


class Due(NamedTuple):
    """What the schedule has for a satellite at one moment."""

    day: float
    cohort: Cohort
    i: int
    """Position of the satellite in its cohort."""
    hazard: int
    """Position among the cohort's hazards, or one of the three above."""
    group: int
    second_uniform: float


class Units:
    """All units of a run, and the schedule of what ends."""

    def __init__(
        self,
        scenario: Scenario,
        environment: Environment,
        weather: Weather,
        streams: Streams,
        fleet: Fleet,
        log: EventRecorder,
        *,
        watched: bool,
        asked_below: float = 0.0,
        extended_days: float = 0.0,
    ) -> None:
        """`watched`: whether somebody looks at each loss of a GPU on a satellite at work; `asked_below`: share of its
        GPUs alive below which somebody is to know of a satellite.

        `extended_days`: satellites work on for so long after their design life, as long as their propellant lasts.
        """
        self.environment = environment
        self.weather = weather
        self.streams = streams
        self.fleet = fleet
        self.log = log
        self.horizon_days = environment.horizon_days
        self.extended_days = extended_days
        self.asked_below = AskedBelow(asked_below)
        self.designs = [design.scenario for design in environment.designs]
        self.hazards = [_numbered(scenario, design) for design in self.designs]
        self._watched = [watched or parts_depend_on_another(design) for design in self.designs]
        self._hot_spares = scenario.constellation.spares.mode == "hot"
        self._has_slots = np.array([plane.slots > 0 for plane in fleet.planes])
        self._homes: list[tuple[Cohort, int] | None] = []  # by serial number
        self._shelf_ageing = 0.0 if scenario.factory is None else scenario.factory.shelf_ageing
        self._heap: list[tuple[float, int, int, int, int, float]] = []
        self._versions: list[int] = []  # of the schedule of each satellite, by serial number
        self.unseen = UnseenLosses(fleet, log, self.home)

    def home(self, serial: int) -> tuple[Cohort, int]:
        """Cohort of a satellite that has arrived, and its position there."""
        found = self._homes[serial]
        assert found is not None, "a satellite is looked for that never arrived"
        return found

    # Arrival

    def arrive(
        self,
        design: int,
        berths: Ints,
        built_for: Ints,
        ordinals: Ints,
        serials: Ints,
        birth_day: float,
        *,
        ground_days: Floats,
    ) -> Cohort:
        """Draw what will end of satellites that stand in these berths now; each was built for a berth of its own.

        `ground_days`: for which each stood on the ground before its launch.
        """
        plane = self.fleet.plane_of[berths].astype(np.intp)
        sites, birth_days = self.environment.sites, np.full(len(berths), birth_day)
        ends = {int(p): sites[int(p)].planned_end(design, birth_day, self.extended_days) for p in set(plane.tolist())}
        cohort = Cohort(
            scenario=self.designs[design],
            design=design,
            addresses=Addresses(
                self.fleet.site[built_for], self.fleet.place[built_for], np.asarray(ordinals, np.uint64)
            ),
            plane=plane,
            serial=serials,
            birth_day=birth_day,
            life_end_day=np.array([ends[p][0] for p in plane.tolist()]),
            planned_end=[Cause.PROPELLANT if ends[p][1] else Cause.END_OF_LIFE for p in plane.tolist()],
            hazards=[],
            berth=berths.copy(),
            awake=self.awake_in(berths),
        )
        cohort.hazards = self._draw(cohort, birth_days, self._shelf_ageing * ground_days)
        most = int(serials.max()) + 1
        self._homes += [None] * (most - len(self._homes))
        self._versions += [0] * (most - len(self._versions))
        self.follow(cohort, birth_day)
        return cohort

    def awake_in(self, berths: Ints) -> NDArray[np.bool_]:
        """Whether a satellite in each of these berths is awake: at work in a slot, or a hot spare in its plane."""
        if not self._hot_spares:
            return self.fleet.is_slot[berths].copy()
        return np.asarray(self._has_slots[self.fleet.plane_of[berths]])

    def follow(self, cohort: Cohort, day: float) -> None:
        """From a day on its satellites are those of this cohort, and what ends of them is in the schedule."""
        for i, serial in enumerate(cohort.serial.tolist()):
            self._homes[serial] = cohort, i
            self._versions[serial] += 1
            self.unseen.leave(serial)
        self._schedule(cohort, 0, len(cohort), day)
        self._schedule_derating(cohort, day)

    def _draw(self, cohort: Cohort, birth_day: Floats, shelf_age_days: Floats) -> list[CohortHazard]:
        """The thresholds of all units of new satellites that can fail before their lives end.

        `shelf_age_days`: effective age that each has survived on the ground, where its hazard is yet to begin.
        """
        lives, aged = [], bool(shelf_age_days.any())
        for hazard in self.hazards[cohort.design]:
            life = Life.born(birth_day, self.pace(cohort, hazard), clock=self.clock(hazard, cohort))
            lives.append(replace(life, age_days=shelf_age_days) if aged and hazard.ages_on_ground else life)
        return self.drawn(cohort, lives)

    def pace(self, cohort: Cohort, hazard: Hazard) -> Floats:
        """Pace of a hazard's clock on each satellite, for units that are not in reserve."""
        dormancy = cohort.scenario.reliability.dormancy_factor
        return np.where(cohort.awake | (not hazard.sleeps), 1.0, dormancy)

    def drawn(self, cohort: Cohort, lives: list[Life]) -> list[CohortHazard]:
        """The thresholds of all units that can fail before their satellites' lives end.

        `lives`: where the units of each satellite stand, for each hazard, in terms of its law here.
        """
        scenario, questions = cohort.scenario, []
        end_day = np.minimum(cohort.life_end_day, self.horizon_days)
        listed, scales = self.hazards[cohort.design], []
        for hazard, born in zip(listed, lives, strict=True):
            scale = self.scale(hazard, cohort)
            bounds = self._bounds(hazard, cohort, born, end_day) * hazard.share * scale
            questions.append(Question(hazard.part, hazard.per_satellite, bounds, self._has_second(hazard)))
            scales.append(scale)
        found = []
        bounds_of = (question.bounds for question in questions)
        for hazard, born, scale, bound, drawn in zip(
            listed, lives, scales, bounds_of, draw(self.streams, cohort.addresses, questions), strict=True
        ):
            if hazard.batch is not None:
                drawn = self._in_bad_lots(hazard, cohort.addresses, drawn)
            life = born.take(drawn.satellite)
            if cohort.rests_in_reserve(hazard):
                waits = ~cohort.active[drawn.satellite, drawn.unit]
                pace = np.where(waits, life.pace * spare_pace(scenario), life.pace)
                life = Life(life.day, life.age_days, life.hazard, pace, life.clock)
            rest = 0.0 if hazard.standby == "cold" else scenario.reliability.dormancy_factor
            share = hazard.share * scale[drawn.satellite]
            found.append(CohortHazard.of(hazard, drawn, share, life, born, rest=rest, bound=bound))
        return found

    def scale(self, hazard: Hazard, cohort: Cohort) -> Floats:
        """Factor on a hazard at each satellite's plane, beside its clock."""
        planes, which = cohort.planes
        return np.array([self.weather.scale(hazard, cohort.design, int(p)) for p in planes])[which]

    def _has_second(self, hazard: Hazard) -> bool:
        """Whether a second number of its units decides something: the subsystem of a bus, the warnings of a GPU."""
        reliability = self.designs[0].reliability
        if hazard.cause == Cause.BUS:
            return bool(reliability.bus_shares)
        return hazard.cause == Cause.GPU and reliability.warnings_per_failure > 0

    def clock(self, hazard: Hazard, cohort: Cohort) -> Clock | None:
        """The clock of a hazard for each satellite."""
        planes, which = cohort.planes
        clocks = [self.weather.clock(hazard, cohort.design, int(plane), cohort.birth_day) for plane in planes]
        rows = {id(clock): clock for clock in clocks}
        if len(rows) == 1:
            return clocks[0]
        number = {key: row for row, key in enumerate(rows)}
        distinct = [clock for clock in rows.values() if clock is not None]
        row = np.array([number[id(clock)] for clock in clocks])[which]
        return ClockRows.on(Exposures.of(distinct), row)

    def _bounds(self, hazard: Hazard, cohort: Cohort, born: Life, end_day: Floats) -> Floats:
        """The most hazard that a unit of each satellite can accumulate by the end of its life, in terms of the law."""
        reliability = cohort.scenario.reliability
        last_day = end_day
        if hazard.cause == Cause.GPU and reliability.warnings_per_failure > 0:
            last_day = end_day + reliability.warning_days  # one that fails later warns before
        awake = Life(born.day, born.age_days, born.hazard, np.ones_like(born.pace), born.clock)
        bounds = awake.hazard_until(hazard.law, last_day)
        if (hazard.sleeps and not cohort.awake.all()) or hazard.reserves or cohort.rests_in_reserve(hazard):
            # A clock that rests may carry a hazard that falls with age into dates of a higher factor.
            factor = getattr(hazard.law, "calendar_factor", None)
            most = 1.0 if factor is None else max(1.0, *factor.factors)
            age = replace(awake, hazard=awake.age_days).hazard_until(PER_CLOCK_DAY, last_day)
            later = hazard.law.cumulative_hazard(age) - hazard.law.cumulative_hazard(awake.age_days)
            bounds = np.maximum(bounds, awake.hazard + most * later)
        return bounds

    def _in_bad_lots(self, hazard: Hazard, addresses: Addresses, drawn: FailureDraws) -> FailureDraws:
        """Only the units whose production lot has the defect.  Slots have lots of their own, and so have spares."""
        assert hazard.batch is not None
        own = addresses.take(drawn.satellite)
        spare = own.place >= SPARE_PLACES
        lot = np.where(spare, own.place - np.uint64(SPARE_PLACES), own.place) // np.uint64(hazard.batch.lot_satellites)
        lot = lot + np.where(spare, np.uint64(SPARE_PLACES), np.uint64(0))
        keys, which = np.unique(np.stack([own.site, lot, own.ordinal]), axis=1, return_inverse=True)
        first = self.streams.uniforms("lot", hazard.part, keys[0], keys[1], keys[2], 1)[:, 0]
        return drawn.take(first[which.ravel()] < hazard.batch.probability)

    # The schedule

    def _schedule(self, cohort: Cohort, first: int, end: int, now: float) -> None:
        """Put what ends of some satellites of a cohort into the schedule."""
        losses, whole = cohort.losses(first, end, now - 1e-6, self.horizon_days)
        entries: list[tuple[Floats, Ints, Ints, Ints, Floats]] = []
        ending = first + np.flatnonzero(cohort.life_end_day[first:end] < self.horizon_days)
        none = np.zeros(len(ending), np.intp)
        entries.append((cohort.life_end_day[ending], ending, none + END_OF_LIFE, none, np.zeros(len(ending))))
        for number, ends in whole.items():
            hazard = np.full(len(ends.day), number)
            entries.append((ends.day, ends.satellite, hazard, ends.group, ends.second_uniform))
        quiet = np.zeros(len(cohort), bool)
        if not self._watched[cohort.design]:
            berths = cohort.berth[first:end]
            quiet[first:end] = (berths >= 0) & self.fleet.is_slot[berths]
        seen = np.flatnonzero(~quiet[losses.satellite])
        if self.asked_below.share > 0 and quiet.any():
            day, satellite = self.asked_below.falls(cohort, losses.take(np.flatnonzero(quiet[losses.satellite])))
            none = np.zeros(len(day), np.intp)
            entries.append((day, satellite, none + FEW_GPUS, none, np.zeros(len(day))))
        entries.append(
            (losses.day[seen], losses.satellite[seen], losses.hazard[seen], losses.group[seen], np.zeros(len(seen)))
        )
        if self._watched[cohort.design]:
            satellite, day, gpu = cohort.warnings(first, end, now, self.horizon_days)
            entries.append((day, satellite, np.full(len(day), WARNING), gpu, np.zeros(len(day))))
        self._push(cohort, *(np.concatenate(column) for column in zip(*entries, strict=True)))
        bounds = np.searchsorted(losses.satellite, np.arange(first, end + 1))
        for i in (first + np.flatnonzero(quiet[first:end])).tolist():
            mine = slice(int(bounds[i - first]), int(bounds[i - first + 1]))
            own = losses.take(mine)
            self.unseen.follow(int(cohort.serial[i]), own, now)

    def _push(self, cohort: Cohort, day: Floats, satellite: Ints, hazard: Ints, group: Ints, second: Floats) -> None:
        serial = cohort.serial[satellite].tolist()
        versions = [self._versions[one] for one in serial]
        new = list(zip(day.tolist(), serial, versions, hazard.tolist(), group.tolist(), second.tolist(), strict=True))
        if len(new) * 8 > len(self._heap):
            self._heap += new
            heapify(self._heap)
        else:
            for entry in new:
                heappush(self._heap, entry)

    def _schedule_derating(self, cohort: Cohort, since: float) -> None:
        """The first day, in each plane, from which its satellites cannot do all that was asked of them."""
        planes, which = cohort.planes
        first = np.empty(len(planes), np.intp)
        first[which[::-1]] = np.arange(len(which))[::-1]
        for plane, i in zip(planes.tolist(), first.tolist(), strict=True):
            if self.fleet.planes[plane].slots == 0:
                continue  # nobody works in a parking orbit
            until = min(float(cohort.life_end_day[i]), self.horizon_days)
            found = self.environment.sites[plane].first_derating(cohort.design, cohort.birth_day, until)
            if found is not None:
                day, limit, speed = found
                heappush(self._heap, (max(day, since), int(cohort.serial[i]), -1, DERATING, limit, speed))

    @property
    def next_day(self) -> float:
        """Day of the next entry; infinite where there is none."""
        heap = self._heap
        while heap and heap[0][2] >= 0 and heap[0][2] != self._versions[heap[0][1]]:
            heappop(heap)
        return heap[0][0] if heap else float("inf")

    def due(self) -> Iterator[Due]:
        """Take all entries of the next day off the schedule, one by one as they are asked for."""
        day = self.next_day
        while self.next_day == day and self._heap:
            _, serial, version, hazard, group, second = heappop(self._heap)
            cohort, i = self.home(serial)
            if version == -1 or not cohort.gone[i]:
                yield Due(day, cohort, i, hazard, group, second)

    # What happens to satellites

    def place(self, cohort: Cohort, i: int, day: float) -> None:
        """A satellite that was on its way begins work in a slot: nobody need look at each of its GPUs from now on."""
        if not self._watched[cohort.design] and any(one.hazard.span and len(one.day) for one in cohort.hazards):
            self._reschedule(cohort, i, day)

    def wake(self, cohort: Cohort, i: int, day: float) -> None:
        """A stored satellite is to go to a slot: what slept ages at full pace from now on."""
        if not cohort.awake[i]:
            cohort.wake(i, day)
        self._reschedule(cohort, i, day)

    def switch_in(self, cohort: Cohort, i: int, positions: Ints, day: float) -> None:
        """Spare GPUs aboard begin to work."""
        for position in positions.tolist():
            cohort.switch_in(i, position, day)
        self._reschedule(cohort, i, day)

    def replace(
        self, serial: int, positions: Ints, day: float, groups: Sequence[tuple[int, int]] = ()
    ) -> tuple[Cohort, int]:
        """New GPUs in some positions of a satellite at work, and new units of groups of its hazards, (hazard, group).

        Each draws its luck with the next ordinal of its part and is born on this day.  What works of it, and
        `resume`, are the caller's.  Returns where the satellite stands from now on.
        """
        cohort, i = self.home(serial)
        if cohort.renewals is None:
            own = apart(cohort, i, self.weather)
            cohort.gone[i], cohort.berth[i] = True, -1
            cohort, i = own, 0
            self._homes[serial] = own, 0
        singles = [(number, positions) for number, one in enumerate(cohort.hazards) if one.hazard.of_one_gpu]
        others = [(number, np.array([g for n, g in groups if n == number])) for number in dict(groups)]
        renew(self.streams, self.weather, cohort, [*singles, *others], day)
        return cohort, i

    def resume(self, cohort: Cohort, i: int, day: float) -> None:
        """A satellite goes on after a service."""
        self._reschedule(cohort, i, day)

    def _reschedule(self, cohort: Cohort, i: int, day: float) -> None:
        serial = int(cohort.serial[i])
        self._versions[serial] += 1
        self.unseen.leave(serial)
        self._schedule(cohort, i, i + 1, day)

    def end(self, cohort: Cohort, i: int) -> None:
        """A satellite is no more."""
        cohort.gone[i] = True
        serial = int(cohort.serial[i])
        self._versions[serial] += 1
        self.unseen.leave(serial)

    def catch_up(self, serials: Iterable[int], day: float) -> None:
        """Find what GPUs of some satellites died unseen up to a day, write it down, and count those alive."""
        self.unseen.catch_up(serials, day)


def _numbered(scenario: Scenario, design: Scenario) -> tuple[Hazard, ...]:
    """The hazards of a design; causes are numbered by the whole scenario, of which it is a part."""
    assert design.cause_numbers == scenario.cause_numbers
    # What nobody ever dies of needs no clock.
    return tuple(one for one in hazards_of(design) if one.law.cumulative_hazard(_EVER) > 0)
