"""What is broken aboard a satellite, what it takes to mend it, and how what was mended goes on."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import ceil
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.engine.cohort import Cohort
from sim.engine.context import Context
from sim.engine.hazards import Hazard, spare_pace
from sim.engine.training import TrainingJobs
from sim.engine.units import Units
from sim.events import NONE, Cause, EventKind
from sim.scenario.failure import Shock
from sim.scenario.servicing import AnyServicing, Mends
from sim.servicing import ServiceColumns

Ints = NDArray[np.intp]
Flags = NDArray[np.bool_]

_NOW_DAYS = 1e-6
"""What is due within a tenth of a second has happened: days are sums."""


@dataclass(frozen=True, eq=False)
class Operation:
    """Something that is mended as one."""

    what: Mends
    positions: Ints
    """Of the satellite's GPUs that get new ones."""
    groups: tuple[tuple[int, int], ...] = ()
    """Other units that are renewed: (position among the cohort's hazards, group)."""
    parts: int = 0
    """Cartridges that it takes."""
    first: int = 0
    """First position that it concerns, by which random numbers know it."""


class Broken(NamedTuple):
    """What is broken aboard a satellite."""

    gpus: Flags
    """GPUs that are dead themselves, by position."""
    groups: list[tuple[int, int, Ints]]
    """Groups that carry GPUs: (position among the hazards, group, the positions that it carries)."""

    def without(self, positions: Ints, groups: list[tuple[int, int]]) -> Broken:
        """What is still broken when these are new."""
        gpus = self.gpus.copy()
        gpus[positions] = False
        return Broken(gpus, [one for one in self.groups if one[:2] not in groups])


