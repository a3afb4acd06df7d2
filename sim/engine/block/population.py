"""The satellites of a walk in blocks: how they come, lose GPUs and move, many at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.berths import BerthState
from sim.engine.block.births import Newborn
from sim.engine.block.block_log import BlockLog, GpuLosses
from sim.engine.block.built import Built
from sim.engine.block.calendar import Calendar
from sim.engine.block.deaths import DeathRecorder
from sim.engine.block.online import MOST_LATE
from sim.engine.block.residents import GONE, STORED, WORKING, Known, Residents
from sim.engine.block.sample import Sample
from sim.engine.block.serving import whole_gpus
from sim.engine.draws import Addresses
from sim.engine.hazards import Hazard
from sim.events import Cause, EventKind
from sim.fleet import Fleet
from sim.streams import Streams

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

AT_ONCE = 40_000
"""Satellites whose lives are found and put into the calendar together: 30 MB."""


class Population(Residents):
    """All satellites in orbit, and on their way between berths."""

    def __init__(
        self,
        known: Known,
        fleet: Fleet,
        log: BlockLog,
        streams: Streams,
        *,
        block_days: float,
        horizon_days: float,
        sample: Sample | None,
    ) -> None:
        """`sample`: the part of the fleet whose jobs are followed, if there are any."""
        super().__init__(known, fleet, log, streams, block_days=block_days, horizon_days=horizon_days)
        self.extended_days = 0.0
        self.looks_ahead_days: tuple[float, ...] = ()
        self.looks_at_age_days: tuple[float, ...] = ()
        self.asked_below = 0.0
        self.lives = 0
        self._late: list[tuple[int, Ints, Ints, Floats, Floats, Floats, NDArray[np.bool_], Floats]] = []
        self._elsewhere: list[tuple[int, Ints, Ints, Floats]] = []
        self._first_berths = np.array([plane.first_berth for plane in fleet.planes])
        self._losses, self._placed, self._looked_at = (Calendar(self.blocks) for _ in range(3))
        hazards = [one.hazard for births in known.births for one in births.hazards]
        self.deaths = None if sample is None else DeathRecorder(sample, hazards)
        """Of GPUs at work whose jobs are followed."""
        self._first_hazard = np.cumsum([0, *(len(births.hazards) for births in known.births)])
        self._gpus = GpuLosses(
            len(fleet.planes),
            np.array([_kind(one) for one in hazards], np.uint8),
            np.array([one.cause for one in hazards], np.uint8),
            np.repeat(np.arange(len(known.births)), np.diff(self._first_hazard)).astype(np.uint8),
        )

    # Births

    def conceive(self, built: Built, serials: NDArray[np.int32], day: Floats) -> Ints:
        """Find out what will become of satellites of one design that arrive on these days; returns their lives.

        They are taken to come to what they were built for, a slot or a spare berth.
        """
        fleet, design = self.fleet, int(built.design[0])
        lives = self._new_lives(len(built))
        columns = self.columns
        columns.berth[lives], columns.serial[lives] = GONE, serials
        columns.built_for[lives], columns.ordinal[lives] = built.berth, built.ordinal
        columns.bin[lives] = self.online.bin_of(day)
        columns.awake[lives] = self._is_awake(built.berth)
        plane = fleet.plane_of[built.berth].astype(np.intp)
        end, dry = self.known.coarse[design].planned_end(plane, day, self.extended_days)
        columns.end_day[lives] = end
        self._live(lives, design, plane, day, day, end, dry, wake=np.where(columns.awake[lives], day, end))
        return lives

    def _is_awake(self, berths: NDArray[np.integer]) -> NDArray[np.bool_]:
        if self.known.scenarios[0].constellation.spares.mode == "hot":
            return np.ones(len(berths), bool)
        return np.asarray(self.fleet.is_slot[berths])

    def bear(self, lives: Ints, day: Floats, berths: Ints, design: int, *, cause: int) -> None:
        """Satellites of one design arrive on these days in these berths, which are theirs already."""
        fleet = self.fleet
        # One that comes to a slot in place of a spare berth, or the other way round, lives otherwise.
        other = np.flatnonzero(self._is_awake(berths) != self.columns.awake[lives])
        if len(other):
            lives = lives.copy()
            lives[other] = self._copy(lives[other])
            self.columns.awake[lives[other]] = self._is_awake(berths[other])
            self._elsewhere.append((design, lives[other], fleet.plane_of[berths[other]].astype(np.intp), day[other]))
        columns = self.columns
        serials, end = columns.serial[lives], columns.end_day[lives].astype(float)
        plane, slot = fleet.plane_of[berths].astype(np.intp), fleet.is_slot[berths]
        gpus = self.known.scenarios[design].satellite.gpus
        columns.berth[lives] = berths
        fleet.satellite[berths], fleet.design[berths], fleet.gpus_alive[berths] = serials, design, gpus
        fleet.birth_day[berths] = day
        fleet.set_life_ends(berths, end)
        self.life_in[berths] = lives
        # Ends of a block come before its arrivals: a slot is filled no sooner than it has fallen empty.
        vacant = fleet.vacant_since[berths]
        self.log.extend(
            len(lives),
            time_days=np.where(np.isfinite(vacant), np.maximum(day, vacant), day),
            kind=np.where(slot, EventKind.DELIVERED, EventKind.STORED),
            cause=cause,
            plane=plane,
            berth=berths,
            satellite=serials,
            satellites=slot,
            gpus=np.where(slot, gpus, 0),
            amount=end - day,
            design=design,
        )
        at_work = np.flatnonzero(slot)
        self.online.add(columns.bin[lives[at_work]], plane[at_work], design, np.full(len(at_work), gpus), day[at_work])
        self.changed[plane] = True
        self._foresee(plane, day, end)

    def _copy(self, old: Ints) -> Ints:
        """New lives of the same satellites."""
        new = self._new_lives(len(old))
        for column in vars(self.columns).values():
            column[new] = column[old]
        return new

    def _new_lives(self, count: int) -> Ints:
        first = self.lives
        self.lives += count
        if self.lives > len(self.columns.berth):
            self.columns.grow(max(self.lives, int(1.3 * len(self.columns.berth))))
        return np.arange(first, self.lives)

    def _live(
        self,
        lives: Ints,
        design: int,
        plane: Ints,
        birth: Floats,
        since: Floats,
        end: Floats,
        dry: NDArray[np.bool_],
        *,
        wake: Floats,
    ) -> None:
        """Find out what becomes of some lives, and enter what of it comes after `since`."""
        if len(lives) > AT_ONCE:
            for first in range(0, len(lives), AT_ONCE):
                at = slice(first, first + AT_ONCE)
                self._live(lives[at], design, plane[at], birth[at], since[at], end[at], dry[at], wake=wake[at])
            return
        columns, fleet = self.columns, self.fleet
        built_for = columns.built_for[lives]
        where = Addresses(fleet.site[built_for], fleet.place[built_for], columns.ordinal[lives].astype(np.uint64))
        horizon = np.minimum(end, self.horizon_days)
        found = self.known.births[design].resolve(Newborn(where, plane, birth, horizon, wake))
        ends = np.flatnonzero((found.end_day < self.horizon_days) & (found.end_day > since - 1e-9))
        by_plan = np.where(dry, Cause.PROPELLANT, Cause.END_OF_LIFE).astype(np.uint8)
        cause = np.where(found.cause == Cause.NONE, by_plan, found.cause)
        planned = found.cause == Cause.NONE
        earliest = self.first_block_of(since)
        self.ends.add(
            np.maximum(self.block_of(found.end_day[ends]), earliest[ends]),
            lives[ends].astype(np.int32),
            found.end_day[ends].astype(np.float32),
            cause[ends],
            planned[ends],
        )
        if not (since > birth).any():
            who, day, hazard = found.satellite, found.day, found.hazard
        else:
            later = np.flatnonzero(found.day > since[found.satellite])
            who, day, hazard = found.satellite[later], found.day[later], found.hazard[later]
        number = hazard + np.uint8(self._first_hazard[design])
        block = np.maximum(self.block_of(day), np.take(earliest, who))
        self._losses.add(block, np.take(lives.astype(np.int32), who), number)

    def _foresee(self, plane: Ints, birth: Floats, end: Floats) -> None:
        """See to it that the strategy is asked before lives end, and at the ages that it looks at."""
        days = [birth + age for age in self.looks_at_age_days]
        for ahead in self.looks_ahead_days:
            days.append(np.where(end < self.horizon_days, end - ahead, np.inf))
        for day in days:
            later = np.flatnonzero((day > birth) & (day < self.horizon_days))
            if len(later):
                key = self.block_of(day[later]) * np.int64(len(self.fleet.planes)) + plane[later]
                blocks, planes = np.divmod(np.unique(key), len(self.fleet.planes))
                self._looked_at.add(blocks, planes.astype(np.int16))

    # What a block brings

    def lose_gpus(self, middle: float) -> None:
        """GPUs that die in this block."""
        due = self._losses.at(self.block)
        if due is None:
            return
        life, hazard = due
        berth = np.take(self.columns.berth, life)
        if (berth == GONE).any():
            there = np.flatnonzero(berth != GONE)
            life, hazard, berth = np.take(life, there), np.take(hazard, there), np.take(berth, there)
        fleet, slot = self.fleet, berth
        if len(on_way := np.flatnonzero(berth < GONE)):  # GPUs of one on its way are counted at its slot
            slot = berth.copy()
            slot[on_way] = -2 - berth[on_way]
        state, plane = np.take(fleet.state, slot), np.take(fleet.plane_of, slot)
        np.subtract.at(fleet.gpus_alive, slot, np.ones(len(slot), np.int32))  # fast for equal types alone
        idle = np.flatnonzero(state != WORKING)
        self._gpus.add(middle, hazard, plane, idle)
        if self.deaths is not None:
            at_work = np.flatnonzero(state == WORKING)
            self.deaths.add(self.block, slot[at_work], np.take(fleet.satellite, slot[at_work]), hazard[at_work])
        self.online.remove_each(np.take(self.columns.bin, life), plane, np.take(fleet.design, slot), idle)
        if len(idle):
            self.changed[plane[idle[state[idle] == STORED]]] = True
        self._look_after_losses(slot, plane)

    def _look_after_losses(self, slot: NDArray[np.int32], plane: NDArray[np.int32]) -> None:
        """Who lost GPUs at work: too few may be left, and the strategy may look at them."""
        fleet = self.fleet
        if self.asked_below > 0:
            gpus = np.array([one.satellite.gpus for one in self.known.scenarios])[fleet.design[slot]]
            self.changed[plane[fleet.gpus_alive[slot] < self.asked_below * gpus]] = True
        for design, scenario in enumerate(self.known.scenarios):
            needed = scenario.satellite.gpus_needed
            if needed:
                few = np.unique(slot[(fleet.gpus_alive[slot] < needed) & (fleet.design[slot] == design)])
                few = few[self.life_in[few] != GONE]
                day = np.full(len(few), (self.block + 0.5) * self.block_days)
                self.end(self.life_in[few], day, np.full(len(few), Cause.TOO_FEW_GPUS), planned=np.ones(len(few), bool))

    def look(self) -> None:
        """Planes where the strategy wants to be asked in this block."""
        due = self._looked_at.at(self.block)
        if due is not None:
            self.changed[due[0]] = True

    def write_dead_gpus(self) -> None:
        """At the horizon write what satellites in orbit have lost of their GPUs, by design and quarter of birth."""
        fleet = self.fleet
        there = np.flatnonzero(self.life_in != GONE)
        gpus = np.array([one.satellite.gpus for one in self.known.scenarios])[fleet.design[there]]
        key = fleet.design[there].astype(np.intp) * (1 << 16) + self.columns.bin[self.life_in[there]]
        _, first, group = np.unique(key, return_index=True, return_inverse=True)
        dead = np.bincount(group, gpus - fleet.gpus_alive[there])
        one = there[first]
        self.log.extend(
            len(one),
            time_days=self.horizon_days,
            kind=EventKind.DEAD_ABOARD,
            satellite=fleet.satellite[one],
            amount=dead,
            design=fleet.design[one],
        )

    def close_month(self, month: int, day: float) -> None:
        """Write the month's losses of GPUs, and look at how many GPUs gangs and whole replicas can use."""
        if self.workload.uses_gpus:
            fleet, months = self.fleet, self.months
            working = fleet.state == WORKING
            alive = fleet.gpus_alive * working
            months.left[:, month] = np.add.reduceat(alive, self._first_berths, dtype=np.int64)
            months.used[:, :, month] = whole_gpus(months.services, alive, self._first_berths)
        self._gpus.write(self.log)
        # What is dated late comes yet; rows that need no place among earlier ones make a log that is put together fast.
        self.log.close_month(day - MOST_LATE * self.block_days)

    # Spares on their way

    def wake(
        self, spares: Ints, slots: Ints, day: Floats, days: Floats, delta_v_m_s: Floats, spent_m_s: Floats
    ) -> None:
        """Spares leave their berths for slots of their planes, where they are after some days."""
        fleet, columns = self.fleet, self.columns
        old = self.life_in[spares].astype(np.intp)
        plane, birth = fleet.plane_of[spares].astype(np.intp), fleet.birth_day[spares].copy()
        design, alive = fleet.design[spares].copy(), fleet.gpus_alive[spares].copy()
        serials = columns.serial[old]
        self.log.extend(
            len(spares),
            time_days=day,
            kind=EventKind.ACTIVATED,
            plane=plane,
            berth=spares,
            satellite=serials,
            amount=days,
            design=design,
        )
        self.empty(spares, day, np.zeros(len(spares)))
        fleet.move_all(slots, BerthState.RESERVED)
        fleet.gpus_alive[slots], fleet.design[slots] = alive, design
        fleet.inbound += np.bincount(plane, minlength=len(self.changed)).astype(np.int32)
        self.changed[plane] = True
        new = self._copy(old)
        columns = self.columns
        columns.berth[old], columns.berth[new], columns.awake[new] = GONE, -2 - slots, True
        for number in np.unique(design).tolist():
            mine = np.flatnonzero(design == number)
            coarse = self.known.coarse[number]
            end, dry = coarse.planned_end(plane[mine], birth[mine], self.extended_days, spent_m_s[mine])
            end = np.maximum(end, day[mine])
            fleet.set_life_ends(slots[mine], end)
            since = day[mine]
            self._late.append((number, new[mine], plane[mine], birth[mine], since, end, dry, since))
        there = day + days
        self._placed.add(self.block_of(there), new.astype(np.int32), there, delta_v_m_s, birth)

    def find_late(self) -> None:
        """Find what becomes of those about whom it is not known yet, many at once, so that it takes little.

        Spares that were woken, and satellites that came to another kind of berth than they were built for.
        """
        for design, coarse in enumerate(self.known.coarse):
            for _, lives, plane, day in (one for one in self._elsewhere if one[0] == design):
                end, dry = coarse.planned_end(plane, day, self.extended_days)
                wake = np.where(self.columns.awake[lives], day, end)
                self._late.append((design, lives, plane, day, day, end, dry, wake))
            mine = [one[1:] for one in self._late if one[0] == design]
            if not mine:
                continue
            lives, where, birth, since, ends, runs_dry, wakes = (np.concatenate(one) for one in zip(*mine, strict=True))
            left = np.flatnonzero(self.columns.berth[lives] != GONE)
            if len(left):
                birth, since, ends, wakes = (column[left] for column in (birth, since, ends, wakes))
                self._live(lives[left], design, where[left], birth, since, ends, runs_dry[left], wake=wakes)
        self._elsewhere, self._late = [], []

    def place_spares(self) -> None:
        """Spares that are in their slots in this block begin work."""
        due = self._placed.at(self.block)
        if due is None:
            return
        fleet, columns = self.fleet, self.columns
        going = columns.berth[due[0]] < GONE
        life, day, delta_v, birth = (column[going] for column in due)
        life = life.astype(np.intp)
        slots = (-2 - columns.berth[life]).astype(np.intp)
        plane = fleet.plane_of[slots].astype(np.intp)
        columns.berth[life] = slots
        fleet.inbound -= np.bincount(plane, minlength=len(self.changed)).astype(np.int32)
        fleet.move_all(slots, BerthState.WORKING)
        fleet.satellite[slots], fleet.birth_day[slots], self.life_in[slots] = columns.serial[life], birth, life
        gpus, design = fleet.gpus_alive[slots], fleet.design[slots]
        for number in np.unique(design).tolist():
            mine = design == number
            self.online.add(columns.bin[life[mine]], plane[mine], number, gpus[mine].astype(np.int64), day[mine])
        self.changed[plane] = True
        self.log.extend(
            len(life),
            time_days=day,
            kind=EventKind.PLACED,
            plane=plane,
            berth=slots,
            satellite=columns.serial[life],
            satellites=1,
            gpus=gpus,
            amount=delta_v,
            design=design,
        )
        self._foresee(plane, day, fleet.life_end_day[slots])


def _kind(hazard: Hazard) -> EventKind:
    return EventKind.GPU_FAILED if hazard.of_one_gpu else EventKind.GROUP_FAILED