@dataclass
class Repairs:
    """Mends satellites; `note` keeps what the operator knows to be broken."""

    context: Context
    units: Units
    jobs: TrainingJobs
    servicing: AnyServicing
    columns: ServiceColumns
    _shocks: list[int] = field(init=False)
    _known: dict[int, tuple[Ints, Flags]] = field(default_factory=dict)
    """Causes of each design's hazards, and whether what they take is mended."""

    def __post_init__(self) -> None:
        numbers = self.context.scenario.cause_numbers
        causes = self.context.scenario.reliability.common_causes
        self.units.unseen.note_deaths = self._note_unseen
        self._shocks = [numbers[name] for name, cause in causes.items() if isinstance(cause, Shock)]

    # What the operator knows

    def note(self, cohort: Cohort, i: int, units: Ints, kind: EventKind, cause: int) -> None:
        """GPUs of a satellite have died together."""
        cohort.lost_to[i, units] = cause
        berth = int(cohort.berth[i])
        if berth >= 0 and self._mends(kind, cause):
            self.columns.mendable[berth] += len(units)

    def begins_work(self, cohort: Cohort, i: int) -> None:
        """A satellite that may have lost GPUs before works in its slot from now on."""
        self.columns.mendable[cohort.berth[i]] = self._mendable(cohort, i, self.broken(cohort, i))

    def _note_unseen(self, cohort: Cohort, satellite: Ints, position: Ints, hazard: Ints) -> None:
        """GPUs died that nobody looked at one by one."""
        if cohort.design not in self._known:
            causes = [one.hazard.cause for one in cohort.hazards]
            mends = [self._mends(cohort.kind_of(number), cause) for number, cause in enumerate(causes)]
            self._known[cohort.design] = np.array(causes), np.array(mends)
        cause, mended = self._known[cohort.design]
        cohort.lost_to[satellite, position] = cause[hazard]
        if len(cohort) == 1:
            self.columns.mendable[cohort.berth[0]] += int(np.count_nonzero(mended[hazard]))
        else:
            np.add.at(self.columns.mendable, cohort.berth[satellite], mended[hazard])

    def _mends(self, kind: EventKind, cause: int) -> bool:
        if kind is not EventKind.GROUP_FAILED or cause in self._shocks:
            return "gpus" in self.servicing.mends
        return ("loops" if cause == Cause.PUNCTURE else "groups") in self.servicing.mends

    # What is to be done

    def broken(self, cohort: Cohort, i: int) -> Broken:
        """What is broken aboard now, by the days on which it ended."""
        now, dead = self.context.now + _NOW_DAYS, ~cohort.alive[i]
        gpus, groups = np.zeros(len(dead), bool), []
        if self._shocks:
            gpus = dead & np.isin(cohort.lost_to[i], self._shocks)
        for number, one in enumerate(cohort.hazards):
            if one.hazard.span == 0 or len(one.day) == 0:
                continue
            ends = one.ends(one.of_satellites(i, i + 1))
            failed = ends.group[ends.day <= now]
            if one.hazard.of_one_gpu:
                gpus[failed] |= dead[failed]
            else:
                groups += [(number, int(group), _carried(cohort, number, int(group))) for group in failed]
        return Broken(gpus, groups)

    def plan(self, cohort: Cohort, i: int, broken: Broken) -> list[Operation]:
        """What can be mended aboard a satellite: what brings most back comes first."""
        mends, size = self.servicing.mends, self.servicing.cartridge.gpus
        found, renewed = [], np.zeros(len(broken.gpus), bool)
        blocked = np.zeros(len(broken.gpus), bool)
        for number, group, carried in sorted(broken.groups, key=lambda one: -len(one[2])):
            what: Mends = "loops" if _is_loop(cohort.hazards[number].hazard) else "groups"
            if what not in mends or (what == "groups" and ceil(len(carried) / size) > self.servicing.most_parts):
                blocked[carried] = True
            elif what == "loops":
                found.append(Operation("loops", np.empty(0, np.intp), ((number, group),), 0, int(carried[0])))
            elif not renewed[carried].all():
                renewed[carried] = True
                inside = tuple(_inside(cohort, carried))
                found.append(Operation("groups", carried, inside, ceil(len(carried) / size), int(carried[0])))
        if "gpus" in mends:
            wanted = np.flatnonzero(broken.gpus & ~renewed & ~blocked)
            for cartridge in sorted(set((wanted // size).tolist())):
                positions = np.arange(cartridge * size, min((cartridge + 1) * size, len(renewed)))
                found.append(Operation("gpus", positions, (), 1, int(positions[0])))
        return found

    # What comes of it

    def carry_out(self, serial: int, done: list[Operation]) -> None:
        """These operations have succeeded: new units are aboard, and what can goes on."""
        now = self.context.now
        positions = np.sort(np.concatenate([np.empty(0, np.intp), *(one.positions for one in done)]))
        groups = list(dict.fromkeys(group for one in done for group in one.groups))
        broken = self.broken(*self.units.home(serial)).without(positions, groups)
        cohort, i = self.units.replace(serial, positions, now, groups)
        before, lost_to = cohort.alive[i].copy(), cohort.lost_to[i].copy()
        up = _up(cohort, broken)
        returning = np.flatnonzero(up & ~before)
        room = cohort.scenario.satellite.gpus - int(np.count_nonzero(before & cohort.active[i]))
        begin, reserve = returning[:room], returning[room:]
        changed = positions[before[positions]]  # they lived, on a cartridge with one that did not
        cohort.alive[i] = up
        cohort.active[i, begin], cohort.active[i, reserve] = True, False
        cohort.lost_to[i, returning] = cohort.lost_to[i, positions] = Cause.NONE
        if cohort.scenario.satellite.spare_gpus:
            cohort.pace_of_spares(i, begin, now, 1.0)
            cohort.pace_of_spares(i, reserve, now, spare_pace(cohort.scenario))
        self._write(cohort, i, lost_to, begin, reserve)
        self._tell_jobs(cohort, i, begin, changed[cohort.active[i, changed]])
        self.columns.mendable[cohort.berth[i]] = self._mendable(cohort, i, broken)
        self.units.resume(cohort, i, now)

    def _mendable(self, cohort: Cohort, i: int, broken: Broken) -> int:
        """Dead GPUs that would come back if everything were mended that can be."""
        if not (plan := self.plan(cohort, i, broken)):
            return 0
        touched = [one.positions for one in plan]
        touched += [_carried(cohort, number, group) for one in plan for number, group in one.groups]
        return int(np.count_nonzero(~cohort.alive[i, np.unique(np.concatenate(touched))]))

    def _write(self, cohort: Cohort, i: int, lost_to: NDArray[np.uint8], begin: Ints, reserve: Ints) -> None:
        """A row for each cause whose dead GPUs are alive again."""
        berth = int(cohort.berth[i])
        for cause in sorted({*lost_to[begin].tolist(), *lost_to[reserve].tolist()}):
            gained = int(np.count_nonzero(lost_to[begin] == cause))
            self.context.log.append(
                self.context.now,
                EventKind.SERVICED,
                cause=cause,
                plane=int(cohort.plane[i]),
                berth=berth,
                satellite=int(cohort.serial[i]),
                gpus=gained,
                amount=gained + int(np.count_nonzero(lost_to[reserve] == cause)),
                design=cohort.design,
            )
        self.context.fleet.gpus_alive[berth] += len(begin)
        self.context.changed.add(int(cohort.plane[i]))

    def _tell_jobs(self, cohort: Cohort, i: int, begin: Ints, changed: Ints) -> None:
        """Jobs lose living GPUs that were exchanged along, by plan, and may use all new ones."""
        berth = int(cohort.berth[i])
        assert berth != NONE, "a satellite on its way is served"
        if not self.jobs.uses_gpus:
            return
        if len(changed):
            self.jobs.lose_gpus(berth, changed, Cause.STRATEGY, planned=True)
        if len(new := np.concatenate([begin, changed])):
            self.jobs.gain_gpus(berth, new)


def _up(cohort: Cohort, broken: Broken) -> Flags:
    """GPUs of a satellite that can run: alive themselves, on groups that work, on trays with enough others."""
    up = ~broken.gpus
    for _, _, carried in broken.groups:
        up[carried] = False
    if (tray := cohort.scenario.satellite.tray) is not None:
        left = np.add.reduceat(up.astype(int), np.arange(0, len(up), tray.gpus))
        up &= np.repeat(left >= tray.gpus_needed, tray.gpus)[: len(up)]
    return up


def affordable(plan: list[Operation], parts: int) -> list[Operation]:
    """What of a plan can be done with so many cartridges, in its order."""
    fits, left = [], parts
    for one in plan:
        if one.parts <= left:
            fits.append(one)
            left -= one.parts
    return fits


def _carried(cohort: Cohort, number: int, group: int) -> Ints:
    """The positions that a group of a hazard carries."""
    span = cohort.hazards[number].hazard.span
    return np.arange(group * span, min((group + 1) * span, cohort.alive.shape[1]))


def _is_loop(hazard: Hazard) -> bool:
    return hazard.cause == Cause.PUNCTURE


def _inside(cohort: Cohort, positions: Ints) -> list[tuple[int, int]]:
    """Groups of all hazards that carry nothing but some neighbouring positions, loops and single GPUs apart."""
    first, end = int(positions[0]), int(positions[-1]) + 1
    found = []
    for number, one in enumerate(cohort.hazards):
        span = one.hazard.span
        if span <= 1 or _is_loop(one.hazard):
            continue
        for group in range(-(-first // span), one.hazard.groups):
            if min((group + 1) * span, cohort.alive.shape[1]) <= end and group * span < end:
                found.append((number, group))
    return found
